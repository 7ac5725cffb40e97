"""Which versions of which tables belong together: a calculation, published by one record, read by its id.

A run writes its tables one by one; until its record is in the table ``calculations``, nobody reads them. A reader asks
once which calculation to read and then reads the versions it names, so it sees one calculation whole, never a mixture.
"""

from dataclasses import dataclass

import polars as pl
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import TableNotFoundError

from pipelines.store.contracts import TABLES
from pipelines.store.errors import NothingPublished, NotReproduced, StoreError, ordinary_errors
from pipelines.store.place import Store
from pipelines.store.tables import CALCULATION, RUN, TableVersion, read_table

RECORDS = "calculations"
COLUMNS = {
    "number": pl.Int64(),
    "calculation_id": pl.String(),
    "run_id": pl.String(),
    "snapshot_id": pl.String(),
    "rules": pl.String(),
    "engine": pl.String(),
    "ledger": pl.String(),
    "table": pl.String(),
    "version": pl.Int64(),
    "rows": pl.Int64(),
    "content": pl.String(),
}


@dataclass(frozen=True)
class Calculation:
    """One calculation: what it was made from, and the version of each of its tables.

    Attributes:
        store: Where it lies.
        calculation_id: Of its facts, rules, program and ledger; the same four give the same id, and the same tables.
        run_id: The run that published it.
        snapshot_id: SHA-256 over the files that came.
        rules: SHA-256 over the company's rule files.
        engine: Program version and a hash of its source.
        tables: Version of each table by name.
        ledger: Length and last hash of the ledger that it was computed with, as an anchor prints them; empty where none was.
    """

    store: Store
    calculation_id: str
    run_id: str
    snapshot_id: str
    rules: str
    engine: str
    tables: dict[str, TableVersion]
    ledger: str = ""

    def read(self, name: str) -> pl.DataFrame:
        """One of its tables, in contract types.

        Raises:
            StoreError: the table cannot be read.
        """
        return read_table(self.store, name, self.tables[name].version, TABLES[name])

    def contents(self) -> dict[str, str]:
        """Content hash of each table by name."""
        return {name: table.content for name, table in self.tables.items()}


def publish(calculation: Calculation) -> bool:
    """Make the calculation the one that readers get, in one commit, after all its tables were written.

    Returns:
        False where it was the published one already: then nothing is written.

    Raises:
        StoreError: a table is missing, or the record cannot be written.
        NotReproduced: the same facts, rules and program gave other tables before.
    """
    missing = [name for name in TABLES if name not in calculation.tables]
    if missing:
        raise StoreError(
            f"Calculation {calculation.calculation_id} lacks table '{missing[0]}' ({len(missing)} in all), so it is not "
            "published. Run the whole job 'nightly', not a part of it."
        )
    records = _records(calculation.store)
    _require_reproduced(calculation, records)
    last = _latest(records, calculation.store)
    if last is not None and _same(last, calculation):
        return False
    _append(calculation, records)
    return True


def published(store: Store, calculation_id: str | None = None) -> Calculation:
    """The calculation that was published last, or the last one with the id given.

    Raises:
        NothingPublished: there is none.
        StoreError: the records cannot be read.
    """
    records = _records(store)
    if calculation_id is not None:
        records = records.filter(pl.col("calculation_id") == calculation_id)
    found = _latest(records, store)
    if found is None:
        wanted = "No calculation" if calculation_id is None else f"No calculation '{calculation_id}'"
        raise NothingPublished(f"{wanted} is published in {store.root}. Run `creditdue run` for this store first.")
    return found


def calculations_of(store: Store) -> list[Calculation]:
    """Every calculation that was ever published, in the order of publishing; one that was published again is there again.

    Raises:
        StoreError: the records cannot be read.
    """
    records = _records(store)
    parts = records.sort("number").partition_by("number", maintain_order=True)
    return [_calculation(rows, store) for rows in parts]


def _records(store: Store) -> pl.DataFrame:
    with ordinary_errors(f"Reading the published calculations in {store.tables}"):
        try:
            table = DeltaTable(store.table(RECORDS))
        except TableNotFoundError:
            return pl.DataFrame(schema=COLUMNS)
        found = pl.read_delta(store.table(RECORDS), version=table.version())
    return pl.concat([pl.DataFrame(schema=COLUMNS), found], how="diagonal")  # the ledger is named since ledgers are


def _latest(records: pl.DataFrame, store: Store) -> Calculation | None:
    if records.is_empty():
        return None
    return _calculation(records.filter(pl.col("number") == pl.col("number").max()), store)


def _calculation(rows: pl.DataFrame, store: Store) -> Calculation:
    first = rows.row(0, named=True)
    tables = {
        row["table"]: TableVersion(row["table"], row["version"], row["rows"], row["content"])
        for row in rows.iter_rows(named=True)
    }
    return Calculation(
        store, first["calculation_id"], first["run_id"], first["snapshot_id"], first["rules"], first["engine"], tables,
        first["ledger"] or "",
    )  # fmt: skip


def _same(one: Calculation, other: Calculation) -> bool:
    versions = [{name: table.version for name, table in each.tables.items()} for each in (one, other)]
    return one.calculation_id == other.calculation_id and versions[0] == versions[1]


def _require_reproduced(calculation: Calculation, records: pl.DataFrame) -> None:
    before = _latest(records.filter(pl.col("calculation_id") == calculation.calculation_id), calculation.store)
    if before is None:
        return
    now = calculation.contents()
    differing = [name for name, content in before.contents().items() if now.get(name) != content]
    if differing:
        raise NotReproduced(
            f"Calculation {calculation.calculation_id} was published before with other rows in table '{differing[0]}' "
            f"({len(differing)} in all), from the same facts, rules, program and ledger. Nothing was published; the last good result "
            "stays. This is a fault of the calculation, not of the data: report it."
        )


def _append(calculation: Calculation, records: pl.DataFrame) -> None:
    number = (records["number"].max() or 0) + 1  # type: ignore[operator]
    head = [
        number,
        calculation.calculation_id,
        calculation.run_id,
        calculation.snapshot_id,
        calculation.rules,
        calculation.engine,
        calculation.ledger,
    ]
    rows = [
        (*head, name, table.version, table.rows, table.content) for name, table in sorted(calculation.tables.items())
    ]
    record = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    metadata = {RUN: calculation.run_id, CALCULATION: calculation.calculation_id}
    with ordinary_errors(f"Publishing calculation {calculation.calculation_id} in {calculation.store.tables}"):
        # Overwriting with all records, rather than appending, makes two writers conflict instead of both succeeding.
        write_deltalake(
            calculation.store.table(RECORDS),
            pl.concat([records, record]),
            mode="overwrite",
            schema_mode="overwrite",
            commit_properties=CommitProperties(custom_metadata=metadata),
        )
