"""Part of the statement's page: from the opening balance to what is paid, each step re-added over its sheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from openpyxl import Workbook

from compensation.currency import minor_unit_digits
from pipelines.workbooks.bonus_sheet import bonus_place
from pipelines.workbooks.cells import Formula
from pipelines.workbooks.data import StatementData
from pipelines.workbooks.history_sheet import carried_cell
from pipelines.workbooks.look import digits_style
from pipelines.workbooks.pay_sheet import GUARANTEE_MARK, paid_cells
from pipelines.workbooks.settled.adjustments_sheet import adjustments_place
from pipelines.workbooks.settled.changes_sheet import corrections_place
from pipelines.workbooks.settled.held_sheet import held_place, moves_place
from pipelines.workbooks.settled.listing import ListPlace
from pipelines.workbooks.statement_page import (
    CHECK,
    FIRST,
    RE_ADDS,
    ZERO,
    Page,
    all_digits_notes,
    bridge_row,
    define,
    head,
    section,
)


@dataclass(frozen=True)
class Step:
    """One row of the bridge: what it says, the engine's amount, the formula that adds it up again, how many lines, and where."""

    label: str
    amount: Decimal
    again: Formula
    lines: Formula | None = None
    detail: str = ""


def settled_bridge(page: Page, book: Workbook, currency: str) -> None:
    """Write the part, with the check of the whole section."""
    section(page, "From earned to paid", '"Re-added" is live Excel arithmetic over the detail sheets')
    head(page, ("Step", "Amount", "Re-added", "Difference", "Lines", "Detail"))
    first = page.row
    for step in _steps(page, currency):
        bridge_row(page, currency, step.label, step.amount, step.again, step.lines, step.detail)
    _ends(page, currency, first)
    define(page, book, "stmt_check", f"$G${page.row - 1}", currency)
    define(page, book, "stmt_carried_forward", f"$C${page.row - 2}", currency)
    _memos(page, book, currency)
    for note in all_digits_notes(page.data, currency):
        page.sheet.put(page.row, FIRST, note, "note")
        page.row += 1
    page.row += 1


def _steps(page: Page, currency: str) -> Iterator[Step]:
    data = page.data
    opening = data.amount(currency, "opening")
    yield Step("Opening balance", opening, Formula(carried_cell(data, currency), opening), None, "'Last 12 months'")
    yield from _earned(page, currency)
    yield from _converted(data, currency)
    rows = data.settled
    changes, beside, moves = (
        corrections_place(rows.corrections),
        adjustments_place(rows.adjustments),
        moves_place(rows.moves),
    )
    for label, figure, kinds in (
        ("Corrections of sales and bonuses", "corrected_sales", ("Sale", "Bonus")),
        ("Corrections of clawbacks", "corrected_clawback", ("Return",)),
    ):
        yield from _listed(data, currency, label, figure, rows.corrections, changes, kinds, "Effect on pay")
    for label, figure, kind in (
        ("Adjustments and awards", "adjusted", "Adjustment"), ("Guarantee", "guaranteed", "Guarantee"),
        ("Drawn", "drawn", "Draw"), ("Draws recovered", "recovered", "Recovery"),
    ):  # fmt: skip
        yield from _listed(data, currency, label, figure, rows.adjustments, beside, (kind,))
    for label, figure, kind in (("Held back", "held", "Held"), ("Released", "released", "Released")):
        yield from _listed(data, currency, label, figure, rows.moves, moves, (kind,))


def _earned(page: Page, currency: str) -> Iterator[Step]:
    """What the period itself earned; clawbacks apart. A section that only other currencies are paid into has no such rows."""
    data, place = page.data, page.place
    own = f'{place.cells("Pay")},"{currency}",{place.cells("Status")}'
    listed = data.details.filter(pl.col("currency") == currency)
    returns = listed.filter(pl.col("unpaid_reason").is_null() & pl.col("return_id").is_not_null()).height
    for label, figure, status, count in (
        ("Commission earned on sales", "earned_on_sales", '"<>Return"', listed.height - returns),
        ("Clawbacks for returns", "clawback", '"Return"', returns),
    ):
        amount = data.amount(currency, figure)
        again = Formula(
            f"ROUND(SUMIFS({place.cells('Re-added')},{own},{status}),{minor_unit_digits(currency)})", amount
        )
        yield Step(label, amount, again, Formula(f"COUNTIFS({own},{status})", count), "Lines")
    parts = data.bonuses.filter((pl.col("currency") == currency) & (pl.col("kind") != "guarantee"))
    if parts.height:
        cells, amount = bonus_place(data), data.amount(currency, "bonus")
        picked = f'{cells.cells("Cur.")},"{currency}",{cells.cells("Kind")},"<>Guarantee"'
        again = Formula(f"ROUND(SUMIFS({cells.cells('Amount')},{picked}),{minor_unit_digits(currency)})", amount)
        yield Step("Bonuses and pools", amount, again, Formula(f"COUNTIFS({picked})", parts.height), "Bonuses")


def _converted(data: StatementData, currency: str) -> Iterator[Step]:
    """What plans that pay in another currency take out of this one, or bring into it."""
    own = data.payments.filter(~pl.col("plan").str.ends_with(GUARANTEE_MARK))
    if own.is_empty():
        return
    digits, cells = minor_unit_digits(currency), paid_cells(data)
    plans = f'{cells["plan"]},"<>*{GUARANTEE_MARK}"'
    leaves = own.filter(pl.col("currency") == currency)
    if leaves.height:
        amount = -sum(leaves["earned"], ZERO)
        picked = f'{cells["of"]},"{currency}",{plans}'
        again = Formula(f"ROUND(-SUMIFS({cells['earned']},{picked}),{digits})", amount)
        to = ", ".join(sorted(set(leaves["pay_currency"])))
        yield Step(
            f"Converted and paid in {to}",
            amount,
            again,
            Formula(f"COUNTIFS({picked})", leaves.height),
            "'Pay currency'",
        )
    comes = own.filter(pl.col("pay_currency") == currency)
    if comes.height:
        amount = sum(comes["amount"], ZERO)
        picked = f'{cells["in"]},"{currency}",{plans}'
        again = Formula(f"ROUND(SUMIFS({cells['paid']},{picked}),{digits})", amount)
        of = ", ".join(sorted(set(comes["currency"])))
        yield Step(
            f"Earned in {of}, converted", amount, again, Formula(f"COUNTIFS({picked})", comes.height), "'Pay currency'"
        )


def _listed(
    data: StatementData, currency: str, label: str, figure: str, rows: pl.DataFrame, place: ListPlace, kinds: tuple[str, ...],
    column: str = "Amount",
) -> Iterator[Step]:  # fmt: skip
    """A step of postings that a sheet lists; none where there are none."""
    count = rows.filter((pl.col("currency") == currency) & pl.col("kind").is_in(kinds)).height
    if count:
        amount = data.amount(currency, figure)
        sums = "+".join(place.sum_of(column, currency, kind) for kind in kinds)
        again = f"ROUND({sums},{minor_unit_digits(currency)})" if len(kinds) > 1 else sums
        counts = "+".join(place.count_of(currency, kind) for kind in kinds)
        yield Step(label, amount, Formula(again, amount), Formula(counts, count), place.sheet)


def _ends(page: Page, currency: str, first: int) -> None:
    """What the steps come to, what of it is carried forward, and what is paid."""
    data, digits = page.data, minor_unit_digits(currency)
    net, carried, last = data.amount(currency, "net_payable"), data.amount(currency, "carried_forward"), page.row - 1
    steps = sum((step.amount for step in _steps(page, currency)), ZERO)
    _whole_row(page, currency, net + carried, Formula(f"ROUND(SUM(D{first}:D{last}),{digits})", steps))
    whole, at = page.row - 1, page.row
    left = Formula(f"ROUND(D{whole}-C{at + 1},{digits})", steps - net)
    bridge_row(page, currency, "Carried forward" + (", owed by the payee" if carried < 0 else ""), carried, left, None)
    _net_row(page, currency, first, Formula(f"ROUND(D{whole}-C{at},{digits})", steps - carried))


def _whole_row(page: Page, currency: str, amount: Decimal, again: Formula) -> None:
    row, digits, money = page.row, minor_unit_digits(currency), digits_style("total_money", currency)
    rest = amount - Decimal(str(again.cached))
    page.sheet.row(row, FIRST, [
        ("Paid and carried forward", "total"), (amount, money), (again, money), (Formula(f"ROUND(C{row}-D{row},{digits})", rest), money),
        (None, "total"), (None, "total"),
    ], height=16)  # fmt: skip
    page.row += 1


def _net_row(page: Page, currency: str, first: int, again: Formula) -> None:
    row, digits, money = page.row, minor_unit_digits(currency), digits_style("net_money", currency)
    net = page.data.amount(currency, "net_payable")
    rest = net - Decimal(str(again.cached))
    lines = f"SUMPRODUCT(ABS({page.place.cells('Difference')}))=0"
    said = RE_ADDS if rest == 0 else CHECK
    check = Formula(f'IF(AND(SUMPRODUCT(ABS(E{first}:E{row}))=0,{lines}),"{RE_ADDS}","{CHECK}")', said)
    page.sheet.row(row, FIRST, [
        ("Net payable", "net_label"), (net, money), (again, money), (Formula(f"ROUND(C{row}-D{row},{digits})", rest), money),
        (None, "net_count"), (check, "check_total"),
    ], height=20)  # fmt: skip
    page.sheet.turns_red(f"$G${row}")
    page.row += 1


def _memos(page: Page, book: Workbook, currency: str) -> None:
    """What is no part of the sum: pay that is still held, draws that are still owed, what was earned above the draw."""
    data = page.data
    rows = data.settled
    amounts = {name: data.amount(currency, name) for name in ("still_held", "draw_debt", "above_draw")}
    has_draw = any((amounts["draw_debt"], amounts["above_draw"], data.amount(currency, "drawn"), data.amount(currency, "recovered")))  # fmt: skip
    held = held_place(rows.moves, rows.held, data.currencies)
    listed = rows.held.filter(pl.col("currency") == currency).height
    if amounts["still_held"] or listed:
        again = Formula(
            held.sum_of("Amount", currency), sum(rows.held.filter(pl.col("currency") == currency)["amount"], ZERO)
        )
        _memo(page, currency, "Still held after this period", amounts["still_held"], again, "Held")
        define(page, book, "stmt_still_held", f"$C${page.row - 1}", currency)
    if has_draw:
        _memo(page, currency, "Draws still to be recovered", amounts["draw_debt"], None, "")
        define(page, book, "stmt_draw_debt", f"$C${page.row - 1}", currency)
        _memo(page, currency, "Earned above the draw", amounts["above_draw"], None, "")
        define(page, book, "stmt_above_draw", f"$C${page.row - 1}", currency)


def _memo(page: Page, currency: str, label: str, amount: Decimal, again: Formula | None, detail: str) -> None:
    """One figure beside the sum, in grey."""
    if again is not None:
        bridge_row(page, currency, label, amount, again, None, detail)
        return
    money = digits_style("money", currency)
    page.sheet.row(
        page.row, FIRST,
        [(label, "text_shrunk"), (amount, money), (None, "text"), (None, "text"), (None, "text"), ("no part of the sum", "text_right_grey")],
        height=15,
    )  # fmt: skip
    page.row += 1
