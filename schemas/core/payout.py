"""Tables that payout makes: where each credit stands, what it earns, and why some earn nothing."""

import polars as pl

from schemas.dtypes import FxRate, Money, Position, Rate
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

    payee_id: pl.Categorical = identifier()
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
    earned: Money = money(
        signed=True, description="rounded_after − rounded_before, and what `earning_changes` add to it or take off."
    )
    currency: pl.Categorical = currency_code(description="Plan currency.")

    class Config:
        """Key of the table."""

        metadata = {
            "key": [
                "payee_id",
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
        values=("house", "excluded", "no_plan", "plan_none", "not_in_plan", "below_cost"),
    )

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_line_id", "return_id", "credit_number"]}


CHANGES = ("pay_factor", "cap_deal", "cap_month", "cap_quarter", "cap_half_year", "cap_year", "budget", "clawback")
"""What changes an earning after the curve, in the order it applies."""


class EarningChange(Table):
    """What a factor, a cap, a budget or a clawback adds to one earning or takes off; earnings that nothing changes have no row."""

    payee_id: str = identifier()
    plan: str = text(optional=False)
    component: str = text(optional=False)
    order_line_id: str = identifier()
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer")
    slice_number: pl.Int16 = number("integer")
    kind: str = text(optional=False, values=CHANGES)
    total_before: Money = money(signed=True, description="Running total after this earning, before this change.")
    total_after: Money = money(signed=True, description="The same running total after it.")
    change: Money = money(signed=True, description="What the earning gains or loses by it.")
    currency: str = currency_code(description="Plan currency.")

    class Config:
        """Key of the table."""

        metadata = {
            "key": [
                "payee_id",
                "order_line_id",
                "return_id",
                "credit_number",
                "plan",
                "component",
                "slice_number",
                "kind",
            ]
        }


CLAWBACK_REASONS = ("in_full", "window_over", "share_by_age", "months_remaining", "no_term")
"""Why a return takes back as much as it does."""


class TakenBack(Table):
    """One return × component whose clawback has a window, a share, or leaves attainment: how much is taken back, and why.

    Components that simply take back what came back have no row.
    """

    payee_id: str = identifier()
    plan: str = text(optional=False)
    plan_version: str = text(optional=False, description="Version that took the sale: its clawback holds.")
    component: str = text(optional=False)
    order_line_id: str = identifier()
    return_id: str = identifier()
    credit_number: pl.Int16 = number("integer")
    sale_date: pl.Date = business_date()
    event_date: pl.Date = business_date(description="Date of the return.")
    age_days: pl.Int32 = number("integer", description="Days from the sale to the return.")
    amount: Money = money(currency=None, signed=True, description="What came back, company currency.")
    reason: str = text(optional=False, values=CLAWBACK_REASONS, description="What decided the share.")
    share_part: pl.Int64 = number("integer", description="The share taken back is this ÷ `share_whole`, exactly.")
    share_whole: pl.Int64 = number("integer", description="Months of the term, where months remaining decide.")
    share: Rate = number("rate", description="The same, rounded for printing; 0: nothing is taken back.")
    keeps_attainment: bool = number(
        "boolean", description="`true`: the position stays, and the line gives back of its own earning."
    )

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "plan", "component", "order_line_id", "return_id", "credit_number"]}


class CurvePiece(Table):
    """One straight piece of a curve as it priced a stretch of a position: money = (slope × position + fixed) ÷ divisor.

    Only curves that are no plain tiers over amounts or over attainment of an assigned quota: those stand in the plan.
    """

    payee_id: str = identifier()
    plan: str = text(optional=False)
    plan_version: str = text(optional=False)
    component: str = text(optional=False)
    measure: str = text(optional=False)
    window: str = text(optional=False)
    stretch: pl.Int32 = number(
        "integer", description="From 1: a new one where version, quota or a running reading changes."
    )
    piece_number: pl.Int16 = number("integer", description="From 1, lowest first.")
    tier_number: pl.Int16 = number(
        "integer", description="Of the plan, from 1; a tier and its mirror image below 0 have the same."
    )
    starts_at: Position = number(
        "quantity", optional=True, description="Position from which the piece holds; empty in the first."
    )
    slope: str = text(
        optional=False, description="Whole number, for positions in major units and money in major units."
    )
    fixed: str = text(optional=False, description="Whole number.")
    divisor: str = text(optional=False, description="Whole number above 0.")
    quota: Money = money(optional=True)
    incentive: Money = money(optional=True, description="Target incentive of the window, prorated.")
    factor: Rate = number("rate", description="Product of gates and multipliers, for printing.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "plan", "component", "measure", "window", "stretch", "piece_number"]}


class ReadingTaken(Table):
    """One figure that a gate, multiplier, matrix, objective or pool looked at, and what followed from it."""

    payee_id: str = identifier()
    plan: str = text(optional=False)
    component: str = text(optional=False, description="Component, bonus or pool.")
    window: str = text(optional=False)
    used_by: str = text(
        optional=False, description="`gate 1`, `multiplier 1`, `matrix`, an objective's or pool's name."
    )
    reading: str = text(optional=False, description="In words: `attainment of new_business, year to date`.")
    until: pl.Date = business_date(description="Last day that it counts.")
    value: Rate = number("rate", optional=True, description="Rounded for printing; empty where there is none yet.")
    effect: Rate = number("rate", optional=True, description="Factor, score or share that follows.")

    class Config:
        """Rows of running readings may repeat."""

        metadata: dict[str, object] = {}


class PayAmount(Table):
    """One earning or bonus part of a plan that pays in another currency, converted once on its declared day.

    ``amount`` is the difference of two running totals of the payee, plan and day, each converted and rounded once: so what is
    paid for a day is the day's earnings at the day's rate.
    """

    payee_id: str = identifier()
    plan: str = text(optional=False)
    component: str = text(optional=False)
    fiscal_period: str = text(optional=False)
    order_line_id: str = identifier(optional=True, description="Empty for a bonus part.")
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer", optional=True)
    slice_number: pl.Int16 = number("integer", optional=True)
    part: str = text(optional=True, description="Of a bonus; empty for an earning.")
    earned: Money = money(signed=True, description="In the plan's currency.")
    currency: str = currency_code(description="Plan currency.")
    converted_on: pl.Date = business_date(description="Day whose rates convert it.")
    plan_rate: FxRate = number("fx_rate", description="Company currency for one of the plan's, on that day.")
    pay_rate: FxRate = number("fx_rate", description="Company currency for one of the pay currency, on that day.")
    amount: Money = money(currency="pay_currency", signed=True, description="What is paid for it, in the pay currency.")
    pay_currency: str = currency_code(description="What the plan pays in.")

    class Config:
        """Key of the table."""

        metadata = {
            "key": [
                "payee_id",
                "plan",
                "component",
                "fiscal_period",
                "order_line_id",
                "return_id",
                "credit_number",
                "slice_number",
                "part",
            ]
        }


class BonusPart(Table):
    """One part of pay that no credit earns: an objective of a bonus, a pool share, a guarantee, a carried cap excess.

    ``amount`` is posted in ``fiscal_period``: what is earned to date less what earlier periods of the window had.
    """

    payee_id: str = identifier()
    plan: str = text(optional=False)
    plan_version: str = text(optional=False)
    component: str = text(optional=False, description="Name of the bonus or pool; `guarantee`; the capped component.")
    kind: str = text(optional=False, values=("objective", "pool", "guarantee", "cap_excess"))
    part: str = text(optional=False, description="Objective; the same as `component` where there is one part.")
    window: str = text(optional=False)
    fiscal_period: str = text(optional=False)
    base: Money = money(signed=True, description="Incentive, pool or guarantee of the window, prorated.")
    weight: Rate = number("rate", optional=True)
    value: Rate = number("rate", optional=True, description="Result read, rounded for printing.")
    score: Rate = number("rate", optional=True, description="Rounded for printing.")
    amount: Money = money(signed=True)
    currency: str = currency_code()
    detail: str = text(optional=False, description="A sentence that computes the amount again.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "plan", "component", "part", "window", "fiscal_period"]}
