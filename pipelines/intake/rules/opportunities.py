"""Deals and how they are shared: a deal that is refused is a deal not named, a bad split holds its orders back."""

from decimal import Decimal

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch, place
from pipelines.intake.raw import FileRefused, blanked
from pipelines.intake.rules.world import World

WHOLE = Decimal(100)
UNKNOWN = "'{}' is not in payees, so this share goes to house; add the person, or correct the id"


def settle_opportunities(world: World) -> None:
    """List owners that nobody knows; their deals stay, and the share goes to house."""
    opportunities = world.tables["opportunities"]
    _list_unknown_people(world, opportunities, "owner_id")


def settle_splits(world: World) -> None:
    """Merge, drop, and check the shares of each deal.

    Raises:
        FileRefused: ``split_scale`` where fractions and percentages are mixed, or only fractions came.
    """
    splits = world.tables["opportunity_splits"]
    if not splits.height:
        return
    rows = world.linked("opportunity_splits", "opportunity_id", "opportunities", "opportunity_id")
    orphans = (rows.is_null() & splits.frame["opportunity_id"].is_not_null()).arg_true()
    sentence = pl.format(
        "opportunity_id '{}' is not in opportunities; add the deal, or correct the split", pl.col("opportunity_id")
    )
    splits.refuse(orphans, "orphan_split", sentence, column="opportunity_id")
    outside = ((splits.frame["percent"] < 0) | (splits.frame["percent"] > WHOLE)).arg_true()
    sentence = pl.format("a share of {} % lies outside 0 to 100; correct it", pl.col("percent"))
    splits.refuse(outside, "split_range", sentence, column="percent")
    _merge_same_person(splits)
    _drop_nothing(splits)
    _require_whole(splits)
    _list_unknown_people(world, splits, "payee_id")


def _merge_same_person(splits: Batch) -> None:
    """One row a person, deal and type: the shares are added up on the first."""
    key = ["opportunity_id", "payee_id", "split_type"]
    rows = splits.frame.select(*key, "percent").with_row_index("row").filter(splits.is_alive())
    several = rows.filter(pl.len().over(key) > 1)
    if not several.height:
        return
    summed = several.group_by(key, maintain_order=True).agg(pl.col("percent").sum(), pl.col("row").min())
    later = several.filter(~pl.col("row").is_in(summed["row"].implode()))["row"]
    percent = splits.frame["percent"].scatter(summed["row"], summed["percent"])
    splits.frame = splits.frame.with_columns(percent)
    splits.supersede(later, "split_merged", "the same person twice in one deal; the shares were added up")


def _drop_nothing(splits: Batch) -> None:
    nothing = ((splits.frame["percent"] == 0) & splits.is_alive()).fill_null(value=False).arg_true()
    splits.supersede(nothing, "split_zero", "a share of 0 % gives nobody anything; dropped")


def _require_whole(splits: Batch) -> None:
    """Revenue shares of a deal make exactly 100, or all of them are refused."""
    rows = splits.frame.with_row_index("row").with_columns(place()).filter(splits.is_alive())
    revenue = rows.filter(pl.col("split_type") == "revenue").with_columns(
        pl.col("percent").sum().over("opportunity_id").alias("_sum")
    )
    _require_percentages(revenue)
    off = revenue.filter(pl.col("_sum") != WHOLE).sort("row")
    sentence = pl.format(
        "the revenue shares of deal '{}' make {} %, not exactly 100; correct them, its orders wait",
        pl.col("opportunity_id"), pl.lit(off["_sum"].cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")),
    )  # fmt: skip
    splits.refuse(off["row"], "split_sum", sentence, column="percent")


def _require_percentages(revenue: pl.DataFrame) -> None:
    fractions = revenue.filter(pl.col("_sum") == 1)
    if fractions.height:
        first = fractions.sort("row").row(0, named=True)
        also = " while others sum to 100" if (revenue["_sum"] == WHOLE).any() else ""
        detail = f"the shares of deal {first['opportunity_id']!r} sum to 1{also}: fractions where per cent are expected; export per cent"
        raise FileRefused(str(first[FILE]), "split_scale", detail, line=first[SOURCE_LINE], table="opportunity_splits")


def _list_unknown_people(world: World, batch: Batch, column: str) -> None:
    if not batch.height:
        return
    known = world.linked(batch.table, column, "payees", "payee_id")
    unknown = (known.is_null() & batch.frame[column].is_not_null() & batch.is_alive()).arg_true()
    batch.refuse(unknown, "unknown_payee", pl.format(f"{column} {UNKNOWN}", pl.col(column)), column=column)
    batch.keep(unknown)


def settle_orders_of_deals(world: World) -> None:
    """Orders of a deal with bad shares wait; orders of a deal that is missing or refused name none."""
    orders, opportunities, splits = (world.tables[name] for name in ("orders", "opportunities", "opportunity_splits"))
    if orders.frame["opportunity_id"].null_count() == orders.height:
        return
    rows = world.linked("orders", "opportunity_id", "opportunities", "opportunity_id")
    alive = opportunities.is_alive().gather(rows).fill_null(value=False)
    nameless = (orders.frame["opportunity_id"].is_not_null() & ~alive).arg_true()
    _hold_for_splits(orders, splits)
    if nameless.len():
        orders.note(
            "opportunity_not_taken",
            "opportunity_id names a deal that is missing or refused; the order counts as naming none",
            nameless,
        )
        orders.frame = orders.frame.with_columns(blanked(orders.frame["opportunity_id"], nameless))


def _hold_for_splits(orders: Batch, splits: Batch) -> None:
    kept = splits.kept[0] if len(splits.kept) == 1 else pl.concat([*splits.kept, pl.Series([], dtype=pl.UInt32)])
    refused = [frame.filter(~pl.col("row").is_in(kept.implode())) for frame in splits.faults]
    rows = pl.concat([frame["row"] for frame in refused]).unique().sort() if refused else pl.Series([], dtype=pl.UInt32)
    if not rows.len():
        return
    bad = (
        splits.frame[rows]
        .select("opportunity_id", place().alias("_cause"))
        .drop_nulls()
        .unique("opportunity_id", keep="first", maintain_order=True)
    )
    held = orders.frame.with_row_index("row").join(
        bad, on="opportunity_id", how="inner", validate="m:1", maintain_order="left"
    )
    sentence = pl.format(
        "the shares of deal '{}' are refused, so nobody can be credited yet; correct the shares",
        pl.col("opportunity_id"),
    )
    orders.refuse(held["row"], "split_refused", sentence, column="opportunity_id", caused_by=held["_cause"])
