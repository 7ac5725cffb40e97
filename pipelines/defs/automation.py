"""When it runs: every night, when exports change, and what happens when a run fails."""

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.company_folder import CompanyFolder
from pipelines.defs.failures import failure_in, write_note
from pipelines.defs.night import AS_OF_TAG
from pipelines.defs.periods import periods_until, range_tags, register
from pipelines.defs.settings import Settings, today

JOB = "nightly"
LEDGER_CHECK = "ledger_is_whole"
SETTLE_SECONDS = 60
NIGHTLY = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("exports"),
    description=(
        "Everything, in one run: exports in, statements out. Calculates all periods, then issues the statements of every "
        "period that changed, from the oldest to the open one."
    ),
    executor_def=dg.in_process_executor,
    tags={"dagster/max_runtime": str(4 * 3600)},
)

VERIFY = dg.define_asset_job(
    "verify",
    selection=dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("postings"), LEDGER_CHECK)),
    description=(
        "Only `ledger_is_whole`, which every night runs too: recomputes every hash of the ledger and of the sealed periods, and "
        "writes nothing."
    ),
    executor_def=dg.in_process_executor,
)


def nightly_tags(instance: dg.DagsterInstance, folder: CompanyFolder, as_of: date) -> dict[str, str]:
    """Register the periods up to the open one, and the tags of one run over all of them.

    Which periods changed is only known once everything is calculated, so the run covers the whole open range and leaves
    unchanged periods as they are.
    """
    periods = periods_until(folder.company, as_of)
    register(instance, periods)
    return {**range_tags(periods), AS_OF_TAG: as_of.isoformat()}


def nightly_schedule(settings: Settings, folder: CompanyFolder) -> dg.ScheduleDefinition:
    """The company's own hour, in its own time zone."""
    zone = folder.company.time_zone

    @dg.schedule(
        job=NIGHTLY, name="nightly", cron_schedule=folder.company.nightly, execution_timezone=zone,
        description=f"Every night of {folder.company.company}: `{folder.company.nightly}`, {zone}.",
    )  # fmt: skip
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = settings.as_of or context.scheduled_execution_time.astimezone(ZoneInfo(zone)).date()
        moment = context.scheduled_execution_time.astimezone(UTC)
        return dg.RunRequest(
            run_key=f"nightly-{moment:%Y-%m-%dT%H:%MZ}", tags=nightly_tags(context.instance, folder, day)
        )

    return nightly


def exports_sensor(
    settings: Settings, folder: CompanyFolder, settle_seconds: float = SETTLE_SECONDS
) -> dg.SensorDefinition:
    """Runs the job when exports have changed and have lain still for a while, so that none is read half-written."""

    @dg.sensor(
        job=NIGHTLY, name="exports_changed", minimum_interval_seconds=30,
        description=(
            f"Runs the job when a file in `{settings.exports}` was added, replaced or removed, once all have lain unchanged "
            f"for {settle_seconds:g} seconds. A file that is sent again later runs again."
        ),
    )  # fmt: skip
    def exports_changed(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        seen: dict[str, Any] = json.loads(context.cursor) if context.cursor else {"listing": "", "number": 0}
        files = export_files(folder, settings.exports)
        listing = _listing(files)
        if listing == seen["listing"]:
            yield dg.SkipReason("No export has changed since the last run was asked for.")
            return
        newest = max((path.stat().st_mtime for path in files), default=0.0)
        if time.time() - newest < settle_seconds:
            yield dg.SkipReason(f"Exports are still arriving; the newest is younger than {settle_seconds:g} seconds.")
            return
        content = content_of_files(files)
        if _listing(export_files(folder, settings.exports)) != listing:
            yield dg.SkipReason("Exports changed while they were read; they are looked at again.")
            return
        number = seen["number"] + 1
        day = settings.as_of or today(folder.company.time_zone)
        context.update_cursor(json.dumps({"listing": listing, "number": number}))
        yield dg.RunRequest(
            run_key=f"exports-{content[:16]}-{number}", tags=nightly_tags(context.instance, folder, day)
        )

    return exports_changed


def periods_sensor(settings: Settings, folder: CompanyFolder) -> dg.SensorDefinition:
    """Keeps the list of fiscal periods up to the open one, so that a page can offer them before the first night."""

    @dg.sensor(
        name="fiscal_periods", target=None, default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=3600,
        description="Adds the fiscal periods that have begun to the partitions of `statement_workbooks`.",
    )  # fmt: skip
    def fiscal_periods(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        periods = periods_until(folder.company, settings.as_of or today(folder.company.time_zone))
        register(context.instance, periods)
        return dg.SkipReason(f"{len(periods)} fiscal periods, {periods[0]} to {periods[-1]}.")

    return fiscal_periods


def export_files(folder: CompanyFolder, exports: Path) -> list[Path]:
    """Every file in the exports folder that a source names, once, in name order."""
    globs = {glob for source in folder.sources for glob in source.origin.globs().values()}
    return sorted({path for glob in globs for path in exports.glob(glob) if path.is_file()})


def content_of_files(files: list[Path]) -> str:
    """SHA-256 over names and contents."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _listing(files: list[Path]) -> str:
    rows = [(path.name, stat.st_size, stat.st_mtime_ns) for path in files for stat in [path.stat()]]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def failure_sensor(settings: Settings) -> dg.SensorDefinition:
    """Leaves a note in the store when a run fails: which step, what happened, what to do. No pay in it."""

    @dg.run_failure_sensor(
        name="note_failed_runs", monitored_jobs=[NIGHTLY], default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description="Writes `failures/<run>.md` in the store when a run fails: step, message, what to do next. It holds no pay.",
    )  # fmt: skip
    def note_failed_runs(context: dg.RunFailureSensorContext) -> None:
        run_id = context.dagster_run.run_id
        store = settings.store.prepare()
        failure = failure_in(context.instance, run_id, store)
        note = write_note(store, run_id, failure)
        context.log.error(f"Run {run_id[:8]} stopped in step '{failure.step}': {failure.next_action} See {note}.")

    return note_failed_runs
