"""What a calculation makes of exports, table by table, and what it was made from."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import polars as pl

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
from pipelines.wanted import (
    ACCOUNT_TABLES,
    ATTRIBUTION_TABLES,
    INTAKE_TABLES,
    PAYOUT_TABLES,
    RESULT_TABLES,
    STATEMENT_TABLES,
    Wanted,
)


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
