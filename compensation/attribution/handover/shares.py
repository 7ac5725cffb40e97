"""What of existing business the representatives keep on a day: all before the hand-over, part of it in a transition."""

from collections.abc import Sequence

import polars as pl

from compensation.attribution.handover.moments import Facts, with_moments
from compensation.attribution.policies import versions_by_day
from compensation.money import WHOLE, percent_of, share_of, share_units
from schemas.core.attribution import HandedOver
from schemas.rules.attribution import AttributionPolicy, HandOver, Transition

PERCENTS = 10**8
"""A share by days is rounded to six decimals of a per cent, as shares are stated: so a share of it is exact."""

NO_RULE = {"hand_over_date": pl.Date, "transition_end": pl.Date, "kept": pl.Int64, "hand_over_rule": pl.String}


def with_kept_shares(
    orders: pl.DataFrame, facts: Facts, care: pl.DataFrame, above: pl.DataFrame, policies: Sequence[AttributionPolicy]
) -> pl.DataFrame:
    """The orders with what the representatives keep of them, where a policy has a rule of hand-over.

    Args:
        orders: ``account_id``, ``order_date``, ``relationship_start`` and any other columns.
        facts: Contract tables ``accounts``, ``account_tiers`` and ``agreements``.
        care: As ``carers.carers`` gives it.
        above: As ``trees.ancestors`` gives it.
        policies: Versions of the attribution policy; the one in force on the order date applies.

    Returns:
        ``orders``, in their order; where any version has a rule of hand-over, with ``hand_over_rule`` (null where the
        policy of the day has none), ``hand_over_date``, ``transition_end`` and ``kept`` (in ``money.WHOLE``; 0 where no rule).
    """
    if not any(policy.hand_over for policy in policies):
        return orders
    numbered = orders.with_row_index("_row")
    parts = []
    for policy, start, end in versions_by_day(policies):
        dated = numbered.filter((pl.col("order_date") >= start) & (pl.col("order_date") < end))
        parts.append(_with_share(with_moments(dated, policy, facts, care, above), policy.hand_over))
    return pl.concat(parts).sort("_row").drop("_row")


def handed_over(judged: pl.DataFrame) -> pl.DataFrame:
    """Contract ``HandedOver``: the orders that a rule of hand-over decided on.

    Args:
        judged: Orders as ``with_kept_shares`` gives them, with ``order_id`` and ``is_new_business``.
    """
    if "hand_over_rule" not in judged.columns:
        return HandedOver.empty_frame()
    decided = judged.filter(~pl.col("is_new_business") & pl.col("hand_over_rule").is_not_null()).sort("order_id")
    table = decided.select(
        "order_id", "account_id", "order_date", "hand_over_rule", "hand_over_date", "transition_end",
        representative_percent=percent_of(pl.col("kept")),
    )  # fmt: skip
    return HandedOver.validate(table)


def _with_share(orders: pl.DataFrame, rule: HandOver | None) -> pl.DataFrame:
    if rule is None:
        return orders.with_columns(
            pl.lit(0 if name == "kept" else None, dtype=kind).alias(name) for name, kind in NO_RULE.items()
        )
    day, begins = pl.col("order_date"), pl.col("hand_over_date")
    length = rule.transition.length() if rule.transition else 0
    ends = begins.dt.offset_by(f"{length}mo")
    during = _falling(day, begins, ends, rule.transition) if rule.transition else pl.lit(0, dtype=pl.Int64)
    kept = pl.when(begins.is_null() | (day < begins)).then(WHOLE).when(day < ends).then(during).otherwise(0)
    return orders.with_columns(
        transition_end=ends, kept=kept.cast(pl.Int64), hand_over_rule=pl.lit(rule.when, dtype=pl.String)
    )


def _falling(day: pl.Expr, begins: pl.Expr, ends: pl.Expr, transition: Transition) -> pl.Expr:
    """The representatives' share on a day of the transition."""
    if transition.falls == "by_day":
        left, whole = (ends - day).dt.total_days(), (ends - begins).dt.total_days()
        return share_of(pl.lit(PERCENTS, dtype=pl.Int64), left, whole) * (WHOLE // PERCENTS)
    share, months = pl.lit(0, dtype=pl.Int64), transition.length()
    for step in reversed(transition.steps):
        kept = share_units(pl.lit(step.representative.scaleb(2)))
        share = pl.when(day < begins.dt.offset_by(f"{months}mo")).then(kept).otherwise(share)
        months -= step.months
    return share
