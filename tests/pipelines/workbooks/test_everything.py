"""A plan with every shape, modifier and bonus: every sheet re-adds, and each part is where the reader looks for it."""

import openpyxl
import pytest

from compensation.calculate import calculate
from pipelines.workbooks import write_period_statements
from tests.pipelines.workbooks.conftest import needs_libreoffice, provenance
from tests.pipelines.workbooks.everything import everything
from tests.pipelines.workbooks.recalculated import differences, recalculated

PERIODS = ("2026-P01", "2026-P02", "2026-P03", "2026-P04")


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    given, rules = everything()
    folder = tmp_path_factory.mktemp("everything")
    write_period_statements(folder, calculate(given, rules), given, rules, PERIODS, provenance())
    return folder


def book(out, period, payee, data_only=True):
    [path] = out.glob(f"{period}/{payee}_*.xlsx")
    return openpyxl.load_workbook(path, data_only=data_only)


def rows(sheet):
    return [tuple(value for value in row if value is not None) for row in sheet.iter_rows(values_only=True)]


def column(sheet, head, head_row=4):
    place = next(cell.column for cell in sheet[head_row] if cell.value == head)
    return [row[place - 1].value for row in sheet.iter_rows(min_row=head_row + 1) if row[0].value is not None]


@needs_libreoffice
def test_every_formula_gives_what_the_engine_wrote_beside_it(out, tmp_path):
    for original, (computed, formulas) in recalculated(sorted(out.glob("*/*.xlsx")), tmp_path).items():
        wrong, compared = differences(original, computed)
        assert wrong == [], f"{original.name}: {wrong[:3]}"
        assert compared == formulas


def test_every_line_has_a_formula(out):
    for period in PERIODS:
        lines = book(out, period, "E-1042", data_only=False)["Lines"]
        live = [
            cell
            for cell, status in zip(column(lines, "Re-added"), column(lines, "Status"), strict=True)
            if status not in (None, "No plan")
        ]
        assert live
        assert all(str(cell).startswith("=") for cell in live), [cell for cell in live if not str(cell).startswith("=")]


def test_a_cap_stands_beside_the_curve_and_is_added_to_it(out):
    lines = book(out, "2026-P01", "E-1042")["Lines"]
    changed = [change for change in column(lines, "Cap and factor") if isinstance(change, int | float)]
    assert -3000 in changed  # 10 % of 60 000 = 6 000: at most 4 000 a deal, at most 3 000 a month


def test_bonuses_have_a_sheet_only_where_there_are_any(out):
    assert "Bonuses" in book(out, "2026-P03", "E-1042").sheetnames
    assert "Bonuses" not in book(out, "2026-P01", "E-1044").sheetnames
    bonuses = book(out, "2026-P03", "E-1042")["Bonuses"]
    assert {"Quality bonus", "Team pool", "Guarantee", "Monthly commission"} <= set(column(bonuses, "Bonus"))
    assert "Customer satisfaction" in column(bonuses, "Objective or part")


def test_the_bridge_shows_bonuses_and_guarantee(out):
    ada, dee = (rows(book(out, "2026-P03", payee)["Statement"]) for payee in ("E-1042", "E-1045"))
    assert any(row[:1] == ("Bonuses and pools",) and row[3] == 0 for row in ada)
    assert any(row[:4] == ("Guarantee", 2000.01, 2000.01, 0) for row in dee)  # 2 500.00 − 499.99 from the pool


def test_units_are_a_number_in_words_and_no_money(out):
    shown = rows(book(out, "2026-P01", "E-1042")["Statement"])
    assert any(row[:2] == ("For each licence", "2 units") for row in shown)


def test_the_rate_of_a_piece_is_money_for_each_and_no_share(out):
    workbook = book(out, "2026-P01", "E-1042")
    lines, plan = workbook["Lines"], workbook["Plan"]
    rate = next(cell for cell in lines["P"] if cell.value == 25)
    head = next(cell for cell in plan["A"] if cell.value == "Tier").row
    [tier] = [row for row in plan.iter_rows(min_row=head + 1) if row[1].value == "For each licence"]
    assert "each" in rate.number_format
    assert "each" in tier[5].number_format
    assert "%" not in rate.number_format + tier[5].number_format
    shares = [cell for cell in lines["P"] if isinstance(cell.value, float) and cell.value < 1]
    assert shares
    assert all("%" in cell.number_format for cell in shares)


def test_an_override_names_whose_credit_it_is_on(out):
    lines = book(out, "2026-P01", "E-1043")["Lines"]
    assert "Override: E-1042" in column(lines, "Status")


def test_the_plan_sheet_says_what_was_read_and_that_a_gate_is_closed(out):
    texts = [str(value) for row in rows(book(out, "2026-P03", "E-1042")["Plan"]) for value in row]
    assert any(
        "It pays only while attainment of new business, quarter is at least 100 % (§3.2)." in text for text in texts
    )
    assert any(
        text.startswith("gate 1: attainment of new business, quarter, up to 2026-") and "gives 0" in text
        for text in texts
    )
    assert any("a gate is closed: nothing is paid" in text for text in texts)
    assert any("Customer satisfaction, weight 60 %" in text for text in texts)


def test_the_register_has_bonuses_and_guarantee(out):
    [path] = out.glob("2026-P03/close_*.xlsx")
    close = openpyxl.load_workbook(path, data_only=True)
    heads = [cell.value for cell in close["Register"][4]]
    assert heads[5:10] == ["On sales", "Clawbacks", "Bonuses", "Guarantee", "Earned"]
    assert any("✓ ALL AGREE" in row for row in rows(close["Close"]))
