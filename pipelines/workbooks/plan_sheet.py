"""Sheet ``Plan``: the rules behind the lines in words, and each tier with what it took and paid, by live formulas."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName

from compensation.currency import minor_unit_digits
from compensation.statement.tiers import TierLine
from pipelines.workbooks.cells import Formula, Link
from pipelines.workbooks.data import CurveSheet, StatementData
from pipelines.workbooks.lines_sheet import LinesPlace
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.sheet import Sheet

WIDTHS = (7, 30, 6, 17, 17, 9, 17, 8, 17, 17, 12, 34)
HEADS = (
    "Tier",
    "Component",
    "No.",
    "From position",
    "To (excluded)",
    "Rate",
    "Fixed part",
    "Lines",
    "Revenue",
    "Commission",
    "Version",
    "Source",
)
LEFT = ("Tier", "Component", "Version", "Source")


@dataclass(frozen=True)
class _Tier:
    curve: CurveSheet
    line: TierLine

    @property
    def code(self) -> str:
        return f"{self.curve.letter}{self.line.number}"


def write_plan(book: Workbook, look: Look, data: StatementData, place: LinesPlace) -> Sheet:
    """Add the sheet, and the names by which the lines find their tiers."""
    sheet = Sheet(book, look, "Plan", WIDTHS)
    sheet.put(1, 1, "Plan", "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, len(WIDTHS), Link("← Statement", location="Statement!A1"), "back")
    who = f"{data.payee_name} · {data.payee_id} · {data.period.label} · {data.plan_labels or 'no plan in this period'}"
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(len(WIDTHS))], height=18)
    row = _rules(sheet, data, 4)
    head_row = _tiers(sheet, book, data, place, row + 1)
    sheet.print_on(orientation="landscape", pages_tall=0, paper=data.paper, head_row=head_row)
    return sheet


def _head_style(name: str) -> str:
    if name not in LEFT:
        return "head_number"
    return "head_indent" if name in ("Version", "Source") else "head"


def _rules(sheet: Sheet, data: StatementData, row: int) -> int:
    sheet.put(row, 1, "Rules used", "section")
    if not data.curves:
        sheet.put(row + 1, 1, "No line of this statement was paid by a component.", "note")
        return row + 2
    for number, curve in enumerate(data.curves, start=1):
        title = f"{curve.letter}  {curve.label} · window {curve.window} · version {curve.version}"
        quota = (
            f" Quota of the window: {curve.quota:,.{minor_unit_digits(curve.currency)}f} {curve.currency}."
            if curve.quota
            else ""
        )
        at = row + 3 * number - 2
        sheet.put(at, 1, title, "value")
        sheet.put(at + 1, 1, f"{curve.words}{quota}", "note_wrap")
        sheet.merge(at + 1, 1, len(WIDTHS))
        sheet.height(at + 1, 26 if len(curve.words) + len(quota) > 185 else 14)  # noqa: PLR2004 - what fits the width once
        source = f"Source: {curve.source}" + (f" ({curve.source_href})" if curve.source_href else "")
        sheet.put(at + 2, 1, source, "note")
    return row + 3 * len(data.curves) + 1


def _tiers(sheet: Sheet, book: Workbook, data: StatementData, place: LinesPlace, row: int) -> int:
    sheet.put(row, 1, "Tiers", "section")
    sheet.put(
        row, len(WIDTHS), "curve = fixed part + rate × position; counts and sums are live over sheet Lines", "hint"
    )
    head_row = row + 1
    sheet.row(head_row, 1, [(name, _head_style(name)) for name in HEADS], height=24)
    tiers = [_Tier(curve, line) for curve in data.curves for line in curve.lines]
    sums = _sums(data.details)
    for offset, tier in enumerate(tiers, start=1):
        _tier_row(sheet, head_row + offset, tier, sums.get(tier.code, (0, Decimal(0), Decimal(0))), place)
    if not tiers:
        sheet.row(
            head_row + 1, 1, [("No tier was used." if number == 1 else None, "text") for number in range(len(HEADS))]
        )
    _name_tiers(book, data.curves, head_row + 1)
    sheet.table("Tiers", HEADS, head_row, head_row + max(len(tiers), 1))
    if tiers:
        _totals(sheet, data, head_row + 1, head_row + len(tiers))
    return head_row


def _sums(details: pl.DataFrame) -> dict[str, tuple[int, Decimal, Decimal]]:
    paid = details.filter(pl.col("tier").is_not_null())
    grouped = paid.group_by("tier").agg(pl.len(), pl.col("credited").sum(), pl.col("earned").sum())
    return {tier: (count, credited, earned) for tier, count, credited, earned in grouped.rows()}


def _tier_row(sheet: Sheet, row: int, tier: _Tier, sums: tuple[int, Decimal, Decimal], place: LinesPlace) -> None:
    line, curve = tier.line, tier.curve
    codes, own = place.cells("Tier"), f"$A{row}"
    top: tuple[Decimal | str, str] = (
        (line.ceiling, "bound") if line.ceiling is not None else ("and above", "text_right")
    )
    sheet.row(row, 1, [
        (tier.code, "text"), (curve.label, "text_shrunk"), (line.number, "count"), (line.floor, "bound"), top, (line.rate, "rate"),
        (line.fixed, "position"), (Formula(f"COUNTIFS({codes},{own})", sums[0]), "count"),
        (Formula(f"SUMIFS({place.cells('Credited revenue')},{codes},{own})", sums[1]), "position"),
        (Formula(f"SUMIFS({place.cells('Commission')},{codes},{own})", sums[2]), digits_style("money", curve.currency)),
        (curve.version, "text_indent"), (curve.source, "text_indent_shrunk"),
    ])  # fmt: skip


def _totals(sheet: Sheet, data: StatementData, first: int, last: int) -> None:
    if len(data.currencies) > 1:
        return
    paid = data.details.filter(pl.col("tier").is_not_null())
    currency = data.currencies[0]
    earned = Decimal(str(paid["earned"].sum() or 0))
    cells: list[tuple[str | Formula | None, str]] = [(None, "total") for _ in HEADS]
    cells[0] = ("Total", "total")
    cells[7] = (Formula(f"SUM(H{first}:H{last})", paid.height), "total_count")
    cells[9] = (Formula(f"SUM(J{first}:J{last})", earned), digits_style("total_money", currency))
    sheet.row(last + 1, 1, cells)


def _name_tiers(book: Workbook, curves: tuple[CurveSheet, ...], first_row: int) -> None:
    row = first_row
    for curve in curves:
        last = row + curve.number_of_tiers() - 1
        for what, column in (("from", "D"), ("rate", "F"), ("fixed", "G")):
            name = f"tiers_{curve.letter}_{what}"
            book.defined_names[name] = DefinedName(name, attr_text=f"Plan!${column}${row}:${column}${last}")
        row = last + 1
