"""Every error of ours ends a command with a code and its own words; any other says that the program is at fault."""

import ast
import builtins
import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from pipelines.command_line.console import ends_well, exit_code_of
from pipelines.exit_codes import BY_KIND, FAULT, OURS, STOPPED, WRONG_USE, code_of_kind

ROOT = Path(__file__).parents[2]
INSIDE = {"_TwiceError", "CastFailedError"}
"""Raised and caught again in the same package; they reach nobody."""

OF_DAGSTER = {"CheckFailed": FAULT, "RunFailed": STOPPED}
"""Kinds of failure that are no exceptions: a check that fails, a run that ends without a word."""

EXPECTED = {
    STOPPED: {
        "IntakeStopped", "FileRefused", "PayoutError", "UnknownPlan", "OverlappingPlans", "MissingQuota", "MissingRate",
        "TreeLoops", "OutsideCalendar", "AmountsTooLarge", "NotFound", "StoreError", "StoreInUse", "EmptiedTable",
        "NothingPublished", "FolderInUse", "UnreadableManifest", "LedgerError", "LedgerBusy", "LedgerDamaged", "NewerLedger",
        "TransitionRefused", "AlreadyRecorded", "AlreadyClosed", "NotEstimable", "CloseRefused", "NoDraft", "SealBroken",
        "ManagerLoop", "ManagersLoop", "ClosedMeanwhile", "NotIssued", "NotKept", "NotOurs", "CannotRebuild", "NoSuchCredits", "MixedCurrencies", "MissingFigure", "UnknownFactor", "WrongWeights", "MissingIncentive",
    },
    WRONG_USE: {"RuleFileError", "NoResults", "UnsafeEnvironment", "SettingsError", "WrongPeriod", "UnknownPeriod", "WrongLedgerAddress", "NoVersion",
        "WrongEntry", "WrongOrder", "BaseChangesInsideYear"},
    FAULT: {
        "NotConserved", "NotConservedError", "StatementDoesNotAdd", "ContractBroken", "UnorderedCredits", "WrongSchema",
        "NotReproduced", "UnsafeName", "UnreadableWorkbook", "MissingBooks", "CreditsMissing",
    },
}  # fmt: skip


GIVEN = {"FileRefused": ["orders.csv", "file_empty", "in words"]}


def own_errors():
    """Every exception class that the code defines, found by reading it."""
    bases, places = {}, {}
    for path in (path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {ast.unparse(base) for base in node.bases}
                places[node.name] = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    known = {name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)}
    while found := {name for name, above in bases.items() if above & known} - known:
        known |= found
    return {name: getattr(import_module(place), name) for name, place in places.items() if name in known}


ERRORS = own_errors()


def _ended(error):
    @click.command()
    @ends_well
    def command():
        raise error

    return CliRunner().invoke(command)


def test_every_error_of_ours_has_a_code():
    assert set(ERRORS) - INSIDE == set().union(*EXPECTED.values())
    assert set(BY_KIND) == set().union(*EXPECTED.values()) | set(OF_DAGSTER)
    assert {kind: code_of_kind(kind) for kind in OF_DAGSTER} == OF_DAGSTER


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for code, kinds in EXPECTED.items() for kind in sorted(kinds)])
def test_it_ends_a_command_with_its_code_and_its_words(code, kind):
    error = ERRORS[kind](*GIVEN.get(kind, ["in words"]))
    done = _ended(error)
    assert (done.exit_code, done.output.strip()) == (code, str(error))
    assert code_of_kind(kind) == code, "a nightly run knows the failure by name only"


def test_an_error_that_nobody_listed_ends_as_the_one_it_is_a_case_of():
    class StoreIsShy(ERRORS["StoreError"]):
        pass

    assert exit_code_of(StoreIsShy("x")) == STOPPED


@pytest.mark.parametrize(
    "error", [KeyError("x"), AssertionError(), pl.exceptions.ComputeError("x"), RecursionError("deep")]
)
def test_what_nobody_foresaw_is_a_fault_of_the_program_without_a_traceback(error, monkeypatch):
    monkeypatch.delenv("CREDITDUE_DEBUG", raising=False)
    done = _ended(error)
    assert done.exit_code == FAULT
    assert f"A fault of the program, not of what came: {type(error).__name__}" in done.output
    assert "CREDITDUE_DEBUG=1 shows where" in done.output
    assert "Traceback" not in done.output


def test_a_panic_of_polars_is_a_fault_too():
    assert not issubclass(pl.exceptions.PanicException, Exception)
    done = _ended(pl.exceptions.PanicException("index out of bounds"))
    assert done.exit_code == FAULT
    assert "PanicException: index out of bounds." in done.output


def test_the_switch_shows_where_and_keeps_the_code(monkeypatch):
    monkeypatch.setenv("CREDITDUE_DEBUG", "1")
    done = _ended(ERRORS["TreeLoops"]("account A is its own parent"))
    assert done.exit_code == STOPPED
    assert "Traceback" in done.output
    assert "account A is its own parent" in done.output


def test_what_the_machine_refuses_stops_a_run(tmp_path):
    done = _ended(PermissionError(13, "Permission denied", "out/tables"))
    assert done.exit_code == code_of_kind("PermissionError") == STOPPED
    assert done.output.strip() == "out/tables: Permission denied. Nothing was finished; see to it and run again."


def test_click_ends_its_own_errors_and_a_closed_pipe():
    assert _ended(click.UsageError("say where")).exit_code == 2
    assert _ended(click.Abort()).exit_code == 1
    assert isinstance(_ended(BrokenPipeError(32, "Broken pipe")).exception, (BrokenPipeError, SystemExit))


def _ask(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-c", "from pipelines.command_line import main; main()", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_a_broken_contract_reaches_nobody_as_json(examples, tmp_path):
    """A step that forgets a column, in the program as people call it."""
    demo = examples / "demo"
    code = (
        "from schemas.core.attribution import Credit\n"
        "kept = Credit.validate.__func__\n"
        "Credit.validate = classmethod(lambda cls, frame: kept(cls, frame.drop('amount')))\n"
        "from pipelines.command_line import main; main()"
    )
    arguments = ["calculate", "--company", demo, "--exports", demo / "exports", "--out", tmp_path / "out", "-q"]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == FAULT, done.stderr
    assert " ".join(done.stderr.split()).startswith("A table breaks its contract Credit: column 'amount' is missing.")
    assert not list(tmp_path.rglob("*.parquet"))


def test_rules_that_changed_since_are_not_explained_with(examples, tmp_path):
    company = shutil.copytree(examples / "demo", tmp_path / "demo")
    out = tmp_path / "out"
    made = CliRunner().invoke(
        main, ["calculate", "--company", str(company), "--exports", str(company / "exports"), "--out", str(out), "-q"]
    )
    assert made.exit_code == 0, made.output
    plan = company / "plans" / "account_executive.yaml"
    plan.write_text(plan.read_text() + "# a remark\n")
    for question in (["explain", "R101", "2026-P03"], ["why", "30034-10"]):
        done = CliRunner().invoke(main, [*question, "--company", str(company), "--results", str(out)])
        assert done.exit_code == WRONG_USE
        said = " ".join(done.output.split())
        assert f"{out} was calculated with other rule files than {company} holds now." in said
        assert f"Run `creditdue calculate --company {company} --out {out}` with its exports again." in said


def test_an_interrupted_result_is_refused_and_says_to_run_again(examples, tmp_path):
    (tmp_path / ".calculation-unfinished.json").write_text(json.dumps({"tables": []}))
    code, said = _ask("why", "x", "--company", examples / "demo", "--results", tmp_path)
    assert code == WRONG_USE
    assert f"Run `creditdue calculate --out {tmp_path}` again." in said


def test_a_folder_that_cannot_be_written_is_named(examples, tmp_path):
    (tmp_path / "file").write_text("in the way")
    demo = examples / "demo"
    code, said = _ask("calculate", "--company", demo, "--exports", demo / "exports", "--out", tmp_path / "file" / "out")
    assert code == STOPPED
    assert f"{tmp_path / 'file' / 'out'}: Not a directory. Nothing was finished; see to it and run again." in said
