"""Appends rows and their links, in one transaction of the only writer."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from pipelines.ledger.chain import GENESIS, Anchor, link_hash, row_hash
from pipelines.ledger.tables import CHAIN, key_of

BATCH = 10_000

Row = Mapping[str, Any]


class Writer:
    """Numbers rows, appends them and links them to the chain; used inside ``connection.writing`` only."""

    def __init__(self, connection: Connection, at: str) -> None:
        self.connection = connection
        self.at = at
        last = connection.execute(select(CHAIN.c.sequence, CHAIN.c.hash).order_by(CHAIN.c.sequence.desc()).limit(1))
        row = last.one_or_none()
        self.sequence: int = 0 if row is None else row.sequence
        self.hash: str = GENESIS if row is None else row.hash

    @property
    def anchor(self) -> Anchor:
        """Length and last hash of the chain as it is now."""
        return Anchor(self.sequence, self.hash)

    def append(self, table: Table, row: Row) -> int:
        """Append one row and return its number."""
        return self.append_all(table, [{**row, "at": self.at}])

    def append_all(self, table: Table, rows: Iterable[Row]) -> int:
        """Append rows without number, in their order, and return the last number."""
        key = table.primary_key.columns[0]
        number: int = self.connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
        columns = table.columns.keys()
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH)):
            numbered = [
                {name: row.get(name) for name in columns} | {key.name: number + place}
                for place, row in enumerate(batch, start=1)
            ]
            links = list(self._links(table, columns, numbered))
            self.connection.execute(insert(table), numbered)
            self.connection.execute(insert(CHAIN), links)
            number += len(batch)
        return number

    def _links(self, table: Table, columns: list[str], rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        key = key_of(table)
        for row in rows:
            own = row_hash(table.name, columns, row)
            previous, self.sequence = self.hash, self.sequence + 1
            self.hash = link_hash(self.sequence, table.name, row[key], own, previous, self.at)
            yield {
                "sequence": self.sequence, "table_name": table.name, "row_key": row[key], "row_hash": own,
                "previous_hash": previous, "hash": self.hash, "at": self.at,
            }  # fmt: skip
