"""A step that cannot go on says so in words: what, where, what to do; no traceback, and no pay in Dagster's records."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import polars as pl

from compensation.attribution.trees import TreeLoops
from compensation.calendar import OutsideCalendar
from compensation.conservation import NotConserved
from compensation.money import AmountsTooLarge
from compensation.payout.errors import PayoutError
from pipelines.closing.frozen import SealBroken
from pipelines.closing.standing import ClosedMeanwhile
from pipelines.defs.night import Night
from pipelines.intake import IntakeStopped, NotConservedError
from pipelines.ledger import LedgerDamaged, LedgerError
from pipelines.rule_files import RuleFileError
from pipelines.store import Store, StoreError, StoreInUse
from pipelines.workbooks.files import private_umask
from schemas.table import ContractBroken

FIX_DATA = (
    "`creditdue check` with the same company and exports lists everything that is wrong. Correct the exports, or add a "
    "correction, and run again; until then the last good result stays."
)
FIX_RULES = "Correct the rule file at the place named and run again; until then the last good result stays."
RUN_AGAIN = "Run again when what is named is mended; no clean-up is needed, and the last good result stays."
KEEP_EVIDENCE = (
    "Do not close or pay from it. Keep it as evidence, restore the last backup that `creditdue verify --anchor` finds whole, and run "
    "again; the last good result stays."
)
REPORT = (
    "Report it with the file of details. The last good result stays; running again gives the same until it is mended."
)

SPEAKING: list[tuple[type[BaseException], str]] = [
    (IntakeStopped, FIX_DATA),
    (RuleFileError, FIX_RULES),
    (TreeLoops, FIX_DATA),
    (OutsideCalendar, FIX_RULES),
    (PayoutError, FIX_RULES),
    (AmountsTooLarge, FIX_DATA),
    (StoreInUse, "Wait until the other run has ended and run again."),
    (StoreError, RUN_AGAIN),
    (ClosedMeanwhile, "Run again: it then takes the period for closed."),
    (LedgerDamaged, KEEP_EVIDENCE),
    (SealBroken, KEEP_EVIDENCE),
    (LedgerError, RUN_AGAIN),
    (NotConserved, REPORT),
    (NotConservedError, REPORT),
    (ContractBroken, REPORT),
]
"""Errors whose message holds no pay, and what to do about each; the first that fits counts."""


CHECKS_OF_DATA = {"ledger_is_whole": ("LedgerDamaged", KEEP_EVIDENCE)}
"""Checks whose failure is no fault of the program: what it is instead, and what to do."""


@dataclass(frozen=True)
class RunFailure:
    """Why a run failed: ``details`` is a file that only its owner reads, where more is known than may be shown."""

    step: str
    kind: str
    message: str
    next_action: str
    details: Path | None = None


@contextmanager
def said_in_words(step: str, night: Night, *, shows_pay: bool = False) -> Iterator[None]:
    """Raise whatever goes wrong inside as a Dagster failure that says what to do.

    Messages known to hold no pay are shown; others stay in a file beside the store, readable by its owner only.

    Args:
        step: What is being done, for the note.
        night: The run.
        shows_pay: Whether amounts that do not add up would be somebody's pay; then that message is not shown either.

    Raises:
        dagster.Failure: with ``kind``, ``step`` and ``next action`` in its metadata.
    """
    try:
        yield
    except dg.Failure:
        raise
    except (Exception, pl.exceptions.PanicException) as error:  # a panic of Polars is no Exception
        raise failure_of(error, step, night.store, night.run_id, shows_pay=shows_pay) from None


def failure_of(
    error: BaseException, step: str, store: Store, run_id: str, *, shows_pay: bool = False
) -> dg.Failure:  # fmt: skip
    """The Dagster failure for an error, after its details were written down."""
    details = write_details(store, run_id, error)
    kind = type(error).__name__
    is_told = not (shows_pay and isinstance(error, NotConserved))
    action = next((todo for known, todo in SPEAKING if isinstance(error, known) and is_told), None)
    message = (
        str(error)
        if action
        else f"Step '{step}' stopped on {kind}. Its message may hold pay, so it is only in {details}."
    )
    return dg.Failure(
        description=message,
        metadata={
            "step": step,
            "kind": kind,
            "next action": action or REPORT,
            "details": dg.MetadataValue.path(str(details)),
        },
        allow_retries=False,
    )


def write_details(store: Store, run_id: str, error: BaseException) -> Path:
    """Write message and traceback to ``failures/<run>.details.txt`` in the store, for its owner's eyes only."""
    path = store.failures / f"{run_id}.details.txt"
    with private_umask():
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return path


def write_note(store: Store, run_id: str, failure: RunFailure) -> Path:
    """Write the note that people read first: step, message, next action."""
    path = store.failures / f"{run_id}.md"
    details = f"\n- Details: `{failure.details.name}` beside this file\n" if failure.details else "\n"
    with private_umask():
        path.write_text(
            f"# The run stopped in step '{failure.step}'\n\n{failure.message}\n\n**What to do:** {failure.next_action}\n\n"
            f"- Run: {run_id}\n- Kind: {failure.kind}{details}",
            encoding="utf-8",
        )
    return path


def failure_in(instance: dg.DagsterInstance, run_id: str, store: Store) -> RunFailure:
    """Why a run failed, from Dagster's records of it."""
    failed = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    check = _failed_check(instance, run_id)
    details = store.failures / f"{run_id}.details.txt"
    known = details if details.is_file() else None
    if check is not None:
        return RunFailure(*check, known)
    for record in failed:
        event = record.dagster_event
        if event is not None:
            return _of_event(event, known)
    return RunFailure("start", "RunFailed", _last_words(instance, run_id), RUN_AGAIN, known)


def _of_event(event: dg.DagsterEvent, details: Path | None) -> RunFailure:
    data, step = event.step_failure_data, event.step_key or "?"
    user = data.user_failure_data
    if user is not None:
        said = {key: str(value.value) for key, value in user.metadata.items()}
        return RunFailure(
            said.get("step", step),
            said.get("kind", "Failure"),
            user.description or "",
            said.get("next action", REPORT),
            details,
        )
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    kind = (error.cls_name if error else None) or "Error"
    is_ours = kind in {known.__name__ for known, _ in SPEAKING} or kind in {
        "EmptiedTable",
        "WrongSchema",
        "NotReproduced",
        "NothingPublished",
    }
    message = error.message.split(": ", 1)[-1].strip() if error and is_ours else f"Step '{step}' stopped on {kind}."
    return RunFailure(step, kind, message, RUN_AGAIN if is_ours else REPORT, details)


def _failed_check(instance: dg.DagsterInstance, run_id: str) -> tuple[str, str, str, str] | None:
    for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        event = record.dagster_event
        if event is None:
            continue
        found = event.asset_check_evaluation_data
        if not found.passed and found.severity == dg.AssetCheckSeverity.ERROR:
            said = found.description or f"Check '{found.check_name}' failed."
            kind, action = CHECKS_OF_DATA.get(found.check_name, ("CheckFailed", REPORT))
            return found.check_name, kind, said, action
    return None


def _last_words(instance: dg.DagsterInstance, run_id: str) -> str:
    failed = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    for record in failed:
        event = record.dagster_event
        error = event.job_failure_data.error if event is not None and event.job_failure_data else None
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            known = {kind.__name__ for kind, _ in SPEAKING}
            return (
                error.message.split(": ", 1)[-1].strip()
                if error.cls_name in known
                else f"The run could not start: {error.cls_name}."
            )
        if event is not None and event.message:
            return event.message
    return "The run ended without saying why; its process was probably stopped."
