"""People who can be paid, and what else is known of them."""

import polars as pl

from schemas.dtypes import Money, Quantity
from schemas.table import (
    Table,
    business_date,
    currency_code,
    identifier,
    money,
    number,
    text,
)


class Payee(Table):
    """One person from a day on; a person whose role, manager and currency never change has one row."""

    payee_id: str = identifier()
    valid_from: pl.Date = business_date(optional=True, description="Empty = from the beginning.")
    payee_name: str = text(optional=False)
    email: str = text()
    role: str = text(
        optional=False,
        values=(
            "sales_rep",
            "account_manager",
            "sales_coordinator",
            "manager",
            "other",
        ),
    )
    title: str = text()
    manager_id: str = identifier(refers_to="payees.payee_id", optional=True)
    currency: str = currency_code()
    hire_date: pl.Date = business_date(optional=True)
    termination_date: pl.Date = business_date(optional=True, description="Last day of service, included.")
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "valid_from"]}


class Absence(Table):
    """One leave of a payee."""

    payee_id: str = identifier(refers_to="payees.payee_id")
    valid_from: pl.Date = business_date()
    valid_to: pl.Date = business_date()
    kind: str = text(optional=False)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "valid_from"]}


class Quota(Table):
    """One target of a payee or team for a measure and fiscal period."""

    payee_id: str = identifier(description="Payee or team.")
    measure: str = text(optional=False)
    period: str = text(optional=False, description="Fiscal: `2026`, `2026-H1`, `2026-Q1` or `2026-01`.")
    valid_from: pl.Date = business_date(optional=True)
    amount: Money = money()
    currency: str = currency_code()
    set_by: str = text()
    approved_by: str = text()
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "measure", "period", "valid_from"]}


class KpiResult(Table):
    """One confirmed result of a payee or account for a period."""

    subject_id: str = identifier()
    kpi: str = text(optional=False)
    period: str = text(optional=False)
    value: Quantity = number("quantity")
    confirmed_by: str = text()
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["subject_id", "kpi", "period"]}


class PlanAssignment(Table):
    """One payee on one plan during an interval; the plan `none` is an answer too."""

    payee_id: str = identifier(refers_to="payees.payee_id")
    plan: str = text(optional=False)
    valid_from: pl.Date = business_date()
    valid_to: pl.Date = business_date(optional=True)
    target_incentive: Money = money(optional=True)
    draw_amount: Money = money(optional=True)
    guarantee_amount: Money = money(optional=True)
    currency: str = currency_code(optional=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "plan", "valid_from"]}


class Adjustment(Table):
    """One approved manual amount."""

    adjustment_id: str = identifier()
    payee_id: str = identifier(refers_to="payees.payee_id")
    period: str = text(optional=False)
    amount: Money = money(signed=True)
    currency: str = currency_code()
    reason: str = text(optional=False)
    entered_by: str = text(optional=False)
    approved_by: str = text(optional=False)
    order_line_id: str = identifier(optional=True)
    counts_to_quota: bool = number("boolean")
    measure: str = text()
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["adjustment_id"]}
