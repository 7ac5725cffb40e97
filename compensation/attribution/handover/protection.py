"""Protection: what a new account manager inherited does not count against them in their first months."""

from datetime import date

import polars as pl

from compensation.attribution.handover.moments import joined

WHO = ("account_id", "payee_id")


def protected(care: pl.DataFrame, months: int, on: date) -> pl.DataFrame:
    """The accounts that a person has managed for less than ``months`` on a day.

    The months run from the day on which this person began to look after the account as its account manager, without a
    day between; an account that came back to them begins anew.

    Args:
        care: As ``carers.carers`` gives it.
        months: Calendar months of protection; the day on which they are over is not protected any more.
        on: The day.

    Returns:
        ``account_id``, ``payee_id`` and ``is_protected`` (true), one row each.

    Source:
        ``docs/attribution.md``, hand-over: protection.
    """
    managed = care.filter(pl.col("role") == "account_manager").select(*WHO, "valid_from", "valid_to")
    spans = joined(managed, WHO).filter((pl.col("valid_from") <= on) & (pl.lit(on) < pl.col("valid_to")))
    new = spans.filter(pl.lit(on) < pl.col("valid_from").dt.offset_by(f"{months}mo"))
    return new.select(*WHO, is_protected=pl.lit(value=True))
