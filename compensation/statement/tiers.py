"""A component's curve as a few straight lines, so that a reader with a spreadsheet can compute it again.

In tier k the curve is ``fixed + rate × position``. This is worked out here a second time, with exact fractions and
apart from the payout kernels, so that a statement re-adds by other means than those that made it.
"""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from schemas.rules.component import Component
from schemas.rules.curve import FlatCurve, TieredCurve


class TierLine(NamedTuple):
    """One tier: from ``floor`` (the first also below 0) the curve is ``fixed + rate × position``."""

    number: int
    floor: Decimal
    ceiling: Decimal | None
    rate: Decimal
    fixed: Decimal


def tier_lines(component: Component, quota: Decimal | None) -> list[TierLine]:
    """The straight lines of a component's curve, lowest tier first, bounds as amounts in plan currency.

    Args:
        component: A component of a plan version.
        quota: Quota of the window, where tiers are of attainment; 0 stands for ``no_quota``.

    Returns:
        One line per tier; a single one for a flat curve, and where there is no quota the tier that ``no_quota`` names.

    Source:
        Payout curves: flat, marginal, retroactive, mixed.
    """
    curve = component.curve
    if isinstance(curve, FlatCurve):
        return [TierLine(1, Decimal(0), None, curve.rate, Decimal(0))]
    if curve.of == "attainment" and not quota:
        return [_without_quota(component, curve)]
    scale = Fraction(quota) if curve.of == "attainment" and quota else Fraction(1)
    return _lines(curve, scale)


def _without_quota(component: Component, curve: TieredCurve) -> TierLine:
    number = 1 if component.quota is None or component.quota.no_quota != "last_tier" else len(curve.tiers)
    return TierLine(number, Decimal(0), None, curve.tiers[number - 1].rate, Decimal(0))


def _lines(curve: TieredCurve, scale: Fraction) -> list[TierLine]:
    lines: list[TierLine] = []
    fixed, below = Fraction(0), Fraction(0)
    for number, tier in enumerate(curve.tiers, start=1):
        rate, floor = Fraction(tier.rate), Fraction(tier.floor) * scale
        if number > 1:
            joined = fixed + below * floor - rate * floor
            fixed = joined if curve.mode_of(tier) == "marginal" else Fraction(0)
        ceiling = None if tier.ceiling is None else _decimal(Fraction(tier.ceiling) * scale)
        lines.append(TierLine(number, _decimal(floor), ceiling, tier.rate, _decimal(fixed)))
        below = rate
    return lines


def _decimal(value: Fraction) -> Decimal:
    """The fraction as a decimal number; denominators are powers of ten, so it is exact."""
    places = len(str(value.denominator))
    whole = value.numerator * 10**places // value.denominator
    return Decimal(whole).scaleb(-places).normalize() + Decimal(0)
