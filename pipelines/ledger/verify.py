"""Whether the ledger is what was written: every row against its link, every link against the one before, the end against an anchor.

One pass: links in their order, and beside them the rows of each table in theirs, so that memory does not grow with the ledger.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from pipelines.ledger.chain import GENESIS, Anchor, link_hash, row_hash
from pipelines.ledger.connection import reading
from pipelines.ledger.errors import LedgerDamaged, LedgerError
from pipelines.ledger.ledger import Ledger
from pipelines.ledger.seal import faults_of_seals
from pipelines.ledger.tables import CHAIN, CHAINED, key_of

READ_ROWS = 10_000
MOST_FAULTS = 1_000
TRIGGERS = {
    "sqlite": ("keeps_rows", "keeps_all", "is_not_replaced"),
    "postgresql": ("keeps_rows", "keeps_all"),
}


@dataclass
class Report:
    """What `verify` found.

    Attributes:
        place: Which ledger.
        anchor: Length and last hash of the chain as it is: what the next close report prints.
        rows: How many rows of each table are as they were written.
        faults: What is not as it was written, in words, each with table and row; none where all is whole.
    """

    place: str
    anchor: Anchor = field(default_factory=lambda: Anchor(0, GENESIS))
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHAINED, 0))
    faults: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    def note(self, fault: str) -> None:
        """Add a fault; from ``MOST_FAULTS`` on they are not kept."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)


def verify(ledger: Ledger, anchor: Anchor | None = None, sealed: Path | None = None) -> Report:
    """Recompute every hash and say what is not as it was written.

    Args:
        ledger: The ledger.
        anchor: As a close report printed it. Without one, entries cut off at the end, an old copy put back, or a whole
            new chain cannot be told from the truth, unless ``sealed`` holds a period that the ledger knows nothing of.
        sealed: Folder of sealed periods (``<store>/closed``), to be verified too.

    Returns:
        The report; its ``faults`` are empty where all is whole.
    """
    report = Report(ledger.place)
    try:
        with reading(ledger.engine) as connection:
            _check_database(connection, report)
            _check_chain(connection, report, anchor)
    except (SQLAlchemyError, sqlite3.Error, ValueError, TypeError) as error:
        said = str(getattr(error, "orig", None) or error).split("\n", maxsplit=1)[0]
        report.note(f"{ledger.place} cannot be read to its end: {said}")
    if sealed is not None:
        _check_seals(ledger, report, sealed)
    return report


def require_whole(report: Report) -> Report:
    """The same report, if nothing was found.

    Raises:
        LedgerDamaged: says how much was found, the first of it, and what to do.
    """
    if report.faults:
        raise LedgerDamaged(
            f"{report.place}: {len(report.faults):,} faults. First: {report.faults[0]}. Do not close or pay from it: keep this "
            "file as evidence, restore the last backup that `creditdue verify --anchor` finds whole, and record again what "
            "came after it."
        )
    return report


def _check_seals(ledger: Ledger, report: Report, sealed: Path) -> None:
    try:
        for fault in faults_of_seals(sealed, ledger.closings()):
            report.note(fault)
    except LedgerError as error:
        report.note(str(error))


def _check_database(connection: Connection, report: Report) -> None:
    """The database's own structure, and that the triggers which refuse changes are there."""
    kind = connection.dialect.name
    if kind == "sqlite":
        for (said,) in connection.execute(text("PRAGMA integrity_check(20)")):
            if said != "ok":
                report.note(f"SQLite finds its file damaged: {said}")
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    else:
        found = connection.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"))
    there = set(found.scalars())
    for table in (*CHAINED, CHAIN.name):
        for name in (f"{table}_{ending}" for ending in TRIGGERS[kind] if f"{table}_{ending}" not in there):
            report.note(f"{table}: the trigger '{name}' is missing or off, so rows of it can be changed")
    missing = {*CHAINED, CHAIN.name} - set(inspect(connection).get_table_names())
    for table in sorted(missing):
        report.note(f"{table}: the table is gone")


def _check_chain(connection: Connection, report: Report, anchor: Anchor | None) -> None:
    sources = {name: _Rows(connection, table, report) for name, table in CHAINED.items()}
    previous, at_anchor = Anchor(0, GENESIS), None
    for link in _in_order(connection, CHAIN):
        _check_link(link, previous, report)
        source = sources.get(link["table_name"])
        if source is None:
            report.note(f"chain {link['sequence']}: names a table '{link['table_name']}' that a ledger has not")
        else:
            source.match(link)
        previous = Anchor(link["sequence"], link["hash"])
        if anchor is not None and link["sequence"] == anchor.length:
            at_anchor = link["hash"]
    for source in sources.values():
        source.end()
    report.anchor = previous
    if anchor is not None:
        _check_anchor(anchor, previous.length, at_anchor, report)


def _check_link(link: dict[str, Any], previous: Anchor, report: Report) -> None:
    number = link["sequence"]
    if number != previous.length + 1:
        report.note(f"chain: links {previous.length + 1} to {number - 1} are gone")
    elif link["previous_hash"] != previous.hash:
        report.note(
            f"chain {number}: does not follow link {previous.length}; one of the two was changed, moved or put in"
        )
    own = link_hash(
        number, link["table_name"], link["row_key"], link["row_hash"], link["previous_hash"], link["at"]
    )  # fmt: skip
    if own != link["hash"]:
        report.note(f"chain {number}: the link was changed, of row {link['row_key']} in '{link['table_name']}'")


def _check_anchor(anchor: Anchor, length: int, at_anchor: str | None, report: Report) -> None:
    if length < anchor.length:
        report.note(
            f"chain: it has {length:,} links, the anchor says {anchor.length:,}; entries at its end were cut off, or an old copy "
            "was put in its place"
        )
    elif at_anchor != anchor.hash:
        report.note(
            f"chain {anchor.length}: it is another link than the anchor says; the chain was written anew, or this is another ledger"
        )


def _in_order(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    question = select(table).order_by(table.primary_key.columns[0])
    rows = connection.execute(question, execution_options={"yield_per": READ_ROWS})
    return (dict(row) for row in rows.mappings())


class _Rows:
    """The rows of one table in their order, matched with their links as these come by."""

    def __init__(self, connection: Connection, table: Table, report: Report) -> None:
        self._rows = _in_order(connection, table)
        self._table, self._key, self._columns = table.name, key_of(table), table.columns.keys()
        self._report = report
        self._row = next(self._rows, None)

    def match(self, link: dict[str, Any]) -> None:
        """Take the row of a link, and note what is not as it was."""
        wanted = link["row_key"]
        while self._row is not None and isinstance(wanted, int) and self._row[self._key] < wanted:
            self._note_unlinked(self._row)
            self._row = next(self._rows, None)
        if self._row is None or self._row[self._key] != wanted:
            self._report.note(
                f"{self._table} {wanted}: the row was deleted (link {link['sequence']} of the chain, {link['at']})"
            )
            return
        if row_hash(self._table, self._columns, self._row) == link["row_hash"]:
            self._report.rows[self._table] += 1
        else:
            self._report.note(
                f"{self._table} {wanted}: the row was changed since it was recorded (link {link['sequence']} of the chain, {link['at']})"
            )
        self._row = next(self._rows, None)

    def end(self) -> None:
        """Note rows that no link has named."""
        while self._row is not None:
            self._note_unlinked(self._row)
            self._row = next(self._rows, None)

    def _note_unlinked(self, row: dict[str, Any]) -> None:
        self._report.note(
            f"{self._table} {row[self._key]}: the row has no link here: it was put in past the program, or moved"
        )
