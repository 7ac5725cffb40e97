"""Key accounts on each day, and whatever else holds for an account and all below it."""

import polars as pl

from compensation.in_force import ALWAYS, FOREVER, cut_at_next

Facts = dict[str, pl.DataFrame]


def within(orders: pl.DataFrame, spans: pl.DataFrame) -> pl.Series:
    """``order_index`` of the orders whose account is in ``spans`` (``account_id``, ``valid_from``, ``valid_to``) on their date."""
    found = orders.select("order_index", "account_id", "order_date").join(spans, on="account_id", how="inner")
    inside = (pl.col("valid_from") <= pl.col("order_date")) & (pl.col("order_date") < pl.col("valid_to"))
    return found.filter(inside)["order_index"].unique()


def key_spans(facts: Facts, above: pl.DataFrame, tiers: tuple[str, ...]) -> pl.DataFrame:
    """When each account, or one above it, is a key account: ``account_id``, ``valid_from``, ``valid_to``."""
    return with_those_below(own_key_spans(facts, tiers), above)


def own_key_spans(facts: Facts, tiers: tuple[str, ...]) -> pl.DataFrame:
    """When each account is itself a key account: by its dated tiers; where it has none, by its ``segment`` always."""
    tiered = facts["account_tiers"]
    dated = (
        cut_at_next(tiered, "account_id")
        .filter(pl.col("tier").is_in(tiers))
        .select("account_id", "valid_from", "valid_to")
    )
    without = facts["accounts"].join(tiered, on="account_id", how="anti").filter(pl.col("segment").is_in(tiers))
    always = without.select("account_id", valid_from=pl.lit(ALWAYS), valid_to=pl.lit(FOREVER))
    return pl.concat([dated, always])


def with_those_below(spans: pl.DataFrame, above: pl.DataFrame) -> pl.DataFrame:
    """The same spans for each account and all below it, while they are."""
    reach = above.select("account_id", "above_id", _from="valid_from", _to="valid_to")
    below = reach.join(spans.rename({"account_id": "above_id"}), on="above_id", how="inner")
    return below.select(
        "account_id",
        valid_from=pl.max_horizontal("valid_from", "_from"),
        valid_to=pl.min_horizontal("valid_to", "_to"),
    ).filter(pl.col("valid_from") < pl.col("valid_to"))
