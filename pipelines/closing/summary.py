"""What a period comes to: the columns of a balance that say something."""

import polars as pl

ALWAYS = ("opening", "earned", "corrected", "adjusted", "paid", "carried_forward")
STEPS = (
    "opening", "earned", "corrected", "adjusted", "guaranteed", "drawn", "recovered", "held", "released", "paid",
    "carried_forward",
)  # fmt: skip
"""From the opening balance to what is paid, as ``Balance`` adds them up."""


def payable(balances: pl.DataFrame) -> pl.DataFrame:
    """Who is paid what, and how it comes about.

    Args:
        balances: Contract ``Balance`` of one period.

    Returns:
        ``payee_id``, ``currency`` and those of ``STEPS`` that are always told or somewhere not 0, by payee and currency.
    """
    shown = [name for name in STEPS if name in ALWAYS or (balances[name] != 0).any()]
    return balances.select("payee_id", "currency", *shown).sort("payee_id", "currency")
