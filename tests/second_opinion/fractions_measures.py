"""Measures once more: how much of each credit counts, from the words of ``docs/plans/measures.md``.

Of a line that has been sold and partly returned, everything is asked of what is left of it; a credit adds the difference.
"""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from fractions_basics import rounded

MOTION = {
    "new_logo": "new_business",
    "win_back": "new_business",
    "repeat": "retention",
    "cross_sell": "growth",
    "upsell": "growth",
}


class Lines:
    """What is left of every line, and of every credit's part of it, after its sale and after each of its returns."""

    def __init__(self, world):
        self.world = world
        self.left: dict[tuple, dict[str, Fraction]] = {}
        self.whole: dict[tuple, dict[str, Fraction]] = {}
        self.events = defaultdict(list)
        self.ending = set()
        by_line = defaultdict(list)
        for credit in world.credits:
            by_line[credit["line"]].append(credit)
        for line, credits in by_line.items():
            self._add(line, world.lines[line], credits)

    def _add(self, line, sold, credits):
        digits = self.world.digits[self.world.currency]
        sales = sorted((c for c in credits if c["ret"] is None), key=lambda c: c["number"])
        weights = [c["amount"] if sold["net"] else c["share"] for c in sales]
        upto, whole = [Fraction(0)], sum(weights, Fraction(0))
        for weight in weights:
            upto.append(upto[-1] + weight)

        def part(figure, number, places):
            return (
                None
                if figure is None
                else rounded(figure * upto[number + 1] / whole, places) - rounded(figure * upto[number] / whole, places)
            )

        returns = sorted({c["ret"] for c in credits if c["ret"]}, key=lambda r: (self.world.returns[r]["on"], r))
        taken = {"amount": Fraction(0), "quantity": Fraction(0), "cost": Fraction(0)}
        target = None if sold["target"] is None else rounded(sold["target"] * sold["quantity"], digits)
        amounts = {c["number"]: c["amount"] for c in sales}
        self._note(line, None, sales, amounts, sold["cost"], sold["quantity"], target, part, digits)
        self.events[line] = [None, *returns]
        for ret in returns:
            back = self.world.returns[ret]
            taken["amount"] += back["amount"]
            share = Fraction(1)
            if sold["net"]:
                share = taken["amount"] / sold["net"]
            elif sold["quantity"]:
                own = back["quantity"] if back["quantity"] is not None else sold["quantity"]
                taken["free"] = min(taken.get("free", Fraction(0)) + own, sold["quantity"])
                share = taken["free"] / sold["quantity"]
            if share == 1:
                self.ending.add(ret)
            quantity = self._back(taken, "quantity", back["quantity"], sold["quantity"], share, 3)
            cost = (
                None if sold["cost"] is None else self._back(taken, "cost", back["cost"], sold["cost"], share, digits)
            )
            gone = (
                None
                if target is None
                else rounded(target * (quantity / sold["quantity"] if sold["quantity"] else share), digits)
            )
            for credit in credits:
                if credit["ret"] == ret:
                    amounts[credit["number"]] += credit["amount"]
            self._note(line, ret, sales, amounts, None if cost is None else sold["cost"] - cost, sold["quantity"] - quantity,
                       None if gone is None else target - gone, part, digits, (sold, cost, quantity, gone, target))  # fmt: skip

    @staticmethod
    def _back(taken, name, own, whole, share, places):
        """What is taken back to date: what returns state, and the shares of those that state nothing, while any is left."""
        known = taken.setdefault((name, "stated"), Fraction(0))
        of_share = taken.setdefault((name, "shares"), Fraction(0))
        before = taken.setdefault((name, "upto"), Fraction(0))
        upto = rounded(whole * share, places)
        if own is None:
            of_share += upto - before
        else:
            known += own
        taken[name, "stated"], taken[name, "shares"], taken[name, "upto"] = known, of_share, upto
        return known + min(of_share, max(whole - known, Fraction(0)))

    def _note(self, line, ret, sales, amounts, cost, quantity, target, part, digits, back=None):
        totals = defaultdict(Fraction)
        for number, sale in enumerate(sales):
            own = {"price": amounts[sale["number"]]}
            if back is None:
                own |= {
                    "cost": part(cost, number, digits),
                    "target": part(target, number, digits),
                    "quantity": part(quantity, number, 3),
                }
            else:
                sold, cost_gone, quantity_gone, target_gone, whole = back
                own["cost"] = (
                    None if cost is None else part(sold["cost"], number, digits) - part(cost_gone, number, digits)
                )
                own["target"] = (
                    None if target is None else part(whole, number, digits) - part(target_gone, number, digits)
                )
                own["quantity"] = part(sold["quantity"], number, 3) - part(quantity_gone, number, 3)
            self.left[line, sale["number"], ret] = own
            for name, value in own.items():
                totals[name] += value or 0
        self.whole[line, ret] = totals

    def figure(self, of: str, below_cost: str | None, credit) -> Fraction | None:
        """What a credit adds to a measure, in company currency or units; None where a sale below cost is ignored."""
        line, ret = credit["line"], credit["ret"]
        if below_cost == "ignored" and self.whole[line, None]["price"] < self.whole[line, None]["cost"]:
            return None
        now = self._state(of, below_cost, line, credit["number"], ret)
        if ret is None:
            return now
        events = self.events[line]
        return now - self._state(of, below_cost, line, credit["number"], events[events.index(ret) - 1])

    def _state(self, of, below_cost, line, number, ret) -> Fraction:
        own, whole = self.left[line, number, ret], self.whole[line, ret]
        if of == "revenue":
            return own["price"]
        if of == "units":
            return own["quantity"]
        if of == "margin":
            lowest, state = whole["price"], own["price"] - own["cost"]
        elif of == "up_to_target":
            lowest = min(whole["price"], whole["target"])
            state = (own["target"] if whole["price"] > whole["target"] else own["price"]) - own["cost"]
        else:
            lowest, state = (
                whole["price"],
                own["price"] - own["target"] if whole["price"] > whole["target"] else Fraction(0),
            )
        return Fraction(0) if below_cost == "floored" and lowest < whole["cost"] else state


def converted(world, currency: str, credits: list[dict], figures: dict[int, Fraction], of: str) -> dict[int, Fraction]:
    """Figures of one line's credit (a sale and its returns, in order) in another currency, at the sale's rate.

    A return enters by running totals: of revenue its share of the sale as it entered, else what the running figure converts to.
    """
    if currency == world.currency or of in ("units", "orders", "customers"):
        return figures
    digits, found, back = world.digits[currency], {}, Fraction(0)
    sale = next(c for c in credits if c["ret"] is None)
    rate = world.rate(currency, sale["on"])
    whole = figures.get(sale["place"], Fraction(0))
    in_plan = rounded(whole / rate, digits)
    for credit in credits:
        if credit["place"] not in figures:
            continue
        if credit["ret"] is None:
            found[credit["place"]] = in_plan
            continue
        before, back = back, back - figures[credit["place"]]
        if of == "revenue":
            upto, upto_before = ((in_plan * b / whole if whole else Fraction(0)) for b in (back, before))
        else:
            upto, upto_before = back / rate, before / rate
        found[credit["place"]] = rounded(upto_before, digits) - rounded(upto, digits)
    return found


def factor_of(world, part, credit, counts: str) -> Fraction:
    """The product of the factors that count to quota, or to pay."""
    product = Fraction(1)
    for factor in part.measure.factors:
        if factor.counts in (counts, "both"):
            product *= _one_factor(world, factor, credit)
    return product


def _one_factor(world, factor, credit) -> Fraction:
    if factor.of:
        name = {"product_family": credit["family"], "sub_motion": credit["sub"], "credit_type": credit["type"]}[
            factor.by
        ]
        return Fraction(factor.of.get(name, factor.otherwise))
    line = world.lines[credit["line"]]
    figure = {
        "discount": lambda: 1 - line["net"] / line["list"],
        "margin_share": lambda: (line["net"] - line["cost"]) / line["net"],
        "term_months": lambda: Fraction(months_of(*line["service"])),
    }[factor.by]()
    for band in factor.bands:
        if (band.floor is None or Fraction(band.floor) <= figure) and (
            band.ceiling is None or figure < Fraction(band.ceiling)
        ):
            return Fraction(band.factor)
    return Fraction(factor.otherwise)


def months_of(first: date, last: date) -> int:
    """Whole months from the first to the last day of service, both included."""
    end = last + timedelta(days=1)
    months = (end.year - first.year) * 12 + end.month - first.month
    last_of_month = (end + timedelta(days=1)).month != end.month
    return months if end.day >= first.day or last_of_month else months - 1


def takes(part, credit) -> bool:
    """Whether a component takes a kind of credit, of these families and types, on the sale's day."""
    measure = part.measure
    if credit["kind"] not in measure.credits and credit["sub"] not in measure.credits:
        return False
    only = measure.only
    if only and only.product_family and credit["family"] not in only.product_family:
        return False
    if only and only.credit_type and credit["type"] not in only.credit_type:
        return False
    if only and only.first_order and credit["sold_on"] != credit["since"]:
        return False
    return part.dates is None or part.dates.first <= credit["sold_on"] < part.dates.end


def slot_of(part, credit) -> str:
    """Which of its component's positions a credit moves."""
    if part.measure.positions != "separate":
        return "together"
    return credit["kind"] if credit["kind"] in part.measure.credits else credit["sub"]
