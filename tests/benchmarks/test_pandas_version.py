"""The pandas yardstick of the benchmark computes the same cents as the independent SQL program."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PANDAS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
LINES = 5_000


@pytest.fixture(scope="module")
def standard_case(shared, tmp_path_factory):
    """A folder with exports and what the SQL program makes of them."""
    folder = tmp_path_factory.mktemp("standard_case")
    program = shared / "standard_case"
    run(sys.executable, program / "generate_exports.py", folder / "exports", "--lines", LINES, "--seed", 11)
    run(sys.executable, program / "run_reference.py", folder / "exports", folder / "reference")
    return folder


@pytest.fixture
def pandas_result(standard_case):
    if not PANDAS_PYTHON.is_file():
        pytest.skip("needs pandas, which has an environment of its own: `make bench` makes .venv-bench")
    run(PANDAS_PYTHON, ROOT / "benchmarks" / "pandas_version.py", standard_case / "exports", standard_case / "pandas")
    return standard_case / "pandas"


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_credit_and_no_earning_differs_from_the_sql_program(shared, standard_case, pandas_result):
    compared = run(sys.executable, shared / "standard_case" / "compare.py", standard_case / "reference", pandas_result)

    assert [line.split(", ")[1] for line in compared.splitlines()] == ["0 differ", "0 differ"]
    assert "0 reference rows" not in compared


def test_a_product_that_64_bits_cannot_hold_is_refused_not_wrapped(pandas_result):
    program = "import pandas as pd; from pandas_version import share_of; share_of(pd.Series([2**40]), 2**30, 7)"
    done = subprocess.run(
        [str(PANDAS_PYTHON), "-c", program], cwd=ROOT / "benchmarks", capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert f"a product of {2**70:,} cannot be counted exactly in 64 bits" in done.stderr
