"""Payout once more, in plain fractions, one credit at a time, from the plan's words; shares no code with the engine.

A ``World`` holds what is known as plain lists; ``payout`` says what each payee earns on each credit in each component.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from fractions_basics import Calendar, rounded
from fractions_changes import limit
from fractions_clawback import give_back, is_late, is_negative, taken_back
from fractions_curves import alone, tier_reached, worth
from fractions_events import dated
from fractions_measures import Lines, converted, factor_of, slot_of, takes
from fractions_quotas import incentive_of, quota_that_counts
from fractions_readings import column_of, factor_at

Rows = list[dict[str, Any]]


@dataclass
class World:
    """What is known. Money and shares are fractions, days are dates.

    ``credits``: ``place`` in the payout order, ``line``, ``ret`` (None for a sale), ``number``, ``on``, ``sold_on``, ``since``, ``payee``,
    ``amount``, ``share``, ``kind``, ``sub``, ``family``, ``type``, ``order``, ``customer``, ``deal``. ``stays``: ``payee``,
    ``plan`` (None where none), ``from``, ``to`` (excluded), ``target``. ``payees``: ``id``, ``manager``, ``hired``, ``left``.
    ``quotas``: ``payee``, ``measure``, ``period``, ``amount``, ``from``, all for one kind of period, ``quota_kind``.
    """

    currency: str
    digits: dict[str, int]
    credits: Rows
    lines: dict[str, dict[str, Any]]
    returns: dict[str, dict[str, Any]]
    payees: Rows
    stays: Rows
    quotas: Rows
    quota_kind: str = "year"
    starts: int = 1
    rates: dict[str, list[tuple[date, Fraction]]] = field(default_factory=dict)
    kpis: dict[tuple, Fraction] = field(default_factory=dict)
    absences: Rows = field(default_factory=list)
    invoices: Rows = field(default_factory=list)
    payments: Rows = field(default_factory=list)
    read: dict[tuple, Fraction | None] = field(default_factory=dict)

    def __post_init__(self):
        self.calendar = Calendar(self.starts)
        self.credits = sorted(self.credits, key=lambda credit: credit["place"])
        self.by_place = {credit["place"]: credit for credit in self.credits}
        self.by_sale = defaultdict(list)
        for credit in self.credits:
            self.by_sale[credit["line"], credit["number"]].append(credit)
        self.left = Lines(self)

    def person(self, payee: str) -> dict[str, Any]:
        return next(one for one in self.payees if one["id"] == payee)

    def is_led(self, payee: str, manager: str, whose: str) -> bool:
        """Whether somebody reports to a manager, directly or at all."""
        above = self.person(payee)["manager"]
        if above is None:
            return False
        return above == manager or (whose == "team" and self.is_led(above, manager, whose))

    def rate(self, currency: str, day: date) -> Fraction:
        return [rate for since, rate in self.rates[currency] if since <= day][-1]

    def stay_on(self, payee: str, day: date):
        return next((s for s in self.stays if s["payee"] == payee and s["from"] <= day < s["to"]), None)


def in_force(plan, day: date):
    """Version with the latest start, of those the last decided; None before the first."""
    started = sorted((v.valid_from, v.decided_on, n) for n, v in enumerate(plan.versions) if v.valid_from <= day)
    return plan.versions[started[-1][2]] if started else None


def payout(world: World) -> dict[tuple, Fraction]:
    """Payee, component, line, return and credit number → what is earned, where it is not 0."""
    return by_credit(earned_entries(world))


def earned_entries(world: World) -> Rows:
    """Everything that moves a position, with what it earns."""
    entries = [entry for payee in world.payees for entry in _entries(world, payee["id"])]
    _price(world, entries)
    others = _on_commission(world, entries)
    _price(world, others)
    return [*entries, *others]


def by_credit(entries: Rows) -> dict[tuple, Fraction]:
    """What each credit earns in each component, where it is not 0."""
    earned: dict[tuple, Fraction] = defaultdict(Fraction)
    for entry in entries:
        credit = entry["credit"]
        key = (entry["payee"], entry["part"].component, credit["line"], credit["ret"], credit["number"])
        earned[key] += entry["earned"]
    return {key: money for key, money in earned.items() if money}


def _entries(world: World, payee: str) -> Rows:
    """Everything that moves a position of the payee, before it is priced."""
    found = []
    for group in world.by_sale.values():
        stay = world.stay_on(payee, group[0]["on"])
        version = in_force(stay["plan"], group[0]["on"]) if stay and stay["plan"] else None
        for part in version.components if version else ():
            if part.measure.base != "commission" and _is_taken(world, part, payee, group[0]):
                found += [{"payee": payee, "plan": stay["plan"], "sold_stay": stay, "sold": part, "group": group}]
    units = {id(one): _units(world, one) for one in found}
    _count_whole(world, found, units)
    entries = []
    for one in found:
        digits = position_digits(world, one["sold"], one["plan"])
        counted = dated(world, one["sold"], one["group"], _scaled(world, one, units[id(one)], digits), digits)
        for credit, posted, counted_on, amount in taken_back(world, one["sold"], counted, digits):
            entries.append(_placed(world, one, credit, posted, counted_on, amount))
    return entries


def position_digits(world, part, plan) -> int:
    return {"units": 3, "orders": 0, "customers": 0}.get(part.measure.of, world.digits[plan.currency])


def _is_taken(world, part, payee, credit) -> bool:
    whose = part.measure.whose
    is_own = credit["payee"] == payee and (whose == "own" or part.measure.own_deals == "included")
    left = world.person(payee)["left"]
    leads = (
        whose != "own" and (left is None or credit["sold_on"] <= left) and world.is_led(credit["payee"], payee, whose)
    )
    return takes(part, credit) and (is_own or leads)


def _units(world, one) -> dict[int, Fraction]:
    measure, group = one["sold"].measure, one["group"]
    if measure.of in ("orders", "customers"):
        return {}
    figures = {c["place"]: world.left.figure(measure.of, measure.below_cost, c) for c in group}
    known = {place: figure for place, figure in figures.items() if figure is not None}
    return converted(world, one["plan"].currency, group, known, measure.of) if known else {}


def _count_whole(world, found, units) -> None:
    """Orders and customers: 1 at the first credit in a window, −1 when nothing of them is left."""
    open_lines: dict[tuple, set] = defaultdict(set)
    all_credits = [(credit["place"], one, credit) for one in found for credit in one["group"]]
    for _, one, credit in sorted(all_credits, key=lambda each: each[0]):
        part = one["sold"]
        if part.measure.of not in ("orders", "customers"):
            continue
        subject = credit["order"] if part.measure.of == "orders" else credit["customer"]
        key = (part.component, one["plan"].plan, _segment(part, one["sold_stay"]), slot_of(part, one["group"][0]),
               _window(world, part, credit, credit["sold_on"]), subject)  # fmt: skip
        held, line = open_lines[key], (credit["line"], credit["number"])
        was = bool(held)
        if credit["ret"] is None:
            held.add(line)
        elif credit["ret"] in world.left.ending and not is_late(part, credit):
            held.discard(line)
        units[id(one)][credit["place"]] = Fraction(bool(held) - was)


def _scaled(world, one, units, digits) -> dict[int, Fraction]:
    """Quota credit: a line's credits that share a factor, and what came back of them, by rounded running totals."""
    part = one["sold"]
    factor = factor_of(world, part, one["group"][0], "quota")
    if factor == 1 or not units:
        return units
    found, back = {}, Fraction(0)
    for credit in one["group"]:
        amount = units[credit["place"]]
        if credit["ret"] is None:
            found[credit["place"]] = rounded(amount * factor, digits)
        else:
            earlier, back = back, back - amount
            found[credit["place"]] = rounded(earlier * factor, digits) - rounded(back * factor, digits)
    return found


def _segment(part, stay):
    return stay["from"] if part.restart else None


def _window(world, part, credit, day):
    return credit["order"] if part.window == "transaction" else world.calendar.window(day, part.window)


def _placed(world, one, credit, posted, counted_on, amount) -> dict[str, Any]:
    """An entry under the terms of the day that places it, while its component has some then; else under those of the sale."""
    part, stay = one["sold"], one["sold_stay"]
    place = posted if is_negative(part) and credit["ret"] else counted_on
    if place != credit["sold_on"]:
        now = world.stay_on(one["payee"], place)
        if now and now["plan"] is one["plan"]:
            version = in_force(now["plan"], place)
            same = (
                [p for p in version.components if p.component == part.component and takes(p, credit)] if version else []
            )
            part, stay = (same[0], now) if same else (part, now if now is stay else stay)
    pay, quota = (factor_of(world, one["sold"], one["group"][0], name) for name in ("pay", "quota"))
    return {
        "payee": one["payee"], "plan": one["plan"], "part": part, "stay": stay, "credit": credit, "posted": posted,
        "counted_on": counted_on, "place": place, "units": amount, "slot": slot_of(one["sold"], one["group"][0]), "sold": one["sold"],
        "window": _window(world, part, credit, place), "paid": pay / quota if quota else Fraction(1),
    }  # fmt: skip


def _order(entry) -> tuple:
    return entry["posted"], entry["credit"]["place"], entry["counted_on"]


def _price(world: World, entries: Rows) -> None:
    """Give every entry its ``earned``."""
    entries.sort(key=_order)
    positions = defaultdict(list)
    for entry in entries:
        key = (
            entry["payee"],
            entry["plan"].plan,
            entry["part"].component,
            entry["slot"],
            _segment(entry["part"], entry["stay"]),
        )
        positions[key, entry["window"]].append(entry)
    ends = {key: sum((e["units"] for e in group), Fraction(0)) for key, group in positions.items()}
    for (key, window), group in positions.items():
        _price_position(world, key, window, group, ends)
    limit(world, entries)
    give_back(world, entries)


def _price_position(world, key, window, group, ends) -> None:
    """Differences of rounded money along one position; with pay factors, of rounded sums of exact money."""
    digits, position, total = world.digits[group[0]["plan"].currency], Fraction(0), Fraction(0)
    apart = any(entry["paid"] != 1 for entry in group)
    for entry in group:
        values = [_money(world, entry, key, window, at, ends) for at in (position, position + entry["units"])]
        position += entry["units"]
        if not apart:
            entry["earned"] = rounded(values[1], digits) - rounded(values[0], digits)
            continue
        before, total = total, total + (values[1] - values[0]) * entry["paid"]
        entry["earned"] = rounded(total, digits) - rounded(before, digits)


def _money(world, entry, key, window, position, ends) -> Fraction:
    part, plan, payee = entry["part"], entry["plan"], entry["payee"]
    span = window if part.window != "transaction" else (entry["place"], entry["place"] + timedelta(days=1))
    factor = factor_at(world, part, plan, payee, span, entry["credit"])
    unit = _unit(world, entry, key, span, ends) if part.needs_quota() else Fraction(1)
    if part.tier_window:
        wider = world.calendar.window(window[0], part.tier_window)
        reached = sum(
            (
                sum_
                for (other, w), sum_ in ends.items()
                if other == key and isinstance(w, tuple) and wider[0] <= w[0] and w[1] <= window[1]
            ),
            Fraction(0),
        )
        wide_unit = _unit(world, entry, key, wider, ends) if part.needs_quota() else Fraction(1)
        return factor * alone(part, tier_reached(part.curve, reached, wide_unit), position)
    incentive = Fraction(0)
    if part.curve.shape in ("target", "matrix"):
        day = min(
            max(entry["place"], span[0], entry["stay"]["from"]),
            span[1] - timedelta(days=1),
            entry["stay"]["to"] - timedelta(days=1),
        )
        incentive = incentive_of(world, payee, part.curve.incentive, plan, entry["stay"], part, span, day)
    return factor * worth(part, position, unit, incentive, column_of(world, part, plan, payee, span))


def _unit(world, entry, key, span, ends) -> Fraction:
    """The quota that a position is measured against on the day that places a credit."""
    earlier = world.calendar.window(span[0] - timedelta(days=1), entry["part"].window)
    closing = sum((sum_ for (other, w), sum_ in ends.items() if other[:4] == key[:4] and w == earlier), Fraction(0))
    part = entry["part"]
    return quota_that_counts(world, entry["payee"], part, entry["plan"], entry["stay"], span, entry["place"], closing)


def _on_commission(world: World, entries: Rows) -> Rows:
    """Overrides on what others earned: each of their own earnings is a credit of the manager, on the same days."""
    earned: dict[tuple, Fraction] = defaultdict(Fraction)
    for entry in entries:
        if entry["payee"] == entry["credit"]["payee"]:
            earned[entry["posted"], entry["credit"]["place"], entry["counted_on"]] += entry["earned"]
    found = []
    for manager in world.payees:
        for (posted, place, counted_on), amount in earned.items():
            credit = world.by_place[place]
            stay = world.stay_on(manager["id"], credit["sold_on"])
            version = in_force(stay["plan"], credit["sold_on"]) if stay and stay["plan"] else None
            for part in version.components if version else ():
                if part.measure.base == "commission" and _is_taken(world, part, manager["id"], credit):
                    group = world.by_sale[credit["line"], credit["number"]]
                    one = {
                        "payee": manager["id"],
                        "plan": stay["plan"],
                        "sold_stay": stay,
                        "sold": part,
                        "group": group,
                    }
                    found.append(_placed(world, one, credit, posted, counted_on, amount))
    return found
