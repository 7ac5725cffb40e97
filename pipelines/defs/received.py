"""Layers ``received`` and ``contract``: exports as they came, and the tables that the calculation knows."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl

from pipelines.closing.recorded import Recorded
from pipelines.company_folder import CompanyFolder
from pipelines.defs.failures import said_in_words
from pipelines.defs.night import Night
from pipelines.defs.tables import OPERATIONS, checked, outputs, outs
from pipelines.intake import Intake, take_in
from pipelines.store.contracts import INTAKE_TABLES
from schemas.contract import CONTRACT
from schemas.rules.source import Source


def export_specs(folder: CompanyFolder) -> list[dg.AssetSpec]:
    """An asset for each source file of the company: what arrives from outside, and how it is read."""
    files = sorted((folder.path / "sources").glob("*.yaml"))
    return [_export_spec(path, source) for path, source in zip(files, folder.sources, strict=True)]


def _export_spec(path: Path, source: Source) -> dg.AssetSpec:
    globs = ", ".join(f"`{glob}`" for glob in source.origin.globs().values())
    return dg.AssetSpec(
        dg.AssetKey(["exports", path.stem]),
        group_name="exports",
        description=f"Files {globs}, as another system writes them. `{path.name}` says how they become `{source.table}`.",
        kinds={_kind(source)},
        owners=[OPERATIONS],
        metadata={"files": globs, "table": source.table, "mapping": dg.MetadataValue.path(str(path))},
    )


def _kind(source: Source) -> str:
    name = next(iter(source.origin.globs().values()))
    kind = source.origin.format_of(next(iter(source.origin.globs()))).kind or Path(
        name.removesuffix(".gz")
    ).suffix.lstrip(".")
    return {"xlsx": "excel", "parquet": "parquet", "jsonl": "json"}.get(kind, "csv")


def intake_asset(folder: CompanyFolder) -> dg.AssetsDefinition:
    """The step that takes the exports of one company in."""
    code = "pipelines/intake/take_in.py"
    exports = [spec.key for spec in export_specs(folder)]
    received, others = dg.AssetKey("received"), [name for name in (*INTAKE_TABLES, *CONTRACT) if name != "received"]

    @dg.multi_asset(
        name="intake",
        outs={**outs("received", INTAKE_TABLES, code=code), **outs("contract", CONTRACT, code=code)},
        deps=exports,
        internal_asset_deps={"received": set(exports), **{name: {received} for name in others}},
        required_resource_keys={"night"},
        description="Read every export as text, map and check it; refuse file by file and row by row, with the reason.",
    )
    def intake(context: dg.AssetExecutionContext) -> Iterator[dg.Output[pl.DataFrame]]:
        night: Night = context.resources.night
        with said_in_words("intake", night):
            context.log.info(_said_of(night.recorded))  # the ledger is read first: what it says then holds for the run
            taken = take_in(
                night.folder,
                night.exports,
                snapshots=night.store.snapshots,
                as_of=night.as_of,
                progress=context.log.info,
            )
            tables = checked(tables_of(taken))
            night.begin(tables)
        yield from outputs(tables)

    return intake


def _said_of(recorded: Recorded) -> str:
    if recorded.head is None:
        return "no ledger: nothing is closed"
    closed = f"{recorded.closed[-1]} is closed" if recorded.closed else "no period is closed"
    return f"the ledger has {recorded.head.length:,} entries; {closed}"


def tables_of(taken: Intake) -> dict[str, pl.DataFrame]:
    """Every table of intake by name: what came and what was refused, then the contract's."""
    return {**{name: getattr(taken, name) for name in INTAKE_TABLES}, **{name: taken.facts[name] for name in CONTRACT}}
