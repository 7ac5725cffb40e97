"""Text from data is text, in every cell and every CSV file, whatever it begins with."""

import csv
import io
import re
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import openpyxl
import polars as pl
import pytest

from compensation.calculate import calculate
from pipelines.workbooks import write_period_statements
from pipelines.workbooks.cells import Formula, cell_xml, clean_text, csv_text, is_exact_in_excel, plain_number, text_xml
from pipelines.workbooks.grid import number_texts
from tests.compensation.statement.statement_world import RULES, calculated, facts
from tests.pipelines.workbooks.conftest import provenance

STARTS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "\x00=", "＝", "＋", "－", "＠", " =", "'=", "\ufeff=", "|", "%"]
BODIES = ['HYPERLINK("http://evil","x")', "cmd|'/c calc'!A0", 'WEBSERVICE("http://evil")', "1+1"]
PAYLOADS = [start + body for start in STARTS for body in BODIES] + [
    "#N/A", "#REF!", "TRUE", "1e5", "12345678901234567", "007", "2026-01-01", "<b>&amp;</b>", "]]>", "_x0041_", "a\x0bb\x1fc", "\ud800x",
    "zoë", "zoe\u0308", "👩🏽‍💻 Li", "\u202eevil", "x" * 40_000, " leading and trailing ", "",
]  # fmt: skip
OURS = re.compile(r"^=[A-Z$0-9(:,)*!<>\"&/+\-= '✓✗A-Za-z_.–]+$")
FUNCTIONS = {
    "ROUND",
    "LOOKUP",
    "MAX",
    "INDEX",
    "SUBTOTAL",
    "SUM",
    "SUMIFS",
    "COUNTIFS",
    "COUNTIF",
    "IF",
    "AND",
    "SUMPRODUCT",
    "ABS",
    "ROWS",
}


def formulas_of(path):
    book = openpyxl.load_workbook(path)
    return [
        (sheet.title, cell.coordinate, cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


@pytest.mark.parametrize("start", range(0, len(PAYLOADS), 5))
def test_no_payload_in_names_customers_or_ids_becomes_a_formula(start, tmp_path):
    payloads = [
        payload.replace("\ud800", "") for payload in (PAYLOADS[start : start + 5] * 5)[:5]
    ]  # Polars holds no half of a pair
    names = {f"E-{1042 + n}": payload or "x" for n, payload in enumerate(payloads)}
    customers = {f"A-{1 + n}": payload for n, payload in enumerate(payloads)}
    given = facts(names=names, customers=customers)
    given["products"] = given["products"].with_columns(product_name=pl.lit(payloads[0]))
    given["payees"] = given["payees"].with_columns(title=pl.lit(payloads[1]))
    [period] = write_period_statements(tmp_path, calculate(given, RULES), given, RULES, ["2026-P01"], provenance())
    clean = {sheet for _, sheet in all_formulas(*calculated(), tmp_path / "clean")}
    for path in period.folder.glob("*.xlsx"):
        found = formulas_of(path)
        assert found
        for sheet, cell, formula in found:
            assert set(re.findall(r"([A-Z]+)\(", formula)) <= FUNCTIONS, (path.name, sheet, cell, formula)
        xml = b"".join(zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist())
        for text in re.findall(rb"<f>(.*?)</f>", xml):
            assert not re.search(rb"HYPERLINK|WEBSERVICE|DDE|cmd", text)
    assert clean


def all_formulas(given, results, out):
    [period] = write_period_statements(out, results, given, RULES, ["2026-P01"], provenance())
    return [(path.name, sheet) for path in period.folder.glob("*.xlsx") for sheet, *_ in formulas_of(path)]


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if payload and len(payload) < 1000])
def test_a_text_cell_reads_back_as_the_text_it_was(payload):
    cell = ElementTree.fromstring(cell_xml(1, 1, payload, 0))  # noqa: S314 - written a moment ago
    assert cell.get("t") == "inlineStr"
    read = "".join(cell.itertext())
    assert read == clean_text(payload).replace("_x0041_", "_x005F_x0041_")
    assert cell.find("f") is None


def test_text_that_excel_cannot_hold_is_cut_aloud_and_counted_in_utf16():
    cut = clean_text("😀" * 20_000)
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert cut.endswith("… (cut: the text has 20,000 characters)")


def test_control_characters_are_shown_as_replaced_and_line_breaks_as_spaces():
    assert clean_text("a\x00b\x1fc\r\nd\te") == "a\ufffdb\ufffdc d e"


def test_an_escape_of_excel_is_not_read_as_one():
    assert text_xml("_x0041_ & <") == "_x005F_x0041_ &amp; &lt;"


@pytest.mark.parametrize("start", STARTS)
def test_csv_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert csv_text(start + "1+1").startswith("'")


@pytest.mark.parametrize("plain", ["Ada", "1+1=2", "Müller-Lüdenscheidt", "O'Neill", "", None])
def test_harmless_csv_text_stays_as_it_is(plain):
    assert csv_text(plain) == (plain or "")


def test_payroll_and_manifest_hold_no_field_that_a_spreadsheet_runs(tmp_path):
    given = facts(names={"E-1042": "=1+1", "E-1043": "@SUM(A1)", "E-1044": '+"a",b\n=c'})
    [period] = write_period_statements(tmp_path, calculate(given, RULES), given, RULES, ["2026-P01"], provenance())
    for name in ("payroll.csv", "MANIFEST.csv"):
        rows = list(csv.reader(io.StringIO((period.folder / name).read_text(encoding="utf-8"))))
        amounts = {"net_payable", "carried_forward", "net"}
        text = [field for row in rows[1:] for head, field in zip(rows[0], row, strict=True) if head not in amounts]
        assert not [field for field in text if field[:1] in "=+-@" and field]
        assert {len(row) for row in rows} == {len(rows[0])}


def test_only_our_own_type_makes_a_formula():
    assert "<f>SUM(A1:A2)</f><v>3.5</v>" in cell_xml(1, 1, Formula("SUM(A1:A2)", Decimal("3.500")), 0)
    assert "<f>" not in cell_xml(1, 1, "=SUM(A1:A2)", 0)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("100.000", "100"),
        ("0.000", "0"),
        ("-0.10", "-0.1"),
        ("12345678901234567.89", "12345678901234567.89"),
        ("1E+3", "1000"),
    ],
)
def test_numbers_are_written_out_exactly(number, text):
    assert plain_number(Decimal(number)) == text


def test_columns_of_numbers_are_written_out_exactly():
    column = pl.Series(
        [Decimal("100.000"), Decimal("-0.050"), Decimal("0.000"), None, Decimal("20.000")], dtype=pl.Decimal(38, 3)
    )
    assert number_texts(column) == ["100", "-0.05", "0", None, "20"]
    assert number_texts(pl.Series([100, 20])) == ["100", "20"]


@pytest.mark.parametrize(
    ("amount", "exact"), [("123456789012345", True), ("12345678901234.56", False), ("1000000000000000000", True)]
)
def test_amounts_beyond_fifteen_digits_are_known(amount, exact):
    assert is_exact_in_excel(Decimal(amount)) is exact
