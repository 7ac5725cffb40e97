"""Bonuses, pools, guarantees and what caps carry on, once more in fractions, from the words of ``docs/plans/bonuses.md``.

Every window is over: the last day known is the last one of a fiscal year.
"""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from fractions_basics import days_of, first_of_month, rounded, shared
from fractions_changes import under
from fractions_curves import multiple
from fractions_quotas import incentive_of
from fractions_readings import interval, taken

DAY = timedelta(days=1)
NOTHING = Fraction(0)


class Parts:
    """What no single credit earns, of all payees and plans; ``given`` is (payee, plan, component, part, period) → amount."""

    def __init__(self, world, plans, in_force, entries, days: tuple[date, date]):
        self.world, self.in_force, self.days = world, in_force, days
        self._runs = {person["id"]: self._in_service(person["id"]) for person in world.payees}
        self.given: dict[tuple, Fraction] = defaultdict(Fraction)
        self.earned: dict[tuple, Fraction] = defaultdict(Fraction)
        for entry in entries:
            key = (entry["payee"], entry["plan"].plan, world.calendar.label(entry["posted"], "month"))
            self.earned[key] += entry["earned"]
        for payee, plan, component, per, cap, totals in carrying_components(world, entries):
            self._carry(payee, plan, component, per, cap, totals)
        for plan in plans:
            for version_parts, add in (("bonuses", self._bonus), ("pools", self._pool)):
                named = {(_name(p), p.window) for v in plan.versions for p in getattr(v, version_parts)}
                for name, kind in sorted(named):
                    add(plan, lambda v, n=name, k=kind, f=version_parts: _one(getattr(v, f), n, k), name, kind)
        for plan in plans:
            self._guarantee(plan)

    def windows(self, kind: str) -> list[tuple[date, date]]:
        first = self.world.calendar.window(self.days[0], kind)[0]
        return self.world.calendar.inside(first, self.days[1] + DAY, kind)

    def give(self, payee, plan, component, part, window, amount) -> None:
        period = self.world.calendar.label(window[1] - DAY, "month")
        self.given[payee, plan.plan, component, part, period] += amount
        self.earned[payee, plan.plan, period] += amount

    def there(self, payee, plan, part_of, window) -> list[tuple[date, object]]:
        """Days in service and on the plan on which its version in force has the part, each with the part."""
        runs = (
            (max(window[0], first), min(window[1], end), version)
            for first, end, own, version in self._runs[payee]
            if own is plan and first < window[1] and window[0] < end
        )
        return [
            (first + DAY * number, part)
            for first, end, version in runs
            if (part := part_of(version))
            for number in range((end - first).days)
        ]

    def _in_service(self, payee) -> list[tuple]:
        """Days in service and on a plan, as runs under one version."""
        person, found = self.world.person(payee), []
        served = person["hired"] or date.min, person["left"] + DAY if person["left"] else date.max
        for stay in self.world.stays:
            if stay["payee"] == payee and stay["plan"]:
                starts = {version.valid_from for version in stay["plan"].versions}
                days = sorted({stay["from"], stay["to"], *(day for day in starts if stay["from"] < day < stay["to"])})
                for first, end in pairwise(days):
                    version, run = self.in_force(stay["plan"], first), (max(first, served[0]), min(end, served[1]))
                    found += [(*run, stay["plan"], version)] if version and run[0] < run[1] else []
        return sorted(found, key=lambda run: run[0])

    def incentive(self, payee, plan, rule, window, days) -> Fraction:
        """The incentive of the window, cut to the days there without leave."""
        leave = [a for a in self.world.absences if a["payee"] == payee]
        free = [day for day in days if not any(a["from"] <= day < a["to"] for a in leave)]
        if not free:
            return NOTHING
        stay = self.world.stay_on(payee, days[-1])
        return incentive_of(self.world, payee, rule, plan, stay, None, window, days[-1], runs_of(free))

    def read(self, reading, payee, plan, window) -> Fraction | None:
        span = interval(self.world, reading, window)
        return taken(self.world, reading, payee, plan.currency, span, "as_corrected")

    def is_open(self, gate, payee, plan, window) -> bool:
        value = self.read(gate.reading, payee, plan, window)
        if value is None or (gate.at_least is not None and value < Fraction(gate.at_least)):
            return False
        return gate.below is None or value < Fraction(gate.below)

    def _bonus(self, plan, part_of, name, kind) -> None:
        digits = self.world.digits[plan.currency]
        for person in self.world.payees:
            payee, lines = person["id"], []
            for window in self.windows(kind):
                there = self.there(payee, plan, part_of, window)
                if there:
                    bonus = there[-1][1]
                    amounts = self._scores(bonus, payee, plan, window, [day for day, _ in there], digits)
                    lines += [(window, bonus, o.objective, a) for o, a in zip(bonus.objectives, amounts, strict=True)]
            self._capped(payee, plan, name, lines, digits)

    def _scores(self, bonus, payee, plan, window, days, digits) -> list[Fraction]:
        """Incentive × Σ weight × score so far, each the difference of two rounded totals."""
        factor = self.incentive(payee, plan, bonus.incentive, window, days)
        for gate in bonus.gates:
            factor *= 1 if self.is_open(gate, payee, plan, window) else 0
        for each in bonus.multipliers:
            value = self.read(each.reading, payee, plan, window)
            factor *= 1 if value is None else multiple(each.payout, value)
        total, amounts = NOTHING, []
        for objective in bonus.objectives:
            value = self.read(objective.reading, payee, plan, window)
            before, total = total, total + factor * Fraction(objective.weight) * score(objective, value)
            amounts.append(rounded(total, digits) - rounded(before, digits))
        return amounts

    def _capped(self, payee, plan, name, lines, digits) -> None:
        used: dict[tuple, Fraction] = defaultdict(Fraction)
        for window, bonus, objective, amount in lines:
            cap, left = next(iter(bonus.caps), None), amount
            if cap:
                period = self.world.calendar.window(window[1] - DAY, cap.per)
                before, used[period] = used[period], used[period] + amount
                left = under(cap, used[period], digits) - under(cap, before, digits)
            self.give(payee, plan, name, objective, window, left)
        carries = [bonus.caps[0] for _, bonus, *_ in lines if bonus.caps and bonus.caps[0].excess == "carried"]
        if carries:
            self._carry(payee, plan, name, carries[0].per, Fraction(carries[0].amount), used)

    def _carry(self, payee, plan, name, per, most, totals) -> None:
        """What a cap cut off is paid as soon as a later period has room for it."""
        waiting = NOTHING
        for period in self.windows(per):
            if waiting or period in totals:
                own = totals.get(period, NOTHING)
                paid = min(most, own + waiting)
                waiting = own + waiting - paid
                self.give(payee, plan, name, f"carried_{per}", period, paid - min(most, own))

    def _pool(self, plan, part_of, name, kind) -> None:
        digits = self.world.digits[plan.currency]
        for window in self.windows(kind):
            members = []
            for payee in sorted(person["id"] for person in self.world.payees):
                there = self.there(payee, plan, part_of, window)
                if there and there[-1][0] == window[1] - DAY:
                    pool = there[-1][1]
                    if all(self.is_open(gate, payee, plan, window) for gate in pool.gates):
                        members.append((payee, [day for day, _ in there]))
            if members:
                self._share(plan, pool, name, window, members, digits)

    def _share(self, plan, pool, name, window, members, digits) -> None:
        weights = [self._weight(pool, payee, plan, window) * part_of_window(self.world, window, days, pool.prorate)
                   for payee, days in members]  # fmt: skip
        if pool.holds.reading:
            read = [self.read(pool.holds.reading, payee, plan, window) or NOTHING for payee, _ in members]
            held = rounded(max(Fraction(pool.holds.rate) * sum(read, NOTHING), NOTHING), digits)
        else:
            held = rounded(Fraction(pool.holds.amount), digits)
        if sum(weights):
            for (payee, _), amount in zip(members, shared(held, weights, digits), strict=True):
                self.give(payee, plan, name, name, window, amount)

    def _weight(self, pool, payee, plan, window) -> Fraction:
        if pool.shared == "by_reading":
            return max(self.read(pool.by, payee, plan, window) or NOTHING, NOTHING)
        if pool.shared == "by_role":
            return Fraction(pool.weights.get(self.world.person(payee)["role"], 0))
        return Fraction(1)

    def _guarantee(self, plan) -> None:
        """What is missing in each month after everything else."""
        for person in self.world.payees:
            for window in self.windows("month"):
                there = self.there(person["id"], plan, lambda version: version.guarantee, window)
                rule = there[-1][1] if there else None
                if rule and rule.months_of_service:
                    there = [
                        each
                        for each in there
                        if person["hired"] and each[0] < later(person["hired"], rule.months_of_service)
                    ]
                if there:
                    least = self.incentive(person["id"], plan, rule.incentive, window, [day for day, _ in there])
                    period = self.world.calendar.label(window[0], "month")
                    amount = max(NOTHING, least - self.earned[person["id"], plan.plan, period])
                    self.given[person["id"], plan.plan, "guarantee", "guarantee", period] += amount


def _name(part) -> str:
    return getattr(part, "bonus", None) or part.pool


def _one(parts, name, kind):
    return next((part for part in parts if (_name(part), part.window) == (name, kind)), None)


def score(objective, value: Fraction | None) -> Fraction:
    """The score of a result: nothing without one or below the threshold, the cap at most."""
    if value is None or (objective.threshold is not None and value < Fraction(objective.threshold)):
        return NOTHING
    found = multiple(objective.score, value)
    return found if objective.cap is None else min(found, Fraction(objective.cap))


def runs_of(days: list[date]) -> list[tuple[date, date]]:
    """Days as runs of days, the end excluded."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] == day:
            runs[-1] = (runs[-1][0], day + DAY)
        else:
            runs.append((day, day + DAY))
    return runs


def part_of_window(world, window, days, basis: str) -> Fraction:
    """The part of a window that these days are."""
    cells = world.calendar.inside(*window, "month") if basis == "months" else [window]
    if basis == "none":
        return Fraction(1)
    return sum((days_of(*cell, runs_of(days), basis) / days_of(*cell, [cell], basis) for cell in cells), NOTHING) / len(
        cells
    )


def later(day: date, months: int) -> date:
    """The same day so many months later, the first of the month after where there is no such day."""
    first = first_of_month(day.year * 12 + day.month - 1 + months)
    on = first + timedelta(days=day.day - 1)
    return on if on.month == first.month else first_of_month(on.year * 12 + on.month - 1)


def carrying_components(world, entries):
    """Each payee's totals under a cap whose excess is carried: before the cap, by its periods."""
    totals: dict[tuple, dict] = defaultdict(lambda: defaultdict(Fraction))
    plans, caps = {}, {}
    for entry in entries:
        for cap in entry["part"].caps:
            if cap.excess == "carried":
                key = (entry["payee"], entry["plan"].plan, entry["part"].component, cap.per)
                totals[key][world.calendar.window(entry["place"], cap.per)] += entry["before_cap"]
                plans[key], caps[key] = entry["plan"], Fraction(cap.amount)
    return [(key[0], plans[key], key[2], key[3], caps[key], found) for key, found in totals.items()]
