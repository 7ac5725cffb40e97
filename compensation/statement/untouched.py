"""Components that a payee is on and has no credit in: they are printed with zeros and their quota, not left out."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import money_by_row
from compensation.payout.quotas import quotas_in_force, with_quota
from compensation.payout.windows import KINDS, windows_of
from compensation.statement.due import on_a_plan
from compensation.statement.tiers import tier_lines
from schemas.core.payout import POSITION, Attainment
from schemas.dtypes import MONEY, RATE
from schemas.rules.plan import Component, Plan

PLACE = ["payee_id", "fiscal_period", "plan", "component", "measure", "window"]
_ASKED = {
    **dict.fromkeys(
        ("fiscal_period", "plan", "component", "measure", "window", "currency", "quota_measure"), pl.String
    ),
    "number": pl.Int32,
    "date": pl.Date,
}


def untouched_standing(
    standing: pl.DataFrame,
    facts: dict[str, pl.DataFrame],
    plans: Sequence[Plan],
    periods: pl.DataFrame,
    calendar: pl.DataFrame,
) -> pl.DataFrame:
    """Attainment at position 0: one row per payee, period and component of their plan that no credit has touched in its window.

    Args:
        standing: ``Attainment`` rows of the periods.
        facts: Contract tables; ``payees``, ``plan_assignments`` and ``quotas`` are read.
        plans: Plans of the company.
        periods: Fiscal periods to state.
        calendar: Fiscal periods of whole years around them, so that every window is whole.

    Returns:
        Rows in the columns of ``Attainment``. Where there is no quota, quota and attainment are empty.
    """
    components, table = _components(plans, periods)
    on = ["fiscal_period", "plan", "currency"]
    # a payee's plan has several components, a component several payees
    due = on_a_plan(facts, plans, periods).join(table, on=on, how="inner")
    asked = due.join(standing.select(PLACE), on=PLACE, how="anti")
    rows = _with_first_tier(_with_quota(asked, facts, calendar), components).with_columns(
        position=pl.lit(0, dtype=MONEY), attainment=pl.when(pl.col("quota") > 0).then(pl.lit(0, dtype=RATE))
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in standing.schema.items()).select(Attainment.columns())


def _components(plans: Sequence[Plan], periods: pl.DataFrame) -> tuple[list[Component], pl.DataFrame]:
    """Every component of the version in force at the end of each period, and where its positions stand, one row each."""
    components: list[Component] = []
    rows = []
    for period in periods.rows(named=True):
        last_day = period["period_end"] - timedelta(days=1)
        for plan in plans:
            version = plan.version_on(last_day)
            for part in version.components if version and not version.ended else ():
                names = [name for name, _ in part.measure.parts()]
                quota, window = part.quota.measure if part.quota else None, str(period[KINDS[part.window]])
                place = (period["fiscal_period"], plan.plan, part.component)
                rows += [(*place, name, window, plan.currency, quota, len(components), last_day) for name in names]
                components.append(part)
    return components, pl.DataFrame(rows, schema=_ASKED, orient="row")


def _with_quota(asked: pl.DataFrame, facts: dict[str, pl.DataFrame], calendar: pl.DataFrame) -> pl.DataFrame:
    windows = windows_of(calendar)
    numbers = pl.DataFrame({"window": windows.labels.cast(pl.String)}).with_row_index("window_number")
    numbered = asked.join(numbers, on="window", how="left", validate="m:1", maintain_order="left")
    wanted = numbered.select(
        "payee_id", "currency", "date", measure="quota_measure", window=pl.col("window_number").cast(pl.Int32)
    )
    found = with_quota(wanted, quotas_in_force(facts["quotas"], windows))
    digits = pl.Series("digits", [minor_unit_digits(code) for code in asked["currency"]], dtype=pl.Int32)
    return asked.with_columns(found["quota"], digits).with_columns(
        quota=money_by_row(pl.col("quota"), pl.col("digits"))
    )


def _with_first_tier(asked: pl.DataFrame, components: Sequence[Component]) -> pl.DataFrame:
    """The rate at position 0, and where the second tier starts."""
    curves = asked.select("number", "quota").unique(maintain_order=True)
    firsts = [tier_lines(components[number], quota)[0] for number, quota in curves.rows()]
    bounds = curves.with_columns(
        next_tier_at=pl.Series([line.ceiling for line in firsts], dtype=POSITION),
        tier_rate=pl.Series([line.rate for line in firsts], dtype=RATE),
    )
    return asked.join(
        bounds, on=["number", "quota"], how="left", nulls_equal=True, validate="m:1", maintain_order="left"
    )
