"""What is known of watched customers on a day, and the form in which a risk is found."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from compensation.accounts.trade import between
from compensation.accounts.watched import Facts, Watched
from compensation.currency import minor_unit_digits
from compensation.payout.bonuses.shown import shown_amount
from schemas.rules.company import Company

Row = dict[str, Any]
ONE_DAY = timedelta(days=1)
FOUND = {
    "customer_id": pl.String, "risk": pl.String, "subject": pl.String, "since": pl.Date, "revenue": pl.Int64,
    "margin": pl.Int64, "detail": pl.String,
}  # fmt: skip
"""A risk as it is found; what is at stake is in minor units, and the twelve months' where it is empty."""


@dataclass(frozen=True)
class Known:
    """What is known of the watched customers on a day.

    Attributes:
        customers: The watched ones.
        trade: As ``trade.trade_of`` gives it.
        figures: Contract ``AccountFigure``.
        agreements: Contract ``AgreementFigure``.
        company_booked: What the whole company booked in the twelve months up to the day, minor units.
        facts: Contract tables ``contacts`` and ``account_actions``.
        company: Its currency and its watch.
    """

    customers: Watched
    trade: pl.DataFrame
    figures: pl.DataFrame
    agreements: pl.DataFrame
    company_booked: int
    facts: Facts
    company: Company

    @property
    def on(self) -> date:
        """The last day known."""
        return self.customers.on

    @property
    def digits(self) -> int:
        """Decimals of the company currency."""
        return minor_unit_digits(self.company.currency)

    @cached_property
    def year(self) -> pl.DataFrame:
        """``booked`` (at least 0) and ``margin`` (empty where no cost is known) of each customer in twelve months, minor units."""
        trade = between(self.trade, twelve_months_before(self.on), self.on + ONE_DAY)
        has_cost = pl.col("cost").is_not_null()
        sums = trade.group_by("customer_id").agg(
            pl.col("booked").sum(),
            margin=pl.when(has_cost.any()).then((pl.col("booked") - pl.col("cost")).filter(has_cost).sum()),
        )
        every = self.customers.customers.join(sums, on="customer_id", how="left", validate="1:1")
        return every.with_columns(booked=pl.max_horizontal(pl.col("booked").fill_null(0), 0))

    def said(self, units: int) -> str:
        """An amount of company currency as it is read: ``1,234.50 EUR``."""
        return f"{shown_amount(units, self.digits)} {self.company.currency}"


def found(
    customer_id: str,
    risk: str,
    detail: str,
    *,
    subject: str | None = None,
    since: date | None = None,
    revenue: int | None = None,
    margin: int | None = None,
) -> Row:
    """One row of ``FOUND``."""
    return {
        "customer_id": customer_id, "risk": risk, "subject": subject, "since": since, "revenue": revenue, "margin": margin,
        "detail": detail,
    }  # fmt: skip


def twelve_months_before(day: date) -> date:
    """The first of the twelve months that end with the day."""
    next_day = day + ONE_DAY
    try:
        return next_day.replace(year=next_day.year - 1)
    except ValueError:  # 29 February
        return next_day.replace(year=next_day.year - 1, day=28)
