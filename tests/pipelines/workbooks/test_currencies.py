"""A payee whose plan changes its currency has a section for each; amounts have the decimals of their currency, and all their digits."""

from decimal import Decimal

import openpyxl
import pytest

from compensation.calculate import calculate
from compensation.rules import Rules
from pipelines.workbooks import write_period_statements
from schemas.rules.plan import Plan
from tests.compensation.statement.statement_world import COMPANY, DAY, FLAT, RETROACTIVE, facts, table, version
from tests.pipelines.workbooks.conftest import needs_libreoffice, provenance
from tests.pipelines.workbooks.recalculated import convert, differences, recalculated
from tests.pipelines.workbooks.test_recalculated import page_texts

PLANS = (
    Plan.model_validate({"plan": "europe", "label": "Europe", "currency": "EUR", "versions": [version([RETROACTIVE])]}),
    Plan.model_validate({"plan": "kuwait", "label": "Kuwait", "currency": "KWD", "versions": [version([FLAT])]}),
)
RULES = Rules(COMPANY, PLANS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    given = facts()
    orders = [
        {
            "order_id": "O-1",
            "account_id": "A-1",
            "sales_rep_id": "E-1042",
            "order_date": DAY("2026-01-05"),
            "currency": "EUR",
            "status": "confirmed",
        },
        {
            "order_id": "O-2",
            "account_id": "A-2",
            "sales_rep_id": "E-1042",
            "order_date": DAY("2026-01-25"),
            "currency": "EUR",
            "status": "confirmed",
        },
        {
            "order_id": "O-3",
            "account_id": "A-3",
            "sales_rep_id": "E-1043",
            "order_date": DAY("2026-01-25"),
            "currency": "EUR",
            "status": "confirmed",
        },
    ]
    amounts = {"O-1": "12345.67", "O-2": "999.99", "O-3": "12345678901234.56"}
    lines = [
        {
            "order_line_id": f"{order}-1",
            "order_id": order,
            "line_number": 1,
            "product_id": "P-1",
            "quantity": Decimal(1),
            "net_amount": Decimal(amount),
        }
        for order, amount in amounts.items()
    ]
    assigned = [
        {"payee_id": "E-1042", "plan": "europe", "valid_from": DAY("2026-01-01"), "valid_to": DAY("2026-01-20")},
        {"payee_id": "E-1042", "plan": "kuwait", "valid_from": DAY("2026-01-20")},
        {"payee_id": "E-1043", "plan": "europe", "valid_from": DAY("2026-01-01")},
    ]
    rates = [{"currency": "KWD", "valid_from": DAY("2026-01-01"), "rate": Decimal("2.971")}]
    given |= {
        "orders": table("orders", orders), "order_lines": table("order_lines", lines), "returns": table("returns", []),
        "plan_assignments": table("plan_assignments", assigned), "fx_rates": table("fx_rates", rates),
    }  # fmt: skip
    out = tmp_path_factory.mktemp("currencies")
    [period] = write_period_statements(out, calculate(given, RULES), given, RULES, ["2026-P01"], provenance())
    return period.folder


def test_each_currency_has_its_own_section_and_names(folder):
    book = openpyxl.load_workbook(folder / "E-1042_2026-P01_r01.xlsx", data_only=True)
    net = {}
    for name in ("stmt_net_payable", "stmt_net_payable_KWD"):
        [(sheet, cell)] = book.defined_names[name].destinations
        net[name] = (book[sheet][cell].value, book[sheet][cell].number_format)
    assert net["stmt_net_payable"] == (493.83, r"[$EUR] #,##0.00_);[Red]\([$EUR] #,##0.00\)")
    assert net["stmt_net_payable_KWD"] == (10.518, r"[$KWD] #,##0.000_);[Red]\([$KWD] #,##0.000\)")


def test_payroll_has_a_row_for_each_currency(folder):
    rows = (folder / "payroll.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[3:5] for row in rows if row.startswith("2026-P01,E-1042")] == [
        ["EUR", "493.83"],
        ["KWD", "10.518"],
    ]


def test_amounts_beyond_fifteen_digits_are_also_written_as_text(folder):
    sheet = openpyxl.load_workbook(folder / "E-1043_2026-P01_r01.xlsx")["Statement"]
    notes = [
        cell.value
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and "all digits" in cell.value
    ]
    assert "Credited revenue, all digits (Excel keeps 15): 12345678901234.56 EUR" in notes


@needs_libreoffice
def test_sections_of_two_currencies_re_add_and_stay_on_one_page(folder, tmp_path):
    paths = [folder / "E-1042_2026-P01_r01.xlsx", folder / "close_2026-P01_r01.xlsx"]
    for original, (computed, _) in recalculated(paths, tmp_path).items():
        wrong, compared = differences(original, computed)
        assert wrong == []
        assert compared > 20
    convert("pdf", paths[:1], tmp_path, tmp_path)
    pages = page_texts(tmp_path / "E-1042_2026-P01_r01.pdf")
    assert sum("Statement · page" in page for page in pages) == 1
