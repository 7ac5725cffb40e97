"""Sheet ``Pay currency``: what a plan that pays in another currency pays, day by day, with both rates."""

from decimal import Decimal
from fractions import Fraction

import polars as pl
from openpyxl import Workbook

from compensation.currency import minor_unit_digits
from compensation.money import rounded_fraction
from compensation.statement.labels import GUARANTEE
from pipelines.workbooks.cells import Formula, Link, Value
from pipelines.workbooks.data import StatementData
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.sheet import Sheet

TITLE = "Pay currency"
HEAD_ROW = 4
COLUMNS: tuple[tuple[str, float], ...] = (
    ("Plan", 24), ("Converted on", 13), ("Earned", 15), ("Cur.", 7), ("Rate of the plan's", 17), ("Rate of the pay's", 17), ("Paid", 15),
    ("Pay cur.", 9), ("Re-added", 15),
)  # fmt: skip
HEADS = tuple(name for name, _ in COLUMNS)
LEFT = ("Plan", "Cur.", "Pay cur.", "Converted on")
DAY = ["plan", "converted_on", "currency", "plan_rate", "pay_rate", "pay_currency"]


GUARANTEE_MARK = " · guarantee"
"""Behind the name of a plan where what is converted is its guarantee."""


def payments_of_period(pay_amounts: pl.DataFrame, period: str) -> pl.DataFrame:
    """One row a payee, plan and day of conversion: ``earned`` and ``amount`` of the period, with both rates; guarantees apart."""
    is_guarantee = pl.col("component") == GUARANTEE
    named = pl.when(is_guarantee).then(pl.col("plan") + GUARANTEE_MARK).otherwise("plan")
    own = pay_amounts.filter(pl.col("fiscal_period") == period).with_columns(plan=named)
    return own.group_by("payee_id", *DAY).agg(pl.col("earned", "amount").sum()).sort("payee_id", *DAY)


def paid_in(payments: pl.DataFrame, currency: str) -> list[tuple[str, Decimal]]:
    """Each pay currency of a section with what is paid in it."""
    own = payments.filter(pl.col("currency") == currency)
    return own.group_by("pay_currency").agg(pl.col("amount").sum()).sort("pay_currency").rows()


def write_payments(book: Workbook, look: Look, data: StatementData) -> Sheet:
    """Add the sheet; the statement has such a plan."""
    sheet = Sheet(book, look, TITLE, [width for _, width in COLUMNS])
    sheet.put(1, 1, "Pay in another currency", "sheet_title")
    sheet.put(1, len(HEADS), Link("← Statement", location="Statement!A1"), "back")
    sheet.height(1, 24)
    who = (
        f"{data.payee_name} · {data.payee_id} · {data.period.label} · rates are units of company currency for one unit"
    )
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(len(HEADS))], height=18)
    sheet.row(HEAD_ROW, 1, [(name, "head" if name in LEFT else "head_number") for name in HEADS], height=28)
    last = HEAD_ROW + data.payments.height
    for at, row in enumerate(data.payments.rows(named=True), start=HEAD_ROW + 1):
        sheet.row(at, 1, _cells(at, row))
    note = "Paid is what was earned on the day × rate of the plan's currency ÷ rate of the pay currency, rounded once."
    sheet.put(last + 2, 1, note, "note")
    sheet.table("PayCurrency", HEADS, HEAD_ROW, last)
    sheet.print_on(orientation="landscape", pages_tall=0, paper=data.paper, head_row=HEAD_ROW)
    return sheet


def paid_cells(data: StatementData) -> dict[str, str]:
    """Absolute ranges of the rows: ``plan``, ``earned`` and its currency ``of``, ``paid`` and its currency ``in``."""
    first, last = HEAD_ROW + 1, HEAD_ROW + data.payments.height
    letters = {"plan": "A", "earned": "C", "of": "D", "paid": "G", "in": "H"}
    return {name: f"'{TITLE}'!${letter}${first}:${letter}${last}" for name, letter in letters.items()}


def sum_of_paid(data: StatementData, currency: str, pay_currency: str) -> str:
    """Formula that adds up what the sheet pays of one section in one currency."""
    cells = paid_cells(data)
    return f'ROUND(SUMIFS({cells["paid"]},{cells["of"]},"{currency}",{cells["in"]},"{pay_currency}"),{minor_unit_digits(pay_currency)})'


def _cells(at: int, row: dict[str, Decimal | str]) -> list[tuple[Value, str]]:
    earned, plan_rate, pay_rate, amount = (Decimal(row[name]) for name in ("earned", "plan_rate", "pay_rate", "amount"))
    currency, pay_currency = str(row["currency"]), str(row["pay_currency"])
    digits = minor_unit_digits(pay_currency)
    exact = Fraction(earned) * Fraction(plan_rate) / Fraction(pay_rate)
    again = Decimal(rounded_fraction(exact, digits)).scaleb(-digits)
    money = digits_style("money", pay_currency)
    return [
        (str(row["plan"]), "text"), (row["converted_on"], "grid_date"), (earned, digits_style("money", currency)), (currency, "text_indent"),
        (plan_rate.normalize() + 0, "position"), (pay_rate.normalize() + 0, "position"), (amount, money), (pay_currency, "text_indent"),
        (Formula(f"ROUND(C{at}*E{at}/F{at},{digits})", again), money),
    ]  # fmt: skip
