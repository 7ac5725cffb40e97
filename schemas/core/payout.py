"""Tables that payout makes: where each credit stands, what it earns, and why some earn nothing."""

import polars as pl

from schemas.dtypes import Money, Position, Rate
from schemas.table import (
    Table,
    business_date,
    currency_code,
    identifier,
    money,
    number,
    text,
)


class Earning(Table):
    """One credit × component × tier slice: the smallest explainable amount of pay.

    ``earned`` is the difference of two rounded curve values, so slices add up to the credit, credits to the
    month and months to the window, to the minor unit.
    """

    payee_id: str = identifier()
    plan: pl.Categorical = text(optional=False)
    plan_version: pl.Categorical = text(
        optional=False,
        description="Version in force on the day that places the credit, while its plan has the component then; else the sale's.",
    )
    component: pl.Categorical = text(optional=False)
    measure: pl.Categorical = text(
        optional=False,
        description="Credits that move this position, e.g. `new_business` or `retention+growth`.",
    )
    period: pl.Date = business_date(description="First day of the fiscal period that the earning is posted in.")
    fiscal_period: pl.Categorical = text(optional=False, description="The same, as `2026-P03`.")
    window: pl.Categorical = text(
        optional=False,
        description="Window that the position runs in: `2026`, `2026-H1`, `2026-Q1` or `2026-P03`.",
    )
    order_line_id: str = identifier()
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer")
    slice_number: pl.Int16 = number("integer", description="From 1, in the order the position passes the tiers.")
    tier_number: pl.Int16 = number("integer", description="From 1, lowest tier first.")
    tier_rate: Rate = number("rate", description="Share of the tier's revenue that it pays.")
    position_before: Position = number("quantity", description="Plan currency.")
    position_after: Position = number("quantity", description="Plan currency.")
    credited: Position = number(
        "quantity",
        description="position_after − position_before: revenue in this slice, plan currency.",
    )
    rounded_before: Money = money(signed=True)
    rounded_after: Money = money(signed=True)
    earned: Money = money(signed=True, description="rounded_after − rounded_before.")
    currency: pl.Categorical = currency_code(description="Plan currency.")

    class Config:
        """Key of the table."""

        metadata = {
            "key": [
                "order_line_id",
                "return_id",
                "credit_number",
                "plan",
                "component",
                "slice_number",
            ]
        }


class Attainment(Table):
    """Where a payee stands on a component at the end of a fiscal period."""

    payee_id: str = identifier()
    plan: pl.Categorical = text(optional=False)
    component: pl.Categorical = text(optional=False)
    measure: pl.Categorical = text(optional=False)
    window: pl.Categorical = text(optional=False)
    fiscal_period: pl.Categorical = text(optional=False)
    position: Money = money(signed=True, description="Position at the end of the period, plan currency.")
    quota: Money = money(
        optional=True,
        description="Quota of the window; empty where the curve needs none.",
    )
    attainment: Rate = number("rate", optional=True, description="position ÷ quota, for printing only.")
    next_tier_at: Position = number(
        "quantity",
        optional=True,
        description="Where the next tier starts; empty in the last.",
    )
    tier_rate: Rate = number("rate", description="Rate at the position.")
    currency: pl.Categorical = currency_code()

    class Config:
        """Key of the table."""

        metadata = {
            "key": [
                "payee_id",
                "plan",
                "component",
                "measure",
                "window",
                "fiscal_period",
            ]
        }


class Unpaid(Table):
    """One credit that earns nothing, and why: every zero has a reason."""

    order_line_id: str = identifier()
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer")
    payee_id: str = identifier()
    event_date: pl.Date = business_date()
    motion: str = text(optional=False)
    amount: Money = money(currency=None, signed=True, description="Company currency.")
    reason: str = text(
        optional=False,
        values=("house", "excluded", "no_plan", "plan_none", "not_in_plan"),
    )

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_line_id", "return_id", "credit_number"]}
