"""Caps on bonuses: what they leave of each objective, by running totals over the cap's period."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from compensation.money import rounded_fraction
from compensation.payout.bonuses.carried import Earned, carried_lines, limited
from compensation.payout.bonuses.given import Line
from compensation.payout.bonuses.presence import PayWindow, windows_begun
from compensation.payout.bonuses.shown import shown_amount, shown_percent
from compensation.payout.windows import KINDS, Windows
from schemas.rules.modifier import Cap

CapsOf = dict[tuple[str, str, str], tuple[Cap, ...]]
"""The caps of a bonus, by plan, plan version and bonus."""


def capped(lines: Sequence[Line], caps: CapsOf, windows: Windows, days: tuple[date, date]) -> list[Line]:
    """The lines as the caps leave them, and what is carried from one period to the next.

    The cap of a month applies first, then that of the quarter, the half year and the year, each on what the one before
    left. In a period of a cap a payee's objectives add up in their order, window by window.

    Args:
        lines: Objectives of every bonus, of one payee and window next to each other and in order.
        caps: The caps of each bonus.
        windows: The fiscal calendar in numbers.
        days: First and last day of what is stated.

    Source:
        ``docs/plans/modifiers.md``: caps.
    """
    left = list(lines)
    for per in KINDS:
        if any(cap.per == per for several in caps.values() for cap in several):
            left = _capped_per(left, per, caps, windows, days)
    return left


def _capped_per(lines: Sequence[Line], per: str, caps: CapsOf, windows: Windows, days: tuple[date, date]) -> list[Line]:
    """The lines under the caps of one kind of period."""
    begun = windows_begun(windows, per, *days)
    left: list[Line] = []
    for own in _by_bonus(lines):
        carrying: list[Earned] = []
        for window in begun:
            inside = [line for line in own if _period_of(line, begun) is window]
            cap = _cap_of(inside[-1], per, caps) if inside else None
            left += _limited(inside, cap)
            if cap is not None and cap.excess == "carried":
                earned = sum(line.amount for line in inside)
                carrying.append(Earned(inside[-1].who, inside[-1].component, window, earned, _most(cap, inside[-1])))
        left += carried_lines(carrying, begun, per)
    return left


def _period_of(line: Line, begun: Sequence[PayWindow]) -> PayWindow:
    """The period of the cap that a line's window ends in, or the last one begun."""
    return next((window for window in begun if line.window.end <= window.end), begun[-1])


def _by_bonus(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines of each payee and bonus, in the order of windows."""
    groups: dict[tuple[str, str, str], list[Line]] = {}
    for line in sorted(lines, key=lambda line: (line.who.payee_id, line.who.plan, line.component, line.window.end)):
        groups.setdefault((line.who.payee_id, line.who.plan, line.component), []).append(line)
    return list(groups.values())


def _cap_of(line: Line, per: str, caps: CapsOf) -> Cap | None:
    """The cap of a kind under the version of a line; the lowest of several."""
    own = [cap for cap in caps.get((line.who.plan, line.who.plan_version, line.component), ()) if cap.per == per]
    return min(own, key=lambda cap: cap.amount, default=None)


def _most(cap: Cap, line: Line) -> int:
    return rounded_fraction(Fraction(cap.amount), line.digits)


def _limited(lines: Sequence[Line], cap: Cap | None) -> list[Line]:
    """The lines of one payee, bonus and period of a cap."""
    if cap is None:
        return list(lines)
    total, left = 0, []
    for line in lines:
        used, total = total, total + line.amount
        before, after = (limited(sum_, _most(cap, line), Fraction(cap.soft or 0)) for sum_ in (used, total))
        left.append(_told(line, cap, used, after - before) if after - before != line.amount else line)
    return left


def _told(line: Line, cap: Cap, used: int, amount: int) -> Line:
    most, spent, paid = (shown_amount(n, line.digits) for n in (_most(cap, line), used, amount))
    soft = f" and {shown_percent(Fraction(cap.soft))} of the excess" if cap.soft else ""
    limit = f"the cap of {most} a {cap.per.replace('_', ' ')}{soft}, with {spent} before it, leaves {paid}"
    return replace(line, amount=amount, detail=f"{line.detail}; {limit}")
