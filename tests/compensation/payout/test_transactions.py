"""Components whose position runs over one order: each order climbs the curve from its start."""

from decimal import Decimal

import polars as pl
import pytest
from payout_world import component, credits_of, earned_by_credit, pay_world, plan, version
from pydantic import ValidationError

from schemas.rules.plan import Plan

TIERS = [
    {"from": "0", "to": "1000", "rate": "0.01"},
    {"from": "1000", "to": "3000", "rate": "0.02"},
    {"from": "3000", "to": "8000", "rate": "0.03"},
    {"from": "8000", "to": None, "rate": "0.05"},
]
SALES = [
    {"on": "2025-01-01", "amount": "200.00"},
    {"on": "2025-01-02", "amount": "300.00"},
    {"on": "2025-01-15", "amount": "1500.00"},
    {"on": "2025-02-01", "amount": "1200.00"},
    {"on": "2025-02-15", "amount": "2000.00"},
    {"on": "2025-03-01", "amount": "4500.00"},
]


def step_plan(shape: str = "marginal", **given: object) -> Plan:
    curve = {"shape": shape, "of": "amount", "tiers": TIERS}
    return plan(version(component(**{"window": "transaction", "curve": curve, **given})))


def in_orders(credits: pl.DataFrame, *orders: str) -> pl.DataFrame:
    """The credits with the orders given, in payout order."""
    return credits.with_columns(order_id=pl.Series(orders, dtype=pl.String))


def test_each_order_climbs_the_steps_from_their_start():
    """Oracle, "Examples of Calculating Earnings Using Step Rates": 2, 3, 20, 14, 30, 95; 164 in all."""
    credits = credits_of(SALES)
    paid = pay_world(credits, step_plan())
    assert earned_by_credit(paid, credits) == [Decimal(value) for value in ("2", "3", "20", "14", "30", "95")]
    assert paid.earnings["earned"].sum() == Decimal("164.00")


def test_the_same_steps_over_the_quarter_earn_more():
    paid = pay_world(credits_of(SALES), step_plan(window="quarter"))
    assert paid.earnings["earned"].sum() == Decimal("285.00")


def test_the_window_of_an_earning_is_its_order_and_attainment_is_not_stated():
    paid = pay_world(credits_of(SALES), step_plan())
    assert paid.earnings["window"].cast(pl.String).unique().sort().to_list() == [f"line-{n:05}" for n in range(1, 7)]
    assert paid.attainment.is_empty()


def test_attainment_of_another_component_is_still_stated():
    by_year = component(component="yearly", measure={"credits": "growth"})
    both = plan(version(component(window="transaction"), by_year))
    rows = [{"on": "2025-01-01", "amount": "200.00"}, {"on": "2025-02-01", "amount": "50.00", "kind": "growth"}]
    paid = pay_world(credits_of(rows), both)
    found = paid.attainment.select(pl.col("component", "window", "fiscal_period").cast(pl.String), "position").rows()
    assert found == [("yearly", "2025", "2025-P02", Decimal("50.000"))]


def test_lines_of_one_order_climb_together_whatever_the_year_around_them():
    credits = in_orders(credits_of(SALES[:3]), "one", "two", "one")
    paid = pay_world(credits, step_plan())
    # The order of 200 + 1,500: 2.00, then 800 at 1 % and 700 at 2 %.
    assert earned_by_credit(paid, credits) == [Decimal("2"), Decimal("3"), Decimal("22")]


def test_two_payees_of_one_order_climb_apart():
    rows = [SALES[4], {**SALES[4], "payee": "other"}]
    credits = in_orders(credits_of(rows), "one", "one")
    paid = pay_world(credits, step_plan(), payees=[{"payee_id": "rep"}, {"payee_id": "other"}])
    assert earned_by_credit(paid, credits) == [Decimal("30"), Decimal("30")]


@pytest.mark.parametrize("clawback", ["as_corrected", "as_negative"])
def test_a_return_joins_its_order_in_a_later_year(clawback):
    rows = [
        *SALES[4:],
        {"on": "2026-02-01", "amount": "-1500.00", "of": 1},
        {"on": "2026-03-01", "amount": "-500.00", "of": 1},
    ]
    credits = credits_of(rows)
    paid = pay_world(credits, step_plan(clawback=clawback))
    # 2,000 → 500: 30 → 5; then nothing is left.
    assert earned_by_credit(paid, credits) == [Decimal(value) for value in ("30", "95", "-25", "-5")]
    assert paid.earnings["window"].cast(pl.String).to_list() == ["line-00001"] * 5 + ["line-00002"] * 3
    assert paid.earnings.filter(pl.col("return_id") == "return-00003")["fiscal_period"].cast(pl.String)[0] == "2026-P02"


def test_a_retroactive_step_pays_the_whole_order_at_the_rate_it_reaches():
    """Oracle, "Options for Splitting Attainment Numbers Across Rate Tiers": the whole amount at the rate of its tier."""
    tiers = [
        {"from": "0", "to": "10000", "rate": "0.01"},
        {"from": "10000", "to": "50000", "rate": "0.02"},
        {"from": "50000", "to": None, "rate": "0.03"},
    ]
    rows = [{"on": "2025-01-01", "amount": value} for value in ("5000.00", "15000.00", "60000.00")]
    credits = credits_of(rows)
    paid = pay_world(credits, step_plan(curve={"shape": "retroactive", "of": "amount", "tiers": tiers}))
    assert earned_by_credit(paid, credits) == [Decimal("50"), Decimal("300"), Decimal("1800")]


def test_an_order_has_no_quota():
    curve = {"shape": "marginal", "of": "attainment", "tiers": [{"from": "0", "to": None, "rate": "0.1"}]}
    with pytest.raises(
        ValidationError, match="commission: an order has no quota and no budget; choose a window of months"
    ):
        step_plan(curve=curve, quota={"measure": "new_business"})
