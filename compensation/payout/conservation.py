"""Conservation: what the slices say must be what the curve says of the whole, exactly, on every run."""

import polars as pl

from compensation.conservation import ADVICE, NotConserved
from compensation.money import millionths
from compensation.payout.curves import Curves
from compensation.payout.windows import Windows


def require_conserved(
    slices: pl.DataFrame, ordered: pl.DataFrame, runs: pl.DataFrame, curves: Curves, windows: Windows
) -> pl.DataFrame:
    """Return the slices if they add up: their widths to their credits, their money to the curve over each run.

    A run is a stretch of a window that one curve prices (nearly always the whole window): the money of its slices is
    ``round(F(end)) − round(F(start))``, computed here from the sum of its credits alone.

    Raises:
        NotConserved: names the payee and window of the first run that does not add up.
    """
    parts = slices.group_by("run").agg(
        earned=(pl.col("rounded_after") - pl.col("rounded_before")).sum(),
        width=(pl.col("position_after") - pl.col("position_before")).sum(),
        credits=(pl.col("slice_number") == 1).sum(),
    )
    wholes = ordered.group_by("run").agg(units=pl.col("units").sum(), expected_credits=pl.len())
    known = runs.join(wholes, on="run", how="left").join(parts, on="run", how="left")
    end = pl.col("before") + pl.col("units")
    money = [curves.money_at(curves.piece_at(pl.col("curve"), at), at) for at in (end, pl.col("before"))]
    known = known.with_columns(expected=money[0] - money[1])
    holds = (
        (pl.col("earned") == pl.col("expected"))
        & (pl.col("width") == millionths(pl.col("units")))
        & (pl.col("credits") == pl.col("expected_credits"))
    )
    broken = known.filter(~holds.fill_null(value=False)).sort("run")
    if not broken.is_empty():
        first = broken.row(0, named=True)
        raise NotConserved(
            f"{broken.height:,} windows do not add up. First: payee {first['payee_id']}, {windows.labels[first['window']]}: lines "
            f"earn {first['earned']} minor units, the curve gives {first['expected']} over {first['units']} of credit. {ADVICE}"
        )
    return slices
