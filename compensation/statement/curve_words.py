"""Curves in words: what each position or result pays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from compensation.payout.readings.readings import words as reading_phrase
from compensation.statement.figure_words import (
    PRORATED,
    amount_text,
    amount_words,
    clause,
    list_words,
    number_words,
    percent_words,
)
from schemas.rules.component import Component
from schemas.rules.curve import (
    FlatCurve,
    InterpolatedCurve,
    MatrixCurve,
    PayoutCurve,
    PerEventCurve,
    PerUnitCurve,
    SteppedCurve,
    TargetCurve,
    Tier,
    TieredCurve,
)
from schemas.rules.quota_use import Incentive
from schemas.rules.reading import Reading

COUNTED_NOUNS = {
    "revenue": "revenue",
    "margin": "margin",
    "up_to_target": "margin up to the target price",
    "above_target": "price above the target",
    "units": "units",
    "orders": "orders",
    "customers": "customers",
}
"""What a position counts."""

ONE_OF = {"units": "unit", "orders": "order", "customers": "customer"}
RATIOS = ("attainment", "margin_share", "growth", "nrr", "grr")
AMOUNTS = ("revenue", "margin")


@dataclass(frozen=True)
class _Spoken:
    """How the bounds of a curve and what it pays are said."""

    bound: Callable[[Decimal], str]
    pays: Callable[[Decimal], str]
    noun: str
    of: str = ""


def curve_sentence(component: Component, currency: str) -> str:
    """How a component's curve pays, as one sentence; ``currency`` is the plan's."""
    curve, noun = component.curve, noun_of(component)
    if isinstance(curve, FlatCurve):
        return f"All of it pays {percent_words(curve.rate)}."
    if isinstance(curve, PerUnitCurve | PerEventCurve):
        return f"Each {ONE_OF.get(component.measure.of, 'one')} pays {amount_words(curve.amount, currency)}."
    of_quota = _of_quota(component) if component.needs_quota() else ""
    if isinstance(curve, TargetCurve):
        return f"It pays {incentive_words(curve.incentive, currency)} × the payout of the attainment{of_quota}: {payout_words(curve.payout, 'attainment', currency)}."
    if isinstance(curve, MatrixCurve):
        return _matrix_sentence(curve, of_quota, currency)
    money = partial(amount_words, currency=currency)
    spoken = _Spoken(_bound_words(curve.of, currency), money, noun, of_quota)
    if isinstance(curve, TieredCurve):
        if curve.of == "units":
            spoken = _Spoken(number_words, lambda pays: f"{money(pays)} each", noun)
        return f"{_tier_words(curve, spoken)}."
    return f"It pays {_stated_words(curve, spoken)}."


def noun_of(component: Component) -> str:
    """What the position counts: ``revenue``, ``units``, or ``commission`` for an override on it."""
    return "commission" if component.measure.base == "commission" else COUNTED_NOUNS[component.measure.of]


def payout_words(curve: PayoutCurve, of: str, currency: str) -> str:
    """A multiple over a result, as a phrase.

    Args:
        curve: The payout curve.
        of: What is read (``Reading.of``), which says how its values are written.
        currency: The plan's, in which money is read.
    """
    spoken = _Spoken(lambda value: value_words(of, value, currency), percent_words, "result")
    if isinstance(curve, FlatCurve):
        return f"{percent_words(curve.rate)} of the result"
    if isinstance(curve, TieredCurve):
        return _tier_words(curve, spoken)
    return _stated_words(curve, spoken)


def incentive_words(incentive: Incentive, currency: str) -> str:
    """A target incentive: its amount and period, or the share of the assigned one, and how a part of the window counts."""
    if incentive.amount is not None and incentive.per is not None:
        what = f"{amount_words(incentive.amount, currency)} a {incentive.per.replace('_', '-')}"
    else:
        share = incentive.assigned or Decimal(1)
        what = f"{'' if share == 1 else percent_words(share) + ' of '}the assigned target incentive"
    return f"{what} (for a part of the window {PRORATED[incentive.prorate]}){clause(incentive.source)}"


def value_words(of: str, value: Decimal, currency: str) -> str:
    """The value of a reading or a bound on it: per cent for ratios, an amount of plan currency for money, else the number."""
    if of in RATIOS:
        return percent_words(value)
    return amount_words(value, currency) if of in AMOUNTS else number_words(value)


def reading_words(reading: Reading) -> str:
    """A reading as a phrase: ``attainment of new business, year to date``."""
    return reading_phrase(reading).replace("_", " ")


def tier_name(component: Component, tier_number: int, digits: int) -> str:
    """`` in the tier from 100 % of quota``: where on the curve a slice lies; nothing where the curve has no tiers."""
    curve = component.curve
    if isinstance(curve, TieredCurve | SteppedCurve) and tier_number > 0:
        floor = curve.tiers[tier_number - 1].floor
        kind = "tier" if isinstance(curve, TieredCurve) else "step"
        if curve.of == "attainment":
            return f" in the {kind} from {percent_words(floor)} of quota"
        shown = number_words(floor) if curve.of == "units" else amount_text(floor, digits)
        return f" in the {kind} from {shown}"
    return ""


def _tier_words(curve: TieredCurve, spoken: _Spoken) -> str:
    how = {
        "marginal": f"each rate pays only the {spoken.noun} inside its tier",
        "retroactive": "the rate of the tier reached pays everything from 0",
        "mixed": "a retroactive tier re-rates everything below it, a marginal one pays what lies inside it",
    }[curve.shape]
    return f"{', '.join(_one_tier(tier, curve, spoken) for tier in curve.tiers)}; {how}"


def _one_tier(tier: Tier, curve: TieredCurve, spoken: _Spoken) -> str:
    mode = f" ({tier.mode})" if curve.shape == "mixed" else ""
    pays = percent_words(tier.pays) if tier.rate is not None else spoken.pays(tier.pays)
    return f"{pays} {_range(tier.floor, tier.ceiling, spoken)}{spoken.of}{mode}{clause(tier.source)}"


def _range(floor: Decimal, ceiling: Decimal | None, spoken: _Spoken) -> str:
    end = f"to {spoken.bound(ceiling)}" if ceiling is not None else "upwards"
    return f"from {spoken.bound(floor)} {end}"


def _stated_words(curve: SteppedCurve | InterpolatedCurve, spoken: _Spoken) -> str:
    if isinstance(curve, SteppedCurve):
        steps = ", ".join(
            f"{spoken.pays(step.pays)} {_range(step.floor, step.ceiling, spoken)}{spoken.of}{clause(step.source)}"
            for step in curve.tiers
        )
        return f"{steps}; what the step reached states, not multiplied, and nothing below the first"
    points = ", ".join(
        f"{spoken.pays(point.pays)} at {spoken.bound(point.at)}{spoken.of}{clause(point.source)}"
        for point in curve.points
    )
    if curve.beyond == "extend":
        outside = "the lines go on outside them"
    elif curve.below_first == "nothing":
        outside = "nothing below the first, the last value above the last"
    else:
        outside = "outside them the end value"
    return f"{points}; straight lines between these points, {outside}"


def _matrix_sentence(curve: MatrixCurve, of_quota: str, currency: str) -> str:
    of = curve.columns.reading.of
    how = (
        "each bound begins a row or column; below the first nothing is paid"
        if curve.lookup == "stepped"
        else "straight lines between the cells, the end value outside"
    )
    heads = [value_words(of, at, currency) for at in curve.columns.at]
    rows = "; ".join(
        f"at attainment {percent_words(row)}: {_cells(cells, heads)}"
        for row, cells in zip(curve.rows, curve.cells, strict=True)
    )
    return (
        f"It pays {incentive_words(curve.incentive, currency)} × the cell of attainment{of_quota} and {reading_words(curve.columns.reading)}: "
        f"{rows}; {how}."
    )


def _cells(cells: Sequence[Decimal], heads: Sequence[str]) -> str:
    return ", ".join(f"{percent_words(cell)} at {head}" for cell, head in zip(cells, heads, strict=True))


def _bound_words(of: str | None, currency: str) -> Callable[[Decimal], str]:
    money = partial(amount_words, currency=currency)
    return {"attainment": percent_words, "units": number_words}.get(of or "amount", money)


def _of_quota(component: Component) -> str:
    return f" of the {list_words([component.quota.measure])} quota" if component.quota else ""
