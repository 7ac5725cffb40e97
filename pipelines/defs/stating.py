"""Layer ``statements``, its tables: every printed figure and what it was made of; findings; the calculation as one."""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg
import polars as pl

from compensation.calculate import findings_step, periods_of, stated_step, stated_tables, together_in_order
from compensation.payout.pay import Paid
from compensation.statement.otherwise import needs_credits
from compensation.statement.settled import with_settlement
from compensation.statement.state import Stated
from pipelines.closing.periods import known_ledger
from pipelines.closing.settling import opened_with
from pipelines.closing.standing import require_unmoved
from pipelines.defs.attribution import FACTS as ATTRIBUTION_FACTS
from pipelines.defs.failures import said_in_words
from pipelines.defs.night import Night, engine
from pipelines.defs.tables import FINANCE, FactsOnDemand, checked, ins, outputs, outs
from pipelines.store import Calculation, publish
from pipelines.store.contracts import (
    ACCOUNT_TABLES,
    ATTRIBUTION_TABLES,
    INTAKE_TABLES,
    PAYOUT_TABLES,
    SETTLEMENT_TABLES,
    STATEMENT_TABLES,
)

PAID = tuple(PAYOUT_TABLES)
SETTLED = ("balances", "postings", "held")
FINDING_FACTS = (*ATTRIBUTION_FACTS, "absences")
STATED_FACTS = (
    "payees",
    "absences",
    "plan_assignments",
    "quotas",
    "fx_rates",
    "orders",
    "returns",
    "invoices",
    "payments",
)


@dataclass(frozen=True)
class AttributedTables:
    """What ``findings_step`` reads of attribution, from the store instead of from memory."""

    bookings: pl.DataFrame
    credits: pl.DataFrame


@dg.multi_asset(
    name="stating",
    ins=ins(*PAID, *SETTLED, *STATED_FACTS),
    outs=outs(
        "statements", {name: STATEMENT_TABLES[name] for name in STATEMENT_TABLES if name != "findings"},
        code="compensation/statement/state.py",
    ),
    required_resource_keys={"night"},
    description="Who gets a statement, each figure printed on it, and each edge of the explanation down to order lines.",
)  # fmt: skip
def stating(context: dg.AssetExecutionContext, **tables: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
    """``compensation.calculate.stated_step``."""
    night: Night = context.resources.night
    facts, rules = FactsOnDemand(tables, night), night.folder.rules
    with said_in_words("statements", night):
        credits = night.read("credits") if needs_credits(rules.plans) else None
        periods = periods_of(facts, rules.company)
        stated = stated_step(paid_of(tables), facts, rules, periods, credits)
        made = checked(stated_tables(_with_settlement(stated, tables, night)))
    yield from outputs(made)


def _with_settlement(stated: Stated, tables: dict[str, pl.DataFrame], night: Night) -> Stated:
    """The same, from the opening balance to what is paid; as it is where there is no ledger."""
    recorded, standing = night.recorded, night.standing
    if recorded.head is None:
        return stated
    opened = opened_with(tables, standing.calendar, night.folder.company, recorded.closed)
    return with_settlement(stated, {name: tables[name] for name in SETTLED}, standing.calendar, opened.period)


@dg.multi_asset(
    name="finding",
    ins=ins("bookings", "credits", *PAID, "settlement_findings", *FINDING_FACTS),
    outs=outs("statements", {"findings": STATEMENT_TABLES["findings"]}, code="compensation/calculate.py"),
    required_resource_keys={"night"},
    description="What somebody should know or decide before the period is signed.",
)
def finding(context: dg.AssetExecutionContext, **tables: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
    """``compensation.calculate.findings_step``."""
    night: Night = context.resources.night
    with said_in_words("findings", night):
        attributed = AttributedTables(tables["bookings"], tables["credits"])
        found = findings_step(FactsOnDemand(tables, night), night.folder.rules, attributed, paid_of(tables))
        made = checked({"findings": together_in_order([found, tables["settlement_findings"]])})
    yield from outputs(made)


@dg.asset(
    name="calculation",
    group_name="statements",
    deps=[*INTAKE_TABLES, *ATTRIBUTION_TABLES, *ACCOUNT_TABLES, *PAYOUT_TABLES, *SETTLEMENT_TABLES, *STATEMENT_TABLES],
    io_manager_key="published_calculation",
    required_resource_keys={"night"},
    kinds={"deltalake"},
    owners=[FINANCE],
    description=(
        "The publish step: one record that names the version of every table, written when all tables are there and all "
        "checks agree. Readers ask for it once and read the versions it names, so they see one calculation whole."
    ),
)
def calculation(context: dg.AssetExecutionContext) -> dg.Output[str]:
    """Publish what this run calculated."""
    night: Night = context.resources.night
    with said_in_words("calculation", night):
        require_unmoved(night.recorded, known_ledger(night.store))
        made = Calculation(
            night.store, night.calculation_id, night.run_id, night.snapshot_id, night.rules, engine(), dict(night.versions),
            str(night.recorded.head or ""),
        )  # fmt: skip
        is_new = publish(made)
        night.calculation = made
    changed = [name for name, table in made.tables.items() if table.is_new]
    return dg.Output(
        made.calculation_id,
        metadata={
            "calculation": made.calculation_id,
            "published": "new" if is_new else "unchanged: the same calculation is published already",
            "tables changed": len(changed),
            "snapshot": made.snapshot_id[:16],
            "rules": made.rules[:16],
            "program": made.engine,
            "ledger": made.ledger[:30] or "none",
            "as of": str(night.as_of),
        },
    )


def paid_of(tables: dict[str, pl.DataFrame]) -> Paid:
    """Payout's tables as payout hands them over."""
    return Paid(**{name.removeprefix("payout_"): tables[name] for name in PAID})
