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
    """Version with the latest start, of those the last decided."""
    started = sorted((v.valid_from, v.decided_on, n) for n, v in enumerate(plan.versions) if v.valid_from <= day)
    return plan.versions[started[-1][2]]


def payout(plan, credits: list[dict], quotas: list[dict], digits: int) -> list[Fraction]:
    """What each credit earns over all components, in the order given."""
    earned = [Fraction(0)] * len(credits)
    position: dict[tuple, Fraction] = defaultdict(Fraction)
    for number in sorted(range(len(credits)), key=lambda n: credits[n]["place"]):
        credit = credits[number]
        names = {part.component for version in plan.versions for part in version.components}
        for name in sorted(names):
            earned[number] += _earned(plan, name, credit, quotas, digits, position)
    return earned


def _earned(plan, name, credit, quotas, digits, position) -> Fraction:
    at_sale = _component(plan, name, credit["sold_on"])
    follows_sale = credit["is_return"] and at_sale is not None and at_sale.clawback == "as_corrected"
    day = credit["sold_on"] if follows_sale else credit["on"]
    part = _component(plan, name, day)
    if part is None or credit["kind"] not in part.measure.credits:
        return Fraction(0)
    slot = credit["kind"] if part.measure.positions == "separate" else "all"
    key = (name, slot, credit["payee"], window_of(day, part.window))
    before = position[key]
    after = position[key] = before + credit["amount"]
    unit = Fraction(1)
    if part.curve.shape != "flat" and part.curve.of == "attainment":
        known = [q for q in quotas if q["measure"] == part.quota.measure and q["year"] == day.year and q["from"] <= day]
        unit = share_of_year(max(known, key=lambda q: q["from"])["amount"], day, part.window, digits)
    return rounded(money(part.curve, after, unit), digits) - rounded(money(part.curve, before, unit), digits)


def _component(plan, name, day):
    return next((part for part in in_force(plan, day).components if part.component == name), None)
