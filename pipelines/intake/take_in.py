"""From a folder of exports to the contract's tables: the order of the steps, and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.intake.batch import Batch, RowNote, stacked
from pipelines.intake.columns import FileContext, renamed, rules_for
from pipelines.intake.corrections import Corrections
from pipelines.intake.files import Arrival, Files
from pipelines.intake.finish import FileState, facts_of, notes_of, quarantine_of, received_amounts_of, received_of
from pipelines.intake.parse import parse_file, types_of
from pipelines.intake.raw import FileRefused
from pipelines.intake.result import CompanyFolder, Intake, IntakeStopped
from pipelines.intake.rules import apply_rules
from pipelines.intake.rules.world import World
from schemas.contract import CONTRACT, REQUIRED_TABLES
from schemas.core.intake import AppliedCorrection, Quarantined, RowSource
from schemas.rules.source import Source

Progress = Callable[[str], None]


@dataclass
class _Run:
    """What one attempt gathers."""

    folder: CompanyFolder
    files: Files
    corrections: Corrections
    states: list[FileState] = field(default_factory=list)
    notes: list[tuple[str, RowNote]] = field(default_factory=list)


def take_in(
    folder: CompanyFolder,
    exports: Path,
    *,
    snapshots: Path | None = None,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> Intake:
    """Read, map and check every export of a company.

    Args:
        folder: company.yaml and sources/.
        exports: The folder the sources' files lie in.
        snapshots: Where copies of what came are kept; a refused file is replaced by its last good copy.
        as_of: The day of the run; orders later than the day after are refused. Without it only the horizon counts.
        progress: Told what is being done.

    Returns:
        The contract's tables, and what was refused, changed and noticed on the way.

    Raises:
        IntakeStopped: a required table is missing or refused, or more was refused than the company tolerates.
        NotConservedError: a fault of ours; nothing may be calculated.
    """
    tell = progress or (lambda _: None)
    run = _Run(folder, Files(exports), Corrections())
    batches = {table: _batch_of(run, table, tell) for table in CONTRACT}
    world = World(folder.company, as_of, batches)
    tell("checking what belongs together")
    apply_rules(world)
    return _finished(run, world)


def _batch_of(run: _Run, table: str, tell: Progress) -> Batch:
    pieces = []
    for source in run.folder.sources:
        if source.table == table:
            tell(f"reading {table}")
            pieces += _pieces(run, source)
    if not pieces and table in REQUIRED_TABLES:
        raise IntakeStopped(
            f"{table}: no file came, and nothing can be attributed without it; check sources/ and the exports folder"
        )
    return stacked(table, pieces, types_of(table))


def _pieces(run: _Run, source: Source) -> list[Batch]:
    (name, glob), *_ = source.origin.globs().items()
    form = source.origin.format_of(name)
    pieces = []
    for arrival in run.files.matching(glob):
        context = FileContext(arrival.name, source, form, run.folder.company)
        table = renamed(run.files.table(arrival, form), context)
        pieces.append(parse_file(table, rules_for(table, context), context, run.corrections))
        run.states.append(_state(run, arrival, source))
    return pieces


def _state(run: _Run, arrival: Arrival, source: Source) -> FileState:
    content = run.files.content(arrival)
    return FileState(arrival.name, source.table, content.sha256, len(content.data))


def _finished(run: _Run, world: World) -> Intake:
    batches = world.tables
    facts = {table: facts_of(batch) for table, batch in batches.items()}
    quarantine = [quarantine_of(batch) for batch in batches.values()]
    return Intake(
        facts=facts,
        quarantine=pl.concat(quarantine).sort("table", "source_file", "source_line"),
        received=received_of(batches, run.states),
        received_amounts=received_amounts_of(batches, facts),
        notes=notes_of(batches, run.notes),
        row_sources=RowSource.empty_frame(),
        applied_corrections=AppliedCorrection.empty_frame(),
    )
