"""A close that is killed has posted nothing, or everything; closing again is all there is to do."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.ledger import AlreadyClosed, close_sealed, verify
from tests.pipelines.ledger.lives import DAN, approved

ROOT = Path(__file__).parents[3]
AMOUNTS = [f"{number}.00" for number in range(1, 41)]

KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.ledger import close_sealed, open_ledger, seal, writer
from tests.pipelines.ledger.lives import DAN, content
address, root, where = sys.argv[1:]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
writer.BATCH = 10
if where == "after sealing":
    seal.Ledger.close = die
elif where == "before the rename":
    seal.put_in_place = die
else:
    insert, left = writer.insert, [int(where)]
    def counted(table):
        left[0] -= 1
        return insert(table) if left[0] >= 0 else die()
    writer.insert = counted
close_sealed(open_ledger(address), content(*(f"{n}.00" for n in range(1, 41))), Path(root), {"a.txt": b"a"}, DAN)
"""


@pytest.mark.parametrize("where", ["after sealing", "0", "1", "2", "5", "9", "before the rename"])
def test_a_killed_close_is_done_wholly_or_not_at_all(ledger, address, tmp_path, where):
    made, root = approved(ledger, *AMOUNTS), tmp_path / "closed"
    died = subprocess.run([sys.executable, "-c", KILLED, address, str(root), where], cwd=ROOT, check=False, timeout=120)
    assert died.returncode == -signal.SIGKILL
    is_closed = where == "before the rename"
    assert ledger.postings().height == (40 if is_closed else 0)
    assert ledger.state_of("2026-P01").state == ("closed" if is_closed else "approved")
    assert verify(ledger).faults == []
    if is_closed:
        with pytest.raises(AlreadyClosed, match="nothing is left to do"):
            close_sealed(ledger, made, root, {"a.txt": b"a"}, DAN)
    else:
        close_sealed(ledger, made, root, {"a.txt": b"a"}, DAN)
    assert ledger.postings().height == 40
    assert verify(ledger, ledger.closing_of("2026-P01").anchor, root).faults == []
    assert [path.name for path in root.iterdir()] == ["2026-P01"]
