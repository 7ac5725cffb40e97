"""Guarantees: at least so much a fiscal period."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_units
from compensation.payout.bonuses.given import Given, Line, findings_frame, parts_frame, readings_frame
from compensation.payout.bonuses.incentives import incentives_of
from compensation.payout.bonuses.presence import Presence, months_later, presences, service
from compensation.payout.bonuses.shown import shown_amount
from compensation.payout.setting import Setting
from schemas.rules.bonus import Guarantee
from schemas.rules.plan import Plan, PlanVersion

GUARANTEE = "guarantee"
EARNED = ("payee_id", "plan", "fiscal_period", "amount")


def guarantees_of(
    plans: Sequence[Plan],
    setting: Setting,
    payees: pl.DataFrame,
    earned: pl.DataFrame,
    days: tuple[date, date],
) -> Given:
    """What is missing to the guarantee of every fiscal period: max(0, guarantee − earned on the plan in it).

    The guarantee counts the days of service on the plan; with ``months_of_service`` only those before so many months have
    passed since the hire date, which then must be known. It is posted in its own fiscal period, in full also while that one
    is open: what the payee earns until it ends takes it back.

    Args:
        plans: All plans of the company.
        setting: Stays of every payee who may have a guarantee, the calendar, and what incentives are looked up in.
        payees: Contract ``Payee``: hire and termination.
        earned: What components, bonuses and pools post: ``payee_id``, ``plan``, ``fiscal_period`` and ``amount`` (money of
            the plan currency), any number of rows each.
        days: First and last day of what is stated.

    Returns:
        No readings; a finding for each payee whose guarantee needs a hire date that is not known.

    Raises:
        PayoutError: a guarantee cannot be computed.

    Source:
        ``docs/plans/settlement.md``; ``schemas/rules/bonus.py``.
    """
    hired = dict(service(payees).select("payee_id", "hired").rows())
    everybody = presences(plans, _guarantees, setting, payees, days)
    unknown = [one for one in everybody if one.part.months_of_service and hired.get(one.payee_id) is None]
    there = [cut for one in everybody if (cut := _in_time(one, hired.get(one.payee_id)))]
    totals = _earned(earned)
    lines = [
        _line(one, guaranteed, totals.get((one.payee_id, one.plan.plan, one.window.label), 0))
        for one, guaranteed in zip(there, incentives_of(there, setting), strict=True)
    ]
    return Given(parts_frame(lines), readings_frame([]), findings_frame(_unhired(unknown)))


def earned_in_periods(earnings: pl.DataFrame, *parts: pl.DataFrame) -> pl.DataFrame:
    """What components and parts of pay post in each period, as ``guarantees_of`` reads it.

    Args:
        earnings: Contract ``Earning``.
        parts: Contract ``BonusPart``.
    """
    text = pl.col("payee_id", "plan", "fiscal_period").cast(pl.String)
    return pl.concat(
        [earnings.select(text, amount="earned"), *(part.select(text, "amount") for part in parts)]
    )  # fmt: skip


def _guarantees(version: PlanVersion) -> list[tuple[str, str, Guarantee]]:
    return [(GUARANTEE, "month", version.guarantee)] if version.guarantee else []


def _in_time(presence: Presence[Guarantee], hired: date | None) -> Presence[Guarantee] | None:
    """The presence without days after the months of service that are guaranteed; none where no day is left, or nobody knows."""
    months = presence.part.months_of_service
    if months is None:
        return presence
    if hired is None:
        return None
    end = months_later(hired, months)
    days = tuple(replace(days, end=min(days.end, end)) for days in presence.days if days.first < end)
    return replace(presence, days=days) if days else None


def _earned(earned: pl.DataFrame) -> dict[tuple[str, str, str], int]:
    """Thousandths per payee, plan and fiscal period."""
    names = [pl.col(name).cast(pl.String) for name in EARNED[:-1]]
    sums = earned.group_by(*names).agg(minor_units(pl.col("amount"), 3).sum())
    return {(payee, plan, period): amount for payee, plan, period, amount in sums.select(*EARNED).rows()}


def _line(presence: Presence[Guarantee], guaranteed: int, thousandths: int) -> Line:
    digits = minor_unit_digits(presence.plan.currency)
    earned = thousandths // 10 ** (3 - digits)
    amount = max(0, guaranteed - earned)
    least, own, paid = (shown_amount(units, digits) for units in (guaranteed, earned, amount))
    over = ", which is more than guaranteed:" if earned > guaranteed else " ="
    detail = f"{least} guaranteed − {own} earned{over} {paid}"
    return Line(presence.who, presence.window, GUARANTEE, GUARANTEE, GUARANTEE, guaranteed, amount, detail)


def _unhired(unknown: Sequence[Presence[Guarantee]]) -> list[dict[str, Any]]:
    """One finding a payee and plan."""
    first = {(one.payee_id, one.plan.plan): one for one in reversed(unknown)}
    return [
        {
            "code": "hire_date_missing", "severity": "warning", "subject_table": "payees", "subject_id": payee_id,
            "event_date": one.days[0].first,
            "detail": f"Plan {plan} guarantees pay in the first {one.part.months_of_service} months of service, and payee "
            f"{payee_id} has no hire_date, so nothing is guaranteed from {one.days[0].first} on. Add it to payees.",
        }
        for (payee_id, plan), one in first.items()
    ]  # fmt: skip
