"""Base ``agreement``: what is called off under an agreement is compared with the value agreed before."""

import polars as pl

from compensation.attribution.agreements import chained
from compensation.attribution.comparing.standing import Facts, in_company_currency
from compensation.in_force import ALWAYS, FOREVER
from compensation.money import share_of
from schemas.rules.company import Company

LONGEST = 100
"""An agreement has at most so many years."""


def agreement_years(facts: Facts, lapse_months: int, company: Company) -> pl.DataFrame:
    """Every year of every agreement, with the annual value that its revenue is compared with.

    The first year is compared with the annual value of the agreement that it renews (with nothing where it is new), every
    later one with the agreement's own. A year that the agreement's end or its renewal cuts short counts by its days, so that an
    early renewal lets no day count twice. Values are converted at the rate of the year's first day.

    Args:
        facts: Contract tables ``agreements``, ``accounts`` and ``fx_rates``.
        lapse_months: As for ``agreements.chained``.
        company: Its currency.

    Returns:
        ``agreement_id``, ``account_id``, ``product_family``, ``renews_agreement_id``, ``year_number`` (from 0), ``year_start``,
        ``year_end`` (excluded), ``next_id`` and ``next_start`` (the agreement that takes over; null where none), ``units`` (the
        base in minor units) and ``base_key`` (a negative number of its own).
    """
    chain = chained(facts, lapse_months)
    values = chain.select(renews_agreement_id="agreement_id", _old="annual_value", _old_currency="currency")
    following = chain.filter(pl.col("renews_agreement_id").is_not_null()).select(
        next_id="agreement_id", next_start="start_date", agreement_id="renews_agreement_id"
    )
    known = chain.join(values, on="renews_agreement_id", how="left", validate="m:1").join(
        following, on="agreement_id", how="left", validate="1:1"
    )
    return _numbered(_valued(_by_year(known), facts, company))


def _by_year(known: pl.DataFrame) -> pl.DataFrame:
    """One row per agreement and year that begins before its end, or its renewal where that comes first."""
    ends = pl.min_horizontal("end_date", "next_start")
    years = pl.int_ranges(0, LONGEST, dtype=pl.Int64)
    each = known.with_columns(_ends=ends, year_number=years).explode("year_number")
    begins = pl.col("start_date").dt.offset_by(pl.format("{}y", "year_number"))
    full = pl.col("start_date").dt.offset_by(pl.format("{}y", pl.col("year_number") + 1))
    dated = each.with_columns(year_start=begins, _full=full).with_columns(year_end=pl.min_horizontal("_full", "_ends"))
    return dated.filter((pl.col("year_start") < pl.col("_ends")) | (pl.col("year_number") == 0))


def _valued(years: pl.DataFrame, facts: Facts, company: Company) -> pl.DataFrame:
    is_first = pl.col("year_number") == 0
    asked = years.with_columns(
        _value=pl.when(is_first).then("_old").otherwise("annual_value"),
        currency=pl.when(is_first).then(pl.col("_old_currency").fill_null(pl.col("currency"))).otherwise("currency"),
    )
    priced = in_company_currency(asked, "_value", "year_start", facts, company)
    days = (pl.col("year_end") - pl.col("year_start")).dt.total_days()
    whole = (pl.col("_full") - pl.col("year_start")).dt.total_days()
    return priced.with_columns(units=share_of(pl.col("units").fill_null(0), pl.max_horizontal(days, pl.lit(0)), whole))


def _numbered(years: pl.DataFrame) -> pl.DataFrame:
    ordered = years.sort("agreement_id", "year_number").with_columns(
        base_key=-1 - pl.int_range(pl.len(), dtype=pl.Int64)
    )
    return ordered.select(
        "agreement_id", "account_id", "product_family", "renews_agreement_id", "year_number", "year_start", "year_end",
        "next_id", "next_start", "units", "base_key",
    )  # fmt: skip


def keys_of_orders(orders: pl.DataFrame, years: pl.DataFrame) -> pl.Series:
    """The agreement year that each order counts in: ``base_key``, or null where it names no agreement that holds.

    An order dated before its agreement counts in the first year, one after its end in the last. Once an agreement is
    renewed, an order that still names the old one counts with the new one.

    Args:
        orders: ``agreement_id`` and ``order_date``; in order.
        years: As ``agreement_years`` gives them.
    """
    asked = orders.select("agreement_id", "order_date").with_row_index("_row")
    renewed = years.filter(pl.col("next_id").is_not_null()).select("agreement_id", "next_id", "next_start").unique()
    for _ in range(renewed.height):
        found = asked.join(renewed, on="agreement_id", how="left", validate="m:1")
        moves = (pl.col("order_date") >= pl.col("next_start")).fill_null(value=False)
        if not found.select(moves.any()).item():
            break
        asked = found.with_columns(agreement_id=pl.when(moves).then("next_id").otherwise("agreement_id")).select(
            asked.columns
        )
    begun = years.with_columns(
        _from=pl.when(pl.col("year_number") == 0).then(pl.lit(ALWAYS)).otherwise("year_start")
    ).select("agreement_id", "_from", "base_key")
    placed = asked.sort("order_date").join_asof(
        begun.sort("_from"), left_on="order_date", right_on="_from", by="agreement_id", strategy="backward",
        check_sortedness=False,
    )  # fmt: skip
    return placed.sort("_row")["base_key"]


def stretches(years: pl.DataFrame) -> pl.DataFrame:
    """The bases of agreement years as ``motion.motions`` takes them: each holds for whatever counts in the year."""
    return years.select(
        "base_key", valid_from=pl.lit(ALWAYS), valid_to=pl.lit(FOREVER),
        base=pl.max_horizontal("units", pl.lit(0, dtype=pl.Int64)),
    )  # fmt: skip
