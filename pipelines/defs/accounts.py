"""Layer ``accounts``: key accounts against base, plan and agreement, and where they are at risk."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from compensation.attribution.bases import Books
from compensation.calculate import account_tables, accounts_step, periods_of
from pipelines.defs.charts import risk_chart
from pipelines.defs.failures import said_in_words
from pipelines.defs.night import Night
from pipelines.defs.tables import FactsOnDemand, checked, ins, outputs, outs
from pipelines.store.contracts import ACCOUNT_TABLES

FACTS = (
    "accounts", "account_parents", "account_tiers", "account_plans", "account_actions", "agreements", "contacts", "orders",
    "order_lines", "returns", "products", "fx_rates", "invoices", "payments",
)  # fmt: skip


@dg.multi_asset(
    name="account_year",
    ins=ins("bookings", "carers", *FACTS),
    outs=outs("accounts", ACCOUNT_TABLES, code="compensation/accounts/"),
    required_resource_keys={"night"},
    description="What key accounts do up to the last day known, and each reason why one is at risk, with what is at stake.",
)
def account_year(context: dg.AssetExecutionContext, **tables: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
    """``compensation.calculate.accounts_step``."""
    night: Night = context.resources.night
    facts, rules = FactsOnDemand(tables, night), night.folder.rules
    with said_in_words("accounts", night):
        books = Books(tables["bookings"], tables["carers"])
        made = checked(account_tables(accounts_step(books, facts, rules, periods_of(facts, rules.company))))
        chart = risk_chart(made["account_risks"], rules.company.currency)
    yield from outputs(made, {"account_risks": {"at stake": chart}} if chart else {})
