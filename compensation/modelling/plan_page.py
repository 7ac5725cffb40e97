"""A plan on one page: who, from when, and every part in words with its curve in figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compensation.currency import minor_unit_digits
from compensation.modelling.drawn_curve import Assumed, DrawnCurve, drawn_curves, incentive_of_window, over_of
from compensation.statement.bonus_words import bonus_sentence, guarantee_sentence, pool_sentence
from compensation.statement.figure_words import WINDOWS, list_words
from compensation.statement.rule_words import component_sentence
from compensation.statement.settlement_words import pays_in_sentence, settlement_sentence
from schemas.rules.component import Component
from schemas.rules.curve import MatrixCurve, TargetCurve
from schemas.rules.plan import Plan, PlanVersion


class NoVersion(ValueError):
    """A plan has no version in force on a day."""


@dataclass(frozen=True)
class PagePart:
    """One component, bonus, pool or the guarantee.

    Attributes:
        kind: ``component``, ``bonus``, ``pool`` or ``guarantee``.
        name: As the file calls it.
        label: As statements call it.
        words: The rule, complete.
        curves: Of a component: its curve, or one a column of a matrix.
        assumed: What the figures of the curve assume and leave out; empty where they need nothing.
    """

    kind: str
    name: str
    label: str
    words: str
    curves: tuple[DrawnCurve, ...] = ()
    assumed: str = ""


@dataclass(frozen=True)
class PlanPage:
    """A plan version as a page; ``facts`` are pairs of a label and what it says."""

    title: str
    currency: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[PagePart, ...]


def plan_page(plan: Plan, day: date | None, assumed: Assumed) -> PlanPage:
    """The version of a plan that is in force on a day, as a page.

    Args:
        plan: The plan.
        day: None for the version that starts last.
        assumed: Quota and incentive that the tables of payouts are computed with.

    Raises:
        NoVersion: the plan starts later, or has ended by then.
    """
    version = version_shown(plan, day)
    return PlanPage(plan.label, plan.currency, tuple(_facts(plan, version)), tuple(_parts(plan, version, assumed)))


def version_shown(plan: Plan, day: date | None) -> PlanVersion:
    """The version in force on a day; without a day the last one that pays something.

    Raises:
        NoVersion: there is none; says from when to when the plan pays.
    """
    paying = [version for version in plan.versions if not version.ended]
    if day is None and paying:
        return max(paying, key=lambda version: (version.valid_from, version.decided_on))
    found = plan.version_on(day) if day else None
    starts = ", ".join(f"{v.version} from {v.valid_from}" for v in sorted(plan.versions, key=lambda v: v.valid_from))
    if found is None:
        raise NoVersion(f"plan {plan.plan} has no version on {day}; its versions: {starts}")
    if found.ended:
        raise NoVersion(f"plan {plan.plan} has ended by {day}: version {found.version}; its versions: {starts}")
    return found


def valid_until(plan: Plan, version: PlanVersion) -> date | None:
    """The first day on which another version holds; none for the last."""
    return min((v.valid_from for v in plan.versions if v.valid_from > version.valid_from), default=None)


def _facts(plan: Plan, version: PlanVersion) -> Iterator[tuple[str, str]]:
    end = valid_until(plan, version)
    yield (
        "For",
        f"everybody whose role is {list_words(plan.for_roles, 'or')}"
        if plan.for_roles
        else "whom plan_assignments names",
    )
    yield "Version", f"{version.version}, from {version.valid_from}{f' until {end} (excluded)' if end else ' on'}"
    yield "Currency", plan.currency + (f", paid in {plan.pays_in.currency}" if plan.pays_in else "")
    if plan.pays_in:
        yield "Conversion", pays_in_sentence(plan.pays_in)
    if version.settlement:
        yield "Settlement", settlement_sentence(version.settlement, plan.pay_currency)
    yield "Document", version.source.title + (f" ({version.source.href})" if version.source.href else "")
    yield (
        "Decided",
        f"on {version.decided_on}, entered by {version.entered_by}, approved by {version.approved_by}",
    )


def _parts(plan: Plan, version: PlanVersion, assumed: Assumed) -> Iterator[PagePart]:
    for part in version.components:
        yield PagePart(
            "component", part.component, part.label, component_sentence(part, plan.currency),
            drawn_curves(part, assumed, plan.currency), assumed_words(part, assumed, plan.currency),
        )  # fmt: skip
    for bonus in version.bonuses:
        yield PagePart("bonus", bonus.bonus, bonus.label, bonus_sentence(bonus, plan.currency))
    for pool in version.pools:
        yield PagePart("pool", pool.pool, pool.label, pool_sentence(pool, plan.currency))
    if version.guarantee:
        yield PagePart("guarantee", "guarantee", "Guarantee", guarantee_sentence(version.guarantee, plan.currency))


def assumed_words(component: Component, assumed: Assumed, currency: str) -> str:
    """What the figures of a curve assume, and what they leave out."""
    given = []
    if over_of(component) == "attainment":
        given.append(f"a quota of {_amount(assumed.quota, currency)} {currency} in the {WINDOWS[component.window]}")
    if isinstance(component.curve, TargetCurve | MatrixCurve):
        incentive = component.curve.incentive
        if incentive.amount is None:
            share = f"an assigned target incentive of {_amount(assumed.incentive, currency)} {currency} a year"
            given.append(share)
        else:
            whole = incentive_of_window(incentive, component.window, assumed)
            given.append(f"a target incentive of {_plain(whole.numerator, whole.denominator, currency)} {currency}")
    left_out = [name for name, values in _modifiers(component) if values]
    sentences = [f"With {list_words(given)}."] if given else []
    if left_out:
        sentences.append(f"Before {list_words(left_out)}.")
    return " ".join(sentences)


def _amount(value: Decimal, currency: str) -> str:
    return _plain(*value.as_integer_ratio(), currency)


def _plain(numerator: int, denominator: int, currency: str) -> str:
    digits = minor_unit_digits(currency)
    unit = 10**digits
    minor = (2 * unit * numerator + denominator) // (2 * denominator)
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f}"


def _modifiers(component: Component) -> Iterator[tuple[str, object]]:
    yield "gates", component.gates
    yield "multipliers", component.multipliers
    yield "caps", component.caps
    yield "the budget", component.budget
    yield "the tier of the wider window", component.tier_window
    yield "factors", [factor for factor in component.measure.factors if factor.counts != "quota"]
