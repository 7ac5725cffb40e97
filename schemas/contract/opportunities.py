"""Deals in the CRM and how their credit is shared."""

import polars as pl

from schemas.dtypes import Money, Percent
from schemas.table import (
    Table,
    business_date,
    currency_code,
    identifier,
    money,
    number,
    text,
)


class Opportunity(Table):
    """One deal."""

    opportunity_id: str = identifier()
    account_id: str = identifier(refers_to="accounts.account_id")
    owner_id: str = identifier()
    stage: str = text(optional=False)
    close_date: pl.Date = business_date(optional=True)
    lead_source: str = text()
    type: str = text()
    amount: Money = money(optional=True)
    currency: str = currency_code(optional=True)
    loss_reason: str = text()
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["opportunity_id"]}


class OpportunitySplit(Table):
    """One person's share of a deal; revenue splits sum to exactly 100."""

    opportunity_id: str = identifier(refers_to="opportunities.opportunity_id")
    payee_id: str = identifier()
    split_type: str = text(optional=False, values=("revenue", "overlay"))
    percent: Percent = number("percent")
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["opportunity_id", "payee_id", "split_type"]}


class CreditTransfer(Table):
    """One approved move of credit between two people."""

    transfer_id: str = identifier()
    order_line_id: str = identifier(refers_to="order_lines.order_line_id")
    from_payee_id: str = identifier(refers_to="payees.payee_id")
    to_payee_id: str = identifier(refers_to="payees.payee_id")
    percent: Percent = number("percent")
    reason: str = text(optional=False)
    entered_by: str = text(optional=False)
    approved_by: str = text(optional=False)
    date: pl.Date = business_date()
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["transfer_id"]}
