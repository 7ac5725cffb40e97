"""What an attainment that is read is measured against."""

from datetime import date
from fractions import Fraction

import polars as pl
import pytest
from payout_world import company, component, credits_of, facts, plan, version
from readings_world import LAST_DAY, SALES, asked, quota, reading, readings, windows

from compensation.payout.errors import MissingQuota
from compensation.payout.quotas.uses import quota_book
from compensation.payout.readings.readings import Readings
from compensation.payout.standing import standings_of
from compensation.payout.terms import terms_of


def test_attainment_is_revenue_over_the_quota_of_the_interval():
    taker = readings(SALES, quotas=[quota("2026", "1200.00")])
    one = reading("attainment", quota="new_business")
    places = [
        asked("2026"),
        asked("2026-Q1", "quarter"),
        asked("2026-P04", "year_to_date"),
        asked("2026-P12", "year_to_date"),
    ]
    assert taker.values(one, places) == [
        Fraction("370.01") / 1200, Fraction(70, 300), Fraction("370.01") / 400, Fraction("370.01") / 1200,
    ]  # fmt: skip


def test_the_quota_is_the_one_in_force_on_the_last_day_that_is_known():
    quotas = [quota("2026", "1000.00"), quota("2026", "2000.00", valid_from="2026-07-01")]
    one = reading("attainment", quota="new_business")
    assert readings(SALES, quotas=quotas).values(one, [asked()]) == [Fraction("370.01") / 2000]
    early = readings(SALES[:4], quotas=quotas, last_day=date(2026, 6, 30))
    assert early.values(one, [asked()]) == [Fraction("400.01") / 1000]


@pytest.mark.parametrize(
    ("quotas", "wrong"),
    [
        ([], r"2026: there is none\. Add a row to quotas for that period, or for a longer or shorter one\."),
        ([quota("2026", "0.00")], r"2026: it is 0, and nothing can be divided by it\. Correct the quota\."),
        ([quota("2026", "5.00", currency="USD")], r"2026: it is in USD, the plan in EUR\. Give it in the plan's currency\."),
    ],
)  # fmt: skip
def test_attainment_without_a_quota_names_payee_measure_and_interval(quotas, wrong):
    message = (
        r"reads an attainment that has no quota\. First: payee rep, measure new_business, 2026-01-01 to 2027-01-01 \(excluded\), "
        + wrong
    )
    with pytest.raises(MissingQuota, match=message):
        readings(SALES, quotas=quotas).values(reading("attainment", quota="new_business"), [asked()])


def on_a_plan(quotas, use, **tables):
    """Readings of ``rep``, who is on a plan whose component measures against quotas in this way."""
    terms = terms_of([plan(version(component(quota={"measure": "new_business", **use}, curve=ON_ATTAINMENT)))])
    known, calendar, credits = facts(quotas=quotas, **tables), windows(), credits_of(SALES)
    payee_ids = pl.Series("payee_id", ["other", "rep"])
    standings = standings_of(payee_ids, known, [terms.terms[0].plan], terms, calendar)
    book = quota_book(known, terms, calendar, payee_ids, standings.stays)
    return Readings(credits, known, company(), calendar, book, LAST_DAY, terms=terms)


ON_ATTAINMENT = {"shape": "marginal", "of": "attainment", "tiers": [{"from": "0", "to": None, "rate": "0.1"}]}


def test_the_quota_is_spread_as_the_component_of_the_plan_spreads_it():
    one = reading("attainment", quota="new_business")
    taker = on_a_plan([quota("2026", "1000.00")], {"weights": ["10%", "20%", "30%", "40%"]})
    quarters = [asked("2026-Q1", "quarter"), asked("2026-Q2", "quarter"), asked("2026-P06", "year_to_date"), asked()]
    assert taker.values(one, quarters) == [
        Fraction(70, 100), Fraction("300.01") / 200, Fraction("370.01") / 300, Fraction("370.01") / 1000,
    ]  # fmt: skip


def test_the_quota_is_cut_to_the_days_of_service():
    one = reading("attainment", quota="new_business")
    hired = [{"payee_id": "rep", "hire_date": "2026-03-15"}]
    taker = on_a_plan([quota("2026", "3650.00")], {}, payees=hired)
    assert taker.values(one, [asked()]) == [Fraction("370.01") / (10 * (365 - 73))]
    whole = on_a_plan([quota("2026", "3650.00")], {"prorate": "none"}, payees=hired)
    assert whole.values(one, [asked()]) == [Fraction("370.01") / 3650]


def test_who_serves_on_no_day_of_the_interval_has_the_quota_in_full():
    gone = [{"payee_id": "rep", "termination_date": "2026-05-31"}]
    taker = on_a_plan([quota("2026-Q3", "500.00"), quota("2026-Q2", "910.00")], {}, payees=gone)
    one = reading("attainment", "quarter", quota="new_business")
    quarters = [asked("2026-Q2", "quarter"), asked("2026-Q3", "quarter")]
    assert taker.values(one, quarters, returns="as_negative") == [Fraction("300.01") / 610, Fraction(-30, 500)]
