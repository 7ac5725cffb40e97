"""Statement workbooks, a partition per fiscal period: what has not changed since it was published is left as it is."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from typing import Any

import dagster as dg
import polars as pl

from pipelines.closing.standing import require_known
from pipelines.defs.failures import said_in_words
from pipelines.defs.night import ONLY_TAG, Night
from pipelines.defs.periods import PERIODS, register, require_period
from pipelines.defs.shown import table_of
from pipelines.defs.tables import FINANCE
from pipelines.store import TABLES, Calculation
from pipelines.store.issued import Issued, record_issued
from pipelines.workbooks import Provenance, PublishedPeriod, SourceFile, write_period_statements
from schemas.contract import CONTRACT

KEY = dg.AssetKey("statement_workbooks")


class TablesOnDemand(Mapping[str, pl.DataFrame]):
    """The tables of one calculation, each read when it is first asked for, and those given besides."""

    def __init__(self, calculation: Calculation, more: Mapping[str, pl.DataFrame]) -> None:
        self.calculation = calculation
        self.held = dict(more)

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self.held:
            if name not in TABLES:
                raise KeyError(name)
            self.held[name] = self.calculation.read(name)
        return self.held[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**TABLES, **self.held})

    def __len__(self) -> int:
        return len({**TABLES, **self.held})


@dg.multi_asset(
    name="statement_workbooks",
    ins={"calculation": dg.AssetIn(key="calculation", input_manager_key="published_calculation")},
    outs={
        KEY.path[0]: dg.AssetOut(
            key=KEY,
            is_required=False,
            group_name="statements",
            kinds={"excel"},
            owners=[FINANCE],
            description=(
                "One workbook per payee and fiscal period, and one for finance per period, published period by period: the "
                "old set or the new one, never a mixture. What shows nothing new keeps its revision and its bytes."
            ),
        )
    },
    partitions_def=PERIODS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    required_resource_keys={"night"},
)
def statement_workbooks(context: dg.AssetExecutionContext, calculation: Calculation) -> Iterator[dg.Output[Any]]:
    """Publish the statements of the run's periods that have changed."""
    night: Night = context.resources.night
    with said_in_words("statement_workbooks", night):
        tables = TablesOnDemand(calculation, night.recorded.beside)
        stated = _open(context, night, tables["statements"]["fiscal_period"].cast(pl.String).unique().sort().to_list())
        periods, beyond = _wanted(context, night, stated)
        if periods:
            require_known(night.recorded, calculation.ledger)
        register(context.instance, beyond)
        provenance = provenance_of(tables, calculation, night)
        facts = {name: tables[name] for name in CONTRACT} | night.standing.held
        issued = []
        for period in periods:
            made = write_period_statements(
                night.store.statements, tables, facts, night.folder.rules, [period], provenance
            )[0]
            issued.append(made)
            _tell(context, calculation, made)
        record_issued(night.store, calculation.calculation_id, [Issued.of(made) for made in issued], stated)
    yield from ()


def _open(context: dg.AssetExecutionContext, night: Night, stated: list[str]) -> list[str]:
    """Of the stated periods those that are not closed: what is closed is never written again, whoever asks for it."""
    closed = set(night.recorded.closed)
    for period in sorted(closed.intersection(context.partition_keys)):
        opened = night.standing.open_period
        context.log.info(f"{period} is closed: nothing is written; differences are proposed in {opened}")
    return [period for period in stated if period not in closed]


def _wanted(context: dg.AssetExecutionContext, night: Night, stated: list[str]) -> tuple[list[str], list[str]]:
    """Periods to publish, and those of them that lie beyond the run's range.

    A nightly run goes on past it and states periods after the day it is made for, where orders are dated there; a period of the range
    that no order reaches yet has nothing to state.
    """
    goes_on = night.calculation is not None and ONLY_TAG not in context.run_tags
    asked = [require_period(key) for key in context.partition_keys]
    beyond = [period for period in stated if goes_on and period > max(asked)]
    for period in sorted(set(asked) - set(stated) - set(night.recorded.closed)):
        context.log.info(f"{period}: nothing to state, the last order or return lies before it")
    return [period for period in stated if period in asked] + beyond, beyond


def _tell(context: dg.AssetExecutionContext, calculation: Calculation, made: PublishedPeriod) -> None:
    """Say on the period's page what was issued; a period left as it was is told as an observation."""
    files = pl.DataFrame(
        [(file.name, file.revision, "new" if file.is_new else "unchanged") for file in made.files],
        schema={"file": pl.String, "revision": pl.Int64, "state": pl.String}, orient="row",
    )  # fmt: skip
    metadata: dict[str, Any] = {
        "state": f"{made.written} of {len(made.files)} files new or revised"
        if made.is_changed
        else "unchanged since it was published",
        "folder": dg.MetadataValue.path(str(made.folder)),
        "calculation": calculation.calculation_id,
        "files": table_of(files),
        "dagster/partition_row_count": len(made.files),
    }
    known = context.instance.get_materialized_partitions(KEY)
    if made.is_changed or made.period not in known:
        context.log_event(dg.AssetMaterialization(KEY, partition=made.period, metadata=metadata))
    else:
        context.log_event(dg.AssetObservation(KEY, partition=made.period, metadata=metadata))
    context.log.info(f"{made.period}: {metadata['state']}")


def provenance_of(tables: Mapping[str, pl.DataFrame], calculation: Calculation, night: Night) -> Provenance:
    """What a workbook prints about its origin. No clock: the moment is the start of the day that the run is made for."""
    files = (
        tables["received"]
        .select(pl.col("source_file", "table", "sha256").cast(pl.String), "rows")
        .sort("source_file", "table")
    )
    return Provenance(
        snapshot_id=calculation.snapshot_id,
        data_as_of=night.as_of,
        made_at=datetime.combine(night.as_of, time(), tzinfo=UTC),
        rules_hash=calculation.rules,
        engine=calculation.engine,
        files=tuple(SourceFile(name, table, rows, sha256) for name, table, sha256, rows in files.rows()),
    )
