"""Risks that figures show: business below its base, agreements that end, customers on whom much depends."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from compensation.accounts.known import Known, Row, found
from compensation.currency import minor_unit_digits
from compensation.money import minor_units, minor_units_of, ratio_of
from compensation.payout.bonuses.shown import shown_amount


def below_base(known: Known) -> Iterator[Row]:
    """Product families that stay below their base in the fiscal year to date; the gap is at stake."""
    if known.figures.is_empty():
        return
    is_year = pl.col("span") == known.figures["span"].first()
    year = known.figures.filter(is_year, pl.col("base") > 0).with_columns(
        minor_units(pl.col(name), known.digits) for name in ("base", "existing")
    )
    reached = year.with_columns(reached=ratio_of(pl.col("existing"), pl.col("base")))
    for row in reached.filter(pl.col("reached") < known.company.accounts.base_share).rows(named=True):
        said = f"{known.said(row['existing'])} of a base of {known.said(row['base'])} ({row['reached']:.0%})"
        yield found(
            row["customer_id"], "below_base", f"{row['product_family']}: {said} in {row['span']} so far.",
            subject=row["product_family"], since=row["span_start"], revenue=row["base"] - row["existing"],
        )  # fmt: skip


def agreements_that_end(known: Known) -> Iterator[Row]:
    """Agreements that end soon and that none follows; their annual value is at stake."""
    last = known.on + timedelta(days=known.company.accounts.agreement_days)
    ending = known.agreements.filter(pl.col("end_date") <= last, pl.col("followed_by").is_null())
    for row in ending.rows(named=True):
        digits = minor_unit_digits(row["currency"])
        units = minor_units_of(row["annual_value"], digits)
        value = f"{shown_amount(units, digits)} {row['currency']} a year"
        yield found(
            row["customer_id"], "agreement_ends", f"{row['agreement_id']} over {value} ends on {row['end_date']}; none follows.",
            subject=row["agreement_id"], since=row["end_date"],
            revenue=units if row["currency"] == known.company.currency else None,
        )  # fmt: skip


def concentration(known: Known) -> Iterator[Row]:
    """Customers who book a large part of what the company books in twelve months."""
    shares = known.year.with_columns(share=ratio_of(pl.col("booked"), pl.lit(known.company_booked)))
    for row in shares.filter(pl.col("share") >= known.company.accounts.concentration_share).rows(named=True):
        yield found(
            row["customer_id"], "concentration", f"{row['share']:.1%} of everything booked in the last twelve months."
        )
