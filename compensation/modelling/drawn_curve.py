"""A component's curve as figures: what it pays at each position, and the straight lines that draw it."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from compensation.currency import minor_unit_digits
from compensation.money import rounded_fraction
from compensation.payout.curves.designs import NO_EFFECT, Effect, Piece, design_of, value_at
from compensation.statement.curve_words import reading_words, value_words
from schemas.rules.component import Component
from schemas.rules.curve import InterpolatedCurve, MatrixCurve, SteppedCurve, TargetCurve, TieredCurve
from schemas.rules.quota_use import Incentive

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
TENTHS = 20
"""Attainment is tabled from 0 to 200 %, in tenths."""
COUNTS = (0, 1, 2, 5, 10, 20, 50, 100)

Over = Literal["attainment", "amount", "units"]


@dataclass(frozen=True)
class Assumed:
    """What a plan leaves to each payee, as assumed for a picture: in plan currency."""

    quota: Decimal = Decimal(100_000)
    """Quota of the component's window."""
    incentive: Decimal = Decimal(20_000)
    """Target incentive of a year, as ``plan_assignments`` states it."""


@dataclass(frozen=True)
class PayoutRow:
    """What the curve pays at one position.

    Attributes:
        at: Attainment (1 is the quota), amount or number.
        is_just_below: The limit from below, at a bound where the curve jumps.
        position: The position in plan currency or units.
        pays: Money in all, rounded once.
    """

    at: Fraction
    is_just_below: bool
    position: Fraction
    pays: Decimal


@dataclass(frozen=True)
class Line:
    """One straight line of the drawing, from left to right, exact."""

    left: tuple[Fraction, Fraction]
    right: tuple[Fraction, Fraction]


@dataclass(frozen=True)
class DrawnCurve:
    """A curve over positions from 0 on; ``label`` names one of several, such as a column of a matrix."""

    over: Over
    label: str
    rows: tuple[PayoutRow, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Scaled:
    pieces: tuple[Piece, ...]
    unit: Fraction
    money_unit: Fraction

    def bounds(self) -> list[Fraction]:
        return [piece.floor for piece in self.pieces if piece.floor is not None and piece.floor > 0]

    def pays(self, at: Fraction) -> Fraction:
        return value_at(self.pieces, at) * self.money_unit

    def pays_below(self, at: Fraction) -> Fraction:
        below = [piece for piece in self.pieces if piece.floor is None or piece.floor < at][-1]
        return (below.slope * at + below.fixed) * self.money_unit


def drawn_curves(component: Component, assumed: Assumed, currency: str) -> tuple[DrawnCurve, ...]:
    """The curve of a component, or one for each column of its matrix.

    It is the curve alone: what gates, multipliers, caps, a budget or a wider window change is not in it.

    Args:
        component: Of a plan version.
        assumed: Quota and incentive.
        currency: Of the plan; money is rounded to its minor unit, once.
    """
    curve, over = component.curve, over_of(component)
    unit = Fraction(assumed.quota) if over == "attainment" else Fraction(1)
    money_unit = _money_unit(component, assumed)
    digits = minor_unit_digits(currency)
    if isinstance(curve, MatrixCurve):
        columns = [(_column_label(curve, at, currency), Effect(column=Fraction(at))) for at in curve.columns.at]
    else:
        columns = [("", NO_EFFECT)]
    return tuple(
        _drawn(_Scaled(design_of(component, effect), unit, money_unit), component, assumed, label, digits)
        for label, effect in columns
    )


def over_of(component: Component) -> Over:
    """What the curve stands on: attainment of a quota, an amount of money, or a number."""
    curve = component.curve
    if component.needs_quota():
        return "attainment"
    counts = not component.measure.counts_money()
    of = curve.of if isinstance(curve, TieredCurve | SteppedCurve | InterpolatedCurve) else None
    return "units" if counts or of == "units" else "amount"


def incentive_of_window(incentive: Incentive, window: str, assumed: Assumed) -> Fraction:
    """The whole target incentive of a window: as the plan states it, else the assumed one of a year times the plan's share."""
    months = MONTHS.get(window, MONTHS["year"])
    if incentive.amount is not None and incentive.per is not None:
        return Fraction(incentive.amount) * Fraction(months, MONTHS[incentive.per])
    return Fraction(assumed.incentive) * Fraction(incentive.assigned or 1) * Fraction(months, MONTHS["year"])


def _money_unit(component: Component, assumed: Assumed) -> Fraction:
    curve = component.curve
    if isinstance(curve, TargetCurve | MatrixCurve):
        return incentive_of_window(curve.incentive, component.window, assumed)
    is_rate = isinstance(curve, TieredCurve) and curve.of == "attainment"
    return Fraction(assumed.quota) if is_rate else Fraction(1)


def _column_label(curve: MatrixCurve, at: Decimal, currency: str) -> str:
    word = "from" if curve.lookup == "stepped" else "at"
    return f"{reading_words(curve.columns.reading)} {word} {value_words(curve.columns.reading.of, at, currency)}"


def _drawn(scaled: _Scaled, component: Component, assumed: Assumed, label: str, digits: int) -> DrawnCurve:
    over = over_of(component)
    places = _places(over, scaled.bounds(), assumed)
    rows = tuple(_rows(scaled, places, digits))
    return DrawnCurve(over, label, rows, tuple(_lines(scaled, places[-1])))


def _places(over: Over, bounds: Sequence[Fraction], assumed: Assumed) -> list[Fraction]:
    """Where the table looks: tenths of the quota; the bounds and half way between them; or round numbers."""
    if over == "attainment":
        return sorted({*(Fraction(tenth, 10) for tenth in range(TENTHS + 1)), *bounds})
    if bounds:
        last = bounds[-1] * 3 / 2
        ends = [Fraction(0), *bounds, Fraction(-(-last // 1)) if over == "units" else last]
        between = [(left + right) / 2 for left, right in pairwise(ends)]
        return sorted({*ends, *(Fraction(place // 1) if over == "units" else place for place in between)})
    if over == "units":
        return [Fraction(count) for count in COUNTS]
    return [Fraction(assumed.quota) * Fraction(fifth, 5) for fifth in range(6)]


def _rows(scaled: _Scaled, places: Sequence[Fraction], digits: int) -> Iterator[PayoutRow]:
    jumps = {bound for bound in scaled.bounds() if scaled.pays(bound) != scaled.pays_below(bound)}
    for at in places:
        if at in jumps:
            yield PayoutRow(at, True, at * scaled.unit, _rounded(scaled.pays_below(at), digits))
        yield PayoutRow(at, False, at * scaled.unit, _rounded(scaled.pays(at), digits))


def _lines(scaled: _Scaled, end: Fraction) -> Iterator[Line]:
    stops = [Fraction(0), *(bound for bound in scaled.bounds() if bound < end), end]
    for left, right in itertools.pairwise(stops):
        if left < right:
            yield Line((left, scaled.pays(left)), (right, scaled.pays_below(right)))
    if scaled.pays(end) != scaled.pays_below(end):
        yield Line((end, scaled.pays(end)), (end, scaled.pays(end)))


def _rounded(amount: Fraction, digits: int) -> Decimal:
    return Decimal(rounded_fraction(amount, digits)).scaleb(-digits)
