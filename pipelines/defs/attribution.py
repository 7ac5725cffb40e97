"""Layer ``attribution``: what was booked, what kind of business it is, whose it is."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from compensation.calculate import attributed_step, attributed_tables, periods_of
from pipelines.defs.charts import bridge_chart
from pipelines.defs.failures import said_in_words
from pipelines.defs.night import Night
from pipelines.defs.tables import FactsOnDemand, checked, ins, outputs, outs
from pipelines.store.contracts import ATTRIBUTION_TABLES

FACTS = (
    "accounts", "account_parents", "account_tiers", "assignments", "payees", "opportunities", "opportunity_splits",
    "orders", "order_lines", "returns", "invoices", "payments", "products", "fx_rates", "credit_transfers",
)  # fmt: skip


@dg.multi_asset(
    name="attribution",
    ins=ins(*FACTS),
    outs=outs("attribution", ATTRIBUTION_TABLES, code="compensation/attribution/"),
    required_resource_keys={"night"},
    description="Rules 1 to 8 of the attribution policy: every cent booked is credited to a person, the house, or excluded.",
)
def attribution(context: dg.AssetExecutionContext, **tables: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
    """``compensation.calculate.attributed_step``."""
    night: Night = context.resources.night
    facts, rules = FactsOnDemand(tables, night), night.folder.rules
    with said_in_words("attribution", night):
        made = checked(attributed_tables(attributed_step(facts, rules, periods_of(facts, rules.company))))
        chart = bridge_chart(made["credits"], rules.company.currency)
    yield from outputs(made, {"credits": {"bridge": chart}})
