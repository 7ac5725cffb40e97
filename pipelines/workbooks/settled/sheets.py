"""The sheets that settlement adds to a statement, each only where it has something to say."""

import polars as pl
from openpyxl import Workbook

from pipelines.workbooks.data import StatementData
from pipelines.workbooks.look import Look
from pipelines.workbooks.settled.adjustments_sheet import write_adjustments
from pipelines.workbooks.settled.changes_sheet import write_changes
from pipelines.workbooks.settled.disputes_sheet import write_disputes
from pipelines.workbooks.settled.held_sheet import write_held
from pipelines.workbooks.sheet import Sheet


def settled_sheets(
    book: Workbook, look: Look, data: StatementData, under: str, revision: int, moved: pl.DataFrame | None
) -> list[Sheet]:
    """Add them in their order; ``moved`` as ``settled.moved`` gives it, None for a first revision."""
    rows, currencies, sheets = data.settled, data.currencies, []
    if rows.adjustments.height:
        sheets.append(write_adjustments(book, look, rows.adjustments, currencies, under, data.paper))
    if rows.corrections.height or moved is not None:
        sheets.append(
            write_changes(book, look, rows.corrections, moved, currencies, under, data.paper, revision=revision)
        )
    if rows.moves.height or rows.held.height:
        sheets.append(write_held(book, look, rows.moves, rows.held, currencies, under, data.paper))
    if rows.disputes.height:
        sheets.append(write_disputes(book, look, rows.disputes, under, data.paper))
    return sheets
