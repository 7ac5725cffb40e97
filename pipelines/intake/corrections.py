"""Fixes that operations enter where the source cannot be fixed: laid over what came, before it is read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from pipelines.intake.columns import Origin, as_text
from schemas.contract import CONTRACT
from schemas.rules.source import columns_of

KEY_SEPARATOR = "|"
"""Between the parts of a key of several columns."""


@dataclass(frozen=True)
class Correction:
    """One fix, and where it was entered."""

    correction_id: str
    table: str
    key: str
    column: str
    value: str | None
    reason: str
    entered_by: str
    row: int
    """Row in the batch of corrections."""


@dataclass
class Corrections:
    """All fixes, and what they met: ``before`` holds per fix the values it replaced."""

    entries: tuple[Correction, ...] = ()
    before: dict[str, str | None] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)

    def of(self, table: str) -> list[Correction]:
        """The fixes of one table, in the order entered."""
        return [entry for entry in self.entries if entry.table == table]


def fault_of(correction: Correction) -> str | None:
    """What is wrong with a fix before any data is seen, or None."""
    if correction.table not in CONTRACT:
        return f"there is no table {correction.table!r}; it is one of {', '.join(CONTRACT)}"
    if correction.column not in columns_of(correction.table):
        return (
            f"{correction.table} has no column {correction.column!r}; it has {', '.join(columns_of(correction.table))}"
        )
    if correction.column in CONTRACT[correction.table].key():
        return f"{correction.column!r} is part of the key of {correction.table}, which no correction may change"
    return None


@dataclass(frozen=True)
class Fixes:
    """Values that take the place of what came in one column, as the contract writes them."""

    rows: list[int]
    values: list[str | None]


def fixes_for(table: str, origins: dict[str, Origin], corrections: Corrections) -> dict[str, Fixes]:
    """Per column, which rows get another value; what they had before is remembered for the report."""
    entries = corrections.of(table)
    if not entries or not origins:
        return {}
    keys = _record_keys(CONTRACT[table].key(), origins)
    places = keys.to_frame("key").with_row_index("row").filter(pl.col("key").is_in([entry.key for entry in entries]))
    rows_of: dict[str, list[int]] = {}
    for row, key in places.iter_rows():
        rows_of.setdefault(key, []).append(row)
    fixes: dict[str, Fixes] = {}
    for entry in entries:
        rows = rows_of.get(entry.key, [])
        fix = fixes.setdefault(entry.column, Fixes([], []))
        fix.rows.extend(rows)
        fix.values.extend([entry.value] * len(rows))
        if rows:
            origin = origins.get(entry.column)
            before = as_text(origin.values)[rows[0]] if origin is not None else None
            corrections.before.setdefault(entry.correction_id, before)
            corrections.met[entry.correction_id] += len(rows)
    return {column: fix for column, fix in fixes.items() if fix.rows}


def _record_keys(key: Sequence[str], origins: dict[str, Origin]) -> pl.Series:
    height = next(iter(origins.values())).values.len()
    nothing = pl.repeat("", height, dtype=pl.String, eager=True)
    parts = [
        as_text(origins[column].values).str.strip_chars().fill_null("") if column in origins else nothing
        for column in key
    ]
    return pl.select(pl.concat_str(parts, separator=KEY_SEPARATOR)).to_series()
