"""``verify``, ``history`` and ``ledger`` as people call them: what they say, and how they end."""

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from pipelines.ledger import close_sealed, open_ledger
from tests.pipelines.ledger.lives import ANN, DAN, approved, content


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    monkeypatch.delenv("CREDITDUE_LEDGER", raising=False)


@pytest.fixture
def store(tmp_path):
    """A store whose first period is closed and whose second is calculated."""
    folder = tmp_path / "store"
    folder.mkdir()
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}")
    close_sealed(ledger, approved(ledger, "1234.50", "-3.25"), folder / "closed", {"orders.csv": b"x"}, DAN)
    ledger.calculated(content("1.00", period="2026-P02"), ANN)
    return folder


def ask(*arguments):
    done = CliRunner().invoke(main, [*map(str, arguments)])
    return done.exit_code, " ".join(done.output.split())


def anchor_of(store):
    return str(open_ledger(f"sqlite:///{store / 'ledger.db'}").anchor())


def test_a_whole_ledger_is_said_to_be_whole_with_its_anchor(store):
    code, said = ask("verify", "--store", store)
    assert code == 0
    assert f"Whole. Anchor: {anchor_of(store)}" in said
    assert "Not compared with an anchor" in said
    code, said = ask("verify", "--store", store, "--anchor", anchor_of(store))
    assert code == 0
    assert "Not compared" not in said


def test_what_was_tampered_with_is_named_and_ends_with_1(store):
    anchor = anchor_of(store)
    (store / "closed" / "2026-P01" / "orders.csv").chmod(0o600)
    (store / "closed" / "2026-P01" / "orders.csv").write_bytes(b"y")
    with closing(sqlite3.connect(store / "ledger.db")) as connection, connection:
        connection.execute("DROP TRIGGER postings_keeps_rows")
        connection.execute("UPDATE postings SET amount_minor = 99 WHERE posting_number = 2")
    code, said = ask("verify", "--store", store, "--anchor", anchor)
    assert code == 1
    assert "postings 2: the row was changed since it was recorded" in said
    assert "the trigger 'postings_keeps_rows' is missing or off" in said
    assert "closed/2026-P01/orders.csv: the file was changed since the period was sealed" in said
    assert "restore the last backup that is whole against its anchor" in said
    assert "Whole." not in said


def test_an_anchor_that_is_none_is_wrong_use(store):
    code, said = ask("verify", "--store", store, "--anchor", "12")
    assert (code, said.startswith("'12' is no anchor.")) == (2, True)


def test_the_history_of_a_closed_period(store):
    code, said = ask("history", "2026-P01", "--store", store)
    assert code == 0
    for part in (
        "calculated ann",
        "in_review bob",
        "approved cyd",
        "closed dan",
        "EUR earning 1 2 1,231.25",
        "Anchor: ",
    ):
        assert part in said


def test_the_history_of_a_period_that_is_not_closed_says_what_is_next(store):
    code, said = ask("history", "2026-P02", "--store", store)
    assert code == 0
    assert "Next: somebody other than ann, whom it does not pay, reviews it (`creditdue review 2026-P02`)." in said
    assert "Next: put its draft aside" in ask("history", "2026-P03", "--store", store)[1]


def test_a_backup_is_taken_and_put_back(store, tmp_path):
    anchor, copy, new = anchor_of(store), tmp_path / "copy.db", tmp_path / "new"
    code, said = ask("ledger", "backup", copy, "--store", store)
    assert (code, said.endswith(f"Anchor: {anchor}")) == (0, True)
    assert ask("ledger", "backup", copy, "--store", store)[0] == 2, "nothing is replaced"
    new.mkdir()
    code, said = ask("ledger", "restore", copy, "--store", new, "--anchor", anchor)
    assert code == 0
    assert f"restored from {copy} and whole. Anchor: {anchor}" in said
    assert ask("ledger", "restore", copy, "--store", new)[0] == 2, "there is a ledger already"


@pytest.mark.parametrize("command", [["verify"], ["history", "2026-P01"], ["ledger", "backup", "copy.db"]])
def test_a_store_without_ledger_gets_none_by_being_asked(command, tmp_path):
    code, said = ask(*command, "--store", tmp_path)
    assert code == 1
    assert "there is no ledger yet" in said
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_is_where_the_environment_says(store, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDITDUE_LEDGER", f"sqlite:///{store / 'ledger.db'}")
    other = tmp_path / "other"
    other.mkdir()
    assert "closed dan" in ask("history", "2026-P01", "--store", other)[1]
