"""Nights with a ledger: they propose what `propose` does, know which ledger they stand on, and never touch what is closed."""

import shutil
import sqlite3
from contextlib import closing, nullcontext
from dataclasses import replace

import dagster as dg
import polars as pl
import pytest

from pipelines.closing.recorded import read_recorded
from pipelines.closing.standing import ClosedMeanwhile, require_known, require_unmoved
from pipelines.company_folder import load_company
from pipelines.definitions import definitions_of
from pipelines.defs.home import instance_of
from pipelines.defs.night import Night
from pipelines.defs.settings import Settings
from pipelines.defs.settlement import FACTS, RESULTS, _made
from pipelines.defs.settlement_checks import ledger_is_whole
from pipelines.defs.tables import FactsOnDemand
from pipelines.ledger import Decision, Dispute, Person, backup
from pipelines.run import run_nightly
from pipelines.store import published
from tests.pipelines.closing.closing_world import TODAY, World

ANN = Person("ann")
KEYS = ["payee_id", "currency", "plan", "component", "kind", "earning_period", "order_line_id", "return_id"]


def night(world):
    return run_nightly(world.company, world.exports, world.store.root, as_of=TODAY)


def in_dagster(world, job, partition=None):
    """Run a job, or the asset of statements for a partition, as Dagster's page would; its messages."""
    definitions = definitions_of(
        Settings(world.company, world.exports, world.store, TODAY), load_company(world.company)
    )
    with instance_of(world.store) as instance:
        if partition:
            whole = definitions.resolve_implicit_global_asset_job_def()
            chosen = {"asset_selection": [dg.AssetKey("statement_workbooks")], "partition_key": partition}
        else:
            whole, chosen = definitions.resolve_job_def(job), {}
        done = whole.execute_in_process(instance=instance, raise_on_error=False, **chosen)
        return done, [entry.user_message for entry in instance.all_logs(done.run_id)]


def night_of(world):
    """What the steps of one run share, without a run."""
    folder = load_company(world.company)
    return Night(world.store, "none", folder, folder.fingerprint(), world.exports, TODAY)


def files_of(world):
    return {
        path.relative_to(world.store.root): path.read_bytes() for path in sorted(world.store.statements.glob("[!.]*/*"))
    }


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """January is closed; an order of it was corrected since, the account has another owner, and a night has run."""
    world = World(tmp_path_factory.mktemp("settled"))
    later = {"O2": ("2026-02-10", "700.00"), "O3": ("2026-03-05", "300.00")}
    world.export({"O1": ("2026-01-10", "10000.00"), **later})
    world.close("2026-P01")
    world.export({"O1": ("2026-01-10", "9000.00"), **later}, owner="R2")
    outcome = night(world)
    assert outcome.is_good, outcome.failure
    told = "Corrections of closed periods: 1; `creditdue propose` shows each with its cause."
    assert told in outcome.look_at()
    return world


def test_the_night_computes_what_propose_computes(settled):
    stored, prepared = published(settled.store), settled.prepared()
    for name in ("proposals", "drift", "held"):
        assert stored.read(name).equals(getattr(prepared, name)), name
    amounts = stored.read("proposals").select("payee_id", "earning_period", "kind", "amount")
    assert amounts.cast({"amount": pl.String}).rows() == [
        ("R1", "2026-P01", "correction", "-100.000"), ("R2", "2026-P02", "earning", "70.000"),
    ]  # fmt: skip
    postings = stored.read("postings")
    own = postings.filter(pl.col("posting_number").is_null())
    names = prepared.lines.columns
    assert own.select(names).sort(KEYS).equals(prepared.lines.sort(KEYS))
    posted = postings.filter(pl.col("posting_number").is_not_null()).sort("posting_number")
    assert posted.equals(settled.ledger.postings())
    balances = stored.read("balances")
    assert balances.filter(pl.col("fiscal_period") == "2026-P02").equals(prepared.balances)
    assert balances.filter(pl.col("fiscal_period") == "2026-P01")["paid"].cast(pl.String).to_list() == ["1000.000"]
    assert stored.read("findings").equals(prepared.tables["findings"])


def test_the_lineage_names_every_table_that_settlement_reads(settled, monkeypatch):
    asked, read = set(), Night.read
    monkeypatch.setattr(Night, "read", lambda night, name: asked.add(name) or read(night, name))
    one = night_of(settled)
    _made(one, FactsOnDemand({}, one), {})
    assert asked <= {*FACTS, *RESULTS}


def test_the_same_ledger_gives_the_same_calculation_and_another_one_another(settled):
    first, files = published(settled.store), files_of(settled)
    assert first.ledger == str(settled.ledger.anchor())
    assert night(settled).is_good
    again = published(settled.store)
    assert (again.calculation_id, again.tables) == (first.calculation_id, first.tables)
    assert files_of(settled) == files
    settled.ledger.append(Dispute(ANN, "D-1", "2026-P01", "R1", "earned", "An order of mine is missing."))
    assert night(settled).is_good
    other = published(settled.store)
    assert other.calculation_id != first.calculation_id
    assert other.ledger == str(settled.ledger.anchor())
    assert other.tables["proposals"] == first.tables["proposals"]


def test_a_closed_partition_writes_nothing_and_says_where_differences_go(settled):
    closed, files = settled.bytes_of_closed(), files_of(settled)
    done, said = in_dagster(settled, None, "2026-P01")
    assert done.success
    assert "2026-P01 is closed: nothing is written; differences are proposed in 2026-P02" in said
    assert not [message for message in said if "nothing to state" in message]
    assert settled.bytes_of_closed() == closed
    assert files_of(settled) == files


def test_the_job_verify_finds_the_ledger_whole_and_compares_it_with_what_the_last_night_saw(settled):
    done, _ = in_dagster(settled, "verify")
    assert done.success
    (found,) = done.get_asset_check_evaluations()
    assert found.passed
    assert found.metadata["compared with"].value == published(settled.store).ledger


@pytest.fixture
def copied(settled, tmp_path):
    """A store of one's own to do harm to, and the world around it."""
    world = World(tmp_path)
    (world.store.root / "ledger.db").unlink()
    shutil.rmtree(world.exports)
    shutil.copytree(settled.exports, world.exports)
    shutil.copytree(settled.store.root, world.store.root, dirs_exist_ok=True)
    return world


def test_a_changed_posting_stops_the_night_and_the_last_good_result_stays(copied):
    with closing(sqlite3.connect(copied.store.root / "ledger.db")) as connection:
        connection.execute("DROP TRIGGER postings_keeps_rows")
        connection.execute("UPDATE postings SET amount_minor = amount_minor + 1 WHERE posting_number = 1")
        connection.commit()
    before = published(copied.store)
    outcome = night(copied)
    assert (outcome.failure.step, outcome.failure.kind, outcome.exit_code) == ("ledger_is_whole", "LedgerDamaged", 1)
    assert "postings 1: the row was changed since it was recorded" in outcome.failure.message
    assert "Do not close or pay from it." in outcome.failure.next_action
    assert published(copied.store).run_id == before.run_id


def test_an_old_copy_of_the_ledger_is_found_and_whoever_restored_it_on_purpose_says_so(copied, settled):
    old = copied.store.root / "old.db"
    backup(copied.ledger, old)
    copied.ledger.append(Dispute(ANN, "D-2", "2026-P01", "R1", "earned", "Another one."))
    assert night(copied).is_good
    seen = published(copied.store).ledger
    old.replace(copied.store.root / "ledger.db")
    done, _ = in_dagster(copied, "verify")
    (found,) = done.get_asset_check_evaluations()
    assert not found.passed
    wanted = f"ledger_restored/{seen[: seen.index(':') + 13]}"
    assert f"`creditdue decide PERIOD {wanted} --reason" in found.description
    copied.ledger.append(Decision(ANN, f"2026-P02/{wanted}", "2026-P02", wanted, "accepted", "the disk failed"))
    done, _ = in_dagster(copied, "verify")
    (found,) = done.get_asset_check_evaluations()
    assert found.passed
    assert found.metadata["compared with"].value == "nothing: restored, as ann decided (the disk failed)"


def test_a_statement_of_a_closed_period_that_somebody_changed_is_a_warning(copied):
    (path,) = (copied.store.statements / "2026-P01").glob("R1_*.xlsx")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")
    context = dg.build_asset_check_context(resources={"night": night_of(copied)})
    found = ledger_is_whole(context)
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert found.description.startswith(f"statements/2026-P01/{path.name}: is not the one that was sealed.")


def test_a_ledger_that_is_gone_stops_the_night_before_it_reads_anything(copied):
    (copied.store.root / "ledger.db").unlink()
    outcome = night(copied)
    assert (outcome.failure.step, outcome.failure.kind) == ("intake", "LedgerError")
    assert "the ledger is gone, but 1 periods are sealed in" in outcome.failure.message


@pytest.mark.parametrize(("head", "is_known"), [("", False), ("4:" + "0" * 64, False), ("9999:" + "0" * 64, True)])
def test_a_calculation_knows_the_closes_before_it(settled, head, is_known):
    recorded = read_recorded(settled.ledger, settled.store.root / "closed")
    with nullcontext() if is_known else pytest.raises(ClosedMeanwhile, match="2026-P01 was closed after the published"):
        require_known(recorded, head)


def test_what_was_computed_before_a_close_is_not_published_after_it(settled):
    before = replace(read_recorded(settled.ledger, settled.store.root / "closed"), closings=())
    with pytest.raises(ClosedMeanwhile, match="2026-P01 was closed while this was computed"):
        require_unmoved(before, settled.ledger)


@pytest.mark.slow
def test_open_statements_are_not_made_from_a_calculation_that_a_close_has_overtaken(copied):
    copied.close("2026-P02")
    files = files_of(copied)
    done, said = in_dagster(copied, None, "2026-P02")
    assert done.success
    assert "2026-P02 is closed: nothing is written; differences are proposed in 2026-P03" in said
    done, _ = in_dagster(copied, None, "2026-P03")
    assert not done.success
    told = done.failure_data_for_node("statement_workbooks").user_failure_data.description
    assert told.startswith("2026-P02 was closed after the published calculation was made, which takes it for open.")
    assert files_of(copied) == files
