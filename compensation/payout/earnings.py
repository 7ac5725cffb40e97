"""The earnings table: slices with their names, dates and money in the plan's currency."""

import polars as pl

from compensation.money import money_by_row, position_of
from compensation.payout.curves.scaled import Curves
from compensation.payout.pricing import Priced
from compensation.payout.setting import Setting
from schemas.core.payout import Earning

OF_TERM = ("plan", "plan_version", "component", "measure", "currency")
OF_CREDIT = ("order_line_id", "return_id", "credit_number")
OF_PERIOD = {"period": "period_start", "fiscal_period": "fiscal_period"}


def named_earnings(found: Priced, credits: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Slices as the contract ``Earning`` has them, in the order plan, component, measure, window, payee, payout order.

    Args:
        found: Slices, the runs and curves that priced them, and what changed them.
        credits: Contract ``Credit``, in payout order.
        setting: Terms and calendar.
    """
    run, credit = pl.col("run"), pl.col("credit")
    period = setting.windows.period(setting.day(credits))
    term, window, payee = (pl.lit(found.runs[name]).gather(run) for name in ("term", "window", "payee"))
    payee_names = setting.payee_ids.cast(pl.Categorical)
    columns = {
        **{name: setting.name_of_term(name, term) for name in OF_TERM},
        "payee_id": pl.lit(payee_names).gather(payee),
        **{name: pl.lit(credits[name]).gather(credit) for name in OF_CREDIT},
        **{name: setting.of_period(column, period) for name, column in OF_PERIOD.items()},
        "window": setting.name_of_window(window),
        **_figures(found.curves, setting.digits(term), setting.position_digits(term)),
    }
    numbered = _with_changes(found).with_columns(credit=setting.credit())
    return numbered.select(**{name: columns[name] for name in Earning.columns()})


def _with_changes(found: Priced) -> pl.DataFrame:
    """Slices with the ``change`` of each: what factors, caps and budgets add to it or take off."""
    if found.changed.changes.is_empty():
        return found.slices.with_columns(change=pl.lit(0, dtype=pl.Int64))
    changes = found.changed.summed()
    joined = found.slices.join(changes, on=["key", "slice_number"], how="left", validate="1:1", maintain_order="left")
    return joined.with_columns(pl.col("change").fill_null(0))


def _figures(curves: Curves, digits: pl.Expr, position_digits: pl.Expr) -> dict[str, pl.Expr]:
    """Positions, money and tier of each slice; differences are taken of whole numbers."""
    before, after = pl.col("position_before"), pl.col("position_after")
    rounded_before, rounded_after = pl.col("rounded_before"), pl.col("rounded_after")
    return {
        "slice_number": pl.col("slice_number"),
        "tier_number": curves.of_piece("tier_number", pl.col("piece")),
        "tier_rate": curves.rate_of_piece(pl.col("piece")),
        "position_before": position_of(before, position_digits),
        "position_after": position_of(after, position_digits),
        "credited": position_of(after - before, position_digits),
        "rounded_before": money_by_row(rounded_before, digits),
        "rounded_after": money_by_row(rounded_after, digits),
        "earned": money_by_row(rounded_after - rounded_before + pl.col("change"), digits),
    }
