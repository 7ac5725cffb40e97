"""Sheet ``Accrual``: what was owed before the period, what it added, what was paid, what is owed after it; and closed periods."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl
from openpyxl import Workbook

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula
from pipelines.workbooks.data import PeriodData
from pipelines.workbooks.look import Look
from pipelines.workbooks.settled.listing import Column, Columns, ListPlace, new_sheet, rows_place, write_list
from pipelines.workbooks.sheet import Sheet

NAME, HEAD_ROW = "Accrual", 4
ZERO = Decimal(0)
ADDED = ("Opening", "Earned", "Corrected", "Adjusted", "Guaranteed", "Drawn", "Recovered")
Row = Mapping[str, Any]


def _closing(at: int, columns: Columns, row: Row) -> Formula:
    """Opening and all that was added, less what was paid."""
    parts = "+".join(f"{columns.letter(name)}{at}" for name in ADDED)
    return Formula(f"ROUND({parts}-{columns.letter('Paid')}{at},{minor_unit_digits(row['currency'])})", row["closing"])


def _difference(at: int, columns: Columns, row: Row) -> Formula:
    """Closing less what is carried forward and held."""
    ends = f"{columns.letter('of which carried')}{at}-{columns.letter('of which held')}{at}"
    digits = minor_unit_digits(row["currency"])
    return Formula(
        f"ROUND({columns.letter('Closing')}{at}-{ends},{digits})", row["closing"] - row["carried"] - row["still_held"]
    )


COLUMNS = Columns((
    Column("Employee", 12, "payee_id", "code"), Column("Payee", 22, "payee_name"), Column("Cur.", 6, "currency", "code"),
    Column("Opening", 13, "accrued", "money"), Column("Earned", 13, "earned_all", "money"), Column("Corrected", 12, "corrected", "money"),
    Column("Adjusted", 12, "adjusted", "money"), Column("Guaranteed", 12, "guaranteed", "money"), Column("Drawn", 12, "drawn", "money"),
    Column("Recovered", 12, "recovered", "money"), Column("Paid", 13, "net", "money"), Column("Closing", 13, "closing", "money", _closing),
    Column("of which held", 12, "still_held", "money"), Column("of which carried", 12, "carried", "money"),
    Column("Difference", 11, "off", "money", _difference), Column("Draw owed", 12, "draw_debt", "money"),
))  # fmt: skip
TOTALLED = (*ADDED, "Paid", "Closing", "of which held", "of which carried", "Draw owed")


def _lesser(at: int, columns: Columns, row: Row) -> Formula:
    digits = minor_unit_digits(row["currency"])
    return Formula(
        f"ROUND({columns.letter('Posted')}{at}-{columns.letter('As closed')}{at},{digits})",
        row["amount"] - row["closed"],
    )


CLOSED = Columns((
    Column("Closed", 12, "period"), Column("Postings", 22, "postings", "count"), Column("Cur.", 6, "currency", "code"),
    Column("Posted", 13, "amount", "money"), Column("As closed", 13, "closed", "money"), Column("Difference", 12, "off", "money", _lesser),
))  # fmt: skip


def accrual_rows(data: PeriodData) -> list[dict[str, Any]]:
    """One row a payee and currency: what is owed before and after, held pay included."""
    found = []
    for row in data.register.rows(named=True):
        held_before = row["still_held"] + row["held"] + row["released"]
        earned = row["sales"] + row["clawback"] + row["bonus"] + row["converted"]
        opening = row["opening"] + held_before
        added = earned + sum(
            (row[name] for name in ("corrected", "adjusted", "guaranteed", "drawn", "recovered")), ZERO
        )
        closing = opening + added - row["net"]
        found.append({**row, "accrued": opening, "earned_all": earned, "closing": closing})
    return found


def accrual_place(data: PeriodData) -> ListPlace:
    """Where the rows stand."""
    return rows_place(NAME, COLUMNS, HEAD_ROW, data.register.height)


def closing_sum(data: PeriodData, code: str) -> Formula:
    """What is owed after the period in a currency."""
    total = sum((row["closing"] for row in accrual_rows(data) if row["currency"] == code), ZERO)
    place = accrual_place(data)
    return Formula(f'SUMIFS({place.cells("Closing")},{place.cells("Cur.")},"{code}")', total)


def closed_place(data: PeriodData) -> ListPlace:
    """Where closed periods stand, below what is accrued."""
    return rows_place(NAME, CLOSED, accrual_place(data).last + len(data.currencies) + 3, data.closed.height)


def closed_off(data: PeriodData) -> Formula:
    """How many closed periods, a currency each, have other postings than they were closed with."""
    place = closed_place(data)
    count = data.closed.filter(pl.col("amount") != pl.col("closed")).height
    return Formula(f"SUMPRODUCT(--({place.cells('Posted')}<>{place.cells('As closed')}))", Decimal(count))


def write_accrual(book: Workbook, look: Look, data: PeriodData) -> Sheet:
    """Add the sheet."""
    under = f"{data.company} · {data.period.label} · opening + earned + corrected + adjusted + guaranteed + drawn − recovered − paid = closing"
    sheet = new_sheet(book, look, NAME, "Accrual roll-forward", under, COLUMNS, "Close")
    place, closed = accrual_place(data), closed_place(data)
    write_list(sheet, place, NAME, accrual_rows(data), "No payee.", data.currencies, TOTALLED)
    sheet.put(closed.first - 2, 1, "Closed periods: what the ledger has, and what was sealed", "section")
    after = write_list(sheet, closed, "ClosedPeriods", data.closed.rows(named=True), "No period is closed yet.", ())
    sheet.put(
        after + 1, 1, "Opening and closing hold what is carried forward and what is held. Draws that are owed are no part of them: they are "
        "taken off later earnings. Posted and as closed: everything of the period but payments.", "note",
    )  # fmt: skip
    sheet.print_on(
        orientation="landscape", pages_tall=0, paper=data.paper, head_row=HEAD_ROW, freeze=f"C{HEAD_ROW + 1}"
    )
    return sheet
