"""Accounts, who stands above them, and who looks after them."""

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


class Account(Table):
    """One account; accounts form a tree."""

    account_id: str = identifier()
    account_name: str = text()
    parent_account_id: str = identifier(refers_to="accounts.account_id", optional=True)
    segment: str = text(description="`key` marks a key account where no dated tiers are given.")
    country: str = text()
    currency: str = currency_code(optional=True)
    merged_into_account_id: str = identifier(refers_to="accounts.account_id", optional=True)
    merged_date: pl.Date = business_date(
        optional=True, description="First day under the other account; empty = always."
    )
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["account_id"]}


class AccountParent(Table):
    """One parent of an account during an interval: the dated tree."""

    account_id: str = identifier(refers_to="accounts.account_id")
    valid_from: pl.Date = business_date()
    parent_account_id: str = identifier(refers_to="accounts.account_id", optional=True)
    valid_to: pl.Date = business_date(optional=True, description="First day on which it no longer applies.")
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["account_id", "valid_from"]}


class AccountTier(Table):
    """One tier of an account during an interval: the dated key-account list."""

    account_id: str = identifier(refers_to="accounts.account_id")
    tier: str = text(optional=False)
    valid_from: pl.Date = business_date()
    valid_to: pl.Date = business_date(optional=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["account_id", "tier", "valid_from"]}


class Assignment(Table):
    """One person who looks after an account in a role during an interval."""

    account_id: str = identifier(refers_to="accounts.account_id")
    payee_id: str = identifier(refers_to="payees.payee_id")
    role: str = text(optional=False, values=("sales_rep", "account_manager", "sales_coordinator"))
    valid_from: pl.Date = business_date()
    valid_to: pl.Date = business_date(optional=True)
    share: Percent = number(
        "percent",
        optional=True,
        description="Shares of one account, role and priority sum to 100 on each day.",
    )
    priority: pl.Int32 = number("integer", optional=True, description="The smaller wins; empty comes last.")
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["account_id", "payee_id", "role", "valid_from"]}


class Agreement(Table):
    """One long-term supply agreement."""

    agreement_id: str = identifier()
    account_id: str = identifier(refers_to="accounts.account_id")
    product_family: str = text()
    start_date: pl.Date = business_date()
    end_date: pl.Date = business_date()
    annual_value: Money = money()
    currency: str = currency_code()
    status: str = text(optional=False)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["agreement_id"]}


class Contact(Table):
    """One person of the customer's buying group."""

    contact_id: str = identifier()
    account_id: str = identifier(refers_to="accounts.account_id")
    buying_role: str = text(optional=False)
    last_contact_date: pl.Date = business_date(optional=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["contact_id"]}


class AccountPlan(Table):
    """Targets of an account, product family and fiscal year, set by its account manager."""

    account_id: str = identifier(refers_to="accounts.account_id")
    product_family: str = text(optional=False)
    fiscal_year: pl.Int32 = number("integer")
    revenue_target: Money = money()
    margin_target: Money = money(optional=True)
    currency: str = currency_code()
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["account_id", "product_family", "fiscal_year"]}


class AccountAction(Table):
    """One action of an account plan."""

    action_id: str = identifier()
    account_id: str = identifier(refers_to="accounts.account_id")
    what: str = text(optional=False)
    owner_id: str = identifier(refers_to="payees.payee_id")
    due_date: pl.Date = business_date()
    state: str = text(optional=False)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["action_id"]}
