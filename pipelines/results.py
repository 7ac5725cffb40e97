"""What a calculation made, wherever it is: computed now from exports, or read from a folder of Parquet."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from compensation.attribution.bases import Books
from compensation.calculate import (
    account_tables,
    accounts_step,
    attributed_step,
    findings_step,
    periods_of,
    reckoned_step,
    stated_step,
    stated_tables,
)
from compensation.payout.needs import reads_lines
from compensation.payout.pay import Paid
from compensation.payout.readings.readings import reads_bases
from compensation.statement.otherwise import needs_credits
from pipelines.company_folder import CompanyFolder
from pipelines.intake import Intake
from pipelines.parquet import MANIFEST, UNFINISHED
from pipelines.wanted import (
    ACCOUNT_TABLES,
    ATTRIBUTION_TABLES,
    INTAKE_TABLES,
    PAYOUT_TABLES,
    RESULT_TABLES,
    STATEMENT_TABLES,
    NoResults,
    Wanted,
)
from schemas.contract import CONTRACT


def compute(intake: Intake, folder: CompanyFolder, wanted: Wanted) -> dict[str, pl.DataFrame]:
    """The wanted result tables by name, in the order of ``RESULT_TABLES``."""
    made = dict(computed(intake, folder, wanted))
    return {name: made[name] for name in RESULT_TABLES if name in made}


def computed(intake: Intake, folder: CompanyFolder, wanted: Wanted) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each wanted result table as soon as it is made, so that one can be written while the next is computed.

    A step that no wanted table needs is left out; the checks of what is made are not. What no further step needs is let
    go, unless the caller holds it: payout then finds its memory in that of the attribution.
    """
    facts, rules = intake.facts, folder.rules
    yield from wanted.of_these({name: getattr(intake, name) for name in INTAKE_TABLES})
    del intake
    periods = periods_of(facts, rules.company)
    attributed = attributed_step(facts, rules, periods)
    yield from ((name, getattr(attributed, name)) for name in ATTRIBUTION_TABLES if name in wanted.names)
    books = Books(attributed.bookings, attributed.carers)
    if wanted.any_of(ACCOUNT_TABLES):
        yield from wanted.of_these(account_tables(accounts_step(books, facts, rules, periods)))
    if not wanted.any_of((*PAYOUT_TABLES, *STATEMENT_TABLES, "findings")):
        return
    credits, found_in = attributed.credits, attributed if "findings" in wanted.names else None
    books_of_payout = books if reads_bases(rules.plans) else None
    del attributed, books
    goes_on = wanted.any_of((*STATEMENT_TABLES, "findings"))
    if not goes_on and not reads_lines(rules.plans):
        facts = {name: table for name, table in facts.items() if name != "order_lines"}
    reckoned = reckoned_step(credits, facts, rules, periods, books_of_payout)
    credits_of_statements = credits if needs_credits(rules.plans) else None
    del credits
    yield from ((name, getattr(reckoned, name)) for name in PAYOUT_TABLES if name in wanted.names)
    if not goes_on:
        return
    paid = Paid.of(reckoned)
    del reckoned
    if found_in:
        yield "findings", findings_step(facts, rules, found_in, paid)
    if wanted.any_of(STATEMENT_TABLES):
        yield from wanted.of_these(stated_tables(stated_step(paid, facts, rules, periods, credits_of_statements)))


def manifest_of(intake: Intake, folder: CompanyFolder) -> dict[str, Any]:
    """What a result was made from: the files by content, the rules by content, and one id over both."""
    files = intake.received.select("source_file", "sha256").unique().sort("source_file").rows()
    rules = folder.fingerprint()
    digest = sha256(json.dumps([files, rules], sort_keys=True).encode()).hexdigest()
    return {"calculation_id": digest[:16], "company": folder.company.company, "rules": rules, "files": dict(files)}


def read_results(folder: Path) -> dict[str, pl.LazyFrame]:
    """The tables that ``creditdue calculate`` wrote, contract tables included.

    Raises:
        NoResults: there is no complete result in the folder; says whether to run first or to run again.
    """
    names = manifest_in(folder)["tables"]
    needed = [*CONTRACT, *RESULT_TABLES]
    missing = [name for name in needed if name not in names and f"contract/{name}" not in names]
    if missing:
        raise NoResults(
            f"{folder} holds only some tables ({missing[0]} is missing). Run `creditdue calculate` without --tables."
        )
    lost = [name for name in names if not (folder / f"{name}.parquet").is_file()]
    if lost:
        raise NoResults(f"{folder}: {lost[0]}.parquet is gone. Run `creditdue calculate --out {folder}` again.")
    texts = cs.by_dtype(pl.Categorical, pl.Enum).cast(pl.String)
    return {
        name.removeprefix("contract/"): pl.scan_parquet(folder / f"{name}.parquet").with_columns(texts)
        for name in names
    }


def manifest_in(folder: Path) -> dict[str, Any]:
    """What a complete result in the folder was made from, as ``manifest_of`` gives it, with its ``tables``.

    Raises:
        NoResults: there is none, or writing it was interrupted.
    """
    run = f"Run `creditdue calculate --out {folder}`"
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        if not isinstance(manifest["tables"], list):
            raise TypeError
    except FileNotFoundError:
        if (folder / UNFINISHED).exists():
            raise NoResults(
                f"{folder}: a calculation was interrupted while it wrote here, so the tables may be of two. {run} again."
            ) from None
        raise NoResults(f"{folder}: no {MANIFEST} here, so no complete result. {run} first.") from None
    except (ValueError, KeyError, TypeError):
        raise NoResults(f"{folder}: {MANIFEST} is damaged. {run} again.") from None
    return manifest


def require_made_with(rules: CompanyFolder, folder: Path) -> None:
    """Refuse results that other rules made: figures and the sentences that explain them would not belong together.

    Raises:
        NoResults: there is no complete result, or the company's rule files have changed since.
    """
    if manifest_in(folder).get("rules") != rules.fingerprint():
        raise NoResults(
            f"{folder} was calculated with other rule files than {rules.path} holds now. "
            f"Run `creditdue calculate --company {rules.path} --out {folder}` with its exports again."
        )
