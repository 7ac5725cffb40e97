"""Sheet ``Changes``: corrections of closed periods line by line, and what moved since the revision before."""

from collections.abc import Sequence

import polars as pl
from openpyxl import Workbook

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula
from pipelines.workbooks.look import Look
from pipelines.workbooks.settled.listing import Column, Columns, ListPlace, Row, new_sheet, rows_place, write_list
from pipelines.workbooks.sheet import Sheet

NAME, FIRST_HEAD_ROW = "Changes", 5


def _effect(at: int, columns: Columns, row: Row) -> Formula:
    """What it is now less what it was."""
    digits = minor_unit_digits(row["currency"])
    return Formula(f"ROUND({columns.letter('Is')}{at}-{columns.letter('Was')}{at},{digits})", row["amount"])


COLUMNS = Columns((
    Column("Of period", 15, "period"), Column("Order", 13, "order"), Column("Line", 6, "line", "count"), Column("Customer", 18, "customer"),
    Column("Component", 22, "component", "wrap"), Column("Kind", 8, "kind"), Column("Field", 14, "field", "wrap"), Column("Before", 14, "before", "wrap"),
    Column("After", 14, "after", "wrap"), Column("Was", 12, "was", "money"), Column("Is", 12, "is", "money"),
    Column("Effect on pay", 13, "amount", "money"), Column("Re-added", 12, "amount", "money", _effect), Column("Cur.", 6, "currency", "code"),
    Column("Cause", 40, "cause", "wrap"),
))  # fmt: skip
OF_ALL = COLUMNS.with_payee()


def corrections_place(rows: pl.DataFrame, columns: Columns = COLUMNS) -> ListPlace:
    """Where the corrections will stand."""
    return rows_place(NAME, columns, FIRST_HEAD_ROW, rows.height)


def write_changes(
    book: Workbook, look: Look, corrections: pl.DataFrame, moved: pl.DataFrame | None, currencies: Sequence[str], under: str, paper: str,
    *, revision: int = 1, of_all: bool = False,
) -> Sheet:  # fmt: skip
    """Add the sheet.

    Args:
        book: The workbook.
        look: Its look.
        corrections: As ``settled.rows.CORRECTIONS``.
        moved: The same columns: what moved since the revision before; None where there is none.
        currencies: Of the workbook.
        under: What stands under the title.
        paper: ``a4`` or ``letter``.
        revision: Revision of the workbook.
        of_all: For the period workbook, with the payee in front.
    """
    columns, back = (OF_ALL, "Close") if of_all else (COLUMNS, "Statement")
    sheet = new_sheet(book, look, NAME, "Changes", under, columns, back)
    sheet.put(FIRST_HEAD_ROW - 1, 1, "Corrections of closed periods", "section")
    place = corrections_place(corrections, columns)
    nothing = "Nothing of a closed period is earned otherwise than it was posted."
    rows = corrections.rows(named=True)
    after = write_list(sheet, place, "Corrections", rows, nothing, currencies if rows else (), ("Effect on pay",))
    if moved is not None:
        sheet.put(after + 1, 1, _since(revision, of_all=of_all), "section")
        second = rows_place(NAME, columns, after + 2, moved.height)
        nothing = "No line moved: names, positions or words did."
        after = write_list(sheet, second, "Changes", moved.rows(named=True), nothing, currencies if moved.height else (), ("Effect on pay",))  # fmt: skip
    sheet.put(
        after + 1, 1, "Was and Is: what was posted for the line before, and what it earns as known now; under a revision, what the revision "
        "before paid for it and what this one pays.", "note",
    )  # fmt: skip
    sheet.print_on(
        orientation="landscape", pages_tall=0, paper=paper, head_row=FIRST_HEAD_ROW, freeze=f"A{FIRST_HEAD_ROW + 1}"
    )
    return sheet


def _since(revision: int, *, of_all: bool) -> str:
    return "Since each statement's revision before" if of_all else f"Since revision {revision - 1}"
