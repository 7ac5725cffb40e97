"""Attainment: where each payee stands on each component at the end of each fiscal period."""

from datetime import timedelta
from itertools import product

import polars as pl

from compensation.money import money_by_row, position_of, ratio_of
from compensation.payout.positions import Grid, with_curves, with_quota_of_term
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows
from schemas.core.payout import Attainment
from schemas.dtypes import RATE


def attainment_of(
    ordered: pl.DataFrame, numbers: pl.DataFrame, payee_ids: pl.Series, in_force: pl.DataFrame,
    terms: Terms, windows: Windows, grid: Grid,
) -> pl.DataFrame:  # fmt: skip
    """Position, quota and next tier at the end of each period (contract ``Attainment``).

    A period with activity has a row; a later one of the window repeats it, up to the last period of the data. A return
    that corrects a window after its end has a row in its own period.

    Args:
        ordered: Credits as ``positioned`` gives them.
        numbers: Credits in numbers.
        payee_ids: Payees in the order of their numbers.
        in_force: Quotas as ``quotas_in_force`` gives them.
        terms: Terms of all plans.
        windows: The fiscal calendar in numbers.
        grid: How positions are numbered.
    """
    if ordered.is_empty():
        return Attainment.empty_frame()
    active = _at_ends_of_periods(ordered, numbers, windows, grid)
    active = active.with_columns(window=grid.parts_of_group()["window"])
    last = windows.period(pl.lit(numbers["day"].max()))
    rows = _carried(active, windows, last).with_columns(**grid.parts_of_group()).pipe(_with_date, windows)
    rows = _with_term_in_force(rows, payee_ids, in_force, terms, windows)
    rows, curves = with_curves(rows, terms)
    rows = rows.with_columns(piece=curves.piece_at(pl.col("curve"), pl.col("position")))
    following = pl.min_horizontal(pl.col("piece") + 1, pl.lit(curves.pieces.height - 1))
    is_last = (pl.col("piece") + 1) % curves.width == 0
    digits = pl.lit(terms.table["digits"]).gather(pl.col("term"))
    columns = {
        "payee_id": pl.col("payee_id"),
        **{
            name: pl.lit(terms.table[name].cast(pl.Categorical)).gather(pl.col("term"))
            for name in ("plan", "component", "measure", "currency")
        },
        "window": pl.lit(windows.labels.cast(pl.Categorical)).gather(pl.col("window")),
        "fiscal_period": pl.lit(windows.periods["fiscal_period"].cast(pl.Categorical)).gather(pl.col("period")),
        "position": money_by_row(pl.col("position"), digits),
        "quota": money_by_row(pl.col("quota"), digits),
        "attainment": ratio_of(pl.col("position"), pl.col("quota")),
        "next_tier_at": pl.when(~is_last).then(position_of(curves.of_piece("bound", following), digits)),
        "tier_rate": curves.of_piece("rate", pl.col("piece")).cast(pl.Int128).reinterpret(dtype=RATE),
    }
    return rows.sort("group", "period").select(**{name: columns[name] for name in Attainment.columns()})


def _at_ends_of_periods(ordered: pl.DataFrame, numbers: pl.DataFrame, windows: Windows, grid: Grid) -> pl.DataFrame:
    """The last credit of each position and period: ``group``, ``period``, ``position``, ``last_term``."""
    day = pl.lit(numbers["day"]).gather(grid.credit())
    dated = ordered.select(group=grid.group(), period=windows.period(day), position="after", last_term="term")
    ends = pl.any_horizontal(*[pl.col(name) != pl.col(name).shift(-1) for name in ("group", "period")]).fill_null(
        value=True
    )
    return dated.filter(ends)


def _carried(active: pl.DataFrame, windows: Windows, last: pl.Expr) -> pl.DataFrame:
    """Each position's rows, and one for every period of its window after the first up to the last of the data."""
    first = active.group_by("group").agg(first=pl.col("period").min())
    window_of_group = active.select("group", "window").unique()
    inside = window_of_group.join(windows.table().select("window", "period"), on="window", how="inner").join(
        first, on="group", how="left"
    )
    wanted = inside.filter((pl.col("period") > pl.col("first")) & (pl.col("period") <= last)).select("group", "period")
    every = pl.concat([wanted, active.select("group", "period")]).unique().sort("group", "period")
    found = every.join(active.drop("window"), on=["group", "period"], how="left", validate="1:1", maintain_order="left")
    return found.with_columns(pl.col("position", "last_term").forward_fill())


def _with_date(rows: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """The last day of the period, but not beyond the window: the day on which terms and quota are looked up."""
    ends = (
        windows.table()
        .group_by("window")
        .agg(window_end=pl.lit(windows.periods["period_end"]).gather(pl.col("period")).max())
    )
    period_end = pl.lit(windows.periods["period_end"]).gather(pl.col("period"))
    known = rows.join(ends, on="window", how="left", validate="m:1", maintain_order="left")
    return known.with_columns(
        date=pl.min_horizontal(period_end, pl.col("window_end")) - pl.lit(timedelta(days=1))
    ).drop("window_end")


def _with_term_in_force(
    rows: pl.DataFrame, payee_ids: pl.Series, in_force: pl.DataFrame, terms: Terms, windows: Windows
) -> pl.DataFrame:
    """The term of the version in force on the date, where it has the component and its quota is known; else the last credit's."""
    dates = rows["date"].unique().to_list()
    current = _term_on(terms, dates)
    found = rows.join(current, on=["slot", "date"], how="left", validate="m:1", maintain_order="left")
    same_kind = pl.lit(terms.table["kind"]).gather(pl.col("current")) == pl.lit(terms.table["kind"]).gather(
        pl.col("last_term")
    )
    found = found.with_columns(term=pl.when(same_kind).then("current").otherwise("last_term"))
    quoted = with_quota_of_term(found, payee_ids, terms, in_force)
    unusable = pl.col("needs_quota") & (pl.col("quota").is_null() | (pl.col("quota") == 0))
    usable = quoted.with_columns(term=pl.when(unusable).then("last_term").otherwise("term"))
    plain = usable.drop("payee_id", "measure", "currency", "needs_quota", "quota", "fit", "quota_from")
    return with_quota_of_term(plain, payee_ids, terms, in_force)


def _term_on(terms: Terms, dates: list[object]) -> pl.DataFrame:
    rows = [
        {"slot": slot, "date": day, "current": number}
        for (number, slot), day in product(enumerate(terms.table["slot"].to_list()), dates)
        if terms.terms[number].plan.version_on(day) is terms.terms[number].version  # type: ignore[arg-type]
    ]
    return pl.DataFrame(rows, schema={"slot": pl.Int32, "date": pl.Date, "current": pl.Int32})
