"""Sheet ``Disputes``: what a payee says is wrong, and what was answered; only where there is one."""

import polars as pl
from openpyxl import Workbook

from pipelines.workbooks.look import Look
from pipelines.workbooks.settled.listing import Column, Columns, new_sheet, rows_place, write_list
from pipelines.workbooks.sheet import Sheet

NAME, HEAD_ROW = "Disputes", 4
COLUMNS = Columns((
    Column("Dispute", 14, "reference"), Column("Of period", 15, "period"), Column("Figure", 18, "figure"), Column("Order", 13, "order"),
    Column("What is said to be wrong", 44, "claim", "wrap"), Column("Raised by", 16, "raised_by"), Column("Raised on", 11, "raised_on", "date"),
    Column("State", 11, "state"), Column("Answer", 44, "answer", "wrap"), Column("Answered by", 14, "answered_by"),
    Column("Answered on", 12, "answered_on", "date"),
))  # fmt: skip
OF_ALL = COLUMNS.with_payee()


def write_disputes(
    book: Workbook, look: Look, rows: pl.DataFrame, under: str, paper: str, *, of_all: bool = False
) -> Sheet:
    """Add the sheet; ``of_all`` for the period workbook."""
    columns, back = (OF_ALL, "Close") if of_all else (COLUMNS, "Statement")
    sheet = new_sheet(book, look, NAME, "Disputes", under, columns, back)
    place = rows_place(NAME, columns, HEAD_ROW, rows.height)
    after = write_list(sheet, place, NAME, rows.rows(named=True), "Nothing is disputed.", ())
    sheet.put(
        after + 1, 1, "What an answer changes comes as a correction or an adjustment of its own.", "note"
    )  # fmt: skip
    sheet.print_on(orientation="landscape", pages_tall=0, paper=paper, head_row=HEAD_ROW, freeze=f"A{HEAD_ROW + 1}")
    return sheet
