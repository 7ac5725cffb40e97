"""Rows made of several source rows: which they are, and what became of each source row."""

from collections.abc import Sequence

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE
from pipelines.intake.finish import dispositions
from pipelines.intake.gather import Joined
from pipelines.intake.raw import LINE
from schemas.core.intake import RowSource


def further_sources(joined: Sequence[Joined]) -> pl.DataFrame:
    """For each accepted row made of several, its source rows beyond the one that names it."""
    parts = [_further(part) for part in joined]
    if not parts:
        return RowSource.empty_frame()
    return pl.concat(parts).unique().sort(RowSource.columns())


def _further(part: Joined) -> pl.DataFrame:
    rows = part.batch.frame.select(
        pl.col(FILE).cast(pl.String).alias("source_file"), pl.col(SOURCE_LINE).alias("source_line")
    ).with_row_index("row")
    rows = rows.filter(part.batch.is_alive())
    others = part.sources.rename({"source_file": "other_file", "source_line": "other_line"})
    linked = rows.join(others, on="row", how="inner", validate="1:m")
    is_itself = (pl.col("source_file") == pl.col("other_file")) & (pl.col("source_line") == pl.col("other_line"))
    return linked.filter(~is_itself).with_columns(table=pl.lit(part.batch.table)).select(RowSource.columns())


def raw_counts(joined: Sequence[Joined]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Per file and table: source rows accepted, quarantined, superseded.

    A source row is accepted where an accepted row names it, quarantined where only refused rows do or its record
    is broken, else superseded: the query left it out, or nothing looked it up.
    """
    counts: dict[tuple[str, str], tuple[int, int, int]] = {}
    for part in joined:
        state = dispositions(part.batch).to_frame("state").with_row_index("row")
        best = pl.col("state").replace_strict({"accepted": 2, "quarantined": 1}, default=0, return_dtype=pl.Int8)
        by_source = (
            part.sources.join(state, on="row", how="inner", validate="m:1")
            .group_by("source_file", "source_line")
            .agg(best.max().alias("best"))
        )
        for name, lines, broken in part.raw:
            raw = lines.with_columns(source_file=pl.lit(name)).join(
                by_source,
                left_on=["source_file", LINE],
                right_on=["source_file", "source_line"],
                how="left",
                validate="1:1",
            )
            is_broken = pl.col(LINE).is_in(broken.implode())
            accepted = raw.filter(pl.col("best") == 2).height  # noqa: PLR2004
            quarantined = raw.filter((pl.col("best") == 1) | is_broken).height
            before = counts.get((name, part.batch.table), (0, 0, 0))
            here = (accepted, quarantined, raw.height - accepted - quarantined)
            counts[name, part.batch.table] = (before[0] + here[0], before[1] + here[1], before[2] + here[2])
    return counts
