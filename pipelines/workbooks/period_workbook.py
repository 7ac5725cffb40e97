"""The sheets of a period workbook, in their order."""

from openpyxl import Workbook

from pipelines.workbooks.about_sheet import MEANINGS, meanings_of, write_about
from pipelines.workbooks.accounts_sheet import write_accounts
from pipelines.workbooks.close_sheet import new_close, write_close
from pipelines.workbooks.data import PeriodData, Provenance
from pipelines.workbooks.exceptions_sheet import write_exceptions
from pipelines.workbooks.look import Look
from pipelines.workbooks.reconciliation_sheet import write_reconciliation
from pipelines.workbooks.register_sheet import write_register
from pipelines.workbooks.settled.accrual_sheet import write_accrual
from pipelines.workbooks.settled.adjustments_sheet import write_adjustments
from pipelines.workbooks.settled.changes_sheet import write_changes
from pipelines.workbooks.settled.disputes_sheet import write_disputes
from pipelines.workbooks.settled.held_sheet import write_held
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
    settled = _settled(book, look, data)
    reconciliation, place = write_reconciliation(book, look, data)
    exceptions = write_exceptions(book, look, data)
    accounts = _accounts(book, look, data)
    subtitle = f"{data.company} · {data.period.label}"
    about = write_about(
        book, look, provenance, subtitle=subtitle, back_to="Close", run=run, paper=data.paper,
        meanings=meanings_of(data.standing, CLOSE_MEANINGS),
    )  # fmt: skip
    behind = [register, *settled, reconciliation, exceptions, *accounts, about]
    write_close(close, data, place, run, revision, [sheet.title for sheet in behind])
    return [close, *behind]


def _accounts(book: Workbook, look: Look, data: PeriodData) -> list[Sheet]:
    """The key accounts' year, in the workbook of the period that the last day known lies in."""
    if data.accounts is None:
        return []
    return [write_accounts(book, look, data.accounts, f"{data.company} · {data.period.label}", data.paper)]


def _settled(book: Workbook, look: Look, data: PeriodData) -> list[Sheet]:
    """What a ledger adds: accrual, adjustments, changes, held pay, and disputes where there are any."""
    rows, codes, under = data.settled, data.currencies, f"{data.company} · {data.period.label}"
    if not data.standing.is_settled:
        if data.moved is None:
            return []
        return [write_changes(book, look, rows.corrections, data.moved, codes, under, data.paper, of_all=True)]
    sheets = [
        write_accrual(book, look, data),
        write_adjustments(book, look, rows.adjustments, codes, under, data.paper, of_all=True),
        write_changes(book, look, rows.corrections, data.moved, codes, under, data.paper, of_all=True),
        write_held(book, look, rows.moves, rows.held, codes, under, data.paper, of_all=True),
    ]
    if rows.disputes.height:
        sheets.append(write_disputes(book, look, rows.disputes, under, data.paper, of_all=True))
    return sheets
