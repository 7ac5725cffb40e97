"""Several files that hold the same groups of rows: each group is taken from one file."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import polars as pl

from pipelines.intake.raw import RawTable
from schemas.rules.source import Overlap


def overlapped_rows(tables: Sequence[tuple[str, RawTable]], overlap: Overlap) -> dict[str, pl.Series]:
    """Per file, the rows whose group is taken from another file."""
    by = [overlap.by] if isinstance(overlap.by, str) else list(overlap.by)
    ordered = sorted(tables, key=lambda named: _rank(named[0], overlap.order))
    groups = [
        table.frame.select(pl.col(name).cast(pl.String) for name in by)
        .with_row_index("row")
        .with_columns(file=pl.lit(place, dtype=pl.UInt32))
        for place, (_, table) in enumerate(ordered)
    ]
    taken = pl.col("file").max() if overlap.keep == "last_file" else pl.col("file").min()
    every = pl.concat(groups).with_columns(taken.over(by).alias("taken"))
    lost = every.filter(
        (pl.col("file") != pl.col("taken")) & pl.all_horizontal(pl.col(name).is_not_null() for name in by)
    )
    return {
        ordered[place][0]: lost.filter(pl.col("file") == place)["row"].cast(pl.UInt32)
        for place in lost["file"].unique().to_list()
    }


def _rank(name: str, order: Sequence[str]) -> tuple[int, str]:
    places = [place for place, glob in enumerate(order) if fnmatchcase(name, glob)]
    return (places[0] if places else len(order), name)
