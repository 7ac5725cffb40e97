"""Pay factors: a slice that pays on more or less credit than it counted.

``slice pay = rate × slice × (pay credit ÷ quota credit)``: the exact pay of the slices is added up in payout order, and each
slice gets the difference of two rounded sums.
"""

from math import lcm

import polars as pl

from compensation.money import WIDE, divided, exact_product, running_total
from compensation.payout.curves import Curves
from compensation.payout.errors import PayoutError

LARGEST = 2**125


def with_factors(rows: pl.DataFrame, curves: Curves) -> pl.DataFrame:
    """The slices of every position in which some credit pays on another amount than it counts.

    Args:
        rows: Slices with the parts of their position, ``pay_part`` and ``pay_whole`` (pay credit ÷ quota credit; empty where
            they are the same).
        curves: All curves.

    Returns:
        The rows with ``after`` (what they earn), ``total_before`` (running total without factors) and ``total_after``.

    Raises:
        PayoutError: factors with so many digits that their sum cannot be counted exactly.

    Source:
        PAYOUT rule "More than one quantity": quota credit and pay credit.
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
    common = _common_divisor(some)
    some = some.with_columns(
        exact=exact_product(pl.col("exact"), pl.col("part"))
        * (pl.lit(common, dtype=WIDE) // (pl.col("divisor") * pl.col("whole").cast(WIDE))),
        group=pl.struct(position).rle_id(),
    )
    some = some.with_columns(
        total=running_total(pl.col("exact"), pl.col("group")), plain=running_total(pl.col("earned"), pl.col("group"))
    )
    after = divided(pl.col("total"), common).cast(pl.Int64)
    before = divided(pl.col("total") - pl.col("exact"), common).cast(pl.Int64)
    return some.with_columns(after=after - before, total_before=pl.col("plain"), total_after=after)


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


def _common_divisor(rows: pl.DataFrame) -> int:
    """A number that every slice's exact pay is a whole number of parts of."""
    pairs = rows.select("divisor", "whole").unique().rows()
    common = lcm(*(divisor * whole for divisor, whole in pairs))
    largest = rows.select(
        size=pl.col("exact").abs().max(), part=pl.col("part").abs().max(),
        least=pl.col("divisor").min(),
    ).row(0, named=True)  # fmt: skip
    if largest["size"] * largest["part"] * (common // largest["least"]) * rows.height >= LARGEST:
        raise PayoutError(
            "credit factors with so many different digits cannot be counted exactly together; give factors with fewer "
            "decimals (0.5, 1.25), or fewer different ones"
        )
    return common
