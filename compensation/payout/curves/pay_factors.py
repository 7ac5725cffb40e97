"""Pay factors: a slice that pays on more or less credit than it counted.

``slice pay = rate × slice × (pay credit ÷ quota credit)``: the exact pay of the slices is added up in payout order, and each
slice gets the difference of two rounded sums.
"""

from fractions import Fraction
from math import lcm

import polars as pl

from compensation.money import WIDE, divided, exact_product, rounded_fraction, running_total
from compensation.payout.curves.scaled import Curves

LARGEST = 2**125


def with_factors(rows: pl.DataFrame, curves: Curves) -> pl.DataFrame:
    """The slices of every position in which some credit pays on another amount than it counts.

    Args:
        rows: Slices with the parts of their position, ``pay_part`` and ``pay_whole`` (pay credit ÷ quota credit; empty where
            they are the same).
        curves: All curves.

    Returns:
        The rows with ``after`` (what they earn), ``total_before`` (running total without factors) and ``total_after``.

    Source:
        ``docs/plans/modifiers.md``: quota credit and pay credit.
    """
    blank = [pl.lit(0, dtype=pl.Int64).alias(name) for name in ("after", "total_before", "total_after")]
    if "pay_part" not in rows.columns or rows["pay_part"].null_count() == rows.height:
        return rows.clear().with_columns(blank)
    position = ["slot", "window", "payee", "segment"]
    apart = rows.filter(pl.col("pay_part").is_not_null()).select(position).unique()
    some = rows.join(apart, on=position, how="semi").sort("key", "slice_number")
    some = some.with_columns(
        part=pl.col("pay_part").fill_null(1), whole=pl.col("pay_whole").fill_null(1), exact=_exact_money(curves),
        divisor=pl.lit(0, dtype=WIDE) + curves.divisor_of(pl.col("piece")),
    )  # fmt: skip
    some = some.with_columns(group=pl.struct(position).rle_id())
    some = some.with_columns(plain=running_total(pl.col("earned"), pl.col("group")))
    common = _common_divisor(some)
    summed = _summed_one_by_one(some) if common is None else _summed(some, common)
    after, before = pl.col("_after"), pl.col("_before")
    return summed.with_columns(after=after - before, total_before=pl.col("plain"), total_after=after).drop(
        "_after", "_before"
    )


def _summed(rows: pl.DataFrame, common: int) -> pl.DataFrame:
    """The rows with ``_after`` and ``_before``: the rounded sum of exact pay with and without each."""
    some = rows.with_columns(
        exact=exact_product(pl.col("exact"), pl.col("part"))
        * (pl.lit(common, dtype=WIDE) // (pl.col("divisor") * pl.col("whole").cast(WIDE)))
    )
    some = some.with_columns(total=running_total(pl.col("exact"), pl.col("group")))
    return some.with_columns(
        _after=divided(pl.col("total"), common).cast(pl.Int64),
        _before=divided(pl.col("total") - pl.col("exact"), common).cast(pl.Int64),
    )


def _summed_one_by_one(rows: pl.DataFrame) -> pl.DataFrame:
    """The same where no common divisor stays inside 128 bits: curves over many different quotas, factors of many digits."""
    sums: dict[int, Fraction] = {}
    after, before = [], []
    for group, exact, divisor, part, whole in rows.select("group", "exact", "divisor", "part", "whole").rows():
        total = sums.get(group, Fraction(0))
        sums[group] = total + Fraction(exact, divisor) * Fraction(part, whole)
        before.append(rounded_fraction(total, 0))
        after.append(rounded_fraction(sums[group], 0))
    return rows.with_columns(_after=pl.Series(after, dtype=pl.Int64), _before=pl.Series(before, dtype=pl.Int64))


def _exact_money(curves: Curves) -> pl.Expr:
    """A slice's money on the curve, ``divisor`` times: its upper end less its lower end, on their own lines.

    The lower end of a slice in a tier that the credit climbed into lies on the tier below, so that the jump of a
    retroactive tier is part of the slice above it.
    """
    piece, before, after = pl.col("piece"), pl.col("position_before"), pl.col("position_after")
    low, high = pl.min_horizontal(before, after), pl.max_horizontal(before, after)
    entered = piece > piece.min().over("key")
    below = pl.when(entered).then(piece - 1).otherwise(piece)
    sign = pl.when(after >= before).then(1).otherwise(-1).cast(WIDE)
    # a jump without width climbs where money says so
    sign = pl.when(after == before).then((pl.col("rounded_after") - pl.col("rounded_before")).sign()).otherwise(sign)
    return (curves.exact_at_bound(piece, high) - curves.exact_at_bound(below, low)) * sign.cast(WIDE)


def _common_divisor(rows: pl.DataFrame) -> int | None:
    """A number that every slice's exact pay is a whole number of parts of; none where sums of them could leave 128 bits."""
    pairs = rows.select("divisor", "whole").unique().rows()
    common = lcm(*(divisor * whole for divisor, whole in pairs))
    size, part, least = rows.select(
        pl.col("exact").abs().max(), pl.col("part").abs().max(), pl.col("divisor").min()
    ).row(0)
    return common if max(size * part * (common // least) * rows.height, common) < LARGEST else None
