"""Tables of the account manager's year: what key accounts do against base and plan, and where they are at risk."""

import polars as pl

from schemas.dtypes import Money
from schemas.table import Table, business_date, currency_code, identifier, money, text

RISKS = (
    "no_account_manager",
    "below_base",
    "agreement_ends",
    "quiet",
    "concentration",
    "thin_coverage",
    "action_overdue",
)
"""What may endanger a key account."""


class AccountFigure(Table):
    """One key customer × product family × span of the fiscal year: what it bought, against base and plan.

    All amounts add up over customers and families within a span: NRR is Σ ``existing`` of customers with
    a base ÷ Σ ``base``, GRR is Σ ``retained`` ÷ Σ ``base``, growth is Σ ``existing`` − Σ ``base``.
    """

    span: str = text(
        optional=False, description="Fiscal year, quarter or period such as `2026`, `2026-Q1`, `2026-P01`."
    )
    span_start: pl.Date = business_date()
    span_end: pl.Date = business_date(description="Excluded; the day after the last one known, in a span that runs.")
    customer_id: str = identifier(
        refers_to="accounts.account_id", description="Root of the tree on the last day known."
    )
    product_family: str = text(optional=False)
    carer_id: str = identifier(
        optional=True, refers_to="payees.payee_id", description="Who looks after the customer; empty for nobody."
    )
    booked: Money = money(currency=None, signed=True, description="Sales less returns, of all motions.")
    existing: Money = money(currency=None, signed=True, description="The part of it that is existing business.")
    base: Money = money(currency=None, description="The same part of last fiscal year, at least 0.")
    retained: Money = money(currency=None, signed=True, description="The smaller of `existing` and `base`.")
    margin: Money = money(currency=None, signed=True, description="Booked less cost, of lines whose cost is known.")
    booked_without_cost: Money = money(currency=None, signed=True, description="Booked on lines without a cost.")
    revenue_target: Money = money(
        currency=None, optional=True, description="Account plan of the year, up to the last day known."
    )
    margin_target: Money = money(currency=None, optional=True)

    class Config:
        """Key of the table."""

        metadata = {"key": ["span", "customer_id", "product_family"]}


class AgreementFigure(Table):
    """One supply agreement: what was called off in its year of agreement, and what follows it."""

    agreement_id: str = identifier()
    customer_id: str = identifier(refers_to="accounts.account_id")
    product_family: str = text(optional=True)
    carer_id: str = identifier(optional=True, refers_to="payees.payee_id")
    start_date: pl.Date = business_date()
    end_date: pl.Date = business_date(description="Last day, included.")
    currency: str = currency_code()
    annual_value: Money = money()
    year_start: pl.Date = business_date(description="First day of the year of agreement that the last day known is in.")
    called_off: Money = money(signed=True, description="Ordered under the agreement in that year, less returns.")
    expected: Money = money(description="The annual value by days, up to the last day known.")
    followed_by: str = identifier(optional=True, description="Agreement of the same customer and family that follows.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["agreement_id"]}


class AccountRisk(Table):
    """One reason why a key account is at risk, with what is at stake in company currency."""

    customer_id: str = identifier(refers_to="accounts.account_id")
    risk: str = text(optional=False, values=RISKS)
    subject: str = text(optional=True, description="Product family, agreement, buying role or action; else empty.")
    carer_id: str = identifier(optional=True, refers_to="payees.payee_id")
    since: pl.Date = business_date(optional=True, description="Day from which it holds, where there is one.")
    revenue_at_stake: Money = money(
        currency=None, description="What twelve months, the base or the agreement amount to."
    )
    margin_at_stake: Money = money(
        currency=None, optional=True, signed=True, description="Margin of the same; empty where no cost is known."
    )
    detail: str = text(optional=False, description="What was found, in a sentence.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["customer_id", "risk", "subject"]}
