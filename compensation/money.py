"""Exact arithmetic on money: the only place that multiplies, divides or rounds it.

Inside a kernel money is a whole number of minor units (``Int64``) and a product is ``Int128``; in every
table money is ``Decimal(38, 3)``. Every rounding is half away from zero, so that a return mirrors its sale.
A part of an amount is never ``round(part)``: it is the difference of two rounded running totals, so that
parts add up to the whole exactly.
"""

from decimal import Decimal
from fractions import Fraction

import polars as pl

from schemas.dtypes import FX_RATE, MONEY, PERCENT, POSITION, QUANTITY, RATE

WIDE = pl.Int128
LARGEST_SUM = 2**62
"""No sum of minor units may reach this: a little beyond it 64-bit integers wrap without a word."""

WHOLE = 10**16
"""The whole, as shares are counted: a share of a share keeps every digit of both percentages."""


class AmountsTooLarge(ValueError):
    """Amounts so large that their sum could leave 64-bit integers."""


def thousandths(amount: pl.Expr) -> pl.Expr:
    """The amount in thousandths (``Int128``): every minor unit in use is a whole number of them."""
    return amount.cast(MONEY).to_physical()


def minor_units(amount: pl.Expr, digits: int) -> pl.Expr:
    """Whole minor units (``Int64``) of an amount that has no more digits than its currency."""
    return (thousandths(amount) // _power_of_ten(3 - digits)).cast(pl.Int64)


def money_of(units: pl.Expr, digits: int) -> pl.Expr:
    """The amount (``Decimal(38, 3)``) of whole minor units."""
    return (units.cast(WIDE) * _power_of_ten(3 - digits)).reinterpret(dtype=MONEY)


def divided(dividend: pl.Expr, divisor: pl.Expr | int) -> pl.Expr:
    """``dividend ÷ divisor`` of whole numbers, rounded half away from zero; a zero divisor gives 0.

    Dividends must stay below 2**126 in size: they are doubled on the way.
    """
    size = divisor if isinstance(divisor, int) else divisor.cast(WIDE).abs()
    rounded = (dividend.abs() * 2 + size) // (size * 2)
    if isinstance(divisor, int):
        return rounded * dividend.sign()
    return pl.when(divisor == 0).then(0).otherwise(rounded * dividend.sign() * divisor.sign().cast(WIDE))


def share_of(amount: pl.Expr, part: pl.Expr, whole: pl.Expr | int) -> pl.Expr:
    """``amount × part ÷ whole`` in minor units (``Int64``), rounded half away from zero; nothing of nothing is 0."""
    return divided(amount.cast(WIDE) * part.cast(WIDE), whole).cast(pl.Int64)


def converted(amount: pl.Expr, rate: pl.Expr, digits: int) -> pl.Expr:
    """``amount × rate`` in minor units of the other currency (``Int64``), rounded half away from zero.

    Args:
        amount: Money in the first currency, ``Decimal(38, 3)``.
        rate: Units of the second currency for one of the first, ``Decimal(38, 12)``.
        digits: Decimals of the second currency.
    """
    product = thousandths(amount) * rate.cast(FX_RATE).to_physical()
    return divided(product, 10 ** (15 - digits)).cast(pl.Int64)


def share_units(percent: pl.Expr) -> pl.Expr:
    """A percentage (``Decimal(38, 6)``) in units of which ``WHOLE`` make one hundred per cent (``Int64``)."""
    return (percent.cast(PERCENT).to_physical() * (WHOLE // 10**8)).cast(pl.Int64)


def percent_of(units: pl.Expr) -> pl.Expr:
    """The percentage (``Decimal(38, 6)``, rounded for showing) of a share counted in ``WHOLE``."""
    return divided(units.cast(WIDE), WHOLE // 10**8).reinterpret(dtype=PERCENT)


def share_of_share(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The share that one share of another is, in units of ``WHOLE``; exact for percentages of up to six decimals."""
    return (one.cast(WIDE) * other.cast(WIDE) // WHOLE).cast(pl.Int64)


def running_total(amount: pl.Expr, group: pl.Expr) -> pl.Expr:
    """Total of the group up to and including each row; rows must be sorted by group, then by their order.

    One cumulative sum over the whole column, less what it was where the group began: integers, so exact.
    """
    total = amount.cum_sum()
    begins = (group != group.shift(1)).fill_null(value=True)
    return total - pl.when(begins).then(total - amount).forward_fill()


def require_countable(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the frame if no sum over ``column`` (minor units) can leave 64-bit integers.

    Raises:
        AmountsTooLarge: the sizes add up to 2**62 minor units or more; names the largest row.
    """
    size = frame.select(pl.col(column).cast(WIDE).abs().sum()).item() or 0
    if size >= LARGEST_SUM:
        largest = frame.row(frame.select(pl.col(column).abs().arg_max()).item(), named=True)
        raise AmountsTooLarge(
            f"the amounts of {frame.height:,} rows add up to {size:,} minor units, more than can be counted exactly. "
            f"Largest: {largest}. Check that the export is not in a hundredth of its unit, or set 'largest_amount' lower."
        )
    return frame


MILLION = 10**6
"""Tier bounds and rates have six decimals, so positions on a curve are counted in millionths of a minor unit."""


def exact_product(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """``one × other`` of whole numbers, in 128 bits."""
    return one.cast(WIDE) * other.cast(WIDE)


def on_line(position: pl.Expr, slope: pl.Expr, intercept: pl.Expr, divisor: pl.Expr | int) -> pl.Expr:
    """A straight line's money at a position, in minor units (``Int64``), rounded once, half away from zero.

    Args:
        position: Whole minor units, or millionths of them.
        slope: Money for one position, ``divisor`` times.
        intercept: The line's money at 0, ``divisor`` times.
        divisor: Above 0; how many make one minor unit.
    """
    return divided(exact_product(position, slope) + intercept, divisor).cast(pl.Int64)


def minor_units_of(amount: Decimal, digits: int) -> int:
    """One amount of a rule in whole minor units, rounded half away from zero."""
    return rounded_fraction(Fraction(amount), digits)


def rounded_fraction(amount: Fraction, digits: int) -> int:
    """The amount in whole units of ``digits`` decimals, rounded half away from zero."""
    size = abs(amount) * _power_of_ten(digits)
    rounded = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    return rounded if amount >= 0 else -rounded


def millionths(units: pl.Expr) -> pl.Expr:
    """Whole minor units in millionths of them (``Int128``)."""
    return units.cast(WIDE) * MILLION


def reached_from(position: pl.Expr) -> pl.Expr:
    """First whole minor unit at or above a position in millionths (``Int64``, at most ``LARGEST_SUM``)."""
    return pl.min_horizontal((position + (MILLION - 1)) // MILLION, pl.lit(LARGEST_SUM, dtype=WIDE)).cast(pl.Int64)


def position_of(position: pl.Expr, digits: pl.Expr) -> pl.Expr:
    """The amount (``Decimal(38, 9)``) of a position in millionths of a minor unit; ``digits`` of its currency by row."""
    return (position.cast(WIDE) * power_of_ten(3 - digits)).reinterpret(dtype=POSITION)


def money_by_row(units: pl.Expr, digits: pl.Expr) -> pl.Expr:
    """The amount (``Decimal(38, 3)``) of whole minor units, where each row has its own currency's ``digits``."""
    return (units.cast(WIDE) * power_of_ten(3 - digits)).reinterpret(dtype=MONEY)


def power_of_ten(exponent: pl.Expr) -> pl.Expr:
    """10 to a small whole number that is not negative (``Int128``)."""
    return pl.lit(pl.Series([1, 10, 100, 1000], dtype=WIDE)).gather(exponent)


def converted_back(amount: pl.Expr, rate: pl.Expr, digits: int) -> pl.Expr:
    """``amount ÷ rate`` in minor units of the currency whose rate it is (``Int64``), rounded half away from zero.

    Args:
        amount: Money in company currency, ``Decimal(38, 3)``.
        rate: Units of company currency for one of the other, ``Decimal(38, 12)``.
        digits: Decimals of the other currency.
    """
    dividend = thousandths(amount) * 10 ** (9 + digits)
    return divided(dividend, rate.cast(FX_RATE).to_physical()).cast(pl.Int64)


def through_rates(units: pl.Expr, rate: pl.Expr, other_rate: pl.Expr, digits: int, other_digits: int) -> pl.Expr:
    """Minor units of one currency in those of another (``Int64``), through the company currency, rounded once.

    Args:
        units: Whole minor units of the first currency.
        rate: Company currency for one of the first, ``Decimal(38, 12)``.
        other_rate: Company currency for one of the second, ``Decimal(38, 12)``.
        digits: Decimals of the first currency.
        other_digits: Decimals of the second.
    """
    above, below = max(other_digits - digits, 0), max(digits - other_digits, 0)
    dividend = units.cast(WIDE) * rate.cast(FX_RATE).to_physical() * _power_of_ten(above)
    return divided(dividend, other_rate.cast(FX_RATE).to_physical() * _power_of_ten(below)).cast(pl.Int64)


def ratio_of(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """``part ÷ whole`` as a fraction for showing (``Decimal(38, 6)``); null where the whole is 0 or missing."""
    fraction = divided(part.cast(WIDE) * MILLION, whole).reinterpret(dtype=RATE)
    return pl.when(whole != 0).then(fraction)


def quantity_thousandths(quantity: pl.Expr) -> pl.Expr:
    """A quantity (``Decimal(38, 6)``) in thousandths (``Int64``), rounded half away from zero."""
    return divided(quantity.cast(QUANTITY).to_physical(), 1000).cast(pl.Int64)


def value_of(price: pl.Expr, quantity: pl.Expr, digits: pl.Expr) -> pl.Expr:
    """``price × quantity`` (``Decimal(38, 3)``), rounded half away from zero to the ``digits`` of each row's currency."""
    product = price.cast(QUANTITY).to_physical() * quantity.cast(QUANTITY).to_physical()
    units = pl.lit(pl.Series([10**12, 10**11, 10**10, 10**9], dtype=WIDE)).gather(digits)
    return money_by_row(divided(product, units), digits)


def _power_of_ten(exponent: int) -> int:
    return int(10**exponent)


def minor_by_row(amount: pl.Expr, digits: pl.Expr) -> pl.Expr:
    """Whole minor units (``Int64``) of amounts, where each row has its own currency's ``digits``."""
    return (thousandths(amount) // power_of_ten(3 - digits)).cast(pl.Int64)
