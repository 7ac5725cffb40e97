"""An account on a day: who looks after it and since when, who would get its business, and why others do not."""

from datetime import date

import pytest

from compensation.calculate import calculate
from compensation.explanation.account import account_on
from compensation.explanation.node import NotFound
from compensation.rules import Rules
from tests import worlds

ORDERS = [{"id": "O1", "date": "2023-10-01", "lines": ["500.00"]}]
PEOPLE = [
    {"payee_id": who, "payee_name": who, "role": role, "currency": "EUR", "termination_date": last}
    for who, role, last in [
        ("R1", "sales_rep", None), ("R2", "sales_rep", None), ("R3", "sales_rep", "2024-12-31"), ("M1", "account_manager", None),
        ("M2", "account_manager", None),
    ]
]  # fmt: skip
ACCOUNTS = ["TOP", {"account_id": "A", "parent_account_id": "TOP"}]


def assigned(account, payee, role, first, end=None, priority=None, share=None):
    return {"account_id": account, "payee_id": payee, "role": role, "valid_from": first, "valid_to": end, "priority": priority, "share": share}  # fmt: skip


def told(day, assignments, policy=(), account="A", **more):
    """Every sentence about an account on a day."""
    rows = [assigned(*one) for one in assignments]
    given = worlds.small_world(ORDERS, accounts=ACCOUNTS, payees=PEOPLE, **more)
    given["assignments"] = worlds.table("assignments", rows)
    rules = Rules(worlds.company(policies=[dict(policy)]), ())
    tables = {name: frame.lazy() for name, frame in {**given, **calculate(given, rules)}.items()}
    return _texts(account_on(account, date.fromisoformat(day), tables, rules.company))


def _texts(node):
    return [node.text, *(text for child in node.children for text in _texts(child))]


def test_each_role_says_who_since_when_and_where_it_was_found():
    text = told("2024-12-01", [("TOP", "R1", "sales_rep", "2020-01-01"), ("A", "M1", "account_manager", "2024-06-01")])
    assert "It belongs to customer TOP" in text
    assert "Sales representative: R1 (R1), since 2020-01-01, assigned to TOP above it (assignments.csv:2)" in text
    assert "Account manager: M1 (M1), since 2024-06-01 (assignments.csv:3)" in text
    assert "Nobody was ever assigned to it or to an account above it in this role; add a row to assignments." in text


def test_since_runs_over_what_changed_around_the_person():
    """M2's cover splits M1's time in two; what other roles do does not."""
    assignments = [
        ("A", "M1", "account_manager", "2020-01-01", None, 2),
        ("A", "M2", "account_manager", "2024-03-01", "2024-04-01", 1),
    ]
    assert "Account manager: M1 (M1), since 2024-04-01 (assignments.csv:2)" in told("2024-12-01", assignments)


def test_a_temporary_cover_says_whom_it_passes_over():
    assignments = [
        ("A", "M1", "account_manager", "2020-01-01", None, 2),
        ("A", "M2", "account_manager", "2024-03-01", "2024-04-01", 1),
    ]
    text = told("2024-03-15", assignments)
    assert "Account manager: M2 (M2), since 2024-03-01, to before 2024-04-01 (assignments.csv:3)" in text
    assert (
        "not M1 (M1): assigned to it, but with priority 2, and M2 (M2) has priority 1, as cover to before 2024-04-01, assignments.csv:2"
        in text
    )


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (("A", "R2", "sales_rep", "2026-01-01"), "assigned to it only from 2026-01-01"),
        (("A", "R2", "sales_rep", "2020-01-01", "2022-01-01"), "assigned to it only to before 2022-01-01"),
        (("TOP", "R2", "sales_rep", "2020-01-01"), "assigned to TOP above it, but R1 (R1) is assigned nearer to it, to A"),
        (("A", "R3", "sales_rep", "2020-01-01", None, 1), "assigned to it, but the last day of service was 2024-12-31"),
    ],
)  # fmt: skip
def test_whoever_does_not_look_after_it_says_why(other, reason):
    text = told("2025-02-15", [("A", "R1", "sales_rep", "2020-01-01", None, 2), other])
    assert f"not {other[1]} ({other[1]}): {reason}, assignments.csv:3" in text


def test_a_key_account_says_since_when_and_because_of_which_account():
    tiers = [{"account_id": "TOP", "tier": "key", "valid_from": "2024-02-01"}]
    assert "Key account (tier key) since 2024-02-01, because TOP above it is one" in told("2024-02-01", [], account_tiers=tiers)  # fmt: skip
    before = told("2024-01-31", [], account_tiers=tiers)
    assert "No key account that day: neither it nor an account above it has the tier key" in before
    assert "TOP: tier key since 2024-02-01, account_tiers.csv:2" in before


def test_business_goes_to_whom_the_rules_say_with_a_transition():
    transition = {"falls": "by_day", "months": 3}
    text = told(
        "2025-02-15",
        [("A", "R1", "sales_rep", "2020-01-01"), ("A", "M1", "account_manager", "2024-01-01")],
        {"hand_over": {"when": "date", "day": "2025-01-01", "transition": transition}},
    )
    assert "New business of that day would go to R1 (R1) (the account's sales representative)" in text
    assert (
        "Existing business of that day would go to 50 % to M1 (M1) (the account manager), 50 % to R1 (R1) (the account's sales representative)"
        in text
    )
    assert any("from 2025-01-01, complete from 2025-04-01; on 2025-02-15 the representatives keep 50 %" in one for one in text)  # fmt: skip


def test_shares_that_are_assigned_to_nobody_go_to_the_house():
    shared = [("A", "M1", "account_manager", "2020-01-01", None, None, "60"), ("A", "M2", "account_manager", "2020-01-01", "2030-01-01", None, "40")]  # fmt: skip
    text = told("2025-02-15", shared)
    assert any("60 % to M1 (M1) (the account manager), 40 % to M2 (M2)" in one for one in text)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2023-09-30", "new business: nothing was booked for its customer up to that day"),
        ("2024-09-30", "new business until 2024-10-01: relationship no. 1 began on 2023-10-01"),
        ("2024-10-01", "existing business: relationship no. 1 began on 2023-10-01, and it was new up to 2024-10-01"),
        ("2025-04-01", "new business, a win-back: order O1 of 2023-10-01 was the last before it, and the relationship lapsed on 2025-04-01"),
    ],
)  # fmt: skip
def test_the_kind_of_business_of_the_day_is_named(day, kind):
    assert f"An order of that day would be {kind}" in told(day, [])


def test_an_excluded_account_and_one_without_key_tier_say_so():
    text = told("2025-02-15", [("A", "R1", "sales_rep", "2020-01-01")], {"excluded_accounts": ["TOP"]})
    assert any("would go to nobody: the account is excluded (the attribution policy excludes the account)" in one for one in text)  # fmt: skip
    only_key = told(
        "2025-02-15",
        [("A", "M1", "account_manager", "2020-01-01"), ("A", "R1", "sales_rep", "2020-01-01")],
        {"account_managers_on": "key_accounts"},
    )
    assert "2. account manager: M1 (M1): not a key account on that day" in only_key
    assert "Existing business of that day would go to R1 (R1) (the account's sales representative)" in only_key


def test_an_unknown_account_names_those_that_are_near():
    with pytest.raises(NotFound, match=r"no account 'TOPP' came\. Near: TOP\."):
        told("2025-01-01", [], account="TOPP")
    with pytest.raises(NotFound, match=r"no account '99' came\. There are e\.g\. A, TOP\."):
        told("2025-01-01", [], account="99")
