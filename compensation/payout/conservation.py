"""Conservation: what the slices say must be what the curve says of the whole, exactly, on every run."""

import polars as pl

from compensation.conservation import ADVICE, NotConserved
from compensation.counted import counted
from compensation.money import millionths
from compensation.payout.curves.scaled import Curves
from compensation.payout.windows import Windows


def require_each_credit_once(firsts: pl.Series, lost: pl.Series, times: pl.Series) -> None:
    """Check that every credit is earned once per term that takes it, or else unpaid.

    Args:
        firsts: The credit (its number) of every first slice.
        lost: Credits that earn nothing.
        times: How many terms take each credit, in the order of their numbers.

    Raises:
        NotConserved: counts the credits and names the first.
    """
    numbers = pl.DataFrame({"times": times}).with_columns(credit=pl.int_range(pl.len(), dtype=pl.UInt32))
    most = times.max()
    rounds = [numbers.filter(pl.col("times") > nth)["credit"] for nth in range(most if isinstance(most, int) else 0)]
    expected = pl.concat([*rounds, numbers.filter(pl.col("times") == 0)["credit"]]).sort()
    found = pl.concat([firsts, lost]).sort()
    if found.equals(expected, check_names=False):
        return
    sides = [side.rename("credit").value_counts(name=name) for side, name in ((found, "found"), (expected, "expected"))]
    both = sides[0].join(sides[1], on="credit", how="full", coalesce=True, validate="1:1").fill_null(0).sort("credit")
    wrong = both.filter(pl.col("found") != pl.col("expected"))
    first = wrong.row(0, named=True)
    raise NotConserved(
        f"{counted(wrong.height, 'credit', 'is', 'are')} not in earnings or unpaid as often as components take them. First: credit "
        f"{first['credit']} in payout order is there {first['found']} times instead of {first['expected']}. {ADVICE}"
    )


def require_same_takers(rows: pl.DataFrame, credits: pl.DataFrame, slots: pl.Series) -> pl.DataFrame:
    """Return the rows if every return is taken by exactly the components that took its sale, once each.

    Args:
        rows: One row per credit × term, with ``credit``, ``payee`` and ``term``.
        credits: Contract ``Credit``, in payout order.
        slots: The position that each term moves.

    Raises:
        NotConserved: counts the returns and names the first.
    """
    line = ["order_line_id", "credit_number"]
    lines = credits.select(*line, "return_id", credit=pl.int_range(pl.len(), dtype=pl.UInt32))
    is_return = pl.col("return_id").is_not_null()
    returns = lines.filter(is_return).select(*line, "credit")
    returned = pl.col("order_line_id").is_in(returns["order_line_id"].unique().implode())
    sales = lines.filter(~is_return & returned).select(*line, sale="credit")
    pairs = sales.join(returns, on=line, how="inner").select("credit", "sale")  # a credit may have several returns
    concerned = pl.repeat(value=False, n=credits.height, dtype=pl.Boolean, eager=True)
    concerned = concerned.scatter(pl.concat([pairs["sale"], returns["credit"]]), values=True)
    takers = rows.filter(pl.lit(concerned).gather(pl.col("credit"))).select(
        "credit", "payee", slot=pl.lit(slots).gather(pl.col("term"))
    )
    found = takers.join(returns.select("credit"), on="credit", how="semi")
    of_sale = takers.rename({"credit": "sale"}).join(pairs, on="sale", how="inner").select(takers.columns)
    order = ["credit", "payee", "slot"]
    if found.sort(order).equals(of_sale.sort(order)):
        return rows
    counts = [side.group_by(order).agg(pl.len().alias(name)) for side, name in ((found, "back"), (of_sale, "sold"))]
    both = counts[0].join(counts[1], on=order, how="full", coalesce=True, validate="1:1").fill_null(0)
    wrong = both.filter(pl.col("back") != pl.col("sold")).sort(order)
    first = credits.row(wrong["credit"][0], named=True)
    raise NotConserved(
        f"{wrong['credit'].n_unique():,} returns are not taken back by what took their sales. First: return {first['return_id']} "
        f"of order line {first['order_line_id']}, payee {first['payee_id']}. {ADVICE}"
    )


def require_conserved(
    slices: pl.DataFrame, ordered: pl.DataFrame, runs: pl.DataFrame, curves: Curves, windows: Windows
) -> pl.DataFrame:
    """Return the slices if they add up: their widths to their credits, their money to the curve over each run.

    A run is a stretch of a window that one curve prices (nearly always the whole window): the money of its slices is
    ``round(F(end)) − round(F(start))``, computed here from the sum of its credits alone.

    Raises:
        NotConserved: names the payee and window of the first run that does not add up.
    """
    parts = (
        _known_to_stand_by_run(slices)
        .group_by("run")
        .agg(
            earned=(pl.col("rounded_after") - pl.col("rounded_before")).sum(),
            width=(pl.col("position_after") - pl.col("position_before")).sum(),
            credits=(pl.col("slice_number") == 1).sum(),
        )
    )
    wholes = _known_to_stand_by_run(ordered).group_by("run").agg(units=pl.col("units").sum(), expected_credits=pl.len())
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


def _known_to_stand_by_run(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows; where they stand by their run, as they are made, Polars knows it and need not hash them."""
    run = rows["run"]
    return rows.with_columns(run.set_sorted()) if run.is_sorted() else rows
