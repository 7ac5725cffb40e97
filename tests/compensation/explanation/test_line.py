"""Why: each rule of attribution that touched a line says what was tried, what was found, and what decided."""

from compensation.calculate import calculate
from compensation.explanation.line import why
from compensation.rules import Rules
from tests import worlds

ASSIGNED = [["A", "R1", "sales_rep", "2020-01-01"], ["A", "M1", "account_manager", "2020-01-01"]]
ORDERS = [
    {"id": "O1", "date": "2023-10-01", "lines": ["500.00"]},
    {"id": "O2", "date": "2024-12-31", "lines": ["90.00"]},
    {"id": "O3", "date": "2025-02-15", "lines": ["90.00"]},
]


def _texts(node):
    return [node.text, *(text for child in node.children for text in _texts(child))]


def told(line, policy, orders=ORDERS, **tables):
    """Every sentence of the answer about one line."""
    given = worlds.small_world(orders, **{"assignments": ASSIGNED, **tables})
    rules = Rules(worlds.company(policies=[policy]), ())
    results = {**given, **calculate(given, rules)}
    return "\n".join(_texts(why(line, {name: frame.lazy() for name, frame in results.items()}, rules.company, ())))


def test_a_line_before_the_hand_over_says_who_waits_and_until_when():
    text = told("O2-1", {"hand_over": {"when": "date", "day": "2025-01-01"}})
    assert (
        "Hand-over on the day that the policy names: from 2025-01-01; on 2024-12-31 the representatives keep 100 %"
        in text
    )
    assert "account manager: M1 (M1): not handed over to them on that day" in text


def test_a_line_in_a_transition_says_what_each_has():
    transition = {"falls": "by_day", "months": 3}
    text = told("O3-1", {"hand_over": {"when": "date", "day": "2025-01-01", "transition": transition}})
    assert "from 2025-01-01, complete from 2025-04-01; on 2025-02-15 the representatives keep 50 %" in text
    assert "45.00 EUR of retention, 50 % credited to M1" in text
    assert "account manager: M1 (M1): on that day the representatives keep a share" in text


def test_a_hand_over_whose_day_is_not_known_says_so():
    text = told("O2-1", {"hand_over": {"when": "key_account"}})
    assert "Hand-over when the account becomes a key account: that is not so on 2024-12-31" in text


AGREED = {"account_id": "A", "annual_value": "100", "currency": "EUR", "status": "active"}
AGREEMENTS = [
    {"agreement_id": "G1", "start_date": "2023-01-01", "end_date": "2024-12-01", **AGREED},
    {"agreement_id": "G2", "start_date": "2024-12-01", "end_date": "2025-12-01", **AGREED},
]


def _compared(base, line="O2-1", **tables):
    return told(line, base, **tables)


def test_a_line_says_what_it_was_compared_with():
    assert "F moves from 0.00 EUR to 90.00 EUR this fiscal year, against 500.00 EUR last year" in _compared({})
    assert "what the customer buys of all families moves from 0.00 EUR" in _compared({"base_by": "customer"})
    monthly = _compared({"base": "trailing_twelve_months"})
    assert "this fiscal month, against 0.00 EUR which is a twelfth of the twelve months before it" in monthly
    assert "against 500.00 EUR by the account plan, or last year" in _compared({"base": "account_plan"})


def test_a_line_under_an_agreement_says_what_it_renews():
    orders = [ORDERS[0], {**ORDERS[1], "agreement_id": "G2"}]
    text = _compared({"base": "agreement"}, orders=orders, agreements=AGREEMENTS)
    assert (
        "retention (renewal) 90.00 EUR: agreement G2 (it renews G1) moves from 0.00 EUR to 90.00 EUR in its year, against 100.00 EUR agreed before"
        in text
    )
    assert "F moves from 0.00 EUR" in _compared({"base": "agreement"}, agreements=AGREEMENTS)


def test_credits_beside_the_revenue_and_transfers_say_what_they_are():
    shares = [("R1", "revenue", "100"), ("R2", "overlay", "30")]
    given = {"entered_by": "a", "approved_by": "b", "reason": "helped", "date": "2023-12-01", "percent": "25"}
    text = told(
        "O1-1",
        {"additional_credits": ["overlay"]},
        orders=[{**ORDERS[0], "opportunity_id": "D1"}],
        opportunities=[{"opportunity_id": "D1", "owner_id": "R1", "stage": "won"}],
        opportunity_splits=[
            {"opportunity_id": "D1", "payee_id": payee, "split_type": kind, "percent": percent}
            for payee, kind, percent in shares
        ],
        credit_transfers=[
            {"transfer_id": "X1", "order_line_id": "O1-1", "from_payee_id": "R1", "to_payee_id": "R3", **given}
        ],
    )
    assert (
        "150.00 EUR of new_business, 30 % beside it as overlay to R2 (R2): has an overlay share of the opportunity"
        in text
    )
    assert (
        "125.00 EUR of new_business, 25 % credited to R3 (R3): an approved transfer gives them a part of another's credit"
        in text
    )
    assert "First named: R1 (R1)" in text
