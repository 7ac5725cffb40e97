"""The statements of the period that is put aside, and their place once it is closed."""

import shutil
from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl

from pipelines.closing.prepare import Prepared
from pipelines.store import Store
from pipelines.workbooks import Provenance, SourceFile, write_period_statements


def write_statements(folder: Path, prepared: Prepared, store: Store, as_of: date) -> None:
    """Write the statements of the open period; what has not changed since it was issued keeps its revision."""
    period, tables = prepared.open.period, prepared.tables
    if period not in tables["statements"]["fiscal_period"].cast(pl.String).unique():
        return
    root = folder.parent / ".statements"
    issued = store.statements / period
    if issued.is_dir():
        shutil.copytree(issued, root / period)
    made = write_period_statements(
        root, tables, prepared.spliced, prepared.folder.rules, [period], _provenance(prepared, as_of), final=True
    )  # fmt: skip
    made[0].folder.rename(folder)
    shutil.rmtree(root)


def _provenance(prepared: Prepared, as_of: date) -> Provenance:
    from pipelines.defs.night import engine, snapshot_of  # noqa: PLC0415  # loads Dagster

    received = prepared.tables["received"].select(pl.col("source_file", "table", "sha256").cast(pl.String), "rows")
    files = tuple(
        SourceFile(name, table, rows, sha256)
        for name, table, sha256, rows in received.sort("source_file", "table").rows()
    )
    return Provenance(
        snapshot_of(prepared.tables["received"]), as_of, datetime.combine(as_of, time(), tzinfo=UTC),
        prepared.folder.fingerprint(), engine(), files,
    )  # fmt: skip
