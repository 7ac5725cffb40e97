"""Revenue credited to a payee that no component counts as revenue: it is paid by units, margin, orders or customers."""

from collections.abc import Sequence

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import converted_back, money_of
from compensation.statement.due import STATEMENT
from compensation.statement.labels import revenue_components
from schemas.dtypes import MONEY
from schemas.rules.company import Company
from schemas.rules.plan import Plan

CREDIT = ["order_line_id", "return_id", "credit_number"]
PART = ["plan", "plan_version", "component"]


class CreditsMissing(ValueError):
    """A plan counts something else than revenue, and the credits that say the revenue were not handed over."""


def needs_credits(plans: Sequence[Plan]) -> bool:
    """Whether a component counts something else than the payee's own revenue, so that earnings do not say it."""
    return not revenue_components(plans)[1]


def counted_otherwise(
    earnings: pl.DataFrame,
    credits: pl.DataFrame | None,
    fx_rates: pl.DataFrame,
    plans: Sequence[Plan],
    company: Company,
) -> pl.DataFrame:
    """Revenue of own credits that earn, but in no component that counts revenue: one row a statement, each credit once.

    A credit that earns in several periods is revenue of the first. In another plan currency it stands at the rate of the
    sale's day; a credit whose day has no rate is left out, since nothing but this figure needs one.

    Args:
        earnings: ``Earning`` rows as plain text.
        credits: Contract ``Credit``; may be missing where every component counts revenue.
        fx_rates: Contract ``FxRateRow``.
        plans: Plans of the company.
        company: Its currency.

    Returns:
        Payee, fiscal period, currency and ``otherwise`` (money of that currency).

    Raises:
        CreditsMissing: a component counts something else, and there are no credits.
    """
    if not needs_credits(plans):
        return pl.DataFrame(schema={**dict.fromkeys(STATEMENT, pl.String), "otherwise": MONEY})
    if credits is None:
        raise CreditsMissing(
            "a plan counts units, margin, orders, customers or a team's revenue: give state() the credits of the calculation, "
            "which say the revenue behind them"
        )
    of_revenue, _ = revenue_components(plans)
    counted = earnings.join(of_revenue, on=PART, how="semi").select("payee_id", *CREDIT).unique()
    others = earnings.join(of_revenue, on=PART, how="anti").sort("fiscal_period", "currency")
    once = others.unique(["payee_id", *CREDIT], keep="first", maintain_order=True)
    once = once.join(counted, on=["payee_id", *CREDIT], how="anti", nulls_equal=True)
    own = credits.select(*CREDIT, "sale_date", "amount", payee_id=pl.col("payee_id").cast(pl.String))
    found = once.select(*STATEMENT, *CREDIT).join(
        own, on=["payee_id", *CREDIT], how="inner", nulls_equal=True, validate="1:1"
    )
    parts = [_in_currency(found, code, fx_rates, company) for code in sorted(found["currency"].unique())]
    every = pl.concat([*parts, found.clear().select(*STATEMENT, otherwise="amount")])
    return every.group_by(STATEMENT).agg(pl.col("otherwise").sum().cast(MONEY))


def _in_currency(found: pl.DataFrame, code: str, fx_rates: pl.DataFrame, company: Company) -> pl.DataFrame:
    """The credits of statements in one currency, in it."""
    rows = found.filter(pl.col("currency") == code)
    if code == company.currency:
        return rows.select(*STATEMENT, otherwise="amount")
    digits = minor_unit_digits(code)
    rates = fx_rates.filter(pl.col("currency") == code).select("rate", since="valid_from").sort("since")
    dated = rows.sort("sale_date").join_asof(rates, left_on="sale_date", right_on="since", strategy="backward")
    amount = money_of(converted_back(pl.col("amount"), pl.col("rate"), digits), digits)
    return dated.drop_nulls("rate").select(*STATEMENT, otherwise=amount.cast(MONEY))
