from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from compensation.attribution.attribute import attribute
from compensation.attribution.trees import TreeLoops
from compensation.calculate import periods_of
from compensation.conservation import NotConserved, require_equal_totals
from tests import worlds

CASES = [
    case
    for path in sorted(Path(__file__).parent.glob("*.yaml"))
    for case in yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506  - every scalar as text
]
SHORT = ("orders", "returns", "accounts", "payees", "assignments")
TABLES = (
    "opportunities", "opportunity_splits", "account_tiers", "account_parents", "fx_rates", "agreements", "credit_transfers",
)  # fmt: skip


def _null(value):
    return None if value == "null" else value


def _world(case):
    short = {name: case[name] for name in SHORT if name in case}
    long = {name: case[name] for name in TABLES if name in case}
    facts = worlds.small_world(**short, **long)
    if "account_plans" in case:
        plans = [{**row, "fiscal_year": int(row["fiscal_year"])} for row in case["account_plans"]]
        facts["account_plans"] = worlds.table("account_plans", plans)
    if "assignments_full" in case:
        rows = [
            {**row, "priority": int(row["priority"]) if "priority" in row else None} for row in case["assignments_full"]
        ]
        facts["assignments"] = worlds.table("assignments", rows)
    changes = {"currency": case["currency"]} if "currency" in case else {}
    return facts, worlds.company(policies=case.get("policies", [{}]), **changes)


def _attributed(case):
    facts, company = _world(case)
    return attribute(facts, company, periods_of(facts, company))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_attribution(case):
    credits = _attributed(case).credits
    found = credits.select(
        pl.coalesce("return_id", "order_line_id"), "motion", "sub_motion", "payee_id", pl.col("amount"), "rule"
    ).sort(pl.all())  # fmt: skip
    expected = sorted((*row[:4], Decimal(row[4]), row[5]) for row in case["credits"])
    assert sorted(found.rows()) == expected


@pytest.mark.parametrize("case", [case for case in CASES if "not_booked" in case], ids=lambda case: case["name"])
def test_what_is_not_booked_says_why(case):
    rows = _attributed(case).not_booked.select("order_line_id", "return_id", "order_amount", "reason").rows()
    assert rows == [(line, _null(back), Decimal(amount), reason) for line, back, amount, reason in case["not_booked"]]


@pytest.mark.parametrize(
    "case", [case for case in CASES if "tried" in case or "tried_any" in case], ids=lambda case: case["name"]
)
def test_a_credit_says_what_was_tried_before(case):
    credits = _attributed(case).credits
    for payee, words in case.get("tried", {}).items():
        assert credits.filter(pl.col("payee_id") == payee)["tried"].to_list() == [words]
    for words in case.get("tried_any", []):
        assert words in credits["tried"].to_list()


@pytest.mark.parametrize("case", [case for case in CASES if "hand_overs" in case], ids=lambda case: case["name"])
def test_a_hand_over_says_since_when_and_what_the_representatives_keep(case):
    columns = ["order_id", "hand_over_rule", "hand_over_date", "transition_end", "representative_percent"]
    found = [
        (order, rule, *(str(day) if day else None for day in days), percent)
        for order, rule, *days, percent in _attributed(case).hand_overs.select(columns).rows()
    ]
    assert found == [(*row[:2], *(_null(day) for day in row[2:4]), Decimal(row[4])) for row in case["hand_overs"]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_order_of_rows_changes_nothing(case):
    facts, company = _world(case)
    shuffled = {name: table.reverse() for name, table in facts.items()}
    periods = periods_of(facts, company)
    straight, turned = attribute(facts, company, periods), attribute(shuffled, company, periods)
    for name in (
        "bookings",
        "not_booked",
        "motions",
        "credits",
        "carers",
        "hand_overs",
        "shortfalls",
        "additional_credits",
    ):
        assert_frame_equal(getattr(straight, name), getattr(turned, name), check_row_order=name != "bookings")


def test_bookings_carry_the_relationship_and_both_currencies():
    facts = worlds.small_world(
        orders=[{"id": "O1", "date": "2024-01-05", "currency": "USD", "lines": ["10.00"]}],
        fx_rates=[{"currency": "USD", "valid_from": "2024-01-01", "rate": "0.925"}],
    )
    company = worlds.company()
    booking = attribute(facts, company, periods_of(facts, company)).bookings.row(0, named=True)
    assert booking["order_amount"] == Decimal("10.000")
    assert booking["booked_amount"] == Decimal("9.250")
    assert (booking["relationship_number"], booking["relationship_start"]) == (1, date(2024, 1, 5))


def test_half_a_cent_rounds_away_from_zero():
    facts = worlds.small_world(
        orders=[{"id": "O1", "date": "2024-01-05", "currency": "USD", "lines": ["0.01", "0.03"]}],
        fx_rates=[{"currency": "USD", "valid_from": "2024-01-01", "rate": "0.5"}],
    )
    company = worlds.company()
    booked = attribute(facts, company, periods_of(facts, company)).bookings["booked_amount"].to_list()
    assert booked == [Decimal("0.010"), Decimal("0.020")]


def test_an_account_above_itself_is_named():
    facts = worlds.small_world(
        orders=[{"id": "O1", "date": "2024-01-05", "lines": ["1.00"]}],
        accounts=[{"account_id": "A", "parent_account_id": "B"}, {"account_id": "B", "parent_account_id": "A"}],
    )
    company = worlds.company()
    with pytest.raises(
        TreeLoops, match=r"account '[AB]' stands above itself after 2 steps. Correct its 'parent_account_id'"
    ):
        attribute(facts, company, periods_of(facts, company))


def test_an_account_merged_into_another_stands_under_it_from_that_day():
    facts = worlds.small_world(
        accounts=[{"account_id": "A", "merged_into_account_id": "B", "merged_date": "2024-03-01"}, "B"],
        orders=[
            {"id": "O1", "account": "A", "date": "2024-02-29", "lines": ["1.00"]},
            {"id": "O2", "account": "A", "date": "2024-03-01", "lines": ["1.00"]},
        ],
    )
    company = worlds.company()
    bookings = attribute(facts, company, periods_of(facts, company)).bookings
    assert bookings["customer_id"].to_list() == ["A", "B"]


def test_totals_that_differ_stop_everything_and_name_the_first():
    left = pl.DataFrame({"line": ["a", "b"], "amount": [1, 2]})
    right = pl.DataFrame({"line": ["a", "b"], "amount": [1, 3]})
    with pytest.raises(
        NotConserved, match=r"lines: 1 of 2 do not add up. First: line 'b': 2 against 3. Nothing was published"
    ):
        require_equal_totals("lines", left, right, ["line"])
    with pytest.raises(NotConserved, match=r"lines: 2 rows of 3 against 2 of 4"):
        require_equal_totals("lines", left, right, [])


def test_a_company_without_orders_has_empty_tables():
    facts, company = worlds.small_world(orders=[]), worlds.company()
    empty = attribute(facts, company, periods_of(facts, company))
    assert [getattr(empty, name).height for name in ("bookings", "not_booked", "motions", "credits")] == [0, 0, 0, 0]


def test_a_history_whose_ends_were_left_open_counts_by_its_latest_start():
    facts = worlds.small_world(
        accounts=["A", "B", "C"],
        account_parents=[
            {"account_id": "A", "parent_account_id": "B", "valid_from": "2020-01-01"},
            {"account_id": "A", "parent_account_id": "C", "valid_from": "2024-03-01"},
        ],
        orders=[
            {"id": "O1", "date": "2024-02-29", "lines": ["1.00"]},
            {"id": "O2", "date": "2024-03-01", "lines": ["1.00"]},
        ],
    )
    company = worlds.company()
    bookings = attribute(facts, company, periods_of(facts, company)).bookings
    assert bookings["customer_id"].to_list() == ["B", "C"]


def test_a_product_had_its_family_before_the_export_began_to_date_it():
    facts = worlds.small_world(orders=[{"id": "O1", "date": "2024-02-29", "lines": ["1.00"]}])
    rows = [
        {"product_id": "F", "product_family": "old", "valid_from": "2024-03-01"},
        {"product_id": "F", "product_family": "new", "valid_from": "2024-04-01"},
    ]
    facts["products"] = worlds.table("products", rows)
    company = worlds.company()
    bookings = attribute(facts, company, periods_of(facts, company)).bookings
    assert bookings["product_family"].to_list() == ["old"]


def test_a_line_that_only_one_side_has_is_a_difference_even_of_nothing():
    left = pl.DataFrame({"line": ["a", "b"], "amount": [1, 0]})
    with pytest.raises(NotConserved, match=r"First: line 'b': 0 against None"):
        require_equal_totals("lines", left, left.head(1), ["line"])
