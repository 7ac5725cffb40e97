"""The contract: the tables that enter the calculation. No logic, nothing about where they came from."""

from schemas.contract.accounts import (
    Account,
    AccountAction,
    AccountParent,
    AccountPlan,
    AccountTier,
    Agreement,
    Assignment,
    Contact,
)
from schemas.contract.opportunities import CreditTransfer, Opportunity, OpportunitySplit
from schemas.contract.orders import Invoice, Order, OrderLine, Payment, Return
from schemas.contract.payees import (
    Absence,
    Adjustment,
    KpiResult,
    Payee,
    PlanAssignment,
    Quota,
)
from schemas.contract.products import FxRateRow, Product
from schemas.table import Table

CONTRACT: dict[str, type[Table]] = {
    "accounts": Account,
    "account_parents": AccountParent,
    "account_tiers": AccountTier,
    "payees": Payee,
    "absences": Absence,
    "assignments": Assignment,
    "opportunities": Opportunity,
    "opportunity_splits": OpportunitySplit,
    "agreements": Agreement,
    "contacts": Contact,
    "account_plans": AccountPlan,
    "account_actions": AccountAction,
    "orders": Order,
    "order_lines": OrderLine,
    "returns": Return,
    "invoices": Invoice,
    "payments": Payment,
    "products": Product,
    "quotas": Quota,
    "kpi_results": KpiResult,
    "plan_assignments": PlanAssignment,
    "adjustments": Adjustment,
    "credit_transfers": CreditTransfer,
    "fx_rates": FxRateRow,
}
"""Each contract table by name. ``corrections`` is applied while the others are read and is no fact itself."""

REQUIRED_TABLES = ("accounts", "payees", "orders", "order_lines", "products")
"""Tables without which nothing can be attributed; every other one may be absent."""

INTAKE_ONLY: dict[str, dict[str, dict[str, object]]] = {
    "orders": {
        "version": {"kind": "integer", "required": False},
        "total_amount": {"kind": "money", "currency": "currency", "required": False},
    },
}
"""Columns a source may supply that are checked and then dropped: which version of a record, and its own total."""
