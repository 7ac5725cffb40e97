"""The demo company: its exports can be rebuilt to the byte, its faults are held back, its statements are as written by hand."""

import csv
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from compensation.calculate import calculate
from pipelines.company_folder import load_company
from pipelines.intake import take_in

COMPANY = Path(__file__).parents[2] / "examples" / "demo"
EXPORTS = COMPANY / "exports"
STATEMENT = re.compile(r"^### .* \((?P<payee>\w+)\), (?P<period>\d{4}-P\d\d)$")


@pytest.fixture(scope="module")
def folder():
    return load_company(COMPANY)


@pytest.fixture(scope="module")
def intake(folder):
    return take_in(folder, EXPORTS)


@pytest.fixture(scope="module")
def results(folder, intake):
    return calculate(intake.facts, folder.rules)


def test_the_script_writes_the_committed_exports_to_the_byte(tmp_path):
    subprocess.run([sys.executable, COMPANY / "make_exports.py", tmp_path], check=True, capture_output=True)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in EXPORTS.iterdir()}
    assert sorted(written) == sorted(committed)
    assert [name for name in written if written[name] != committed[name]] == []


HELD_BACK = {
    "30951": "the splits of its deal sum to 99",
    "30952": "its customer does not exist",
    "30953": "the amount of a line is ambiguous",
    "30954": "a line sells an item that does not exist",
    "30956": "its record is cut off",
}


def test_exactly_the_broken_orders_are_held_back_with_all_their_lines(intake):
    accepted = set(intake.facts["orders"]["order_id"])
    assert {order for order, *_ in erp_rows("erp_orders_2026.csv")} - accepted == set(HELD_BACK)
    assert not intake.facts["order_lines"].filter(pl.col("order_id").is_in(list(HELD_BACK))).height
    assert intake.facts["orders"].height == intake.received.filter(pl.col("table") == "orders")["accepted"].sum()


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("D-2008", "99"),
        ("30952", "99999"),
        ("30953-10", "1,234"),
        ("30954-20", "X-999"),
    ],
)
def test_the_quarantine_says_what_is_wrong(intake, record, words):
    said = intake.quarantine.filter(pl.col("record_key").str.contains(record, literal=True))
    assert any(words in f"{row['value']} {row['detail']}" for row in said.iter_rows(named=True)), said


def test_a_correction_pays_the_order_whose_currency_was_misspelt(intake, results):
    applied = intake.applied_corrections.row(0, named=True)
    assert (applied["correction_id"], applied["value_before"], applied["value_after"]) == ("COR-1", "EURO", "EUR")
    assert results["bookings"].filter(pl.col("order_id") == "30955")["booked_amount"].to_list() == [Decimal("2000.000")]


def test_nothing_is_lost_between_the_erp_and_the_credits(intake, results):
    received, unreadable = erp_totals()
    held = intake.quarantine.filter(pl.col("table") == "order_lines").filter(pl.col("amount").is_not_null())
    sales = [frame.filter(pl.col("return_id").is_null()) for frame in (results["bookings"], results["not_booked"])]
    disposed = pl.concat([
        *(frame.select(currency="order_currency", amount="order_amount") for frame in sales),
        held.select(pl.col("currency").fill_null("?"), "amount"),
    ])  # fmt: skip
    assert dict(disposed.group_by("currency").agg(pl.col("amount").sum()).iter_rows()) == received
    assert unreadable == ["1,234"]


def erp_totals() -> tuple[dict[str, Decimal], list[str]]:
    """Net amounts by currency as the ERP's files have them, each position once, and what cannot be read."""
    currency = {row[0]: row[6] for name in ORDER_FILES for row in erp_rows(name) if len(row) > WIDTH_OF_A_CUT_RECORD}
    currency |= {"30955": "EUR", "30956": "?"}
    positions = {tuple(row[:2]): row for name in POSITION_FILES for row in erp_rows(name)}
    totals: dict[str, Decimal] = {}
    unreadable = []
    for order, _position, _item, _pieces, net, _cost in positions.values():
        if "," in net:
            unreadable.append(net)
            continue
        code = currency[order]
        totals[code] = totals.get(code, Decimal(0)) + Decimal(net)
    return totals, unreadable


ORDER_FILES = ("erp_orders_2025.csv", "erp_orders_2026.csv")
WIDTH_OF_A_CUT_RECORD = 3
POSITION_FILES = ("erp_positions_2025.csv", "erp_positions_2026.csv")


def erp_rows(name: str) -> list[list[str]]:
    with (EXPORTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def credit(results, order: str) -> list[tuple[str, str, Decimal]]:
    rows = results["credits"].filter((pl.col("order_id") == order) & pl.col("return_id").is_null())
    return rows.sort("order_line_id", "credit_number").select("payee_id", "rule", "amount").rows()


def test_an_order_is_new_business_until_the_day_before_six_months_are_over(results):
    assert credit(results, "30004") == [("R101", "opportunity_owner", Decimal("20000.000"))]
    assert credit(results, "30005") == [("M201", "account_manager", Decimal("20000.000"))]


def test_a_deal_is_shared_sixty_to_forty_and_by_thirds(results):
    assert credit(results, "30401") == [
        ("R101", "opportunity_split", Decimal("60000.000")),
        ("R104", "opportunity_split", Decimal("40000.000")),
    ]
    assert [row[2] for row in credit(results, "30402")] == [
        *(Decimal("7999.200"), Decimal("7999.200"), Decimal("8001.600")),
        *(Decimal("1999.800"), Decimal("1999.800"), Decimal("2000.400")),
    ]


def test_a_deal_of_somebody_who_left_passes_to_the_representative_on_the_order(results):
    row = results["credits"].filter(pl.col("order_id") == "30804").row(0, named=True)
    assert (row["payee_id"], row["named_payee_id"], row["rule"]) == ("R104", "R102", "order_representative")
    assert row["amount"] == Decimal("16800.000")


def test_the_share_of_a_partner_who_is_no_user_goes_to_the_house(results):
    assert credit(results, "30403") == [
        ("HOUSE", "unknown_payee", Decimal("1000.000")),
        ("R104", "opportunity_split", Decimal("9000.000")),
    ] or credit(results, "30403") == [
        ("R104", "opportunity_split", Decimal("9000.000")),
        ("HOUSE", "unknown_payee", Decimal("1000.000")),
    ]


def test_the_own_lab_is_excluded_and_the_web_shop_belongs_to_the_house(results):
    assert credit(results, "30901") == [("EXCLUDED", "excluded_account", Decimal("20000.000"))]
    assert credit(results, "30902") == [("HOUSE", "house", Decimal("500.000"))]


def test_a_win_back_is_new_business_again(results):
    assert set(results["credits"].filter(pl.col("order_id") == "30602")["sub_motion"]) == {"win_back"}


def test_cancelled_and_held_orders_book_nothing(results):
    assert set(results["not_booked"]["order_id"]) == {"30701", "30904"}


def test_a_return_of_another_currency_goes_back_at_the_rate_of_its_sale(results):
    back = results["bookings"].filter(pl.col("return_id") == "G-608").row(0, named=True)
    assert (back["order_amount"], back["booked_amount"]) == (Decimal("-10000.000"), Decimal("-8600.000"))


def test_a_return_after_the_quarter_is_taken_back_in_its_own_period(results):
    anna = results["earnings"].filter((pl.col("payee_id") == "R101") & (pl.col("return_id") == "G-604"))
    assert anna["fiscal_period"].unique().to_list() == ["2026-P04"]
    assert anna["window"].unique().to_list() == ["2026-Q1"]
    assert anna["earned"].sum() == Decimal("-3000.000")


def test_every_credit_of_a_person_is_paid_or_has_a_reason(results):
    people = results["unpaid"].filter(~pl.col("payee_id").is_in(["HOUSE", "EXCLUDED"]))
    assert people.is_empty(), people


def worked_statements() -> dict[tuple[str, str], list[list[str]]]:
    """The tables below each '### Name (payee), period' of README.md."""
    statements: dict[tuple[str, str], list[list[str]]] = {}
    rows: list[list[str]] | None = None
    for line in (COMPANY / "README.md").read_text(encoding="utf-8").splitlines():
        heading = STATEMENT.match(line)
        if heading:
            rows = statements.setdefault((heading["payee"], heading["period"]), [])
        elif line.startswith("#"):
            rows = None
        elif rows is not None and line.startswith("|"):
            rows.append([cell.strip(" *") for cell in line.strip("|").split("|")])
    return {key: table[2:] for key, table in statements.items()}


WORKED = worked_statements()


def test_there_is_a_worked_statement_of_every_plan(folder, results):
    plans = {results["earnings"].filter(pl.col("payee_id") == payee)["plan"][0] for payee, _period in WORKED}
    assert plans == {plan.plan for plan in folder.plans}


@pytest.mark.parametrize(("payee", "period"), WORKED)
def test_a_statement_is_what_was_worked_out_by_hand(results, payee, period):
    earned = results["earnings"].filter((pl.col("payee_id") == payee) & (pl.col("fiscal_period") == period))
    *lines, total = WORKED[payee, period]
    found = [
        [
            row["component"],
            line_name(row),
            plain(row["credited"]),
            plain(row["position_after"]),
            percent(row["tier_rate"]),
            plain(row["earned"]),
        ]
        for row in in_payout_order(earned, results["credits"]).iter_rows(named=True)
    ]
    assert found == lines
    assert plain(earned["earned"].sum()) == total[-1]


def in_payout_order(earned: pl.DataFrame, all_credits: pl.DataFrame) -> pl.DataFrame:
    key = ["order_line_id", "return_id", "credit_number"]
    order = all_credits.select(*key, "sequence")
    placed = earned.join(order, on=key, how="left", validate="m:1", nulls_equal=True)
    return placed.sort(
        pl.col("component") != "new_business_commission",
        pl.col("component") != "retention_commission",
        "sequence",
        "slice_number",
    )


def line_name(row) -> str:
    return f"{row['order_line_id']} back ({row['return_id']})" if row["return_id"] else row["order_line_id"]


def plain(amount: Decimal) -> str:
    return f"{amount:.2f}"


def percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"


def test_the_order_of_rows_in_the_exports_changes_no_figure(folder, results, tmp_path):
    for path in EXPORTS.iterdir():
        content = path.read_bytes()
        if path.suffix == ".csv":
            header, *rows = content.splitlines(keepends=True)
            content = b"".join([header, *reversed(rows)])
        (tmp_path / path.name).write_bytes(content)
    again = calculate(take_in(folder, tmp_path).facts, folder.rules)
    for name in ("bookings", "motions", "credits", "earnings", "attainment", "unpaid", "not_booked"):
        assert again[name].equals(results[name]), name
