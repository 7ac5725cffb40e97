"""Sheets of a comparison: people, components and periods as tables that re-add, and a summary that draws on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from openpyxl import Workbook
from openpyxl.chart import Reference
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.utils import get_column_letter

from compensation.currency import minor_unit_digits
from compensation.modelling.comparison import Comparison
from pipelines.workbooks.cells import Formula, Link, Value
from pipelines.workbooks.charts import bars
from pipelines.workbooks.look import BLUE, CHART_BAR, Look, digits_style
from pipelines.workbooks.sheet import Sheet

HEAD_ROW = 4
FIRST_ROW = HEAD_ROW + 1
FIGURES = ("Base", "Other", "Difference")
MOST_BARS = 15
ZERO = Decimal(0)
POINTS_A_LINE = 13.0


@dataclass(frozen=True)
class Compared:
    """What a workbook shows: the comparison, what its sides are called, the company, and the names of payees."""

    found: Comparison
    base: str
    other: str
    company: str
    names: dict[str, str]
    paper: str = "a4"

    @property
    def currencies(self) -> list[str]:
        """Of both sides' plans."""
        return self.found.totals["currency"].to_list()


@dataclass(frozen=True)
class Grid:
    """A table: its sheet and name, text columns (head, width, column of ``rows``), and where its figures stand."""

    title: str
    heading: str
    texts: tuple[tuple[str, float, str], ...]
    after: tuple[tuple[str, float, str], ...]
    rows: pl.DataFrame
    note: str = ""

    @property
    def heads(self) -> list[str]:
        """All heads, left to right."""
        return [head for head, *_ in self.texts] + ["Cur.", *FIGURES] + [head for head, *_ in self.after]

    @property
    def last_row(self) -> int:
        """Row of the last line."""
        return FIRST_ROW + max(self.rows.height, 1) - 1

    def cells(self, head: str) -> str:
        """Absolute range of a column: ``People!$D$5:$D$11``."""
        letter = get_column_letter(self.heads.index(head) + 1)
        return f"{self.title}!${letter}${FIRST_ROW}:${letter}${self.last_row}"


def grids_of(shown: Compared) -> tuple[Grid, Grid, Grid]:
    """People, Components and Periods."""
    found = shown.found
    people = found.people.with_columns(
        name=pl.col("payee_id").replace_strict(shown.names, default=pl.col("payee_id"), return_dtype=pl.String)
    )
    changed = [found.changed.get(key) for key in found.components.select("plan", "component").rows()]
    components = found.components.with_columns(
        why=pl.Series([each.reason if each else "" for each in changed], dtype=pl.String),
        rule=pl.Series([each.base if each else "" for each in changed], dtype=pl.String),
        other_rule=pl.Series([each.other if each else "" for each in changed], dtype=pl.String),
    )
    return (
        Grid("People", "Who gains and who loses", (("Payee", 24, "name"), ("Employee", 12, "payee_id")), (("Why", 80, "why"),), people),
        Grid(
            "Components", "What each component costs", (("Component", 28, "component"), ("Plan", 22, "plan")),
            (("Why", 22, "why"), ("Rule of base", 48, "rule"), ("Rule of other", 48, "other_rule")), components,
            "Rules are those of the first day on which the two sides differ; empty where they do not, or the part is not there.",
        ),
        Grid("Periods", "What each period costs", (("Period", 14, "fiscal_period"),), (), found.periods),
    )  # fmt: skip


def write_grid(book: Workbook, look: Look, grid: Grid, shown: Compared) -> Sheet:
    """Add the sheet of a table, with a total for each currency."""
    texts, after = grid.texts, grid.after
    widths = [w for _, w, _ in texts] + [6, 15, 15, 15] + [w for _, w, _ in after]
    sheet = Sheet(book, look, grid.title, widths)
    sheet.put(1, 1, grid.heading, "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, len(widths), Link("← Summary", location="Summary!A1"), "back")
    under = f"{shown.company} · base: {shown.base} · other: {shown.other}"
    sheet.row(2, 1, [(under if number == 0 else None, "under_title") for number in range(len(widths))], height=18)
    heads = [
        (head, "head_number" if head in FIGURES else "head_indent" if n else "head")
        for n, head in enumerate(grid.heads)
    ]
    sheet.row(HEAD_ROW, 1, heads, height=24)
    for number, row in enumerate(grid.rows.rows(named=True)):
        cells = _cells(FIRST_ROW + number, row, grid)
        sheet.row(FIRST_ROW + number, 1, cells, height=_height(row, after))
    if grid.rows.is_empty():
        sheet.row(
            FIRST_ROW,
            1,
            [("Nothing is paid by either side." if n == 0 else None, "grid_text") for n in range(len(widths))],
        )
    for number, currency in enumerate(shown.currencies):
        _total(sheet, grid, grid.last_row + 2 + number, currency)
    if grid.note:
        sheet.put(grid.last_row + 3 + len(shown.currencies), 1, grid.note, "note")
    sheet.table(grid.title, grid.heads, HEAD_ROW, grid.last_row)
    sheet.print_on(orientation="landscape", pages_tall=0, paper=shown.paper, head_row=HEAD_ROW, freeze=f"B{FIRST_ROW}")
    return sheet


def _cells(at: int, row: dict[str, object], grid: Grid) -> list[tuple[Value, str]]:
    currency = str(row["currency"])
    money, digits = digits_style("grid_money", currency), minor_unit_digits(currency)
    base, other = (get_column_letter(grid.heads.index(name) + 1) for name in ("Base", "Other"))
    return [
        *(
            (str(row[column] or ""), "grid_text" if number else "grid_first")
            for number, (_, _, column) in enumerate(grid.texts)
        ),
        (currency, "grid_code"),
        (_amount(row["base"]), money),
        (_amount(row["other"]), money),
        (Formula(f"ROUND({other}{at}-{base}{at},{digits})", _amount(row["difference"])), money),
        *((str(row[column] or ""), "grid_wrap") for _, _, column in grid.after),
    ]


def _height(row: dict[str, object], after: Sequence[tuple[str, float, str]]) -> float:
    lines = [1 + int(len(str(row[column] or "")) / (width * 1.05)) for _, width, column in after]
    return POINTS_A_LINE * max([1, *lines]) + 3


def _amount(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else ZERO


def _total(sheet: Sheet, grid: Grid, at: int, currency: str) -> None:
    sheet.row(at, 1, [(f"Total {currency}" if number == 0 else None, "total") for number in range(len(grid.heads))])
    for name, column in zip(FIGURES, ("base", "other", "difference"), strict=True):
        formula = sum_of(grid, name, currency).replace(f"{grid.title}!", "")
        sheet.put(
            at,
            grid.heads.index(name) + 1,
            Formula(formula, total(grid, column, currency)),
            digits_style("grid_total", currency),
        )


def sum_of(grid: Grid, name: str, currency: str) -> str:
    """Formula that adds up a column in one currency."""
    return f'ROUND(SUMIFS({grid.cells(name)},{grid.cells("Cur.")},"{currency}"),{minor_unit_digits(currency)})'


def total(grid: Grid, column: str, currency: str) -> Decimal:
    """The same sum, as the engine has it."""
    own = grid.rows.filter(pl.col("currency") == currency)[column].to_list()
    return sum(own, ZERO)


def write_summary(sheet: Sheet, shown: Compared, grids: Sequence[Grid]) -> None:
    """Fill the first sheet: what each side costs in all, re-added from each table; how many gain; the largest moves."""
    columns = sheet.width
    sheet.put(1, 1, "Comparison of plans", "title")
    sheet.height(1, 30)
    sheet.row(2, 1, [(shown.company if number == 0 else None, "under_title") for number in range(columns)], height=18)
    for row, (label, text) in enumerate((("Base", shown.base), ("Other", shown.other)), start=3):
        sheet.put(row, 1, label, "label")
        sheet.put(row, 2, text, "value")
    row = _totals(sheet, shown, grids, 6)
    row = _counts(sheet, shown, grids[0], row + 1)
    _largest(sheet, shown, row + 1)
    sheet.print_on(orientation="portrait", pages_tall=1, paper=shown.paper)


def _totals(sheet: Sheet, shown: Compared, grids: Sequence[Grid], row: int) -> int:
    sheet.put(row, 1, "What both sides cost", "section")
    heads = ("Currency", *FIGURES, "Change", *(f"{grid.title} re-add" for grid in grids))
    sheet.row(row + 1, 1, [(head, "head_number" if number else "head") for number, head in enumerate(heads)], height=24)
    for at, line in enumerate(shown.found.totals.rows(named=True), start=row + 2):
        currency = line["currency"]
        money, digits = digits_style("money", currency), minor_unit_digits(currency)
        change = round(line["difference"] / line["base"], 6) if line["base"] else ZERO
        checks = [
            (
                Formula(
                    f'IF(ROUND({sum_of(grid, "Difference", currency)}-D{at},{digits})=0,"✓ re-adds","✗ CHECK")',
                    "✓ re-adds",
                ),
                "check",
            )
            for grid in grids
        ]
        cells: list[tuple[Value, str]] = [
            (currency, "text"), (line["base"], money), (line["other"], money),
            (Formula(f"ROUND(C{at}-B{at},{digits})", line["difference"]), money),
            (Formula(f"IF(B{at}=0,0,ROUND(D{at}/B{at},6))", change), "change"), *checks,
        ]  # fmt: skip
        sheet.row(at, 1, cells)
    return row + 2 + len(shown.currencies)


def _counts(sheet: Sheet, shown: Compared, people: Grid, row: int) -> int:
    sheet.put(row, 1, "People", "section")
    heads = ("Currency", "Gain", "Lose", "The same", "Gained", "Lost")
    sheet.row(row + 1, 1, [(head, "head_number" if number else "head") for number, head in enumerate(heads)], height=24)
    cells, currencies = people.cells("Difference"), people.cells("Cur.")
    for at, currency in enumerate(shown.currencies, start=row + 2):
        own = people.rows.filter(pl.col("currency") == currency)["difference"].to_list()
        money, digits = digits_style("money", currency), minor_unit_digits(currency)
        counts = [
            (Formula(f'COUNTIFS({currencies},"{currency}",{cells},"{sign}")', number), "count")
            for sign, number in (
                (">0", sum(d > 0 for d in own)),
                ("<0", sum(d < 0 for d in own)),
                ("0", sum(d == 0 for d in own)),
            )
        ]
        sums = [
            (Formula(f'ROUND(SUMIFS({cells},{currencies},"{currency}",{cells},"{sign}"),{digits})', amount), money)
            for sign, amount in (
                (">0", sum((d for d in own if d > 0), ZERO)),
                ("<0", sum((d for d in own if d < 0), ZERO)),
            )
        ]
        sheet.row(at, 1, [(currency, "text"), *counts, *sums])
    return row + 2 + len(shown.currencies)


def _largest(sheet: Sheet, shown: Compared, row: int) -> None:
    sheet.put(row, 1, "Largest differences", "section")
    heads = ("Payee", "Difference", "Cur.", "Why")
    padded = [*heads, *[""] * (sheet.width - len(heads))]
    sheet.row(
        row + 1,
        1,
        [
            (head, "head_number" if head == "Difference" else "head_indent" if n else "head")
            for n, head in enumerate(padded)
        ],
        height=20,
    )
    moved = shown.found.people.filter(pl.col("difference") != 0).head(5)
    for at, line in enumerate(moved.rows(named=True), start=row + 2):
        name = shown.names.get(line["payee_id"], line["payee_id"])
        blank: list[tuple[Value, str]] = [(None, "text")] * (sheet.width - len(heads))
        money = digits_style("money", line["currency"])
        sheet.row(
            at,
            1,
            [
                (name, "text"),
                (line["difference"], money),
                (line["currency"], "text_indent"),
                (line["why"], "text_wrap"),
                *blank,
            ],
        )
        sheet.merge(at, len(heads), sheet.width)
        sheet.height(at, POINTS_A_LINE * (1 + len(line["why"]) // 75) + 4)
    if moved.is_empty():
        sheet.put(row + 2, 1, "In all, both sides pay everybody the same.", "note")
    sheet.charts_row = row + 4 + max(moved.height, 1)


def add_charts(summary: Sheet, people: Sheet, periods: Sheet, shown: Compared) -> list[str]:
    """Two charts below the summary, of the first currency; returns their numbers in words."""
    currency = shown.currencies[0] if shown.currencies else ""
    by_period = shown.found.periods.filter(pl.col("currency") == currency)
    texts = []
    if by_period.height:
        rows = (FIRST_ROW, FIRST_ROW + by_period.height - 1)
        chart = bars(
            f"Cost by period, {currency}", periods.page, column=3, rows=rows, size=(24.6, 6.4), colour=CHART_BAR
        )
        chart.add_data(Reference(periods.page, min_col=4, min_row=HEAD_ROW, max_row=rows[1]), titles_from_data=True)
        chart.series[1].graphicalProperties = GraphicalProperties(solidFill=BLUE)
        chart.series[1].graphicalProperties.line.noFill = True
        chart.legend = Legend()
        chart.legend.position, chart.legend.overlay = "b", False
        summary.page.add_chart(chart, f"A{summary.charts_row}")
        told = "; ".join(
            f"{p} base {b:,} other {o:,}" for p, b, o in by_period.select("fiscal_period", "base", "other").rows()
        )
        texts.append(f"Cost by period in {currency}: {told}.")
    moved = shown.found.people.filter(pl.col("difference") != 0).head(MOST_BARS)
    first = moved.filter(pl.col("currency") == currency)
    if moved.height and first.height == moved.height:
        rows = (FIRST_ROW, FIRST_ROW + moved.height - 1)
        chart = bars(
            f"Largest differences by payee, {currency}", people.page, column=6, rows=rows, size=(24.6, 6.4), colour=BLUE
        )
        chart.series[0].invertIfNegative = False
        summary.page.add_chart(chart, f"A{summary.charts_row + 14}")
        told = "; ".join(f"{shown.names.get(p, p)} {d:+,}" for p, d in moved.select("payee_id", "difference").rows())
        texts.append(f"Largest differences in {currency}: {told}.")
    return texts
