"""The rhythm in which customers order."""

import polars as pl


def rhythm_of(trade: pl.DataFrame, least: int) -> pl.DataFrame:
    """The usual gap between the days on which a customer orders: the middle one of their gaps, the larger of two.

    Args:
        trade: As ``trade.trade_of`` gives it; returns are no orders.
        least: So many days with an order are needed.

    Returns:
        One row per customer with enough of them: ``customer_id``, ``last_order``, ``gap`` (days).
    """
    sales = trade.filter(pl.col("return_id").is_null())
    days = sales.select("customer_id", "event_date").unique().sort("customer_id", "event_date")
    before = pl.col("event_date").shift(1).over("customer_id")
    gaps = days.with_columns(gap=(pl.col("event_date") - before).dt.total_days()).sort(
        "customer_id", "gap", nulls_last=True
    )
    middle = pl.col("gap").drop_nulls().slice((pl.len() - 1) // 2, 1).first()
    found = gaps.group_by("customer_id", maintain_order=True).agg(
        last_order=pl.col("event_date").max(), gap=middle, days=pl.len()
    )
    return found.filter(pl.col("days") >= least).select("customer_id", "last_order", "gap")
