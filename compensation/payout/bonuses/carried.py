"""The most that is paid in a period: what a cap leaves of a running total, and what it carries on to the next period."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import rounded_fraction
from compensation.payout.bonuses.given import Line, parts_frame
from compensation.payout.bonuses.presence import PayWindow, Who, windows_begun
from compensation.payout.bonuses.shown import shown_amount
from compensation.payout.windows import Windows


def limited(total: int, most: int, soft: Fraction = Fraction(0)) -> int:
    """What a cap leaves of a running total: all of it up to the cap, above it the ``soft`` share of the excess."""
    return total if total <= most else most + rounded_fraction(soft * (total - most), 0)


def carried(earned: Sequence[int], most: Sequence[int]) -> list[tuple[int, int]]:
    """What each period is paid on top of its own capped amount out of what earlier periods had too much, and what waits then.

    Paid is ``min(cap, earned + carried from the period before)``; the rest is carried on. Periods follow each other without a
    gap; one with nothing earned has 0.

    Args:
        earned: Minor units that each period earns, before the cap.
        most: The cap of each period.

    Source:
        ``docs/plans/modifiers.md``: caps, excess carried.
    """
    waiting, rows = 0, []
    for own, cap in zip(earned, most, strict=True):
        paid = min(cap, own + waiting)
        waiting = own + waiting - paid
        rows.append((paid - min(cap, own), waiting))
    return rows


@dataclass(frozen=True)
class Earned:
    """What one payee earned on a component or bonus in one period of a cap, before the cap; minor units."""

    who: Who
    component: str
    window: PayWindow
    earned: int
    most: int


def carried_lines(earned: Sequence[Earned], begun: Sequence[PayWindow], per: str) -> list[Line]:
    """What later periods are paid out of the excess of earlier ones.

    Args:
        earned: Periods of one payee and component, in order; one that is missing earned nothing, under the cap before.
        begun: All periods of the cap, in order.
        per: What the cap is for: ``month``, ``quarter``, ``half_year`` or ``year``.
    """
    by_period = {one.window.number: one for one in earned}
    whole: list[Earned] = []
    for window in begun:
        if window.number in by_period:
            whole.append(by_period[window.number])
        elif whole:
            whole.append(replace(whole[-1], window=window, earned=0))
    extras = carried([one.earned for one in whole], [one.most for one in whole])
    before = [0, *(waiting for _, waiting in extras)]
    return [
        _carried_line(one, extra, waiting, per)
        for one, (extra, _), waiting in zip(whole, extras, before, strict=False)
        if extra
    ]


def carried_parts(earned: pl.DataFrame, windows: Windows, days: tuple[date, date]) -> pl.DataFrame:
    """The excess that caps with ``excess: carried`` put on later periods.

    Args:
        earned: One row per payee, plan, component, kind of cap and period of it, in any order: ``payee_id``, ``plan``,
            ``plan_version``, ``component``, ``currency``, ``per`` (``month`` … ``year``), ``window`` (label of the period),
            ``earned`` (before the cap) and ``cap``, both in whole minor units. The earnings themselves keep ``min(cap, earned)``.
        windows: The fiscal calendar in numbers.
        days: First and last day of what is stated.

    Returns:
        Contract ``BonusPart``, kind ``cap_excess``, posted in the last fiscal period of the cap's period, or the one of the
        last day while it is open; ``part`` is ``carried_month`` … ``carried_year``.
    """
    of_kind = {per: windows_begun(windows, per, *days) for per in earned["per"].unique().sort()}
    one = ("payee_id", "plan", "component", "per")
    lines: list[Line] = []
    for key, rows in groupby(earned.sort(*one).rows(named=True), itemgetter(*one)):
        begun = {window.label: window for window in of_kind[key[-1]]}
        known = [
            Earned(
                Who(row["payee_id"], row["plan"], row["plan_version"], row["currency"]),
                row["component"], begun[row["window"]], row["earned"], row["cap"],
            )
            for row in rows if row["window"] in begun
        ]  # fmt: skip
        lines += carried_lines(known, list(begun.values()), key[-1])
    return parts_frame(lines)


def _carried_line(one: Earned, extra: int, waiting: int, per: str) -> Line:
    digits = minor_unit_digits(one.who.currency)
    carried_on, most, own, paid = (
        shown_amount(n, digits) for n in (waiting, one.most, min(one.earned, one.most), extra)
    )
    detail = f"{carried_on} carried from before; the cap of {most} a {per.replace('_', ' ')} less {own} leaves room for {paid}"
    return Line(one.who, one.window, one.component, "cap_excess", f"carried_{per}", waiting, extra, detail)
