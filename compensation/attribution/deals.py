"""Opportunities and splits as they decide on each order: as they are now, or as a close of its period froze them."""

import polars as pl

Facts = dict[str, pl.DataFrame]

VERSION = pl.Int32
NOW = -1
"""Version of an opportunity as it is now."""


def deals_by_version(orders: pl.DataFrame, facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The orders with the version of their opportunity that decides, and every version's owner and splits.

    Args:
        orders: With ``opportunity_id`` and ``order_date``.
        facts: ``opportunities`` and ``opportunity_splits``; where periods are closed also ``closed_deals`` and
            ``closed_splits`` (``settlement.splice``).

    Returns:
        The orders in their order with ``deal_version``; opportunities and splits with ``deal_version``. Where several
        closes knew an opportunity on the order date, the earliest decides; where none did, it is as it is now.
    """
    as_now = pl.lit(NOW, dtype=VERSION)
    deals, splits = (
        facts[table].with_columns(deal_version=as_now) for table in ("opportunities", "opportunity_splits")
    )
    closed, parts = facts.get("closed_deals"), facts.get("closed_splits")
    if closed is None or parts is None or closed.is_empty():
        return orders.with_columns(deal_version=as_now), deals, splits
    ends = closed["frozen_to"].unique().sort()
    numbered = _numbered(closed, ends)
    kept = [
        pl.concat([now, _numbered(was, ends).select(now.columns)]) for now, was in ((deals, closed), (splits, parts))
    ]
    return _with_version(orders, numbered, ends), kept[0], kept[1]


def _numbered(closed: pl.DataFrame, ends: pl.Series) -> pl.DataFrame:
    return closed.with_columns(deal_version=pl.Series(ends.search_sorted(closed["frozen_to"]), dtype=VERSION))


def _with_version(orders: pl.DataFrame, closed: pl.DataFrame, ends: pl.Series) -> pl.DataFrame:
    """The orders with the first close on or after their date that knew their opportunity, or ``NOW``."""
    first = closed.group_by("opportunity_id").agg(_first=pl.col("deal_version").min())
    here = closed.select("opportunity_id", "deal_version", _here=pl.lit(value=True))
    dated = orders.with_columns(
        _period=pl.Series(ends.search_sorted(orders["order_date"], side="right"), dtype=VERSION)
    )
    known = dated.join(first, on="opportunity_id", how="left", validate="m:1", maintain_order="left")
    asked = known.with_columns(deal_version=pl.max_horizontal("_period", "_first"))
    found = asked.join(here, on=["opportunity_id", "deal_version"], how="left", validate="m:1", maintain_order="left")
    version = pl.when("_here").then("deal_version").otherwise(NOW).cast(VERSION)
    return found.with_columns(deal_version=version).select(*orders.columns, "deal_version")
