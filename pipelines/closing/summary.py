"""What lines come to: per payee and currency, by kind."""

import polars as pl

from schemas.dtypes import MONEY

KINDS = {"earned": ("earning", "guarantee"), "corrected": ("correction",), "adjusted": ("adjustment",)}


def payable(lines: pl.DataFrame) -> pl.DataFrame:
    """Sums of what is posted, one row a payee and currency.

    Args:
        lines: With ``payee_id``, ``currency``, ``kind``, ``amount``.

    Returns:
        ``payee_id, currency, earned, corrected, adjusted, total``, by payee; ``total`` below 0 is owed by the payee.
    """
    zero = pl.lit(0, dtype=MONEY)
    sums = [
        pl.when(pl.col("kind").is_in(kinds)).then("amount").otherwise(zero).sum().alias(name)
        for name, kinds in KINDS.items()
    ]
    by = ["payee_id", "currency"]
    return lines.group_by(by).agg(*sums, total=pl.col("amount").sum()).sort(by)
