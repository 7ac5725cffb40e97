"""Layer ``payout``: what each credit earns under its plan, and why some earn nothing."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from compensation.attribution.bases import Books
from compensation.calculate import paid_step, paid_tables, periods_of
from compensation.payout.readings.readings import reads_bases
from pipelines.defs.charts import earnings_chart
from pipelines.defs.failures import said_in_words
from pipelines.defs.night import Night
from pipelines.defs.tables import FactsOnDemand, checked, ins, outputs, outs
from pipelines.store.contracts import PAYOUT_TABLES

FACTS = (
    "payees", "absences", "plan_assignments", "quotas", "adjustments", "fx_rates", "orders", "returns", "invoices", "payments"
)  # fmt: skip


@dg.multi_asset(
    name="payout",
    ins=ins("credits", *FACTS),
    outs=outs("payout", PAYOUT_TABLES, code="compensation/payout/pay.py"),
    required_resource_keys={"night"},
    description="Each credit moves a position along its component's curve and earns the difference of two rounded totals.",
)
def payout(context: dg.AssetExecutionContext, **tables: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
    """``compensation.calculate.paid_step``."""
    night: Night = context.resources.night
    facts, rules = FactsOnDemand(tables, night), night.folder.rules
    with said_in_words("payout", night):
        books = Books(night.read("bookings"), night.read("carers")) if reads_bases(rules.plans) else None
        paid = paid_step(tables["credits"], facts, rules, periods_of(facts, rules.company), books)
        made = checked({**paid_tables(paid), "payout_findings": paid.findings})
        chart = earnings_chart(made["earnings"])
    yield from outputs(made, {"earnings": {"earned": chart} if chart else {}})
