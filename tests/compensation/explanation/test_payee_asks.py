"""A payee asks why a line is not theirs: a straight answer, what each rule says about them, what it would have taken."""

import pytest

from compensation.calculate import calculate
from compensation.explanation.node import NotFound
from compensation.explanation.payee import whose
from compensation.rules import Rules
from tests import worlds
from tests.compensation.modelling.plan_world import component, plan, version

PEOPLE = [
    ("R1", "sales_rep", "L", None), ("R2", "sales_rep", None, None), ("R3", "sales_rep", None, "2023-12-31"), ("M1", "account_manager", None, None),
    ("M2", "account_manager", None, None), ("L", "manager", None, None), ("C1", "sales_coordinator", None, None),
]  # fmt: skip
ASSIGNED = [
    ["A", "R1", "sales_rep", "2020-01-01"], ["A", "R2", "sales_rep", "2026-01-01"], ["A", "M1", "account_manager", "2020-01-01", "2025-06-01"],
    ["A", "C1", "sales_coordinator", "2020-01-01"],
]  # fmt: skip
ORDERS = [
    {"id": "O1", "date": "2024-01-15", "lines": [{"net_amount": "500", "cost_amount": "600"}], "opportunity_id": "D1"},
    {"id": "O2", "date": "2024-02-15", "lines": ["100.00"]},
    {"id": "O3", "date": "2025-03-15", "lines": ["90.00"]},
    {"id": "O4", "date": "2025-03-16", "lines": ["50.00"], "status": "canceled"},
]
DEAL = {
    "opportunities": [{"opportunity_id": "D1", "owner_id": "R2", "stage": "won"}],
    "opportunity_splits": [
        {"opportunity_id": "D1", "payee_id": payee, "split_type": kind, "percent": percent}
        for payee, kind, percent in [("R1", "revenue", "100"), ("M2", "revenue", "0"), ("R2", "overlay", "20")]
    ],
}
SELLER = version(
    {
        **component(name="fresh", measure={"credits": "new_business", "of": "margin", "below_cost": "ignored"}),
        "label": "Fresh",
    },
    start="2024-01-01",
    decided="2023-12-01",
)


def ask(line, payee, policy=(), orders=ORDERS, **more):
    """The answer and every sentence below it."""
    people = [
        {"payee_id": who, "payee_name": who, "role": role, "currency": "EUR", "manager_id": above, "termination_date": last}
        for who, role, above, last in PEOPLE
    ]  # fmt: skip
    orders = [
        {
            **order,
            "lines": [{"cost_amount": "0", **(one if isinstance(one, dict) else {"net_amount": one})} for one in order["lines"]],
        }
        for order in orders
    ]  # fmt: skip
    given = worlds.small_world(orders, payees=people, assignments=ASSIGNED, **{**DEAL, **more})
    rules = Rules(worlds.company(policies=[dict(policy)]), (plan(SELLER),))
    tables = {name: frame.lazy() for name, frame in {**given, **calculate(given, rules)}.items()}
    node = whose(line, payee, tables, rules.company, rules.plans)
    return node.text, "\n".join(_texts(node))


def _texts(node):
    return [node.text, *(text for child in node.children for text in _texts(child))]


def test_a_line_of_somebody_else_says_whose_it_is_and_what_it_would_have_taken():
    answer, text = ask("O2-1", "R2")
    assert answer == "Not yours, R2 (R2): the new business went to R1 (R1) (is the account's sales representative)"
    assert "1. split of the opportunity: the order names no opportunity, so nobody" in text
    assert "2. owner of the opportunity: there is no opportunity, so nobody" in text
    assert "3. representative named on the order: the order names nobody" in text
    assert (
        "4. account's sales representative: account A is looked after by R1 (R1), not you: assigned to it only from 2026-01-01; it decided for R1 (R1)"
        in text
    )
    assert "What it would have taken: an opportunity on the order that you own or have a share of" in text


@pytest.mark.parametrize(
    ("payee", "said"),
    [
        ("R2", "1. split of the opportunity: opportunity D1 is split to R1 (R1) 100 %, M2 (M2) 0 %, not to you; it decided for R1 (R1)"),
        ("R2", "2. owner of the opportunity: opportunity D1 is owned by you"),
        ("M2", "1. split of the opportunity: opportunity D1 names you with a share of 0 %, opportunity_splits.csv:3"),
        ("R3", "What it would have taken: to be in service on 2024-01-15; your last day was 2023-12-31"),
        ("M1", "4. account's sales representative: account A is looked after by R1 (R1), not you: never assigned to A or an account above it as sales representative, only as account manager"),
    ],
)  # fmt: skip
def test_new_business_of_a_deal_says_what_each_rule_found(payee, said):
    answer, text = ask("O1-1", payee)
    assert answer.startswith(f"Not yours, {payee}")
    assert said in text


def test_a_share_of_nothing_is_not_yours():
    """M2 has a share of 0 % and no right to it, so that it passes to the owner, R2, who gets nothing of it either."""
    answer, _ = ask("O1-1", "R2")
    assert answer == "Not yours, R2 (R2): your share is 0 %; the new business went to R1 (R1) (has a split of the opportunity)"  # fmt: skip


def test_whoever_is_named_but_of_another_role_or_gone_is_told_so():
    split = [
        {"opportunity_id": "D1", "payee_id": payee, "split_type": "revenue", "percent": "50"} for payee in ("M2", "R3")
    ]
    _, of_role = ask("O1-1", "M2", opportunity_splits=split)
    assert "names you with 50 %, but your role on 2024-01-15 is account manager, and it takes a sales representative" in of_role  # fmt: skip
    _, of_leaver = ask("O1-1", "R3", opportunity_splits=split)
    assert "names you with 50 %, but your last day of service was 2023-12-31" in of_leaver


def test_existing_business_says_who_looked_after_the_account_until_when():
    _, text = ask("O3-1", "M2")
    assert "1. account manager: account A is looked after by M1 (M1), not you: never assigned to A or an account above it as account manager" in text  # fmt: skip
    assert "What it would have taken: to be assigned to A as account manager on 2025-03-15" in text


def test_a_hand_over_and_a_key_account_that_are_not_yet_are_told_to_the_manager():
    _, text = ask("O3-1", "M1", {"hand_over": {"when": "date", "day": "2025-05-01"}})
    assert "1. account manager: you look after the account, but hand-over on the day that the policy names: from 2025-05-01" in text  # fmt: skip
    _, key = ask("O3-1", "M1", {"account_managers_on": "key_accounts"})
    assert "you look after the account, but not a key account on that day" in key
    assert "and that it is a key account" in key


def test_a_line_of_yours_says_what_it_earned_or_why_nothing():
    assert (
        ask("O2-1", "R1")[0]
        == "Yours, R1 (R1): you are credited with 100.00 EUR of new business; it earned you 5.00 EUR"
    )
    answer, text = ask("O1-1", "R1")
    assert answer == "Yours, R1 (R1): you are credited with 500.00 EUR of new business; it earns you nothing"
    assert "your credit earns nothing: the sale lies below cost, and its component ignores such sales" in text


def test_plans_say_what_they_would_have_taken():
    _, text = ask("O3-1", "R2")
    assert "retention (repeat): no component would take a credit of yours" in text
    assert "Fresh does not take it: it takes new_business" in text
    assert "You are on no plan on 2025-03-15" in ask("O3-1", "M2")[1]
    early = [{**ORDERS[1], "id": "O0", "date": "2023-06-01"}]
    _, text = ask("O0-1", "R2", orders=early)
    assert "p has no version in force on 2023-06-01; its first is valid from 2024-01-01" in text


def test_credits_beside_the_revenue_say_whether_they_name_the_payee():
    kinds = {"additional_credits": ["overlay", "roll_up", "team"]}
    assert ask("O1-1", "R2", kinds)[0].startswith("Yours, R2 (R2): you are credited with 100.00 EUR of new business as overlay; ")  # fmt: skip
    _, manager = ask("O1-1", "L", kinds)
    assert "Roll-up: you stand above R1 (R1)" in manager
    _, other = ask("O1-1", "M1", kinds)
    assert "Overlay: no overlay share of the opportunity names you" in other
    assert "Roll-up: you stand above nobody who is credited, on 2024-01-15" in other
    assert "Team: you do not coordinate the account: never assigned" in other


def test_a_transfer_is_told_to_giver_and_receiver():
    move = {"transfer_id": "X1", "order_line_id": "O2-1", "from_payee_id": "R1", "to_payee_id": "R2", "percent": "100", "reason": "helped", "entered_by": "a", "approved_by": "b", "date": "2024-03-01"}  # fmt: skip
    answer, text = ask("O2-1", "R1", credit_transfers=[move])
    assert answer == "Not yours, R1 (R1): the new business went to R2 (R2) (an approved transfer gives them a part of another's credit)"  # fmt: skip
    assert "Transfer X1 of 2024-03-01: 100 % from you to R2 (R2), helped, credit_transfers.csv:2" in text


def test_lines_that_nobody_has_say_so():
    assert ask("O4-1", "R1")[0].startswith("Not yours, R1 (R1): nobody's, since it books nothing (order_not_confirmed")
    answer, text = ask("O2-1", "R1", {"excluded_accounts": ["A"]})
    assert answer.startswith("Not yours, R1 (R1): the new business went to nobody: the account is excluded")
    assert "an account that 'excluded_accounts' does not name" in text


def test_unknown_payees_and_lines_name_what_is_near():
    with pytest.raises(NotFound, match=r"no payee 'R12' came\. Near: R1\."):
        ask("O2-1", "R12")
    with pytest.raises(NotFound, match=r"no order line 'O2-7' came, neither accepted nor refused\. Near: O2-1"):
        ask("O2-7", "R1")
