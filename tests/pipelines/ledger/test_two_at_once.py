"""Two processes at the same moment, on both databases: one winner, and the other is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.ledger import open_ledger, verify
from pipelines.ledger.errors import LedgerBusy, ordinary_errors
from tests.pipelines.ledger.lives import ANN, BOB, CYD, approved, content

ROOT = Path(__file__).parents[3]

CLOSER = """
import sys
from pathlib import Path
from pipelines.ledger import AlreadyClosed, Person, close_sealed, open_ledger
from tests.pipelines.ledger.lives import content
address, root, name = sys.argv[1:]
ledger, made = open_ledger(address), content(*(f"{n}.00" for n in range(1, 301)))
made.hash
print("ready", flush=True)
sys.stdin.readline()
try:
    closing = close_sealed(ledger, made, Path(root), {"who.txt": name.encode()}, Person(name))
    print("won", closing.seal)
except AlreadyClosed as error:
    print("lost", error.closing.seal, error)
"""

OPENER = """
import sys
from pipelines.ledger import open_ledger
print("ready", flush=True)
sys.stdin.readline()
print(open_ledger(sys.argv[1]).anchor())
"""


def together(program, *arguments, each):
    """Run the program once for each of the arguments and let all go on at the same moment; what they printed then."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments), *own],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for own in each
    ]  # fmt: skip
    assert [process.stdout.readline() for process in running] == ["ready\n"] * len(running)
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * len(running), ended
    return [out.strip() for out, _ in ended]


def test_two_closes_at_the_same_moment_have_one_winner(ledger, address, tmp_path):
    approved(ledger, *(f"{number}.00" for number in range(1, 301)))
    said = together(CLOSER, address, tmp_path / "closed", each=[["first"], ["second"], ["third"]])
    (won,) = [one.split() for one in said if one.startswith("won")]
    lost = [one for one in said if one.startswith("lost")]
    assert len(lost) == 2
    for one in lost:
        assert one.split()[1] == won[1], "the loser gets the winner's seal"
        assert "2026-P01 was closed by " in one
        assert "nothing was posted. It is the same content: nothing is left to do." in one
    assert ledger.postings().height == 300
    assert [path.name for path in (tmp_path / "closed").iterdir()] == ["2026-P01"]
    report = verify(ledger, ledger.closing_of("2026-P01").anchor, tmp_path / "closed")
    assert report.faults == []


def test_a_new_ledger_opened_twice_at_once_is_made_once(address):
    first, second = together(OPENER, address, each=[[], []])
    assert first == second
    assert first.startswith("1:")


def test_an_approval_of_what_changed_meanwhile_is_refused(ledger, address):
    """A run during a review: the approver still looks at the content before it."""
    made = content("1.00")
    ledger.calculated(made, ANN)
    ledger.review("2026-P01", made.hash, BOB)
    open_ledger(address).calculated(content("2.00"), ANN)
    with pytest.raises(
        RuntimeError, match=r"2026-P01 is calculated, so it cannot become approved. Next: somebody other"
    ):
        ledger.approve("2026-P01", made.hash, CYD)


def test_a_close_of_what_changed_after_its_approval_is_refused(ledger, address):
    made = approved(ledger, "1.00")
    open_ledger(address).calculated(content("2.00"), ANN)
    with pytest.raises(RuntimeError, match="2026-P01 is calculated, so it cannot become closed"):
        ledger.close(made, "seal", ANN)
    assert ledger.postings().is_empty()


def test_a_writer_that_does_not_end_is_waited_for_and_then_named():
    import sqlite3  # noqa: PLC0415

    from sqlalchemy.exc import OperationalError  # noqa: PLC0415

    with (
        pytest.raises(LedgerBusy, match="another process is writing to it and did not end"),
        ordinary_errors("Writing"),
    ):
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
