"""Which files cannot be used, for which tables: what one attempt found out and the next one knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from pipelines.intake.raw import FileRefused
from pipelines.intake.result import IntakeStopped
from schemas.contract import REQUIRED_TABLES

Scope: TypeAlias = tuple[str, str | None]
"""A file, and the one table it is refused for; None where it is for every table."""


@dataclass
class Refusals:
    """Refused files.

    What a required table finds wrong counts for every table that the file feeds, so that orders and lines from one
    file are never of two days. What an optional table finds wrong counts for that table alone.
    """

    _found: dict[Scope, FileRefused] = field(default_factory=dict)
    _beyond_help: set[Scope] = field(default_factory=set)

    def learn(self, refusal: FileRefused) -> None:
        """Remember that a file, or the copy in its place, cannot be used.

        Raises:
            IntakeStopped: neither can be, and yet it was read.
        """
        scope = (refusal.file, None if refusal.table in REQUIRED_TABLES else refusal.table)
        if scope in self._beyond_help:
            raise IntakeStopped(f"{refusal.reason}: {refusal.detail}") from refusal
        if scope in self._found:
            self._beyond_help.add(scope)
        self._found.setdefault(scope, refusal)

    def of(self, file: str, table: str) -> FileRefused | None:
        """Why a table cannot use a file, or None where it can."""
        return self._found.get((file, None)) or self._found.get((file, table))

    def is_beyond_help(self, file: str, table: str) -> bool:
        """Whether the last good copy cannot be used either."""
        return not self._beyond_help.isdisjoint({(file, None), (file, table)})

    def why(self, file: str, table: str) -> str:
        """The sentence about a refused file, which says where another table found the fault."""
        refusal = self.of(file, table)
        if refusal is None:
            return ""
        if refusal.table in (None, table):
            return refusal.detail
        return f"{refusal.detail} (found for {refusal.table}; the file is refused for every table that it feeds)"


@contextmanager
def read_for(table: str) -> Iterator[None]:
    """Whatever is refused inside is refused for this table."""
    try:
        yield
    except FileRefused as refusal:
        refusal.table = table
        raise
