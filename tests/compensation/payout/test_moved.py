"""Adjustments that count to a quota move positions and attainment, and earn nothing there."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compensation.payout.payout_world import component, credits_of, earned_by_credit, pay_world, plan, version

TIERS = [{"from": "0%", "to": "100%", "rate": "5%"}, {"from": "100%", "to": None, "rate": "8%"}]


def _plan(shape="marginal", window="quarter"):
    curve = {"shape": shape, "of": "attainment", "tiers": TIERS}
    return plan(version(component(window=window, quota={"measure": "new_business"}, curve=curve)))


QUOTA = {"quotas": [{"period": "2026", "amount": "400000"}]}


def _adjustment(amount="20000", period="2026-02", **more):
    return {
        "adjustment_id": "A", "payee_id": "rep", "period": period, "amount": amount, "currency": "EUR", "reason": "r", "entered_by": "a",
        "approved_by": "b", "counts_to_quota": True, "measure": "new_business", **more,
    }  # fmt: skip


SALES = [
    {"on": "2026-01-10", "amount": "60000"},
    {"on": "2026-02-10", "amount": "30000"},
    {"on": "2026-04-10", "amount": "50000"},
]


def _paid(*adjustments, credits=SALES, how=None):
    rows = credits_of(credits)
    return pay_world(rows, how or _plan(), adjustments=list(adjustments), **QUOTA), rows


def test_what_comes_after_it_is_priced_from_where_it_leaves_the_position():
    """60,000 + 20,000 by adjustment + 30,000 against 100,000: 20,000 at 5 %, 10,000 at 8 %; April is another quarter."""
    paid, rows = _paid(_adjustment())
    assert earned_by_credit(paid, rows) == [Decimal(3000), Decimal(1800), Decimal(2500)]
    at = dict(paid.attainment.select(pl.col("fiscal_period").cast(pl.String), "position").rows())
    assert [int(at[f"2026-P0{month}"]) for month in (1, 2, 3, 4)] == [60000, 110000, 110000, 50000]
    assert paid.findings.is_empty()


def test_a_return_of_january_in_march_stands_on_the_position_of_march():
    back = [*SALES[:2], {"on": "2026-03-10", "amount": "-20000", "of": 1}]
    paid, rows = _paid(_adjustment(), credits=back)
    assert sum(earned_by_credit(paid, rows)) == Decimal("4800") - Decimal(10000) * 8 / 100 - Decimal(10000) * 5 / 100
    assert paid.attainment.filter(pl.col("fiscal_period").cast(pl.String) == "2026-P03")["position"].to_list() == [
        Decimal(90000)
    ]


def test_attainment_shows_it_in_a_period_without_a_sale():
    paid, _ = _paid(_adjustment(period="2026-P03"))
    at = dict(paid.attainment.select(pl.col("fiscal_period").cast(pl.String), "position").rows())
    assert [int(at[f"2026-P0{month}"]) for month in (2, 3)] == [90000, 110000]


@pytest.mark.parametrize(
    "lost", [{"measure": "retention"}, {"currency": "USD"}, {"payee_id": "nobody"}, {"period": "1999"}]
)
def test_one_that_moves_nothing_is_reported(lost):
    paid, rows = _paid(_adjustment(**lost))
    assert earned_by_credit(paid, rows) == [Decimal(3000), Decimal(1500), Decimal(2500)]
    assert paid.findings["code"].to_list() == ["adjustment_not_counted"]


def test_one_that_does_not_count_moves_nothing():
    paid, rows = _paid(_adjustment(counts_to_quota=False))
    assert earned_by_credit(paid, rows) == [Decimal(3000), Decimal(1500), Decimal(2500)]
    assert paid.findings.is_empty()


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(-90_000_00, 90_000_00), min_size=1, max_size=3),
    st.sampled_from(["marginal", "retroactive"]),
    st.sampled_from(["2026-01", "2026-02", "2026-Q1"]),
)
def test_whatever_it_is_lines_add_up_and_two_that_offset_do_nothing(amounts, shape, period):
    moved = [_adjustment(Decimal(units).scaleb(-2), period, adjustment_id=f"A{n}") for n, units in enumerate(amounts)]
    undone = [{**one, "adjustment_id": f"B{n}", "amount": -one["amount"]} for n, one in enumerate(moved)]
    plain, rows = _paid(how=_plan(shape))
    _paid(*moved, how=_plan(shape))  # conservation is checked inside
    both, _ = _paid(*moved, *undone, how=_plan(shape))
    assert earned_by_credit(both, rows) == earned_by_credit(plain, rows)
