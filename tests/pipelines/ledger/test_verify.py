"""Whatever is done to the ledger past the program is found and named, on both databases."""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from pipelines.ledger import (
    Anchor,
    Decision,
    LedgerDamaged,
    LedgerError,
    WrongEntry,
    open_ledger,
    require_whole,
    verify,
)
from pipelines.ledger.chain import GENESIS, link_hash, row_hash
from pipelines.ledger.connection import file_of, writing
from pipelines.ledger.tables import CHAIN, CHAINED, key_of
from tests.pipelines.ledger.lives import DAN, fill

TABLES = [*CHAINED.values(), CHAIN]
ENDINGS = {"sqlite": ("keeps_rows", "keeps_all", "is_not_replaced"), "postgresql": ("keeps_rows", "keeps_all")}


def tamper(ledger, *statements):
    """Do what the triggers and keys refuse, as somebody could who owns the database, and put the triggers back."""
    is_sqlite = ledger.engine.dialect.name == "sqlite"
    if is_sqlite:
        with closing(sqlite3.connect(file_of(ledger.engine))) as connection, connection:
            triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            for _, made in triggers:
                connection.execute(made)
        return
    with writing(ledger.engine) as connection:
        for word in ("DISABLE TRIGGER ALL", "ENABLE TRIGGER ALL"):
            for table in TABLES:
                connection.execute(text(f"ALTER TABLE {table.name} {word}"))
            for statement in statements if word.startswith("DISABLE") else ():
                connection.exec_driver_sql(statement)
        for table in TABLES:
            for ending in ENDINGS["postgresql"]:
                connection.execute(text(f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {table.name}_{ending}"))


def _first_text(table):
    return next(
        column.name
        for column in reversed(table.columns)
        if str(column.type) == "TEXT" and column.name != "closed_once" and not column.foreign_keys
    )


@pytest.fixture
def full(ledger):
    fill(ledger)
    assert verify(ledger, ledger.anchor()).faults == []
    return ledger


def test_a_whole_ledger_is_found_whole(full):
    report = require_whole(verify(full, full.anchor()))
    assert report.is_whole
    assert report.anchor == full.anchor()
    assert (report.rows["postings"], report.rows["approvals"]) == (3, 3)
    assert sum(report.rows.values()) == report.anchor.length


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_changed_row_is_found_and_named(full, table):
    key, column = key_of(table), _first_text(table)
    tamper(full, f"UPDATE {table.name} SET {column} = 'x' || {column} WHERE {key} = 1")  # noqa: S608
    (fault, *_) = verify(full).faults
    assert fault.startswith(f"{table.name} 1: ")
    assert "changed" in fault


@pytest.mark.parametrize("column", [column.name for column in CHAINED["postings"].columns if not column.primary_key])
def test_every_column_of_a_posting_counts(full, column):
    kind = CHAINED["postings"].c[column].type
    value = "'x'" if str(kind) == "TEXT" else "7"
    tamper(full, f"UPDATE postings SET {column} = {value} WHERE posting_number = 2")  # noqa: S608
    (fault,) = verify(full).faults
    assert fault.startswith("postings 2: the row was changed since it was recorded (link ")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_deleted_row_is_found_and_named(full, table):
    tamper(full, f"DELETE FROM {table.name} WHERE {key_of(table)} = 1")  # noqa: S608
    faults = verify(full).faults
    expected = "chain: links 1 to 1 are gone" if table is CHAIN else f"{table.name} 1: the row was deleted (link "
    assert faults[0].startswith(expected)


def test_rows_that_changed_places_are_found(full):
    tamper(
        full,
        "UPDATE postings SET posting_number = 99 WHERE posting_number = 1",
        "UPDATE postings SET posting_number = 1 WHERE posting_number = 2",
        "UPDATE postings SET posting_number = 2 WHERE posting_number = 99",
    )
    faults = verify(full).faults
    assert [fault.split(":")[0] for fault in faults] == ["postings 1", "postings 2"]


def test_links_that_changed_places_are_found(full):
    moves = [(4, 99), (5, 4), (99, 5)]
    tamper(full, *(f"UPDATE chain SET sequence = {new} WHERE sequence = {old}" for old, new in moves))  # noqa: S608
    assert any(fault.startswith("chain 4: does not follow link 3") for fault in verify(full).faults)


def test_a_row_put_in_past_the_program_is_found(full):
    columns = [column.name for column in CHAINED["decisions"].columns if column.name not in ("number", "reference")]
    names = ", ".join(columns)
    tamper(full, f"INSERT INTO decisions (number, reference, {names}) SELECT 2, 'DEC-2', {names} FROM decisions")  # noqa: S608
    assert verify(full).faults == ["decisions 2: the row has no link here: it was put in past the program, or moved"]


def test_a_tail_that_was_cut_off_is_found_against_the_anchor_only(full):
    anchor, last = full.anchor(), full.anchor().length
    tamper(full, "DELETE FROM decisions", f"DELETE FROM chain WHERE sequence = {last}")  # noqa: S608
    assert verify(full).faults == [], "nothing inside can tell"
    (fault,) = verify(full, anchor).faults
    assert f"it has {last - 1} links, the anchor says {last}; entries at its end were cut off" in fault


def test_a_row_cut_off_at_the_end_without_its_link_is_found(full):
    tamper(full, "DELETE FROM decisions")
    assert verify(full).faults[0].startswith("decisions 1: the row was deleted")


def test_a_chain_written_anew_is_found_against_the_anchor_only(full):
    """The row and every hash after it, as the program itself would compute them."""
    anchor = full.anchor()
    with full.engine.connect() as connection:
        row = dict(connection.execute(CHAINED["postings"].select().where(text("posting_number = 2"))).mappings().one())
        links = [dict(link) for link in connection.execute(CHAIN.select().order_by(CHAIN.c.sequence)).mappings()]
    row["amount_minor"] = 999_999
    changes, previous = ["UPDATE postings SET amount_minor = 999999 WHERE posting_number = 2"], GENESIS
    for link in links:
        if (link["table_name"], link["row_key"]) == ("postings", 2):
            link["row_hash"] = row_hash("postings", CHAINED["postings"].columns.keys(), row)
        own = link_hash(link["sequence"], link["table_name"], link["row_key"], link["row_hash"], previous, link["at"])
        changes.append(
            f"UPDATE chain SET row_hash = '{link['row_hash']}', previous_hash = '{previous}', hash = '{own}' "  # noqa: S608
            f"WHERE sequence = {link['sequence']}"
        )
        previous = own
    tamper(full, *changes)
    assert verify(full).faults == [], "nothing inside can tell"
    assert "it is another link than the anchor says" in verify(full, anchor).faults[0]


def test_a_trigger_that_was_taken_away_is_named(full):
    with writing(full.engine) as connection:
        on = "" if full.engine.dialect.name == "sqlite" else " ON postings"
        connection.exec_driver_sql(f"DROP TRIGGER postings_keeps_rows{on}")
    assert verify(full).faults == [
        "postings: the trigger 'postings_keeps_rows' is missing or off, so rows of it can be changed"
    ]


def test_an_old_file_put_back_is_found_against_the_anchor(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    fill(ledger)
    shutil.copy(tmp_path / "ledger.db", tmp_path / "old.db")
    ledger.append(Decision(DAN, "DEC-2", "2026-P02", "another finding", "accepted", "fine"))
    anchor = ledger.anchor()
    (tmp_path / "old.db").replace(tmp_path / "ledger.db")
    assert verify(ledger).faults == []
    assert "or an old copy was put in its place" in verify(ledger, anchor).faults[0]


def test_what_is_found_says_what_to_do(full):
    tamper(full, "DELETE FROM postings WHERE posting_number = 2")
    with pytest.raises(LedgerDamaged, match=r"1 faults. First: postings 2: .* restore the last backup"):
        require_whole(verify(full))


def _dump(path):
    """Everything a reader could get out of the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        names = [*CHAINED, "chain"]
        return [connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names]  # noqa: S608


def test_flipped_bytes_of_the_file_are_found_or_change_nothing(tmp_path):
    """Bits anywhere in the file: either `verify` says so, or every row reads back as it was (free space)."""
    whole = tmp_path / "whole.db"
    ledger = open_ledger(f"sqlite:///{whole}")
    fill(ledger)
    with closing(sqlite3.connect(whole)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data, rows, anchor = whole.read_bytes(), _dump(whole), ledger.anchor()
    used = [place for place, byte in enumerate(data) if byte]
    chance, found = random.Random(4), 0  # noqa: S311
    for number in range(150):
        damaged = bytearray(data)
        damaged[chance.choice(used)] ^= 1 << chance.randrange(8)
        path = tmp_path / f"{number}.db"
        path.write_bytes(damaged)
        try:
            is_found = not verify(open_ledger(f"sqlite:///{path}"), anchor).is_whole
        except LedgerError:
            is_found = True
        found += is_found
        assert is_found or _dump(path) == rows
        path.unlink()
    assert found > 75


@pytest.mark.parametrize("text", ["", "12", "12:abc", f"0:{'a' * 64}", f"x:{'a' * 64}"])
def test_an_anchor_is_written_as_it_is_printed(text):
    with pytest.raises(WrongEntry, match=r"is no anchor. Give it as the close report prints it"):
        Anchor.of(text)
    assert Anchor.of(f" 12:{'a' * 64} ") == Anchor(12, "a" * 64)


def test_the_ledger_of_another_company_is_found_against_the_anchor(tmp_path):
    anchors = []
    for name in ("one.db", "other.db"):
        ledger = open_ledger(f"sqlite:///{Path(tmp_path) / name}")
        fill(ledger)
        anchors.append(ledger.anchor())
    assert "or this is another ledger" in verify(ledger, anchors[0]).faults[0]
