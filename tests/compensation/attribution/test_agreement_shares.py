"""An agreement's annual value by the days of its years, through a hand-over and its transition."""

from datetime import date
from decimal import Decimal

from compensation.attribution.attribute import attribute
from compensation.calculate import periods_of
from tests import worlds

ASSIGNED = [["A", "R1", "sales_rep", "2020-01-01"], ["A", "M1", "account_manager", "2020-01-01"]]
FIRST = {"id": "O1", "date": "2023-01-01", "lines": ["1.00"]}
TERMS = {"account_id": "A", "currency": "EUR", "status": "active"}


def _shares(policy, agreements, assignments=ASSIGNED):
    facts = worlds.small_world([FIRST], assignments=assignments, agreements=[{**TERMS, **one} for one in agreements])
    company = worlds.company(policies=[policy])
    found = attribute(facts, company, periods_of(facts, company)).agreement_shares
    return found.select("agreement_id", "year_start", "payee_id", "amount").rows()


def test_the_value_of_a_year_is_divided_by_the_days_of_each():
    agreement = {"agreement_id": "G1", "start_date": "2025-01-01", "end_date": "2026-01-01", "annual_value": "365.00"}
    half = {"hand_over": {"when": "date", "day": "2025-04-11"}}
    assert _shares(half, [agreement]) == [
        ("G1", date(2025, 1, 1), "M1", Decimal("265.000")),
        ("G1", date(2025, 1, 1), "R1", Decimal("100.000")),
    ]


def test_in_a_transition_each_day_counts_with_the_share_in_force_on_it():
    agreement = {"agreement_id": "G1", "start_date": "2025-01-01", "end_date": "2026-01-01", "annual_value": "365.00"}
    steps = {"falls": "in_steps", "steps": [{"months": 3, "representative": "50%"}]}
    rule = {"hand_over": {"when": "date", "day": "2025-04-11", "transition": steps}}
    assert [row[2:] for row in _shares(rule, [agreement])] == [("M1", Decimal("219.500")), ("R1", Decimal("145.500"))]


def test_new_business_is_the_representatives_and_a_short_year_counts_by_its_days():
    agreement = {"agreement_id": "G1", "start_date": "2023-07-02", "end_date": "2024-12-31", "annual_value": "366.00"}
    assert _shares({}, [agreement]) == [
        ("G1", date(2023, 7, 2), "M1", Decimal("183.000")),
        ("G1", date(2023, 7, 2), "R1", Decimal("183.000")),
        ("G1", date(2024, 7, 2), "M1", Decimal("182.500")),
    ]


def test_a_renewed_agreement_ends_where_the_new_one_begins_and_nobody_s_days_are_the_house_s():
    agreements = [
        {"agreement_id": "G1", "start_date": "2025-01-01", "end_date": "2026-01-01", "annual_value": "365.00"},
        {"agreement_id": "G2", "start_date": "2025-01-11", "end_date": "2025-01-21", "annual_value": "730.00"},
    ]
    assert _shares({}, agreements, []) == [
        ("G1", date(2025, 1, 1), "HOUSE", Decimal("10.000")),
        ("G2", date(2025, 1, 11), "HOUSE", Decimal("20.000")),
    ]
