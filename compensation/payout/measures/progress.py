"""Progress: how much of each order is invoiced and paid, day by day."""

import polars as pl

from compensation.counted import counted
from compensation.money import running_total, thousandths
from compensation.payout.errors import MissingFigure

CHANGES = ("invoiced", "paid", "returned")


def progress_of(orders: pl.Series, facts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Each order's days on which something was invoiced, paid or returned, and how far it had come by then.

    An order is to be invoiced, and paid, as much as its lines less what came back of them by that day: more than that
    counts no further, and where nothing is left to invoice or pay all of it is. A payment that was returned takes back.

    Args:
        orders: Orders in question, once each.
        facts: Contract tables ``orders``, ``order_lines``, ``returns``, ``invoices`` and ``payments``.

    Returns:
        Sorted by ``order_id`` and ``date``: ``invoiced``, ``paid`` and ``whole`` (what both are measured against; all three
        in thousandths of the order's currency, ``Int64``). Before its first row nothing of an order is invoiced or paid.

    Raises:
        MissingFigure: an order has no lines to measure against.

    Source:
        ``docs/plans/modifiers.md``.
    """
    asked = orders.cast(pl.String).rename("order_id").to_frame()
    lines = _of_orders(facts["order_lines"], asked)
    by_day = pl.concat(
        [
            _changes(_of_orders(facts["invoices"], asked), "date", "invoiced"),
            _changes(_of_orders(_with_order(facts["payments"], facts["invoices"]), asked), "date", "paid"),
            _changes(_returns(facts["returns"], lines), "return_date", "returned"),
        ]
    )
    days = by_day.group_by("order_id", "date").agg(pl.col(*CHANGES).sum()).sort("order_id", "date")
    group = pl.col("order_id").rle_id()
    to_date = days.with_columns(group=group).with_columns(
        running_total(pl.col(name), pl.col("group")) for name in CHANGES
    )
    sums = lines.group_by("order_id").agg(lines=thousandths(pl.col("net_amount")).sum().cast(pl.Int64))
    _require_lines(asked, sums)
    known = to_date.join(sums, on="order_id", how="left", validate="m:1", maintain_order="left")
    left = pl.col("lines") - pl.col("returned")
    reached = [
        pl.when(left > 0).then(pl.col(name).clip(0, left)).otherwise(1).alias(name) for name in ("invoiced", "paid")
    ]
    return known.select("order_id", "date", *reached, whole=pl.when(left > 0).then(left).otherwise(1))


def _of_orders(rows: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("order_id").cast(pl.String)).join(asked, on="order_id", how="semi")


def _with_order(payments: pl.DataFrame, invoices: pl.DataFrame) -> pl.DataFrame:
    """Payments with the order that they name, else that of their invoice."""
    known = invoices.select("invoice_id", invoiced_order="order_id")
    found = payments.join(known, on="invoice_id", how="left", validate="m:1", maintain_order="left")
    return found.with_columns(order_id=pl.coalesce("order_id", "invoiced_order"))


def _returns(returns: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    return returns.join(lines.select("order_line_id", "order_id"), on="order_line_id", how="inner", validate="m:1")


def _changes(rows: pl.DataFrame, date: str, name: str) -> pl.DataFrame:
    """One row each: the ``order_id``, the ``date`` and how much of ``name`` it adds."""
    amount = thousandths(pl.col("amount")).cast(pl.Int64)
    nothing = pl.lit(0, dtype=pl.Int64)
    return rows.select(
        "order_id", pl.col(date).alias("date"), *[(amount if each == name else nothing).alias(each) for each in CHANGES]
    )


def _require_lines(asked: pl.DataFrame, sums: pl.DataFrame) -> None:
    lost = asked.join(sums, on="order_id", how="anti").sort("order_id")
    if not lost.is_empty():
        raise MissingFigure(
            f"{counted(lost.height, 'order', 'has', 'have')} no lines to be measured against and should count by invoice or payment. First: order "
            f"{lost['order_id'][0]}. Give the facts that the credits were made from."
        )
