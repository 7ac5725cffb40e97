"""LibreOffice, from a copy without results, gets for every formula what the engine wrote beside it."""

import shutil
import subprocess
import zipfile
from decimal import Decimal

import openpyxl
import pytest

from compensation.calculate import calculate, periods_of
from compensation.rules import Rules
from pipelines.workbooks.assemble import statements_of_period
from pipelines.workbooks.write import write_statement
from schemas.rules.plan import Plan
from tests.compensation.statement.statement_world import COMPANY, DAY, facts, table, version
from tests.pipelines.workbooks.conftest import needs_libreoffice, provenance
from tests.pipelines.workbooks.recalculated import convert, differences, recalculated

pytestmark = needs_libreoffice


def test_every_formula_of_every_workbook_gives_what_is_written_beside_it(published, tmp_path):
    paths = sorted(published.glob("*/*.xlsx"))
    assert len(paths) == 21
    for original, (computed, formulas) in recalculated(paths, tmp_path).items():
        wrong, compared = differences(original, computed)
        assert wrong == [], f"{original.name}: {wrong[:3]}"
        assert compared == formulas >= 20


def test_a_wrong_result_would_be_found(published, tmp_path):
    [path] = published.glob("2026-P02/E-1042_*.xlsx")
    found = recalculated([path], tmp_path)[path][0]
    altered = tmp_path / "altered.xlsx"
    replace_in_part(path, altered, "xl/worksheets/sheet1.xml", b"<v>3750.01</v></c>", b"<v>3750.02</v></c>")
    wrong, _ = differences(altered, found)
    assert [(sheet, cell) for sheet, cell, *_ in wrong] == [("Statement", "D22")]


def replace_in_part(source, target, name, old, new):
    """A copy of the workbook with the second ``old`` (the formula's result, not the figure beside it) replaced."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as copy:
        for member in archive.namelist():
            data = archive.read(member)
            if member == name:
                first, second, rest = data.split(old, 2)
                data = first + old + second + new + rest
            copy.writestr(member, data)


HALF_CENTS = [
    Decimal(n) / 100
    for n in (10, 30, 50, 70, 90, 110, 130, 101010, 999990, 10, 30, 1005, 100500, 267500, 45, 5, 15, 35)
]


def test_excel_arithmetic_rounds_half_a_cent_as_the_engine_does(tmp_path):
    """5 % of an odd number of ten-cent pieces ends in half a cent: where binary numbers go wrong, if they do."""
    flat = {
        "component": "flat",
        "label": "Flat",
        "window": "year",
        "measure": {"credits": "new_business"},
        "curve": {"shape": "flat", "rate": "0.05"},
    }
    plans = (Plan.model_validate({"plan": "flat", "label": "Flat", "currency": "EUR", "versions": [version([flat])]}),)
    given = facts()
    orders = [
        {
            "order_id": f"O{n}",
            "account_id": "A-1",
            "sales_rep_id": "E-1042",
            "order_date": DAY("2026-01-05"),
            "currency": "EUR",
            "status": "confirmed",
        }
        for n in range(len(HALF_CENTS))
    ]
    lines = [
        {
            "order_line_id": f"O{n}-1",
            "order_id": f"O{n}",
            "line_number": 1,
            "product_id": "P-1",
            "quantity": Decimal(1),
            "net_amount": amount,
        }
        for n, amount in enumerate(HALF_CENTS)
    ]
    given |= {
        "orders": table("orders", orders), "order_lines": table("order_lines", lines), "returns": table("returns", []),
        "plan_assignments": table("plan_assignments", [{"payee_id": "E-1042", "plan": "flat", "valid_from": DAY("2026-01-01")}]),
    }  # fmt: skip
    results = calculate(given, Rules(COMPANY, plans))
    data = next(statements_of_period(results, given, Rules(COMPANY, plans), periods_of(given, COMPANY), "2026-P01"))
    path = tmp_path / write_statement(tmp_path, data, provenance()).name
    wrong, compared = differences(path, recalculated([path], tmp_path)[path][0])
    assert wrong == []
    assert compared > 2 * len(HALF_CENTS)


def test_a_statement_and_a_close_are_one_printed_page_each(published, tmp_path):
    for pattern, sheets in (("2026-P02/E-1042_*.xlsx", 5), ("2026-P02/close_*.xlsx", 5)):
        [path] = published.glob(pattern)
        convert("pdf", [path], tmp_path, tmp_path)
        pages = page_texts(tmp_path / path.with_suffix(".pdf").name)
        first = openpyxl.load_workbook(path).sheetnames[0]
        assert sum(f"{first} · page" in page for page in pages) == 1, pages
        assert len(pages) == sheets


def page_texts(pdf):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: it counts printed pages")
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout
    return text.split("\f")[:-1]


def test_the_slices_of_a_retroactive_jump_add_up_in_the_sheet(published):
    [path] = published.glob("2026-P01/E-1043_*.xlsx")
    rows = list(openpyxl.load_workbook(path, data_only=True)["Lines"].iter_rows(min_row=5, max_row=9, values_only=True))
    assert [(row[8], row[12], row[17]) for row in rows] == [
        ("A1", 9000, 270),
        ("A1", 1000, 30),
        ("A2", 0, 100),  # landing on the bound re-rates the first 10 000.00
        ("A2", 10000, 400),
        ("A3", 2345.67, 317.28),
    ]
