"""Pay in another currency than the plan's: each earning converted once, on the day that the plan declares."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_units, money_of, running_total, through_rates
from compensation.payout.errors import MissingRate
from schemas.core.payout import PayAmount
from schemas.dtypes import FX_RATE
from schemas.rules.company import Company
from schemas.rules.plan import Plan

LINE = ["order_line_id", "return_id", "credit_number"]


def pay_amounts(
    earnings: pl.DataFrame,
    bonuses: pl.DataFrame,
    credits: pl.DataFrame,
    plans: Sequence[Plan],
    fx_rates: pl.DataFrame,
    company: Company,
    calendar: pl.DataFrame,
) -> pl.DataFrame:
    """What plans with ``pays_in`` pay, in that currency (contract ``PayAmount``); empty where no plan has one.

    Args:
        earnings: Contract ``Earning``.
        bonuses: Contract ``BonusPart``; converted on the last day of their fiscal period.
        credits: Contract ``Credit``.
        plans: All plans of the company.
        fx_rates: Contract ``FxRateRow``: units of company currency for one unit.
        company: Its currency, and how old a rate may be.
        calendar: Fiscal periods that cover all earnings.

    Raises:
        MissingRate: a currency has no rate, or only one that is too old, on a day of conversion.

    Source:
        ``docs/plans.md``: pay currency; cross rates go through the company currency, unrounded.
    """
    parts = [
        _converted(rows, plan, fx_rates, company)
        for plan in plans
        if plan.pays_in
        for rows in [_dated(earnings, bonuses, credits, plan, calendar)]
        if not rows.is_empty()
    ]
    return PayAmount.validate(pl.concat(parts).sort(PayAmount.key())) if parts else PayAmount.empty_frame()


def _dated(
    earnings: pl.DataFrame, bonuses: pl.DataFrame, credits: pl.DataFrame, plan: Plan, calendar: pl.DataFrame
) -> pl.DataFrame:
    """Earnings and bonus parts of one plan with their day of conversion, in the order of their running totals."""
    texts = ["payee_id", "plan", "component", "fiscal_period", "currency"]
    own = earnings.filter(pl.col("plan").cast(pl.String) == plan.plan)
    lines = own.select(*texts, *LINE, "slice_number", "earned").with_columns(pl.col(texts).cast(pl.String))
    days = credits.select(*LINE, "sequence", day="event_date")
    lines = lines.join(days, on=LINE, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    parts = bonuses.filter(pl.col("plan") == plan.plan).select(*texts, "part", earned="amount")
    both = pl.concat([lines, parts], how="diagonal")
    ends = calendar.select("fiscal_period", end=pl.col("period_end") - timedelta(days=1))
    both = both.join(ends, on="fiscal_period", how="left", validate="m:1", maintain_order="left")
    on_event = plan.pays_in is not None and plan.pays_in.converted_on == "event"
    day = pl.coalesce("day", "end") if on_event else pl.col("end")
    order = ["payee_id", "converted_on", "sequence", "component", "slice_number", "part"]
    return both.with_columns(converted_on=day).sort(order, nulls_last=False)


def _converted(rows: pl.DataFrame, plan: Plan, fx_rates: pl.DataFrame, company: Company) -> pl.DataFrame:
    pays_in = plan.pays_in.currency if plan.pays_in else plan.currency
    digits, pay_digits = minor_unit_digits(plan.currency), minor_unit_digits(pays_in)
    rated = _with_rate(rows, "plan_rate", plan.currency, fx_rates, company)
    rated = _with_rate(rated, "pay_rate", pays_in, fx_rates, company)
    rated = rated.with_columns(
        group=pl.struct("payee_id", "converted_on").rle_id(), units=minor_units(pl.col("earned"), digits)
    )
    total = running_total(pl.col("units"), pl.col("group"))
    rates = pl.col("plan_rate"), pl.col("pay_rate"), digits, pay_digits
    paid = through_rates(total, *rates) - through_rates(total - pl.col("units"), *rates)
    named = rated.with_columns(amount=money_of(paid, pay_digits), pay_currency=pl.lit(pays_in))
    return named.select(PayAmount.columns()).cast(pl.Schema(PayAmount.dtypes()))


def _with_rate(rows: pl.DataFrame, name: str, currency: str, fx_rates: pl.DataFrame, company: Company) -> pl.DataFrame:
    """The same rows with the rate of a currency on their day: the latest on or before it."""
    if currency == company.currency:
        return rows.with_columns(pl.lit(1, dtype=FX_RATE).alias(name))
    known = fx_rates.filter(pl.col("currency") == currency).select(since="valid_from", rate="rate").sort("since")
    dated = rows.with_row_index("row").sort("converted_on", maintain_order=True)
    dated = dated.join_asof(known, left_on="converted_on", right_on="since", strategy="backward", coalesce=False)
    age = (pl.col("converted_on") - pl.col("since")).dt.total_days()
    too_old = (age > company.fx_max_age_days) if company.fx_max_age_days is not None else pl.lit(value=False)
    lost = dated.filter(pl.col("rate").is_null() | too_old).sort("row")
    if not lost.is_empty():
        first = lost.row(0, named=True)
        raise MissingRate(
            f"plan {first['plan']} pays in another currency and {lost.height:,} earnings have no rate for {currency}. First: payee "
            f"{first['payee_id']}, {first['converted_on']}. Add a row for {currency} to fx_rates that starts on or before that day."
        )
    return dated.sort("row").drop("row", "since").rename({"rate": name})
