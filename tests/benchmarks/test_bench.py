"""The benchmark stops, and says why, where it cannot compare."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent.parent.parent / "benchmarks" / "standard_case.py"


@pytest.fixture
def bench(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("bench_standard_case", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "CACHE", tmp_path)
    return module


def test_without_the_standard_case_it_says_what_to_put_where(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "SHARED", tmp_path / "absent")
    monkeypatch.setattr(sys, "argv", ["standard_case.py"])

    with pytest.raises(SystemExit) as stopped:
        bench.main()

    assert f"is not in {tmp_path / 'absent'}; nothing was measured" in str(stopped.value)
    assert "Put the folder 'shared' beside the project" in str(stopped.value)


def test_a_program_that_fails_stops_it_with_its_own_words(bench):
    with pytest.raises(bench.BenchmarkStopped, match=r"exit code 3 of .*\nno such export"):
        bench.run_of([sys.executable, "-c", "import sys; print('no such export'); sys.exit(3)"])


def test_the_peak_is_what_the_child_held():
    """From a process of its own: a child's peak includes what its parent held at the fork."""
    folder = str(PROGRAM.parent)
    held = "run_of([sys.executable, '-c', 'bytearray(400 * 1024**2)']).peak"
    script = f"import sys; sys.path.insert(0, {folder!r}); from standard_case import run_of; print({held})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 400 < float(done.stdout) < 500


def test_a_program_may_keep_its_bytecode_as_an_installed_one_does(bench, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    bench.run_of([sys.executable, "-c", "import sys; sys.exit(sys.dont_write_bytecode)"])


def test_ratios_are_of_medians(bench):
    runs = {
        "sql": [bench.Run(wall, 2.0, 100.0) for wall in (1.0, 9.0, 2.0)],
        "two": [bench.Run(wall, 1.0, 150.0) for wall in (5.0, 1.0, 1.0)],
    }

    assert bench.ratios_of(runs, "sql")["two"] == {"wall": 0.5, "cpu": 0.5, "peak": 1.5}
    assert bench.table_of(1_000, runs).splitlines()[-1].split()[-3:] == ["0.50", "0.50", "1.50"]
