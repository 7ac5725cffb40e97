"""The sheets of a period workbook, in their order."""

from openpyxl import Workbook

from pipelines.workbooks.about_sheet import MEANINGS, write_about
from pipelines.workbooks.close_sheet import new_close, write_close
from pipelines.workbooks.data import PeriodData, Provenance
from pipelines.workbooks.exceptions_sheet import write_exceptions
from pipelines.workbooks.look import Look
from pipelines.workbooks.reconciliation_sheet import write_reconciliation
from pipelines.workbooks.register_sheet import write_register
from pipelines.workbooks.sheet import Sheet

CLOSE_MEANINGS = (
    *MEANINGS,
    ("Carried forward", "A negative result: not paid, and for the next periods to recover; shown apart, never netted."),
    ("House, excluded", "Receivers that nobody pays; they are there so that every booked amount has a place."),
    ("Other side", "A figure the engine counts on another way than the register; a check compares the two exactly."),
)


def period_sheets(
    book: Workbook, look: Look, data: PeriodData, provenance: Provenance, run: str, revision: int
) -> list[Sheet]:
    """Add every sheet; Close stands first."""
    close = new_close(book, look)
    register = write_register(book, look, data, run)
    reconciliation, place = write_reconciliation(book, look, data)
    exceptions = write_exceptions(book, look, data)
    subtitle = f"{data.company} · {data.period.label}"
    about = write_about(
        book, look, provenance, subtitle=subtitle, back_to="Close", run=run, paper=data.paper, meanings=CLOSE_MEANINGS
    )
    write_close(close, data, place, run, revision)
    return [close, register, reconciliation, exceptions, about]
