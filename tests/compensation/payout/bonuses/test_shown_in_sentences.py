"""Figures as sentences show them."""

from decimal import Decimal
from fractions import Fraction

import pytest

from compensation.payout.bonuses.shown import rate_of, shown_amount, shown_figure, shown_percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"), ("1.25", "1.25"), ("-1.25", "-1.25"), ("1200000", "1,200,000"), ("1/3", "0.333333…"), ("2/3", "0.666666…"),
        ("-2/3", "-0.666666…"), ("1/10000000", "0…"), ("0.000001", "0.000001"), ("100", "100"),
    ],
)  # fmt: skip
def test_a_figure_is_exact_or_says_that_it_goes_on(value, text):
    assert shown_figure(Fraction(value)) == text


def test_amounts_have_the_digits_of_their_currency():
    assert [shown_amount(-1500000, digits) for digits in (0, 2, 3)] == ["-1,500,000", "-15,000.00", "-1,500.000"]


def test_shares_are_percentages_and_rates_have_six_decimals():
    assert shown_percent(Fraction("0.35")) == "35 %"
    assert rate_of(Fraction(2, 3)) == Decimal("0.666667")
