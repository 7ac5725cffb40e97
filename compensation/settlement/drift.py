"""Drift: what a source says otherwise now of days that are closed."""

from collections.abc import Sequence

import polars as pl

from compensation.in_force import ALWAYS, FOREVER
from compensation.settlement.splice import INTERVALS, UNTIL_NEXT, ClosedFacts, Facts, dated
from schemas.core.settlement import Drift

DRIFT_COLUMNS = {
    "payees": ("role", "manager_id"),
    "products": ("product_family",),
    "fx_rates": ("rate",),
    "account_parents": ("parent_account_id",),
    "account_tiers": ("tier",),
}
"""What of each dated table is frozen; of assignments it is who looks after the account, and their share and priority."""


def drift(now: Facts, closed: Sequence[ClosedFacts]) -> pl.DataFrame:
    """What sources say otherwise now of closed days: reported, and without effect on them.

    Args:
        now: Every contract table as it is now.
        closed: Closed periods, in any order.

    Returns:
        Contract ``Drift``: one row per subject and closed period in which both differ, with what each says on the first day
        of the period that they differ on; what only came later is no drift.
    """
    found = [Drift.empty_frame()]
    for each in closed:
        was, becomes = dated(each.facts), dated(now)
        for table, key in (UNTIL_NEXT | INTERVALS).items():
            known = each.facts["accounts" if key == "account_id" else table][key].unique()
            here = pl.col(key).is_in(known.implode())
            before, after = (_said_in(facts, table, key, each).filter(here) for facts in (was, becomes))
            found.append(_differing(before, after, table, key, each.period))
        found.append(_differing_deals(now, each))
    return Drift.validate(pl.concat(found).sort(Drift.key()))


def _said_in(facts: Facts, table: str, key: str, period: ClosedFacts) -> pl.DataFrame:
    """What a table says of each key inside a period: ``day`` (its first day in the period) and ``said``."""
    rows = facts[table].with_columns(valid_from=pl.col("valid_from").fill_null(ALWAYS))
    if table in UNTIL_NEXT:
        ordered = rows.sort(key, "valid_from")
        rows = ordered.with_columns(valid_to=pl.col("valid_from").shift(-1).over(key))
    rows = rows.with_columns(pl.col("valid_to").fill_null(FOREVER))
    inside = rows.filter((pl.col("valid_from") < period.end) & (pl.col("valid_to") > period.first))
    return inside.select(
        key, day=pl.max_horizontal("valid_from", pl.lit(period.first)), until=pl.min_horizontal("valid_to", pl.lit(period.end)),
        said=_said(table),
    )  # fmt: skip


def _said(table: str) -> pl.Expr:
    if table == "assignments":
        share = pl.when(pl.col("share").is_not_null()).then(pl.format(" {} %", pl.col("share").cast(pl.String)))
        order = pl.when(pl.col("priority").is_not_null()).then(
            pl.format(" priority {}", pl.col("priority").cast(pl.String))
        )
        return pl.concat_str("role", pl.lit(" "), "payee_id", share.fill_null(""), order.fill_null(""))
    parts = [pl.format(f"{name} {{}}", pl.col(name).cast(pl.String).fill_null("none")) for name in DRIFT_COLUMNS[table]]
    return pl.concat_str(parts, separator=", ")


def _differing(was: pl.DataFrame, now: pl.DataFrame, table: str, key: str, period: str) -> pl.DataFrame:
    """One row for each key of which the two sides say otherwise, each with all that it says there."""
    gone, came = was.join(now, on=was.columns, how="anti"), now.join(was, on=was.columns, how="anti")
    first = pl.concat([gone, came]).group_by(key).agg(on=pl.col("day").min())
    sides = [
        side.sort(key, "day", "said")
        .group_by(key)
        .agg(pl.col("said").unique(maintain_order=True).str.join("; ").alias(name))
        for side, name in ((gone, "was"), (came, "now"))
    ]
    both = first.join(sides[0], on=key, how="left", validate="1:1").join(sides[1], on=key, how="left", validate="1:1")
    told = both.with_columns(pl.col("was", "now").fill_null("nothing")).filter(pl.col("was") != pl.col("now"))
    return told.select(
        subject_table=pl.lit(table), subject_id=key, fiscal_period=pl.lit(period), on="on", was="was", now="now"
    )


def _differing_deals(now: Facts, closed: ClosedFacts) -> pl.DataFrame:
    """Opportunities with an order dated in the period whose owner or splits are others now."""
    here = (pl.col("order_date") >= closed.first) & (pl.col("order_date") < closed.end)
    dated = now["orders"].filter(here & pl.col("opportunity_id").is_not_null())
    days = dated.group_by("opportunity_id").agg(day=pl.col("order_date").min())
    known = days.join(closed.facts["opportunities"], on="opportunity_id", how="semi")
    sides = [
        known.join(_deal_said(facts), on="opportunity_id", how="inner", validate="1:1") for facts in (closed.facts, now)
    ]
    return _differing(sides[0], sides[1], "opportunities", "opportunity_id", closed.period)


def _deal_said(facts: Facts) -> pl.DataFrame:
    split = pl.format("{} {} %", "payee_id", pl.col("percent").cast(pl.String))
    revenue = facts["opportunity_splits"].filter(pl.col("split_type") == "revenue").sort("opportunity_id", "payee_id")
    splits = revenue.group_by("opportunity_id").agg(_splits=split.str.join(", "))
    deals = facts["opportunities"].join(splits, on="opportunity_id", how="left", validate="1:1")
    shared = pl.format(", splits {}", pl.col("_splits")).fill_null("")
    return deals.select("opportunity_id", said=pl.concat_str(pl.lit("owner "), "owner_id", shared))
