"""The tables of a calculation by name, and those of them that somebody asks for."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl

from schemas.core import (
    ACCOUNT_RESULTS,
    ATTRIBUTION_RESULTS,
    CALCULATED,
    INTAKE_RESULTS,
    PAYOUT_RESULTS,
    STATEMENT_RESULTS,
)

INTAKE_TABLES = tuple(INTAKE_RESULTS)
ATTRIBUTION_TABLES = tuple(ATTRIBUTION_RESULTS)
ACCOUNT_TABLES = tuple(ACCOUNT_RESULTS)
PAYOUT_TABLES = tuple(PAYOUT_RESULTS)
STATEMENT_TABLES = tuple(STATEMENT_RESULTS)
RESULT_TABLES = tuple(CALCULATED)


class NoResults(ValueError):
    """A folder holds no results of a calculation."""


@dataclass(frozen=True)
class Wanted:
    """The tables asked for; all where none are named."""

    names: frozenset[str]

    @classmethod
    def of(cls, names: Collection[str]) -> "Wanted":
        """Check the names.

        Raises:
            NoResults: a name is no result table; lists which there are.
        """
        unknown = sorted(set(names) - set(RESULT_TABLES))
        if unknown:
            raise NoResults(f"no table is called '{unknown[0]}'; there are {', '.join(RESULT_TABLES)}")
        return cls(frozenset(names) or frozenset(RESULT_TABLES))

    def of_these(self, tables: dict[str, pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
        """Those of the tables that are wanted."""
        return ((name, table) for name, table in tables.items() if name in self.names)

    def any_of(self, group: Collection[str]) -> bool:
        """Whether one of the group is wanted."""
        return bool(self.names & set(group))
