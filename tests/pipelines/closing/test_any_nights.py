"""Nights, fixes and closes at random on real files: what is posted is what the sales earn as known last, priced without the program."""

import random
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from pipelines.ledger import Approval
from tests.compensation.settlement.replay_world import PAYEES, QUARTERS, Books, Sale
from tests.pipelines.closing.case_files import Case
from tests.pipelines.closing.case_play import APPROVER, OWED, Played

CASE = Case(
    "r01", "any nights", {"steps": [{"quotas": "x", "returns": "x", "opportunities": "x", "plan_assignments": "payee | plan\nR1 | quarter_quota\nR2 | quota_and_draw"}]}
)  # fmt: skip
FIRST, STEPS, MOST_CLOSES = date(2026, 1, 1), 6, 4


class Nights:
    """The same sales as plain books and as exports, and a store that closes them."""

    def __init__(self, root, seed):
        self.chance, self.books, self.played = random.Random(seed), Books(), Played(root, [CASE])  # noqa: S311
        self.closes = 0
        for _ in range(3):
            self.sell()

    def sell(self):
        name = f"O{len(self.books.sales)}"
        self.books.sales[name] = Sale(self.chance.choice(PAYEES), self._day(), self.chance.randint(1, 200_000_00))

    def fix(self):
        sale = self.chance.choice(list(self.books.sales.values()))
        least = sum(cents for _, cents in sale.returns)
        changes = (
            lambda: setattr(sale, "cents", self.chance.randint(max(1, least), 200_000_00 + least)),
            lambda: setattr(sale, "day", self._day()),
            lambda: setattr(sale, "is_cancelled", not sale.is_cancelled),
            lambda: sale.returns.append((self._day(), max(1, (sale.cents - least) // 2))) if sale.cents - least > 1 else None,
            lambda: self.books.quotas.update({(sale.payee, self.chance.choice(QUARTERS)): self.chance.randint(1_00, 200_000_00)}),
        )  # fmt: skip
        self.chance.choice(changes)()

    def night(self):
        """The exports of tonight, and what the open period would post; done twice, it is the same."""
        self._export()
        prepared = self.played.prepare()
        self.played.closed_stay("a night")
        return prepared

    def close(self):
        if self.closes < MOST_CLOSES:
            self.closes += 1
            self.played.close(self.night().open.period)

    def approve_all(self):
        for row in self.night().differences.filter(pl.col("state") == "waiting").rows(named=True):
            signed = Approval.of(
                row["what"], row["subject"], row["content_hash"], by=APPROVER, role="approver", document="Letter"
            )
            self.played.ledger.append(signed, row["interested"])

    def end(self):
        self.approve_all()
        prepared = self.night()
        own = prepared.proposals.select("payee_id", "earning_period", "amount")
        assert prepared.differences.filter(pl.col("state") != "approved").is_empty()
        posted = self.played.ledger.postings().filter(pl.col("kind").is_in(OWED)).select(own.columns)
        sums = pl.concat([posted, own]).group_by("payee_id", "earning_period").agg(pl.col("amount").sum())
        found = {(CASE.bare(payee), of): amount for payee, of, amount in sums.rows() if amount}
        due = self.books.due().group_by("payee_id", "earning_period").agg(pl.col("due").sum())
        reached = prepared.open.period
        assert found == {(payee, of): amount for payee, of, amount in due.rows() if amount and of <= reached}

    def undo(self):
        """A fix that is taken back leaves nothing."""
        clean = self.night()
        sale = next(iter(self.books.sales.values()))
        sale.cents += 7_77
        self.night()
        sale.cents -= 7_77
        again = self.night()
        assert again.lines.equals(clean.lines)
        assert again.balances.equals(clean.balances)

    def _day(self):
        return FIRST + timedelta(days=self.chance.randrange(180))

    def _export(self):
        exports, sales = self.played.exports["r01"], self.books.sales.items()
        exports.begun = True
        exports.tables |= {
            "payees": [{"payee": payee} for payee in PAYEES],
            "plan_assignments": [{"payee": "R1", "plan": "quarter_quota"}, {"payee": "R2", "plan": "quota_and_draw"}],
            "opportunities": [{"deal": f"D-{name}", "owner": sale.payee} for name, sale in sales],
            "quotas": [{"payee": payee, "period": f"2026-Q{quarter}", "amount": _euro(cents)} for (payee, quarter), cents in self.books.quotas.items()],
            "orders": [{"order": name, "date": str(sale.day), "amount": _euro(sale.cents), "deal": f"D-{name}", "status": "cancelled" if sale.is_cancelled else "confirmed"} for name, sale in sales],
            "returns": [{"return": f"{name}-back-{number}", "line": f"{name}-1", "date": str(max(day, sale.day)), "amount": _euro(cents)} for name, sale in sales for number, (day, cents) in enumerate(sale.returns)],
        }  # fmt: skip
        self.played.write()


def _euro(cents):
    return str(Decimal(cents) / 100)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 42))
def test_any_nights_fixes_and_closes_post_what_is_earned_as_known_last(tmp_path, seed):
    nights = Nights(tmp_path, seed)
    for _ in range(STEPS):
        nights.chance.choice((nights.sell, nights.fix, nights.fix, nights.close, nights.close, nights.approve_all))()
    nights.undo()
    nights.end()
