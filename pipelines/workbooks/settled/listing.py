"""Lists of settlement as real Excel tables: the same columns in a statement and, with the payee in front, in the period workbook."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula, Link, Value
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.sheet import Sheet

ROW_HEIGHT, LINE_HEIGHT = 15.0, 12.5
ZERO = Decimal(0)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column of a list.

    Attributes:
        head: What its head says.
        width: In characters.
        field: Column of the frame.
        kind: ``text``, ``wrap``, ``code``, ``date``, ``count`` or ``money``.
        formula: For a live amount: its formula from the row, and what the engine has for it.
    """

    head: str
    width: float
    field: str
    kind: str = "text"
    formula: "Callable[[int, Columns, Row], Formula] | None" = None


@dataclass(frozen=True)
class Columns:
    """The columns of a list, in order; ``is_of_all`` puts the payee in front."""

    columns: tuple[Column, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """Their heads."""
        return tuple(column.head for column in self.columns)

    @property
    def widths(self) -> list[float]:
        """Their widths."""
        return [column.width for column in self.columns]

    def letter(self, head: str) -> str:
        """Letter of a column."""
        return get_column_letter(self.heads.index(head) + 1)

    def with_payee(self) -> "Columns":
        """The same with the payee in front."""
        return Columns((Column("Employee", 12, "payee_id", "code"), *self.columns))


@dataclass(frozen=True)
class ListPlace:
    """Where the rows of a list stand, for formulas on other sheets."""

    sheet: str
    columns: Columns
    first: int
    last: int

    def cells(self, head: str) -> str:
        """Absolute range of a column's rows: ``Changes!$L$6:$L$40``."""
        letter = self.columns.letter(head)
        return f"{self.sheet}!${letter}${self.first}:${letter}${self.last}"

    def sum_of(self, head: str, currency: str, *kinds: str) -> str:
        """Formula (without ``=``) that adds up a column in a currency: all rows, or those of one kind."""
        own = f'{self.cells("Cur.")},"{currency}"'
        picked = "".join(f',{self.cells("Kind")},"{kind}"' for kind in kinds)
        return f"ROUND(SUMIFS({self.cells(head)},{own}{picked}),{minor_unit_digits(currency)})"

    def count_of(self, currency: str, *kinds: str) -> str:
        """Formula that counts the same rows."""
        picked = "".join(f',{self.cells("Kind")},"{kind}"' for kind in kinds)
        return f'COUNTIFS({self.cells("Cur.")},"{currency}"{picked})'


def rows_place(sheet: str, columns: Columns, head_row: int, count: int) -> ListPlace:
    """Where a list of so many rows stands; an empty one has a row that says so."""
    return ListPlace(sheet, columns, head_row + 1, head_row + max(count, 1))


def new_sheet(book: Workbook, look: Look, name: str, title: str, under: str, columns: Columns, back_to: str) -> Sheet:
    """A sheet with its title, whose list comes below."""
    sheet = Sheet(book, look, name, columns.widths)
    width = len(columns.columns)
    sheet.put(1, 1, title, "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, width, Link(f"← {back_to}", location=f"{back_to}!A1"), "back")
    sheet.row(2, 1, [(under if number == 0 else None, "under_title") for number in range(width)], height=18)
    return sheet


def write_list(
    sheet: Sheet, place: ListPlace, table: str, rows: Sequence[Row], empty: str, currencies: Sequence[str],
    totals: Sequence[str] = ("Amount",),
) -> int:  # fmt: skip
    """Write head, rows and a total a currency; returns the row after the last total."""
    columns = place.columns
    head_row = place.first - 1
    styles = [_head_style(number, column) for number, column in enumerate(columns.columns)]
    sheet.row(head_row, 1, list(zip(columns.heads, styles, strict=True)), height=28)
    for at, row in enumerate(rows, start=place.first):
        sheet.row(at, 1, [_cell(at, column, columns, row) for column in columns.columns], height=_height(columns, row))
    if not rows:
        nothing = [(empty if number == 0 else None, "grid_first") for number in range(len(columns.columns))]
        sheet.row(place.first, 1, nothing, height=ROW_HEIGHT)
    sheet.table(table, columns.heads, head_row, place.last)
    at = place.last + 1
    for currency in currencies:
        _total(sheet, place, rows, at, currency, totals, several=len(currencies) > 1)
        at += 1
    return at


def _head_style(number: int, column: Column) -> str:
    if column.kind in ("money", "count"):
        return "head_number"
    return "head_indent" if number and column.kind != "code" else "head"


def _cell(at: int, column: Column, columns: Columns, row: Row) -> tuple[Value, str]:
    currency = str(row.get("currency") or "EUR")
    if column.formula is not None:
        return column.formula(at, columns, row), digits_style("grid_money", currency)
    value = row[column.field]
    if column.kind == "money":
        return value, digits_style("grid_money", currency)
    styles = {"text": "grid_text", "wrap": "grid_wrap", "code": "grid_code", "date": "grid_date", "count": "grid_count"}
    is_first = column is columns.columns[0]
    style = "grid_first" if is_first and column.kind in ("text", "code") else styles[column.kind]
    return value if value is None or isinstance(value, int | date | Decimal) else str(value), style


def _height(columns: Columns, row: Row) -> float:
    """High enough for the longest wrapped text."""
    lines = [
        -(-len(str(row[column.field] or "")) // max(1, int(column.width * 1.2)))
        for column in columns.columns if column.kind == "wrap"
    ]  # fmt: skip
    return max(ROW_HEIGHT, 2.5 + LINE_HEIGHT * max([1, *lines]))


def _total(
    sheet: Sheet, place: ListPlace, rows: Sequence[Row], at: int, currency: str, heads: Sequence[str], *, several: bool
) -> None:
    columns = place.columns
    fields = {column.head: column.field for column in columns.columns}
    codes = place.cells("Cur.").split("!", 1)[1]
    sheet.row(
        at, 1, [(f"Total {currency}" if number == 0 else None, "total") for number in range(len(columns.columns))]
    )
    for head in heads:
        total = sum((row[fields[head]] for row in rows if row["currency"] == currency), ZERO)
        cells = place.cells(head).split("!", 1)[1]
        formula = f'SUMIFS({cells},{codes},"{currency}")' if several else f"SUBTOTAL(109,{cells})"
        sheet.put(at, columns.heads.index(head) + 1, Formula(formula, total), digits_style("grid_total", currency))
