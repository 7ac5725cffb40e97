"""Runs that are killed, watched while they publish, or caught by a check: readers see the old or the new, whole."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines.defs.delta_io import TablesOfTheStore
from pipelines.defs.home import instance_of
from pipelines.run import RunOutcome, run_nightly
from pipelines.store import TABLES, Store, StoreError, published
from pipelines.store.fingerprint import content_of
from pipelines.store.tables import in_stored_form
from pipelines.workbooks.files import is_as_listed
from pipelines.workbooks.manifest import read_manifest
from tests.pipelines.closing.closing_world import World
from tests.pipelines.short_demo import short_demo

AS_OF = date(2026, 10, 31)
ROOT = Path(__file__).parents[2]
CODE = """
import sys
from datetime import date
from pathlib import Path
from pipelines.run import run_nightly
company = Path(sys.argv[1])
sys.exit(run_nightly(company, company / "exports", sys.argv[2], as_of=date(2026, 10, 31)).exit_code)
"""


def night(store: Path, company: Path) -> RunOutcome:
    return run_nightly(company, company / "exports", store, as_of=AS_OF)


def start(store: Path, company: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", CODE, str(company), str(store)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def require_whole(store: Store) -> str:
    """Read everything that is published and return which calculation it is; fail on anything torn or mixed."""
    calculation = published(store)
    for name, table in calculation.tables.items():
        assert content_of(in_stored_form(calculation.read(name), TABLES[name])) == table.content, name
    for folder in sorted(store.statements.glob("[!.]*")):
        # where the set changes places while it is looked at: look at the next one
        with suppress(FileNotFoundError), held(folder) as same_folder:
            listed = [one for one in read_manifest(folder).values() if one.file]
            assert listed, folder
            whole = all(is_as_listed(folder / one.file, one.sha256) for one in listed)
            assert whole or not same_folder(), folder
    return calculation.calculation_id


@contextmanager
def held(folder: Path) -> Iterator[Callable[[], bool]]:
    """Whether the folder is still the one that it was on entry; it is kept open, so that its number goes to no other."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield lambda: os.fstat(handle).st_ino == folder.stat().st_ino
    finally:
        os.close(handle)


def result_of(store: Path) -> dict[str, object]:
    """Everything that a run is for: table contents and the bytes of every published file."""
    files = {
        path.relative_to(store).as_posix(): path.read_bytes() for path in sorted((store / "statements").glob("[!.]*/*"))
    }
    return {"tables": published(Store.at(store)).contents(), **files}


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    return short_demo(tmp_path_factory.mktemp("demo") / "company")


@pytest.fixture(scope="module")
def changed(tmp_path_factory, demo) -> Path:
    """The demo's first months with a price corrected in the first of them, so that a run has much to publish anew."""
    company = tmp_path_factory.mktemp("changed") / "company"
    shutil.copytree(demo, company)
    path = company / "exports" / "erp_positions_2025.csv"
    head, first, *rest = path.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[4] = str(Decimal(cells[4]) + 500)
    path.write_text("\n".join([head, ",".join(cells), *rest]) + "\n", encoding="utf-8")
    return company


@pytest.fixture(scope="module")
def worlds(tmp_path_factory, demo, changed):
    """A store with the old result; the result that an undisturbed run makes of it; how long that takes."""
    old, new = (tmp_path_factory.mktemp(name) / "store" for name in ("old", "new"))
    assert night(old, demo).is_good
    shutil.copytree(old, new)
    began = time.monotonic()
    process = start(new, changed)
    assert process.wait(timeout=300) == 0
    seconds = time.monotonic() - began
    ids = {published(Store.at(store)).calculation_id for store in (old, new)}
    assert len(ids) == 2
    return old, new, seconds, ids


def killed_at(fraction: float, store: Path, company: Path, seconds: float) -> None:
    process = start(store, company)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=fraction * seconds)
    process.kill()
    process.wait()


def test_killed_twice_then_one_plain_run(worlds, changed, tmp_path):
    old, new, seconds, ids = worlds
    store = tmp_path / "store"
    shutil.copytree(old, store)
    moments = random.Random(20261031)  # noqa: S311  - a seed, not a secret
    for _ in range(2):
        killed_at(moments.uniform(0.25, 1.0), store, changed, seconds)
        assert require_whole(Store.at(store)) in ids
    again = night(store, changed)
    assert again.is_good, again.failure
    assert result_of(store) == result_of(new)
    assert not list((store / "statements").glob(".*.new-*")), "leftovers are swept"


@pytest.fixture(scope="module")
def with_ledger(tmp_path_factory):
    """January is closed and corrected since: the world, and the store of an undisturbed run."""
    world = World(tmp_path_factory.mktemp("with_ledger"))
    world.export({"O1": ("2026-01-10", "10000.00")})
    world.close("2026-P01")
    world.export({"O1": ("2026-01-10", "9000.00"), "O2": ("2026-02-10", "700.00")}, owner="R2")
    (world.company / "exports").symlink_to(world.exports)
    calm = world.store.root.with_name("calm")
    shutil.copytree(world.store.root, calm)
    assert night(calm, world.company).is_good
    return world, calm


def cut_off(store: Path) -> None:
    """Leave the close of January as a machine leaves it that stops right after the ledger was written."""
    (store / "closed" / "2026-P01").rename(store / "closed" / ".sealing-2026-P01-cut")
    shutil.rmtree(store / "statements" / "2026-P01")
    (store / "issued.json").unlink()


def killed_once_there_is(path: Path, store: Path, company: Path) -> None:
    process, until = start(store, company), time.monotonic() + 300
    while not path.exists() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    process.kill()
    process.wait()


SLOWLY = ("snapshots", "tables/received", "tables/credits", "tables/drift", "tables/findings", "tables/calculations", "statements/2026-P02", "issued.json")  # fmt: skip


@pytest.mark.parametrize("seen", ["tables/postings", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOWLY)])
def test_killed_with_a_ledger_after_a_close_that_was_cut_off_then_one_plain_run(with_ledger, tmp_path, seen):
    world, calm = with_ledger
    store = tmp_path / "store"
    shutil.copytree(world.store.root, store)
    cut_off(store)
    killed_once_there_is(store / seen, store, world.company)
    again = night(store, world.company)
    assert again.is_good, again.failure
    assert result_of(store) == result_of(calm)
    assert published(Store.at(store)).calculation_id == published(Store.at(calm)).calculation_id
    sealed = [path.relative_to(store) for path in sorted((store / "closed").rglob("*"))]
    assert sealed == [path.relative_to(calm) for path in sorted((calm / "closed").rglob("*"))]
    assert all((store / path).read_bytes() == (calm / path).read_bytes() for path in sealed if (calm / path).is_file())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_killed_once_then_one_plain_run(worlds, changed, tmp_path, seed):
    old, new, seconds, ids = worlds
    store = tmp_path / "store"
    shutil.copytree(old, store)
    killed_at(random.Random(seed).uniform(0.1, 1.0), store, changed, seconds)  # noqa: S311
    assert require_whole(Store.at(store)) in ids
    again = night(store, changed)
    assert again.is_good, again.failure
    assert result_of(store) == result_of(new)


def test_a_killed_run_is_marked_as_failed_by_the_next(worlds, changed, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(worlds[0], store)
    process = start(store, changed)
    alive = store / "dagster" / "alive"
    while not list(alive.glob("*.lock")):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)
    (run_id,) = [path.stem for path in alive.glob("*.lock")]
    process.kill()
    process.wait()
    with instance_of(Store.at(store)) as instance:
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.STARTED
    assert night(store, changed).is_good
    with instance_of(Store.at(store)) as instance:
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.FAILURE


def test_readers_while_a_run_publishes_see_the_old_or_the_new(worlds, changed, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(worlds[0], store)
    process, seen = start(store, changed), []
    while process.poll() is None:
        seen.append(require_whole(Store.at(store)))
    seen.append(require_whole(Store.at(store)))
    assert process.returncode == 0
    assert set(seen) == worlds[3]
    assert seen == sorted(seen, key=lambda one: one != seen[0]), "once the new one is seen, the old one is gone"
    assert len(seen) > 5


def test_a_torn_table_would_be_noticed(worlds, tmp_path):
    """The reader above bites: a data file cut in the middle is an error, not fewer rows."""
    store = tmp_path / "store"
    shutil.copytree(worlds[0], store)
    for path in (store / "tables" / "credits").glob("*.parquet"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match="Reading table 'credits'"):
        require_whole(Store.at(store))


def test_a_check_that_fails_publishes_nothing_and_keeps_the_last_good_result(worlds, changed, tmp_path, monkeypatch):
    """A thousandth is lost between the step and the store; the check that reads the store back catches it."""
    store = tmp_path / "store"
    shutil.copytree(worlds[0], store)
    before, write = result_of(store), TablesOfTheStore.handle_output

    def losing(self, context, obj):
        if context.asset_key.path[-1] == "credits":
            lost = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(Decimal("0.001"))).otherwise(pl.lit(Decimal(0)))
            obj = obj.with_columns((pl.col("amount") - lost).cast(pl.Decimal(38, 3)).alias("amount"))
        write(self, context, obj)

    monkeypatch.setattr(TablesOfTheStore, "handle_output", losing)
    stopped = night(store, changed)
    assert stopped.exit_code == 3
    assert (stopped.failure.step, stopped.failure.kind) == ("booked_is_credited", "CheckFailed")
    assert "booked = credited + house + excluded: 1 of" in stopped.failure.message
    assert result_of(store) == before
    monkeypatch.undo()
    assert night(store, changed).is_good
    assert result_of(store) == result_of(worlds[1])
