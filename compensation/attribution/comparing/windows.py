"""The windows in which positions run, and the base that the policy chose for each of them."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from compensation.attribution.policies import policy_on
from schemas.rules.attribution import AttributionPolicy

MONTHLY = "trailing_twelve_months"
FIRST_MONTH = 2**14
"""Windows of a fiscal year are numbered as the year, those of a fiscal month from here on: both fit into 15 bits of a key."""


class BaseChangesInsideYear(ValueError):
    """A policy version changes what business is compared with in the middle of a fiscal year."""


def is_default(policies: Sequence[AttributionPolicy]) -> bool:
    """Whether every version compares with last fiscal year by customer and family."""
    return all(policy.base == "last_fiscal_year" and policy.base_by == "family" for policy in policies)


def base_windows(periods: pl.DataFrame, policies: Sequence[AttributionPolicy]) -> pl.DataFrame:
    """Every window in order, with the base of its fiscal year.

    Args:
        periods: Fiscal periods (``compensation.calendar.fiscal_periods``).
        policies: Versions of the attribution policy; the one in force on the year's first day decides for the year.

    Returns:
        ``window`` (number), ``window_start``, ``window_end`` (excluded), ``fiscal_year``, ``base``, ``base_by``; one row a
        fiscal year, or one a fiscal month where the base is ``trailing_twelve_months``. Without gaps.

    Raises:
        BaseChangesInsideYear: a version changes ``base`` or ``base_by`` inside a fiscal year; names it and the days to choose.
    """
    years = periods.group_by("fiscal_year").agg(
        window_start=pl.col("period_start").min(), window_end=pl.col("period_end").max()
    ).sort("fiscal_year")  # fmt: skip
    _require_whole_years(years, policies)
    chosen = [policy_on(policies, day) for day in years["window_start"]]
    named = years.with_columns(
        base=pl.Series([policy.base for policy in chosen], dtype=pl.String),
        base_by=pl.Series([policy.base_by for policy in chosen], dtype=pl.String),
    )
    months = periods.sort("period_start").select(
        "fiscal_year", window=pl.int_range(pl.len(), dtype=pl.Int32) + FIRST_MONTH, window_start="period_start",
        window_end="period_end",
    )  # fmt: skip
    is_monthly = pl.col("base") == MONTHLY
    yearly = named.filter(~is_monthly).with_columns(window=pl.col("fiscal_year").cast(pl.Int32))
    monthly = months.join(
        named.filter(is_monthly).select("fiscal_year", "base", "base_by"), on="fiscal_year", how="inner", validate="m:1"
    )
    return pl.concat([yearly, monthly.select(yearly.columns)]).sort("window_start")


def window_rows(days: pl.Series, windows: pl.DataFrame) -> pl.Series:
    """The row of ``windows`` that each day lies in; every day lies in one."""
    return windows["window_start"].search_sorted(days, side="right") - 1


def _require_whole_years(years: pl.DataFrame, policies: Sequence[AttributionPolicy]) -> None:
    starts = years["window_start"].to_list()
    for policy in sorted(policies, key=lambda version: (version.valid_from, version.decided_on)):
        inside = [day for day in starts if day < policy.valid_from]
        if not inside or policy.valid_from in starts or policy.valid_from >= years["window_end"][-1]:
            continue
        before = policy_on(policies, inside[-1])
        if (before.base, before.base_by) != (policy.base, policy.base_by):
            _refuse(policy, before, inside[-1], starts)


def _refuse(policy: AttributionPolicy, before: AttributionPolicy, year: date, starts: list[date]) -> None:
    later = [day for day in starts if day > policy.valid_from]
    choose = f"{year} or {later[0]}" if later else str(year)
    raise BaseChangesInsideYear(
        f"attribution version {policy.version} changes the base on {policy.valid_from} from {before.base} by {before.base_by} to "
        f"{policy.base} by {policy.base_by}, inside a fiscal year; positions run through the year, so part of it would count twice. "
        f"Let the version start with a fiscal year: {choose}"
    )
