"""What lines pay where a plan pays in another currency than its own: each posting in the currency that is paid."""

import polars as pl

from compensation.settlement.lines import LINE
from schemas.dtypes import MONEY

KEY = [name for name in LINE if name != "currency"]


def in_pay_currency(due: pl.DataFrame, pay_amounts: pl.DataFrame) -> pl.DataFrame:
    """The same lines, those of plans with ``pays_in`` in the currency that is paid.

    Args:
        due: As ``due_lines`` gives them, in plan currency.
        pay_amounts: Contract ``PayAmount``: every earning and bonus part of such plans, converted once on its declared day.

    Returns:
        ``due`` with ``currency`` and ``due`` of what is paid; the order is kept.
    """
    if pay_amounts.is_empty():
        return due
    named = pay_amounts.rename({"fiscal_period": "earning_period"})
    paid = named.group_by(*KEY, "pay_currency").agg(_paid=pl.col("amount").sum())
    both = due.join(paid, on=KEY, how="left", validate="1:1", nulls_equal=True, maintain_order="left")
    is_paid = pl.col("pay_currency").is_not_null()
    return both.with_columns(
        currency=pl.coalesce("pay_currency", "currency"),
        due=pl.when(is_paid).then("_paid").otherwise("due").cast(MONEY),
    ).select(due.columns)
