"""Figures as the sentences of pay show them: 15,000.00, 35 %, 1.25."""

from decimal import Decimal
from fractions import Fraction

from compensation.money import rounded_fraction

SHOWN_DECIMALS = 6


def shown_amount(units: int, digits: int) -> str:
    """Whole minor units as an amount: ``15,000.00``."""
    return f"{amount_of(units, digits):,f}"


def amount_of(units: int, digits: int) -> Decimal:
    """Whole minor units as a decimal number with the digits of its currency."""
    return Decimal(units).scaleb(-digits)


def rate_of(value: Fraction) -> Decimal:
    """An exact figure with six decimals, for showing."""
    return Decimal(rounded_fraction(value, SHOWN_DECIMALS)).scaleb(-SHOWN_DECIMALS)


def shown_figure(value: Fraction) -> str:
    """An exact figure in plain digits: ``1.25``, or ``0.333333…`` where six decimals do not end it."""
    millionths = value * 10**SHOWN_DECIMALS
    cut = abs(millionths.numerator) // millionths.denominator
    text = f"{amount_of(cut, SHOWN_DECIMALS):,f}".rstrip("0").rstrip(".")
    sign, more = "-" if value < 0 else "", "" if millionths.denominator == 1 else "…"
    return f"{sign}{text}{more}"


def shown_percent(share: Fraction) -> str:
    """A share in per cent: ``35 %``."""
    return f"{shown_figure(share * 100)} %"
