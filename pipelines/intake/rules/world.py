"""All batches of one intake, and how rows of one table find rows of another."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipelines.intake.batch import Batch
from pipelines.intake.parsing.texts import read_id
from schemas.rules.company import Company

FEW_CHILDREN = 8
"""With this many parent rows to a child, the parents are cut down to those asked for before they are joined."""


@dataclass
class World:
    """Everything the rules see; ``links`` holds per (table, column) the row each row refers to.

    ``latest_versions`` names the version of each order that was accepted last time. ``reviewed``
    are the orders that somebody entered a correction for, and so has looked at.
    """

    company: Company
    as_of: date | None
    tables: dict[str, Batch]
    latest_versions: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"order_id": pl.String(), "version": pl.Int64()})
    )
    reviewed: frozenset[str] = frozenset()
    links: dict[tuple[str, str], pl.Series] = field(default_factory=dict)

    def linked(self, table: str, column: str, parent: str, key: str) -> pl.Series:
        """Per row of ``table``, the row of ``parent`` that its ``column`` names; null where there is none.

        Of several parent rows with one key the one in the facts counts. A reference that finds nothing as it came
        is looked up once more in normal form, so that an invisible character does not lose a row.
        """
        if (table, column) not in self.links:
            batch = self.tables[table]
            rows = _find(batch.frame[column], self.tables[parent], key)
            if rows.null_count() > batch.frame[column].null_count():
                _normalise(batch, column, rows)
                rows = _find(batch.frame[column], self.tables[parent], key)
            self.links[table, column] = rows
        return self.links[table, column]


def _find(values: pl.Series, parent: Batch, key: str) -> pl.Series:
    """Per value the parent row with that key; runs of one value are looked up once."""
    runs = values.rle_id()
    count = runs[-1] + 1 if values.len() else 0
    if count * 2 <= values.len():
        starts = (runs != runs.shift(1)).fill_null(value=True).arg_true()
        return _matched(values.gather(starts), parent, key).gather(runs)
    return _matched(values, parent, key)


def _matched(values: pl.Series, parent: Batch, key: str) -> pl.Series:
    rows = parent.frame.select(key).with_row_index("_parent")
    if values.len() * FEW_CHILDREN < parent.height:
        rows = rows.filter(pl.col(key).is_in(values.unique().implode()))
    if parent.has_refusals() or not parent.has_single_key(key):
        alive = parent.is_alive().gather(rows["_parent"])
        rows = rows.with_columns(_alive=alive).sort("_alive", descending=True, maintain_order=True).drop("_alive")
        rows = rows.unique(key, keep="first", maintain_order=True)
    found = values.alias(key).to_frame().join(rows.drop_nulls(key), on=key, how="left", maintain_order="left")
    return found["_parent"]


def _normalise(batch: Batch, column: str, rows: pl.Series) -> None:
    values = batch.frame[column]
    missing = (rows.is_null() & values.is_not_null()).arg_true()
    read = {text: read_id(text) for text in values[missing].unique().to_list()}
    better = {text: reading.value for text, reading in read.items() if reading.reason is None and reading.value != text}
    if better:
        changed = missing.filter(values[missing].is_in(list(better)))
        batch.note("reference_normalised", f"{column}: read in normal form to find what it refers to", changed)
        batch.frame = batch.frame.with_columns(values.replace(better).alias(column))
