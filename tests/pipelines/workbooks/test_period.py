"""The period workbook: both sides of every check, and a stated count where not everything is listed."""

from decimal import Decimal

import openpyxl
import polars as pl
import pytest

from compensation.calculate import periods_of
from pipelines.workbooks import write_period_statements
from pipelines.workbooks.assemble import period_infos
from pipelines.workbooks.data import MOST_EXCEPTIONS
from pipelines.workbooks.reconcile import period_data
from pipelines.workbooks.write import write_period
from schemas.core.attribution import Finding
from schemas.core.intake import Quarantined, Received
from tests.compensation.statement.statement_world import COMPANY, RULES, facts
from tests.pipelines.workbooks.conftest import provenance


def close_sheet(folder):
    [path] = folder.glob("close_*.xlsx")
    return openpyxl.load_workbook(path, data_only=True)


def rows_of(sheet):
    return [tuple(value for value in row if value is not None) for row in sheet.iter_rows(values_only=True)]


def received(rows, accepted, quarantined):
    row = {
        "source_file": "orders.csv", "sha256": "ab" * 32, "bytes": 10, "table": "orders", "rows": rows, "accepted": accepted,
        "quarantined": quarantined, "superseded": 0, "state": "accepted", "reason": None,
    }  # fmt: skip
    return pl.DataFrame([{name: row.get(name) for name in Received.dtypes()}], schema=Received.dtypes())


def quarantine(count):
    rows = [
        {
            "table": "orders",
            "source_file": "orders.csv",
            "source_line": n + 2,
            "reason": "date_unreadable",
            "detail": f"'=1+{n}' is no date",
        }
        for n in range(count)
    ]
    return pl.DataFrame(
        [{name: row.get(name) for name in Quarantined.dtypes()} for row in rows], schema=Quarantined.dtypes()
    )


def test_every_check_shows_both_sides_and_agrees(published):
    rows = rows_of(close_sheet(published / "2026-P02")["Close"])
    checks = {row[0]: row[1:] for row in rows if row and row[-1] in ("✓ agrees", "✗ DIFFERS")}
    assert checks["Net payable: register = statements issued (EUR)"] == (2100.01, 2100.01, 0, "✓ agrees")
    assert checks["Payable + carried forward = earned (EUR)"] == (1734.14, 1734.14, 0, "✓ agrees")
    assert checks["Booked revenue = house, excluded and attributed"] == (22804.43, 22804.43, 0, "✓ agrees")
    assert checks["Payees in register = statements written"] == (4, 4, 0, "✓ agrees")
    assert ("All checks", "✓ ALL AGREE") in rows


def test_a_row_that_intake_lost_is_a_check_that_differs(world, tmp_path):
    given, results = world
    tables = {**results, "received": received(rows=10, accepted=8, quarantined=1), "quarantine": quarantine(1)}
    [period] = write_period_statements(tmp_path, tables, given, RULES, ["2026-P01"], provenance())
    rows = rows_of(close_sheet(period.folder)["Close"])
    assert ("Rows received = accepted + quarantined + superseded", 10, 9, 1, "✗ DIFFERS") in rows
    assert ("Quarantined rows = quarantine listed", 1, 1, 0, "✓ agrees") in rows
    assert ("All checks", "✗ SEE ABOVE") in rows


def test_an_earning_without_a_statement_is_a_check_that_differs(world, tmp_path):
    given, results = world
    more = results["earnings"].with_columns(
        earned=pl.col("earned")
        + pl.when(pl.col("payee_id") == "E-1044").then(Decimal(1)).otherwise(Decimal(0)).cast(pl.Decimal(38, 3))
    )
    [period] = write_period_statements(
        tmp_path, {**results, "earnings": more}, given, RULES, ["2026-P01"], provenance()
    )
    rows = rows_of(close_sheet(period.folder)["Close"])
    assert ("Commission earned: register = earnings and bonuses (JPY)", 5977, 5979, -2, "✗ DIFFERS") in rows


def test_exceptions_beyond_the_limit_are_counted_and_the_worst_come_first(world, tmp_path):
    given, results = world
    blocking = {
        "code": "no_plan",
        "severity": "blocking",
        "subject_table": "payees",
        "subject_id": "E-1",
        "detail": "who pays?",
    }
    finding = pl.DataFrame([{name: blocking.get(name) for name in Finding.dtypes()}], schema=Finding.dtypes())
    tables = {**results, "quarantine": quarantine(MOST_EXCEPTIONS + 20), "findings": finding}
    [period] = write_period_statements(tmp_path, tables, given, RULES, ["2026-P01"], provenance())
    sheet = close_sheet(period.folder)["Exceptions"]
    assert sheet["A2"].value == (
        "Example Works · 5,021 in all, 1 of them block the close; the first 5,000 are listed, the other 21 stand in the tables 'quarantine' and 'findings'"
    )
    assert [cell.value for cell in sheet[6]][1:5] == ["blocking", "no plan", "payees E-1", "who pays?"]
    assert sheet.max_row == 5 + MOST_EXCEPTIONS
    assert sheet["E7"].data_type == "s"


def test_cells_for_notes_are_open_and_all_others_locked(published):
    book = close_sheet(published / "2026-P01")
    assert book["Close"].protection.sheet
    unlocked = [cell.coordinate for row in book["Close"].iter_rows() for cell in row if not cell.protection.locked]
    assert len(unlocked) == 12
    assert book["Register"].protection.sheet
    assert not [cell for row in book["Register"].iter_rows() for cell in row if not cell.protection.locked]


def test_the_register_links_to_each_statement(published):
    [path] = (published / "2026-P01").glob("close_*.xlsx")
    sheet = openpyxl.load_workbook(path)["Register"]
    links = [
        cell.hyperlink.target for row in sheet.iter_rows() for cell in row if cell.hyperlink and cell.hyperlink.target
    ]
    assert len(links) == 5
    assert all((published / "2026-P01" / link).is_file() for link in links)


@pytest.mark.parametrize(("key", "label", "days"), [
    ("2026-P02", "February 2026", "1 – 28 February 2026"),
    ("2026-P12", "December 2026", "1 – 31 December 2026"),
])  # fmt: skip
def test_periods_have_names_that_people_use(key, label, days):
    info = period_infos(periods_of(facts(), COMPANY))[key]
    assert (info.label, info.days) == (label, days)


def test_a_period_workbook_can_be_written_on_its_own(tmp_path, world):
    given, results = world
    info = period_infos(periods_of(given, COMPANY))["2026-P03"]
    written = write_period(tmp_path, period_data(results, given, RULES, info, [], []), provenance(), revision=2)
    assert (written.name, written.revision) == ("close_2026-P03_r02.xlsx", 2)
    assert openpyxl.load_workbook(tmp_path / written.name).sheetnames == [
        "Close",
        "Register",
        "Reconciliation",
        "Exceptions",
        "About",
    ]


def test_what_came_lately_makes_a_new_revision_of_the_newest_period_only(world, tmp_path):
    """An order of October that was refused must not touch the workbook of March."""
    given, results = world
    periods = sorted(results["statements"]["fiscal_period"].cast(pl.String).unique())
    write_period_statements(tmp_path, results, given, RULES, periods, provenance())
    later = {**results, "received": received(rows=9, accepted=8, quarantined=1), "quarantine": quarantine(1)}
    published = write_period_statements(tmp_path, later, given, RULES, periods, provenance())
    assert [period.period for period in published if period.is_changed] == [periods[-1]]
    assert [file.revision for file in published[-1].files if file.name.startswith("close_")] == [2]
