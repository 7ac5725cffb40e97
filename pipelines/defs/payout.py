"""Layer ``payout``: what each credit earns under its plan, and why some earn nothing."""

from typing import Any

import polars as pl

from compensation.attribution.bases import Books
from compensation.calculate import paid_step, paid_tables, periods_of
from compensation.payout.readings.readings import reads_bases
from pipelines.defs.charts import earnings_chart
from pipelines.defs.layers import layer
from pipelines.defs.night import Night
from pipelines.defs.tables import FactsOnDemand, Frames
from pipelines.store.contracts import PAYOUT_TABLES

FACTS = (
    "payees", "absences", "plan_assignments", "quotas", "adjustments", "fx_rates", "orders", "returns", "invoices", "payments"
)  # fmt: skip


def _made(night: Night, facts: FactsOnDemand, tables: Frames) -> dict[str, pl.DataFrame]:
    """``compensation.calculate.paid_step``."""
    rules = night.folder.rules
    books = Books(night.read("bookings"), night.read("carers")) if reads_bases(rules.plans) else None
    paid = paid_step(tables["credits"], facts, rules, periods_of(facts, rules.company), books)
    return {**paid_tables(paid), "payout_findings": paid.findings}


def _earned(_: Night, made: Frames) -> dict[str, dict[str, Any]]:
    chart = earnings_chart(made["earnings"])
    return {"earnings": {"earned": chart}} if chart else {}


payout = layer(
    "payout", "payout", PAYOUT_TABLES, _made, reads=("credits", *FACTS), code="compensation/payout/pay.py", shows=_earned,
    words="Each credit moves a position along its component's curve and earns the difference of two rounded totals.",
)  # fmt: skip
