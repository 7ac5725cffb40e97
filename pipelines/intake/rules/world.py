"""All batches of one intake, and how rows of one table find rows of another."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipelines.intake.batch import Batch
from pipelines.intake.parsing.texts import read_id
from schemas.rules.company import Company


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
            lookup = _lookup(self.tables[parent], key)
            rows = _find(batch.frame[column], lookup, key)
            if rows.null_count() > batch.frame[column].null_count():
                _normalise(batch, column, rows)
                rows = _find(batch.frame[column], lookup, key)
            self.links[table, column] = rows
        return self.links[table, column]


def _lookup(parent: Batch, key: str) -> pl.DataFrame:
    rows = parent.frame.select(key).with_row_index("_parent")
    if parent.has_refusals():
        rows = (
            rows.with_columns(_alive=parent.is_alive())
            .sort("_alive", descending=True, maintain_order=True)
            .drop("_alive")
        )
    return rows.filter(pl.col(key).is_not_null()).unique(key, keep="first", maintain_order=True)


def _find(values: pl.Series, lookup: pl.DataFrame, key: str) -> pl.Series:
    found = values.alias(key).to_frame().join(lookup, on=key, how="left", validate="m:1", maintain_order="left")
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
