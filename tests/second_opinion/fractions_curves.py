"""Curves once more: what a position is worth, from the words of ``docs/plans/curves.md``."""

from fractions import Fraction
from itertools import pairwise


def worth(part, position: Fraction, unit: Fraction, incentive: Fraction, column: Fraction | None) -> Fraction:
    """Money of a position on a component's curve.

    ``unit`` is the quota for curves over attainment (0 only where ``no_quota`` says what that pays), ``column`` the second
    figure of a matrix.
    """
    if part.floor and position < 0:
        return Fraction(0)
    curve = part.curve
    if position < 0 and is_mirrored(curve):
        return -worth(part, -position, unit, incentive, column)
    if curve.shape == "target":
        return incentive * multiple(curve.payout, position / unit)
    if curve.shape == "matrix":
        return incentive * cell(curve, position / unit, column)
    return straight(part, curve, position, unit)


def straight(part, curve, position: Fraction, unit: Fraction) -> Fraction:
    """Money of a position on a curve that states it."""
    if curve.shape in ("flat", "per_unit", "per_event"):
        return Fraction(curve.rate if curve.shape == "flat" else curve.amount) * position
    if curve.of != "attainment":
        return multiple(curve, position)
    if unit == 0:
        return pays(curve.tiers[0 if part.quota.no_quota == "first_tier" else -1]) * position
    if curve.shape in ("marginal", "retroactive", "mixed"):
        return tiers(curve, position, unit)
    return multiple(curve, position / unit)


def is_mirrored(curve) -> bool:
    """Steps, lines that end and matrices take back below 0 what they pay above it, where they begin at 0 or above."""
    if curve.shape == "target":
        return is_mirrored(curve.payout)
    if curve.shape == "stepped":
        return curve.tiers[0].floor >= 0
    if curve.shape == "interpolated":
        return curve.beyond == "hold" and curve.points[0].at >= 0
    return curve.shape == "matrix" and curve.rows[0] >= 0


def alone(part, number: int, position: Fraction) -> Fraction:
    """The rate of one tier on everything."""
    return Fraction(0) if part.floor and position < 0 else pays(part.curve.tiers[number]) * position


def multiple(curve, at: Fraction) -> Fraction:
    """A payout at a result, or money at an amount."""
    if curve.shape == "flat":
        return Fraction(curve.rate) * at
    if curve.shape == "stepped":
        return step([(Fraction(s.floor), Fraction(s.pays)) for s in curve.tiers], at)
    if curve.shape == "interpolated":
        points = [(Fraction(p.at), Fraction(p.pays)) for p in curve.points]
        if at < points[0][0] and curve.below_first == "nothing":
            return Fraction(0)
        return line(points, at, curve.beyond == "extend")
    return tiers(curve, at, Fraction(1))


def pays(tier) -> Fraction:
    return Fraction(tier.amount if tier.rate is None else tier.rate)


def tiers(curve, position: Fraction, unit: Fraction) -> Fraction:
    """Marginal tiers pay what lies inside them, a retroactive one everything from 0; below 0 the first one goes on."""
    total = Fraction(0)
    for number, tier in enumerate(curve.tiers):
        low = Fraction(tier.floor) * unit
        if number and position < low:
            break
        top = position if tier.ceiling is None else min(position, Fraction(tier.ceiling) * unit)
        total = pays(tier) * top if (tier.mode or curve.shape) == "retroactive" else total + pays(tier) * (top - low)
    return total


def step(steps: list[tuple[Fraction, Fraction]], at: Fraction) -> Fraction:
    """What the last step reached pays; nothing below the first."""
    reached = [value for bound, value in steps if bound <= at]
    return reached[-1] if reached else Fraction(0)


def line(points: list[tuple[Fraction, Fraction]], at: Fraction, extends: bool) -> Fraction:
    """Straight lines between points; outside them the end value, or the end line."""
    if not extends:
        at = min(max(at, points[0][0]), points[-1][0])
    spans = list(pairwise(points))
    (x0, y0), (x1, y1) = next((span for span in spans if at <= span[1][0]), spans[-1])
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)


def cell(curve, row: Fraction, column: Fraction | None) -> Fraction:
    """A cell of a matrix: the one reached both ways, or straight lines both ways; nothing without the second figure."""
    if column is None:
        return Fraction(0)
    at = [Fraction(bound) for bound in curve.columns.at]
    rows = [Fraction(bound) for bound in curve.rows]
    of_cells = [[Fraction(value) for value in values] for values in curve.cells]
    if curve.lookup == "stepped":
        cut = [step(list(zip(at, values, strict=True)), column) for values in of_cells]
        return step(list(zip(rows, cut, strict=True)), row)
    cut = [line(list(zip(at, values, strict=True)), column, False) for values in of_cells]
    return line(list(zip(rows, cut, strict=True)), row, False)


def tier_reached(curve, position: Fraction, unit: Fraction) -> int:
    """Place of the tier that a position lies in; the first one also below 0."""
    return max(n for n, tier in enumerate(curve.tiers) if n == 0 or Fraction(tier.floor) * unit <= position)
