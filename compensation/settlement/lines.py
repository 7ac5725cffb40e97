"""Postings in the making: what a line is for, and what every step of settlement writes."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_units_of
from compensation.payout.bonuses.shown import amount_of
from compensation.settlement.difference import LINE, OWED
from schemas.core.settlement import Posting

__all__ = ["HELD", "LINE", "LINES", "NO_PLAN", "OWED", "frame_of", "line_of", "posting_schema", "units_by"]

HELD = ("hold", "release")
"""Kinds of posting that keep back what is owed, and give it free."""

NO_PLAN = "settlement"
"""What stands for a plan where a posting belongs to none."""

LINES = [name for name in Posting.columns() if name not in ("posting_number", "posting_period")]
"""Columns of a posting that is not in the ledger yet."""


def line_of(
    payee_id: str, currency: str, plan: str, component: str, kind: str, units: int, cause: str, earning_period: str
) -> dict[str, Any]:  # fmt: skip
    """One posting that belongs to no order line; ``units`` are minor units, signed as the payee's account sees them."""
    return {
        **dict.fromkeys(LINES), "payee_id": payee_id, "currency": currency, "plan": plan, "component": component, "kind": kind,
        "earning_period": earning_period, "amount": amount_of(units, minor_unit_digits(currency)), "cause": cause,
    }  # fmt: skip


def posting_schema() -> pl.Schema:
    """Types of ``LINES``."""
    return pl.Schema({name: dtype for name, dtype in Posting.dtypes().items() if name in LINES})


def frame_of(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Postings as a frame of ``LINES``."""
    return pl.DataFrame(list(rows), schema=posting_schema())


def units_by(rows: pl.DataFrame, by: Sequence[str], amount: str = "amount") -> dict[tuple[str, ...], int]:
    """Minor units per key; the key's second part is the currency."""
    sums = rows.group_by(by).agg(pl.col(amount).sum())
    return {row[:-1]: minor_units_of(row[-1], minor_unit_digits(row[1])) for row in sums.rows()}
