"""Sheet ``Adjustments``: awards and deductions, guarantees, draws and recoveries of a period, and who approved them."""

from collections.abc import Sequence

import polars as pl
from openpyxl import Workbook

from pipelines.workbooks.look import Look
from pipelines.workbooks.settled.listing import Column, Columns, ListPlace, new_sheet, rows_place, write_list
from pipelines.workbooks.sheet import Sheet

NAME, HEAD_ROW = "Adjustments", 4
COLUMNS = Columns((
    Column("Kind", 12, "kind"), Column("Reference", 17, "reference"), Column("Order", 13, "order"), Column("Line", 6, "line", "count"),
    Column("Customer", 20, "customer"), Column("Of period", 15, "period"), Column("Reason", 46, "reason", "wrap"),
    Column("Entered by", 13, "entered_by"), Column("Entered on", 11, "entered_on", "date"), Column("Approved by", 13, "approved_by"),
    Column("Approved on", 12, "approved_on", "date"), Column("Amount", 14, "amount", "money"), Column("Cur.", 6, "currency", "code"),
))  # fmt: skip
OF_ALL = COLUMNS.with_payee()
NOTE = (
    "An adjustment is entered by one person and approved by another. Guarantees, draws and recoveries follow from the plan; a draw that "
    "is to be recovered is taken back from later earnings."
)


def adjustments_place(rows: pl.DataFrame, columns: Columns = COLUMNS) -> ListPlace:
    """Where the rows will stand."""
    return rows_place(NAME, columns, HEAD_ROW, rows.height)


def write_adjustments(
    book: Workbook, look: Look, rows: pl.DataFrame, currencies: Sequence[str], under: str, paper: str, *, of_all: bool = False
) -> Sheet:  # fmt: skip
    """Add the sheet; ``of_all`` for the period workbook."""
    columns = OF_ALL if of_all else COLUMNS
    back = "Close" if of_all else "Statement"
    sheet = new_sheet(book, look, NAME, "Adjustments, guarantee and draws", under, columns, back)
    place = adjustments_place(rows, columns)
    after = write_list(sheet, place, NAME, rows.rows(named=True), "Nothing was adjusted in this period.", currencies)
    sheet.put(after + 1, 1, NOTE, "note")
    sheet.print_on(orientation="landscape", pages_tall=0, paper=paper, head_row=HEAD_ROW, freeze=f"A{HEAD_ROW + 1}")
    return sheet
