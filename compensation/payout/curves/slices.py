"""Slices: what each credit earns in each tier that it passes through.

Most credits stay inside one tier and are one row straight away; only those that cross a bound are cut.
"""

import polars as pl

from compensation.money import millionths
from compensation.payout.curves.scaled import Curves
from compensation.together import together

SLICE = pl.Schema(
    {
        "key": pl.Int64,
        "run": pl.Int32,
        "piece": pl.Int32,
        "slice_number": pl.Int16,
        "position_before": pl.Int128,
        "position_after": pl.Int128,
        "rounded_before": pl.Int64,
        "rounded_after": pl.Int64,
    }
)
"""A slice: positions in millionths of a minor unit, money in minor units."""


def sliced(ordered: pl.DataFrame, runs: pl.DataFrame, curves: Curves) -> pl.DataFrame:
    """Cut every credit at the tier bounds it crosses, and price both ends of every slice.

    Args:
        ordered: Credits as ``positioned`` gives them.
        runs: Stretches of one curve, with ``curve`` and ``before``, in the order of their numbers.
        curves: All curves.

    Returns:
        Slices in payout order. Slices without width and money are left out; a credit of 0.00 keeps one.
    """
    middle = _a_begin(ordered, ordered.height // 2)
    halves = together(
        lambda: _sliced(ordered.head(middle), runs, curves), lambda: _sliced(ordered.slice(middle), runs, curves)
    )
    return pl.concat(halves, rechunk=True)


def _a_begin(ordered: pl.DataFrame, at_least: int) -> int:
    """The first row from there on that begins a run, before which credits can be parted; or how many rows there are."""
    begins = ordered["begins"].slice(at_least).arg_true().head(1)
    return at_least + begins[0] if len(begins) else ordered.height


def _sliced(ordered: pl.DataFrame, runs: pl.DataFrame, curves: Curves) -> pl.DataFrame:
    """``sliced``, of whole runs."""
    priced = _priced(ordered, runs, curves)
    straight = priced.filter(~pl.col("crosses")).select(
        "key", "run", piece="piece_after", slice_number=pl.lit(1, dtype=pl.Int16),
        position_before=millionths(pl.col("after") - pl.col("units")), position_after=millionths(pl.col("after")),
        rounded_before="rounded_before", rounded_after="rounded_after",
    )  # fmt: skip
    cut = _cut(priced.filter("crosses"), curves)
    return straight.merge_sorted(cut, key="key", maintain_order=True) if not cut.is_empty() else straight


def _priced(ordered: pl.DataFrame, runs: pl.DataFrame, curves: Curves) -> pl.DataFrame:
    """Piece and rounded money before and after each credit; before is after of the credit before it, but where a run begins."""
    start = runs.select(piece=curves.piece_at(pl.col("curve"), pl.col("before")), before="before").with_columns(
        money=curves.money_at(pl.col("piece"), pl.col("before"))
    )
    curve = pl.lit(runs["curve"]).gather(pl.col("run"))
    after = ordered.with_columns(piece_after=curves.piece_at(curve, pl.col("after")))
    after = after.with_columns(rounded_after=curves.money_at(pl.col("piece_after"), pl.col("after")))
    return after.with_columns(
        piece_before=_before("piece_after", start["piece"]), rounded_before=_before("rounded_after", start["money"])
    ).with_columns(crosses=pl.col("piece_before") != pl.col("piece_after"))


def _before(after: str, at_start: pl.Series) -> pl.Expr:
    return pl.when("begins").then(pl.lit(at_start).gather(pl.col("run"))).otherwise(pl.col(after).shift(1))


def _cut(crossing: pl.DataFrame, curves: Curves) -> pl.DataFrame:
    """One row per crossing credit and tier it passes, in the order it passes them: upwards, or mirrored for a return."""
    ends = crossing.with_columns(
        climbs=pl.col("units") > 0,
        low=pl.min_horizontal("piece_before", "piece_after"),
        high=pl.max_horizontal("piece_before", "piece_after"),
    )
    ends = ends.with_columns(
        **_ends("low", "rounded_before", "rounded_after"), **_ends("high", "rounded_after", "rounded_before")
    )
    each = ends.with_columns(piece=pl.int_ranges("low", pl.col("high") + 1)).explode(
        "piece", empty_as_null=True, keep_nulls=True
    )
    bottom, top = _bottom(curves), _top(curves)
    each = each.with_columns(
        **{f"bottom_{name}": expr for name, expr in bottom.items()},
        **{f"top_{name}": expr for name, expr in top.items()},
    )
    is_something = (pl.col("bottom_at") != pl.col("top_at")) | (pl.col("bottom_money") != pl.col("top_money"))
    step = pl.when("climbs").then(pl.col("piece")).otherwise(-pl.col("piece"))
    passed = each.filter(is_something).sort("key", step)
    return passed.with_columns(**_in_passing_order()).select(SLICE.names()).cast(SLICE)


def _ends(name: str, when_climbing: str, when_falling: str) -> dict[str, pl.Expr]:
    """Position and money of a credit's lower or upper end."""
    before, after = pl.col("after") - pl.col("units"), pl.col("after")
    ends = pl.min_horizontal(before, after) if name == "low" else pl.max_horizontal(before, after)
    return {
        f"{name}_at": millionths(ends),
        f"{name}_money": pl.when("climbs").then(when_climbing).otherwise(when_falling),
    }


def _bottom(curves: Curves) -> dict[str, pl.Expr]:
    """Where a slice starts, from below: the credit's lower end, or the tier's bound with the money of the tier below it.

    So the jump of a retroactive tier belongs to the upper slice.
    """
    bound = curves.of_piece("bound", pl.col("piece"))
    is_lowest = pl.col("piece") == pl.col("low")
    below = pl.max_horizontal(pl.col("piece") - 1, pl.lit(0))
    return {
        "at": pl.when(is_lowest).then("low_at").otherwise(bound),
        "money": pl.when(is_lowest).then("low_money").otherwise(curves.money_at_bound(below, bound)),
    }


def _top(curves: Curves) -> dict[str, pl.Expr]:
    """Where a slice ends: the credit's upper end, or the next tier's bound with this tier's money there."""
    following = pl.min_horizontal(pl.col("piece") + 1, pl.lit(curves.pieces.height - 1))
    bound = curves.of_piece("bound", following)
    is_highest = pl.col("piece") == pl.col("high")
    return {
        "at": pl.when(is_highest).then("high_at").otherwise(bound),
        "money": pl.when(is_highest).then("high_money").otherwise(curves.money_at_bound(pl.col("piece"), bound)),
    }


def _in_passing_order() -> dict[str, pl.Expr]:
    climbs = pl.col("climbs")
    return {
        "slice_number": pl.col("key").cum_count().over("key"),
        "position_before": pl.when(climbs).then("bottom_at").otherwise("top_at"),
        "position_after": pl.when(climbs).then("top_at").otherwise("bottom_at"),
        "rounded_before": pl.when(climbs).then("bottom_money").otherwise("top_money"),
        "rounded_after": pl.when(climbs).then("top_money").otherwise("bottom_money"),
    }
