"""Random courses of business: what was sold, invoiced, paid and returned, by whom, as contract tables and as plain lists."""

import random
from datetime import date, timedelta
from fractions import Fraction

from fractions_basics import Calendar
from payout_by_fractions import World
from payout_world import MOTION, company, line_id, return_id, typed
from random_parts import ROLES, kept, parts
from random_plans import FAMILIES, amount, random_plan

from schemas.core.attribution import Credit

DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3, "USD": 2}
PEOPLE = {"ann": "lee", "ben": "lee", "dora": None, "lee": "dora"}
SUBS = list(MOTION)
TOGETHER = 20
"""Courses on one ground."""
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
BEGAN = date(2024, 6, 1)


def text(value, digits):
    units = int(value * 10**digits)
    return f"{'-' if units < 0 else ''}{amount(abs(units), digits)}"


def in_order(rows):
    """Rows of credits in the payout order, numbered."""
    names = ("order_id", "order_line_id")
    ordered = sorted(
        rows,
        key=lambda r: (
            r["event_date"],
            r["return_id"] is not None,
            *(r[n] for n in names),
            r["return_id"] or "",
            r["credit_number"],
        ),
    )
    return [{**row, "sequence": place} for place, row in enumerate(ordered)]


def credits_of(rows):
    return typed([{name: row.get(name) for name in Credit.columns()} for row in rows], Credit.dtypes())


def some_day(rng, first=FIRST, last=LAST):
    return first + timedelta(days=rng.randint(0, (last - first).days))


class Ground:
    """What several courses of business share: one company, its calendar and the rates of its exchange."""

    def __init__(self, number: int):
        rng = random.Random(-1 - number)  # noqa: S311 - cases, not secrets
        self.own = rng.choice(["EUR", "EUR", "JPY", "KWD"])
        self.currency, self.starts = rng.choice([self.own, self.own, "USD"]), rng.choice([1, 1, 4, 10])
        calendar = {"kind": "months", "year_starts": self.starts}
        self.firm = company(currency=self.own, fiscal_calendar=calendar, starts=str(FIRST))
        self.days = FIRST, Calendar(self.starts).window(LAST, "year")[1] - timedelta(days=1)
        since = (date(2023, 1, 1), date(2025, 8, 3))
        some = [(day, Fraction(rng.randint(10**4, 10**7), 10**5)) for day in since]
        self.rates = {self.currency: some} if self.currency != self.own else {}


class Course:
    """A random world twice: ``tables`` for the engine, ``world`` for the second opinion."""

    def __init__(self, seed: int, with_parts: bool = False):
        rng = self.rng = random.Random(seed)  # noqa: S311 - cases, not secrets
        ground = self.ground = Ground(seed // TOGETHER)
        self.seed, self.own, self.currency, self.starts = seed, ground.own, ground.currency, ground.starts
        self.digits, self.simple = DIGITS[self.own], rng.random() < 0.4
        self.kind = rng.choice(["year", "quarter", "month"])
        self.plans = {name: self._plan(name, with_parts) for name in ("plan", "other")}
        self.firm, self.days = ground.firm, ground.days
        self.tables = {name: [] for name in ("accounts", "products", "orders", "order_lines", "returns", "invoices", "payments",
                       "fx_rates", "kpi_results", "quotas", "absences", "plan_assignments")}  # fmt: skip
        self.lines, self.returns, self.rows, self.type_of = {}, {}, [], {}
        self._people()
        self._things()
        self._sales()
        self._returns()
        self._bills()
        self._quotas()
        self._number()
        self.credits = credits_of(self.rows)
        self.world = self._world()

    def _plan(self, name, with_parts):
        digits = DIGITS[self.currency]
        same = kept(self.rng, digits) if with_parts else None
        draw = (lambda rng: parts(rng, digits, self.simple, same)) if with_parts else None
        return random_plan(self.rng, self.currency, digits, name, self.simple, draw)

    def _people(self):
        rng = self.rng
        self.payees = [
            {"id": one, "manager": above, "hired": None, "left": None, "role": rng.choice(ROLES)}
            for one, above in PEOPLE.items()
        ]
        if not self.simple:
            self.payees[0]["hired"] = some_day(rng, date(2024, 12, 1), date(2025, 3, 20))
            if rng.random() < 0.3:
                self.payees[1]["left"] = some_day(rng, date(2026, 6, 1), date(2026, 11, 30))
        self.absences = []
        if not self.simple and rng.random() < 0.4:
            first = some_day(rng, date(2025, 4, 1), date(2026, 6, 1))
            self.absences.append({"payee": "ben", "from": first, "to": first + timedelta(days=rng.randint(1, 20))})
        self.tables["absences"] = [
            {"payee_id": a["payee"], "valid_from": a["from"], "valid_to": a["to"], "kind": "leave"}
            for a in self.absences
        ]
        self.tables["payees"] = [
            {
                "payee_id": p["id"],
                "role": p["role"],
                "manager_id": p["manager"],
                "hire_date": p["hired"],
                "termination_date": p["left"],
            }
            for p in self.payees
        ]
        self.stays = []
        for one in PEOPLE:
            days = sorted(some_day(rng) for _ in range(rng.choice([0, 0, 0, 1, 2])))
            previous = None
            for start, end in zip([date(2023, 1, 1), *days], [*days, date(2029, 1, 1)], strict=True):
                name = rng.choice([n for n in ("plan", "plan", "other", "none") if n != previous])
                target = Fraction(rng.randint(10**4, 10**7), 10 ** DIGITS[self.currency])
                if start < end:
                    self.stays.append(
                        {
                            "payee": one,
                            "plan": self.plans.get(name),
                            "name": name,
                            "from": start,
                            "to": end,
                            "target": target,
                        }
                    )
                    previous = name
        self.tables["plan_assignments"] = [
            {"payee_id": s["payee"], "plan": s["name"], "valid_from": s["from"], "valid_to": s["to"], "currency": self.currency,
             "target_incentive": text(s["target"], DIGITS[self.currency])} for s in self.stays
        ]  # fmt: skip

    def _things(self):
        rng = self.rng
        self.targets = {family: Fraction(rng.randint(1, 30_000), 10**self.digits) for family in FAMILIES}
        for family in FAMILIES:
            self.tables["products"].append(
                {
                    "product_id": family,
                    "product_name": family,
                    "product_family": family,
                    "target_price": text(self.targets[family], self.digits),
                }
            )
        self.tables["accounts"] = [{"account_id": a, "account_name": a} for a in ("acme", "bolt", "core")]
        self.rates = self.ground.rates
        if self.rates:
            self.tables["fx_rates"] = [
                {"currency": self.currency, "valid_from": s, "rate": f"{float(r):.5f}"}
                for s, r in self.rates[self.currency]
            ]
        self.kpis = {}
        for one in PEOPLE:
            for year in (2025, 2026):
                for label in (f"{year}-Q1", f"{year}-Q2", f"{year}-Q3", f"{year}"):
                    if rng.random() < 0.6:
                        value = Fraction(rng.randint(0, 200), 100)
                        self.kpis[one, "quality", label] = value
                        self.tables["kpi_results"].append(
                            {
                                "subject_id": one,
                                "kpi": "quality",
                                "period": label,
                                "value": f"{float(value):.2f}",
                                "confirmed_by": "ito",
                            }
                        )

    def _sales(self):
        rng, scale = self.rng, 10**self.digits
        for number in range(1, rng.randint(3, 28)):
            line, on = line_id(number), some_day(rng)
            order = f"order-{number}"
            if number > 1 and rng.random() < 0.25:
                other = rng.choice(list(self.lines.values()))
                order, on = other["order"], other["on"]
            same = next((x for x in self.lines.values() if x["order"] == order), None)
            customer = same["customer"] if same else rng.choice(["acme", "bolt", "core"])
            deal = same["deal"] if same else rng.choice([None, "deal-1", "deal-2"])
            net = Fraction(rng.choice([1, rng.randint(1, 2000), rng.randint(1, 300_000)]), scale)
            cost = Fraction(int(net * rng.randint(0, 130) / 100 * scale), scale)
            listed = net + Fraction(rng.choice([0, rng.randint(0, 1000)]), scale)
            quantity = Fraction(rng.randint(1, 9000), rng.choice([1, 1000]))
            family, months = rng.choice(FAMILIES), rng.choice([1, 12, 24, 36])
            starts = date(2026, rng.randint(1, 12), rng.choice([1, 15]))
            ends = date(
                starts.year + (starts.month - 1 + months) // 12, (starts.month - 1 + months) % 12 + 1, starts.day
            ) - timedelta(days=1)
            self.lines[line] = {"on": on, "order": order, "customer": customer, "deal": deal, "net": net, "cost": cost, "list": listed,
                                "quantity": quantity, "family": family, "service": (starts, ends), "target": self.targets[family],
                                "number": number}  # fmt: skip
            if same is None:
                self.tables["orders"].append(
                    {
                        "order_id": order,
                        "account_id": customer,
                        "order_date": on,
                        "status": "confirmed",
                        "currency": self.own,
                        "opportunity_id": deal,
                    }
                )
            self.tables["order_lines"].append({
                "order_line_id": line, "order_id": order, "line_number": number, "product_id": family, "quantity": f"{float(quantity):.3f}",
                "net_amount": text(net, self.digits), "cost_amount": text(cost, self.digits), "list_amount": text(listed, self.digits),
                "service_start": starts, "service_end": ends})  # fmt: skip
            sub = rng.choice(SUBS)
            self._credit(line, None, on, [net], rng.choice(list(PEOPLE)), sub)

    def _credit(self, line, ret, on, amounts, payee, sub):
        sold = self.lines[line]
        for number, value in enumerate(amounts, start=1):
            self.rows.append({
                "order_line_id": line, "return_id": ret, "credit_number": number, "order_id": sold["order"], "line_number": sold["number"],
                "event_date": on, "sale_date": sold["on"], "account_id": sold["customer"], "product_family": sold["family"],
                "motion": MOTION[sub], "sub_motion": sub, "payee_id": payee, "amount": text(value, self.digits),
                "credit_type": self.type_of.setdefault(line, self.rng.choice(["direct", "split"])), "share_percent": "100",
                "rule": "opportunity_owner", "relationship_start": BEGAN if sold["number"] % 3 == 0 else sold["on"], "exact": value})  # fmt: skip

    def _returns(self):
        rng, scale = self.rng, 10**self.digits
        for number in range(1, rng.randint(1, 12)):
            line = rng.choice(list(self.lines))
            sold = self.lines[line]
            earlier = [r for r in self.returns.values() if r["line"] == line]
            left = sold["net"] - sum((r["amount"] for r in earlier), Fraction(0))
            if left <= 0:
                continue
            back = left if rng.random() < 0.4 else Fraction(rng.randint(1, int(left * scale)), scale)
            since = max([sold["on"], *(r["on"] for r in earlier)])
            on = min(since + timedelta(days=rng.choice([0, rng.randint(0, 300)])), LAST)
            quantity = None if rng.random() < 0.6 else Fraction(int(sold["quantity"] * 1000 * back / sold["net"]), 1000)
            cost = (
                None
                if rng.random() < 0.7 or back == left
                else Fraction(int(sold["cost"] * scale * back / sold["net"]), scale)
            )
            ret = return_id(number)
            self.returns[ret] = {"line": line, "on": on, "amount": back, "quantity": quantity, "cost": cost}
            self.tables["returns"].append({
                "return_id": ret, "order_line_id": line, "return_date": on, "amount": text(back, self.digits),
                "quantity": None if quantity is None else f"{float(quantity):.3f}", "cost_amount": None if cost is None else text(cost, self.digits)})  # fmt: skip
            sale = next(row for row in self.rows if row["order_line_id"] == line)
            self._credit(line, ret, on, [-back], sale["payee_id"], sale["sub_motion"])

    def _bills(self):
        rng, scale = self.rng, 10**self.digits
        self.invoices, self.payments = [], []
        for number, order in enumerate(dict.fromkeys(x["order"] for x in self.lines.values()), start=1):
            lines = [x for x in self.lines.values() if x["order"] == order]
            if rng.random() < 0.4:
                continue
            whole = sum(x["net"] for x in lines)
            on = lines[0]["on"] + timedelta(days=rng.randint(0, 120))
            part = whole if rng.random() < 0.6 else Fraction(int(whole * scale * rng.randint(1, 130) / 100), scale)
            self.invoices.append({"order": order, "on": on, "amount": part})
            self.tables["invoices"].append(
                {"invoice_id": f"i{number}", "order_id": order, "date": on, "amount": text(part, self.digits)}
            )
            for again in range(rng.randint(0, 2)):
                paid = Fraction(int(whole * scale * rng.randint(-20, 100) / 100), scale)
                day = on + timedelta(days=rng.randint(0, 90))
                self.payments.append({"order": order, "on": day, "amount": paid})
                self.tables["payments"].append(
                    {
                        "payment_id": f"p{number}-{again}",
                        "order_id": order,
                        "invoice_id": f"i{number}",
                        "date": day,
                        "amount": text(paid, self.digits),
                    }
                )

    def _quotas(self):
        rng, digits = self.rng, DIGITS[self.currency]
        labels = {
            "year": [""],
            "quarter": [f"-Q{n}" for n in range(1, 5)],
            "month": [f"-{n:02}" for n in range(1, 13)],
        }[self.kind]
        self.quotas = []
        for one in PEOPLE:
            for label in (f"{year}{rest}" for year in range(2024, 2029) for rest in labels):
                value = Fraction(rng.randint(1000 * 10**digits, 5000 * 10**digits), 10**digits)
                self.quotas.append(
                    {
                        "payee": one,
                        "measure": "quota",
                        "period": label.replace("-0", "-P0").replace("-1", "-P1"),
                        "amount": value,
                        "from": date(1, 1, 1),
                    }
                )
                self.tables["quotas"].append(
                    {
                        "payee_id": one,
                        "measure": "quota",
                        "period": label,
                        "amount": text(value, digits),
                        "currency": self.currency,
                    }
                )
        if self.kind == "year" and rng.random() < 0.5:
            value = Fraction(rng.randint(1000 * 10**digits, 5000 * 10**digits), 10**digits)
            self.quotas.append(
                {"payee": "ann", "measure": "quota", "period": "2025", "amount": value, "from": date(2025, 8, 9)}
            )
            self.tables["quotas"].append(
                {
                    "payee_id": "ann",
                    "measure": "quota",
                    "period": "2025",
                    "valid_from": "2025-08-09",
                    "amount": text(value, digits),
                    "currency": self.currency,
                }
            )

    def _number(self):
        self.rows = in_order(self.rows)

    def _world(self):
        credits = [
            {"place": r["sequence"], "line": r["order_line_id"], "ret": r["return_id"], "number": r["credit_number"], "on": r["event_date"],
             "sold_on": r["sale_date"], "since": r["relationship_start"], "payee": r["payee_id"], "amount": r["exact"], "share": Fraction(1), "kind": r["motion"],
             "sub": r["sub_motion"], "family": r["product_family"], "type": r["credit_type"], "order": r["order_id"],
             "customer": r["account_id"], "deal": self.lines[r["order_line_id"]]["deal"]} for r in self.rows
        ]  # fmt: skip
        return World(self.own, DIGITS, credits, self.lines, self.returns, self.payees, self.stays, self.quotas, self.kind, self.starts,
                     self.rates, self.kpis, self.absences, self.invoices, self.payments)  # fmt: skip
