"""Delta tables of the store: one atomic commit per table and change, read back by version in contract types.

A data path is never used twice, so a reader that has resolved a version reads it to the end whatever is written
meanwhile. No Dagster here.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import TableNotFoundError

from pipelines.store.contracts import stored_schema
from pipelines.store.errors import EmptiedTable, StoreError, WrongSchema, ordinary_errors
from pipelines.store.fingerprint import content_of
from pipelines.store.place import Store
from schemas.contract import REQUIRED_TABLES
from schemas.table import Table

CONTENT = "creditdue.content"
ROWS = "creditdue.rows"
RUN = "creditdue.run_id"
CALCULATION = "creditdue.calculation_id"


@dataclass(frozen=True)
class TableVersion:
    """One version of a table: what it holds, and whether the write that gave it changed anything."""

    table: str
    version: int
    rows: int
    content: str
    is_new: bool = False


def write_table(
    store: Store, name: str, frame: pl.DataFrame, contract: type[Table], *, run_id: str, calculation_id: str
) -> TableVersion:
    """Make ``frame`` the table's newest version, in one commit; none where it already holds exactly these rows.

    Rows are sorted by the contract's key, dictionaries are stored as text. A frame without rows leaves an empty table
    with all its columns.

    Raises:
        WrongSchema: the frame has not exactly the contract's columns and types, e.g. a float where a decimal belongs,
            which delta-rs would cast without a word.
        EmptiedTable: a table that the calculation needs would lose all its rows.
        StoreError: the table cannot be written.
    """
    require_schema(name, frame, contract)
    rows = in_stored_form(frame, contract)
    content = content_of(rows)
    with ordinary_errors(f"Writing table '{name}' in {store.tables}"):
        latest = latest_version(store, name)
        if latest is not None and latest.content == content:
            return latest
        require_still_filled(name, latest, rows)
        metadata = {CONTENT: content, ROWS: str(rows.height), RUN: run_id, CALCULATION: calculation_id}
        version = _commit(store, name, rows, metadata)
    return TableVersion(name, version, rows.height, content, is_new=True)


def _commit(store: Store, name: str, rows: pl.DataFrame, metadata: dict[str, str]) -> int:
    write_deltalake(
        store.table(name),
        rows,
        mode="overwrite",
        schema_mode="overwrite",
        commit_properties=CommitProperties(custom_metadata=metadata),
    )
    table = DeltaTable(store.table(name))
    if store.is_local:
        _sync(Path(store.table(name)), table)
    return table.version()


def latest_version(store: Store, name: str) -> TableVersion | None:
    """The newest version of a table, published or not; None where there is none."""
    try:
        table = DeltaTable(store.table(name))
    except TableNotFoundError:
        return None
    commit = table.history(1)[0]
    return TableVersion(name, table.version(), int(commit.get(ROWS, 0)), commit.get(CONTENT, ""))


def read_table(store: Store, name: str, version: int, contract: type[Table]) -> pl.DataFrame:
    """One version of a table in the types of its contract.

    Raises:
        StoreError: the version is not there, cannot be read, or was written under another contract.
    """
    with ordinary_errors(f"Reading table '{name}', version {version}, in {store.tables}"):
        frame = pl.read_delta(store.table(name), version=version)
    expected = stored_schema(contract)
    if dict(frame.schema) != expected:
        raise StoreError(
            f"Table '{name}', version {version}, in {store.tables} was written under another contract: "
            f"{_difference(dict(frame.schema), expected)}. Run again with this program version; it writes a new version."
        )
    return frame.cast(contract.dtypes())  # type: ignore[arg-type]  # mypy wants a mapping of the union's exact members


def in_stored_form(frame: pl.DataFrame, contract: type[Table]) -> pl.DataFrame:
    """The rows as the store keeps them: stored types, sorted by the key (by every column where there is none)."""
    stored = frame.cast(stored_schema(contract))  # type: ignore[arg-type]
    return stored.sort(contract.key() or contract.columns(), nulls_last=False)


def require_schema(name: str, frame: pl.DataFrame, contract: type[Table]) -> None:
    """Raise unless the frame has the contract's columns, in its order and types.

    Raises:
        WrongSchema: names the first column that differs, what it is and what it should be.
    """
    found, expected = dict(frame.schema), contract.dtypes()
    if list(found.items()) != list(expected.items()):
        raise WrongSchema(
            f"Table '{name}': {_difference(found, expected)}. Nothing was written. This is a fault of the step that made it: "
            f"it must select exactly the columns of {contract.__name__}."
        )


def require_still_filled(name: str, latest: TableVersion | None, rows: pl.DataFrame) -> None:
    """Raise where a table that the calculation needs had rows and would have none.

    Raises:
        EmptiedTable: says how many rows there were and what to do.
    """
    if name in REQUIRED_TABLES and rows.is_empty() and latest is not None and latest.rows > 0:
        raise EmptiedTable(
            f"Table '{name}' has {latest.rows:,} rows and would have none. Nothing was written; the last good result stays. "
            f"Look at the exports that feed '{name}'; if it is meant to be empty, start a new store."
        )


def _difference(found: dict[str, pl.DataType], expected: dict[str, pl.DataType]) -> str:
    for column, dtype in expected.items():
        if column not in found:
            return f"column '{column}' ({dtype}) is missing"
        if found[column] != dtype:
            return f"column '{column}' is {found[column]}, expected {dtype}"
    extra = [column for column in found if column not in expected]
    return f"column '{extra[0]}' is not in the contract" if extra else "its columns are in another order"


def _sync(folder: Path, table: DeltaTable) -> None:
    """Have the operating system put the new version on the disk, data before log."""
    log = folder / "_delta_log"
    for path in (*(Path(uri) for uri in table.file_uris()), log / f"{table.version():020}.json", folder, log):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
