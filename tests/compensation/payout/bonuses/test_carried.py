"""What caps cut off and carry on to later periods."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from bonus_world import World, plan_with
from hypothesis import given
from hypothesis import strategies as st

from compensation.payout.bonuses.carried import carried, carried_parts, limited
from schemas.core.payout import BonusPart

DAYS = (date(2026, 1, 1), date(2026, 5, 10))
WORLD = World(plan_with(guarantee={"incentive": {"amount": "1.00", "per": "month"}}))


@pytest.mark.parametrize(
    ("total", "soft", "left"),
    [(999, "0", 999), (1000, "0", 1000), (1500, "0", 1000), (1501, "1/2", 1251), (-5, "0", -5)],
)
def test_a_cap_leaves_the_total_up_to_it_and_a_soft_share_of_the_rest(total, soft, left):
    assert limited(total, 1000, Fraction(soft)) == left


def test_the_excess_fills_what_later_periods_leave_free():
    assert carried([1800, 500, 900, 1200], [1000] * 4) == [(0, 800), (500, 300), (100, 200), (0, 400)]


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 2000)), max_size=12))
def test_nothing_is_lost_and_no_period_is_paid_more_than_its_cap(periods):
    found = carried([earned for earned, _ in periods], [most for _, most in periods])
    paid = [min(earned, most) + extra for (earned, most), (extra, _) in zip(periods, found, strict=True)]
    assert all(amount <= most for amount, (_, most) in zip(paid, periods, strict=True))
    assert sum(paid) + (found[-1][1] if found else 0) == sum(earned for earned, _ in periods)


def earned(*rows, per="month", cap=100000):
    names = ("payee_id", "window", "earned")
    frame = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return frame.with_columns(
        plan=pl.lit("plan"), plan_version=pl.lit("1"), component=pl.lit("commission"), currency=pl.lit("EUR"),
        per=pl.lit(per), cap=pl.lit(cap),
    )  # fmt: skip


def test_a_component_is_paid_its_excess_in_the_next_periods_also_in_one_without_credits():
    rows = [("b", "2026-P01", 350000), ("a", "2026-P01", 150000), ("b", "2026-P03", 40000)]
    parts = carried_parts(earned(*rows), WORLD.setting.windows, DAYS)
    assert parts.select("payee_id", "fiscal_period", "kind", "part", "amount").rows() == [
        ("a", "2026-P02", "cap_excess", "carried_month", Decimal("500.000")),
        ("b", "2026-P02", "cap_excess", "carried_month", Decimal("1000.000")),
        ("b", "2026-P03", "cap_excess", "carried_month", Decimal("600.000")),
        ("b", "2026-P04", "cap_excess", "carried_month", Decimal("900.000")),
    ]
    assert parts["detail"][2] == (
        "1,500.00 carried from before; the cap of 1,000.00 a month less 400.00 leaves room for 600.00"
    )


def test_an_open_period_is_posted_in_the_period_of_the_last_day():
    rows = [("a", "2026-Q1", 150000), ("a", "2026-Q2", 20000)]
    parts = carried_parts(earned(*rows, per="quarter"), WORLD.setting.windows, DAYS)
    assert parts.select("window", "fiscal_period", "amount").rows() == [("2026-Q2", "2026-P05", Decimal("500.000"))]


def test_the_order_of_rows_changes_nothing():
    rows = earned(("b", "2026-P01", 350000), ("a", "2026-P01", 150000), ("b", "2026-P03", 40000))
    windows = WORLD.setting.windows
    assert carried_parts(rows.reverse(), windows, DAYS).equals(carried_parts(rows, windows, DAYS))


def test_nothing_over_a_cap_carries_nothing():
    parts = carried_parts(earned(("a", "2026-P01", 100000)), WORLD.setting.windows, DAYS)
    assert parts.equals(BonusPart.empty_frame())
