"""A ledger that an older program wrote: opened, brought up to date, and still what was written, on both databases."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from pipelines.ledger import Anchor, Approval, entry_hash, open_ledger, verify
from pipelines.ledger.connection import engine_of, writing
from pipelines.ledger.schema import upgrade, version_of
from pipelines.ledger.tables import CHAIN, CHAINED
from tests.pipelines.ledger.lives import ANN, BOB, adjustment

GOLDEN = Path(__file__).parent / "golden" / "ledger_0001.sql"
ANCHOR = Anchor.of("17:64de5ec4739e56d6c947bc50e6b24450f9a6928a26a889fa3f7fe3f53a1bb205")
IN_ORDER = (*[name for name in CHAINED if name not in ("releases", "answers", "postings")], "postings", "releases", "answers", CHAIN.name)  # fmt: skip


def _rows_of_golden():
    """Every row of the first version, as it was kept then."""
    with closing(sqlite3.connect(":memory:")) as old:
        old.executescript(GOLDEN.read_text())
        for table in IN_ORDER:
            found = old.execute(f"SELECT * FROM {table}")  # noqa: S608  # a name of ours
            yield table, [column[0] for column in found.description], found.fetchall()


def _write_first_version(address):
    engine = engine_of(address)
    with writing(engine) as connection:
        upgrade(connection, "0001")
        for table, columns, rows in _rows_of_golden():
            names = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(f":{name}" for name in columns)
            for row in rows:
                connection.execute(
                    text(f"INSERT INTO {table} ({names}) VALUES ({values})"),  # noqa: S608
                    dict(zip(columns, row, strict=True)),
                )
    engine.dispose()


def test_a_ledger_of_the_first_version_is_brought_up_to_date_and_verifies(address):
    _write_first_version(address)
    ledger = open_ledger(address)
    with ledger.engine.connect() as connection:
        assert version_of(connection) == "0002"
    report = verify(ledger, ANCHOR)
    assert (report.faults, report.anchor) == ([], ANCHOR)
    ledger.append(adjustment(reference="ADJ-2"))
    assert verify(ledger, ANCHOR).is_whole


def test_what_was_approved_before_stays_approved(address):
    _write_first_version(address)
    ledger = open_ledger(address)
    assert ledger.is_approved("adjustment", "ADJ-1", entry_hash(adjustment()))
    assert ledger.append(adjustment(by=ANN)) == 1, "the same again adds nothing"
    signed = Approval.of("adjustment", "ADJ-1", entry_hash(adjustment()), by=BOB, role="approver")
    before = ledger.anchor()
    ledger.append(signed)
    assert ledger.anchor() == before
