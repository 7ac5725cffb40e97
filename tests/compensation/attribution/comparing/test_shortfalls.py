"""What was not reached, when its window is over: of a year, of an agreement, and whose it is."""

from datetime import date
from decimal import Decimal

from compensation.attribution.attribute import attribute
from compensation.calculate import periods_of
from tests import worlds

MANAGED = [["A", "M1", "account_manager", "2020-01-01"]]
LAST = {"id": "O9", "account": "Z", "date": "2025-01-01", "lines": ["1.00"]}
ORDERS = [
    {"id": "O1", "date": "2023-01-01", "lines": [{"net_amount": "100.00"}, {"net_amount": "40.00", "family": "G"}]},
    {"id": "O2", "date": "2024-03-01", "lines": ["60.00"]},
]


def _lost(orders, policy=None, assignments=MANAGED, **tables):
    facts = worlds.small_world(orders, **{"accounts": ["A", "Z"], "assignments": assignments, **tables})
    company = worlds.company(policies=[policy or {}])
    found = attribute(facts, company, periods_of(facts, company)).shortfalls
    columns = ["product_family", "agreement_id", "window_start", "payee_id", "kind", "shortfall_amount", "is_protected"]
    return found.select(columns).rows()


def test_a_year_that_is_over_says_what_its_base_lacks():
    year = date(2024, 1, 1)
    assert _lost([*ORDERS, LAST]) == [
        ("F", None, year, "M1", "downsell", Decimal("40.000"), False),
        ("G", None, year, "M1", "churn", Decimal("40.000"), False),
    ]


def test_a_year_that_goes_on_lacks_nothing_yet():
    assert _lost([*ORDERS, {**LAST, "date": "2024-12-30"}]) == []
    assert len(_lost([*ORDERS, {**LAST, "date": "2024-12-31"}])) == 2


def test_a_customer_of_nobody_is_listed_too():
    assert [row[3] for row in _lost([*ORDERS, LAST], assignments=[])] == [None, None]


def test_what_was_inherited_is_marked_as_protected():
    new = [["A", "M1", "account_manager", "2020-01-01", "2024-11-01"], ["A", "M2", "account_manager", "2024-11-01"]]
    policy = {"hand_over": {"when": "assigned", "protection_months": 3}}
    found = _lost([*ORDERS, LAST], policy, new, payees=["R1", "M1", "M2"])
    assert [(row[3], row[6]) for row in found] == [("M2", True), ("M2", True)]


def test_scenario_40_a_downsell_lacks_the_difference_and_a_lapse_all_of_it():
    given = {"account_id": "A", "currency": "EUR", "status": "active"}
    agreements = [
        {"agreement_id": "G1", "start_date": "2023-01-01", "end_date": "2024-01-01", "annual_value": "100000", **given},
        {"agreement_id": "G2", "start_date": "2024-01-01", "end_date": "2025-01-01", "annual_value": "70000", **given},
    ]
    first = {"id": "O1", "date": "2023-01-01", "lines": ["100000.00"], "agreement_id": "G1"}
    second = {"id": "O2", "date": "2024-01-01", "lines": ["70000.00"], "agreement_id": "G2"}
    policy, year = {"base": "agreement"}, date(2024, 1, 1)
    assert _lost([first, second, LAST], policy, agreements=agreements) == [
        (None, "G2", year, "M1", "downsell", Decimal("30000.000"), False)
    ]
    assert _lost([first, LAST], policy, agreements=agreements) == [
        (None, "G2", year, "M1", "churn", Decimal("100000.000"), False)
    ]


def test_an_account_that_moved_away_took_its_base_and_what_it_reached():
    parents = [{"account_id": "A", "valid_from": "2024-07-01", "parent_account_id": "Z"}]
    found = _lost([*ORDERS, LAST], account_parents=parents)
    assert [(row[3], row[5]) for row in found] == [(None, Decimal("40.000")), (None, Decimal("40.000"))]
