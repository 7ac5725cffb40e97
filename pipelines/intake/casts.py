"""CAST in a ``select``: which cell of which file cannot be cast, once Polars says that one cannot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl
from sqlglot import exp

from pipelines.intake.raw import shown

Origins: TypeAlias = frozenset[tuple[str, str]]
"""Columns of files, as (table, column)."""


@dataclass(frozen=True)
class Cast:
    """One CAST over columns of one file, as SQL over that file alone."""

    table: str
    column: str
    value: str
    dtype: str


class CastFailedError(Exception):
    """A cell that its CAST cannot read: the table and trace number that name its line, and what stands in it."""

    def __init__(self, cast: Cast, trace: str, value: str) -> None:
        super().__init__(
            f"{shown(value)!r} in {cast.column!r} is no {cast.dtype}, which the select casts it to; correct it at the "
            "source, or write TRY_CAST where such a value means nothing"
        )
        self.trace = int(trace)


def casts_of(query: exp.Select, sources: Mapping[str, Mapping[str, Origins]]) -> Iterator[Cast]:
    """The CASTs of one SELECT whose columns come as they are from one file; others cannot be followed to a line."""
    for cast in query.find_all(exp.Cast):
        if isinstance(cast, exp.TryCast) or cast.find_ancestor(exp.Select) is not query:
            continue
        value = cast.this.copy()
        origins = [_origin_of(column, sources) for column in value.find_all(exp.Column)]
        if not origins or None in origins or len({origin[0] for origin in origins if origin}) != 1:
            continue
        named = value.transform(_over_origin, sources)
        table, column = origins[0] or ("", "")
        yield Cast(table, column, named.sql(normalize_functions=False), cast.to.sql())


def _origin_of(column: exp.Column, sources: Mapping[str, Mapping[str, Origins]]) -> tuple[str, str] | None:
    tables = [sources[column.table]] if column.table in sources else [] if column.table else list(sources.values())
    found = [columns[column.name] for columns in tables if column.name in columns]
    return next(iter(found[0])) if len(found) == 1 and len(found[0]) == 1 else None


def _over_origin(node: exp.Expression, sources: Mapping[str, Mapping[str, Origins]]) -> exp.Expression:
    origin = _origin_of(node, sources) if isinstance(node, exp.Column) else None
    return exp.column(origin[1], quoted=True) if origin else node


def require_castable(casts: Sequence[Cast], tables: Mapping[str, pl.DataFrame], trace: str, message: str) -> None:
    """Name the first cell that cannot be cast, of those that Polars' message shows if it shows any.

    Raises:
        CastFailedError: there is one.
    """
    failed = [(cast, number, value) for cast in casts for number, value in _failures(cast, tables, trace)]
    if failed:
        quoted = [cell for cell in failed if f'"{cell[2]}"' in message]
        raise CastFailedError(*min(quoted or failed, key=lambda cell: int(cell[1])))


def _failures(cast: Cast, tables: Mapping[str, pl.DataFrame], trace: str) -> list[tuple[str, str]]:
    sql = (
        f'SELECT "{trace}", CAST({cast.value} AS VARCHAR) AS "value" FROM "{cast.table}" '  # noqa: S608  - parsed and guarded
        f"WHERE {cast.value} IS NOT NULL AND TRY_CAST({cast.value} AS {cast.dtype}) IS NULL"
    )
    try:
        return pl.SQLContext({cast.table: tables[cast.table]}).execute(sql, eager=True).rows()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return []  # an aggregate, say: it has no meaning on single rows
