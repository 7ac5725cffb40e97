"""Part of the statement's page: where the payee stands against quota and tiers."""

from decimal import Decimal

from compensation.statement.labels import counts_pieces
from pipelines.workbooks.cells import Value, plain_number
from pipelines.workbooks.data import Figure
from pipelines.workbooks.look import digits_style
from pipelines.workbooks.statement_page import FIRST, Page, head, label_cell, section


def attainment(page: Page, currency: str) -> None:
    """Write the part; nothing where the payee stands nowhere."""
    data, money = page.data, digits_style("money", currency)
    positions = data.rows_of(currency, "position")
    if not positions:
        return
    section(page, "Attainment", "at the end of the period")
    head(page, ("Component and window", "Quota", "Position", "Attainment", "To next tier", "Rate"))
    for position in positions:
        quota, attained, distance, rate = (
            data.beside(position, name) for name in ("quota", "attainment", "to_next_tier", "tier_rate")
        )
        counted = position["counted"]
        label = f"{position['label']} ({counted})" if counted else position["label"]
        page.sheet.row(page.row, FIRST, [
            label_cell(page, label), *(_standing_cell(row, money) for row in (quota, position)),
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
