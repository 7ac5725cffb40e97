"""Pay in another currency than the plan's: one conversion, on a declared day, by running totals."""

from datetime import date
from decimal import Decimal

import pytest
from payout_world import component, credits_of, pay_world, plan, version

from compensation.payout.errors import MissingRate

RATES = [
    {"currency": "GBP", "valid_from": "2026-01-01", "rate": "1.20"},
    {"currency": "GBP", "valid_from": "2026-01-31", "rate": "1.25"},
    {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.90"},
]


def paid_in_pounds(rows, converted_on="event", currency="EUR", rates=RATES, **tables):
    pays_in = {"currency": "GBP", "converted_on": converted_on}
    terms = plan(version(component(window="month")), currency=currency, pays_in=pays_in)
    return pay_world(credits_of(rows), terms, fx_rates=rates, **tables).pay_amounts


def test_an_earning_is_converted_on_the_day_of_its_credit():
    found = paid_in_pounds([{"on": "2026-01-10", "amount": "1200"}])
    assert found.select("earned", "converted_on", "pay_rate", "amount", "pay_currency").rows() == [
        (Decimal(120), date(2026, 1, 10), Decimal("1.20"), Decimal(100), "GBP")
    ]


def test_or_on_the_last_day_of_its_period():
    found = paid_in_pounds([{"on": "2026-01-10", "amount": "1200"}], converted_on="period_end")
    assert found.select("converted_on", "amount").rows() == [(date(2026, 1, 31), Decimal(96))]


def test_lines_of_a_day_add_up_to_the_day_converted_once():
    found = paid_in_pounds([{"on": "2026-01-10", "amount": "0.50"} for _ in range(3)])
    assert found["amount"].to_list() == [Decimal("0.04"), Decimal("0.04"), Decimal("0.05")]
    assert found["amount"].sum() == Decimal("0.13")  # 0.15 ÷ 1.20 = 0.125, away from zero


def test_a_cross_rate_goes_through_the_company_currency_unrounded():
    found = paid_in_pounds([{"on": "2026-01-10", "amount": "900"}], currency="USD")
    assert found.select("earned", "plan_rate", "amount").rows() == [(Decimal(100), Decimal("0.90"), Decimal(75))]


def test_quota_in_one_currency_order_in_another_pay_in_a_third():
    """An order of 1,000.00 USD is 900.00 EUR on its day, 90 % of the quota; its pay is converted at the end of the period."""
    rows = [{"on": "2026-01-10", "amount": "900"}]
    quotas = [{"period": "2026-01", "amount": "1000"}]
    tiers = [{"from": "0", "to": "90%", "rate": "5%"}, {"from": "90%", "to": None, "rate": "10%"}]
    curve = {"shape": "retroactive", "of": "attainment", "tiers": tiers}
    terms = plan(
        version(component(window="month", quota={"measure": "new_business"}, curve=curve)),
        pays_in={"currency": "GBP", "converted_on": "period_end"},
    )
    found = pay_world(credits_of(rows), terms, fx_rates=RATES, quotas=quotas)
    assert found.earnings["earned"].sum() == 90  # a jump at 90 %: two slices
    assert found.pay_amounts["converted_on"].unique().to_list() == [date(2026, 1, 31)]
    assert found.pay_amounts["amount"].sum() == 72


def test_a_missing_rate_stops_the_payout_and_says_which():
    with pytest.raises(MissingRate, match=r"have no rate for GBP. First: payee rep, 2026-01-10. Add a row"):
        paid_in_pounds([{"on": "2026-01-10", "amount": "900"}], rates=[])


def test_a_plan_that_pays_in_its_own_currency_is_told_so():
    with pytest.raises(ValueError, match="the plan is in EUR and pays in it; remove pays_in"):
        plan(version(component()), pays_in={"currency": "EUR", "converted_on": "event"})
