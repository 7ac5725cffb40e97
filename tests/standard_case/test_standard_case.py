"""The standard case: an independent SQL program gives the same credits and earnings, to the cent."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from pipelines.command_line import main

SMALL, LARGE = 20_000, 1_000_000


def _run(*command):
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _differences(shared, examples, folder, lines, seed, form):
    """Generate exports, compute them twice, compare: what the comparison prints."""
    scripts = shared / "standard_case"
    _run(scripts / "generate_exports.py", folder / "parquet", "--lines", lines, "--seed", seed)
    _run(scripts / "run_reference.py", folder / "parquet", folder / "reference")
    if form == "csv":
        _run(scripts / "generate_exports.py", folder / "csv", "--lines", lines, "--seed", seed, "--format", "csv")
    arguments = [
        "calculate",
        "--company",
        examples / "standard_case",
        "--exports",
        folder / form,
        "--out",
        folder / "result",
    ]
    done = CliRunner().invoke(main, [str(part) for part in [*arguments, "--tables", "credits,earnings", "--quiet"]])
    assert done.exit_code == 0, done.output
    return _run(scripts / "compare.py", folder / "reference", folder / "result")


def _agrees(text):
    return text.count(" 0 differ") == 2


@pytest.mark.parametrize(("seed", "form"), [(7, "parquet"), (11, "csv"), (2026, "parquet")])
def test_the_sql_program_agrees(shared, examples, tmp_path, seed, form):
    found = _differences(shared, examples, tmp_path, SMALL, seed, form)
    assert _agrees(found), found


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("seed", range(1, 51))
def test_the_sql_program_agrees_on_fifty_seeds(shared, examples, tmp_path, seed, form):
    found = _differences(shared, examples, tmp_path, SMALL, seed, form)
    assert _agrees(found), found


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_sql_program_agrees_at_a_million_lines(shared, examples, tmp_path, seed, form):
    found = _differences(shared, examples, tmp_path, LARGE, seed, form)
    assert _agrees(found), found


def test_the_comparison_bites(shared, examples, tmp_path):
    """A result of other exports is told apart, so that agreement means something."""
    assert _agrees(_differences(shared, examples, tmp_path / "a", 2_000, 1, "parquet"))
    _differences(shared, examples, tmp_path / "b", 2_000, 2, "parquet")
    compare = [
        sys.executable,
        shared / "standard_case" / "compare.py",
        tmp_path / "a" / "reference",
        tmp_path / "b" / "result",
    ]
    done = subprocess.run([str(part) for part in compare], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "differ" in done.stdout
