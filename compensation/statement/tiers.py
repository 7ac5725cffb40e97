"""A component's curve as a few straight lines, so that a reader with a spreadsheet can compute it again.

In tier k the curve is ``fixed + rate × position``. This is worked out here a second time, with exact fractions and
apart from the payout kernels, so that a statement re-adds by other means than those that made it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from schemas.rules.component import Component
from schemas.rules.curve import FlatCurve, PerEventCurve, PerUnitCurve, TieredCurve

KEPT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""


class TierLine(NamedTuple):
    """One piece: from ``floor`` (the first also below it) the curve is ``(fixed + rate × position) ÷ divisor``."""

    number: int
    floor: Decimal
    ceiling: Decimal | None
    rate: Decimal
    fixed: Decimal
    divisor: int = 1


def tier_lines(component: Component, quota: Decimal | None) -> list[TierLine]:
    """The straight lines of a component's tiers, lowest first, bounds as amounts in plan currency.

    Args:
        component: A component of a plan version.
        quota: Quota of the window, where tiers are of attainment; 0 stands for ``no_quota``.

    Returns:
        One line per tier; a single one for a flat curve, and where there is no quota the tier that ``no_quota`` names. None
        for a curve that is no tiers: those are in the table ``curves`` (``piece_lines``).

    Source:
        Payout curves: flat, marginal, retroactive, mixed.
    """
    curve = component.curve
    if isinstance(curve, FlatCurve | PerUnitCurve | PerEventCurve):
        rate = curve.rate if isinstance(curve, FlatCurve) else curve.amount
        return [TierLine(1, Decimal(0), None, rate, Decimal(0))]
    if not isinstance(curve, TieredCurve):
        return []
    if curve.of == "attainment" and not quota:
        return [_without_quota(component, curve)]
    scale = Fraction(quota) if curve.of == "attainment" and quota else Fraction(1)
    return _lines(curve, scale)


def piece_lines(pieces: Sequence[Mapping[str, Any]]) -> list[TierLine]:
    """The lines of one stretch of a curve as the table ``curves`` has them, lowest first.

    Where slope and fixed part end within the digits that a spreadsheet keeps they are written as plain decimals; else as the
    whole numbers that the divisor belongs to. A tier that is mirrored below zero has its number with a minus there.

    Args:
        pieces: ``CurvePiece`` rows of one payee, component, measure, window and stretch.
    """
    ordered = sorted(pieces, key=lambda piece: (piece["starts_at"] is not None, piece["starts_at"] or 0))
    starts = [piece["starts_at"] for piece in ordered]
    first = _first_floor(starts)
    floors = [first if start is None else Decimal(start).normalize() + Decimal(0) for start in starts]
    ceilings = [*floors[1:], None]
    numbers = _signed([piece["tier_number"] for piece in ordered])
    return [
        TierLine(number, floor, ceiling, *_plainest(piece))
        for number, piece, floor, ceiling in zip(numbers, ordered, floors, ceilings, strict=True)
    ]


def _signed(numbers: Sequence[int]) -> list[int]:
    """Numbers of which each is there once: of two, the lower piece's gets a minus."""
    return [-number if number in numbers[place + 1 :] else number for place, number in enumerate(numbers)]


def _first_floor(starts: Sequence[Decimal | None]) -> Decimal:
    """Where the lowest piece is said to start, though it holds below that too: 0, or one below the second where that is not above 0."""
    second = next((start for start in starts if start is not None), None)
    return Decimal(0) if second is None or second > 0 else second - 1


def _plainest(piece: Mapping[str, Any]) -> tuple[Decimal, Decimal, int]:
    """Rate, fixed part and divisor of a piece."""
    slope, fixed, divisor = (int(piece[name]) for name in ("slope", "fixed", "divisor"))
    parts = Fraction(slope, divisor), Fraction(fixed, divisor)
    if all(_ends(part) for part in parts):
        plain = _decimal(parts[0]), _decimal(parts[1])
        if all(len(number.as_tuple().digits) <= KEPT_DIGITS for number in plain):
            return *plain, 1
    common = lcm(parts[0].denominator, parts[1].denominator)
    return Decimal(int(parts[0] * common)), Decimal(int(parts[1] * common)), common


def _ends(value: Fraction) -> bool:
    """Whether the fraction is a decimal number with an end: its denominator has no factor but 2 and 5."""
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return rest == 1


def _without_quota(component: Component, curve: TieredCurve) -> TierLine:
    number = 1 if component.quota is None or component.quota.no_quota != "last_tier" else len(curve.tiers)
    return TierLine(number, Decimal(0), None, curve.tiers[number - 1].pays, Decimal(0))


def _lines(curve: TieredCurve, scale: Fraction) -> list[TierLine]:
    lines: list[TierLine] = []
    fixed, below = Fraction(0), Fraction(0)
    for number, tier in enumerate(curve.tiers, start=1):
        rate, floor = Fraction(tier.pays), Fraction(tier.floor) * scale
        if number > 1:
            joined = fixed + below * floor - rate * floor
            fixed = joined if curve.mode_of(tier) == "marginal" else Fraction(0)
        ceiling = None if tier.ceiling is None else _decimal(Fraction(tier.ceiling) * scale)
        lines.append(TierLine(number, _decimal(floor), ceiling, tier.pays, _decimal(fixed)))
        below = rate
    return lines


def _decimal(value: Fraction) -> Decimal:
    """The fraction as a decimal number; denominators are powers of ten, so it is exact."""
    places = len(str(value.denominator))
    whole = value.numerator * 10**places // value.denominator
    return Decimal(whole).scaleb(-places).normalize() + Decimal(0)
