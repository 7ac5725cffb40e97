"""The one page of a statement while it is written, and the rows that its parts have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula, Link, Value, is_exact_in_excel, plain_number
from pipelines.workbooks.data import StatementData
from pipelines.workbooks.lines_sheet import LinesPlace
from pipelines.workbooks.look import digits_style
from pipelines.workbooks.sheet import Sheet

FIRST, LAST = 2, 7
ZERO = Decimal(0)
LONG_LABEL = 40
RE_ADDS, CHECK = "✓ re-adds", "✗ CHECK"


@dataclass
class Page:
    """The sheet, and the row that is next."""

    sheet: Sheet
    data: StatementData
    place: LinesPlace
    run: str
    revision: int
    row: int = 1


def across(first: tuple[Value, str], last: tuple[Value, str], between: str) -> list[tuple[Value, str]]:
    """Cells of a whole row: one at each end, and what lies between them."""
    return [first, *[(None, between)] * (LAST - FIRST - 1), last]


def section(page: Page, title: str, hint: str) -> None:
    """The title of a part, with a hint at its right."""
    page.sheet.row(page.row, FIRST, across((title, "section"), (hint, "hint"), "section"), height=20)
    page.row += 1


def head(page: Page, heads: tuple[str, ...]) -> None:
    """The column heads of a part."""
    page.sheet.row(
        page.row, FIRST, [(name, "head_number" if number else "head") for number, name in enumerate(heads)], height=24
    )
    page.row += 1


def label_cell(page: Page, label: str) -> tuple[Value, str]:
    """A row's label: a long one is wrapped, and its row made higher."""
    is_long = len(label) > LONG_LABEL
    page.sheet.height(page.row, 27 if is_long else 15)
    return label, "text_wrap" if is_long else "text_shrunk"


def bridge_row(
    page: Page,
    currency: str,
    label: str,
    amount: Decimal,
    again: Formula,
    lines: Formula | None,
    detail: str = "",
) -> None:
    """One step with its amount, what a formula gets over the sheet ``detail``, and the difference."""
    money, row = digits_style("money", currency), page.row
    rest = amount - again.cached if isinstance(again.cached, Decimal) else ZERO
    difference = Formula(f"ROUND(C{row}-D{row},{minor_unit_digits(currency)})", rest)
    named = detail.strip("'")
    link: tuple[Value, str] = (Link(f"{named} →", location=f"{detail}!A5"), "link") if detail else (None, "text_right")
    page.sheet.row(
        row,
        FIRST,
        [label_cell(page, label), (amount, money), (again, money), (difference, money), (lines, "count"), link],
    )
    page.row += 1


def all_digits_notes(data: StatementData, currency: str) -> Iterator[str]:
    """Headline amounts with more digits than Excel keeps, as text."""
    for label, figure in (("Net payable", "net_payable"), ("Credited revenue", "credited_revenue")):
        amount = data.amount(currency, figure)
        if not is_exact_in_excel(amount):
            yield f"{label}, all digits (Excel keeps 15): {plain_number(amount)} {currency}"


def define(page: Page, book: Workbook, name: str, cell: str, currency: str) -> None:
    """Give a cell its stable name; in a further currency's section with the code behind."""
    full = name if currency == page.data.currencies[0] else f"{name}_{currency}"
    book.defined_names[full] = DefinedName(full, attr_text=f"Statement!{cell}")
