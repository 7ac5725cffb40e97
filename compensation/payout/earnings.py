"""The earnings table: slices with their names, dates and money in the plan's currency."""

import polars as pl

from compensation.money import money_by_row, position_of
from compensation.payout.curves import Curves
from compensation.payout.positions import Grid
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows
from schemas.core.payout import Earning
from schemas.dtypes import RATE


def named_earnings(
    slices: pl.DataFrame, runs: pl.DataFrame, curves: Curves, credits: pl.DataFrame, numbers: pl.DataFrame,
    terms: Terms, windows: Windows, grid: Grid,
) -> pl.DataFrame:  # fmt: skip
    """Slices as the contract ``Earning`` has them, in the order plan, component, window, payee, payout order.

    Args:
        slices: As ``sliced`` gives them.
        runs: Stretches of one curve, in the order of their numbers.
        curves: All curves.
        credits: Contract ``Credit``, in payout order.
        numbers: The same credits in numbers.
        terms: Terms of all plans.
        windows: The fiscal calendar in numbers.
        grid: How positions are numbered.
    """
    run, credit, piece = pl.col("run"), grid.credit(), pl.col("piece")
    term = pl.lit(runs["term"]).gather(run)
    period = windows.period(pl.lit(numbers["day"]).gather(credit))
    digits = _digits(terms, term)
    before, after = position_of(pl.col("position_before"), digits), position_of(pl.col("position_after"), digits)
    rounded_before, rounded_after = (money_by_row(pl.col(name), digits) for name in ("rounded_before", "rounded_after"))
    columns = {
        **{name: _named(runs, terms.table[name].gather(runs["term"]), run) for name in _OF_TERM},
        **{
            name: pl.lit(credits[name]).gather(credit)
            for name in ("payee_id", "order_line_id", "return_id", "credit_number")
        },
        "period": pl.lit(windows.periods["period_start"]).gather(period),
        "fiscal_period": pl.lit(windows.periods["fiscal_period"].cast(pl.Categorical)).gather(period),
        "window": _named(runs, windows.labels.gather(runs["window"]), run),
        "slice_number": pl.col("slice_number"),
        "tier_number": curves.of_piece("tier_number", piece),
        "tier_rate": pl.lit(curves.pieces["rate"].cast(pl.Int128).reinterpret(dtype=RATE)).gather(piece),
        "position_before": before,
        "position_after": after,
        "credited": after - before,
        "rounded_before": rounded_before,
        "rounded_after": rounded_after,
        "earned": rounded_after - rounded_before,
    }
    return slices.select(**{name: columns[name] for name in Earning.columns()})


_OF_TERM = ("plan", "plan_version", "component", "measure", "currency")


def _named(runs: pl.DataFrame, names: pl.Series, run: pl.Expr) -> pl.Expr:
    """The name that each run has, by run number."""
    return pl.lit(names.cast(pl.Categorical)).gather(run)


def _digits(terms: Terms, term: pl.Expr) -> pl.Expr:
    """Decimals of each row's currency: one number where all plans agree, which they nearly always do."""
    digits = terms.table["digits"]
    return pl.lit(digits[0]) if digits.n_unique() == 1 else pl.lit(digits).gather(term)
