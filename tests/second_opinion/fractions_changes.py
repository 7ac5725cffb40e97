"""Caps and budgets once more: what they leave of running totals, in the order of ``docs/plans/modifiers.md``."""

from collections import defaultdict
from fractions import Fraction

from fractions_basics import rounded, shared

PERIODS = ("month", "quarter", "half_year", "year")


def limit(world, entries: list[dict]) -> None:
    """Change ``earned`` of the entries of all payees, which stand in payout order, by caps and then budgets.

    A return counts in the period that it corrects, so that a period ends at what it would have been without it.
    """
    for per in ("deal", *PERIODS):
        totals: dict[tuple, Fraction] = defaultdict(Fraction)
        for entry in entries:
            cap = next((cap for cap in entry["part"].caps if cap.per == per), None)
            if cap is None:
                continue
            what = (
                entry["credit"]["deal"] or entry["credit"]["order"]
                if per == "deal"
                else world.calendar.window(entry["place"], per)
            )
            key = (entry["payee"], entry["plan"].plan, entry["part"].component, what)
            before = totals[key]
            totals[key] += entry["earned"]
            entry["before_cap"] = entry["earned"]
            digits = world.digits[entry["plan"].currency]
            entry["earned"] = under(cap, totals[key], digits) - under(cap, before, digits)
    budgets = defaultdict(list)
    for entry in entries:
        if entry["part"].budget:
            budgets[entry["plan"].plan, entry["part"].component, entry["window"]].append(entry)
    for group in budgets.values():
        scale_down(group, world.digits[group[0]["plan"].currency])


def under(cap, total: Fraction, digits: int) -> Fraction:
    """What a cap leaves of a running total."""
    excess = max(total - Fraction(cap.amount), Fraction(0))
    return total - excess + rounded(excess * Fraction(cap.soft or 0), digits)


def scale_down(entries: list[dict], digits: int) -> None:
    """Over the budget everybody with pay gets their part of it, in the order of payees, spread over their credits."""
    own: dict[str, Fraction] = defaultdict(Fraction)
    for entry in entries:
        own[entry["payee"]] += entry["earned"]
    people = sorted(payee for payee, sum_ in own.items() if sum_ > 0)
    budget = Fraction(entries[-1]["part"].budget.amount)
    if not people or sum(own[payee] for payee in people) <= budget:
        return
    allotted = dict(zip(people, shared(budget, [own[payee] for payee in people], digits), strict=True))
    totals: dict[str, Fraction] = defaultdict(Fraction)
    for entry in entries:
        payee = entry["payee"]
        if payee in allotted:
            before = totals[payee]
            totals[payee] += entry["earned"]
            parts = [rounded(allotted[payee] * total / own[payee], digits) for total in (totals[payee], before)]
            entry["earned"] = parts[0] - parts[1]
