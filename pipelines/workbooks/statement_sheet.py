"""Sheet ``Statement``: one page that answers how much, why, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName

from compensation.currency import minor_unit_digits
from compensation.statement.labels import counts_pieces
from pipelines.workbooks.bonus_sheet import bonus_place
from pipelines.workbooks.cells import Formula, Link, Value, is_exact_in_excel, plain_number
from pipelines.workbooks.charts import commission_chart, position_chart
from pipelines.workbooks.data import Figure, StatementData
from pipelines.workbooks.history_sheet import history_rows
from pipelines.workbooks.lines_sheet import LinesPlace
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.pay_sheet import paid_in, sum_of_paid
from pipelines.workbooks.sheet import Sheet

WIDTHS = (1.5, 31, 15.5, 15.5, 15.5, 15.5, 15.5, 1.5)
FIRST, LAST = 2, 7
ZERO = Decimal(0)
LONG_LABEL = 40
RE_ADDS, CHECK = "✓ re-adds", "✗ CHECK"


@dataclass
class _Page:
    """The sheet, and the row that is next."""

    sheet: Sheet
    data: StatementData
    place: LinesPlace
    run: str
    revision: int
    row: int = 1


def write_statement_sheet(
    book: Workbook, look: Look, data: StatementData, place: LinesPlace, run: str, revision: int
) -> Sheet:
    """Add the sheet with everything but its charts, which need the sheet behind them (``add_charts``)."""
    sheet = Sheet(book, look, "Statement", WIDTHS)
    page = _Page(sheet, data, place, run, revision)
    _title(page)
    _identity(page)
    for currency in data.currencies:
        _cards(page, book, currency)
        _components(page, currency)
        _bridge(page, book, currency)
        _attainment(page, currency)
    sheet.print_on(orientation="portrait", pages_tall=1, paper=data.paper)
    _define(page, book, "stmt_payee_id", "$C$6", data.currencies[0])
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


def _title(page: _Page) -> None:
    sheet, data = page.sheet, page.data
    sheet.height(1, 6)
    sheet.row(
        2, FIRST, _across(("Commission statement", "title"), (data.period.label, "title_right"), "title"), height=28
    )
    replaces = f" · replaces revision {page.revision - 1}" if page.revision > 1 else ""
    state = f"Revision {page.revision}{replaces} · period not closed"
    sheet.row(3, FIRST, _across((data.company, "under_title"), (state, "under_title_right"), "under_title"), height=18)
    page.row = 5


def _across(first: tuple[Value, str], last: tuple[Value, str], between: str) -> list[tuple[Value, str]]:
    return [first, *[(None, between)] * (LAST - FIRST - 1), last]


def _identity(page: _Page) -> None:
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


def _cards(page: _Page, book: Workbook, currency: str) -> None:
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
        (data.amount(currency, "net_payable"), f"first_card_{currency}"),
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
        _define(page, book, f"stmt_{name}", f"${column}${row + 1}", currency)
    page.row += 3


def _components(page: _Page, currency: str) -> None:
    sheet, before = page.sheet, page.data.period.before or "Period before"
    _section(page, "Earnings by component", f"amounts in {currency}")
    heads = ("Component", "Credited revenue", "Average rate", "Commission", before, "Change")
    _head(page, heads)
    first = page.row
    for name, credited, earned, previous in _component_rows(page, currency):
        _component_row(page, currency, (name, credited, earned, previous))
    if page.row == first:
        _component_row(page, currency, ("No component in this period", ZERO, ZERO, ZERO))
    last = page.row - 1
    total, data = digits_style("total_money", currency), page.data
    earned, credited, previous = (
        data.amount(currency, name) for name in ("earned", "credited_revenue", "earned_before")
    )
    shown_before = _sum_of_before(page, currency)
    del previous
    sheet.row(page.row, FIRST, [
        ("Commission earned", "total"), (Formula(f"SUM(C{first}:C{last})", credited), total),
        _average(page, currency, earned, credited), (Formula(f"SUM(E{first}:E{last})", earned), total),
        (Formula(f"SUM(F{first}:F{last})", shown_before), total), (Formula(f"SUM(G{first}:G{last})", earned - shown_before), total),
    ], height=16)  # fmt: skip
    page.row += 2


def _component_rows(page: _Page, currency: str) -> Iterator[tuple[str, Decimal | str, Decimal, Decimal]]:
    """Label, what it counts (an amount of revenue, or a number of something else in words), earned now and before."""
    data = page.data
    for row in data.rows_of(currency, "component_earned"):
        credited, before = (data.beside(row, name) for name in ("component_credited", "component_earned_before"))
        yield row["label"], _counted(credited), row["amount"], _amount(before)
    for figure in ("unpaid_revenue", "counted_again", "counted_otherwise"):
        for row in data.rows_of(currency, figure):
            if row["amount"]:
                yield row["label"], row["amount"], ZERO, ZERO


def _average(page: _Page, currency: str, earned: Decimal, credited: Decimal) -> tuple[Value, str]:
    """The average rate, where everything earned is earned on the credited revenue; else it would say nothing."""
    by_revenue = all(row["counted"] is None for row in page.data.rows_of(currency, "component_credited"))
    return (_rate_formula(page.row, earned, credited), "total_rate") if by_revenue else (None, "total")


def _counted(row: Figure | None) -> Decimal | str:
    """An amount of revenue, which sums to the credited revenue; else ``35 units``, or a dash where nothing is counted."""
    counted = row["counted"] if row else None
    if row is None or counted is None:
        return _amount(row)
    return "–" if counted == "nothing" else f"{Decimal(plain_number(row['amount'])):,f} {counted}"


def _amount(row: Figure | None) -> Decimal:
    return row["amount"] if row else ZERO


def _label(page: _Page, label: str) -> tuple[Value, str]:
    """A row's label: a long one is wrapped, and its row made higher."""
    is_long = len(label) > LONG_LABEL
    page.sheet.height(page.row, 27 if is_long else 15)
    return label, "text_wrap" if is_long else "text_shrunk"


def _component_row(page: _Page, currency: str, values: tuple[str, Decimal | str, Decimal, Decimal]) -> None:
    label, credited, earned, previous = values
    money, row = digits_style("money", currency), page.row
    change = Formula(f"ROUND(E{row}-F{row},{minor_unit_digits(currency)})", earned - previous)
    shown: list[tuple[Value, str]] = (
        [(credited, "text_right"), ("–", "text_right")] if isinstance(credited, str)
        else [(credited, money), (_rate_formula(row, earned, credited), "rate")]
    )  # fmt: skip
    page.sheet.row(row, FIRST, [_label(page, label), *shown, (earned, money), (previous, money), (change, money)])
    page.row += 1


def _rate_formula(row: int, earned: Decimal, credited: Decimal) -> Formula:
    rate = round(earned / credited, 6) if credited else ZERO
    return Formula(f"IF(C{row}=0,0,ROUND(E{row}/C{row},6))", rate)


def _sum_of_before(page: _Page, currency: str) -> Decimal:
    return sum((row["amount"] for row in page.data.rows_of(currency, "component_earned_before")), ZERO)


def _bridge(page: _Page, book: Workbook, currency: str) -> None:
    data = page.data
    _section(page, "From earned to paid", '"Re-added" is live Excel arithmetic over the detail sheets')
    _head(page, ("Step", "Amount", "Re-added", "Difference", "Lines", "Detail"))
    first, digits = page.row, minor_unit_digits(currency)
    _sales_and_clawbacks(page, currency, digits)
    _bonuses_and_guarantee(page, currency, digits)
    earned, earned_row = data.amount(currency, "earned"), page.row
    again = Formula(f"ROUND(SUM(D{first}:D{earned_row - 1}),{digits})", earned)
    _bridge_row(page, currency, "Commission earned", earned, again, None)
    if earned < 0:
        carried = Formula(f"MAX(0,-D{earned_row})", -earned)
        _bridge_row(page, currency, "Negative result carried forward, not paid", -earned, carried, None)
    _net_row(page, currency, first, earned_row)
    _define(page, book, "stmt_check", f"$G${page.row - 1}", currency)
    _paid_in(page, currency)
    _bridge_notes(page, currency, earned)
    page.row += 1


def _sales_and_clawbacks(page: _Page, currency: str, digits: int) -> None:
    data, place = page.data, page.place
    own = f'{place.cells("Pay")},"{currency}",{place.cells("Status")}'
    listed = data.details.filter(pl.col("currency") == currency)
    returns = listed.filter(pl.col("unpaid_reason").is_null() & pl.col("return_id").is_not_null()).height
    steps = (
        ("Commission earned on sales", "earned_on_sales", '"<>Return"', listed.height - returns),
        ("Clawbacks for returns", "clawback", '"Return"', returns),
    )
    for label, figure, status, count in steps:
        amount = data.amount(currency, figure)
        again = Formula(f"ROUND(SUMIFS({place.cells('Re-added')},{own},{status}),{digits})", amount)
        _bridge_row(page, currency, label, amount, again, Formula(f"COUNTIFS({own},{status})", count))


def _bonuses_and_guarantee(page: _Page, currency: str, digits: int) -> None:
    """Steps of pay that no credit earns, where there are any, re-added over their sheet."""
    data, place = page.data, bonus_place(page.data)
    own = f'{place.cells("Cur.")},"{currency}",{place.cells("Kind")}'
    rows = data.bonuses.filter(pl.col("currency") == currency)
    is_guarantee = pl.col("kind") == "guarantee"
    steps = (
        ("Bonuses and pools", "bonus", '"<>Guarantee"', rows.filter(~is_guarantee).height),
        ("Guarantee", "guarantee", '"Guarantee"', rows.filter(is_guarantee).height),
    )
    for label, figure, kind, count in steps:
        if not count:
            continue
        amount = data.amount(currency, figure)
        again = Formula(f"ROUND(SUMIFS({place.cells('Amount')},{own},{kind}),{digits})", amount)
        number = Formula(f"COUNTIFS({own},{kind})", count)
        _bridge_row(page, currency, label, amount, again, number, detail="Bonuses")


def _bridge_notes(page: _Page, currency: str, earned: Decimal) -> None:
    notes = []
    if earned < 0:
        carried = f"{plain_number(-earned)} {currency} is carried forward and not paid"
        notes.append(f"{carried}; this statement does not bring forward balances of earlier periods.")
    for label, figure in (("Net payable", "net_payable"), ("Credited revenue", "credited_revenue")):
        amount = page.data.amount(currency, figure)
        if not is_exact_in_excel(amount):
            notes.append(f"{label}, all digits (Excel keeps 15): {plain_number(amount)} {currency}")
    for note in notes:
        page.sheet.put(page.row, FIRST, note, "note")
        page.row += 1


def _bridge_row(
    page: _Page,
    currency: str,
    label: str,
    amount: Decimal,
    again: Formula,
    lines: Formula | None,
    detail: str = "Lines",
) -> None:
    money, row = digits_style("money", currency), page.row
    difference = Formula(f"ROUND(C{row}-D{row},{minor_unit_digits(currency)})", ZERO)
    link: tuple[Value, str] = (Link(f"{detail} →", location=f"{detail}!A5"), "link") if lines else (None, "text_right")
    page.sheet.row(
        row,
        FIRST,
        [_label(page, label), (amount, money), (again, money), (difference, money), (lines, "count"), link],
    )
    page.row += 1


def _net_row(page: _Page, currency: str, first: int, earned_row: int) -> None:
    row, net = page.row, page.data.amount(currency, "net_payable")
    money = digits_style("net_money", currency)
    every_line = f"SUMPRODUCT(ABS({page.place.cells('Difference')}))=0"
    check = Formula(f'IF(AND(SUMPRODUCT(ABS(E{first}:E{row}))=0,{every_line}),"{RE_ADDS}","{CHECK}")', RE_ADDS)
    page.sheet.row(row, FIRST, [
        ("Net payable", "net_label"), (net, money), (Formula(f"MAX(0,D{earned_row})", net), money),
        (Formula(f"ROUND(C{row}-D{row},{minor_unit_digits(currency)})", ZERO), money), (None, "net_count"), (check, "check_total"),
    ], height=20)  # fmt: skip
    page.sheet.turns_red(f"$G${row}")
    page.row += 1


def _paid_in(page: _Page, currency: str) -> None:
    """What the net payable is in the currency that the plan pays in; by day on its sheet."""
    for code, amount in paid_in(page.data.payments, currency):
        said = "Carried forward, in" if page.data.amount(currency, "earned") < 0 else "Paid in"
        again = Formula(sum_of_paid(page.data, currency, code), amount)
        _bridge_row(page, code, f"{said} {code}", amount, again, None, detail="")
        page.sheet.put(page.row - 1, LAST, Link("Rates by day →", location="'Pay currency'!A5"), "link")


def _attainment(page: _Page, currency: str) -> None:
    data, money = page.data, digits_style("money", currency)
    positions = data.rows_of(currency, "position")
    if not positions:
        return
    _section(page, "Attainment", "at the end of the period")
    _head(page, ("Component and window", "Quota", "Position", "Attainment", "To next tier", "Rate"))
    for position in positions:
        quota, attained, distance, rate = (
            data.beside(position, name) for name in ("quota", "attainment", "to_next_tier", "tier_rate")
        )
        counted = position["counted"]
        label = f"{position['label']} ({counted})" if counted else position["label"]
        page.sheet.row(page.row, FIRST, [
            _label(page, label), *(_standing_cell(row, money) for row in (quota, position)),
            (attained["rate"], "percent") if attained else ("no quota", "text_right"),
            _standing_cell(distance, money) if distance else ("top tier", "text_right"),
            (rate["rate"] if rate else None, "each" if counts_pieces(counted) else "rate"),
        ])  # fmt: skip
        page.row += 1
    page.row += 1


def _standing_cell(row: Figure | None, money: str) -> tuple[Value, str]:
    """An amount of money, or a number of units in plain digits."""
    if row is None:
        return None, money
    amount: Decimal = row["amount"]
    return (plain_number(amount), "text_right") if counts_pieces(row["counted"]) else (amount, money)


def _section(page: _Page, title: str, hint: str) -> None:
    page.sheet.row(page.row, FIRST, _across((title, "section"), (hint, "hint"), "section"), height=20)
    page.row += 1


def _head(page: _Page, heads: tuple[str, ...]) -> None:
    page.sheet.row(
        page.row, FIRST, [(name, "head_number" if number else "head") for number, name in enumerate(heads)], height=24
    )
    page.row += 1


def _closing(page: _Page) -> None:
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


def _define(page: _Page, book: Workbook, name: str, cell: str, currency: str) -> None:
    full = name if currency == page.data.currencies[0] else f"{name}_{currency}"
    book.defined_names[full] = DefinedName(full, attr_text=f"Statement!{cell}")
