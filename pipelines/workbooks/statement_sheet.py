"""Sheet ``Statement``: one page that answers how much, why, and since when."""

import polars as pl
from openpyxl import Workbook

from pipelines.workbooks.attainment_part import attainment
from pipelines.workbooks.bridge_part import bridge
from pipelines.workbooks.cells import Value
from pipelines.workbooks.charts import commission_chart, position_chart
from pipelines.workbooks.components_part import components
from pipelines.workbooks.data import StatementData
from pipelines.workbooks.history_sheet import history_rows
from pipelines.workbooks.lines_sheet import LinesPlace
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.settled.bridge import settled_bridge
from pipelines.workbooks.settled.standing import Standing
from pipelines.workbooks.sheet import Sheet
from pipelines.workbooks.statement_page import FIRST, Page, across, define

WIDTHS = (1.5, 31, 15.5, 15.5, 15.5, 15.5, 15.5, 1.5)


def write_statement_sheet(
    book: Workbook, look: Look, data: StatementData, place: LinesPlace, run: str, revision: int
) -> Sheet:
    """Add the sheet with everything but its charts, which need the sheet behind them (``add_charts``)."""
    sheet = Sheet(book, look, "Statement", WIDTHS)
    page = Page(sheet, data, place, run, revision)
    _title(page)
    _identity(page)
    for currency in data.currencies:
        _cards(page, book, currency)
        components(page, currency)
        if data.standing.is_settled:
            settled_bridge(page, book, currency)
        else:
            bridge(page, book, currency)
        attainment(page, currency)
    sheet.print_on(orientation="portrait", pages_tall=1, paper=data.paper)
    define(page, book, "stmt_payee_id", "$C$6", data.currencies[0])
    page.row += 1
    sheet.charts_row = page.row
    page.row += 13
    _closing(page)
    return sheet


def add_charts(sheet: Sheet, history: Sheet, data: StatementData) -> None:
    """Put the two charts under the tables."""
    rows, currency = history_rows(data), data.currencies[0]
    has_quota = bool(data.history.height and data.history["quota"].is_not_null().any())
    left = f"Position and quota ({currency})" if has_quota else f"Credited revenue ({currency})"
    sheet.page.add_chart(position_chart(history.page, left, rows, has_quota=has_quota), f"B{sheet.charts_row}")
    sheet.page.add_chart(
        commission_chart(history.page, f"Commission earned ({currency})", rows), f"E{sheet.charts_row}"
    )


def _title(page: Page) -> None:
    sheet, data = page.sheet, page.data
    sheet.height(1, 6)
    sheet.row(
        2, FIRST, across(("Commission statement", "title"), (data.period.label, "title_right"), "title"), height=28
    )
    replaces = f" · replaces revision {page.revision - 1}" if page.revision > 1 else ""
    state = f"Revision {page.revision}{replaces} · {data.standing.value}"
    sheet.row(3, FIRST, across((data.company, "under_title"), (state, "under_title_right"), "under_title"), height=18)
    page.row = 5


def _identity(page: Page) -> None:
    data = page.data
    left = (
        ("Payee", data.payee_name),
        ("Employee id", data.payee_id),
        ("Role", data.role),
        ("Manager", data.manager_name or "–"),
    )
    right = (
        ("Plan", data.plan_labels or "no plan in this period"),
        ("Period", data.period.days),
        ("Period key", data.period.key),
        ("Currency", ", ".join(data.currencies)),
    )
    for (name, value), (other, second) in zip(left, right, strict=True):
        page.sheet.row(
            page.row,
            FIRST,
            [(name, "label"), (value, "value"), (None, "value"), (other, "label"), (second, "value")],
            height=15,
        )
        page.row += 1
    page.row += 1


def _cards(page: Page, book: Workbook, currency: str) -> None:
    sheet, row, data = page.sheet, page.row, page.data
    money = digits_style("card_money", currency)
    attainment = data.rows_of(currency, "headline_attainment")
    rate: tuple[Value, str] = (attainment[0]["rate"], "card_percent") if attainment else ("–", "card_text")
    wide = digits_style("card_money_open", currency)
    sheet.row(row, FIRST, [
        ("Net payable", "first_card_label"), ("Commission earned", "card_label_open"), (None, "card_label"),
        ("Credited revenue", "card_label_open"), (None, "card_label"), ("Quota attainment", "card_label"),
    ], height=18)  # fmt: skip
    sheet.row(row + 1, FIRST, [
        (data.amount(currency, "net_payable"), _first_card(data, currency)),
        (data.amount(currency, "earned"), wide), (None, money),
        (data.amount(currency, "credited_revenue"), wide), (None, money), rate,
    ], height=30)  # fmt: skip
    for first in (FIRST + 1, FIRST + 3):
        sheet.merge(row + 1, first, first + 1)
    for name, column in (
        ("net_payable", "B"),
        ("commission_earned", "C"),
        ("credited_revenue", "E"),
        ("attainment", "G"),
    ):
        define(page, book, f"stmt_{name}", f"${column}${row + 1}", currency)
    page.row += 3


def _first_card(data: StatementData, currency: str) -> str:
    """How the net payable is shown; where nothing can be payable, in words instead of a zero."""
    if data.standing is Standing.WAITS:
        return "first_card_waits"
    leaves = data.payments.filter(pl.col("currency") == currency).height
    is_elsewhere = data.standing.is_settled and leaves and not data.amount(currency, "net_payable")
    return "first_card_elsewhere" if is_elsewhere else f"first_card_{currency}"


def _closing(page: Page) -> None:
    sheet, data = page.sheet, page.data
    to = f"write to {data.questions_to}" if data.questions_to else "ask your compensation team"
    sheet.put(page.row, FIRST, f"Questions or disputes: {to} and quote the order number and run {page.run}.", "note")
    sheet.put(
        page.row + 1,
        FIRST,
        "Amounts are gross, before tax and social security. Where each figure comes from: sheets Lines, Plan and About.",
        "note",
    )
    blank = "_" * 28
    sheet.put(page.row + 3, FIRST, f"Payee: {blank}  Date: {'_' * 14}", "note")
    sheet.put(page.row + 3, FIRST + 3, f"Manager: {blank}  Date: {'_' * 14}", "note")
    page.row += 4
