"""What a calculation made, wherever it is: computed now from exports, or read from a folder of Parquet."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from compensation.calculate import (
    attributed_step,
    findings_step,
    paid_step,
    paid_tables,
    periods_of,
    stated_step,
    stated_tables,
)
from pipelines.company_folder import CompanyFolder
from pipelines.intake import Intake
from pipelines.parquet import MANIFEST
from schemas.contract import CONTRACT

INTAKE_TABLES = ("quarantine", "received", "received_amounts", "notes", "row_sources", "applied_corrections")
ATTRIBUTION_TABLES = ("bookings", "not_booked", "motions", "credits", "carers")
PAYOUT_TABLES = ("earnings", "attainment", "unpaid")
STATEMENT_TABLES = ("statements", "statement_lines", "figure_inputs")
RESULT_TABLES = (*ATTRIBUTION_TABLES, *PAYOUT_TABLES, *STATEMENT_TABLES, "findings", *INTAKE_TABLES)


class NoResults(ValueError):
    """A folder holds no results of a calculation."""


@dataclass(frozen=True)
class Wanted:
    """The tables asked for; all where none are named."""

    names: frozenset[str]

    @classmethod
    def of(cls, names: Collection[str]) -> "Wanted":
        """Check the names.

        Raises:
            NoResults: a name is no result table; lists which there are.
        """
        unknown = sorted(set(names) - set(RESULT_TABLES))
        if unknown:
            raise NoResults(f"no table is called '{unknown[0]}'; there are {', '.join(RESULT_TABLES)}")
        return cls(frozenset(names) or frozenset(RESULT_TABLES))

    def any_of(self, group: Collection[str]) -> bool:
        """Whether one of the group is wanted."""
        return bool(self.names & set(group))


def compute(intake: Intake, folder: CompanyFolder, wanted: Wanted) -> dict[str, pl.DataFrame]:
    """The wanted result tables; a step that none of them needs is left out, its checks of what is needed are not."""
    facts, rules = intake.facts, folder.rules
    periods = periods_of(facts, rules.company)
    attributed = attributed_step(facts, rules, periods)
    tables: dict[str, pl.DataFrame] = {name: getattr(intake, name) for name in INTAKE_TABLES}
    tables |= {name: getattr(attributed, name) for name in ATTRIBUTION_TABLES if name in wanted.names}
    if wanted.any_of((*PAYOUT_TABLES, *STATEMENT_TABLES, "findings")):
        paid = paid_step(attributed.credits, facts, rules, periods)
        tables |= paid_tables(paid)
        if wanted.any_of(STATEMENT_TABLES):
            tables |= stated_tables(stated_step(paid, facts, rules, periods))
        if "findings" in wanted.names:
            tables["findings"] = findings_step(facts, rules, attributed, paid)
    return {name: tables[name] for name in RESULT_TABLES if name in wanted.names}


def manifest_of(intake: Intake, folder: CompanyFolder) -> dict[str, Any]:
    """What a result was made from: the files by content, the rules by content, and one id over both."""
    files = intake.received.select("source_file", "sha256").unique().sort("source_file").rows()
    rules = folder.fingerprint()
    digest = sha256(json.dumps([files, rules], sort_keys=True).encode()).hexdigest()
    return {"calculation_id": digest[:16], "company": folder.company.company, "rules": rules, "files": dict(files)}


def read_results(folder: Path) -> dict[str, pl.LazyFrame]:
    """The tables that ``creditdue calculate`` wrote, contract tables included.

    Raises:
        NoResults: there is no complete result in the folder.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise NoResults(
            f"{folder}: no {MANIFEST} here, so no complete result. Run `creditdue calculate --out {folder}` first."
        )
    names = json.loads(manifest.read_text())["tables"]
    needed = [*CONTRACT, *RESULT_TABLES]
    missing = [name for name in needed if name not in names and f"contract/{name}" not in names]
    if missing:
        raise NoResults(
            f"{folder} holds only some tables ({missing[0]} is missing). Run `creditdue calculate` without --tables."
        )
    texts = cs.by_dtype(pl.Categorical, pl.Enum).cast(pl.String)
    return {
        name.removeprefix("contract/"): pl.scan_parquet(folder / f"{name}.parquet").with_columns(texts)
        for name in names
    }
