"""Sheet ``Exceptions``: refused records and findings, with room for who decides what."""

from openpyxl import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from pipelines.workbooks.cells import Link, Value
from pipelines.workbooks.data import PeriodData
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.sheet import Sheet

HEAD_ROW = 5
FIRST_ROW = HEAD_ROW + 1
COLUMNS: tuple[tuple[str, float], ...] = (
    ("Id", 6), ("Severity", 12), ("Check", 24), ("Source", 32), ("What is wrong", 70), ("At stake", 14), ("Cur.", 6), ("Owner", 14), ("Status", 12), ("Decision", 24),
)  # fmt: skip
HEADS = tuple(name for name, _ in COLUMNS)
STATUSES = ("open", "in work", "accepted", "fixed")


def write_exceptions(book: Workbook, look: Look, data: PeriodData) -> Sheet:
    """Add the sheet."""
    sheet = Sheet(book, look, "Exceptions", [width for _, width in COLUMNS])
    sheet.put(1, 1, "Exceptions", "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, len(COLUMNS), Link("← Close", location="Close!A1"), "back")
    shown = data.exceptions.height
    what = f"{data.exceptions_in_all:,} in all, {data.blocking:,} of them block the close"
    if shown < data.exceptions_in_all:
        what += f"; the first {shown:,} are listed, the other {data.exceptions_in_all - shown:,} stand in the tables 'quarantine' and 'findings'"
    sheet.row(
        2,
        1,
        [(f"{data.company} · {what}" if number == 0 else None, "under_title") for number in range(len(COLUMNS))],
        height=18,
    )
    sheet.put(
        3,
        1,
        "Owner, status and decision are for your notes: they are not read back. Decide by fixing the source or by a correction.",
        "note",
    )
    sheet.row(
        HEAD_ROW,
        1,
        [(name, "head_number" if name in ("At stake", "Id") else "head_indent") for name in HEADS],
        height=24,
    )
    for number, row in enumerate(data.exceptions.rows(named=True), start=1):
        _row(sheet, HEAD_ROW + number, number, row)
    if not shown:
        sheet.row(
            FIRST_ROW, 1, [("Nothing to decide." if name == "What is wrong" else None, "grid_text") for name in HEADS]
        )
    last = FIRST_ROW + max(shown, 1) - 1
    _drop_down(sheet, f"I{FIRST_ROW}:I{last}")
    sheet.table("Exceptions", HEADS, HEAD_ROW, last)
    sheet.print_on(orientation="landscape", pages_tall=0, paper=data.paper, head_row=HEAD_ROW, freeze=f"A{FIRST_ROW}")
    return sheet


def _row(sheet: Sheet, at: int, number: int, row: dict[str, object]) -> None:
    amount, currency = row["amount"], str(row["currency"] or "")
    cells: list[tuple[Value, str]] = [
        (number, "grid_count"), (str(row["severity"]), "grid_text_amber" if row["severity"] == "blocking" else "grid_text"),
        (str(row["check"]).replace("_", " "), "grid_text"), (str(row["place"] or ""), "grid_text"), (str(row["what"] or ""), "grid_wrap"),
        (amount, digits_style("grid_money", currency)),  # type: ignore[list-item]
        (currency, "grid_code"), (None, "grid_entry"), ("open", "grid_entry"), (None, "grid_entry"),
    ]  # fmt: skip
    sheet.row(at, 1, cells, height=13.5 * (1 + min(len(str(row["what"] or "")) // 95, 5)) + 1.5)


def _drop_down(sheet: Sheet, cells: str) -> None:
    choice = DataValidation(type="list", formula1=f'"{",".join(STATUSES)}"', allow_blank=True)
    choice.add(cells)
    sheet.page.add_data_validation(choice)
