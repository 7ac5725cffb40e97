"""Statements and the period workbook of a company with a ledger: what is paid, each step re-added, every sheet recalculated."""

import csv
from decimal import Decimal

import openpyxl
import polars as pl
import pytest

from compensation.calculate import calculate
from pipelines.workbooks import write_period_statements
from tests.compensation.statement.settled_world import OPEN, balances, settled_company
from tests.compensation.statement.statement_world import RULES
from tests.pipelines.workbooks.conftest import needs_libreoffice, provenance
from tests.pipelines.workbooks.recalculated import differences, recalculated

LATER = "2026-P04"


@pytest.fixture(scope="module")
def company():
    return settled_company()


@pytest.fixture(scope="module")
def out(company, tmp_path_factory):
    """The open period and the one after it; tests only read it."""
    given, results = company
    folder = tmp_path_factory.mktemp("settled")
    write_period_statements(folder, results, given, RULES, [OPEN, LATER], provenance())
    return folder


def book(out, stem, period=OPEN):
    [path] = out.glob(f"{period}/{stem}_*.xlsx")
    return openpyxl.load_workbook(path, data_only=True)


def rows(sheet):
    return [tuple(value for value in row if value is not None) for row in sheet.iter_rows(values_only=True)]


def steps(out, stem, period=OPEN):
    """Amount, re-added and difference of each row of the bridge."""
    shown = rows(book(out, stem, period)["Statement"])
    start, end = (next(n for n, row in enumerate(shown) if row[:1] == (title,)) for title in ("Step", "Attainment"))
    return {row[0]: row[1:] for row in shown[start + 1 : end] if len(row) > 3 and isinstance(row[1], int | float)}


def payroll(out, period):
    with (out / period / "payroll.csv").open(encoding="utf-8") as file:
        return [
            (row["payee_id"], row["currency"], row["net_payable"], row["carried_forward"])
            for row in csv.DictReader(file)
        ]


@needs_libreoffice
@pytest.mark.parametrize("pattern", ["2026-P03/[Ec]*[2e]_*.xlsx", pytest.param("*/*.xlsx", marks=pytest.mark.slow)])
def test_every_formula_gives_what_the_engine_wrote_beside_it(out, tmp_path, pattern):
    paths = sorted(out.glob(pattern))
    assert len(paths) in (2, 11)
    for original, (computed, formulas) in recalculated(paths, tmp_path).items():
        wrong, compared = differences(original, computed)
        assert wrong == [], f"{original.name}: {wrong[:3]}"
        assert compared == formulas


def test_the_bridge_leads_from_the_opening_balance_to_what_is_paid(out):
    own = steps(out, "E-1042")
    assert list(own) == [
        "Opening balance", "Commission earned on sales", "Clawbacks for returns", "Corrections of sales and bonuses",
        "Corrections of clawbacks", "Adjustments and awards", "Held back", "Released", "Paid and carried forward", "Carried forward",
        "Net payable", "Still held after this period",
    ]  # fmt: skip
    assert [own[name][:3] for name in ("Corrections of clawbacks", "Net payable")] == [
        (-12.34, -12.34, 0),
        (1109.73, 1109.73, 0),
    ]
    assert own["Net payable"][3] == "✓ re-adds"


def test_draw_debt_and_earned_above_the_draw_are_two_figures_with_names(out):
    workbook = book(out, "E-1043")
    cells = {
        name: workbook.defined_names[name].attr_text.replace("$", "").split("!")
        for name in ("stmt_draw_debt", "stmt_above_draw", "stmt_net_payable")
    }
    assert {name: workbook[sheet][cell].value for name, (sheet, cell) in cells.items()} == {
        "stmt_draw_debt": 630, "stmt_above_draw": 150, "stmt_net_payable": 50,
    }  # fmt: skip


def test_sheets_are_there_only_where_they_say_something(out):
    always = ["Statement", "Lines", "Plan", "Last 12 months", "About"]
    assert book(out, "E-1042").sheetnames == [
        "Statement",
        "Lines",
        "Adjustments",
        "Changes",
        "Held",
        "Disputes",
        "Plan",
        "Last 12 months",
        "About",
    ]
    assert book(out, "E-1044").sheetnames == always
    assert book(out, "E-1042", LATER).sheetnames == always


def test_a_correction_says_what_changed_from_what_to_what(out):
    sheet = book(out, "E-1042")["Changes"]
    assert rows(sheet)[5][:12] == (
        "January 2026", "SO-1", 1, "Customer 1", "Commission on new business", "Sale", "credited", "50,000.00", "60,000.00", 2500, 3000, 500,
    )  # fmt: skip
    assert set(sheet.tables) == {"Corrections"}
    assert sheet.protection.sheet


def test_held_pay_says_what_releases_it_and_when(out):
    words = "10 % of what the period earns, released after 2 periods"
    assert ("Held", "Holdback", "March 2026", "May 2026", 8.01, "EUR", words) in rows(book(out, "E-1042")["Held"])


def test_a_dispute_is_text_and_shows_its_answer(out):
    sheet = book(out, "E-1042")["Disputes"]
    assert [sheet["E5"].value, sheet["E5"].data_type] == ["=It was mine alone", "s"]
    assert "It came late: see Changes" in [cell.value for cell in sheet["I"]]


def test_the_last_months_show_what_was_paid_and_the_opening_balance_comes_from_there(out):
    shown = rows(book(out, "E-1044")["Last 12 months"])
    assert any(row[:1] == ("Feb 26",) and row[-2:] == (-4483, "JPY") for row in shown)
    assert steps(out, "E-1044")["Opening balance"][:3] == (-4483, -4483, 0)


def test_a_period_that_waits_says_so_and_pays_nobody(out):
    workbook = book(out, "E-1042", LATER)
    texts = [value for row in rows(workbook["Statement"]) for value in row]
    assert "Revision 1 · settled once the periods before it are closed" in texts
    assert any(str(text).startswith("Nothing of this period is payable yet") for text in texts)
    assert payroll(out, LATER) == []
    register = rows(book(out, "close", LATER)["Register"])
    assert "Not settled yet" in register[3]


def test_payroll_is_what_the_balances_say(out):
    own = balances().filter(pl.col("fiscal_period") == OPEN).sort("payee_id")
    expected = [
        (payee, code, f"{paid:.{0 if code == 'JPY' else 2}f}", f"{carried:.{0 if code == 'JPY' else 2}f}")
        for payee, code, paid, carried in own.select("payee_id", "currency", "paid", "carried_forward").rows()
    ]
    assert payroll(out, OPEN) == expected


def test_every_control_check_agrees_and_names_both_sides(out):
    checks = {
        row[0]: row[1:] for row in rows(book(out, "close")["Close"]) if row and row[-1] in ("✓ agrees", "✗ DIFFERS")
    }
    assert {row[-1] for row in checks.values()} == {"✓ agrees"}
    assert checks["Net payable: register = payments posted (EUR)"][:3] == (1959.73, 1959.73, 0)
    assert checks["Opening and all steps = paid and carried forward (EUR)"][:3] == (1459.73, 1459.73, 0)
    assert checks["Corrections: register = sheet Changes (EUR)"][:3] == (487.66, 487.66, 0)
    assert checks["Closed periods whose postings are not as they were closed"][:3] == (0, 0, 0)


def test_a_closed_period_whose_postings_changed_is_a_check_that_differs(company, tmp_path):
    given, results = company
    first = pl.col("posting_number") == 1
    moved = results["postings"].with_columns(
        amount=pl.when(first).then(pl.col("amount") + 1).otherwise("amount").cast(pl.Decimal(38, 3))
    )
    write_period_statements(tmp_path, {**results, "postings": moved}, given, RULES, [OPEN], provenance())
    shown = rows(book(tmp_path, "close")["Close"])
    assert ("Closed periods whose postings are not as they were closed", 1, 0, 1, "✗ DIFFERS") in shown
    assert ("All checks", "✗ SEE ABOVE") in shown


def test_an_adjustment_that_one_person_entered_and_approved_is_a_check_that_differs(company, tmp_path):
    given, results = company
    signed = pl.DataFrame({"reference": ["ADJ-1"], "entered_by": ["k.ito"], "approved_by": ["k.ito"]})
    write_period_statements(tmp_path, {**results, "recorded_adjustments": signed}, given, RULES, [OPEN], provenance())
    assert ("Adjustments that one person entered and approved", 1, 0, 1, "✗ DIFFERS") in rows(
        book(tmp_path, "close")["Close"]
    )


def test_a_new_revision_says_what_moved_and_keeps_saying_it(company, tmp_path):
    given, results = company
    write_period_statements(tmp_path, results, given, RULES, [OPEN], provenance())
    lines, edges = results["statement_lines"], pl.col("payee_id") == "E-1042"
    earned = results["earnings"].with_columns(
        earned=pl.when(edges & (pl.col("order_line_id") == "SO-3-1") & (pl.col("component") == "logo_bonus"))
        .then(Decimal("20.00")).otherwise("earned").cast(pl.Decimal(38, 3))
    )  # fmt: skip
    again = {**results, "earnings": earned, "statement_lines": lines}
    for _ in range(2):
        write_period_statements(tmp_path, again, given, RULES, [OPEN], provenance())
        [path] = tmp_path.glob("*/E-1042_*_r02.xlsx")
        sheet = openpyxl.load_workbook(path, data_only=True)["Changes"]
        [moved] = [row for row in rows(sheet) if "SO-3" in row]
        assert moved[-6:-2] == (12.35, 20, 7.65, 7.65)
        assert any(row == ("Since revision 1",) for row in rows(sheet))
        before = path.read_bytes()
        path.write_bytes(b"damaged")
    write_period_statements(tmp_path, again, given, RULES, [OPEN], provenance())
    assert path.read_bytes() == before


def test_the_same_figures_give_the_same_bytes(company, out, tmp_path):
    given, results = company
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=3) if name in ("balances", "held") else frame
        for name, frame in results.items()
    }
    write_period_statements(tmp_path, shuffled, given, RULES, [OPEN], provenance())
    for path in sorted((out / OPEN).iterdir()):
        assert (tmp_path / OPEN / path.name).read_bytes() == path.read_bytes(), path.name


def test_what_is_put_aside_for_the_close_says_that_it_is_final(company, tmp_path):
    given, results = company
    write_period_statements(tmp_path, results, given, RULES, [OPEN], provenance(), final=True)
    assert "Revision 1 · final with the close of the period" in [
        value for row in rows(book(tmp_path, "E-1042")["Statement"]) for value in row
    ]


def test_without_a_ledger_the_statement_is_as_it_was(company, tmp_path):
    given, _ = company
    write_period_statements(tmp_path, calculate(given, RULES), given, RULES, [OPEN], provenance())
    assert list(steps(tmp_path, "E-1042")) == [
        "Commission earned on sales",
        "Clawbacks for returns",
        "Commission earned",
        "Net payable",
    ]
    assert book(tmp_path, "close").sheetnames == ["Close", "Register", "Reconciliation", "Exceptions", "About"]
