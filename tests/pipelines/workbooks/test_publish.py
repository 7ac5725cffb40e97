"""A period's folder is the old set or the new one, whole; revisions count changes; nobody finds anybody else in a statement."""

import csv
import os
import re
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from compensation.calculate import calculate
from pipelines.workbooks import publish, write_period_statements
from pipelines.workbooks.manifest import UnreadableManifest, read_manifest
from pipelines.workbooks.package import parts_hash
from tests.compensation.statement.statement_world import PAYEES, RULES, facts
from tests.pipelines.workbooks.conftest import PERIODS, provenance

REPOSITORY = Path(__file__).parents[3]


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def without_the_last_order(given):
    return {
        **given,
        "orders": given["orders"].filter(pl.col("order_id") != "SO-11"),
        "order_lines": given["order_lines"].filter(pl.col("order_id") != "SO-11"),
        "returns": given["returns"].filter(pl.col("order_line_id") != "SO-11-1"),
    }


def test_a_set_has_a_statement_each_a_period_workbook_a_payroll_file_and_a_manifest(published):
    assert sorted(path.name for path in (published / "2026-P01").iterdir()) == [
        "E-1042_2026-P01_r01.xlsx", "E-1043_2026-P01_r01.xlsx", "E-1044_2026-P01_r01.xlsx", "E-1045_2026-P01_r01.xlsx",
        "E-1046_2026-P01_r01.xlsx", "MANIFEST.csv", "close_2026-P01_r01.xlsx", "payroll.csv",
    ]  # fmt: skip


def test_only_the_owner_can_read_a_set(published):
    assert stat.S_IMODE((published / "2026-P01").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (published / "2026-P01").iterdir()} == {0o600}


def test_the_manifest_names_each_file_with_its_hash_and_pay(published):
    folder = published / "2026-P02"
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["statement"]: row for row in csv.DictReader(file)}
    assert rows["E-1042"]["net"] == "2100.01"
    assert rows["E-1044"]["net"] == "0"  # yen have no decimals
    for row in rows.values():
        assert parts_hash((folder / row["file"]).read_bytes()) == row["sha256"]


def test_payroll_pays_nobody_a_negative_amount(published):
    with (published / "2026-P02" / "payroll.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["payee_id"]: row for row in csv.DictReader(file)}
    assert (rows["E-1043"]["net_payable"], rows["E-1043"]["carried_forward"]) == ("0.00", "-365.87")


@pytest.mark.parametrize("period", PERIODS)
def test_no_statement_names_another_payee(published, period):
    for path in (published / period).glob("E-*.xlsx"):
        own = path.name.split("_")[0]
        others = {payee for payee, _ in PAYEES} - {own}
        names = {name for payee, name in PAYEES if payee != own}
        with zipfile.ZipFile(path) as archive:
            everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
        assert [word for word in (*others, *names) if word in everything] == []
        assert own in everything


def test_a_statement_holds_exactly_the_lines_of_its_payee(published, world):
    earnings = world[1]["earnings"].cast({pl.Categorical: pl.String})
    for path in (published / "2026-P01").glob("E-*.xlsx"):
        own = earnings.filter(pl.col("payee_id") == path.name.split("_")[0], pl.col("fiscal_period") == "2026-P01")
        sheet = openpyxl.load_workbook(path, data_only=True)["Lines"]
        shown = [row[17] for row in sheet.iter_rows(min_row=5, values_only=True) if isinstance(row[0], int) and row[8]]
        assert sorted(shown) == pytest.approx(sorted(float(value) for value in own["earned"]))


def test_names_that_other_files_link_to_are_there(published):
    [path] = (published / "2026-P02").glob("E-1042_*.xlsx")
    book = openpyxl.load_workbook(path, data_only=True)
    values = {}
    for name in (
        "stmt_net_payable",
        "stmt_commission_earned",
        "stmt_credited_revenue",
        "stmt_attainment",
        "stmt_payee_id",
        "stmt_check",
    ):
        [(sheet, cell)] = book.defined_names[name].destinations
        values[name] = book[sheet][cell].value
    assert values == {
        "stmt_net_payable": 2100.01, "stmt_commission_earned": 2100.01, "stmt_credited_revenue": 35000.1, "stmt_attainment": 0.950002,
        "stmt_payee_id": "E-1042", "stmt_check": "✓ re-adds",
    }  # fmt: skip
    assert book.defined_names["stmt_run_id"].value == '"2026-P02-r01"'
    assert book.defined_names["stmt_snapshot_id"].value == '"snap-9f3c21d7"'


def test_charts_say_in_words_what_they_show(published):
    [path] = (published / "2026-P02").glob("E-1042_*.xlsx")
    with zipfile.ZipFile(path) as archive:
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
    first, second = re.findall(r'descr="([^"]+)"', drawing)
    assert first.endswith("in Feb 26 95,000.17 EUR against a quota of 100,000.00 EUR.")
    assert "2,100.01 EUR in Feb 26, highest 3,600.00 EUR in Jan 26, 5,700.01 EUR in all" in second


def test_the_same_input_is_not_written_again(world, tmp_path):
    given, results = world
    write_period_statements(tmp_path, results, given, RULES, PERIODS[:2], provenance())
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.glob("*/*")}
    again = write_period_statements(tmp_path, results, given, RULES, PERIODS[:2], provenance())
    assert [(period.is_changed, period.written) for period in again] == [(False, 0), (False, 0)]
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.glob("*/*")} == before


def test_another_snapshot_with_the_same_figures_gives_no_new_revision(world, tmp_path):
    given, results = world
    write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())
    [again] = write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance("snap-other"))
    assert (again.is_changed, again.written) == (False, 0)


def test_a_change_makes_a_new_revision_for_those_it_touches_alone(world, tmp_path):
    given, results = world
    write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())
    changed = without_the_last_order(given)
    [period] = write_period_statements(
        tmp_path, calculate(changed, RULES), changed, RULES, ["2026-P01"], provenance("snap-2")
    )
    assert sorted(file.name for file in period.files if file.is_new) == [
        "E-1043_2026-P01_r02.xlsx",
        "close_2026-P01_r02.xlsx",
    ]
    assert not (period.folder / "E-1043_2026-P01_r01.xlsx").exists()
    sheet = openpyxl.load_workbook(period.folder / "E-1043_2026-P01_r02.xlsx")["Statement"]
    assert sheet["G3"].value == "Revision 2 · replaces revision 1 · period not closed"


def test_a_damaged_or_missing_file_is_made_again_under_its_revision(world, tmp_path):
    given, results = world
    [first] = write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())
    before = contents(first.folder)
    damaged = first.folder / "E-1042_2026-P01_r01.xlsx"
    damaged.write_bytes(damaged.read_bytes()[:-200])
    (first.folder / "E-1043_2026-P01_r01.xlsx").unlink()
    [again] = write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())
    assert again.written == 2
    assert contents(again.folder) == before


def test_a_revision_never_falls_even_if_a_statement_was_withdrawn_in_between(world, tmp_path):
    given, results = world
    without_eve = {
        **given,
        "orders": given["orders"].filter(pl.col("order_id") != "SO-30"),
        "order_lines": given["order_lines"].filter(pl.col("order_id") != "SO-30"),
    }
    for facts_of_night in (given, without_eve, given):
        tables = results if facts_of_night is given else calculate(facts_of_night, RULES)
        [period] = write_period_statements(tmp_path, tables, facts_of_night, RULES, ["2026-P01"], provenance())
    assert "E-1046_2026-P01_r02.xlsx" in contents(period.folder)


def test_a_damaged_manifest_stops_rather_than_starting_revisions_again(world, tmp_path):
    given, results = world
    [first] = write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())
    (first.folder / "MANIFEST.csv").write_text("file,statement\n\x00", encoding="utf-8")
    with pytest.raises(
        UnreadableManifest, match=r"without it revisions would start again\. Restore it, or move the folder away"
    ):
        write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())


def test_a_period_that_the_orders_do_not_reach_is_refused(world, tmp_path):
    given, results = world
    with pytest.raises(
        publish.UnknownPeriod, match=r"period '2031-P01' is not reached by the orders; the last one is 2026-P12"
    ):
        write_period_statements(tmp_path, results, given, RULES, ["2031-P01"], provenance())


def test_progress_counts_statements(world, tmp_path):
    given, results = world
    seen = []
    write_period_statements(
        tmp_path, results, given, RULES, ["2026-P01"], provenance(), lambda *step: seen.append(step)
    )
    assert seen == [("2026-P01", number, 5) for number in range(1, 6)]


def test_where_folders_cannot_be_exchanged_a_set_still_takes_the_other_ones_place(world, tmp_path, monkeypatch):
    given, results = world
    monkeypatch.setattr(publish, "_renamed_in_exchange", lambda *_: False)
    write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())
    changed = without_the_last_order(given)
    [period] = write_period_statements(tmp_path, calculate(changed, RULES), changed, RULES, ["2026-P01"], provenance())
    assert "E-1043_2026-P01_r02.xlsx" in contents(period.folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".2026-P01.lock", "2026-P01"]


def test_a_kill_between_the_two_moves_is_mended_by_the_next_run(world, tmp_path):
    given, results = world
    [first] = write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())
    before = contents(first.folder)
    first.folder.rename(tmp_path / ".2026-P01.old")
    (tmp_path / ".2026-P01.new-dead").mkdir()
    [again] = write_period_statements(tmp_path, results, given, RULES, ["2026-P01"], provenance())
    assert contents(again.folder) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".2026-P01.lock", "2026-P01"]


RUN = """
import sys
from pathlib import Path
from pipelines.workbooks import write_period_statements
from tests.compensation.statement.statement_world import RULES, calculated
from tests.pipelines.workbooks.conftest import provenance
given, results = calculated()
print("ready", flush=True)
write_period_statements(Path(sys.argv[1]), results, given, RULES, sys.argv[2:], provenance(), lambda *step: print(*step, flush=True))
"""


def run(out, *periods, seed="0", **environment):
    command = [sys.executable, "-c", RUN, str(out), *periods]
    known = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": seed, **environment}
    return subprocess.Popen(command, env=known, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def test_killed_at_any_moment_the_old_set_stays_and_a_plain_run_converges(world, published, tmp_path):
    given, _ = world
    changed = without_the_last_order(given)
    write_period_statements(tmp_path, calculate(changed, RULES), changed, RULES, ["2026-P01"], provenance())
    old = contents(tmp_path / "2026-P01")
    for steps in (1, 3, 5):
        killed = run(tmp_path, "2026-P01")
        assert killed.stdout.readline() == "ready\n"
        for _ in range(steps):
            killed.stdout.readline()
        time.sleep(0.01 * steps)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        now = contents(tmp_path / "2026-P01")
        assert now == old or set(read_manifest(tmp_path / "2026-P01")) == {
            "E-1042",
            "E-1043",
            "E-1044",
            "E-1045",
            "E-1046",
            "close",
        }
    assert run(tmp_path, "2026-P01").wait() == 0
    final = contents(tmp_path / "2026-P01")
    assert "E-1043_2026-P01_r02.xlsx" in final
    assert final["E-1042_2026-P01_r01.xlsx"] == contents(published / "2026-P01")["E-1042_2026-P01_r01.xlsx"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".2026-P01.lock", "2026-P01"]


def test_other_processes_hash_seeds_threads_and_zones_give_the_same_bytes(published, tmp_path):
    one = run(tmp_path / "one", *PERIODS, seed="1", TZ="Pacific/Kiritimati", POLARS_MAX_THREADS="1")
    other = run(tmp_path / "other", *PERIODS, seed="4242", TZ="America/New_York", LC_ALL="C", OPENPYXL_LXML="True")
    assert (one.wait(), other.wait()) == (0, 0)
    for period in PERIODS:
        expected = contents(published / period)
        assert contents(tmp_path / "one" / period) == expected
        assert contents(tmp_path / "other" / period) == expected


def test_two_runs_at_once_give_one_whole_set(tmp_path, published):
    runs = [run(tmp_path, "2026-P02") for _ in range(2)]
    assert [each.wait() for each in runs] == [0, 0]
    assert contents(tmp_path / "2026-P02") == contents(published / "2026-P02")


def test_a_period_in_which_nobody_sold_has_statements_all_the_same(tmp_path):
    given = facts()
    kept = pl.col("order_id").is_in(["SO-1", "SO-4"])
    quiet = {
        **given,
        "orders": given["orders"].filter(kept),
        "order_lines": given["order_lines"].filter(kept),
        "returns": given["returns"].clear(),
    }
    [period] = write_period_statements(tmp_path, calculate(quiet, RULES), quiet, RULES, ["2026-P02"], provenance())
    assert len(period.files) == 5
    sheet = openpyxl.load_workbook(period.folder / "E-1042_2026-P02_r01.xlsx")["Lines"]
    assert sheet["D5"].value == "No credit in this period."


def test_a_period_without_any_statement_is_published_too(tmp_path):
    given = facts()
    nobody = {**given, "plan_assignments": given["plan_assignments"].clear()}
    results = calculate(nobody, RULES)
    [period] = write_period_statements(tmp_path, results, nobody, RULES, ["2026-P05"], provenance())
    assert [file.name for file in period.files] == ["close_2026-P05_r01.xlsx"]


def test_a_link_in_the_place_of_a_period_is_replaced_and_what_it_led_to_is_left_alone(world, tmp_path):
    given, results = world
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "theirs.txt").write_text("keep", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    (out / "2026-P01").symlink_to(elsewhere)
    [period] = write_period_statements(out, results, given, RULES, ["2026-P01"], provenance())
    assert not (out / "2026-P01").is_symlink()
    assert contents(elsewhere) == {"theirs.txt": b"keep"}
    assert sorted(path.name for path in out.iterdir()) == [".2026-P01.lock", "2026-P01"]
    assert len(period.files) == 6
