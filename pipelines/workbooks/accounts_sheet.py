"""Sheet ``Accounts``: where they are at risk, what they did against base and plan, and their agreements."""

from openpyxl import Workbook

from compensation.currency import minor_unit_digits
from pipelines.workbooks.account_rows import AccountRows
from pipelines.workbooks.look import Look
from pipelines.workbooks.settled.listing import Column, Columns, new_sheet, rows_place, write_list
from pipelines.workbooks.sheet import Sheet

NAME, FIRST_HEAD_ROW = "Accounts", 6
CUSTOMER = (
    Column("Account", 12, "customer_id"),
    Column("Customer", 30, "account"),
    Column("Looked after by", 20, "carer"),
)
RISKS = Columns((
    *CUSTOMER, Column("Risk", 18, "risk"), Column("Since", 11, "since", "date"),
    Column("At stake", 14, "revenue_at_stake", "money"), Column("Margin", 14, "margin_at_stake", "money"),
    Column("Cur.", 6, "currency", "code"), Column("What was found", 64, "detail", "wrap"),
))  # fmt: skip
FIGURES = Columns((
    *CUSTOMER, Column("Booked", 18, "booked", "money"), Column("Base", 11, "base", "money"),
    Column("Existing", 14, "existing", "money"), Column("Target", 14, "revenue_target", "money"),
    Column("Cur.", 6, "currency", "code"), Column("NRR, GRR, target reached, margin", 64, "ratios"),
))  # fmt: skip
AGREEMENTS = Columns((
    *CUSTOMER, Column("Agreement", 18, "agreement_id"), Column("Ends", 11, "end_date", "date"),
    Column("A year", 14, "annual_value", "money"), Column("Called off", 14, "called_off", "money"),
    Column("Cur.", 6, "currency", "code"), Column("What was expected, and what follows", 64, "words", "wrap"),
))  # fmt: skip


def write_accounts(book: Workbook, look: Look, rows: AccountRows, under: str, paper: str) -> Sheet:
    """Add the sheet."""
    sheet = new_sheet(book, look, NAME, "Key accounts", f"{under} · up to {rows.known}", RISKS, "Close")
    sheet.put(
        3,
        1,
        "Figures of the fiscal year so far in company currency; agreements in their own. Rules: docs/accounts.md.",
        "note",
    )
    at = _list(
        sheet, FIRST_HEAD_ROW, "AccountRisks", RISKS, "At risk", rows.risks.rows(named=True), "No account is at risk."
    )
    figures = [{**row, "ratios": _ratios(row)} for row in rows.figures.rows(named=True)]
    at = _list(
        sheet, at + 3, "AccountFigures", FIGURES, f"Against base and plan in {rows.span}", figures, "No figures."
    )
    agreements = [{**row, "words": _words(row)} for row in rows.agreements.rows(named=True)]
    _list(sheet, at + 3, "Agreements", AGREEMENTS, "Agreements that run", agreements, "No agreement runs.")
    sheet.print_on(orientation="landscape", pages_tall=0, paper=paper, freeze="A4")
    return sheet


def _list(
    sheet: Sheet, head_row: int, table: str, columns: Columns, title: str, rows: list[dict[str, object]], empty: str
) -> int:
    sheet.put(head_row - 1, 1, title, "section")
    return write_list(sheet, rows_place(NAME, columns, head_row, len(rows)), table, rows, empty, ())


def _ratios(row: dict[str, object]) -> str:
    named = {"nrr": "NRR", "grr": "GRR", "reached": "reached", "margin_share": "margin"}
    return " · ".join(f"{label} {row[name]:.1%}" for name, label in named.items() if row[name] is not None)


def _words(row: dict[str, object]) -> str:
    digits = minor_unit_digits(str(row["currency"]))
    expected = f"{row['expected']:,.{digits}f} expected by now"
    return f"{expected}; {row['followed_by']} follows." if row["followed_by"] else f"{expected}; none follows."
