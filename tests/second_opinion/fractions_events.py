"""Events once more: what of a credit counts on which day, from the words of ``docs/plans/modifiers.md``."""

from fractions import Fraction

from fractions_basics import rounded
from fractions_clawback import is_negative


def shares_of(part, credit) -> tuple[Fraction, Fraction, Fraction]:
    """How much of a credit counts at booking, invoice and payment."""
    event = part.event
    if isinstance(event, str):
        return tuple(Fraction(event == name) for name in ("booking", "invoice", "payment"))
    if hasattr(event, "otherwise"):
        event = event.product_family.get(credit["family"], event.otherwise)
    return Fraction(event.booking), Fraction(event.invoice), Fraction(event.payment)


def progress(world, order: str, day, shares) -> Fraction:
    """How much of a credit has counted by a day: invoices and payments in proportion to what is left to invoice or pay."""
    lines = [line for line in world.lines.values() if line["order"] == order]
    names = {name for name, line in world.lines.items() if line["order"] == order}
    back = sum((r["amount"] for r in world.returns.values() if r["line"] in names and r["on"] <= day), Fraction(0))
    left = sum((line["net"] for line in lines), Fraction(0)) - back
    reached = [shares[0]]
    for share, rows in zip(shares[1:], (world.invoices, world.payments), strict=True):
        done = sum((row["amount"] for row in rows if row["order"] == order and row["on"] <= day), Fraction(0))
        any_yet = any(row["on"] <= day for row in _rows(world, order, names))
        reached.append(share * (min(max(done, 0), left) / left if left > 0 else Fraction(any_yet)))
    return sum(reached, Fraction(0))


def _rows(world, order, names):
    yield from (row for rows in (world.invoices, world.payments) for row in rows if row["order"] == order)
    yield from (ret for ret in world.returns.values() if ret["line"] in names)


def dated(world, part, group: list[dict], units: dict[int, Fraction], digits: int) -> list[tuple]:
    """A sale's credit and its returns as entries: credit, day it is posted, day whose window it counts in, units."""
    sale, shares = group[0], shares_of(part, group[0])
    if sale["place"] not in units:
        return []
    if shares[0] == 1:
        return [(c, c["on"], c["sold_on"], units[c["place"]]) for c in group if c["place"] in units]
    names = {name for name, line in world.lines.items() if line["order"] == sale["order"]}
    days = sorted({row["on"] for row in _rows(world, sale["order"], names) if row["on"] > sale["on"]})
    steps = [(sale["on"], progress(world, sale["order"], sale["on"], shares))]
    steps += [(day, progress(world, sale["order"], day, shares)) for day in days]

    def counted(amount, part_done):
        return rounded(amount * part_done, digits) if digits or part_done == 1 else Fraction(0)

    entries, before = [], Fraction(0)
    for day, done in steps:
        back = sum((units[c["place"]] for c in group[1:] if c["on"] <= day and day > sale["on"]), Fraction(0))
        left = units[sale["place"]] + back
        moved = counted(left, done) - counted(left, before)
        if moved or day == sale["on"]:
            entries.append((sale, day, day, moved))
        before = done
    left = units[sale["place"]]
    for credit in group[1:]:
        after = left + units[credit["place"]]
        entries += _taken_back(part, credit, steps, left, after, counted)
        left = after
    return entries


def _taken_back(part, credit, steps, left, after, counted) -> list[tuple]:
    """A return takes back what has counted of it: from the windows where it counted, or at once from its own."""
    earlier = [step for n, step in enumerate(steps) if n == 0 or step[0] < credit["on"]]
    found, before = [], Fraction(0)
    for day, done in earlier:
        to_date = counted(after, done) - counted(left, done)
        found.append((credit, credit["on"], day, to_date - before))
        before = to_date
    if is_negative(part):
        return [(credit, credit["on"], credit["on"], before)]
    return [each for each in found if each[3]] or found[:1]
