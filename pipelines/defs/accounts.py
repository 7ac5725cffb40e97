"""Layer ``accounts``: key accounts against base, plan and agreement, and where they are at risk."""

import polars as pl

from compensation.attribution.bases import Books
from compensation.calculate import account_tables, accounts_step, periods_of
from pipelines.defs.layers import layer
from pipelines.defs.night import Night
from pipelines.defs.tables import FactsOnDemand, Frames
from pipelines.store.contracts import ACCOUNT_TABLES

FACTS = (
    "accounts", "account_parents", "account_tiers", "account_plans", "account_actions", "agreements", "contacts", "orders",
    "order_lines", "returns", "products", "fx_rates", "invoices", "payments",
)  # fmt: skip


def _made(night: Night, facts: FactsOnDemand, tables: Frames) -> dict[str, pl.DataFrame]:
    """``compensation.calculate.accounts_step``."""
    rules, books = night.folder.rules, Books(tables["bookings"], tables["carers"])
    return account_tables(accounts_step(books, facts, rules, periods_of(facts, rules.company)))


account_year = layer(
    "account_year", "accounts", ACCOUNT_TABLES, _made, reads=("bookings", "carers", *FACTS), code="compensation/accounts/",
    words="The account manager's year: figures, agreements and risks of the customers that are watched. Nothing here pays.",
)  # fmt: skip
