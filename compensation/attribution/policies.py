"""Versions of the attribution policy, and the one in force on a day."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from compensation.in_force import FOREVER
from schemas.rules.attribution import AttributionPolicy


def versions_by_day(policies: Sequence[AttributionPolicy]) -> list[tuple[AttributionPolicy, pl.Expr, pl.Expr]]:
    """Each version of the policy with its first day and the first day of the next; of one day the last decided."""
    latest = {policy.valid_from: policy for policy in sorted(policies, key=lambda policy: policy.decided_on)}
    ordered = [latest[day] for day in sorted(latest)]
    starts = [pl.lit(policy.valid_from) for policy in ordered] + [pl.lit(FOREVER)]
    return list(zip(ordered, starts[:-1], starts[1:], strict=True))


def policy_on(policies: Sequence[AttributionPolicy], day: date) -> AttributionPolicy:
    """The policy in force on a day: the latest start on or before it, of one day the last decided."""
    started = [policy for policy in policies if policy.valid_from <= day] or list(policies)
    return max(started, key=lambda policy: (policy.valid_from, policy.decided_on))
