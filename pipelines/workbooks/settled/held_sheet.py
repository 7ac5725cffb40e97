"""Sheet ``Held``: what was held and released in the period, and what is held at its end, with what it waits for."""

from collections.abc import Sequence

import polars as pl
from openpyxl import Workbook

from pipelines.workbooks.look import Look
from pipelines.workbooks.settled.listing import Column, Columns, ListPlace, new_sheet, rows_place, write_list
from pipelines.workbooks.sheet import Sheet

NAME, FIRST_HEAD_ROW = "Held", 5
COLUMNS = Columns((
    Column("Kind", 10, "kind"), Column("Hold", 20, "hold"), Column("Order", 13, "order"), Column("Line", 6, "line", "count"),
    Column("Customer", 22, "customer"), Column("Of period", 15, "period"), Column("Expected in", 15, "expected"),
    Column("Amount", 14, "amount", "money"), Column("Cur.", 6, "currency", "code"), Column("Why, and what releases it", 62, "words", "wrap"),
))  # fmt: skip
OF_ALL = COLUMNS.with_payee()


def moves_place(moves: pl.DataFrame, columns: Columns = COLUMNS) -> ListPlace:
    """Where what moved will stand."""
    return rows_place(NAME, columns, FIRST_HEAD_ROW, moves.height)


def held_place(
    moves: pl.DataFrame, held: pl.DataFrame, currencies: Sequence[str], columns: Columns = COLUMNS
) -> ListPlace:
    """Where what is held will stand, below what moved and its totals."""
    totals = len(currencies) if moves.height else 0
    return rows_place(NAME, columns, moves_place(moves, columns).last + totals + 3, held.height)


def write_held(
    book: Workbook, look: Look, moves: pl.DataFrame, held: pl.DataFrame, currencies: Sequence[str], under: str, paper: str,
    *, of_all: bool = False,
) -> Sheet:  # fmt: skip
    """Add the sheet; ``of_all`` for the period workbook."""
    columns, back = (OF_ALL, "Close") if of_all else (COLUMNS, "Statement")
    sheet = new_sheet(book, look, NAME, "Held pay", under, columns, back)
    first, second = moves_place(moves, columns), held_place(moves, held, currencies, columns)
    sheet.put(first.first - 2, 1, "Held and released in the period", "section")
    write_list(sheet, first, "HeldMoves", moves.rows(named=True), "Nothing moved.", currencies if moves.height else ())
    sheet.put(second.first - 2, 1, "Held at the end of the period", "section")
    after = write_list(
        sheet, second, "Held", held.rows(named=True), "Nothing is held.", currencies if held.height else ()
    )
    sheet.put(after + 1, 1, "Held pay is earned and not lost: it is paid with the period that releases it.", "note")
    sheet.print_on(
        orientation="landscape", pages_tall=0, paper=paper, head_row=FIRST_HEAD_ROW, freeze=f"A{FIRST_HEAD_ROW + 1}"
    )
    return sheet
