"""What must add up, exactly, at the end of every step in production: nothing is lost, nothing is invented."""

from collections.abc import Sequence

import polars as pl

ADVICE = "Nothing was published; the last good result stands. This is a fault of the calculation, not of the data: report it."


class NotConserved(RuntimeError):
    """Two sides that must be equal are not: nothing may be published."""


def require_equal_totals(
    what: str, left: pl.DataFrame, right: pl.DataFrame, by: Sequence[str], amount: str = "amount"
) -> None:
    """Compare the number of rows and the total of two sides, or the totals for every value of ``by``, exactly; a value that only one side has is a difference too.

    Args:
        what: The two sides in words, for the message.
        left: Rows with ``by`` and ``amount`` (money, or whole minor units).
        right: The same.
        by: Columns that both sides are added up by; where none, the sides have equally many rows and equal totals.
        amount: Name of the money column.

    Raises:
        NotConserved: the sides differ; counts the differences and names the first with both amounts.
    """
    if not by:
        found = [(side.height, side[amount].sum()) for side in (left, right)]
        if found[0] != found[1]:
            raise NotConserved(
                f"{what}: {found[0][0]:,} rows of {found[0][1]} against {found[1][0]:,} of {found[1][1]}. {ADVICE}"
            )
        return
    sides = [_totals(side, by, amount, name) for name, side in (("left", left), ("right", right))]
    if sides[0].rename({"left": "right"}).equals(sides[1]):
        return
    both = sides[0].join(sides[1], on=list(by), how="full", coalesce=True, nulls_equal=True)
    wrong = both.filter(pl.col("left").ne_missing(pl.col("right"))).sort(by)
    if not wrong.is_empty():
        first = wrong.row(0, named=True)
        where = ", ".join(f"{name} {first[name]!r}" for name in by)
        raise NotConserved(
            f"{what}: {wrong.height:,} of {both.height:,} do not add up. First: {where}: {first['left']} against {first['right']}. {ADVICE}"
        )


def _totals(side: pl.DataFrame, by: Sequence[str], amount: str, name: str) -> pl.DataFrame:
    """The side's total of every value of ``by``; rows that already stand by it are not hashed, and stay in order."""
    first = side[by[0]]
    is_sorted = len(by) == 1 and first.is_sorted()
    rows = side.with_columns(first.set_sorted()) if is_sorted else side
    return rows.group_by(by, maintain_order=is_sorted).agg(pl.col(amount).sum().alias(name))
