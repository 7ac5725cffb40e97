"""Clawback once more: how much of a return is taken back, from the words of ``docs/plans/clawback.md``."""

from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from fractions_basics import rounded


def says(part, name, otherwise=None):
    """What a component says of its clawback; one word says the mode alone."""
    if isinstance(part.clawback, str):
        return part.clawback if name == "mode" else otherwise
    return getattr(part.clawback, name)


def is_negative(part) -> bool:
    return says(part, "mode") == "as_negative"


def keeps(part) -> bool:
    """Whether a return leaves attainment."""
    return not says(part, "affects_attainment", otherwise=True)


def is_late(part, credit) -> bool:
    days = says(part, "window_days")
    return days is not None and (credit["on"] - credit["sold_on"]).days > days


def months_later(day: date, months: int) -> date:
    """The same day so many months on; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_over(start: date, end: date) -> int:
    """How many whole months from a day have passed by another."""
    months = 0
    while months_later(start, months + 1) <= end:
        months += 1
    return months


def share_of(world, part, credit) -> Fraction:
    """How much of a return is taken back."""
    share = says(part, "share")
    if is_late(part, credit):
        return Fraction(0)
    if share is None:
        return Fraction(1)
    if share.by == "months_remaining":
        return _left_of_term(world, share, credit)
    age = (
        (credit["on"] - credit["sold_on"]).days
        if share.by == "age_days"
        else months_over(credit["sold_on"], credit["on"])
    )
    return next(Fraction(b.share) for b in share.bands if b.floor <= age and (b.ceiling is None or age < b.ceiling))


def _left_of_term(world, share, credit) -> Fraction:
    start, end = world.lines[credit["line"]]["service"]
    term = months_over(start, end + timedelta(days=1))
    if term < 1:
        return Fraction(share.without_term)
    term = term if share.of_first is None else min(term, share.of_first)
    over = min(months_over(start, credit["on"] + timedelta(days=1)), term)
    return Fraction(term - over, term)


def taken_back(world, part, entries: list[tuple], digits: int) -> list[tuple]:
    """Entries of a sale and its returns, those of returns with what is taken back of them: by rounded running totals."""
    found, total = [], Fraction(0)
    for credit, posted, counted_on, amount in entries:
        if credit["ret"] is None:
            found.append((credit, posted, counted_on, amount))
            continue
        before, total = total, total + amount * share_of(world, part, credit)
        moved = Fraction(0) if keeps(part) else rounded(total, digits) - rounded(before, digits)
        found.append((credit, posted, counted_on, moved))
    return found


def give_back(world, entries: list[dict]) -> None:
    """Returns that leave attainment take the part that came back of what their sale's credit earned in the end."""
    earned: dict[tuple, Fraction] = defaultdict(Fraction)
    back: dict[tuple, Fraction] = defaultdict(Fraction)
    for entry in entries:
        if entry["credit"]["ret"] is None:
            earned[_line(entry)] += entry["earned"]
    for entry in sorted(entries, key=lambda entry: entry["credit"]["place"]):
        credit, part = entry["credit"], entry["sold"]
        if credit["ret"] is None or not keeps(part):
            continue
        key, digits = _line(entry), world.digits[entry["plan"].currency]
        sale = world.by_sale[credit["line"], credit["number"]][0]
        before = back[key]
        back[key] += (
            share_of(world, part, credit) * -credit["amount"] / sale["amount"] if sale["amount"] else Fraction(0)
        )
        entry["earned"] = rounded(earned[key] * before, digits) - rounded(earned[key] * back[key], digits)


def _line(entry) -> tuple:
    credit = entry["credit"]
    return entry["payee"], entry["plan"].plan, entry["part"].component, entry["slot"], credit["line"], credit["number"]
