"""The nightly run from the command line: the same Dagster job, in this process, on records kept in the store itself."""

import time
import uuid
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from pipelines.company_folder import CompanyFolder, load_company
from pipelines.definitions import definitions_of
from pipelines.defs.automation import JOB, nightly_tags
from pipelines.defs.dead_runs import fail_dead_runs
from pipelines.defs.failures import RunFailure, failure_in, write_note
from pipelines.defs.home import instance_of
from pipelines.defs.night import ONLY_TAG
from pipelines.defs.periods import range_tags, require_period
from pipelines.defs.settings import Settings, today
from pipelines.exit_codes import DONE, code_of_kind
from pipelines.run_progress import Progress, Silent
from pipelines.store import Calculation, Store, only_run, published, require_checks_on
from pipelines.store.issued import read_issued

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class PeriodOutcome:
    """One fiscal period after a run: where its set lies, how many files it has, and whether this run changed it."""

    period: str
    folder: Path
    files: int
    is_changed: bool


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended.

    Attributes:
        run_id: Dagster's id of the run.
        store: Where its results lie.
        seconds: How long it took.
        failure: Why it stopped; None where it ended well.
        note: The note on the failure, in the store.
        calculation_id: What it calculated.
        periods: Every period that is out, oldest first.
        refused: Records in quarantine.
        to_decide: Findings that block a close.
        corrections: Lines of closed periods that the open one would correct.
    """

    run_id: str
    store: Store
    seconds: float
    failure: RunFailure | None = None
    note: Path | None = None
    calculation_id: str = ""
    periods: tuple[PeriodOutcome, ...] = ()
    refused: int = 0
    to_decide: int = 0
    corrections: int = 0

    @property
    def is_good(self) -> bool:
        """Whether it ended well."""
        return self.failure is None

    @property
    def changed(self) -> tuple[PeriodOutcome, ...]:
        """The periods that this run changed."""
        return tuple(period for period in self.periods if period.is_changed)

    @property
    def exit_code(self) -> int:
        """0 done, 1 stopped by what came, 2 a rule file cannot be used, 3 a fault of the program."""
        return DONE if self.failure is None else code_of_kind(self.failure.kind)

    def look_at(self) -> list[str]:
        """What to open or read next, a sentence each."""
        if self.failure is not None:
            return [self.failure.next_action, f"The note on this run: {self.note}"]
        return [*self._statements(), *self._open_questions()]

    def _statements(self) -> list[str]:
        if not self.periods:
            return ["No period has statements yet: nobody has a plan, a credit or an earning."]
        last = self.periods[-1]
        done = (
            f"{len(self.changed)} of {len(self.periods)} periods changed"
            if self.changed
            else "nothing changed since the last run"
        )
        return [
            f"Statements: {self.store.statements} ({done}).",
            f"Newest period: {last.folder} ({last.files} files; start with the period workbook, then a statement).",
        ]

    def _open_questions(self) -> list[str]:
        found = []
        if self.refused:
            found.append(
                f"{self.refused:,} records were refused; sheet Exceptions of the period workbook says why, `creditdue check` lists all."
            )
        if self.to_decide:
            found.append(
                f"{self.to_decide:,} findings need a decision before the period is closed; they are on the same sheet."
            )
        if self.corrections:
            found.append(
                f"Corrections of closed periods: {self.corrections:,}; `creditdue propose` shows each with its cause."
            )
        return found


def run_nightly(
    company: Path,
    exports: Path,
    store: Path | str,
    *,
    as_of: date | None = None,
    periods: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> RunOutcome:
    """Take the exports in, calculate everything, and issue the statements that have changed.

    Args:
        company: Company folder.
        exports: Folder of exports.
        store: Where results go; it is made where there is none.
        as_of: Day that the run is made for; today in the company's time zone where none is given.
        periods: Issue statements only from the first to the last of these fiscal periods; all that are open where none are
            given. Everything is calculated in any case.
        progress: Told what is being done.

    Returns:
        How it ended, also where it stopped: a failed run is an answer, not an exception.

    Raises:
        RuleFileError: the company folder cannot be used.
        StoreError: the store cannot be used.
        StoreInUse: another run is writing to it.
        UnsafeEnvironment: a switch in the environment disables checks.
        WrongPeriod: ``periods`` names no fiscal period.
    """
    require_checks_on()
    began = time.monotonic()
    folder = load_company(company)
    place = Store.at(store).prepare()
    settings = Settings(company.absolute(), exports.absolute(), place, as_of or today(folder.company.time_zone))
    only = [require_period(key) for key in sorted(periods)] if periods else []
    run_id = str(uuid.uuid4())
    with only_run(place, run_id), instance_of(place) as instance:
        fail_dead_runs(instance, place)
        before = read_issued(place).periods
        is_good = _execute(settings, folder, instance, run_id, only, progress or Silent())
        if not is_good:
            failure = failure_in(instance, run_id, place)
            return RunOutcome(run_id, place, time.monotonic() - began, failure, write_note(place, run_id, failure))
    after = read_issued(place).periods
    outcomes = tuple(
        PeriodOutcome(key, place.statements / key, one.files, one != before.get(key)) for key, one in after.items()
    )
    calculation = published(place)
    findings = calculation.read("findings")
    return RunOutcome(
        run_id, place, time.monotonic() - began, None, None, calculation.calculation_id, outcomes,
        calculation.tables["quarantine"].rows, findings.filter(pl.col("severity") == "blocking").height, _corrections(calculation),
    )  # fmt: skip


def _corrections(calculation: Calculation) -> int:
    if not calculation.tables["proposals"].rows:
        return 0
    return calculation.read("proposals").filter(pl.col("kind") == "correction").height


def _execute(
    settings: Settings,
    folder: CompanyFolder,
    instance: dg.DagsterInstance,
    run_id: str,
    only: list[str],
    progress: Progress,
) -> bool:
    """Run the job in this process; whether it ended well."""
    tags = nightly_tags(instance, folder, settings.as_of or today(folder.company.time_zone))
    if only:
        tags |= {**range_tags(only), ONLY_TAG: "true"}
    job = definitions_of(settings, folder).resolve_job_def(JOB)
    instance.add_event_listener(run_id, _teller(progress))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = job.execute_in_process(
            run_config=QUIET, instance=instance, tags=tags, raise_on_error=False, run_id=run_id
        )
    return result.success


def _teller(progress: Progress) -> Callable[[dg.EventLogEntry], None]:
    """Tells progress what Dagster's events say."""
    ends = {dg.DagsterEventType.STEP_SUCCESS: True, dg.DagsterEventType.STEP_FAILURE: False}

    def tell(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            progress.noticed(entry.user_message)
        elif event.step_key and event.event_type == dg.DagsterEventType.STEP_START:
            progress.started(event.step_key)
        elif event.step_key and event.event_type in ends:
            progress.ended(event.step_key, is_good=ends[event.event_type])

    return tell
