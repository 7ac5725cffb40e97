"""Quotas and target incentives once more, from the words of ``docs/plans/quotas.md``."""

from datetime import date, timedelta
from fractions import Fraction

from fractions_basics import LENGTH, days_of, month_of_service, rounded, shared

OF_WEIGHTS = {2: "half_year", 4: "quarter", 12: "month"}
FOREVER = (date.min, date.max)


class NoQuota(Exception):
    """There is none, or it is 0 and nothing says what that pays: the calculation stops."""


def quota_that_counts(world, payee: str, part, *more) -> Fraction:
    """The quota of a payee's window on a day; 0 only where the component says what that pays."""
    quota = quota_of(world, payee, part, *more)
    if not quota and part.quota.no_quota is None:
        raise NoQuota(payee)
    return quota


def quota_of(world, payee: str, part, plan, stay, window: tuple[date, date], day: date, closing) -> Fraction:
    """The quota of a payee's window on a day: assigned, of the team, or the position of the window before."""
    use, digits = part.quota, world.digits[plan.currency]
    if use.of == "previous_window":
        whole, digits = (
            max(closing, Fraction(0)),
            {"units": 3, "orders": 0, "customers": 0}.get(part.measure.of, digits),
        )
        cells = _even(whole, window, "month", world) if use.ramp or use.prorate == "months" else [(whole, *window)]
        return _cut(world, payee, cells, use, digits, _there(world, payee, plan, stay, part), True)
    if use.of == "team":
        members = [one["id"] for one in world.payees if world.is_led(one["id"], payee, "team")]
        sums = [
            _cut(
                world,
                m,
                _cells(world, m, use, window, day, digits),
                use,
                digits,
                _there(world, m, None, None, None),
                False,
            )
            for m in members
            if has_quota(world, m, use.measure)
        ]
        whole = sum(sums, Fraction(0))
        by_month = use.prorate == "months"
        cells = _even(whole, window, "month", world) if by_month else [(whole, *window)]
        return _cut(world, payee, cells, use, digits, _there(world, payee, plan, stay, part), True, ramped=False)
    cells = _cells(world, payee, use, window, day, digits)
    return _cut(world, payee, cells, use, digits, _there(world, payee, plan, stay, part), True)


def has_quota(world, payee: str, measure: str) -> bool:
    return any(q["payee"] == payee and q["measure"] == measure for q in world.quotas)


def plain_quota(world, payee: str, measure: str, first: date, end: date, day: date, digits: int) -> Fraction:
    """The quota of an interval, spread evenly and in full."""

    class Use:
        weights, ramp, prorate = (), (), "none"

    Use.measure = measure
    return rounded(sum((c[0] for c in _cells(world, payee, Use, (first, end), day, digits)), Fraction(0)), digits)


def _cells(world, payee, use, window, day, digits) -> list[tuple[Fraction, date, date]]:
    """The quota in full, in the cells that are ramped and cut one by one."""
    rows = [q for q in world.quotas if q["payee"] == payee and q["measure"] == use.measure]
    kind = world.quota_kind
    length = (window[1].year - window[0].year) * 12 + window[1].month - window[0].month
    by_month = use.ramp or use.prorate == "months"
    if LENGTH[kind] < length:
        cells = []
        for first, end in world.calendar.inside(*window, kind):
            amount = _stated(rows, world.calendar.label(first, kind), day)
            cells += _even(amount, (first, end), "month", world) if by_month else [(amount, first, end)]
        return cells
    amount = _stated(rows, world.calendar.label(window[0], kind), day)
    if LENGTH[kind] > length:
        amount = _part_of_longer(world, use, amount, window, kind, digits)
    weighs = OF_WEIGHTS.get(len(use.weights), "year")
    smallest = "month" if by_month else min((weighs, _kind(length)), key=LENGTH.get)
    if not use.weights:
        return _even(amount, window, smallest if by_month else _kind(length), world)
    return _weighed(world, use, amount, window, smallest)


def _kind(length: int) -> str:
    return next(kind for kind, months in LENGTH.items() if months == length)


def _stated(rows, label: str, day: date) -> Fraction:
    known = sorted((q for q in rows if q["period"] == label), key=lambda q: q["from"])
    return [known[0], *(q for q in known if q["from"] <= day)][-1]["amount"]


def _part_of_longer(world, use, amount, window, kind, digits) -> Fraction:
    """A part of a longer quota: differences of rounded running totals, evenly or by the weights of the year."""
    longer = world.calendar.window(window[0], kind)
    months = world.calendar.inside(*longer, "month")
    weigh = _month_weights(use) if use.weights and kind == "year" else [Fraction(1, len(months))] * len(months)
    total = sum(weigh)
    before = sum((w for w, m in zip(weigh, months, strict=True) if m[0] < window[0]), Fraction(0))
    upto = sum((w for w, m in zip(weigh, months, strict=True) if m[0] < window[1]), Fraction(0))
    return rounded(amount * upto / total, digits) - rounded(amount * before / total, digits)


def _month_weights(use) -> list[Fraction]:
    each = 12 // len(use.weights)
    return [Fraction(use.weights[month // each]) / each for month in range(12)]


def _even(amount, window, kind, world) -> list[tuple[Fraction, date, date]]:
    inside = world.calendar.inside(*window, kind)
    return [(amount / len(inside), first, end) for first, end in inside]


def _weighed(world, use, amount, window, kind) -> list[tuple[Fraction, date, date]]:
    """The figure of a window, cut as the weights of the year divide it."""
    year = world.calendar.window(window[0], "year")
    weight = dict(zip((m[0] for m in world.calendar.inside(*year, "month")), _month_weights(use), strict=True))
    inside = world.calendar.inside(*window, kind)
    sums = [sum((w for m, w in weight.items() if first <= m < end), Fraction(0)) for first, end in inside]
    total = sum(sums, Fraction(0))
    return [
        (amount * (s / total if total else Fraction(1, len(sums))), *each) for s, each in zip(sums, inside, strict=True)
    ]


def _there(world, payee, plan, stay, part) -> list[tuple[date, date]]:
    """Runs of days on the plan (this stay, or all stays where positions go on), in service and not on leave."""
    if plan is None:
        runs = [FOREVER]
    else:
        stays = (
            [stay]
            if part is None or part.restart
            else [s for s in world.stays if s["plan"] is plan and s["payee"] == payee]
        )
        runs = [(s["from"], s["to"]) for s in stays]
    person = world.person(payee)
    served = (person["hired"] or date.min, person["left"] + timedelta(days=1) if person["left"] else date.max)
    runs = [(max(a, served[0]), min(b, served[1])) for a, b in runs]
    for leave in world.absences:
        if leave["payee"] == payee:
            runs = [piece for a, b in runs for piece in ((a, min(b, leave["from"])), (max(a, leave["to"]), b))]
    return [(a, b) for a, b in runs if a < b]


def _cut(world, payee, cells, use, digits, runs, keeps, ramped=True) -> Fraction:
    """Each cell ramped and cut to the days that count; rounded once. Who is there on no day has it in full, if so said."""
    hired, basis = world.person(payee)["hired"], use.prorate
    ramp = use.ramp if ramped else ()
    counted = [days_of(first, end, runs, basis) for _, first, end in cells]
    in_full = basis == "none" or (keeps and not any(counted))
    total = Fraction(0)
    for (amount, first, end), days in zip(cells, counted, strict=True):
        share = Fraction(1)
        if ramp and hired:
            number = month_of_service(first, hired)
            share = Fraction(ramp[number - 1]) if number <= len(ramp) else Fraction(1)
        length = Fraction((end - first).days)
        if basis == "30_360":
            length = days_of(first, end, [(first, end)], basis)
        total += amount * share * (1 if in_full else days / length)
    return rounded(total, digits)


def incentive_of(
    world, payee: str, rule, plan, stay, part, window: tuple[date, date], day: date, runs=None
) -> Fraction:
    """The target incentive of a window: spread evenly, or added up, then cut to the days there (``runs``, where given)."""
    digits = world.digits[plan.currency]
    if rule.amount is None:
        known = [s for s in world.stays if s["payee"] == payee and s["plan"] is plan and s["from"] <= day < s["to"]]
        amount, per = Fraction(rule.assigned) * known[0]["target"], "year"
    else:
        amount, per = Fraction(rule.amount), rule.per
    length = (window[1].year - window[0].year) * 12 + window[1].month - window[0].month
    kind = _kind(length)
    if LENGTH[per] >= length:
        longer = world.calendar.inside(*world.calendar.window(window[0], per), kind)
        parts = shared(amount, [Fraction(1)] * len(longer), digits) if len(longer) > 1 else [rounded(amount, digits)]
        cells = [(parts[longer.index(window)], *window)]
    else:
        cells = [(amount * len(world.calendar.inside(*window, per)), *window)]
    if rule.prorate == "months":
        cells = [each for amount, a, b in cells for each in _even(amount, (a, b), "month", world)]

    class Use:
        ramp, prorate = (), rule.prorate

    there = _there(world, payee, plan, stay, part) if runs is None else runs
    return _cut(world, payee, cells, Use, digits, there, True)
