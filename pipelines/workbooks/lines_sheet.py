"""Sheet ``Lines``: every credit of the statement, one row per tier slice, each re-added by a live formula."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from compensation.currency import minor_unit_digits
from compensation.statement.labels import counts_pieces
from pipelines.workbooks.cells import Formula, Link, is_exact_in_excel
from pipelines.workbooks.data import CurveSheet, StatementData
from pipelines.workbooks.grid import formulas, number_texts, numbers, rows_xml, texts
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.returned_notes import returned_notes
from pipelines.workbooks.sheet import Sheet

HEAD_ROW = 4
FIRST_ROW = HEAD_ROW + 1

COLUMNS: tuple[tuple[str, float], ...] = (
    ("#", 5), ("Order", 13), ("Line", 6), ("Customer", 24), ("Product", 20), ("Date", 11), ("Business", 13),
    ("Component", 29), ("Tier", 6), ("Order amount", 13.5), ("Cur.", 6), ("Split", 9), ("Credited revenue", 14),
    ("Position before", 15), ("Position after", 15), ("Rate", 11), ("Pay", 6), ("Commission", 13), ("Re-added", 13),
    ("Difference", 11), ("Status", 13), ("Cap and factor", 13),
)  # fmt: skip
ALL_HEADS = tuple(name for name, _ in COLUMNS)
LETTER = {name: get_column_letter(number) for number, name in enumerate(ALL_HEADS, start=1)}
RIGHT = {
    "#",
    "Line",
    "Order amount",
    "Split",
    "Credited revenue",
    "Position before",
    "Position after",
    "Rate",
    "Commission",
    "Re-added",
    "Difference",
    "Cap and factor",
}
UNPAID = {"no_plan": "No plan", "plan_none": "Plan: none", "not_in_plan": "Not in plan", "below_cost": "Below cost"}
MOTIONS = {"new_business": "New business", "retention": "Retention", "growth": "Growth"}
TOTALLED = ("Credited revenue", "Commission", "Re-added", "Difference", "Cap and factor")
SHOWN_AS = {"Credited revenue": "Counted"}
"""What a head says instead where a component counts something else than revenue."""


LARGEST_KEPT = Decimal(10) ** 11
"""Money below it is kept to the minor unit, with two digits to spare, by a program that keeps 15."""


@dataclass(frozen=True)
class LinesPlace:
    """Where the rows of the sheet stand, for formulas on other sheets."""

    last_row: int
    total_rows: dict[str, int]

    def cells(self, column: str) -> str:
        """Absolute range of a column's rows: ``Lines!$Q$5:$Q$40``."""
        letter = LETTER[column]
        return f"Lines!${letter}${FIRST_ROW}:${letter}${self.last_row}"


def place_of(data: StatementData) -> LinesPlace:
    """Where the rows will stand, known before they are written."""
    last = FIRST_ROW + max(data.details.height, 1) - 1
    return LinesPlace(last, {code: last + 2 + number for number, code in enumerate(data.currencies)})


def heads_of(data: StatementData) -> tuple[str, ...]:
    """The columns of this statement: the last one only where a factor, cap or budget changed some line."""
    has_changes = data.details.height and data.details["changed"].is_not_null().any()
    return ALL_HEADS if has_changes else ALL_HEADS[:-1]


def counts_revenue_only(data: StatementData) -> bool:
    """Whether every line counts revenue, so that a total over them says something."""
    return data.details.is_empty() or bool(data.details["counted"].is_null().all())


def write_lines(book: Workbook, look: Look, data: StatementData) -> Sheet:
    """Add the sheet."""
    heads = heads_of(data)
    sheet = Sheet(book, look, "Lines", [width for _, width in COLUMNS[: len(heads)]])
    sheet.put(1, 1, "Credited lines", "sheet_title")
    sheet.put(1, len(heads), Link("← Statement", location="Statement!A1"), "back")
    sheet.height(1, 24)
    who = f"{data.payee_name} · {data.payee_id} · {data.period.label} · commission in {' and '.join(data.currencies)}"
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(len(heads))], height=18)
    shown = heads if counts_revenue_only(data) else tuple(SHOWN_AS.get(name, name) for name in heads)
    styles = [_head_style(number, name) for number, name in enumerate(heads)]
    sheet.row(HEAD_ROW, 1, list(zip(shown, styles, strict=True)), height=28)
    place = place_of(data)
    if data.details.height:
        sheet.grid(FIRST_ROW, rows_xml(FIRST_ROW, detail_columns(data, look)))
    else:
        sheet.row(
            FIRST_ROW, 1, [("No credit in this period." if name == "Customer" else None, "grid_text") for name in heads]
        )
    for currency in data.currencies:
        _total_row(sheet, data, place, currency)
    _notes(sheet, data, max(place.total_rows.values()) + 2)
    sheet.table("Lines", shown, HEAD_ROW, place.last_row)
    sheet.print_on(orientation="landscape", pages_tall=0, paper=data.paper, head_row=HEAD_ROW, freeze=f"D{FIRST_ROW}")
    return sheet


def detail_columns(data: StatementData, look: Look) -> list[list[str]]:
    """The cells of all rows, column by column in the order of ``COLUMNS``."""
    rows = data.details
    style = look.number_of
    digits = [minor_unit_digits(code) for code in rows["currency"]]
    money = [style(f"grid_money{number}") for number in digits]
    ordered = [style(digits_style("grid_money", code)) for code in rows["order_currency"]]
    live, results = _readded(data, digits), number_texts(rows["earned"])
    spread = range(FIRST_ROW, FIRST_ROW + rows.height)
    commission, again = LETTER["Commission"], LETTER["Re-added"]
    differences = [
        f"ROUND({commission}{row}-{again}{row},{number})" for row, number in zip(spread, digits, strict=True)
    ]
    words = rows.select(
        pl.col("motion").replace_strict(MOTIONS, default=pl.col("motion"), return_dtype=pl.String), status=_status()
    )
    columns = [
        numbers([str(number) for number in range(1, rows.height + 1)], style("grid_count")),
        texts(rows["order_id"].to_list(), style("grid_id")),
        numbers(number_texts(rows["line_number"]), style("grid_count")),
        texts(rows["customer"].to_list(), style("grid_text")),
        texts(rows["product"].to_list(), style("grid_text")),
        numbers(number_texts(rows["event_date"]), style("grid_date")),
        texts(words["motion"].to_list(), style("grid_text")),
        texts(rows["label"].to_list(), style("grid_text")),
        texts(rows["tier"].to_list(), style("grid_code")),
        numbers(number_texts(rows["order_amount"]), ordered),
        texts(rows["order_currency"].to_list(), style("grid_code")),
        numbers(number_texts(rows["share"]), style("grid_percent")),
        numbers(number_texts(rows["credited"]), style("grid_position")),
        numbers(number_texts(rows["position_before"]), style("grid_position")),
        numbers(number_texts(rows["position_after"]), style("grid_position")),
        numbers(number_texts(rows["tier_rate"]), [style(name) for name in _rate_styles(rows)]),
        texts(rows["currency"].to_list(), style("grid_code")),
        numbers(results, money),
        formulas(live, [text or "0" for text in results], money),
        formulas(differences, ["0"] * rows.height, money),
        texts(words["status"].to_list(), style("grid_text")),
    ]
    if len(heads_of(data)) == len(ALL_HEADS):
        columns.append(numbers(number_texts(rows["changed"]), money))
    return columns


def _rate_styles(rows: pl.DataFrame) -> list[str]:
    """A share of money in per cent, or money for each piece."""
    return ["grid_each" if counts_pieces(counted) else "grid_rate" for counted in rows["counted"]]


def _status() -> pl.Expr:
    is_return = pl.col("return_id").is_not_null()
    unpaid = pl.col("unpaid_reason").replace_strict(UNPAID, default=pl.col("unpaid_reason"), return_dtype=pl.String)
    sold = pl.coalesce(pl.format("Override: {}", "seller_id"), pl.lit("Earned"))
    return pl.coalesce(unpaid, pl.when(is_return).then(pl.lit("Return")).otherwise(sold))


def _readded(data: StatementData, digits: list[int]) -> list[str | None]:
    """``ROUND(curve at the position after) − ROUND(curve at the position before)``, the curve from the Plan sheet's tiers.

    What caps and factors changed is added. Nothing where a spreadsheet would not keep the digits.
    """
    curves = {curve.letter: curve for curve in data.curves}
    has_changes = len(heads_of(data)) == len(ALL_HEADS)
    rows = data.details.select("curve", "cut_before", "cut_after", "position_before", "position_after")
    formulas: list[str | None] = []
    for row, ((letter, cut_before, cut_after, before, after), places) in enumerate(
        zip(rows.rows(), digits, strict=True), start=FIRST_ROW
    ):
        if letter is None or not _is_kept(curves[letter], before, after):
            formulas.append(None)
            continue
        ends = [
            f"ROUND({_curve_at(curves[letter], LETTER[name], row, cut)},{places})"
            for name, cut in (("Position after", cut_after), ("Position before", cut_before))
        ]
        changed = f"+{LETTER['Cap and factor']}{row}" if has_changes else ""
        formulas.append(f"{ends[0]}-{ends[1]}{changed}")
    return formulas


def _is_kept(curve: CurveSheet, *positions: Decimal) -> bool:
    """Whether a spreadsheet, which keeps 15 digits, can compute the curve to the minor unit with two digits to spare."""
    widest = max(abs(position) for position in positions)
    largest = max((abs(line.fixed) + abs(line.rate) * widest) / line.divisor for line in curve.lines)
    numbers = [number for line in curve.lines for number in (line.rate, line.fixed, Decimal(line.divisor))]
    return largest < LARGEST_KEPT and all(is_exact_in_excel(number) for number in numbers)


def _curve_at(sheet: CurveSheet, letter: str, row: int, tier: int | None) -> str:
    """The curve at a position: fixed part + rate × position, of the tier it lies in, or at a cut of the tier that ends there."""
    cell, curve = f"{letter}{row}", sheet.letter
    divided = any(line.divisor != 1 for line in sheet.lines)
    if tier is not None:
        money = f"INDEX(tiers_{curve}_fixed,{tier})+INDEX(tiers_{curve}_rate,{tier})*{cell}"
        return f"({money})/INDEX(tiers_{curve}_divisor,{tier})" if divided else money
    first = f"INDEX(tiers_{curve}_from,1)" if sheet.lines[0].floor else "0"
    found = f"LOOKUP(MAX({cell},{first}),tiers_{curve}_from,tiers_{curve}"
    money = f"{found}_fixed)+{found}_rate)*{cell}"
    return f"({money})/{found}_divisor)" if divided else money


def _head_style(number: int, name: str) -> str:
    if name in RIGHT:
        return "head_number"
    return "head_indent" if number else "head"


def _total_row(sheet: Sheet, data: StatementData, place: LinesPlace, currency: str) -> None:
    row, several = place.total_rows[currency], len(data.currencies) > 1
    own = data.details.filter(pl.col("currency") == currency)
    earned = _total(own["earned"])
    results = {
        "Credited revenue": _total(own["credited"]),
        "Commission": earned,
        "Re-added": earned,
        "Difference": Decimal(0),
        "Cap and factor": _total(own["changed"]),
    }
    style = digits_style("grid_total", currency)
    totalled = [name for name in TOTALLED if name != "Credited revenue" or counts_revenue_only(data)]
    for number, name in enumerate(heads_of(data), start=1):
        if name in totalled:
            sheet.put(
                row, number, Formula(_total_formula(name, place, currency, several=several), results[name]), style
            )
        else:
            sheet.put(row, number, f"Total {currency}" if number == 1 else None, "total")


def _total_formula(name: str, place: LinesPlace, currency: str, *, several: bool) -> str:
    """``SUBTOTAL`` follows the filter; with several currencies each total takes all rows of its own."""
    cells = place.cells(name).removeprefix("Lines!")
    if not several:
        return f"SUBTOTAL(109,{cells})"
    codes = place.cells("Pay").removeprefix("Lines!")
    return f'SUMIFS({cells},{codes},"{currency}")'


def _total(column: pl.Series) -> Decimal:
    return Decimal(str(column.sum() or 0))


def _notes(sheet: Sheet, data: StatementData, row: int) -> None:
    sheet.put(
        row, 1, "Re-added: the curve of the tier (sheet Plan) at the position after, rounded, less the curve at the position "
        "before, rounded. A row can differ from revenue × rate by one minor unit; rows add up to the month exactly.", "note",
    )  # fmt: skip
    sheet.put(
        row + 1, 1, "Totals follow the filter, unless there are several. Order amount is that of the whole order line, in the currency of the order; "
        "a line that crosses tiers, or that two components pay, stands in several rows.", "note",
    )  # fmt: skip
    paid = data.details.filter(pl.col("component").is_not_null())
    digits = [minor_unit_digits(code) for code in data.details["currency"]]
    without = sum(text is None for text in _readded(data, digits)) - (data.details.height - paid.height)
    if without:
        sheet.put(
            row + 2, 1, f"{without:,} lines have no formula: their curve needs more digits than Excel keeps, or changes within the "
            "window; their Re-added repeats the commission. creditdue explain shows how they came about.", "note",
        )  # fmt: skip
    for place, text in enumerate(returned_notes(data.details), start=row + 2 + bool(without)):
        sheet.put(place, 1, text, "note")
