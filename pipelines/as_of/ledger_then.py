"""The ledger as it was: the same reading, of its first entries alone."""

from functools import cached_property

import polars as pl
from sqlalchemy import select

from pipelines.ledger import Anchor, Closing, Ledger
from pipelines.ledger.period_life import CALCULATED
from pipelines.ledger.records import Entry
from pipelines.ledger.tables import CHAIN, PERIOD_EVENTS


class LedgerThen(Ledger):
    """A ledger of which only the first ``length`` links are looked at; nothing is recorded through it."""

    def __init__(self, ledger: Ledger, length: int) -> None:
        super().__init__(ledger.engine)
        self.length = length

    @cached_property
    def _known(self) -> pl.DataFrame:
        """``table_name``, ``row_key`` and ``hash`` of each link, in order."""
        columns = (CHAIN.c.sequence, CHAIN.c.table_name, CHAIN.c.row_key, CHAIN.c.hash)
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(CHAIN.c.sequence <= self.length)).all()
        schema = {"sequence": pl.Int64, "table_name": pl.String, "row_key": pl.Int64, "hash": pl.String}
        return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row").sort("sequence")

    def _keys(self, table: str) -> pl.Series:
        return self._known.filter(pl.col("table_name") == table)["row_key"]

    def postings(self, period: str | None = None) -> pl.DataFrame:
        """As ``Ledger.postings``, of what was posted by then."""
        return super().postings(period).filter(pl.col("posting_number").is_in(self._keys("postings").implode()))

    def entries(self, kind: type[Entry]) -> pl.DataFrame:
        """As ``Ledger.entries``, of what was recorded by then."""
        return super().entries(kind).filter(pl.col("number").is_in(self._keys(kind.table).implode()))

    def closings(self) -> list[Closing]:
        """As ``Ledger.closings``, of what was closed by then."""
        return [closing for closing in super().closings() if closing.anchor.length <= self.length]

    def anchor(self) -> Anchor:
        """Length and hash as they were."""
        return Anchor(self._known.height, self._known["hash"][-1] if self._known.height else "")


def length_at_draft(ledger: Ledger, closing: Closing) -> int:
    """How long the ledger was when the content of a close was put aside for the last time after another one."""
    events = ledger.history(closing.period)
    number, before = 0, ""
    for row in events.rows(named=True):
        if row["state"] == CALCULATED and row["content_hash"] == closing.content_hash != before:
            number = row["number"]
        before = row["content_hash"]
    is_own = (CHAIN.c.table_name == PERIOD_EVENTS.name) & (CHAIN.c.row_key == number)
    with ledger._reading() as connection:  # the chain is read nowhere else from outside
        sequence: int = connection.execute(select(CHAIN.c.sequence).where(is_own)).scalar_one()
    return sequence - 1
