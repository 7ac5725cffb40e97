"""A copy of the ledger is whole, is verified, and never takes the place of another."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from pipelines.ledger import LedgerDamaged, LedgerError, WrongEntry, backup, open_ledger, restore, verify
from tests.pipelines.ledger.lives import DAN as ANYBODY
from tests.pipelines.ledger.lives import content, fill


@pytest.fixture
def elsewhere(address, tmp_path, request):
    """An empty place on the same database."""
    if address.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'elsewhere.db'}"
    if shutil.which("pg_dump") is None or shutil.which("pg_restore") is None:
        pytest.skip("needs pg_dump and pg_restore on the path: apt-get install postgresql-client")
    return request.getfixturevalue("another_database")


def test_a_restored_ledger_is_the_same_and_goes_on(ledger, elsewhere, tmp_path):
    fill(ledger)
    report = backup(ledger, tmp_path / "copy")
    assert report.anchor == ledger.anchor()
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    ledger.calculated(content("1.00", period="2026-P02"), ANYBODY)
    assert restore(tmp_path / "copy", elsewhere, report.anchor).anchor == report.anchor
    restored = open_ledger(elsewhere)
    assert restored.postings().equals(ledger.postings())
    assert restored.closings() == ledger.closings()
    restored.calculated(content("1.00", period="2026-P02"), ANYBODY)
    assert verify(restored, report.anchor).is_whole
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".ledger-copy")]


def test_a_restored_ledger_refuses_changes_too(ledger, elsewhere, tmp_path):
    fill(ledger)
    backup(ledger, tmp_path / "copy")
    restore(tmp_path / "copy", elsewhere)
    assert verify(open_ledger(elsewhere)).faults == [], "every trigger came with it"


def test_nothing_is_replaced(ledger, address, tmp_path):
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(WrongEntry, match="a backup never replaces another"):
        backup(ledger, tmp_path / "copy")
    with pytest.raises(WrongEntry, match="there is a ledger already"):
        restore(tmp_path / "copy", address)
    with pytest.raises(WrongEntry, match="there is no such backup"):
        restore(tmp_path / "nothing", address)
    assert (tmp_path / "copy").read_text() == "mine"


def test_an_older_backup_than_the_anchor_is_not_restored(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    fill(ledger)
    backup(ledger, tmp_path / "copy.db")
    ledger.calculated(content("1.00", period="2026-P02"), ANYBODY)
    place = tmp_path / "restored.db"
    with pytest.raises(LedgerDamaged, match="an old copy was put in its place"):
        restore(tmp_path / "copy.db", f"sqlite:///{place}", ledger.anchor())
    assert not place.exists()


def test_a_damaged_ledger_is_not_copied(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    fill(ledger)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection, connection:
        connection.execute("DROP TRIGGER postings_keeps_all")
        connection.execute("DELETE FROM postings WHERE posting_number = 3")
    with pytest.raises(LedgerDamaged, match="postings_keeps_all"):
        backup(ledger, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_what_is_no_backup_is_refused(tmp_path):
    (tmp_path / "copy.db").write_text("no database at all, but long enough to be looked at as if it were one" * 20)
    with pytest.raises(LedgerError, match="cannot be copied: file is not a database"):
        restore(tmp_path / "copy.db", f"sqlite:///{tmp_path / 'restored.db'}")
    assert not (tmp_path / "restored.db").exists()


def test_a_folder_that_is_not_there_is_named(ledger, tmp_path):
    with pytest.raises(LedgerError, match=r"No such file or directory. Name a folder that exists"):
        backup(ledger, tmp_path / "nowhere" / "copy")
