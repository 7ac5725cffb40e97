"""Ids that are like the one somebody asked for, where there is none of that name."""

from difflib import get_close_matches

import polars as pl

from compensation.explanation.node import NotFound, Tables

MOST_COMPARED = 2_000


def near_ids(asked: str, table: str, column: str, tables: Tables, most: int = 5) -> list[str]:
    """Ids of a table that contain what was asked, or else resemble it, best first; nothing where none does."""
    if table not in tables or not asked:
        return []
    ids = tables[table].select(pl.col(column)).drop_nulls()
    same_letters = pl.col(column).str.to_lowercase().str.contains(asked.lower(), literal=True)
    holding = ids.filter(same_letters).unique().sort(column).head(most).collect()[column].to_list()
    if holding:
        return list(holding)
    some = _with_same_start(asked, ids, column) or _first_of(ids, column)
    by_lower = {one.lower(): one for one in some}
    return [by_lower[one] for one in get_close_matches(asked.lower(), list(by_lower), n=most)]


def require_known(asked: str, table: str, column: str, what: str, tables: Tables) -> None:
    """Refuse an id that a table does not have, and name those that are like it.

    Raises:
        NotFound: there is no such id; says which are near, else some that there are.
    """
    if not tables[table].filter(pl.col(column) == asked).head(1).collect().is_empty():
        return
    near = near_ids(asked, table, column, tables)
    some = tables[table].select(pl.col(column).unique().sort()).head(5).collect()[column].to_list()
    hint = f"Near: {', '.join(near)}." if near else f"There are e.g. {', '.join(some)}."
    raise NotFound(f"no {what} '{asked}' came. {hint} Ids are as the contract knows them (docs/sources.md).")


def _with_same_start(asked: str, ids: pl.LazyFrame, column: str) -> list[str]:
    """Ids that share as many of the first letters of what was asked as any does."""
    lower = pl.col(column).str.to_lowercase()
    for letters in range(len(asked) - 1, 0, -1):
        found = _first_of(ids.filter(lower.str.starts_with(asked[:letters].lower())), column)
        if found:
            return found
    return []


def _first_of(ids: pl.LazyFrame, column: str) -> list[str]:
    return ids.unique().sort(column).head(MOST_COMPARED).collect()[column].to_list()
