"""Awards and deductions outside the plans: each is posted as it stands now, less what was posted for it."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_units_of
from compensation.payout.bonuses.shown import shown_amount
from compensation.settlement.lines import NO_PLAN, frame_of, line_of, units_by
from compensation.settlement.terms import Period
from schemas.dtypes import MONEY

ADJUSTMENTS = pl.Schema(
    {
        "reference": pl.String(), "period": pl.String(), "payee_id": pl.String(), "currency": pl.String(), "amount": MONEY, "plan": pl.String(),
        "reason": pl.String(), "approved_by": pl.String(), "order_line_id": pl.String(), "counts_to_quota": pl.Boolean(),
        "measure": pl.String(),
    }
)  # fmt: skip
"""Approved adjustments: of the contract table and of the ledger, under one reference each."""

KEY = ("payee_id", "currency", "plan", "component", "order_line_id")
SPANS = ("fiscal_period", "quarter", "half", "fiscal_year")
"""Columns of the calendar that a period of an adjustment may name; it is paid in the last fiscal period of that."""


def adjustments_in_facts(rows: pl.DataFrame, calendar: pl.DataFrame) -> pl.DataFrame:
    """The contract table ``adjustments`` as settlement takes them (``ADJUSTMENTS``).

    Args:
        rows: Contract ``Adjustment``; their period is a fiscal period (``2026-P03`` or ``2026-03``), or a quarter, half year or
            year, which pays them in its last fiscal period. Of a period that the calendar does not reach nothing is due.
        calendar: Fiscal periods.
    """
    last = last_periods(calendar)
    named = rows.with_columns(period=pl.col("period").replace_strict(last, default=None, return_dtype=pl.String))
    known = named.drop_nulls("period")
    whole = known.with_columns(reference="adjustment_id", plan=pl.lit(NO_PLAN))
    return whole.select(ADJUSTMENTS.names()).cast(ADJUSTMENTS)


def last_periods(calendar: pl.DataFrame) -> dict[str, str]:
    """The last fiscal period of each fiscal period, quarter, half year and year, by each way of writing it."""
    found: dict[str, str] = {}
    for row in calendar.select(*SPANS).rows():
        found.update({str(span): row[0] for span in row})
        found[row[0].replace("-P", "-")] = row[0]
    return found


def adjusted(adjustments: pl.DataFrame, posted: pl.DataFrame, period: Period) -> pl.DataFrame:
    """What adjustments of this period, or one before, post: what each comes to now, less what was posted for it.

    One that is there no longer, or changed, is corrected like any fact: by a posting of the difference.

    Args:
        adjustments: ``ADJUSTMENTS``.
        posted: Contract ``Posting``.
        period: The open one.

    Returns:
        Postings (``lines.LINES``), each under its reference as component.
    """
    place = {name: number for number, name in enumerate(period.order)}
    due = {
        _key(row): row
        for row in adjustments.sort("reference").rows(named=True)
        if row["period"] in place and place[row["period"]] <= place[period.name]
    }  # fmt: skip
    before = units_by(posted.filter(pl.col("kind") == "adjustment"), KEY)
    return frame_of(_lines(due, before, period))


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row["payee_id"], row["currency"], row["plan"] or NO_PLAN, row["reference"], row["order_line_id"])


def _lines(
    due: Mapping[tuple[str, ...], Mapping[str, Any]], before: Mapping[tuple[str, ...], int], period: Period
) -> Iterator[dict[str, Any]]:  # fmt: skip
    for key in sorted(due.keys() | before.keys(), key=lambda one: tuple(part or "" for part in one)):
        row, digits = due.get(key), minor_unit_digits(key[1])
        now = minor_units_of(row["amount"], digits) if row else 0
        posted = before.get(key, 0)
        if now == posted:
            continue
        changed = f"; {shown_amount(posted, digits)} → {shown_amount(now, digits)}" if posted else ""
        cause = (
            f"{_said(row)}{changed}" if row else f"the adjustment is gone; {shown_amount(posted, digits)} taken back"
        )
        payee_id, currency, plan, reference, order_line = key
        earned_in = row["period"] if row else period.name
        line = line_of(payee_id, currency, plan, reference, "adjustment", now - posted, cause, earned_in)
        yield {**line, "order_line_id": order_line}


def _said(row: Mapping[str, Any]) -> str:
    counts = f"counts to the quota of {row['measure']}" if row["counts_to_quota"] else "does not count to quota"
    return f"{row['reason']} (approved by {row['approved_by']}; {counts})"
