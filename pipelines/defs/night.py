"""What the steps of one run share: the company, the store, and which version of each table the run has made."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Self

import dagster as dg
import polars as pl

from pipelines.closing.recorded import Recorded
from pipelines.closing.standing import Standing, begin
from pipelines.company_folder import CompanyFolder, load_company
from pipelines.defs.dead_runs import fail_dead_runs
from pipelines.defs.settings import Settings, today
from pipelines.store import (
    TABLES,
    Calculation,
    Store,
    TableVersion,
    alive,
    only_run,
    published,
    read_table,
    write_table,
)
from pipelines.store.contracts import INTAKE_TABLES
from pipelines.store.fingerprint import content_of
from pipelines.store.kept_rules import keep_rules
from pipelines.store.tables import in_stored_form
from schemas.contract import CONTRACT

AS_OF_TAG = "creditdue/as_of"
ONLY_TAG = "creditdue/only_these_periods"
WAIT_SECONDS = 900.0
ROOT = Path(__file__).parents[2]


@dataclass
class Night:
    """One run.

    Attributes:
        store: Where its tables go.
        run_id: Dagster's id of the run.
        folder: The company as its rule files said when the run began.
        rules: SHA-256 over them.
        exports: Folder of exports.
        as_of: Day that the run is made for.
        calculation_id: Of facts, rules, program and ledger; known once the exports are taken in.
        versions: What the run has written so far.
        calculation: What it published, once it has.
    """

    store: Store
    run_id: str
    folder: CompanyFolder
    rules: str
    exports: Path
    as_of: date
    calculation_id: str = ""
    snapshot_id: str = ""
    versions: dict[str, TableVersion] = field(default_factory=dict)
    calculation: Calculation | None = None

    def begin(self, tables: dict[str, pl.DataFrame]) -> None:
        """Name the calculation after what it is made of: all tables of intake, the rules, the program, the ledger if any."""
        digest = hashlib.sha256(f"{engine()}\0{self.rules}".encode())
        for name in (*INTAKE_TABLES, *CONTRACT):
            digest.update(f"\0{name}\0{content_of(in_stored_form(tables[name], TABLES[name]))}".encode())
        if self.recorded.head is not None:
            digest.update(f"\0ledger\0{self.recorded.head}".encode())
        self.calculation_id = digest.hexdigest()[:16]
        self.snapshot_id = snapshot_of(tables["received"])

    def write(self, name: str, frame: pl.DataFrame) -> TableVersion:
        """Write one table of the run; nothing where it holds these rows already."""
        calculation_id = self.calculation_id or f"part of run {self.run_id}"
        made = write_table(self.store, name, frame, TABLES[name], run_id=self.run_id, calculation_id=calculation_id)
        self.versions[name] = made
        return made

    def read(self, name: str) -> pl.DataFrame:
        """A table as this run made it; where it did not, as the published calculation has it."""
        made = self.versions.get(name)
        if made is None:
            return self.base.read(name)
        return read_table(self.store, name, made.version, TABLES[name])

    @cached_property
    def recorded(self) -> Recorded:
        """What the ledger said when the run first asked; it stays that to the run's end.

        Raises:
            LedgerError: it is gone, or cannot be read.
            SealBroken: a sealed period is not what was sealed.
        """
        return begin(self.store)

    @cached_property
    def standing(self) -> Standing:
        """What the ledger makes of the facts that came."""
        return Standing(self.recorded, self.store.root / "closed", self.folder.company, AsTheyCame(self))

    @cached_property
    def base(self) -> Calculation:
        """The calculation that was published when the run first asked; it stays that one to the run's end."""
        return published(self.store)


class AsTheyCame(dict[str, pl.DataFrame]):
    """Tables of a run, each read when it is first asked for."""

    def __init__(self, night: Night) -> None:
        super().__init__()
        self.night = night

    def __missing__(self, name: str) -> pl.DataFrame:
        self[name] = self.night.read(name)
        return self[name]

    def reading(self, names: Iterable[str]) -> Self:
        """The same, with these tables read: whoever copies it has them."""
        for name in names:
            _ = self[name]
        return self


@dg.resource(
    required_resource_keys={"settings"},
    description="The company, the store, and what this run has written; holds the store's lock while it lives.",
)
def night_resource(context: dg.InitResourceContext) -> Iterator[Night]:
    """One ``Night`` a run."""
    settings: Settings = context.resources.settings
    store, run = settings.store.prepare(), context.run
    run_id = run.run_id if run else "no run"
    log = context.log or dg.get_dagster_logger()
    with alive(store, run_id), only_run(store, run_id, wait_seconds=WAIT_SECONDS, waiting=log.info):
        if context.instance is not None:
            fail_dead_runs(context.instance, store, besides=run_id)
        folder = load_company(settings.company)
        keep_rules(store, folder)
        tag = run.tags.get(AS_OF_TAG) if run else None
        as_of = date.fromisoformat(tag) if tag else settings.as_of or today(folder.company.time_zone)
        yield Night(store, run_id, folder, folder.fingerprint(), settings.exports, as_of)


def snapshot_of(received: pl.DataFrame) -> str:
    """SHA-256 over the names and contents of the files that were used."""
    files = received.select(pl.col("source_file", "sha256").cast(pl.String)).unique().sort("source_file", "sha256")
    return hashlib.sha256("\n".join("\t".join(row) for row in files.rows()).encode()).hexdigest()


@cache
def engine() -> str:
    """Program version, and a hash of the source that computes, so that other code never passes for the same."""
    digest = hashlib.sha256()
    for path in sorted(path for ring in ("compensation", "schemas") for path in (ROOT / ring).rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    try:
        number = version("creditdue")
    except PackageNotFoundError:
        number = "unreleased"
    return f"creditdue {number} ({digest.hexdigest()[:12]})"
