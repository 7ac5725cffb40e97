"""Pools: an amount shared by everybody on the plan, to the last cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.in_force import intervals, until_next
from compensation.money import rounded_fraction
from compensation.payout.bonuses.given import (
    Given,
    Line,
    Taken,
    findings_frame,
    parts_frame,
    readings_frame,
    require_whole,
    shown_result,
)
from compensation.payout.bonuses.looks import Looks, TakesReadings, missing
from compensation.payout.bonuses.presence import ONE_DAY, Presence, part_there, presences
from compensation.payout.bonuses.shown import shown_amount, shown_figure, shown_percent
from compensation.payout.readings.readings import words
from compensation.payout.setting import Setting
from schemas.rules.bonus import Pool
from schemas.rules.plan import Plan, PlanVersion
from schemas.rules.reading import Reading

NOTHING = Fraction(0)
Take = tuple[Taken, Reading, str]
"""A reading taken, and what follows where there is none."""


@dataclass(frozen=True)
class Held:
    """What a pool holds, in minor units, and how that was computed where it is no fixed amount."""

    amount: int
    told: str = ""
    is_of_nothing: bool = False
    """Whether it is a share of a reading that is 0 over all members."""


@dataclass(frozen=True)
class Weighed:
    """A member: the weight of their share, in words what it is made of, and the reading it was taken from."""

    member: Presence[Pool]
    weight: Fraction
    told: str
    value: Fraction | None = None


def pools_of(
    plans: Sequence[Plan],
    setting: Setting,
    readings: TakesReadings,
    payees: pl.DataFrame,
    days: tuple[date, date],
) -> Given:
    """Everybody's share of every pool, for each window that has begun.

    Members are those on the plan and in service on the last day of the window (or the last one known) at whom every gate is
    open. The pool is its amount, or its rate × the sum of its reading over the members, rounded once; it never holds less
    than nothing. Weights are alike, by a reading (one below 0 counts 0) or by role, cut to the days on the plan where the
    pool prorates. A share is the difference of two rounded running totals in the order of payee ids, so shares add up to
    the pool. A pool is posted as bonuses are.

    Args:
        plans: All plans of the company.
        setting: Stays of every payee who may be a member, and the calendar.
        readings: Takes the readings.
        payees: Contract ``Payee``: hire, termination and roles.
        days: First and last day of what is stated.

    Raises:
        PayoutError: a reading cannot be computed.
        NotConserved: shares that do not add up to their pool.

    Source:
        ``schemas/rules/bonus.py``.
    """
    everybody = presences(plans, _pools, setting, payees, days)
    looks = Looks(readings, setting.windows)
    lines: list[Line] = []
    taken: list[Take] = []
    unshared: list[dict[str, Any]] = []
    for _, group in groupby(everybody, lambda one: (one.plan.plan, one.part.pool, one.window.label)):
        there = list(group)
        passing, takes = _members([one for one in there if one.is_there_at_the_end], looks)
        held, of_pool = _held(passing, looks)
        weighed, of_shares = _weighed(passing, looks, setting, payees)
        lines += _shares(held, weighed)
        taken += [*takes, *of_pool, *of_shares]
        unshared += [*_unshared(there[-1], held, weighed), *_empty(there[-1], held, weighed)]
    return Given(
        parts=parts_frame(lines),
        readings=readings_frame(one for one, _, _ in taken),
        findings=findings_frame([*missing(taken, setting.windows), *unshared]),
    )


def _pools(version: PlanVersion) -> list[tuple[str, str, Pool]]:
    return [(pool.pool, pool.window, pool) for pool in version.pools]


def _members(there: Sequence[Presence[Pool]], looks: Looks) -> tuple[list[Presence[Pool]], list[Take]]:
    """Those at whom every gate is open, and what the gates looked at."""
    if not there:
        return [], []
    pool = there[0].part
    gates = looks.gates(pool.gates, pool.pool, there)
    passing = [one for one, own in zip(there, gates, strict=True) if all(gate.effect for gate in own)]
    takes = [
        (taken, gate.reading, f"{taken.used_by} stays closed")
        for own in gates
        for gate, taken in zip(pool.gates, own, strict=True)
    ]
    return passing, takes


def _held(members: Sequence[Presence[Pool]], looks: Looks) -> tuple[Held, list[Take]]:
    """What the pool holds: a fixed amount, or its rate × its reading over all members."""
    if not members:
        return Held(0), []
    pool, digits = members[0].part, minor_unit_digits(members[0].plan.currency)
    reading, rate = pool.holds.reading, Fraction(pool.holds.rate or 0)
    if reading is None:
        return Held(rounded_fraction(Fraction(pool.holds.amount or 0), digits)), []
    values = looks.at(reading, members)
    total = sum((value or NOTHING for value in values), NOTHING)
    amount = rounded_fraction(max(rate * total, NOTHING), digits)
    told = f"{shown_percent(rate)} × {shown_figure(total)} = {shown_amount(amount, digits)}; "
    takes = [
        (Taken(one, pool.pool, "holds", words(reading), value, None), reading, "it adds nothing to the pool")
        for one, value in zip(members, values, strict=True)
    ]
    return Held(amount, told, is_of_nothing=total == 0), takes


def _weighed(
    members: Sequence[Presence[Pool]], looks: Looks, setting: Setting, payees: pl.DataFrame
) -> tuple[list[Weighed], list[Take]]:
    """The weight of each member's share, in the order of payee ids."""
    if not members:
        return [], []
    pool = members[0].part
    values = looks.at(pool.by, members) if pool.by else [None for _ in members]
    roles = _roles(payees, members[0].window.known_end - ONE_DAY)
    weighed = [
        _weight(one, value, roles.get(one.payee_id, ""), setting) for one, value in zip(members, values, strict=True)
    ]
    if pool.by is None:
        return weighed, []
    total = sum((one.weight for one in weighed), NOTHING)
    takes = [
        (
            Taken(one.member, pool.pool, "by", words(pool.by), one.value, one.weight / total if total else NOTHING),
            pool.by,
            "the share is 0",
        )
        for one in weighed
    ]
    return weighed, takes


def _weight(member: Presence[Pool], value: Fraction | None, role: str, setting: Setting) -> Weighed:
    """One member's weight, cut to their days on the plan where the pool prorates."""
    pool = member.part
    weight, told = Fraction(1), "1"
    if pool.shared == "by_reading":
        weight = max(value or NOTHING, NOTHING)
        told = shown_figure(weight)
    if pool.shared == "by_role":
        weight = Fraction({str(name): own for name, own in pool.weights.items()}.get(role, 0))
        told = f"{shown_figure(weight)} ({role})"
    part = part_there(member, pool.prorate, setting.windows)
    return Weighed(member, weight * part, told if part == 1 else f"{told} × {_shown_part(part)}", value)


def _shown_part(part: Fraction) -> str:
    return f"{part.numerator}/{part.denominator} of the window"


def _roles(payees: pl.DataFrame, day: date) -> dict[str, str]:
    """Everybody's role on a day."""
    dated = intervals(until_next(payees.select("payee_id", "role", "valid_from"), "payee_id"))
    holds = (pl.col("valid_from") <= day) & (pl.lit(day) < pl.col("valid_to"))
    return dict(dated.filter(holds).select("payee_id", "role").rows())


def _shares(held: Held, weighed: Sequence[Weighed]) -> Sequence[Line]:
    """Everybody's share, as the difference of two rounded running totals."""
    total = sum((one.weight for one in weighed), NOTHING)
    if not total:
        return []
    lines, before = [], NOTHING
    for one in weighed:
        after = before + one.weight
        reached, passed = (held.amount * sum_ / total for sum_ in (after, before))
        amount = rounded_fraction(reached, 0) - rounded_fraction(passed, 0)
        lines.append(_share(held, one, total, reached - passed, amount))
        before = after
    return require_whole("shares", lines, held.amount)


def _share(held: Held, one: Weighed, total: Fraction, exact: Fraction, amount: int) -> Line:
    member, digits = one.member, minor_unit_digits(one.member.plan.currency)
    name = member.part.pool
    pool, result = shown_amount(held.amount, digits), shown_result(exact, amount, digits)
    detail = f"{held.told}{pool} × {one.told} of {shown_figure(total)} = {result}"
    return Line(
        member.who, member.window, name, "pool", name, held.amount, amount, detail, one.weight / total, one.value
    )  # fmt: skip


def _unshared(one: Presence[Pool], held: Held, weighed: Sequence[Weighed]) -> list[dict[str, Any]]:
    """A finding where a pool holds something and nobody has a share."""
    pool, digits = one.part, minor_unit_digits(one.plan.currency)
    if any(member.weight for member in weighed) or (weighed and not held.amount):
        return []
    holds = shown_amount(held.amount, digits) if weighed else "what it holds"
    detail = (
        f"Pool {pool.pool} of plan {one.plan.plan}, {one.window.label}: nobody has a share of {holds}: no member on the last "
        "day passes its gates, or all their weights are 0. Nothing of it is paid; correct the gates or weights if somebody should."
    )
    return [_finding(one, "pool_not_shared", detail)]


def _empty(one: Presence[Pool], held: Held, weighed: Sequence[Weighed]) -> list[dict[str, Any]]:
    """A finding where a pool has members and is a share of nothing."""
    pool = one.part
    if not weighed or not held.is_of_nothing or pool.holds.reading is None:
        return []
    detail = (
        f"Pool {pool.pool} of plan {one.plan.plan}, {one.window.label}: {words(pool.holds.reading)} adds up to 0 over its "
        f"{len(weighed)} members, so it holds nothing. If they are not meant to have sold it themselves, let the reading take "
        "whose: team and put the manager of those who did on the plan (shared: by_role, weights: {manager: 0})."
    )
    return [_finding(one, "pool_of_nothing", detail)]


def _finding(one: Presence[Pool], code: str, detail: str) -> dict[str, Any]:
    return {
        "code": code, "severity": "warning" if one.window.is_over else "note",
        "subject_table": "plan_assignments", "subject_id": one.plan.plan,
        "event_date": one.window.known_end - ONE_DAY, "detail": detail,
    }  # fmt: skip
