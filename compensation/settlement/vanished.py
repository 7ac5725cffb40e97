"""What is paid does not vanish with its row: orders of closed days that no export has any more stay as they were."""

from typing import Any

import polars as pl

from compensation.settlement.splice import ClosedFacts, Facts
from schemas.core.attribution import Finding

KEPT = {"orders": "order_id", "order_lines": "order_line_id", "returns": "return_id"}
"""Tables whose rows stay when no export has them any more, and their keys."""

NAMED = {"orders": "Order", "order_lines": "Order line", "returns": "Return"}


def with_vanished(now: Facts, closed: ClosedFacts) -> Facts:
    """The facts with orders, lines and returns of closed days that are in no export any more, as they were at the last close.

    A missing row is not a cancellation: it changes nothing until somebody decides. A row that came but was refused is missing
    in the same way, until it is mended.

    Args:
        now: Contract tables as they are now; those of ``KEPT`` are needed.
        closed: The last closed period, and the facts at its close.

    Returns:
        The same facts; only tables with missing rows are others.

    Source:
        ``docs/close.md``.
    """
    lost = _vanished(now, closed)
    return {**now, **{name: pl.concat([now[name], rows.select(now[name].columns)]) for name, rows in lost.items()}}


def vanished_rows(facts: Facts, now: Facts, period: str) -> pl.DataFrame:
    """A warning for each order, line and return that stays though no export has it (contract ``Finding``).

    A line or return of a missing order is not named beside it.

    Args:
        facts: Contract tables that were computed with.
        now: Contract tables as they came.
        period: The last closed period.
    """
    if all(facts[name] is now[name] for name in KEPT):
        return Finding.empty_frame()
    orders, lines, returns = (facts[name].join(now[name], on=key, how="anti") for name, key in KEPT.items())
    alone = {
        "orders": orders,
        "order_lines": lines.join(orders, on="order_id", how="anti"),
        "returns": returns.join(lines, on="order_line_id", how="anti"),
    }
    found = [
        _found(name, row, period) for name, rows in alone.items() for row in rows.sort(KEPT[name]).rows(named=True)
    ]
    return Finding.validate(pl.DataFrame(found, schema=Finding.dtypes()))


def _vanished(now: Facts, closed: ClosedFacts) -> Facts:
    then = closed.facts
    orders = then["orders"].filter(pl.col("order_date") < closed.end)
    inside = {
        "orders": orders,
        "order_lines": then["order_lines"].join(orders, on="order_id", how="semi"),
        "returns": then["returns"].filter(pl.col("return_date") < closed.end),
    }
    lost = {name: inside[name].join(now[name], on=key, how="anti") for name, key in KEPT.items()}
    return {name: rows for name, rows in lost.items() if not rows.is_empty()}


def _found(table: str, row: dict[str, Any], period: str) -> dict[str, Any]:
    subject, day = row[KEPT[table]], row.get("order_date") or row.get("return_date")
    detail = (
        f"{NAMED[table]} {subject} is in no export any more, or was refused; it stays as it was when {period} closed. If it is gone "
        "for good, send its order once more as cancelled, or its amount as 0; otherwise restore or mend the row."
    )
    said = {
        "code": "row_vanished",
        "severity": "warning",
        "subject_table": table,
        "subject_id": subject,
        "event_date": day,
    }
    return {**dict.fromkeys(Finding.columns()), **said, "detail": detail}
