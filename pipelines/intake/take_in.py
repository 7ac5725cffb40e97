"""From a folder of exports to the contract's tables: the order of the steps, and nothing else."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.intake.batch import Batch, key_of, stacked
from pipelines.intake.corrections import Correction, Corrections, fault_of
from pipelines.intake.files import Files
from pipelines.intake.finish import facts_of, notes_of, quarantine_of, received_amounts_of, received_of, unique_records
from pipelines.intake.gather import Gathering, fresh
from pipelines.intake.joined import Joined, further_sources, raw_counts, rebased, with_raw_amounts
from pipelines.intake.parse import types_of
from pipelines.intake.raw import FileRefused
from pipelines.intake.refusals import Refusals
from pipelines.intake.result import CompanyFolder, Intake, IntakeStopped
from pipelines.intake.rules import apply_rules
from pipelines.intake.rules.keys import settle_duplicates
from pipelines.intake.rules.world import World
from pipelines.intake.snapshots import Snapshots
from pipelines.intake.tolerance import too_much_refused
from schemas.contract import CONTRACT
from schemas.core.intake import AppliedCorrection, ReceivedAmount
from schemas.rules.source import CORRECTIONS

Progress = Callable[[str], None]


def take_in(
    folder: CompanyFolder,
    exports: Path,
    *,
    snapshots: Path | None = None,
    is_recording: bool = True,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> Intake:
    """Read, map and check every export of a company.

    A file that cannot be used as a whole is replaced by its last good copy where ``snapshots`` has one, and
    everything is read again with it. Otherwise an optional table goes without it, and a required one stops. What an
    optional table finds wrong with a file takes it from that table alone.

    Args:
        folder: company.yaml and sources/.
        exports: The folder the sources' files lie in.
        snapshots: Where copies of what came are kept.
        is_recording: Whether this intake is kept there, too; otherwise it is only compared with what is.
        as_of: The day of the run; orders later than the day after are refused. Without it only the horizon counts.
        progress: Told what is being done.

    Returns:
        The contract's tables, and what was refused, changed and noticed on the way.

    Raises:
        IntakeStopped: a required table is missing or refused, or more was refused than the company tolerates.
        NotConservedError: a fault of ours; nothing may be calculated.
        RuleFileError: a ``select`` that may not or cannot run.
    """
    tell = progress or (lambda _: None)
    run = Gathering(folder, Files(exports), Snapshots(snapshots, is_recording=is_recording), Refusals())
    with run.files.reading_ahead(run.plain_files()):
        while True:
            try:
                return _attempt(run, as_of, tell)
            except FileRefused as refusal:
                run.refusals.learn(refusal)
                tell(f"{refusal.file} is refused: {refusal.reason}")
                run = fresh(run)


def _attempt(run: Gathering, as_of: date | None, tell: Progress) -> Intake:
    corrections = _corrections(run)
    batches: dict[str, Batch] = {}
    joined: list[Joined] = []
    for table in CONTRACT:
        pieces = run.pieces(table)
        if pieces:
            tell(f"read {table}")
        batches[table] = stacked(table, pieces, types_of(table))
        joined += rebased(run.joined, pieces, batches[table])
    run.joined = joined
    if run.lacking:
        stopped = _finished(run, batches, corrections, settled=False)
        lacking = [f"{table}: {why}" for table, reasons in run.lacking.items() for why in reasons]
        raise IntakeStopped("\n".join(["Nothing can be calculated:", *lacking]), stopped)
    _refuse_unmet(run.corrections, corrections)
    reviewed = frozenset(entry.key for entry in run.corrections.of("orders"))
    world = World(run.folder.company, as_of, batches, run.kept.latest_versions(), reviewed)
    tell("checking what belongs together")
    apply_rules(world)
    intake = _finished(run, batches, corrections, settled=True)
    _keep(run, batches["orders"], intake)
    return intake


def _corrections(run: Gathering) -> Batch:
    """Operations' fixes, read before everything else; those that cannot be meant are refused."""
    batch = stacked(CORRECTIONS, run.pieces(CORRECTIONS), types_of(CORRECTIONS))
    settle_duplicates(batch)
    rows = batch.frame.with_row_index("row").filter(batch.is_alive())
    entries = [
        Correction(
            row["correction_id"],
            row["table"],
            row["key"],
            row["column"],
            row["value"],
            row["reason"],
            row["entered_by"],
            row["row"],
        )
        for row in rows.iter_rows(named=True)
    ]
    usable = []
    for entry in entries:
        fault = fault_of(entry)
        if fault is None:
            usable.append(entry)
        else:
            batch.refuse(
                pl.Series([entry.row], dtype=pl.UInt32),
                "correction_unknown",
                f"{fault}; correct the correction",
                column="column",
            )
    run.corrections = Corrections(tuple(usable))
    return batch


def _refuse_unmet(corrections: Corrections, batch: Batch) -> None:
    """A fix for a record that did not come fixes nothing, and whoever entered it should know."""
    for entry in corrections.entries:
        if not corrections.met[entry.correction_id]:
            key = "|".join(key_of(entry.table))
            detail = f"no record of {entry.table} has the key {entry.key!r} ({key}); correct the key, or remove the correction"
            batch.refuse(pl.Series([entry.row], dtype=pl.UInt32), "correction_unknown", detail, column="key")


def _finished(run: Gathering, batches: dict[str, Batch], corrections: Batch, *, settled: bool) -> Intake:
    every = {**batches, CORRECTIONS: corrections}
    facts = {table: facts_of(batch) if settled else CONTRACT[table].empty_frame() for table, batch in batches.items()}
    quarantine = [quarantine_of(batch) for batch in every.values()] + run.broken_records
    amounts = received_amounts_of(batches, facts) if settled else ReceivedAmount.empty_frame()
    amounts = with_raw_amounts(amounts, run.joined, run.notes) if settled else amounts
    return Intake(
        facts=facts,
        quarantine=unique_records(pl.concat(quarantine)),
        received=received_of(every, list(run.states.values()), raw_counts(run.joined, run.notes)),
        received_amounts=amounts,
        notes=notes_of(every, [*run.notes, *run.headers.notes()]),
        row_sources=further_sources(run.joined),
        applied_corrections=_applied(run.corrections),
    )


def _applied(corrections: Corrections) -> pl.DataFrame:
    rows = [
        (
            entry.correction_id,
            entry.table,
            entry.key,
            entry.column,
            corrections.before[entry.correction_id],
            entry.value,
            entry.reason,
            entry.entered_by,
        )
        for entry in corrections.entries
        if corrections.met[entry.correction_id]
    ]
    return pl.DataFrame(rows, schema=AppliedCorrection.dtypes(), orient="row").sort("correction_id")


def _keep(run: Gathering, orders: Batch, intake: Intake) -> None:
    """Copy what came; make it the last good where it is accepted.

    Raises:
        IntakeStopped: more was refused than the company tolerates; nothing becomes the last good then.
    """
    for source in run.folder.sources:
        for glob in source.origin.globs().values():
            for arrival in run.files.matching(glob):
                if run.refusals.of(arrival.name, source.table) is None:
                    content = run.files.content(arrival)
                    run.kept.keep(arrival.name, content.sha256, content.data)
    run.kept.record(intake.received.to_dicts())
    message = too_much_refused(intake, run.folder.company)
    if message is not None:
        raise IntakeStopped(message, intake)
    versions = orders.frame.filter(orders.is_alive()).select("order_id", "version").drop_nulls()
    run.kept.accept(run.good, versions)
