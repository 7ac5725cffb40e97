"""Closes, runs, reviews and proposals at the same moment, on both databases: one winner, a clear message, nothing mixed."""

import os
import subprocess
import sys
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

import pipelines.closing.close as close_module
from pipelines.closing import CloseRefused, close_draft, read_draft, write_draft
from pipelines.ledger import Adjustment, AlreadyClosed, Approval, TransitionRefused, entry_hash, verify
from pipelines.run import run_nightly
from pipelines.store import StoreInUse
from tests.pipelines.closing.closing_world import APPROVER, CLOSER, PREPARER, REVIEWER, TODAY, World, euro

ROOT = Path(__file__).parents[3]
JANUARY = {"O1": ("2026-01-10", "10000.00")}
SERVER_IN_THE_SLOW_TIER = pytest.mark.parametrize(
    "address", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
COMMAND = "import sys; from pipelines.command_line import main; main(sys.argv[1:])"

HOLDER = """
import sys
from pathlib import Path
from pipelines.store import Store, only_run
with only_run(Store.at(Path(sys.argv[1])), "nightly-7"):
    print("ready", flush=True)
    sys.stdin.readline()
"""

CLOSER_IN_THE_MIDDLE = """
import sys
from datetime import date
from pathlib import Path
import pipelines.closing.close as close
from pipelines.ledger import Person, open_ledger
from pipelines.store import Store
sealed = close.close_sealed
def waiting(*arguments):
    print("ready", flush=True)
    sys.stdin.readline()
    return sealed(*arguments)
close.close_sealed = waiting
root, address, day = sys.argv[1:]
close.close_draft(Store.at(Path(root)), open_ledger(address), "2026-P01", Person("d.hahn"), today=date.fromisoformat(day))
"""


@pytest.fixture
def world(tmp_path, address):
    """January submitted, reviewed and approved; the ledger on each of the databases."""
    made = World(tmp_path / "world", address=address)
    made.address = address
    made.export(JANUARY)
    made.submit("2026-P01")
    yield made
    made.ledger.engine.dispose()


@contextmanager
def beside(program, *arguments):
    """Another process in the middle of its work; it goes on where the block ends, and must end well."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    other = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert other.stdout.readline() == "ready\n", other.stderr.read()
    yield
    _, said = other.communicate("\n", timeout=120)
    assert other.returncode == 0, said


def closed_once(world):
    """January is closed, once, with its seal, its statements and its postings, and everything verifies."""
    closing = world.ledger.closing_of("2026-P01")
    assert world.posted() == [euro("1000.00")]
    assert verify(world.ledger, closing.anchor, world.store.root / "closed").faults == []
    assert [path.name for path in (world.store.root / "closed").iterdir()] == ["2026-P01"]
    assert any(path.name.startswith("R1_") for path in (world.store.statements / "2026-P01").iterdir())
    return closing


@SERVER_IN_THE_SLOW_TIER
def test_73_of_two_who_close_at_once_one_closes_and_the_other_is_told_the_same_seal(world):
    ask = [sys.executable, "-c", COMMAND, "close", "2026-P01", "--store", str(world.store.root), "--as-of", str(TODAY)]
    own = os.environ | {"CREDITDUE_LEDGER": world.address}
    both = [
        subprocess.Popen([*ask, "--as", name], cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True)
        for name in ("ann", "bob")
    ]
    said = [one.communicate(timeout=120)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted("is closed by" in text for text in said) == [False, True]
    assert sorted("was closed by" in text for text in said) == [False, True]
    assert len({text[text.index("Seal:") :] for text in said}) == 1
    closed_once(world)


@SERVER_IN_THE_SLOW_TIER
def test_a_close_during_a_run_waits_and_then_says_who_is_writing(world, monkeypatch):
    monkeypatch.setattr(close_module, "WAIT_SECONDS", 0.2)
    with beside(HOLDER, world.store.root):
        with pytest.raises(StoreInUse, match=r"another run is writing here \(run nightly-, process"):
            close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)
        assert world.ledger.postings().is_empty()
        assert not (world.store.root / "closed").exists()
    close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)
    closed_once(world)


def test_a_run_during_a_close_does_not_begin_and_the_close_is_whole(world, monkeypatch):
    monkeypatch.setenv("CREDITDUE_LEDGER", world.address)
    with beside(CLOSER_IN_THE_MIDDLE, world.store.root, world.address, TODAY):
        world.export({"O1": ("2026-01-10", "1.00")})
        with pytest.raises(StoreInUse, match=r"another run is writing here \(close 2026-P01, process"):
            run_nightly(world.company, world.exports, world.store.root, as_of=TODAY)
    closed_once(world)


def test_an_approval_of_what_was_proposed_anew_meanwhile_is_refused(world):
    seen = read_draft(world.store, "2026-P01").content.hash
    world.export({"O1": ("2026-01-10", "20000.00")})
    changed = write_draft(world.prepared(), world.store, TODAY)
    world.ledger.calculated(changed.content, PREPARER)
    with pytest.raises(TransitionRefused, match=r"2026-P01 is calculated, so it cannot become approved"):
        world.ledger.approve("2026-P01", seen, APPROVER)
    world.ledger.review("2026-P01", changed.content.hash, REVIEWER, changed.interested)
    with pytest.raises(TransitionRefused, match=r"what was looked at .* is not what is calculated by now"):
        world.ledger.approve("2026-P01", seen, APPROVER)
    with pytest.raises(TransitionRefused):
        close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)
    assert world.ledger.postings().is_empty()


@SERVER_IN_THE_SLOW_TIER
def test_an_adjustment_approved_after_the_period_was_is_not_left_out_of_the_close(world):
    given = Adjustment(PREPARER, "ADJ-1", "2026-P01", "R1", "EUR", Decimal("50.00"), "sales", "ADJ-1", "helped")
    world.ledger.append(given)
    world.ledger.append(Approval.of("adjustment", "ADJ-1", entry_hash(given), by=APPROVER, role="approver"))
    with pytest.raises(CloseRefused, match="creditdue propose 2026-P01 --submit"):
        close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)
    assert world.ledger.postings().is_empty()


@SERVER_IN_THE_SLOW_TIER
def test_a_proposal_computed_before_a_close_changes_nothing_after_it(world):
    world.export({"O1": ("2026-01-10", "99.00")})
    late = world.prepared("2026-P01")
    world.export(JANUARY)
    closing = close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)
    before = world.bytes_of_closed()
    draft = write_draft(late, world.store, TODAY)
    with pytest.raises(AlreadyClosed, match=r"2026-P01 was closed by d.hahn .* nothing was posted"):
        world.ledger.calculated(draft.content, PREPARER)
    with pytest.raises(AlreadyClosed) as error:
        close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)
    assert error.value.closing == closing
    assert world.bytes_of_closed() == before
    closed_once(world)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0, 2, 4, 6, 8, 10, 12])
def test_a_night_and_a_close_begun_at_any_distance_both_end_well_or_one_says_why(world, seconds):
    """The whole night as its own process, and a close that comes after it by so many seconds."""
    own = os.environ | {"CREDITDUE_LEDGER": world.address}
    run = ["run", "--company", str(world.company), "--exports", str(world.exports), "--store", str(world.store.root), "--as-of", str(TODAY)]  # fmt: skip
    night = subprocess.Popen([sys.executable, "-c", COMMAND, *run], cwd=ROOT, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    with pytest.raises(subprocess.TimeoutExpired):
        night.wait(timeout=seconds + 0.1)
    close = ["close", "2026-P01", "--store", str(world.store.root), "--as-of", str(TODAY), "--as", "d.hahn"]
    closer = subprocess.run([sys.executable, "-c", COMMAND, *close], cwd=ROOT, env=own, capture_output=True, text=True, timeout=180, check=False)  # fmt: skip
    _, complaint = night.communicate(timeout=180)
    assert closer.returncode == 0, closer.stderr
    assert night.returncode == 0 or "close 2026-P01" in complaint
    closed_once(world)
    before = world.bytes_of_closed()
    again = subprocess.run([sys.executable, "-c", COMMAND, *run], cwd=ROOT, env=own, capture_output=True, text=True, timeout=180, check=False)  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert world.bytes_of_closed() == before
