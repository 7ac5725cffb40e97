"""Sheet ``Bonuses``: every part of pay that no credit earns, with what it was computed from; only where there is one."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from pipelines.workbooks.cells import Formula, Link, Value
from pipelines.workbooks.data import StatementData
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.sheet import Sheet

HEAD_ROW = 4
FIRST_ROW = HEAD_ROW + 1
COLUMNS: tuple[tuple[str, float], ...] = (
    ("Bonus", 26), ("Objective or part", 26), ("Kind", 12), ("Window", 11), ("Base", 14), ("Weight", 9), ("Result", 13),
    ("Score", 9), ("Amount", 14), ("Cur.", 6), ("In words", 80),
)  # fmt: skip
HEADS = tuple(name for name, _ in COLUMNS)
LETTER = {name: get_column_letter(number) for number, name in enumerate(HEADS, start=1)}
RIGHT = {"Base", "Weight", "Result", "Score", "Amount"}
KINDS = {"objective": "Objective", "pool": "Pool", "guarantee": "Guarantee", "cap_excess": "Carried"}
WIDE_TEXT = 85
"""Characters of the words that fit their column once."""


@dataclass(frozen=True)
class BonusPlace:
    """Where the rows stand, for formulas on other sheets."""

    last_row: int

    def cells(self, column: str) -> str:
        """Absolute range of a column's rows."""
        return f"Bonuses!${LETTER[column]}${FIRST_ROW}:${LETTER[column]}${self.last_row}"


def bonus_place(data: StatementData) -> BonusPlace:
    """Where the rows will stand."""
    return BonusPlace(FIRST_ROW + max(data.bonuses.height, 1) - 1)


def write_bonuses(book: Workbook, look: Look, data: StatementData) -> Sheet:
    """Add the sheet."""
    sheet = Sheet(book, look, "Bonuses", [width for _, width in COLUMNS])
    sheet.put(1, 1, "Bonuses, pools and guarantee", "sheet_title")
    sheet.put(1, len(COLUMNS), Link("← Statement", location="Statement!A1"), "back")
    sheet.height(1, 24)
    who = f"{data.payee_name} · {data.payee_id} · {data.period.label}"
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(len(COLUMNS))], height=18)
    sheet.row(HEAD_ROW, 1, [(name, _head(number, name)) for number, name in enumerate(HEADS)], height=28)
    for at, row in enumerate(data.bonuses.rows(named=True), start=FIRST_ROW):
        height = 2 + 13 * -(-len(row["detail"]) // WIDE_TEXT)
        sheet.row(at, 1, _cells(row), height=max(height, 15))
    place = bonus_place(data)
    for number, currency in enumerate(data.currencies):
        _total(sheet, data, place, place.last_row + 2 + number, currency)
    sheet.put(
        place.last_row + 3 + len(data.currencies), 1,
        "Base: incentive, pool or guarantee of the window, prorated. Amount: what is earned to date less what earlier periods of "
        "the window had. How each rule reads: sheet Plan.", "note",
    )  # fmt: skip
    sheet.table("Bonuses", HEADS, HEAD_ROW, place.last_row)
    sheet.print_on(orientation="landscape", pages_tall=0, paper=data.paper, head_row=HEAD_ROW, freeze=f"B{FIRST_ROW}")
    return sheet


def _head(number: int, name: str) -> str:
    if name in RIGHT:
        return "head_number"
    return "head_indent" if number else "head"


def _cells(row: dict[str, Any]) -> list[tuple[Value, str]]:
    money = digits_style("grid_money", row["currency"])
    return [
        (row["label"], "grid_text"), (row["part_label"], "grid_text"), (KINDS[row["kind"]], "grid_text"), (row["window"], "grid_code"),
        (row["base"], money), (row["weight"], "grid_percent"), (row["value"], "grid_position"), (row["score"], "grid_percent"),
        (row["amount"], money), (row["currency"], "grid_code"), (row["detail"], "note_wrap"),
    ]  # fmt: skip


def _total(sheet: Sheet, data: StatementData, place: BonusPlace, at: int, currency: str) -> None:
    own = data.bonuses.filter(pl.col("currency") == currency)
    total = Decimal(str(own["amount"].sum() or 0))
    sheet.row(at, 1, [(f"Total {currency}" if number == 0 else None, "total") for number in range(len(HEADS))])
    amounts, codes = (place.cells(name).removeprefix("Bonuses!") for name in ("Amount", "Cur."))
    formula = f"SUBTOTAL(109,{amounts})" if len(data.currencies) == 1 else f'SUMIFS({amounts},{codes},"{currency}")'
    sheet.put(at, HEADS.index("Amount") + 1, Formula(formula, total), digits_style("grid_total", currency))
