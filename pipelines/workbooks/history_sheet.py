"""Sheet ``Last 12 months``: what the charts show, as a table; not hidden, since nothing on a statement is."""

from decimal import Decimal

import polars as pl
from openpyxl import Workbook

from pipelines.workbooks.cells import Link
from pipelines.workbooks.data import StatementData
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.sheet import Sheet

TITLE = "Last 12 months"
WIDTHS = (13, 15, 15, 15, 15, 11, 15, 15, 7)
HEADS = (
    "Period", "Credited revenue", "Commission earned", "Position", "Quota", "Attainment", "Net payable", "Carried forward", "Cur.",
)  # fmt: skip
HEAD_ROW = 5
FIRST_ROW = HEAD_ROW + 1


def history_rows(data: StatementData) -> tuple[int, int]:
    """First and last row of the main currency, which stands first: what the charts show."""
    own = data.history.filter(pl.col("currency") == data.currencies[0]).height
    return FIRST_ROW, FIRST_ROW + max(own, 1) - 1


def carried_cell(data: StatementData, currency: str) -> str:
    """Formula (without ``=``) of what the row before this period's carried forward in a currency; 0 where it is the first."""
    own = data.history.with_row_index("_row").filter(pl.col("currency") == currency)
    before = own.filter(pl.col("fiscal_period") < data.period.key)
    if before.is_empty():
        return "0"
    return f"'{TITLE}'!$H${FIRST_ROW + before['_row'][-1]}"


def write_history(book: Workbook, look: Look, data: StatementData) -> Sheet:
    """Add the sheet."""
    sheet = Sheet(book, look, TITLE, WIDTHS)
    currency = data.currencies[0]
    sheet.put(1, 1, TITLE, "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, len(WIDTHS), Link("← Statement", location="Statement!A1"), "back")
    who = f"{data.payee_name} · {data.payee_id} · charts in {currency}"
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(len(WIDTHS))], height=18)
    of = (
        f"Position and quota: {data.history_of}, at the end of each period."
        if data.history_of
        else "No component has a quota."
    )
    sheet.put(3, 1, of, "note")
    sheet.row(HEAD_ROW, 1, [(name, _head(number, name)) for number, name in enumerate(HEADS)], height=24)
    for offset, row in enumerate(data.history.rows(named=True)):
        money = digits_style("money", row["currency"])
        sheet.row(FIRST_ROW + offset, 1, [
            (row["label"], "text"), (row["credited"], money), (row["earned"], money),
            (row["position"], money), (row["quota"], money), (row["attainment"], "percent"), (row["net"], money),
            (row["carried"], money), (row["currency"], "text_indent"),
        ])  # fmt: skip
    if data.history.is_empty():
        sheet.row(FIRST_ROW, 1, [("–" if number == 0 else None, "text") for number in range(len(HEADS))])
    sheet.table("LastPeriods", HEADS, HEAD_ROW, HEAD_ROW + max(data.history.height, 1))
    sheet.print_on(orientation="portrait", pages_tall=1, paper=data.paper, head_row=HEAD_ROW)
    return sheet


def _head(number: int, name: str) -> str:
    if name == "Cur.":
        return "head_indent"
    return "head_number" if number else "head"


def in_words(data: StatementData) -> tuple[str, str]:
    """What the two charts show, for those who hear them."""
    currency = data.currencies[0]
    rows = data.history.filter(pl.col("currency") == currency).rows(named=True)
    if not rows:
        return ("No earlier period to show.", "No earlier period to show.")
    last = rows[-1]
    earned = [row["earned"] for row in rows]
    high = max(rows, key=lambda row: (row["earned"], row["label"]))
    commission = (
        f"Bar chart of commission earned in {len(rows)} periods, {rows[0]['label']} to {last['label']}: {_said(last['earned'], currency)} "
        f"in {last['label']}, highest {_said(high['earned'], currency)} in {high['label']}, {_said(sum(earned, Decimal(0)), currency)} in all."
    )
    if last["quota"] is None:
        return (
            f"Bar chart of credited revenue in {len(rows)} periods: {_said(last['credited'], currency)} in {last['label']}.",
            commission,
        )
    position = (
        f"Bar chart of the position at the end of {len(rows)} periods with the quota as a dashed line: in {last['label']} "
        f"{_said(last['position'], currency)} against a quota of {_said(last['quota'], currency)}."
    )
    return position, commission


def _said(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}"


def empty_history() -> pl.DataFrame:
    """No rows, every column."""
    money = pl.Decimal(38, 3)
    return pl.DataFrame(
        schema={
            "fiscal_period": pl.String,
            "label": pl.String,
            "currency": pl.String,
            "credited": money,
            "earned": money,
            "position": money,
            "quota": money,
            "attainment": pl.Decimal(38, 6),
            "net": money,
            "carried": money,
        }
    )
