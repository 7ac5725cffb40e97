"""Designs: a curve as a plan writes it, drawn once as straight pieces over a quota, a target and a unit of one.

A piece is ``money = slope × position + fixed`` with exact fractions. Marginal pieces meet; a retroactive piece runs through
0, a step lies flat, a line between points does neither: all are the same thing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from schemas.rules.component import Component
from schemas.rules.curve import (
    Curve,
    FlatCurve,
    InterpolatedCurve,
    MatrixCurve,
    PayoutCurve,
    PerEventCurve,
    PerUnitCurve,
    SteppedCurve,
    Tier,
    TieredCurve,
)

NOTHING = Fraction(0)


@dataclass(frozen=True)
class Piece:
    """One straight piece: from ``floor`` (none in the lowest) up to the next piece's floor.

    ``tier_number`` counts the plan's tiers from 1; 0 is the ground below them that pays nothing. A piece that is ``mirrored``
    from above 0 begins right after its floor: its tier includes its lower bound, so the mirror image includes its upper one.
    """

    tier_number: int
    floor: Fraction | None
    slope: Fraction
    fixed: Fraction = NOTHING
    mirrored: bool = False

    def is_reached_by(self, position: Fraction) -> bool:
        """Whether a position is at or above the piece's start."""
        return self.floor is None or (self.floor < position if self.mirrored else self.floor <= position)


@dataclass(frozen=True)
class Effect:
    """What readings say of a stretch of a position.

    Attributes:
        factor: Product of gates (0 or 1) and multipliers.
        column: Second figure of a matrix; none where it is not known yet.
        tier: Place of the tier that a wider window's position has reached.
    """

    factor: Fraction = Fraction(1)
    column: Fraction | None = None
    tier: int | None = None


NO_EFFECT = Effect()


def design_of(component: Component, effect: Effect = NO_EFFECT, *, has_quota: bool = True) -> tuple[Piece, ...]:
    """The pieces of a component's curve, lowest first.

    Args:
        component: The component.
        effect: What its readings say; the factor is not applied here.
        has_quota: False where the quota is zero: then only the tier that ``no_quota`` names is left.

    Returns:
        Pieces over positions of one (a major unit of money, a unit, an attainment of 1), paying money in the same measure
        (major units; multiples of the target incentive where there is one).

    Source:
        ``docs/plans/curves.md``.
    """
    curve = component.curve
    if isinstance(curve, TieredCurve) and effect.tier is not None:
        pieces: tuple[Piece, ...] = (_alone(curve.tiers[effect.tier], effect.tier + 1),)
    elif isinstance(curve, TieredCurve) and not has_quota and component.quota and component.quota.no_quota:
        number = 1 if component.quota.no_quota == "first_tier" else len(curve.tiers)
        pieces = (_alone(curve.tiers[number - 1], number),)
    else:
        pieces = _mirrored(pieces_of(curve, effect.column))
    return _floored(pieces) if component.floor else pieces


def pieces_of(curve: Curve | PayoutCurve, column: Fraction | None = None) -> tuple[Piece, ...]:
    """The pieces of any curve; ``column`` is the second figure of a matrix."""
    if isinstance(curve, FlatCurve | PerUnitCurve | PerEventCurve):
        return (Piece(1, None, Fraction(curve.rate if isinstance(curve, FlatCurve) else curve.amount)),)
    if isinstance(curve, TieredCurve):
        return _tiers(curve)
    if isinstance(curve, SteppedCurve):
        return _steps([(Fraction(step.floor), Fraction(step.pays)) for step in curve.tiers])
    if isinstance(curve, InterpolatedCurve):
        points = [(Fraction(point.at), Fraction(point.pays)) for point in curve.points]
        return _lines(points, extends=curve.beyond == "extend", grounded=curve.below_first == "nothing")
    return _matrix(curve, column) if isinstance(curve, MatrixCurve) else pieces_of(curve.payout)


def _alone(tier: Tier, number: int) -> Piece:
    return Piece(number, None, Fraction(tier.pays))


def _tiers(curve: TieredCurve) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for number, tier in enumerate(curve.tiers, start=1):
        floor, slope = Fraction(tier.floor), Fraction(tier.pays)
        is_on_top = curve.mode_of(tier) == "marginal" and pieces
        fixed = pieces[-1].fixed + (pieces[-1].slope - slope) * floor if is_on_top else NOTHING
        pieces.append(Piece(number, floor if pieces else None, slope, fixed))
    return tuple(pieces)


def _steps(steps: Sequence[tuple[Fraction, Fraction]]) -> tuple[Piece, ...]:
    ground = Piece(0, None, NOTHING)
    return (ground, *(Piece(n, floor, NOTHING, pays) for n, (floor, pays) in enumerate(steps, start=1)))


def _lines(points: Sequence[tuple[Fraction, Fraction]], *, extends: bool, grounded: bool) -> tuple[Piece, ...]:
    """Lines between points; before the first and after the last the end value, or the end line, or nothing before."""
    between = [
        Piece(number, left[0], *_through(left, right)) for number, (left, right) in enumerate(pairwise(points), start=1)
    ]
    (_, lowest), (last, highest) = points[0], points[-1]
    if extends:
        first = between[0]
        return (Piece(first.tier_number, None, first.slope, first.fixed), *between[1:])
    ground = Piece(0, None, NOTHING, NOTHING if grounded else lowest)
    return (ground, *between, Piece(len(points), last, NOTHING, highest))


def _through(left: tuple[Fraction, Fraction], right: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """Slope and value at 0 of the line through two points."""
    slope = (right[1] - left[1]) / (right[0] - left[0])
    return slope, left[1] - slope * left[0]


def _matrix(curve: MatrixCurve, column: Fraction | None) -> tuple[Piece, ...]:
    """The matrix cut at one column: a curve over its rows. A column that is not known, or below the first step, pays nothing."""
    rows = [Fraction(at) for at in curve.rows]
    if column is None:
        return (Piece(0, None, NOTHING),)
    cells = [_cell(curve, line, column) for line in curve.cells]
    cut = list(zip(rows, cells, strict=True))
    return _steps(cut) if curve.lookup == "stepped" else _lines(cut, extends=False, grounded=False)


def _cell(curve: MatrixCurve, line: Sequence[Decimal], column: Fraction) -> Fraction:
    """What one row of a matrix pays at a column: the step it lies in, or between its neighbours."""
    cells = list(zip(map(Fraction, curve.columns.at), map(Fraction, line), strict=True))
    pieces = _steps(cells) if curve.lookup == "stepped" else _lines(cells, extends=False, grounded=False)
    return value_at(pieces, column)


def value_at(pieces: Sequence[Piece], position: Fraction) -> Fraction:
    """What a curve pays at a position: on the last piece that it has reached."""
    reached = [piece for piece in pieces if piece.is_reached_by(position)][-1]
    return reached.slope * position + reached.fixed


def _mirrored(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """A curve with ground below its first step or point, mirrored below 0: what a sale above 0 gives, its return takes.

    Tiers, and lines that extend, have no such ground: they continue below 0 by themselves.

    Source:
        ``docs/plans/curves.md``: negative positions earn negative money, mirrored.
    """
    ground, *above = pieces
    if ground.tier_number or not above or (above[0].floor or NOTHING) < 0:
        return pieces
    ends = [*(piece.floor for piece in above[1:]), None]
    below = [
        Piece(piece.tier_number, None if end is None else -end, piece.slope, -piece.fixed, mirrored=end is not None)
        for piece, end in zip(reversed(above), reversed(ends), strict=True)
    ]
    first = above[0].floor or NOTHING
    between = [Piece(0, -first, NOTHING, mirrored=True)] if first else []
    return (*below, *between, *above)


def _floored(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The same curve, paying nothing below a position of 0."""
    at_nothing = [piece for piece in pieces if piece.is_reached_by(NOTHING)][-1]
    above = [piece for piece in pieces if piece.floor is not None and piece.floor > 0]
    return (Piece(0, None, NOTHING), Piece(at_nothing.tier_number, NOTHING, at_nothing.slope, at_nothing.fixed), *above)
