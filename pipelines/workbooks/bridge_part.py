"""Part of the statement's page: from earned to paid, of a company without a ledger and of periods that are not settled yet."""

from decimal import Decimal

import polars as pl
from openpyxl import Workbook

from compensation.currency import minor_unit_digits
from pipelines.workbooks.bonus_sheet import bonus_place
from pipelines.workbooks.cells import Formula, Link, plain_number
from pipelines.workbooks.look import digits_style
from pipelines.workbooks.pay_sheet import paid_in, sum_of_paid
from pipelines.workbooks.settled.standing import Standing
from pipelines.workbooks.statement_page import (
    CHECK,
    FIRST,
    LAST,
    RE_ADDS,
    ZERO,
    Page,
    all_digits_notes,
    bridge_row,
    define,
    head,
    section,
)

NOT_SETTLED = (
    "Nothing of this period is payable yet: it is settled once the periods before it are closed. Opening balance, corrections, draws "
    "and held pay follow then."
)


def bridge(page: Page, book: Workbook, currency: str) -> None:
    """Write the part, with the check of the whole section."""
    data = page.data
    section(page, "From earned to paid", '"Re-added" is live Excel arithmetic over the detail sheets')
    head(page, ("Step", "Amount", "Re-added", "Difference", "Lines", "Detail"))
    first, digits = page.row, minor_unit_digits(currency)
    _sales_and_clawbacks(page, currency, digits)
    _bonuses_and_guarantee(page, currency, digits)
    earned, earned_row, waits = data.amount(currency, "earned"), page.row, data.standing is Standing.WAITS
    again = Formula(f"ROUND(SUM(D{first}:D{earned_row - 1}),{digits})", earned)
    bridge_row(page, currency, "Commission earned", earned, again, None)
    if earned < 0 and not waits:
        carried = Formula(f"MAX(0,-D{earned_row})", -earned)
        bridge_row(page, currency, "Negative result carried forward, not paid", -earned, carried, None)
    again = Formula("0", ZERO) if waits else Formula(f"MAX(0,D{earned_row})", data.amount(currency, "net_payable"))
    _net_row(page, currency, first, again)
    define(page, book, "stmt_check", f"$G${page.row - 1}", currency)
    if not waits:
        _paid_in(page, currency)
    _bridge_notes(page, currency, earned)
    page.row += 1


def _sales_and_clawbacks(page: Page, currency: str, digits: int) -> None:
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
        bridge_row(page, currency, label, amount, again, Formula(f"COUNTIFS({own},{status})", count), "Lines")


def _bonuses_and_guarantee(page: Page, currency: str, digits: int) -> None:
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
        bridge_row(page, currency, label, amount, again, number, detail="Bonuses")


def _bridge_notes(page: Page, currency: str, earned: Decimal) -> None:
    notes = []
    if page.data.standing is Standing.WAITS:
        notes.append(NOT_SETTLED)
    elif earned < 0:
        carried = f"{plain_number(-earned)} {currency} is carried forward and not paid"
        notes.append(f"{carried}; this statement does not bring forward balances of earlier periods.")
    notes += all_digits_notes(page.data, currency)
    for note in notes:
        page.sheet.put(page.row, FIRST, note, "note")
        page.row += 1


def _net_row(page: Page, currency: str, first: int, again: Formula) -> None:
    row, net = page.row, page.data.amount(currency, "net_payable")
    money = digits_style("net_money", currency)
    every_line = f"SUMPRODUCT(ABS({page.place.cells('Difference')}))=0"
    check = Formula(f'IF(AND(SUMPRODUCT(ABS(E{first}:E{row}))=0,{every_line}),"{RE_ADDS}","{CHECK}")', RE_ADDS)
    page.sheet.row(row, FIRST, [
        ("Net payable", "net_label"), (net, money), (again, money),
        (Formula(f"ROUND(C{row}-D{row},{minor_unit_digits(currency)})", ZERO), money), (None, "net_count"), (check, "check_total"),
    ], height=20)  # fmt: skip
    page.sheet.turns_red(f"$G${row}")
    page.row += 1


def _paid_in(page: Page, currency: str) -> None:
    """What the net payable is in the currency that the plan pays in; by day on its sheet."""
    for code, amount in paid_in(page.data.payments, currency):
        said = "Carried forward, in" if page.data.amount(currency, "earned") < 0 else "Paid in"
        again = Formula(sum_of_paid(page.data, currency, code), amount)
        bridge_row(page, code, f"{said} {code}", amount, again, None, detail="")
        page.sheet.put(page.row - 1, LAST, Link("Rates by day →", location="'Pay currency'!A5"), "link")
