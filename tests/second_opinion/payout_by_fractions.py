"""Payout once more, in plain fractions, one credit at a time, from the plan's words; shares no code with the engine.

A credit here is a dict: ``payee``, ``place`` (in the payout order), ``on``, ``sold_on``, ``kind``, ``amount`` (Fraction),
``is_return``. A quota is a dict: ``measure``, ``year``, ``amount``, ``from`` (a date).
"""

from collections import defaultdict
from datetime import date
from fractions import Fraction
from math import floor


def rounded(amount: Fraction, digits: int) -> Fraction:
    """Half away from zero."""
    size = floor(abs(amount) * 10**digits + Fraction(1, 2))
    return Fraction(size if amount >= 0 else -size, 10**digits)


def window_of(day: date, kind: str) -> tuple:
    """The window of calendar months that a day lies in."""
    length = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[kind]
    return kind, day.year, (day.month - 1) // length


def share_of_year(quota: Fraction, day: date, kind: str, digits: int) -> Fraction:
    """A yearly quota's part for the window of a day: differences of rounded running totals."""
    count = {"month": 12, "quarter": 4, "half_year": 2, "year": 1}[kind]
    number = (day.month - 1) * count // 12
    return rounded(quota * (number + 1) / count, digits) - rounded(quota * number / count, digits)


def money(curve, position: Fraction, unit: Fraction) -> Fraction:
    """Cumulative money at a position; ``unit`` is the quota for tiers of attainment, else 1."""
    if curve.shape == "flat":
        return Fraction(curve.rate) * position
    total = Fraction(0)
    for tier in curve.tiers:
        low = Fraction(tier.floor) * unit
        if tier.floor != 0 and position < low:
            break
        rate = Fraction(tier.rate)
        if (tier.mode or curve.shape) == "retroactive":
            inside = position if tier.ceiling is None else min(position, Fraction(tier.ceiling) * unit)
            total = rate * inside
        else:
            high = position if tier.ceiling is None else min(position, Fraction(tier.ceiling) * unit)
            total += rate * (high - low)
    return total


def in_force(plan, day: date):
    """Version with the latest start, of those the last decided; None before the first."""
    started = sorted((v.valid_from, v.decided_on, n) for n, v in enumerate(plan.versions) if v.valid_from <= day)
    return plan.versions[started[-1][2]] if started else None


def stay_on(stays: list[dict], payee: str, day: date):
    """The stay on a plan, of the payee on the day; None where there is none."""
    return next((s for s in stays if s["payee"] == payee and s["from"] <= day < s["to"]), None)


def payout(stays: list[dict], credits: list[dict], quotas: list[dict], digits: int) -> list[Fraction]:
    """What each credit earns over all components, in the order given.

    A stay is a dict: ``payee``, ``plan`` (None where none), ``from``, ``to`` (excluded); touching ones are of two plans.
    """
    earned = [Fraction(0)] * len(credits)
    position: dict[tuple, Fraction] = defaultdict(Fraction)
    for number in sorted(range(len(credits)), key=lambda n: credits[n]["place"]):
        credit = credits[number]
        stay = stay_on(stays, credit["payee"], credit["sold_on"])
        version = in_force(stay["plan"], credit["sold_on"]) if stay and stay["plan"] else None
        for part in version.components if version else ():
            if credit["kind"] in part.measure.credits:
                earned[number] += _earned(stays, stay, part, credit, quotas, digits, position)
    return earned


def _earned(stays, stay, part, credit, quotas, digits, position) -> Fraction:
    """What the component that took the sale pays for the credit, or takes back."""
    slot = credit["kind"] if part.measure.positions == "separate" else "all"
    day = credit["sold_on"]
    if credit["is_return"] and part.clawback == "as_negative":
        day = credit["on"]
        now = stay_on(stays, credit["payee"], day)
        if now and now["plan"] is stay["plan"]:
            stay, part = now, _same_component(now["plan"], part, credit, day) or part
    key = (stay["from"], stay["plan"].plan, part.component, slot, credit["payee"], window_of(day, part.window))
    before = position[key]
    after = position[key] = before + credit["amount"]
    unit = Fraction(1)
    if part.curve.shape != "flat" and part.curve.of == "attainment":
        unit = share_of_year(quota_on(quotas, part.quota.measure, day), day, part.window, digits)
        unit = rounded(unit * share_of_days(stay, day, part.window), digits)
    return rounded(money(part.curve, after, unit), digits) - rounded(money(part.curve, before, unit), digits)


def share_of_days(stay: dict, day: date, kind: str) -> Fraction:
    """Days of the stay in the window of a day ÷ days of the window; all of it where the stay has no day in it."""
    _, year, number = window_of(day, kind)
    length = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[kind]
    first = date(year, number * length + 1, 1)
    end = date(year + (number + 1) * length // 12, (number + 1) * length % 12 + 1, 1)
    inside = (min(end, stay["to"]) - max(first, stay["from"])).days
    return Fraction(inside, (end - first).days) if inside > 0 else Fraction(1)


def quota_on(quotas: list[dict], measure: str, day: date) -> Fraction:
    """The quota of the year in force on the day; before its first date the first."""
    known = sorted((q for q in quotas if q["measure"] == measure and q["year"] == day.year), key=lambda q: q["from"])
    return [known[0], *(q for q in known if q["from"] <= day)][-1]["amount"]


def _same_component(plan, part, credit, day):
    version = in_force(plan, day)
    return next(
        (p for p in version.components if p.component == part.component and credit["kind"] in p.measure.credits), None
    )
