from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from compensation.attribution.attribute import attribute
from compensation.attribution.bases import Bases, Books, same_part_of_last_year
from compensation.calculate import periods_of
from compensation.calendar import fiscal_periods
from compensation.money import minor_units
from schemas.rules.company import MonthCalendar, TableCalendar
from tests import worlds

ORDERS = [
    {"id": "O1", "date": "2023-01-10", "lines": [{"net_amount": "1.00"}]},
    {"id": "O2", "date": "2025-02-10", "lines": [{"net_amount": "100.00"}, {"net_amount": "40.00", "family": "G"}]},
    {"id": "O3", "date": "2025-08-10", "lines": ["70.00"]},
    {"id": "O4", "date": "2026-03-01", "lines": ["95.00"]},
    {"id": "O5", "date": "2026-04-01", "lines": ["30.00"]},
]
MANAGED = [["A", "M1", "account_manager", "2020-01-01"]]


def _bases(orders=ORDERS, **more):
    changes = {"policies": [more.pop("policy")]} if "policy" in more else {}
    company = worlds.company(**changes)
    facts = worlds.small_world(orders, **{"assignments": MANAGED, **more})
    periods = periods_of(facts, company)
    made = attribute(facts, company, periods)
    return Bases(Books(made.bookings, made.carers), facts, company.attribution, periods, 2)


def _figures(bases, first, end, on=None, payees=("M1", "R1")):
    people = pl.DataFrame({"payee_id": payees, "carer_id": payees})
    first, end = date.fromisoformat(first), date.fromisoformat(end)
    return bases.figures(people, first, end, on or date(end.year, 3, 31)).rows()


def test_the_base_is_the_same_part_of_last_year_by_customer_and_family():
    assert _figures(_bases(), "2026-01-01", "2026-04-01", on=date(2026, 3, 31)) == [
        ("M1", "A", "F", 10000, 9500), ("M1", "A", "G", 4000, 0),
    ]  # fmt: skip
    assert _figures(_bases(), "2026-01-01", "2027-01-01", on=date(2026, 12, 31)) == [
        ("M1", "A", "F", 17000, 12500), ("M1", "A", "G", 4000, 0),
    ]  # fmt: skip


def test_a_customer_without_any_order_this_year_counts():
    assert _figures(_bases([*ORDERS[:3], {"id": "X", "account": "B", "date": "2026-01-05", "lines": ["5.00"]}], accounts=["A", "B"]),
                    "2026-01-01", "2026-04-01", on=date(2026, 3, 31)) == [
        ("M1", "A", "F", 10000, 0), ("M1", "A", "G", 4000, 0),
    ]  # fmt: skip


def test_new_business_of_this_year_is_no_actual_and_of_last_year_is_base():
    orders = [
        {"id": "O1", "date": "2025-03-01", "lines": ["100.00"]},
        {"id": "O2", "date": "2026-02-28", "lines": ["7.00"]},
        {"id": "O3", "date": "2026-03-01", "lines": ["9.00"]},
    ]
    assert _figures(_bases(orders), "2026-01-01", "2026-04-01") == [("M1", "A", "F", 10000, 900)]


def test_returns_count_on_their_own_date_and_a_base_is_never_below_nothing():
    returns = [
        {"id": "B1", "line": "O2-1", "date": "2025-04-01", "amount": "100.00"},
        {"id": "B2", "line": "O4-1", "date": "2026-03-31", "amount": "20.00"},
        {"id": "B3", "line": "O4-1", "date": "2026-04-01", "amount": "5.00"},
    ]
    bases = _bases(returns=returns)
    assert _figures(bases, "2026-01-01", "2026-04-01", on=date(2026, 3, 31))[0] == ("M1", "A", "F", 10000, 7500)
    assert _figures(bases, "2026-04-01", "2026-07-01", on=date(2026, 6, 30)) == [("M1", "A", "F", 0, 2500)]


def test_the_representative_counts_where_there_is_no_account_manager():
    team = [["A", "R1", "sales_rep", "2020-01-01"], ["A", "M1", "account_manager", "2026-06-01"]]
    bases = _bases(assignments=team)
    assert {row[0] for row in _figures(bases, "2026-01-01", "2026-07-01", on=date(2026, 5, 31))} == {"R1"}
    assert {row[0] for row in _figures(bases, "2026-01-01", "2026-07-01", on=date(2026, 6, 1))} == {"M1"}


def test_account_managers_of_other_than_key_accounts_do_not_count_where_the_policy_says_so():
    team = [["A", "R1", "sales_rep", "2020-01-01"], *MANAGED]
    bases = _bases(assignments=team, policy={"account_managers_on": "key_accounts"})
    assert {row[0] for row in _figures(bases, "2026-01-01", "2026-04-01")} == {"R1"}
    key = [{"account_id": "A", "segment": "key"}]
    bases = _bases(assignments=team, policy={"account_managers_on": "key_accounts"}, accounts=key)
    assert {row[0] for row in _figures(bases, "2026-01-01", "2026-04-01")} == {"M1"}


def test_excluded_accounts_are_nobodys_customers():
    assert _figures(_bases(policy={"excluded_accounts": ["A"]}), "2026-01-01", "2026-04-01") == []


def test_accounts_of_one_tree_add_up_under_the_root_of_the_day():
    accounts = ["A", "B"]
    moved = [{"account_id": "B", "valid_from": "2026-03-01", "parent_account_id": "A"}]
    orders = [
        *ORDERS,
        {"id": "P1", "account": "B", "date": "2025-02-01", "lines": ["1000.00"]},
        {"id": "P2", "account": "B", "date": "2026-02-15", "lines": ["500.00"]},
    ]
    managed = [*MANAGED, ["B", "R1", "sales_rep", "2020-01-01"]]
    bases = _bases(orders, accounts=accounts, account_parents=moved, assignments=managed)
    assert ("R1", "B", "F", 100000, 50000) in _figures(bases, "2026-01-01", "2026-04-01", on=date(2026, 2, 28))
    assert ("M1", "A", "F", 110000, 59500) in _figures(bases, "2026-01-01", "2026-04-01", on=date(2026, 3, 31))


def test_a_manager_of_several_people_has_each_account_once():
    both = [["A", "M1", "account_manager", "2020-01-01"], ["A", "R2", "account_manager", "2020-01-01"]]
    facts = [
        {"account_id": a, "payee_id": p, "role": r, "valid_from": v, "share": "50"} for a, p, r, v in both
    ]  # fmt: skip
    bases = _bases(assignments=[])
    bases.facts["assignments"] = worlds.table("assignments", facts)
    company = worlds.company()
    made = attribute(bases.facts, company, bases.periods)
    bases = Bases(Books(made.bookings, made.carers), bases.facts, company.attribution, bases.periods, 2)
    people = pl.DataFrame({"payee_id": ["BOSS", "BOSS"], "carer_id": ["M1", "R2"]})
    figures = bases.figures(people, date(2026, 1, 1), date(2026, 4, 1), date(2026, 3, 31))
    assert figures.rows() == [("BOSS", "A", "F", 10000, 9500), ("BOSS", "A", "G", 4000, 0)]


def test_yearly_bases_are_those_that_split_retention_from_growth():
    facts = worlds.small_world(ORDERS, assignments=MANAGED)
    company = worlds.company()
    periods = periods_of(facts, company)
    made = attribute(facts, company, periods)
    stated = made.credits.filter(pl.col("sale_date") >= date(2026, 1, 1))
    assert set(stated.select(minor_units(pl.col("base_amount"), 2)).to_series()) == {17000}
    assert stated["amount"].sum() == Decimal("125.00")
    assert _figures(_bases(), "2026-01-01", "2027-01-01", on=date(2026, 12, 31))[0][3:] == (17000, 12500)


CALENDAR = fiscal_periods(MonthCalendar(kind="months"), date(2023, 1, 1), date(2026, 12, 31))
WEEKS = fiscal_periods(
    TableCalendar.model_validate({
        "kind": "table", "ends": "2026-12-31",
        "periods": [
            *({"year": "2025", "month": str(m), "starts": f"2025-{m:02}-01"} for m in range(1, 13)),
            {"year": "2025", "month": "13", "starts": "2025-12-15"},
            *({"year": "2026", "month": str(m), "starts": f"2026-{m:02}-01"} for m in range(1, 13)),
        ],
    }), date(2025, 1, 1), date(2026, 12, 30),
)  # fmt: skip


@pytest.mark.parametrize(
    ("calendar", "first", "end", "expected"),
    [
        (CALENDAR, "2026-01-01", "2026-04-01", ("2025-01-01", "2025-04-01")),
        (CALENDAR, "2024-02-01", "2024-03-01", ("2023-02-01", "2023-03-01")),
        (CALENDAR, "2025-01-01", "2025-02-15", ("2024-01-01", "2024-02-15")),
        (CALENDAR, "2024-02-01", "2024-02-29", ("2023-02-01", "2023-03-01")),
        (CALENDAR, "2023-01-01", "2024-01-01", None),
        (WEEKS, "2026-01-01", "2026-12-31", ("2025-01-01", "2026-01-01")),
        (WEEKS, "2026-01-01", "2026-12-01", ("2025-01-01", "2025-12-01")),
    ],
)
def test_the_same_part_of_last_year(calendar, first, end, expected):
    found = same_part_of_last_year(calendar, date.fromisoformat(first), date.fromisoformat(end))
    assert found == (expected and tuple(date.fromisoformat(day) for day in expected))


TAKEN_OVER = [["A", "M1", "account_manager", "2020-01-01", "2026-02-01"], ["A", "M2", "account_manager", "2026-02-01"]]


def _protecting(months):
    policy = {"hand_over": {"when": "assigned", "protection_months": months}}
    return _bases(assignments=TAKEN_OVER, policy=policy, payees=["R1", "M1", "M2"])


def test_an_inherited_shortfall_does_not_count_while_the_manager_is_protected():
    first, end = "2026-01-01", "2026-04-01"
    assert _figures(_protecting(2), first, end, on=date(2026, 3, 31), payees=["M2"]) == [
        ("M2", "A", "F", 9500, 9500), ("M2", "A", "G", 0, 0),
    ]  # fmt: skip
    assert _figures(_protecting(2), first, end, on=date(2026, 4, 1), payees=["M2"]) == [
        ("M2", "A", "F", 10000, 9500), ("M2", "A", "G", 4000, 0),
    ]  # fmt: skip
    assert _figures(_protecting(0), first, end, on=date(2026, 3, 31), payees=["M2"])[0][3] == 10000


def test_whoever_leads_the_new_manager_is_not_protected():
    people = pl.DataFrame({"payee_id": ["BOSS"], "carer_id": ["M2"]})
    figures = _protecting(2).figures(people, date(2026, 1, 1), date(2026, 4, 1), date(2026, 3, 31))
    assert figures.rows() == [("BOSS", "A", "F", 10000, 9500), ("BOSS", "A", "G", 4000, 0)]


def test_growth_of_a_protected_account_counts():
    orders = [*ORDERS, {"id": "O6", "date": "2026-02-20", "lines": ["500.00"]}]
    policy = {"hand_over": {"when": "assigned", "protection_months": 12}}
    bases = _bases(orders, assignments=TAKEN_OVER, policy=policy, payees=["R1", "M1", "M2"])
    assert _figures(bases, "2026-01-01", "2026-04-01", on=date(2026, 3, 31), payees=["M2"])[0] == (
        "M2", "A", "F", 10000, 59500,
    )  # fmt: skip
