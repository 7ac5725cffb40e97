from decimal import Decimal

from compensation.attribution.attribute import attribute
from compensation.attribution.findings import LARGEST_LISTED, findings
from compensation.calculate import periods_of
from tests import worlds


def _found(facts, **changes):
    company = worlds.company(**changes)
    made = findings(facts, attribute(facts, company, periods_of(facts, company)), company.attribution)
    return {(row["code"], row["subject_id"]): row for row in made.iter_rows(named=True)}


SALE = {"id": "O1", "date": "2024-03-01", "lines": ["10.00"], "sales_rep_id": "R1"}


def test_a_clean_world_has_no_findings():
    assert _found(worlds.small_world(orders=[SALE])) == {}


def test_an_order_without_lines_is_listed():
    facts = worlds.small_world(orders=[SALE, {"id": "O2", "date": "2024-03-02", "lines": []}])
    row = _found(facts)["order_without_lines", "O2"]
    assert "books nothing and starts no relationship" in row["detail"]


def test_an_opportunity_that_did_not_come_is_named():
    facts = worlds.small_world(orders=[{**SALE, "opportunity_id": "D9"}])
    assert (
        "names opportunity D9, which is not in the CRM export" in _found(facts)["opportunity_missing", "O1"]["detail"]
    )


def test_a_deal_that_differs_from_its_orders_is_reported_and_the_orders_decide():
    """Controller's scenario 49: 10,000 in the CRM, 9,500 ordered."""
    deal = {"opportunity_id": "D1", "owner_id": "R1", "stage": "won", "amount": "10000.00", "currency": "EUR"}
    facts = worlds.small_world(orders=[{**SALE, "opportunity_id": "D1", "lines": ["9500.00"]}], opportunities=[deal])
    detail = _found(facts)["opportunity_amount_differs", "D1"]["detail"]
    assert detail == "The CRM says 10000.000 EUR, its orders 9500.000; the orders decide."


def test_a_sale_before_the_hire_date_is_credited_and_reported():
    facts = worlds.small_world(
        orders=[SALE],
        payees=[
            {"payee_id": "R1", "payee_name": "R1", "role": "sales_rep", "currency": "EUR", "hire_date": "2024-04-01"}
        ],
    )
    row = _found(facts)["before_hire_date", "R1"]
    assert row["amount"] == Decimal("10.000")
    assert "1 sales before the hire date 2024-04-01" in row["detail"]


def test_house_revenue_lists_the_largest_accounts_and_adds_up_the_rest():
    count = LARGEST_LISTED + 3
    accounts = [f"A{number:02}" for number in range(count)]
    orders = [
        {"id": f"O{number}", "account": account, "date": "2024-03-01", "lines": [f"{number + 1}.00"]}
        for number, account in enumerate(accounts)
    ]
    found = _found(worlds.small_world(orders=orders, accounts=accounts))
    assert len(found) == LARGEST_LISTED + 1
    assert found["house_revenue", "3 other accounts"]["amount"] == Decimal("6.000")
    assert sum(row["amount"] for row in found.values()) == sum(range(1, count + 1))


def test_a_key_account_without_a_manager_is_listed_also_before_it_buys_again():
    facts = worlds.small_world(orders=[SALE], accounts=["A", {"account_id": "K", "segment": "key"}])
    row = _found(facts)["key_account_without_manager", "K"]
    assert row["amount"] is None
    assert "has no account manager on 2024-03-01; 0 sales" in row["detail"]


def test_a_key_account_whose_manager_is_found_above_it_is_not_listed():
    facts = worlds.small_world(
        orders=[SALE],
        accounts=["A", {"account_id": "K", "segment": "key", "parent_account_id": "A"}],
        assignments=[["A", "M1", "account_manager", "2020-01-01"]],
    )
    assert _found(facts) == {}


def test_an_order_under_an_agreement_that_did_not_come_is_listed_where_agreements_are_a_base():
    given = {
        "account_id": "A",
        "start_date": "2024-01-01",
        "end_date": "2025-01-01",
        "annual_value": "1",
        "currency": "EUR",
    }
    facts = worlds.small_world(
        orders=[{**SALE, "agreement_id": "G1"}], agreements=[{"agreement_id": "G1", "status": "cancelled", **given}]
    )
    assert (
        "The order names agreement G1, which did not come or is cancelled"
        in (_found(facts, policies=[{"base": "agreement"}])["agreement_missing", "O1"]["detail"])
    )
    assert ("agreement_missing", "O1") not in _found(facts)


def test_a_transfer_from_somebody_without_credit_is_listed():
    given = {
        "from_payee_id": "R2",
        "to_payee_id": "R3",
        "percent": "100",
        "reason": "x",
        "entered_by": "a",
        "approved_by": "b",
    }
    rows = [{"transfer_id": "X1", "order_line_id": "O1-1", "date": "2024-05-01", **given}]
    found = _found(worlds.small_world(orders=[SALE], credit_transfers=rows))["transfer_of_nothing", "X1"]["detail"]
    assert "R2 is credited with nothing on order line O1-1, so nothing passes to R3" in found
    right = [{**rows[0], "from_payee_id": "R1"}]
    assert _found(worlds.small_world(orders=[SALE], credit_transfers=right)) == {}


def test_an_overlay_share_says_that_it_credits_nobody():
    facts = worlds.small_world(
        orders=[{**SALE, "opportunity_id": "D1"}],
        opportunities=[{"opportunity_id": "D1", "owner_id": "R1", "stage": "won"}],
        opportunity_splits=[{"opportunity_id": "D1", "payee_id": "R2", "split_type": "overlay", "percent": "100"}],
    )
    assert "R2 has an overlay share" in _found(facts)["overlay_not_credited", "D1"]["detail"]


def test_what_no_rule_applies_yet_is_said_aloud():
    absence = {"payee_id": "R1", "valid_from": "2024-03-01", "valid_to": "2024-04-01", "kind": "parental"}
    facts = worlds.small_world(orders=[SALE], absences=[absence])
    assert "1 rows of absences came; no rule applies them yet" in _found(facts)["table_not_used", "absences"]["detail"]
