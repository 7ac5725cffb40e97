"""The rules between rows, in the order in which they apply: parents before children, orders last."""

import polars as pl

from pipelines.intake.rules.amounts import money_columns, settle_amounts
from pipelines.intake.rules.dates import settle_followers, settle_order_dates
from pipelines.intake.rules.decisions import settle_adjustments, settle_quotas
from pipelines.intake.rules.intervals import note_gaps, settle_assignments, settle_intervals
from pipelines.intake.rules.keys import refuse_stale_versions, settle_duplicates
from pipelines.intake.rules.opportunities import settle_opportunities, settle_orders_of_deals, settle_splits
from pipelines.intake.rules.orders import settle_order_lines, settle_returns, take_orders_whole
from pipelines.intake.rules.rates import require_rates_of_orders, settle_currencies, settle_rates
from pipelines.intake.rules.references import require_reference, require_references
from pipelines.intake.rules.trees import settle_accounts, settle_payees
from pipelines.intake.rules.world import World
from schemas.contract import CONTRACT

BY_ORDER = ("orders", "order_lines", "returns", "invoices", "payments")
"""Tables whose amounts are in the currency of an order."""

SETTLED_APART = ("accounts", "payees", "opportunities", "opportunity_splits", *BY_ORDER)


def apply_rules(world: World) -> None:
    """Hold every fault between rows and tables against its rows.

    Raises:
        FileRefused: a table contradicts itself as a whole.
    """
    for table, batch in world.tables.items():
        if table != "opportunity_splits":  # the same person twice is merged there
            settle_duplicates(batch)
    refuse_stale_versions(world)
    settle_intervals(world)
    settle_rates(world)
    settle_currencies(world)
    settle_accounts(world)
    settle_payees(world)
    require_references(world, "accounts", without=("parent_account_id",))
    settle_opportunities(world)
    settle_splits(world)
    _settle_orders(world)
    for table in CONTRACT:
        if table not in SETTLED_APART:
            require_references(world, table)
        if table not in BY_ORDER and money_columns(table):
            settle_amounts(world, table, world.tables[table].frame["currency"])
    settle_assignments(world)
    note_gaps(world.tables["assignments"])
    settle_quotas(world)
    settle_adjustments(world)


def _settle_orders(world: World) -> None:
    require_references(world, "orders")
    settle_order_dates(world)
    settle_orders_of_deals(world)
    require_rates_of_orders(world)
    settle_order_lines(world)
    take_orders_whole(world)
    settle_returns(world)
    _settle_invoices_and_payments(world)


def _settle_invoices_and_payments(world: World) -> None:
    orders, invoices, payments = (world.tables[name] for name in ("orders", "invoices", "payments"))
    currency = orders.frame["currency"].cast(pl.Categorical)
    if invoices.height:
        require_references(world, "invoices")
        settle_followers(world)
        order_rows = world.linked("invoices", "order_id", "orders", "order_id")
        settle_amounts(world, "invoices", currency.gather(order_rows))
    if payments.height:
        require_reference(world, "payments", "order_id", ("orders", "order_id"))
        require_reference(world, "payments", "invoice_id", ("invoices", "invoice_id"))
        by_order = world.linked("payments", "order_id", "orders", "order_id")
        by_invoice = world.linked("invoices", "order_id", "orders", "order_id").gather(
            world.linked("payments", "invoice_id", "invoices", "invoice_id")
        )
        rows = pl.select(pl.coalesce(by_order, by_invoice)).to_series()
        settle_amounts(world, "payments", currency.gather(rows))
        nothing = (payments.frame["order_id"].is_null() & payments.frame["invoice_id"].is_null()).arg_true()
        payments.refuse(nothing, "missing_key", "a payment names its order or its invoice; enter one of them")
