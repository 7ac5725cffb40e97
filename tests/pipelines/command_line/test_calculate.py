import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from pipelines.wanted import RESULT_TABLES
from schemas.contract import CONTRACT
from schemas.core import RESULTS


def _calculate(*arguments):
    return CliRunner().invoke(main, ["calculate", *map(str, arguments)])


def _demo(examples):
    return ["--company", examples / "demo", "--exports", examples / "demo" / "exports"]


def _hashes(folder):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def result(examples, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "tables"
    done = _calculate(*_demo(examples), "--out", folder)
    assert done.exit_code == 0, done.output
    return folder


@pytest.mark.parametrize("name", RESULT_TABLES)
def test_every_table_is_written_and_keeps_its_contract(result, name):
    contract = RESULTS[name]
    table = pl.read_parquet(result / f"{name}.parquet")
    assert table.columns == contract.columns()
    contract.validate(table.cast(contract.dtypes()))


def test_contract_tables_are_written_beside_them(result):
    assert {path.stem for path in (result / "contract").glob("*.parquet")} == set(CONTRACT)


def test_the_manifest_says_what_it_was_made_from(result):
    manifest = json.loads((result / "calculation.json").read_text())
    assert manifest["company"] == "Lindenau Instruments"
    assert "crm_deals.csv" in manifest["files"]
    assert len(manifest["calculation_id"]) == 16


def test_running_twice_gives_the_same_bytes(examples, result, tmp_path):
    assert _calculate(*_demo(examples), "--out", tmp_path / "again").exit_code == 0
    assert _hashes(tmp_path / "again") == _hashes(result)


@pytest.mark.parametrize("threads", [1, 8])
def test_the_number_of_threads_changes_no_byte(examples, result, tmp_path, threads):
    command = [
        sys.executable,
        "-c",
        "from pipelines.command_line import main; main()",
        "calculate",
        *_demo(examples),
        "--out",
        tmp_path / "t",
        "--quiet",
    ]
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads), "PYTHONHASHSEED": str(threads)}
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert _hashes(tmp_path / "t") == _hashes(result)


def test_only_the_tables_asked_for_are_written_and_former_ones_are_removed(examples, tmp_path):
    assert _calculate(*_demo(examples), "--out", tmp_path).exit_code == 0
    done = _calculate(*_demo(examples), "--out", tmp_path, "--tables", "credits, earnings")
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.rglob("*.parquet")} == {"credits.parquet", "earnings.parquet"}


def test_another_order_of_rows_and_files_changes_no_figure(examples, result, tmp_path):
    exports = tmp_path / "exports"
    shutil.copytree(examples / "demo" / "exports", exports)
    for name in ("erp_orders_2026.csv", "erp_positions_2026.csv", "erp_credit_notes.csv", "erp_items.csv"):
        header, *lines = (exports / name).read_text().splitlines()
        (exports / name).write_text("\n".join([header, *reversed(lines)]) + "\n")
    assert _calculate("--company", examples / "demo", "--exports", exports, "--out", tmp_path / "out").exit_code == 0
    for name in (
        "bookings",
        "credits",
        "earnings",
        "statement_lines",
        "attainment",
        "unpaid",
        "not_booked",
        "findings",
    ):
        turned = pl.read_parquet(tmp_path / "out" / f"{name}.parquet")
        assert turned.equals(pl.read_parquet(result / f"{name}.parquet")), name


def test_an_unknown_table_is_refused_with_the_known_ones(examples, tmp_path):
    done = _calculate(*_demo(examples), "--out", tmp_path, "--tables", "credit")
    assert done.exit_code == 2
    assert "no table is called 'credit'" in done.output
    assert "credits" in done.output


def test_a_missing_company_says_what_to_do(tmp_path):
    done = _calculate("--company", tmp_path, "--exports", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "no company.yaml here" in " ".join(done.output.split())
    assert "creditdue init" in " ".join(done.output.split())


def test_exports_that_stop_the_run_leave_the_last_result(examples, result, tmp_path):
    target = tmp_path / "out"
    shutil.copytree(result, target)
    exports = tmp_path / "exports"
    shutil.copytree(examples / "demo" / "exports", exports)
    for orders in exports.glob("erp_orders_*.csv"):
        orders.unlink()
    done = _calculate("--company", examples / "demo", "--exports", exports, "--out", target)
    assert done.exit_code == 1, done.output
    assert "orders" in done.output
    assert _hashes(target) == _hashes(result)
