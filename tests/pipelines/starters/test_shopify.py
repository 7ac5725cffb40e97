"""Shopify's orders export, one row a line, and its transactions export."""

import shutil
from decimal import Decimal

import polars as pl
import pytest

from pipelines.intake import IntakeStopped
from tests.pipelines.starters.trial import Trial, company_from, correct, figure, ids, refused, tolerant

ORDERS = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Fulfilled at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem compare at price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem taxable",
    "Lineitem fulfillment status",
    "Billing Name",
    "Billing Company",
    "Billing Country",
    "Notes",
    "Note Attributes",
    "Cancelled at",
    "Payment Method",
    "Payment Reference",
    "Refunded Amount",
    "Vendor",
    "Outstanding Balance",
    "Employee",
    "Location",
    "Device ID",
    "Id",
    "Tags",
    "Risk Level",
    "Source",
    "Lineitem discount",
    "Tax 1 Name",
    "Tax 1 Value",
    "Phone",
    "Receipt Number",
    "Duties",
    "Payment ID",
]
TRANSACTIONS = ["Order", "Name", "Kind", "Gateway", "Created At", "Status", "Amount", "Currency", "Card Type"]


def order(name: str, created: str, money: tuple[str, str, str, str], **cells: str) -> dict[str, str]:
    subtotal, shipping, taxes, total = money
    filled = {
        "Financial Status": "paid",
        "Currency": "USD",
        "Refunded Amount": "0.00",
        "Email": "Ann@Shop.example",
        "Employee": "Rita Rep",
    }
    written = {key.replace("_", " "): value for key, value in cells.items()}
    return {
        **filled, "Name": name, "Created at": created, "Subtotal": subtotal, "Shipping": shipping, "Taxes": taxes, "Total": total, **written,
    }  # fmt: skip


def line(sku: str, quantity: str, price: str) -> dict[str, str]:
    return {
        "Lineitem quantity": quantity, "Lineitem name": f"The {sku}", "Lineitem price": price, "Lineitem sku": sku, "Lineitem discount": "0.00",
        "Vendor": "Potters",
    }  # fmt: skip


NIGHT, NOON = "2025-02-01 02:30:00 +0100", "2025-02-03 12:00:00 -0500"
POT = ("60.00", "0.00", "6.00", "66.00")


@pytest.fixture
def shopify(tmp_path):
    trial = company_from("shopify", tmp_path)
    staff = ("Employee", "Email", "Title", "Hired", "Last Day")
    trial.write("employees.csv", staff, {"Employee": "Rita Rep", "Title": "Sales Associate", "Hired": "2024-01-01"})
    trial.write(
        "orders_export_1.csv", ORDERS,
        # 100.00 of goods, 10.01 off the whole order; 31 January in New York
        {**order("#1001", NIGHT, ("89.99", "5.00", "9.00", "103.99"), Discount_Amount="10.01"), **line("CUP", "2", "20.00")},
        {"Name": "#1001", **line("POT", "1", "60.00")},
        {**order("#1002", NOON, ("12000.00", "0.00", "0.00", "12000.00"), Email="", Phone=""), **line("KILN", "1", "12000.00")},
        {**order("#1003", NOON, POT, Financial_Status="refunded", Refunded_Amount="66.00"), **line("POT", "1", "60.00")},
    )  # fmt: skip
    trial.write(
        "orders_export_2.csv", ORDERS,
        {**order("#1004", NOON, POT, Cancelled_at=NOON, Financial_Status="voided"), **line("POT", "1", "60.00")},
        {**order("#1005", NOON, POT), **line("POT", "1", "60.00")},
        {**order("#1006", NOON, POT, Employee="", Email="web@shop.example"), **line("POT", "1", "60.00")},
        {**order("#1007", NOON, POT, Financial_Status="pending"), **line("POT", "1", "60.00")},
    )  # fmt: skip
    _transactions(trial)
    return trial


def _transactions(trial: Trial, *more: dict[str, str]) -> None:
    paid = {"Kind": "sale", "Gateway": "shopify_payments", "Created At": NOON, "Status": "success", "Currency": "USD"}
    refund = {**paid, "Kind": "refund", "Name": "#1003"}
    trial.write(
        "transactions_export.csv", TRANSACTIONS,
        {**paid, "Name": "#1001", "Amount": "103.99"},
        {**paid, "Name": "#1005", "Amount": "66.00", "Gateway": "bogus"},
        {**refund, "Amount": "6.00", "Created At": "2025-02-20 12:00:00 -0500"},
        {**refund, "Amount": "60.00", "Created At": "2025-03-02 12:00:00 -0500"},
        {**refund, "Amount": "66.00", "Created At": "2025-03-01 12:00:00 -0500", "Status": "failure"},
        *({**paid, **row} for row in more),
    )  # fmt: skip


def test_shopifys_orders_come_in_whole_and_pay_what_the_plan_says(shopify):
    intake = shopify.intake()
    assert refused(intake) == []
    lines = intake.facts["order_lines"].filter(pl.col("order_id") == "#1001").sort("line_number")
    # 89.99 × 40 ÷ 100 = 35.996, up; the rest is the pot's
    assert lines["net_amount"].to_list() == [Decimal("36.000"), Decimal("53.990")]
    assert dict(intake.facts["orders"].select("order_id", "status").iter_rows()) == {
        "#1001": "confirmed", "#1002": "confirmed", "#1003": "confirmed", "#1004": "cancelled", "#1006": "confirmed", "#1007": "on_hold",
    }  # fmt: skip
    assert ids(intake, "accounts", "account_id") == ["ann@shop.example", "web@shop.example", "without e-mail"]
    results = shopify.results()
    assert figure(results, "Rita Rep", "2025-P01") == Decimal("1.80")  # 2 % of 89.99
    # 12,060.00 in the month: 2 % of 10,000.00 + 3 % of 2,060.00
    assert figure(results, "Rita Rep", "2025-P02") == Decimal("261.80")
    # 60.00 paid back in March, at March's 2 %
    assert figure(results, "Rita Rep", "2025-P03", "clawback") == Decimal("-1.20")
    house = results["credits"].filter(pl.col("payee_id") == "HOUSE")
    assert house["order_line_id"].to_list() == ["#1006-1"]


def test_a_partial_refund_waits_until_somebody_names_itsline(shopify):
    tolerant(shopify)
    _transactions(shopify, {"Name": "#1006", "Kind": "refund", "Amount": "11.00"})
    assert refused(shopify.intake()) == [("returns", "orphan_credit")]
    correct(
        shopify,
        ("returns", "part:#1006-1", "order_line_id", "#1006-1"),
        ("returns", "part:#1006-1", "amount", "10.00"),
    )
    intake = shopify.intake()
    assert refused(intake) == []
    assert ("#1006-1", Decimal("10.000")) in intake.facts["returns"].select("order_line_id", "amount").rows()


def test_a_refund_without_a_transaction_waits_for_its_line_and_its_day(shopify):
    tolerant(shopify)
    partly = order("#1006", NOON, POT, Financial_Status="partially_refunded", Refunded_Amount="5.00", Employee="")
    shopify.write("orders_export_2.csv", ORDERS, {**partly, **line("POT", "1", "60.00")})
    assert refused(shopify.intake()) == [("returns", "date_missing")]
    correct(
        shopify,
        ("returns", "undated:#1006", "order_line_id", "#1006-1"),
        ("returns", "undated:#1006", "return_date", "2025-03-05"),
    )
    intake = shopify.intake()
    assert refused(intake) == []
    assert ("#1006-1", Decimal("5.000")) in intake.facts["returns"].select("order_line_id", "amount").rows()


def test_prices_that_include_tax_do_not_add_up_and_arerefused(shopify):
    tolerant(shopify)
    inclusive = order("#1008", NOON, ("60.00", "0.00", "5.45", "60.00"))
    shopify.write("orders_export_3.csv", ORDERS, {**inclusive, **line("POT", "1", "60.00")})
    assert ("orders", "header_total_mismatch") in refused(shopify.intake())


def test_a_refund_that_cannot_be_read_is_refused_and_not_left_out(shopify):
    tolerant(shopify)
    garbled = order("#1006", NOON, POT, Employee="", Refunded_Amount="five")
    shopify.write("orders_export_2.csv", ORDERS, {**garbled, **line("POT", "1", "60.00")})
    _transactions(shopify, {"Name": "#1001", "Kind": "refund", "Amount": "1O.00"})
    assert [table for table, _ in refused(shopify.intake())] == ["returns", "returns"]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("Lineitem price", "amount_missing"),
        ("Subtotal", "amount_missing"),
        ("Lineitem quantity", "quantity_format"),
        ("Total", "amount_format"),
    ],
)
def test_a_number_that_cannot_be_read_holds_its_order_back_and_no_other(shopify, column, reason):
    tolerant(shopify)
    garbled = {**order("#1009", NOON, POT), **line("POT", "1", "60.00"), column: "6O"}
    shopify.write("orders_export_3.csv", ORDERS, garbled)
    intake = shopify.intake()
    assert {table for table, _ in refused(intake)} == {"orders", "order_lines"}
    assert reason in dict(refused(intake)).values()
    assert len(ids(intake, "orders", "order_id")) == 6


def test_an_order_that_stands_in_two_exports_is_refused(shopify):
    tolerant(shopify)
    shutil.copyfile(shopify.exports / "orders_export_1.csv", shopify.exports / "orders_export_9.csv")
    intake = shopify.intake()
    assert ("orders", "status_unknown") in refused(intake)
    assert ids(intake, "orders", "order_id") == ["#1004", "#1006", "#1007"]


def test_without_transactions_nothing_is_calculated(shopify):
    (shopify.exports / "transactions_export.csv").unlink()
    with pytest.raises(IntakeStopped, match="transactions_export"):
        shopify.intake()
