"""Who gets a statement: every payee with an earning, a bonus, an attainment, a credit or a plan in the period."""

from collections.abc import Sequence

import polars as pl

from compensation.in_force import ALWAYS, FOREVER, intervals, until_next
from schemas.core.attribution import EXCLUDED, HOUSE
from schemas.core.statement import Statement
from schemas.rules.plan import Plan

STATEMENT = ["payee_id", "fiscal_period", "currency"]
NOBODY = (HOUSE, EXCLUDED)
_REASONS = ("earning", "bonus", "attainment", "credit", "plan")


def statements_due(
    earnings: pl.DataFrame,
    bonuses: pl.DataFrame,
    attainment: pl.DataFrame,
    unpaid: pl.DataFrame,
    facts: dict[str, pl.DataFrame],
    plans: Sequence[Plan],
    periods: pl.DataFrame,
) -> pl.DataFrame:
    """One row per payee, fiscal period and currency that a statement is due for (``Statement``).

    Args:
        earnings: ``Earning`` rows of the periods.
        bonuses: ``BonusPart`` rows of the periods.
        attainment: ``Attainment`` rows of the periods.
        unpaid: ``Unpaid`` rows with ``fiscal_period`` and ``currency``.
        facts: Contract tables; ``payees`` and ``plan_assignments`` are read.
        plans: Plans of the company.
        periods: Fiscal periods to state.
    """
    asked = [
        frame.select(*STATEMENT, reason=pl.lit(reason)).unique()
        for frame, reason in zip(
            (earnings, bonuses, attainment, unpaid, on_a_plan(facts, plans, periods)), _REASONS, strict=True
        )
    ]
    ranked = pl.concat(asked).filter(~pl.col("payee_id").is_in(NOBODY))
    one_each = ranked.unique(STATEMENT, keep="first", maintain_order=True)
    dated = one_each.join(
        periods.select("fiscal_period", "period_start", "period_end"), on="fiscal_period", how="inner", validate="m:1"
    )
    return dated.select(Statement.columns()).sort("fiscal_period", "payee_id", "currency")


def on_a_plan(facts: dict[str, pl.DataFrame], plans: Sequence[Plan], periods: pl.DataFrame) -> pl.DataFrame:
    """Payee, fiscal period, plan currency and plan of everybody who is on a plan on some day of the period."""
    assigned = intervals(facts["plan_assignments"].select("payee_id", "plan", "valid_from", "valid_to"))
    named = pl.concat([assigned.filter(pl.col("plan") != "none"), _by_role(facts, assigned, plans)])
    in_force = _overlap(named, _in_force(plans), on="plan")
    employed = facts["payees"].group_by("payee_id").agg(last=pl.col("termination_date").min())
    days = in_force.join(employed, on="payee_id", how="left", validate="m:1").with_columns(
        valid_to=pl.min_horizontal("valid_to", (pl.col("last") + pl.duration(days=1)).fill_null(FOREVER))
    )
    return (
        days.join_where(
            periods, pl.col("valid_from") < pl.col("period_end"), pl.col("valid_to") > pl.col("period_start")
        )
        .select(*STATEMENT, "plan")
        .unique()
    )


def _by_role(facts: dict[str, pl.DataFrame], assigned: pl.DataFrame, plans: Sequence[Plan]) -> pl.DataFrame:
    """Intervals in which a payee's role has a plan and no assignment says otherwise."""
    roles = pl.DataFrame(
        [(role, plan.plan) for plan in plans for role in plan.for_roles],
        schema={"role": pl.String, "plan": pl.String},
        orient="row",
    )
    people = until_next(facts["payees"].select("payee_id", "valid_from", "role"), by="payee_id")
    # a role may have several plans, and a plan several roles
    by_role = people.join(roles, on="role", how="inner").select("payee_id", "plan", "valid_from", "valid_to")
    return _overlap(by_role, _unassigned(people["payee_id"].unique(), assigned), on="payee_id")


def _unassigned(payees: pl.Series, assigned: pl.DataFrame) -> pl.DataFrame:
    """Intervals of each payee without a plan assignment."""
    edges = pl.concat([
        payees.to_frame("payee_id").with_columns(valid_from=pl.lit(ALWAYS), valid_to=pl.lit(ALWAYS)),
        assigned.select("payee_id", "valid_from", "valid_to"),
    ])  # fmt: skip
    ordered = edges.sort("payee_id", "valid_from", "valid_to")
    gaps = ordered.select(
        "payee_id", valid_from="valid_to", valid_to=pl.col("valid_from").shift(-1).over("payee_id").fill_null(FOREVER)
    )
    return gaps.filter(pl.col("valid_from") < pl.col("valid_to"))


def _in_force(plans: Sequence[Plan]) -> pl.DataFrame:
    """Intervals in which each plan pays, with its currency."""
    rows = [
        (plan.plan, plan.currency, version.valid_from, version.ended)
        for plan in plans
        for version in sorted(plan.versions, key=lambda version: (version.valid_from, version.decided_on))
    ]
    schema = {"plan": pl.String, "currency": pl.String, "valid_from": pl.Date, "ended": pl.Boolean}
    starts = pl.DataFrame(rows, schema=schema, orient="row").unique(
        ["plan", "valid_from"], keep="last", maintain_order=True
    )
    return until_next(starts, by="plan").filter(~pl.col("ended")).drop("ended")


def _overlap(one: pl.DataFrame, other: pl.DataFrame, *, on: str) -> pl.DataFrame:
    """The parts that intervals of both have in common."""
    both = one.join(other, on=on, how="inner", suffix="_other")  # intervals of both sides may meet several times
    shared = both.with_columns(
        valid_from=pl.max_horizontal("valid_from", "valid_from_other"),
        valid_to=pl.min_horizontal("valid_to", "valid_to_other"),
    )
    return shared.filter(pl.col("valid_from") < pl.col("valid_to")).drop("valid_from_other", "valid_to_other")
