from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.currency import minor_unit_digits
from compensation.money import (
    WHOLE,
    AmountsTooLarge,
    converted,
    divided,
    minor_units,
    money_of,
    percent_of,
    require_countable,
    running_total,
    share_of,
    share_of_share,
    share_units,
)
from schemas.dtypes import FX_RATE, MONEY, PERCENT

amounts = st.integers(-(10**15), 10**15)


def _half_away(value: Fraction) -> int:
    """The rule in plain fractions: the nearest whole number, halves away from zero."""
    whole = (abs(value) * 2 + 1) // 2
    return int(whole if value >= 0 else -whole)


def _one(expression):
    return pl.select(expression.alias("x")).item()


@given(amounts, amounts, amounts)
def test_a_share_is_the_exact_quotient_rounded_half_away_from_zero(amount, part, whole):
    expected = 0 if whole == 0 else _half_away(Fraction(amount * part, whole))
    if abs(expected) < 2**63:
        found = _one(share_of(pl.lit(amount, pl.Int64), pl.lit(part, pl.Int64), pl.lit(whole, pl.Int64)))
        assert found == expected


@given(amounts, st.integers(1, 10**12))
def test_division_is_symmetric(dividend, divisor):
    plus = _one(divided(pl.lit(dividend, pl.Int128), divisor))
    minus = _one(divided(pl.lit(-dividend, pl.Int128), divisor))
    assert plus == -minus == _half_away(Fraction(dividend, divisor))


@given(
    st.decimals(-(10**9), 10**9, places=2), st.decimals("0.000000000001", 1000, places=12), st.sampled_from([0, 2, 3])
)
def test_conversion_rounds_once(amount, rate, digits):
    frame = pl.DataFrame({"a": [amount], "r": [rate]}, schema={"a": MONEY, "r": FX_RATE})
    found = frame.select(converted(pl.col("a"), pl.col("r"), digits)).item()
    assert found == _half_away(Fraction(amount) * Fraction(rate) * 10**digits)


@pytest.mark.parametrize(
    ("text", "digits", "units"), [("1.00", 2, 100), ("-1.50", 2, -150), ("7", 0, 7), ("0.125", 3, 125)]
)
def test_minor_units_and_back(text, digits, units):
    frame = pl.DataFrame({"a": [Decimal(text)]}, schema={"a": MONEY})
    assert frame.select(minor_units(pl.col("a"), digits)).item() == units
    assert _one(money_of(pl.lit(units, pl.Int64), digits)) == Decimal(text)


@given(amounts, st.lists(st.integers(0, 10**8), min_size=1, max_size=6))
def test_parts_by_running_shares_sum_to_the_whole(amount, weights):
    total = sum(weights)
    if total == 0:
        return
    frame = pl.DataFrame({"upto": [sum(weights[: i + 1]) for i in range(len(weights))], "w": weights})
    part = share_of(pl.lit(amount, pl.Int64), pl.col("upto"), total) - share_of(
        pl.lit(amount, pl.Int64), pl.col("upto") - pl.col("w"), total
    )
    assert frame.select(part.sum()).item() == amount


def test_a_share_of_a_share_keeps_both_percentages():
    percents = pl.DataFrame({"p": ["33.333333", "70"]}).select(pl.col("p").cast(PERCENT))
    one, other = percents.select(share_units(pl.col("p"))).to_series()
    both = _one(share_of_share(pl.lit(one), pl.lit(other)))
    assert Fraction(both, WHOLE) == Fraction(33333333, 10**8) * Fraction(70, 100)
    assert _one(percent_of(pl.lit(both))) == Decimal("23.333333")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-100, 100)), max_size=30))
def test_running_totals_start_anew_with_each_group(rows):
    rows = sorted(rows, key=lambda row: row[0])
    frame = pl.DataFrame(rows, schema={"g": pl.Int64, "a": pl.Int64}, orient="row")
    found = frame.select(running_total(pl.col("a"), pl.col("g"))).to_series().to_list()
    assert found == [sum(a for g, a in rows[: i + 1] if g == rows[i][0]) for i in range(len(rows))]


def test_sums_that_could_wrap_are_refused_and_the_largest_is_named():
    frame = pl.DataFrame({"line": ["a", "b"], "units": [2**61, 2**61]})
    with pytest.raises(AmountsTooLarge, match=r"more than can be counted exactly. Largest: .*'line': 'a'"):
        require_countable(frame, "units")
    assert require_countable(frame.head(1), "units").height == 1


def test_every_float_stays_outside():
    frame = pl.DataFrame({"a": [Decimal("1.00")]}, schema={"a": MONEY})
    shown = frame.select(
        minor_units(pl.col("a"), 2).alias("units"), money_of(pl.lit(1, pl.Int64), 2).alias("money"),
        percent_of(pl.lit(1, pl.Int64)).alias("percent"),
    )  # fmt: skip
    assert shown.schema == {"units": pl.Int64, "money": MONEY, "percent": PERCENT}


@pytest.mark.parametrize(("code", "digits"), [("JPY", 0), ("EUR", 2), ("KWD", 3), ("XYZ", 2)])
def test_minor_units_of_currencies(code, digits):
    assert minor_unit_digits(code) == digits
