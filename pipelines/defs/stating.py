"""Layer ``statements``, its tables: every printed figure and what it was made of; findings; the calculation as one."""

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
from pipelines.defs.layers import layer
from pipelines.defs.night import Night, engine
from pipelines.defs.tables import FINANCE, FactsOnDemand, Frames
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


def _stated(night: Night, facts: FactsOnDemand, tables: Frames) -> dict[str, pl.DataFrame]:
    """``compensation.calculate.stated_step``, and what the ledger adds to each statement."""
    rules = night.folder.rules
    credits = night.read("credits") if needs_credits(rules.plans) else None
    stated = stated_step(paid_of(tables), facts, rules, periods_of(facts, rules.company), credits)
    return stated_tables(_with_settlement(stated, tables, night))


def _with_settlement(stated: Stated, tables: Frames, night: Night) -> Stated:
    """The same, from the opening balance to what is paid; as it is where there is no ledger."""
    recorded, standing = night.recorded, night.standing
    if recorded.head is None:
        return stated
    opened = opened_with(tables, standing.calendar, night.folder.company, recorded.closed)
    return with_settlement(stated, {name: tables[name] for name in SETTLED}, standing.calendar, opened.period)


def _found(night: Night, facts: FactsOnDemand, tables: Frames) -> dict[str, pl.DataFrame]:
    """``compensation.calculate.findings_step``, and what settlement found."""
    attributed = AttributedTables(tables["bookings"], tables["credits"])
    found = findings_step(facts, night.folder.rules, attributed, paid_of(tables))
    return {"findings": together_in_order([found, tables["settlement_findings"]])}


STATED = {name: contract for name, contract in STATEMENT_TABLES.items() if name != "findings"}
FOUND = {"findings": STATEMENT_TABLES["findings"]}

stating = layer(
    "stating", "statements", STATED, _stated, reads=(*PAID, *SETTLED, *STATED_FACTS), code="compensation/statement/state.py",
    words="Who gets a statement, each figure printed on it, and each edge of the explanation down to order lines.", shows_pay=True,
)  # fmt: skip
finding = layer(
    "finding", "statements", FOUND, _found, reads=("bookings", "credits", *PAID, "settlement_findings", *FINDING_FACTS),
    code="compensation/calculate.py", words="What somebody should know or decide before the period is signed.",
)  # fmt: skip


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


def paid_of(tables: Frames) -> Paid:
    """Payout's tables as payout hands them over."""
    return Paid(**{name.removeprefix("payout_"): tables[name] for name in PAID})
