"""The nightly run, end to end, on the demo company's first months: the same again changes nothing, a failure keeps what was good."""

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from deltalake import DeltaTable

from pipelines.defs.home import instance_of
from pipelines.rule_files import RuleFileError
from pipelines.run import run_nightly
from pipelines.store import TABLES, Store, StoreInUse, UnsafeEnvironment, only_run, published
from pipelines.store.issued import read_issued
from tests.pipelines.short_demo import UNTIL, short_demo

PERIODS = ["2025-P01", "2025-P02", "2025-P03", "2025-P04"]
ROOT = Path(__file__).parents[2]


def night(store: Path, company: Path, **options):
    return run_nightly(company, company / "exports", store, as_of=UNTIL, **options)


def statements_in(store: Path) -> dict[str, str]:
    """SHA-256 of every published file, by its path."""
    return {
        path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((store / "statements").glob("[!.]*/*"))
    }


def versions_in(store: Path) -> dict[str, int]:
    """Newest version of every Delta table."""
    return {path.name: DeltaTable(str(path)).version() for path in sorted((store / "tables").iterdir())}


def contents_in(store: Path) -> dict[str, str]:
    return published(Store.at(store)).contents()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The company, to be read."""
    return short_demo(tmp_path_factory.mktemp("demo") / "company")


@pytest.fixture(scope="module")
def first(tmp_path_factory, demo):
    """A store after one good night; tests copy it before they change anything."""
    store = tmp_path_factory.mktemp("first") / "store"
    outcome = night(store, demo)
    assert outcome.is_good, outcome.failure
    return outcome


@pytest.fixture
def store(first, tmp_path):
    shutil.copytree(first.store.root, tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def company(tmp_path, demo):
    """The same, to be changed."""
    shutil.copytree(demo, tmp_path / "company")
    return tmp_path / "company"


def test_a_night_issues_every_period_and_says_where(first):
    periods = [period.period for period in first.periods]
    assert periods == PERIODS
    assert first.exit_code == 0
    assert len(first.changed) == len(periods)
    assert all((period.folder / "MANIFEST.csv").is_file() for period in first.periods)
    words = " ".join(first.look_at())
    assert f"Statements: {first.store.statements} (4 of 4 periods changed)." in words
    assert f"Newest period: {first.store.statements / '2025-P04'}" in words
    assert f"{first.refused} records were refused" in words


def test_everything_that_holds_pay_is_its_owners_alone(first):
    root = first.store.root
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root / "statements").glob("*/*")} == {0o600}


@pytest.fixture(scope="module")
def again(first, demo, tmp_path_factory):
    """The same night once more in a copy of the store."""
    store = tmp_path_factory.mktemp("again") / "store"
    shutil.copytree(first.store.root, store)
    return night(store, demo)


def test_the_same_night_again_changes_no_byte_and_makes_no_commit(first, again):
    assert again.is_good
    assert again.changed == ()
    assert "nothing changed since the last run" in " ".join(again.look_at())
    assert statements_in(again.store.root) == statements_in(first.store.root)
    assert versions_in(again.store.root) == versions_in(first.store.root)


def test_dagsters_home_may_be_deleted(store, demo):
    files, versions = statements_in(store), versions_in(store)
    shutil.rmtree(store / "dagster")
    assert night(store, demo).changed == ()
    assert statements_in(store) == files
    assert versions_in(store) == versions


@pytest.mark.slow
def test_the_day_after_with_the_same_exports_changes_nothing(store, demo):
    files, versions = statements_in(store), versions_in(store)
    again = run_nightly(demo, demo / "exports", store, as_of=UNTIL + timedelta(days=1))
    assert again.changed == ()
    assert statements_in(store) == files
    assert versions_in(store) == versions


def test_unchanged_periods_are_seen_and_changed_ones_recorded(again):
    with instance_of(again.store) as instance:
        key = dg.AssetKey("statement_workbooks")
        assert len(instance.get_materialized_partitions(key)) == 4
        seen = instance.all_logs(again.run_id, of_type=dg.DagsterEventType.ASSET_OBSERVATION)
        told = [record.dagster_event.event_specific_data.asset_observation for record in seen]
    assert [observation.partition for observation in told] == [period.period for period in again.periods]
    assert {observation.metadata["state"].value for observation in told} == {"unchanged since it was published"}


def test_a_changed_order_revises_nobodys_statement_of_another_period(store, company):
    path = company / "exports" / "erp_positions_2025.csv"
    before, text = statements_in(store), path.read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("50044,")]
    cells = line.split(",")
    path.write_text(
        text.replace(line, ",".join([*cells[:4], str(Decimal(cells[4]) + 100), *cells[5:]])), encoding="utf-8"
    )
    outcome = night(store, company)
    assert outcome.is_good, outcome.failure
    after = statements_in(store)
    differing = {name.split("/")[1] for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {period.period for period in outcome.changed} == differing
    revised = {
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and re.search(r"/[MR][0-9]+_", name)
    }
    assert revised
    assert {name.split("/")[1] for name in revised} == {"2025-P04"}


def test_only_the_periods_asked_for_are_issued(tmp_path, demo):
    outcome = night(tmp_path / "store", demo, periods=PERIODS[1:3])
    assert outcome.is_good, outcome.failure
    assert [period.period for period in outcome.periods] == PERIODS[1:3]
    assert read_issued(outcome.store).calculation_id is None, "periods of the calculation are missing"


def tolerate(company: Path, share: str) -> None:
    """Set the share of rows that may be refused before a run stops."""
    path = company / "company.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'max_share_of_rows: "[0-9.]+"', f'max_share_of_rows: "{share}"', text), encoding="utf-8")


def test_stopped_by_what_came_keeps_the_last_good_result_leaves_a_note_and_a_plain_run_goes_on(store, company):
    files, versions = statements_in(store), versions_in(store)
    tolerate(company, "0.0001")
    stopped = night(store, company)
    assert not stopped.is_good
    assert stopped.exit_code == 1
    assert (stopped.failure.step, stopped.failure.kind) == ("intake", "IntakeStopped")
    assert "Traceback" not in stopped.failure.message
    assert "creditdue check" in stopped.failure.next_action
    note = stopped.note.read_text()
    assert "# The run stopped in step 'intake'" in note
    assert "**What to do:**" in note
    assert stopped.look_at()[0] == stopped.failure.next_action
    assert statements_in(store) == files
    assert versions_in(store) == versions
    tolerate(company, "0.05")
    assert night(store, company).is_good


def test_a_rule_file_that_cannot_be_used_is_said_before_anything_runs(store, company):
    (company / "company.yaml").write_text("company: Nobody\n", encoding="utf-8")
    with pytest.raises(RuleFileError, match=r"company\.yaml:1: currency: 'currency' is missing"):
        night(store, company)


def test_a_second_run_at_the_same_time_is_refused(store, demo):
    code = "import sys,time; from pipelines.store import Store, only_run\nwith only_run(Store.at(sys.argv[1]), 'other'):\n print('held', flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code, str(store)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StoreInUse, match=rf"another run is writing here \(run other, process {other.pid}\)"):
            night(store, demo)
    finally:
        other.kill()
        other.wait()
    with only_run(Store.at(store), "me"):
        pass


def test_switched_off_checks_are_refused(store, demo, monkeypatch):
    monkeypatch.setenv("PANDERA_VALIDATION_DEPTH", "SCHEMA_ONLY")
    with pytest.raises(UnsafeEnvironment, match="leaves values unchecked"):
        night(store, demo)


def test_dagster_keeps_nobodys_name_and_nobodys_pay(first):
    """Its pages have no login: only counts, sums over five people or more, and order data may be in its records."""
    calculation = published(first.store)
    names = calculation.read("payees")["payee_name"].unique().to_list()
    lines = calculation.read("statement_lines")
    pay = lines.filter(pl.col("figure") == "net_payable")["amount"].unique()
    pay = [f"{amount:,.2f}" for amount in pay if amount % 1]  # round amounts are also those of orders
    records = b"".join(path.read_bytes() for path in first.store.dagster_home.rglob("*") if path.is_file())
    assert len(names) >= 7
    assert len(pay) >= 2
    leaked = [word for word in (*names, *pay, *(amount.replace(",", "") for amount in pay)) if word.encode() in records]
    assert leaked == []


@pytest.mark.parametrize("threads", [8, *(pytest.param(count, marks=pytest.mark.slow) for count in (1, 2))])
def test_the_number_of_threads_changes_no_byte(first, demo, tmp_path, threads):
    code = (
        "import sys; from datetime import date; from pathlib import Path; from pipelines.run import run_nightly\n"
        "company = Path(sys.argv[1]); outcome = run_nightly(company, company / 'exports', sys.argv[2], as_of=date.fromisoformat(sys.argv[3]))\n"
        "sys.exit(outcome.exit_code)"
    )
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads), "PYTHONHASHSEED": str(threads)}
    subprocess.run(
        [sys.executable, "-c", code, str(demo), str(tmp_path / "store"), UNTIL.isoformat()],
        env=environment,
        cwd=ROOT,
        check=True,
        timeout=300,
    )
    assert statements_in(tmp_path / "store") == statements_in(first.store.root)
    assert contents_in(tmp_path / "store") == contents_in(first.store.root)


def test_the_record_of_what_is_out_names_the_calculation(first):
    record = json.loads((first.store.root / "issued.json").read_text())
    assert record["calculation_id"] == first.calculation_id
    assert [row["period"] for row in record["periods"]] == [period.period for period in first.periods]
    assert set(published(first.store).tables) == set(TABLES)
