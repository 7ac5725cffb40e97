"""What each account brings to the base of a window: what it bought, or what its account plan says."""

import polars as pl

from compensation.attribution.comparing.windows import FIRST_MONTH
from compensation.currency import minor_unit_digits
from compensation.in_force import on_day, until_next
from compensation.money import converted, share_of
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]

MONTHS_BEFORE = 12
KEY = ["account_code", "family_code", "window"]


def bought_last_year(movements: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Last fiscal year's bookings less the returns dated in it, for every yearly window.

    Args:
        movements: ``account_code``, ``family_code``, ``fiscal_year`` (of the day), ``booked`` and ``is_called_off`` (under an
            agreement).
        windows: As ``windows.base_windows`` gives them.

    Returns:
        ``account_code``, ``family_code``, ``window``, ``booked``. Where a year's base is ``agreement``, what was called off
        under agreements is left out: it is compared with those.
    """
    yearly = windows.filter(pl.col("window") < FIRST_MONTH).select("window", "base", following="fiscal_year")
    moved = movements.with_columns(following=pl.col("fiscal_year") + 1)
    placed = moved.join(yearly, on="following", how="inner", validate="m:1")
    own = placed.filter(~(pl.col("is_called_off") & (pl.col("base") == "agreement")))
    return own.group_by(KEY).agg(pl.col("booked").sum())


def trailing_month(movements: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """A twelfth of what each account bought, less returns, in the twelve fiscal months before each monthly window.

    Args:
        movements: ``account_code``, ``family_code``, ``month`` (number of the fiscal month of the day, from ``FIRST_MONTH``)
            and ``booked``.
        windows: As ``windows.base_windows`` gives them.
    """
    by_month = movements.group_by("account_code", "family_code", "month").agg(pl.col("booked").sum())
    later = pl.DataFrame({"later": range(1, MONTHS_BEFORE + 1)}, schema={"later": pl.Int32})
    reaching = by_month.join(later, how="cross").with_columns(window=pl.col("month") + pl.col("later"))
    asked = reaching.join(windows.select("window"), on="window", how="semi")
    total = asked.group_by(KEY).agg(pl.col("booked").sum())
    return total.with_columns(booked=share_of(pl.col("booked"), pl.lit(1), MONTHS_BEFORE))


def planned(
    bought: pl.DataFrame, windows: pl.DataFrame, facts: Facts, accounts: pl.DataFrame, families: pl.DataFrame, company: Company
) -> pl.DataFrame:  # fmt: skip
    """The same rows, where the base is ``account_plan`` with the account plan's revenue target in place of what was bought.

    An account and family without a target for the year keeps what it bought last year, and so does one whose target has
    no exchange rate on the year's first day.

    Args:
        bought: As ``bought_last_year`` gives it.
        windows: As ``windows.base_windows`` gives them.
        facts: Contract tables ``account_plans`` and ``fx_rates``.
        accounts: ``account_id`` of each ``account_code``.
        families: ``product_family`` of each ``family_code``.
        company: Its currency.
    """
    years = windows.filter(pl.col("base") == "account_plan").select("fiscal_year", "window", "window_start")
    targets = (
        facts["account_plans"].join(years, on="fiscal_year", how="inner", validate="m:1")
        .join(accounts, on="account_id", how="inner", validate="m:1")
        .join(families, on="product_family", how="inner", validate="m:1")
    )  # fmt: skip
    priced = in_company_currency(targets, "revenue_target", "window_start", facts, company)
    stated = priced.filter(pl.col("units").is_not_null()).select(*KEY, booked="units")
    return pl.concat([bought.join(stated, on=KEY, how="anti"), stated.cast(bought.schema).select(bought.columns)])


def in_company_currency(rows: pl.DataFrame, amount: str, on: str, facts: Facts, company: Company) -> pl.DataFrame:
    """The rows with ``units``: the amount in minor units of the company currency at the rate of the day; null where none is."""
    rates = until_next(facts["fx_rates"].select("currency", "valid_from", _rate="rate"), "currency")
    priced = on_day(rows, rates, by="currency", on=on)
    own = pl.col("currency") == company.currency
    rate = pl.when(own).then(pl.lit(1)).otherwise(pl.col("_rate")).cast(rates.schema["_rate"])
    units = converted(pl.col(amount), rate, minor_unit_digits(company.currency))
    return priced.with_columns(units=units).drop("_rate")
