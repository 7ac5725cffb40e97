"""Layer ``attribution``: what was booked, what kind of business it is, whose it is."""

from typing import Any

import polars as pl

from compensation.calculate import attributed_step, attributed_tables, periods_of
from pipelines.defs.charts import bridge_chart
from pipelines.defs.layers import layer
from pipelines.defs.night import Night
from pipelines.defs.tables import FactsOnDemand, Frames
from pipelines.store.contracts import ATTRIBUTION_TABLES

FACTS = (
    "accounts", "account_parents", "account_tiers", "assignments", "payees", "opportunities", "opportunity_splits",
    "orders", "order_lines", "returns", "invoices", "payments", "products", "fx_rates", "credit_transfers", "agreements", "account_plans",
)  # fmt: skip


def _made(night: Night, facts: FactsOnDemand, _: Frames) -> dict[str, pl.DataFrame]:
    """``compensation.calculate.attributed_step``."""
    rules = night.folder.rules
    return attributed_tables(attributed_step(facts, rules, periods_of(facts, rules.company)))


def _bridge(night: Night, made: Frames) -> dict[str, dict[str, Any]]:
    return {"credits": {"bridge": bridge_chart(made["credits"], night.folder.company.currency)}}


attribution = layer(
    "attribution", "attribution", ATTRIBUTION_TABLES, _made, reads=FACTS, code="compensation/attribution/", shows=_bridge,
    words="Rules 1 to 8 of the attribution policy: every cent booked is credited to a person, the house, or excluded.",
)  # fmt: skip
