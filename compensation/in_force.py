"""What applies on a day: rows with half-open intervals, and the one in force for each row of another table."""

from datetime import date

import polars as pl

ALWAYS = date(1, 1, 1)
FOREVER = date(9999, 12, 31)


def intervals(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with ``valid_from`` and ``valid_to`` filled; empty intervals, which never apply, are gone."""
    bounded = rows.with_columns(
        valid_from=pl.col("valid_from").fill_null(ALWAYS),
        valid_to=(pl.col("valid_to") if "valid_to" in rows.columns else pl.lit(None, dtype=pl.Date)).fill_null(FOREVER),
    )
    return bounded.filter(pl.col("valid_from") < pl.col("valid_to"))


def cut_at_next(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Rows as intervals, each ended where a later one of the same ``by`` starts.

    Histories are often exported with every end left open: then the latest start counts, as the reader means it.
    """
    known = intervals(rows)
    starts = known.select(by, "valid_from").unique().sort(by, "valid_from")
    following = starts.with_columns(_next=pl.col("valid_from").shift(-1).over(by))
    cut = known.join(following, on=[by, "valid_from"], how="left", validate="m:1", maintain_order="left")
    return cut.with_columns(valid_to=pl.min_horizontal("valid_to", "_next")).drop("_next")


def until_next(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Rows that run until the next one of the same ``by`` starts, as intervals."""
    ordered = rows.with_columns(pl.col("valid_from").fill_null(ALWAYS)).sort(by, "valid_from")
    return ordered.with_columns(valid_to=pl.col("valid_from").shift(-1).over(by).fill_null(FOREVER))


def from_the_beginning(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """``until_next``, where the first row of each ``by`` also holds for all days before it.

    For what a thing is, rather than what was agreed: a product had its family before the export began to date it.
    """
    dated = until_next(rows, by)
    is_first = (pl.col(by) != pl.col(by).shift(1)).fill_null(value=True)
    return dated.with_columns(valid_from=pl.when(is_first).then(pl.lit(ALWAYS)).otherwise("valid_from"))


def on_day(rows: pl.DataFrame, dated: pl.DataFrame, *, by: str, on: str) -> pl.DataFrame:
    """The same rows, in the same order, with what ``dated`` says of their ``by`` on the day ``on``.

    Args:
        rows: Any table with ``by`` and ``on``.
        dated: One row per ``by`` and interval, without overlaps (``intervals`` or ``until_next``), any other columns.
        by: The key that both have.
        on: The date in ``rows``.

    Returns:
        ``rows`` and the other columns of ``dated``; null where nothing applies on the day.
    """
    payload = [name for name in dated.columns if name not in (by, "valid_from", "valid_to")]
    asked = rows.select(by, on)
    if dated[by].n_unique() == dated.height:
        found = asked.join(dated, on=by, how="left", validate="m:1", maintain_order="left")
    else:
        found = _as_of(asked, dated, by, on)
    applies = (pl.col("valid_from") <= pl.col(on)) & (pl.col(on) < pl.col("valid_to"))
    return rows.hstack(found.select(pl.when(applies).then(pl.col(name)).alias(name) for name in payload))


def _as_of(asked: pl.DataFrame, dated: pl.DataFrame, by: str, on: str) -> pl.DataFrame:
    is_sorted = asked[on].null_count() == 0 and asked[on].is_sorted()
    keyed = asked.with_row_index("_row")
    found = (keyed if is_sorted else keyed.sort(on, maintain_order=True)).join_asof(
        dated.sort("valid_from"), left_on=on, right_on="valid_from", by=by, strategy="backward",
        check_sortedness=False, coalesce=False,
    )  # fmt: skip
    return found if is_sorted else found.sort("_row")
