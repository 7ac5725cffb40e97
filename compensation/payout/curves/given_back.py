"""Given back: returns that leave the position take the returned part of what their own line earned."""

import polars as pl

from compensation.money import AmountsTooLarge, divided, exact_product
from compensation.payout.setting import Setting

LARGEST = 2**125

_SALE = ["payee", "slot", "sale"]


def given_back(rows: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The first slice of each return that leaves attainment, with what its line gives back.

    What a line gives back to date is ``round(earned × came back ÷ credit)``: ``earned`` is what the sale's credit earns in the
    component in the end, after caps and budgets, and what came back is weighted by the shares that the clawback says. Each return
    takes the difference of two such figures, so several never take more than the sale earned.

    Args:
        rows: Slices with the parts of their position, ``turn``, and ``earned``, what they earn in the end.
        setting: Which returns leave attainment, and how slices are numbered.

    Returns:
        The slices with ``after`` (what they earn), ``total_before`` and ``total_after`` (what is left of the sale's earning).

    Raises:
        AmountsTooLarge: figures that cannot be multiplied exactly.

    Source:
        ``docs/plans/clawback.md``.
    """
    nothing = [pl.lit(0, dtype=pl.Int64).alias(name) for name in ("after", "total_before", "total_after")]
    kept = setting.returns if setting.returns is None else setting.returns.filter("keeps")
    if kept is None or kept.is_empty():
        return rows.clear().with_columns(nothing)
    named = rows.with_columns(credit=setting.credit())
    sold = named.select("payee", "slot", "earned", sale="credit").join(
        kept.select(_SALE).unique(), on=_SALE, how="semi"
    )
    sold = sold.group_by(_SALE).agg(sold=pl.col("earned").sum())
    first = named.filter(pl.col("slice_number") == 1)
    back = first.join(
        kept.select(*_SALE, "credit", "before", "after", "of_sale"), on=["payee", "slot", "credit"], how="inner",
        validate="1:1",
    )  # fmt: skip
    known = _require_countable(back.join(sold, on=_SALE, how="left", validate="m:1"))
    left = {name: pl.col("sold") - _part(name) for name in ("before", "after")}
    changed = known.with_columns(total_before=left["before"], total_after=left["after"])
    return changed.with_columns(after=pl.col("earned") + pl.col("total_after") - pl.col("total_before")).select(
        *rows.columns, "after", "total_before", "total_after"
    )


def _part(name: str) -> pl.Expr:
    """The part of what the sale earned that has come back; nothing of a line of 0.00."""
    return divided(exact_product(pl.col("sold"), pl.col(name)), pl.col("of_sale")).cast(pl.Int64)


def _require_countable(rows: pl.DataFrame) -> pl.DataFrame:
    largest = rows.select(pl.col("sold").abs().max(), pl.col("after").abs().max()).row(0)
    if (largest[0] or 0) * (largest[1] or 0) >= LARGEST:
        raise AmountsTooLarge(
            "amounts, earnings and shares of a clawback are too large to be multiplied exactly; write its shares with fewer decimals"
        )
    return rows
