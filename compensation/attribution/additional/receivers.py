"""Who receives additional credits of an order: overlays of its deal, and the coordinators of its account."""

import polars as pl

from compensation.attribution import trees
from compensation.attribution.carers import carers
from compensation.attribution.deals import deals_by_version
from compensation.attribution.people import last_days
from compensation.money import WHOLE, share_units

Facts = dict[str, pl.DataFrame]

RECEIVED = ("order_id", "payee_id", "share")
"""One receiver of an order, with their share in ``money.WHOLE``; shares may add up to anything."""


def overlays(orders: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Overlay shares of each order's opportunity: ``RECEIVED``.

    Whoever is a payee on the order date and has not left by then receives theirs, whatever their role.

    Args:
        orders: ``order_id``, ``order_date``, ``opportunity_id``.
        facts: Contract tables ``opportunities``, ``opportunity_splits``, ``payees``; those that closes froze, where there are.
    """
    named, _, splits = deals_by_version(orders.filter(pl.col("opportunity_id").is_not_null()), facts)
    ours = splits.filter(pl.col("split_type") == "overlay").select(
        "opportunity_id", "deal_version", "payee_id", share=share_units(pl.col("percent"))
    )
    each = named.join(ours, on=["opportunity_id", "deal_version"], how="inner")  # orders × overlay shares of their deal
    known = each.join(last_days(facts["payees"]), on="payee_id", how="inner", validate="m:1")
    return known.filter(pl.col("order_date") <= pl.col("last_day")).select(RECEIVED)


def coordinators(orders: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Who coordinates each order's account on its date, found on it or up the tree: ``RECEIVED``.

    Args:
        orders: ``order_id``, ``order_date``, ``account_id``.
        facts: Contract tables ``accounts``, ``account_parents``, ``assignments``, ``payees``.
    """
    above = trees.ancestors(trees.parents(facts["accounts"], facts["account_parents"]))
    helping = facts["assignments"].filter(pl.col("role") == "sales_coordinator")
    care = carers(helping, above, last_days(facts["payees"]))
    each = orders.join(care, on="account_id", how="inner")  # orders × coordinators of their account
    inside = (pl.col("valid_from") <= pl.col("order_date")) & (pl.col("order_date") < pl.col("valid_to"))
    return each.filter(inside).select("order_id", "payee_id", share=share_units(pl.col("share")).fill_null(WHOLE))
