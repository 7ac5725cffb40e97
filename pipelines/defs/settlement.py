"""Layer ``settlement``: what the open period would post, every posting of the ledger, and where that leaves everybody."""

from typing import Any

import polars as pl

from compensation.settlement.vanished import KEPT
from pipelines.closing.frozen import FROZEN
from pipelines.closing.settling import nothing_settled, settling
from pipelines.defs.charts import paid_chart
from pipelines.defs.layers import layer
from pipelines.defs.night import AsTheyCame, Night
from pipelines.defs.tables import FactsOnDemand, Frames
from pipelines.store.contracts import SETTLEMENT_TABLES
from schemas.core.attribution import Finding

FACTS = (*FROZEN, *KEPT, "adjustments", "plan_assignments", "quotas", "kpi_results", "invoices", "payments")
RESULTS = (
    "credits", "earnings", "earning_changes", "curves", "bonuses", "attainment", "pay_amounts", "applied_corrections"
)  # fmt: skip


def _made(night: Night, facts: FactsOnDemand, _: Frames) -> dict[str, pl.DataFrame]:
    """``pipelines.closing.settling.settling``; every table is empty where there is no ledger."""
    if night.recorded.head is None:
        return {**nothing_settled(), "settlement_findings": Finding.empty_frame()}
    standing, now = night.standing, AsTheyCame(night).reading(FACTS)
    found = settling(
        AsTheyCame(night), facts.reading(FACTS), now, standing.frozen, standing.calendar, night.folder, night.recorded
    )
    return {**found.tables(), "settlement_findings": found.findings}


def _paid(_: Night, made: Frames) -> dict[str, dict[str, Any]]:
    chart = paid_chart(made["balances"])
    return {"balances": {"paid": chart}} if chart else {}


settlement = layer(
    "settlement", "settlement", SETTLEMENT_TABLES, _made, reads=(), code="pipelines/closing/settling.py", shows=_paid, shows_pay=True,
    asks=(*RESULTS, *FACTS),
    words=(
        "What every line earns as known now, less what the ledger posted for it; then holds, draws and recoveries down to what is "
        "paid. The same function as `creditdue propose`. Without a ledger nothing is read, and every table is empty."
    ),
)  # fmt: skip
