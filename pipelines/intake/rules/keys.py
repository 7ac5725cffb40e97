"""The same key twice: an exact copy is set aside, the latest version wins, anything else is refused."""

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch, key_of, place
from pipelines.intake.raw import FileRefused
from pipelines.intake.rules.world import World
from schemas.rules.source import required_columns_of
from schemas.table import is_unique

REFUSES_FILE = {"quotas": "duplicate_conflict", "fx_rates": "fx_conflict"}
"""Tables in which two answers to one question make the whole file useless."""


def settle_duplicates(batch: Batch) -> None:
    """Leave one row a key in the facts, or none.

    Raises:
        FileRefused: two different quotas or rates for the same thing.
    """
    key = key_of(batch.table)
    if not key or is_unique(batch.frame.select(key)):
        return
    required = [name for name in key if name in required_columns_of(batch.table)]
    rows = batch.frame.with_row_index("row").with_columns(place())
    rows = rows.filter(~pl.col("row").is_in(batch.superseded_rows().implode()))
    rows = rows.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in required))
    rows = rows.filter(pl.len().over(key) > 1)
    if rows.height:
        rest = _without_copies(batch, _without_empty_intervals(batch, rows, key), key)
        rest = _without_earlier_versions(batch, rest, key) if "version" in rest.columns else rest
        _refuse_conflicts(batch, rest, key)


def _without_empty_intervals(batch: Batch, rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """A row that ends on the day it starts never applies, so it is no other answer to the same question."""
    if "valid_to" not in rows.columns:
        return rows
    is_empty = (pl.col("valid_to") == pl.col("valid_from")).fill_null(value=False)
    stays = is_empty.all().over(key) & (pl.col("row") == pl.col("row").min().over(key))
    idle = rows.filter(is_empty & ~stays)["row"]
    batch.supersede(
        idle, "empty_interval", "valid_to is valid_from, so it never applies; the other row of its key counts"
    )
    return rows.filter(~pl.col("row").is_in(idle.implode())).filter(pl.len().over(key) > 1)


def _without_copies(batch: Batch, rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    content = [name for name in batch.frame.columns if name not in (FILE, SOURCE_LINE)]
    first = rows.unique(content, keep="first", maintain_order=True)
    copies = rows.join(first.select("row"), on="row", how="anti")["row"]
    batch.supersede(
        copies, "duplicate_row", f"the same record again ({', '.join(key)} and all else equal); the first is kept"
    )
    return first.filter(pl.len().over(key) > 1)


def _without_earlier_versions(batch: Batch, rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    has_versions = pl.col("version").is_not_null().all().over(key)
    latest = pl.col("version") == pl.col("version").max().over(key)
    earlier = rows.filter(has_versions & ~latest)["row"]
    batch.supersede(earlier, "superseded", "an earlier version of the same record; the latest counts")
    rest = rows.filter(~(has_versions & ~latest)).filter(pl.len().over(key) > 1)
    same = rest.filter(has_versions)
    sentence = pl.format(
        "{} stands several times with the same version {} and different content; give the right one a higher version",
        _named(key), pl.col("version"),
    )  # fmt: skip
    batch.refuse(same["row"], "version_conflict", sentence, column="version")
    return rest.filter(~pl.col("row").is_in(same["row"].implode()))


def _refuse_conflicts(batch: Batch, rows: pl.DataFrame, key: list[str]) -> None:
    rows = rows.filter(pl.len().over(key) > 1).with_columns(pl.col("place").str.join(", ").over(key).alias("places"))
    if not rows.height:
        return
    if batch.table in REFUSES_FILE:
        first = rows.row(0, named=True)
        detail = f"{_key_text(first, key)} stands several times with different content ({first['places']}); keep one"
        raise FileRefused(
            str(first[FILE]), REFUSES_FILE[batch.table], detail, line=first[SOURCE_LINE], table=batch.table
        )
    details = rows.select(
        pl.format(
            "{} stands several times with different content ({}); none is taken until one is left",
            _named(key),
            "places",
        )
    ).to_series()
    for_row = dict(zip(rows["row"].to_list(), details.to_list(), strict=True))
    ordered = rows["row"].sort()
    sentence = pl.lit(pl.Series([for_row[row] for row in ordered]))
    batch.refuse(ordered, "duplicate_conflict", sentence, column=key[0])


def _named(key: list[str]) -> pl.Expr:
    return pl.concat_str(
        [pl.format(f"{name} '{{}}'", pl.col(name).cast(pl.String).fill_null("")) for name in key], separator=", "
    )


def _key_text(row: dict[str, object], key: list[str]) -> str:
    return ", ".join(f"{name} {str(row[name])!r}" for name in key)


def refuse_stale_versions(world: World) -> None:
    """Refuse orders older than the version that was accepted before: nothing paid is rolled back by a late file."""
    orders, known = world.tables["orders"], world.latest_versions
    if not known.height or orders.frame["version"].null_count() == orders.height:
        return
    rows = orders.frame.select("order_id", "version").with_row_index("row").filter(orders.is_alive())
    found = rows.join(
        known.rename({"version": "known"}), on="order_id", how="inner", validate="m:1", maintain_order="left"
    )
    stale = found.filter(pl.col("version") < pl.col("known"))
    sentence = pl.format(
        "version {} of order '{}' came after version {} had been accepted; send the latest version",
        "version",
        "order_id",
        pl.lit(stale["known"]),
    )
    orders.refuse(stale["row"], "stale_version", sentence, column="version")
