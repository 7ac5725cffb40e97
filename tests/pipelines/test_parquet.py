"""Tables are published together: whatever interrupts a writer, running again ends with the same bytes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pipelines import parquet
from pipelines.parquet import ASIDE, MANIFEST, UNFINISHED, FolderInUse, tables_aside, write_tables
from pipelines.results_read import manifest_in, read_results
from pipelines.wanted import RESULT_TABLES, NoResults
from schemas.contract import CONTRACT

OLD = {
    "credits": pl.DataFrame({"x": [1, 2]}),
    "earnings": pl.DataFrame({"x": [3]}),
    "contract/orders": pl.DataFrame({"x": [9]}),
}
NEW = {
    "credits": pl.DataFrame({"x": [5, 6, 7]}),
    "motions": pl.DataFrame({"x": [8]}),
    "contract/payees": pl.DataFrame({"x": [0]}),
}
MOVES = len(NEW) + 2
"""Every table, the list of what may lie there, the manifest."""

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.pipelines.test_parquet import NEW
from pipelines.parquet import write_tables

replace, left = os.replace, [int(sys.argv[2])]
def dying(source, target):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = dying
write_tables(Path(sys.argv[1]), NEW, {"calculation_id": "new"})
"""


def content(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def folder(tmp_path):
    """A folder with an older result and a file of somebody else."""
    target = tmp_path / "out"
    write_tables(target, OLD, {"calculation_id": "old"})
    (target / "mine.parquet").write_bytes(b"not yours")
    return target


@pytest.fixture
def expected(tmp_path):
    """What an undisturbed writer of the new tables leaves."""
    target = tmp_path / "expected"
    write_tables(target, NEW, {"calculation_id": "new"})
    (target / "mine.parquet").write_bytes(b"not yours")
    return content(target)


def require_nothing_mixed(folder, before, expected):
    """The former result whole, or the new one, or a folder that is refused with what to do."""
    if not (folder / MANIFEST).exists():
        with pytest.raises(NoResults, match=f"interrupted while it wrote here.*calculate --out {folder}` again"):
            read_results(folder)
        return "refused"
    named = manifest_in(folder)
    whole = before if named["calculation_id"] == "old" else expected
    assert {name: hashed for name, hashed in content(folder).items() if not name.startswith(".")} == whole
    return named["calculation_id"]


def test_former_tables_are_removed_and_files_of_others_are_not(folder, expected):
    written = write_tables(folder, NEW, {"calculation_id": "new"})
    assert [path.relative_to(folder).as_posix() for path in written] == [
        "credits.parquet", "motions.parquet", "contract/payees.parquet", MANIFEST,
    ]  # fmt: skip
    assert content(folder) == expected
    assert json.loads((folder / MANIFEST).read_text()) == {
        "calculation_id": "new",
        "tables": ["contract/payees", "credits", "motions"],
    }


def test_a_table_that_cannot_be_written_leaves_the_former_result(folder):
    before = content(folder)
    with pytest.raises(AttributeError):
        write_tables(folder, {**NEW, "broken": None}, {"calculation_id": "new"})
    assert content(folder) == before


@pytest.mark.parametrize("moved", range(MOVES))
def test_an_error_at_any_move_is_mended_by_running_again(folder, expected, monkeypatch, moved):
    before, replace, left = content(folder), os.replace, [moved]

    def failing(source, target):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(parquet.os, "replace", failing)
    with pytest.raises(OSError, match="No space left"):
        write_tables(folder, NEW, {"calculation_id": "new"})
    monkeypatch.undo()
    assert require_nothing_mixed(folder, before, expected) == ("old" if moved == 0 else "refused")
    write_tables(folder, NEW, {"calculation_id": "new"})
    assert content(folder) == expected


@pytest.mark.parametrize("moved", range(MOVES))
def test_a_process_killed_at_any_move_is_mended_by_running_again(folder, expected, moved):
    before = content(folder)
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(moved)], cwd=root, check=False)
    assert done.returncode == -signal.SIGKILL
    left = list(folder.glob(f"{ASIDE}*"))
    assert left, "a killed process cannot tidy up"
    if moved == 0:
        assert manifest_in(folder)["calculation_id"] == "old"
    else:
        assert require_nothing_mixed(folder, before, expected) == "refused"
    write_tables(folder, NEW, {"calculation_id": "new"})
    assert content(folder) == expected
    assert not list(folder.glob(f"{ASIDE}*"))


def test_after_an_interrupted_writer_other_tables_leave_nothing_of_it(folder, tmp_path, monkeypatch):
    """What the interrupted one had moved is in no manifest; the list beside it names it."""
    replace = os.replace

    def failing(source, target):
        if Path(target).name == MANIFEST:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(parquet.os, "replace", failing)
    with pytest.raises(OSError, match="No space left"):
        write_tables(folder, NEW, {"calculation_id": "new"})
    monkeypatch.undo()
    assert (folder / UNFINISHED).exists()
    one = {"attainment": pl.DataFrame({"x": [1]})}
    write_tables(folder, one, {})
    assert set(content(folder)) == {"attainment.parquet", MANIFEST, "mine.parquet"}


def test_killed_after_the_manifest_stood_the_result_is_complete(folder, expected):
    write_tables(folder, NEW, {"calculation_id": "new"})
    (folder / UNFINISHED).write_text(json.dumps({"tables": ["credits", "earnings"]}))
    assert manifest_in(folder)["calculation_id"] == "new"
    write_tables(folder, NEW, {"calculation_id": "new"})
    assert content(folder) == expected


def test_two_writers_do_not_mix(folder):
    before = content(folder)
    with tables_aside(folder) as aside:
        aside.write("credits", OLD["credits"])
        with pytest.raises(
            FolderInUse, match=r"another process writes tables here\. Wait until it has ended and run again"
        ):
            write_tables(folder, NEW, {})
    assert content(folder) == before, "nothing was published"


def test_a_manifest_of_somebody_else_removes_no_file_outside(folder, tmp_path):
    outside = tmp_path / "outside.parquet"
    outside.write_bytes(b"stays")
    (folder / MANIFEST).write_text(json.dumps({"tables": ["../outside", str(tmp_path / "outside"), 7]}))
    write_tables(folder, NEW, {})
    assert outside.read_bytes() == b"stays"


def test_results_that_are_not_there_say_what_to_do(tmp_path):
    with pytest.raises(NoResults, match=f"no calculation.json here.*calculate --out {tmp_path}` first"):
        read_results(tmp_path)
    for damaged in ("", "[]", '{"tables": 7}', '{"x": 1}'):
        (tmp_path / MANIFEST).write_text(damaged)
        with pytest.raises(NoResults, match=r"calculation.json is damaged.*again"):
            read_results(tmp_path)
    everything = [*RESULT_TABLES, *(f"contract/{name}" for name in CONTRACT)]
    (tmp_path / MANIFEST).write_text(json.dumps({"tables": everything}))
    with pytest.raises(NoResults, match=rf"{everything[0]}\.parquet is gone.*again"):
        read_results(tmp_path)
