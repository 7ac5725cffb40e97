"""People on a day: their role, and whether they still serve."""

import polars as pl

from compensation.in_force import FOREVER, on_day, until_next


def standings(payees: pl.DataFrame) -> pl.DataFrame:
    """Role and employment of each payee by interval.

    Args:
        payees: Contract ``Payee``: role, manager and currency are dated, employment dates are not.

    Returns:
        ``payee_id``, ``valid_from``, ``valid_to``, ``role``, ``hire_date``, ``last_day`` (FOREVER where none).
    """
    employment = payees.group_by("payee_id").agg(
        pl.col("hire_date").min(), last_day=pl.col("termination_date").min().fill_null(FOREVER)
    )
    dated = until_next(payees.select("payee_id", "valid_from", "role"), "payee_id")
    return dated.join(employment, on="payee_id", how="left", validate="m:1")


def last_days(payees: pl.DataFrame) -> pl.DataFrame:
    """One row a payee: ``payee_id`` and ``last_day`` of service, included (FOREVER where none)."""
    return payees.group_by("payee_id").agg(last_day=pl.col("termination_date").min().fill_null(FOREVER))


REASONS = ("eligible", "none_named", "unknown_payee", "not_a_sales_rep", "after_last_day")
"""Why a named person does or does not receive new business; the code is the place in this tuple."""


def with_eligibility(rows: pl.DataFrame, standing: pl.DataFrame, *, who: str, on: str) -> pl.DataFrame:
    """The same rows with ``<who>_reason``: the code (in ``REASONS``) of whether the person counts on the day.

    Source:
        Attribution rule 6: role sales representative on the order date, not after their last day.
    """
    found = on_day(rows.select(on, payee_id=who), standing, by="payee_id", on=on)
    known = standing.select(pl.col("payee_id").unique().alias("known"))["known"]
    role, last = pl.col("role"), pl.col("last_day")
    code = (
        pl.when(pl.col("payee_id").is_null()).then(1)
        .when(role.is_null() & ~pl.col("payee_id").is_in(known.implode())).then(2)
        .when((role != "sales_rep").fill_null(value=True)).then(3)
        .when(pl.col(on) > last).then(4)
        .otherwise(0)
    )  # fmt: skip
    return rows.with_columns(found.select(code.cast(pl.UInt8).alias(f"{who}_reason")).to_series())
