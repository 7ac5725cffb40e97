"""Readings once more, from the words of ``docs/plans/modifiers.md``: sums of credits, credit by credit."""

from datetime import date, timedelta
from fractions import Fraction

from fractions_basics import LENGTH
from fractions_clawback import is_negative, keeps, says
from fractions_curves import multiple
from fractions_measures import converted
from fractions_quotas import plain_quota

KINDS = ("month", "quarter", "half_year", "year")


def interval(world, reading, window: tuple[date, date]) -> tuple[date, date]:
    """What a reading covers: the interval around the window's last day, whole or up to the window's end."""
    whole = world.calendar.window(window[1] - timedelta(days=1), reading.scope.removesuffix("_to_date"))
    return (whole[0], window[1]) if reading.scope.endswith("_to_date") else whole


def before(world, reading, span: tuple[date, date]) -> tuple[date, date]:
    """The interval of equal kind and as many months before one."""
    kind = reading.scope.removesuffix("_to_date")
    earlier = world.calendar.window(span[0] - timedelta(days=1), kind)
    months = (span[1].year - span[0].year) * 12 + span[1].month - span[0].month
    return earlier[0], world.calendar.inside(*earlier, "month")[months - 1][1] if months < LENGTH[kind] else earlier[1]


def taken(
    world, reading, payee: str, currency: str, span: tuple[date, date], clawback: str, upto: int | None = None
) -> Fraction | None:
    """A payee's figure; None where there is none. ``upto`` is the place of the credit at which it is read."""

    def total(of, days=span):
        return sum_of(world, of, reading, payee, currency, days, clawback, upto)

    if reading.of == "kpi":
        kind = reading.scope.removesuffix("_to_date")
        return world.kpis.get((payee, reading.kpi, world.calendar.label(span[0], kind)))
    if reading.of == "attainment":
        on = span[1] - timedelta(days=1) if upto is None else world.by_place[upto]["on"]
        return total("revenue") / plain_quota(world, payee, reading.quota, *span, on, world.digits[currency])
    if reading.of == "margin_share":
        return total("margin") / total("revenue") if total("revenue") > 0 else None
    if reading.of == "growth":
        earlier = total("revenue", before(world, reading, span))
        return total("revenue") / earlier - 1 if earlier > 0 else None
    return total(reading.of)


def sum_of(world, of, reading, payee, currency, span, clawback, upto) -> Fraction:
    """What the credits named add up to, of the payee or of those who report to them on the day of the sale."""
    total = Fraction(0)
    for group in world.by_sale.values():
        sale = group[0]
        if not (set(reading.credits) & {sale["kind"], sale["sub"]}) or not _is_of(world, reading.whose, payee, sale):
            continue
        figures = {c["place"]: world.left.figure(of, "mirrored", c) for c in group}
        in_plan = converted(world, currency, group, figures, of)
        for credit in group:
            if credit["ret"] and clawback == "left_out":
                continue
            day = credit["on"] if clawback == "as_negative" else credit["sold_on"]
            if span[0] <= day < span[1] and (upto is None or credit["place"] <= upto):
                total += in_plan[credit["place"]]
    return total


def _is_of(world, whose, payee, sale) -> bool:
    return sale["payee"] == payee if whose == "own" else world.is_led(sale["payee"], payee, whose)


def factor_at(world, part, plan, payee: str, window, credit) -> Fraction:
    """The product of a component's gates (0 or 1) and multipliers at a credit."""
    product = Fraction(1)
    for gate in part.gates:
        value = _read(world, part, plan, payee, window, credit, gate)
        is_open = value is not None and (gate.at_least is None or value >= Fraction(gate.at_least))
        product *= 1 if is_open and (gate.below is None or value < Fraction(gate.below)) else 0
    for each in part.multipliers:
        value = _read(world, part, plan, payee, window, credit, each)
        product *= 1 if value is None else multiple(each.payout, value)
    return product


def _read(world, part, plan, payee, window, credit, modifier):
    upto = _looks_from(world, part, credit) if modifier.reads == "running" else None
    key = (id(modifier), payee, window, upto)
    if key not in world.read:
        span = interval(world, modifier.reading, window)
        world.read[key] = taken(
            world, modifier.reading, payee, plan.currency, span, _placed(part, modifier.reading), upto
        )
    return world.read[key]


def _placed(part, reading) -> str:
    """Where returns count in a figure: as the component places them, and in no attainment that they leave."""
    return "left_out" if reading.of == "attainment" and keeps(part) else says(part, "mode")


def _looks_from(world, part, credit):
    """Place after which a running figure is read: a return as corrected sees what its sale saw."""
    if credit["ret"] is None or is_negative(part):
        return credit["place"]
    return world.by_sale[credit["line"], credit["number"]][0]["place"]


def column_of(world, part, plan, payee, window) -> Fraction | None:
    """The second figure of a matrix."""
    if part.curve.shape != "matrix":
        return None
    reading = part.curve.columns.reading
    return taken(world, reading, payee, plan.currency, interval(world, reading, window), _placed(part, reading))
