"""Write tables as Parquet: the same rows give the same bytes, and a reader sees the old set or the new one."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import polars as pl

ROWS_PER_GROUP = 250_000
MANIFEST = "calculation.json"


def write_tables(folder: Path, tables: Mapping[str, pl.DataFrame], manifest: Mapping[str, Any]) -> list[Path]:
    """Write each table to ``folder/<name>.parquet`` and, last, ``calculation.json``.

    All are written aside first, so a crash leaves what was there. Tables of an earlier calculation that are not
    among these are removed, since they would not belong to the manifest any more.

    Args:
        folder: Made where missing.
        tables: Rows in the order they are to stand in; names may hold a ``/``.
        manifest: What the tables were made from; must not depend on the clock.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(mkdtemp(prefix=".aside-", dir=folder))
    try:
        for name, table in tables.items():
            target = aside / f"{name}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            write_table(target, table)
        _remove_former(folder, tables)
        written = [_moved(aside / f"{name}.parquet", folder / f"{name}.parquet") for name in tables]
        (aside / MANIFEST).write_text(
            json.dumps({**manifest, "tables": sorted(tables)}, indent=1, sort_keys=True) + "\n"
        )
        return [*written, _moved(aside / MANIFEST, folder / MANIFEST)]
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_table(path: Path, table: pl.DataFrame) -> None:
    """Write one Parquet file; neither the number of threads nor the codes of categories change its bytes."""
    table.rechunk().write_parquet(path, compression="zstd", compression_level=1, row_group_size=ROWS_PER_GROUP)


def _remove_former(folder: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    path = folder / MANIFEST
    if path.is_file():
        former = json.loads(path.read_text()).get("tables", [])
        path.unlink()
        for name in set(former) - set(tables):
            (folder / f"{name}.parquet").unlink(missing_ok=True)


def _moved(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)  # noqa: PTH105  - replaces what is there in one step
    return target
