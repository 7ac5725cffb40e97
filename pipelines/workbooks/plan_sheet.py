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

WIDTHS = (7, 30, 6, 17, 17, 12, 17, 8, 17, 17, 12, 34, 14)
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
    "Divisor",
)
LAST = 12
"""Columns without the divisor, which is there only where a curve has one."""

WIDE_TEXT = 185
"""Characters that fit the merged width of the sheet once."""

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
    width = _width(data)
    sheet = Sheet(book, look, "Plan", WIDTHS[:width])
    sheet.put(1, 1, "Plan", "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, width, Link("← Statement", location="Statement!A1"), "back")
    who = f"{data.payee_name} · {data.payee_id} · {data.period.label} · {data.plan_labels or 'no plan in this period'}"
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(width)], height=18)
    row = _rules(sheet, data, 4)
    head_row = _tiers(sheet, book, data, place, row + 1)
    sheet.print_on(orientation="landscape", pages_tall=0, paper=data.paper, head_row=head_row)
    return sheet


def _head_style(name: str) -> str:
    if name not in LEFT:
        return "head_number"
    return "head_indent" if name in ("Version", "Source") else "head"


def _width(data: StatementData) -> int:
    """How many columns the sheet has."""
    divided = any(line.divisor != 1 for curve in data.curves for line in curve.lines)
    return len(HEADS) if divided else LAST


def _rules(sheet: Sheet, data: StatementData, row: int) -> int:
    """Every rule that paid something, in words: components first, then bonuses, pools and guarantee."""
    sheet.put(row, 1, "Rules used", "section")
    if not data.curves and not data.rules:
        sheet.put(row + 1, 1, "No line of this statement was paid by a component.", "note")
        return row + 2
    at = row + 1
    for curve in data.curves:
        title = f"{curve.letter}  {curve.label} · window {curve.window} · version {curve.version}"
        source = f"Source: {curve.source}" + (f" ({curve.source_href})" if curve.source_href else "")
        at = _rule(sheet, at, title, (f"{curve.words}{_figures_words(curve)}", *curve.readings), source)
    for title, words in data.rules:
        at = _rule(sheet, at, title, (words,), "")
    return at + 1


def _rule(sheet: Sheet, row: int, title: str, words: tuple[str, ...], source: str) -> int:
    """One rule; returns the row after it."""
    sheet.put(row, 1, title, "value")
    at = row + 1
    for text in words:
        sheet.put(at, 1, text, "note_wrap")
        sheet.merge(at, 1, LAST)
        sheet.height(at, 2 + 12 * -(-len(text) // WIDE_TEXT))
        at += 1
    if source:
        sheet.put(at, 1, source, "note")
        at += 1
    return at


def _figures_words(curve: CurveSheet) -> str:
    """Quota, target incentive and factor that the curve was scaled with."""
    digits = minor_unit_digits(curve.currency)
    said = [
        f" {name} of the window: {amount:,.{digits}f} {curve.currency}."
        for name, amount in (("Quota", curve.quota), ("Target incentive", curve.incentive))
        if amount
    ]
    if curve.factor is not None and curve.factor != 1:
        closed = " (a gate is closed: nothing is paid)" if curve.factor == 0 else ""
        said.append(f" Gates and multipliers make a factor of {curve.factor.normalize():f}{closed}.")
    return "".join(said)


def _tiers(sheet: Sheet, book: Workbook, data: StatementData, place: LinesPlace, row: int) -> int:
    sheet.put(row, 1, "Tiers", "section")
    width = _width(data)
    divided = "(fixed part + rate × position) ÷ divisor" if width > LAST else "fixed part + rate × position"
    sheet.put(row, LAST, f"curve = {divided}; counts and sums are live over sheet Lines", "hint")
    head_row, heads = row + 1, HEADS[:width]
    sheet.row(head_row, 1, [(name, _head_style(name)) for name in heads], height=24)
    tiers = [_Tier(curve, line) for curve in data.curves for line in curve.lines]
    sums = _sums(data.details)
    for offset, tier in enumerate(tiers, start=1):
        _tier_row(sheet, head_row + offset, tier, sums.get(tier.code, (0, Decimal(0), Decimal(0))), place)
        if width > LAST:
            sheet.put(head_row + offset, width, Decimal(tier.line.divisor), "position")
    if not tiers:
        sheet.row(head_row + 1, 1, [("No tier was used." if number == 1 else None, "text") for number in range(width)])
    _name_tiers(book, data.curves, head_row + 1)
    sheet.table("Tiers", heads, head_row, head_row + max(len(tiers), 1))
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
        (tier.code, "text"), (curve.label, "text_shrunk"), (line.number, "count"), (line.floor, "bound"), top, (line.rate, _rate_style(tier)),
        (line.fixed, "position"), (Formula(f"COUNTIFS({codes},{own})", sums[0]), "count"),
        (Formula(f"SUMIFS({place.cells('Credited revenue')},{codes},{own})", sums[1]), "position"),
        (Formula(f"SUMIFS({place.cells('Commission')},{codes},{own})", sums[2]), digits_style("money", curve.currency)),
        (curve.version, "text_indent"), (curve.source, "text_indent_shrunk"),
    ])  # fmt: skip


def _rate_style(tier: _Tier) -> str:
    """A share of money in per cent, money for each piece, or a whole number that the divisor belongs to."""
    if tier.line.divisor != 1:
        return "position"
    return "each" if tier.curve.counts_pieces else "rate"


def _totals(sheet: Sheet, data: StatementData, first: int, last: int) -> None:
    if len(data.currencies) > 1:
        return
    paid = data.details.filter(pl.col("tier").is_not_null())
    currency = data.currencies[0]
    earned = Decimal(str(paid["earned"].sum() or 0))
    cells: list[tuple[str | Formula | None, str]] = [(None, "total") for _ in HEADS[: _width(data)]]
    cells[0] = ("Total", "total")
    cells[7] = (Formula(f"SUM(H{first}:H{last})", paid.height), "total_count")
    cells[9] = (Formula(f"SUM(J{first}:J{last})", earned), digits_style("total_money", currency))
    sheet.row(last + 1, 1, cells)


def _name_tiers(book: Workbook, curves: tuple[CurveSheet, ...], first_row: int) -> None:
    row = first_row
    columns = [("from", "D"), ("rate", "F"), ("fixed", "G")]
    if any(line.divisor != 1 for curve in curves for line in curve.lines):
        columns.append(("divisor", "M"))
    for curve in curves:
        last = row + curve.number_of_tiers() - 1
        for what, column in columns:
            name = f"tiers_{curve.letter}_{what}"
            book.defined_names[name] = DefinedName(name, attr_text=f"Plan!${column}${row}:${column}${last}")
        row = last + 1
