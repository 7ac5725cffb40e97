"""What parsing a column gives, and how its odd values are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

FAULTS = {"row": pl.UInt32(), "value": pl.String(), "reason": pl.String(), "detail": pl.String()}


@dataclass(frozen=True)
class Reading:
    """One value read: what it means, or why it means nothing, and what was changed to read it."""

    value: Any = None
    reason: str | None = None
    detail: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValueNote:
    """A change made to values of one column."""

    code: str
    rows: int
    first_row: int
    example: str


@dataclass(frozen=True)
class Parsed:
    """A column in its contract type; a row with a fault holds null."""

    values: pl.Series
    faults: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FAULTS))
    notes: tuple[ValueNote, ...] = ()


def with_odd_values(values: pl.Series, texts: pl.Series, is_odd: pl.Series, read: Callable[[str], Reading]) -> Parsed:
    """Fill the odd rows of ``values`` by reading each distinct odd text once.

    Args:
        values: The column as read at once; what it holds in odd rows is replaced.
        texts: The same rows as they came.
        is_odd: Which rows to read one by one; null texts are never odd.
        read: Reads one text.
    """
    is_odd = is_odd.fill_null(value=False) & texts.is_not_null()
    if not is_odd.any():
        return Parsed(values)
    rows = pl.DataFrame({"text": texts, "_odd": is_odd}).with_row_index("row").filter("_odd").drop("_odd")
    distinct = rows["text"].unique(maintain_order=True).to_list()
    readings = [read(text) for text in distinct]
    table = _readings_table(distinct, readings, values.dtype)
    read_rows = rows.join(table, on="text", how="left", validate="m:1", maintain_order="left")
    filled = values.scatter(read_rows["row"], read_rows["value"])
    faults = read_rows.filter(pl.col("reason").is_not_null()).select(
        "row", pl.col("text").alias("value"), "reason", "detail"
    )
    return Parsed(filled, faults, _notes_of(read_rows))


def _readings_table(distinct: list[str], readings: Sequence[Reading], dtype: pl.DataType) -> pl.DataFrame:
    values = pl.Series("value", [reading.value for reading in readings], dtype=dtype)
    return pl.DataFrame(
        {
            "text": pl.Series(distinct, dtype=pl.String),
            "value": values,
            "reason": pl.Series([reading.reason for reading in readings], dtype=pl.String),
            "detail": pl.Series([reading.detail for reading in readings], dtype=pl.String),
            "notes": pl.Series([list(reading.notes) for reading in readings], dtype=pl.List(pl.String)),
        }
    )


def _notes_of(rows: pl.DataFrame) -> tuple[ValueNote, ...]:
    noted = (
        rows.filter(pl.col("notes").list.len() > 0)
        .explode("notes")
        .group_by("notes")
        .agg(pl.len(), pl.col("row").min().alias("first"), pl.col("text").sort_by("row").first().alias("example"))
        .sort("notes")
    )
    return tuple(ValueNote(code, count, first, example) for code, count, first, example in noted.iter_rows())
