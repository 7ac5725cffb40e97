"""Part of the statement's page: what each component counted and earned."""

from collections.abc import Iterator
from decimal import Decimal

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula, Value, plain_number
from pipelines.workbooks.data import Figure
from pipelines.workbooks.look import digits_style
from pipelines.workbooks.statement_page import FIRST, ZERO, Page, head, label_cell, section


def components(page: Page, currency: str) -> None:
    """Write the part, with its sums."""
    sheet, before = page.sheet, page.data.period.before or "Period before"
    as_now = ", the period before as known now" if page.data.standing.is_settled else ""
    section(page, "Earnings by component", f"amounts in {currency}{as_now}")
    heads = ("Component", "Credited revenue", "Average rate", "Commission", before, "Change")
    head(page, heads)
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


def _component_rows(page: Page, currency: str) -> Iterator[tuple[str, Decimal | str, Decimal, Decimal]]:
    """Label, what it counts (an amount of revenue, or a number of something else in words), earned now and before."""
    data = page.data
    for row in data.rows_of(currency, "component_earned"):
        credited, before = (data.beside(row, name) for name in ("component_credited", "component_earned_before"))
        yield row["label"], _counted(credited), row["amount"], _amount(before)
    for figure in ("unpaid_revenue", "counted_again", "counted_otherwise"):
        for row in data.rows_of(currency, figure):
            if row["amount"]:
                yield row["label"], row["amount"], ZERO, ZERO


def _average(page: Page, currency: str, earned: Decimal, credited: Decimal) -> tuple[Value, str]:
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


def _component_row(page: Page, currency: str, values: tuple[str, Decimal | str, Decimal, Decimal]) -> None:
    label, credited, earned, previous = values
    money, row = digits_style("money", currency), page.row
    change = Formula(f"ROUND(E{row}-F{row},{minor_unit_digits(currency)})", earned - previous)
    shown: list[tuple[Value, str]] = (
        [(credited, "text_right"), ("–", "text_right")] if isinstance(credited, str)
        else [(credited, money), (_rate_formula(row, earned, credited), "rate")]
    )  # fmt: skip
    page.sheet.row(row, FIRST, [label_cell(page, label), *shown, (earned, money), (previous, money), (change, money)])
    page.row += 1


def _rate_formula(row: int, earned: Decimal, credited: Decimal) -> Formula:
    rate = round(earned / credited, 6) if credited else ZERO
    return Formula(f"IF(C{row}=0,0,ROUND(E{row}/C{row},6))", rate)


def _sum_of_before(page: Page, currency: str) -> Decimal:
    return sum((row["amount"] for row in page.data.rows_of(currency, "component_earned_before")), ZERO)
