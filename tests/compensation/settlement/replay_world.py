"""A few sellers in plain Python: what their sales earn as known now, priced without any of the program's own code."""

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl

from compensation.settlement.approvals import ANSWER, DIFFERENCE, REDUCTION, needs_approval, ready
from compensation.settlement.difference import OWED, proposals
from compensation.settlement.due import LINE
from compensation.settlement.manual import HOLDS, RELEASES
from compensation.settlement.settle import NOTHING_WAITS, Waits, settled
from compensation.settlement.terms import Terms
from schemas.core.settlement import Posting
from schemas.dtypes import MONEY
from schemas.rules.settlement import Settlement
from tests.compensation.settlement.settlement_world import NAMES, period
from tests.worlds import small_world

PAYEES = ("R1", "R2")
QUARTERS = (1, 2)
LOW = Fraction(5, 100)
DRAW = {
    "draw": {"kind": "top_up", "recoverable": "true", "amount": "500"},
    "holdback": {"share": "10%", "release_after": "2"},
}
DUE = pl.Schema({**dict.fromkeys(LINE, pl.String()), "credit_number": pl.Int16(), "due": MONEY, "basis": pl.String()})


@dataclass
class Sale:
    """One order of one line, and what came back of it: ``(day, cents)``."""

    payee: str
    day: date
    cents: int
    is_cancelled: bool = False
    returns: list = field(default_factory=list)


@dataclass
class Books:
    """All that is known on one night; ``top`` is the rate above the quota, in per cent."""

    sales: dict = field(default_factory=dict)
    quotas: dict = field(
        default_factory=lambda: {(payee, quarter): 100_000_00 for payee in PAYEES for quarter in QUARTERS}
    )
    top: int = 8

    def decided(self):
        """What people decide: it flows into a closed month only once somebody approves it."""
        return dict(self.quotas), self.top

    def lines(self):
        """What each line earns: marginal on the quota of the sale's quarter, a line the difference of two rounded totals."""
        for payee in PAYEES:
            for quarter in QUARTERS:
                position = 0
                for day, is_return, name, of, cents in sorted(self._moves(payee, quarter)):
                    before, position = position, position + cents
                    units = self._paid(position, payee, quarter) - self._paid(before, payee, quarter)
                    basis = {"order": of, "event_date": str(day), "amount": str(cents), "position_before": str(before)}
                    yield payee, NAMES[day.month - 1], of, name if is_return else None, units, json.dumps(basis)

    def _moves(self, payee, quarter):
        for name, sale in self.sales.items():
            if sale.payee == payee and (sale.day.month + 2) // 3 == quarter and not sale.is_cancelled:
                yield sale.day, False, name, name, sale.cents
                for number, (day, cents) in enumerate(sale.returns):
                    yield max(day, sale.day), True, f"{name}-back-{number}", name, -cents

    def _paid(self, position, payee, quarter):
        """Cents that a position is worth, rounded half away from zero."""
        quota = self.quotas[payee, quarter]
        exact = LOW * min(position, quota) + Fraction(self.top, 100) * max(0, position - quota)
        rounded = int(abs(exact) + Fraction(1, 2))
        return rounded if exact >= 0 else -rounded

    def due(self):
        """The same as the program's frame of what is due."""
        rows = [
            (payee, "EUR", "plan", "commission", of, line, back, 1, Decimal(units) / 100, basis)
            for payee, of, line, back, units, basis in self.lines()
        ]
        return pl.DataFrame(rows, schema=DUE, orient="row")


class Ledger:
    """Months closed one after another, in memory."""

    def __init__(self):
        self.posted, self.month, self.answers = Posting.empty_frame(), 1, pl.DataFrame(schema=ANSWER)
        self.decided, self.holds, self.released, self.carried = {}, [], [], {}
        self.payees = small_world([], payees=[{"payee_id": one, "payee_name": one, "role": "sales_rep", "currency": "EUR"} for one in PAYEES])["payees"]  # fmt: skip
        self.terms = (Terms("R2", "plan", "EUR", Settlement.model_validate(DRAW)),)

    def proposed(self, books):
        """What the open month would post of what is due, and what of it waits for an approval."""
        found = proposals(books.due(), self.posted, NAMES[self.month - 1], NAMES, changed=self._changed(books))
        return found, needs_approval(found, self.answers)

    def _changed(self, books):
        def changed(behind, posted_in):
            was, now = self.decided.get(posted_in, books.decided()), books.decided()
            key = behind.payee_id, (int(behind.period[-2:]) + 2) // 3
            said = {"quota": "quota"} if was[0][key] != now[0][key] else {}
            return said | ({"plan version": "plan version"} if was[1] != now[1] else {})

        return changed

    def approve(self, books):
        """Somebody approves all that waits, with a document."""
        questions = self.proposed(books)[1]
        given = questions.select(
            "what", "subject", "content_hash", by=pl.lit("boss"), document=pl.lit("Letter"), note=pl.lit("seen")
        )
        self.answers = pl.concat([self.answers, given.cast(ANSWER)])
        assert set(questions["what"]) <= {DIFFERENCE, REDUCTION}

    def close(self, books):
        """Post the open month, and go on to the next."""
        lines, questions = self.proposed(books)
        result = settled(
            ready(lines, questions), self.posted, self.terms, self.payees, period(self.month), waits=self._waits()
        )
        number = pl.int_range(pl.len(), dtype=pl.Int64) + self.posted.height + 1
        new = result.postings.with_columns(posting_number=number, posting_period=pl.lit(NAMES[self.month - 1]))
        self.posted = pl.concat([self.posted, new.select(Posting.columns())])
        self.decided[NAMES[self.month - 1]] = books.decided()
        self.month += 1
        self.carried = dict(result.balances.select("payee_id", "carried_forward").rows())
        return result

    def _waits(self):
        known = dict.fromkeys(NOTHING_WAITS.holds.columns)
        holds = [{**known, "reference": name, "period": NAMES[month - 1], "payee_id": payee, "currency": "EUR", "reason": "checked", "by": "a"} for name, month, payee in self.holds]  # fmt: skip
        free = [{"reference": f"{name}-free", "hold": name, "period": NAMES[month - 1], "amount": None, "reason": "fine", "by": "a", "approved_by": "b"} for name, month in self.released]  # fmt: skip
        return Waits(
            NOTHING_WAITS.cash,
            NOTHING_WAITS.holdback,
            pl.DataFrame(holds, schema=HOLDS),
            pl.DataFrame(free, schema=RELEASES),
        )

    def owed(self):
        """What was posted for what is earned: cents per payee and earning period."""
        rows = (
            self.posted.filter(pl.col("kind").is_in(OWED))
            .group_by("payee_id", "earning_period")
            .agg(pl.col("amount").sum())
        )
        return {(payee, of): int(amount * 100) for payee, of, amount in rows.rows() if amount}
