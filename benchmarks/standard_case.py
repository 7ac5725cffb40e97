"""Compare the engine's time and memory with an independent SQL program and a pandas version, on the same exports.

    python benchmarks/standard_case.py --lines 1000000 10000000 --runs 3

Every figure is of a whole process, start-up included: wall clock, processor time (user + system) and peak memory as
the operating system counts them. The programs take turns; each warms up once; medians are shown. No figure is
printed before every result agrees with the SQL program's to the cent.

This file imports nothing beyond the standard library: a child's peak memory counts its parent's at the fork.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "standard_case"
COMPANY = ROOT / "examples" / "standard_case"
PANDAS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
CACHE = ROOT / "out" / "bench"

FEW_ENOUGH_FOR_PANDAS = 1_000_000
BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024
MEBIBYTE = 1024**2
LABELS = {
    "sql": "SQL program (DuckDB)",
    "two": "creditdue, credits + earnings",
    "all": "creditdue, every table",
    "pandas": "pandas version",
}
MEASURES = {"wall": "wall s", "cpu": "CPU s", "peak": "peak MiB"}


class BenchmarkStopped(Exception):
    """Nothing can be compared, or what was computed differs."""


@dataclass(frozen=True)
class Run:
    """One run of one program: seconds of wall clock, seconds of processor (user + system), MiB at the peak."""

    wall: float
    cpu: float
    peak: float


Runs = dict[str, list[Run]]
"""By program, as in ``LABELS``."""

Command = Callable[[Path, Path], list[str]]
"""How a program is called with a folder of exports and one for its result."""


def main() -> None:
    """Generate what is missing, run, compare and print."""
    given = arguments()
    try:
        require_shared()
        measured = {lines: measure(lines, given) for lines in given.lines}
    except BenchmarkStopped as stopped:
        sys.exit(f"bench: {stopped}")
    for lines, runs in measured.items():
        print(table_of(lines, runs))
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(as_json(measured, given), indent=1) + "\n")
        tell(f"written: {given.json}")


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000_000, 10_000_000], help="order lines; several")
    parser.add_argument("--runs", type=int, default=3, help="measured runs of each program, after one to warm up")
    parser.add_argument("--seed", type=int, default=7, help="of the generated exports")
    parser.add_argument(
        "--pandas-all", action="store_true", help="pandas at every size, not only up to a million lines"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="every single run too, for later comparison")
    return parser.parse_args()


def require_shared() -> None:
    """Stop where the standard case is not there.

    Raises:
        BenchmarkStopped: says what is missing and where it was looked for.
    """
    if not (SHARED / "run_reference.py").is_file():
        raise BenchmarkStopped(
            f"the standard case (generator, SQL program, comparison) is not in {SHARED}; "
            "nothing was measured. Put the folder 'shared' beside the project and run again."
        )


def programs(lines: int, *, pandas_all: bool) -> dict[str, Command]:
    """The programs to compare at a size, in the order they take turns; the SQL program, to which all compare, first."""
    sql = [sys.executable, str(SHARED / "run_reference.py")]
    creditdue = [str(Path(sys.executable).parent / "creditdue"), "calculate", "--quiet", "--company", str(COMPANY)]
    pandas = [str(PANDAS_PYTHON), str(ROOT / "benchmarks" / "pandas_version.py")]

    def ours(exports: Path, result: Path) -> list[str]:
        return [*creditdue, "--exports", str(exports), "--out", str(result)]

    compared: dict[str, Command] = {
        "sql": lambda exports, result: [*sql, str(exports), str(result)],
        "two": lambda exports, result: [*ours(exports, result), "--tables", "credits,earnings"],
        "all": ours,
        "pandas": lambda exports, result: [*pandas, str(exports), str(result)],
    }
    if lines > FEW_ENOUGH_FOR_PANDAS and not pandas_all:
        del compared["pandas"]
        tell(f"{lines:,} lines: pandas left out; --pandas-all runs it")
    elif not PANDAS_PYTHON.is_file():
        del compared["pandas"]
        tell(f"pandas left out: no {PANDAS_PYTHON}; `make bench` makes it from benchmarks/requirements.lock")
    return compared


def measure(lines: int, given: argparse.Namespace) -> Runs:
    """Run every program on exports of one size: once to warm up and be checked, then in turns.

    Raises:
        BenchmarkStopped: a program failed, or its result differs from the SQL program's.
    """
    exports = exports_of(lines, given.seed)
    compared = programs(lines, pandas_all=given.pandas_all)
    results = {key: CACHE / f"result-{lines}-{key}" for key in compared}
    commands = {key: command(exports, results[key]) for key, command in compared.items()}
    for key, command in commands.items():
        tell(f"{lines:,} lines: warm-up, {LABELS[key]}")
        run_of(command)
        if key != "sql":
            require_equal(LABELS[key], results["sql"], results[key])
    runs: Runs = {key: [] for key in commands}
    for turn in range(given.runs):
        for key, command in commands.items():
            runs[key].append(run_of(command))
            tell(f"{lines:,} lines: run {turn + 1} of {given.runs}, {LABELS[key]}: {runs[key][-1].wall:.1f} s")
    return runs


def exports_of(lines: int, seed: int) -> Path:
    """The folder of exports of a size, generated when it is first asked for."""
    folder = CACHE / f"exports-{lines}-{seed}"
    if not folder.is_dir():
        tell(f"{lines:,} lines: generating exports into {folder} (ten million take minutes and some 10 GiB of memory)")
        aside = folder.with_suffix(".unfinished")
        generator = str(SHARED / "generate_exports.py")
        took = run_of([sys.executable, generator, str(aside), "--lines", str(lines), "--seed", str(seed)])
        aside.rename(folder)
        tell(f"{lines:,} lines: exports are there after {took.wall:.0f} s; `make clean` removes them")
    return folder


def require_equal(label: str, reference: Path, result: Path) -> None:
    """Stop where a result is not the SQL program's, to the cent.

    Raises:
        BenchmarkStopped: shows what the comparison printed.
    """
    command = [sys.executable, str(SHARED / "compare.py"), str(reference), str(result)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkStopped(
            f"the result of {label} differs; no figure is worth printing\n{done.stdout}{done.stderr}"
        )
    tell(f"{label} agrees: {'; '.join(done.stdout.splitlines())}")


def run_of(command: Sequence[str]) -> Run:
    """Run a program to its end and say what it took; its own output is shown only where it fails.

    Raises:
        BenchmarkStopped: it did not end well.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    log = CACHE / "last_run.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=as_installed())
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise BenchmarkStopped(
            f"exit code {child.returncode} of {' '.join(command)}\n{log.read_text(errors='replace')}"
        )
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * BYTES_PER_MAXRSS / MEBIBYTE)


def as_installed() -> dict[str, str]:
    """The environment of an installed program: Python keeps what it compiled when the program warmed up."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def medians_of(runs: Sequence[Run]) -> dict[str, float]:
    """The median of each measure."""
    return {name: median(getattr(run, name) for run in runs) for name in MEASURES}


def ratios_of(runs: Runs, to: str) -> dict[str, dict[str, float]]:
    """Each program's medians divided by another's."""
    medians = {key: medians_of(of_program) for key, of_program in runs.items()}
    return {key: {name: own[name] / medians[to][name] for name in MEASURES} for key, own in medians.items()}


def table_of(lines: int, runs: Runs) -> str:
    """Medians and ratios of one size, for people."""
    peers = {key: f"ratio to {word}" for key, word in (("sql", "SQL"), ("pandas", "pandas")) if key in runs}
    count = len(runs["sql"])
    rows = [
        f"\n{lines:,} order lines; medians of {count} runs in turns; every result equal to the cent",
        f"{'':<31}{'':>27}" + "".join(f"{title:>24}" for title in peers.values()),
        f"{'':<31}"
        + "".join(f"{title:>9}" for title in MEASURES.values())
        + f"{'wall':>10}{'CPU':>7}{'peak':>7}" * len(peers),
    ]
    ratios = {peer: ratios_of(runs, peer) for peer in peers}
    for key, of_program in runs.items():
        own = medians_of(of_program)
        cells = f"{own['wall']:>9.2f}{own['cpu']:>9.2f}{own['peak']:>9,.0f}"
        for peer in peers:
            wall, cpu, peak = ratios[peer][key].values()
            cells += f"{wall:>10.2f}{cpu:>7.2f}{peak:>7.2f}"
        rows.append(f"{LABELS[key]:<31}{cells}")
    return "\n".join(rows)


def as_json(measured: dict[int, Runs], given: argparse.Namespace) -> dict[str, object]:
    """Everything measured and what it was measured on."""
    return {
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()},
        "seed": given.seed,
        "units": {"wall": "s", "cpu": "s, user + system", "peak": "MiB"},
        "sizes": [
            {
                "lines": lines,
                "runs": {key: [asdict(run) for run in of_program] for key, of_program in runs.items()},
                "medians": {key: medians_of(of_program) for key, of_program in runs.items()},
                "ratios": {peer: ratios_of(runs, peer) for peer in ("sql", "pandas") if peer in runs},
            }
            for lines, runs in measured.items()
        ],
    }


def tell(message: str) -> None:
    """Show progress on standard error."""
    print(f"  {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
