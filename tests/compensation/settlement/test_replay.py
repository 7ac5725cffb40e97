"""Any sequence of nights, fixes and closes: each earning period ends at what it earns as known last, wherever the closes fell."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.compensation.settlement.replay_world import PAYEES, QUARTERS, Books, Ledger, Sale

LAST = 7
days = st.dates(date(2026, 1, 1), date(2026, 6, 30))
cents = st.one_of(st.integers(1, 999), st.integers(1, 250_000_00))
which = st.integers(0, 5).map(lambda number: f"O{number}")


class Replay(RuleBasedStateMachine):
    """Sales that are entered, changed, moved, returned and cancelled while months close one after another."""

    def __init__(self):
        super().__init__()
        self.books, self.ledger, self.posted, self.undo = Books(), Ledger(), None, None

    @rule(name=which, payee=st.sampled_from(PAYEES), day=days, amount=cents)
    def sell(self, name, payee, day, amount):
        self.books.sales.setdefault(name, Sale(payee, day, amount))

    @rule(name=which, amount=cents)
    def change_the_amount(self, name, amount):
        sale = self.books.sales.get(name)
        if sale and sum(back for _, back in sale.returns) <= amount:
            sale.cents = amount

    @rule(name=which, day=days)
    def move_the_date(self, name, day):
        if name in self.books.sales:
            self.books.sales[name].day = day

    @rule(name=which)
    def cancel_or_take_back_the_cancellation(self, name):
        if name in self.books.sales:
            self.books.sales[name].is_cancelled ^= True

    @rule(name=which, payee=st.sampled_from(PAYEES))
    def give_to(self, name, payee):
        if name in self.books.sales:
            self.books.sales[name].payee = payee

    @rule(name=which, day=days, share=st.integers(1, 100))
    def take_back(self, name, day, share):
        sale = self.books.sales.get(name)
        left = sale.cents - sum(back for _, back in sale.returns) if sale else 0
        if left > 0:
            sale.returns.append((day, max(1, left * share // 100)))

    @rule(payee=st.sampled_from(PAYEES), quarter=st.sampled_from(QUARTERS), quota=st.integers(1_00, 300_000_00))
    def set_a_quota(self, payee, quarter, quota):
        self.books.quotas[payee, quarter] = quota

    @rule(top=st.sampled_from([7, 8, 12]))
    def change_the_plan(self, top):
        self.books.top = top

    @rule()
    def approve_what_waits(self):
        self.ledger.approve(self.books)

    @rule(payee=st.sampled_from(PAYEES))
    def hold_what_comes(self, payee):
        self.ledger.holds.append((f"H{len(self.ledger.holds)}", self.ledger.month, payee))

    @precondition(lambda self: len(self.ledger.holds) > len(self.ledger.released))
    @rule()
    def release_a_hold(self):
        name = self.ledger.holds[len(self.ledger.released)][0]
        self.ledger.released.append((name, self.ledger.month))

    @precondition(lambda self: self.ledger.month < LAST)
    @rule()
    def close(self):
        before = self.ledger.posted
        self.ledger.close(self.books)
        assert self.ledger.posted.head(before.height).equals(before), "what was posted stays"
        self._account_is_the_sum_of_its_postings()

    @precondition(lambda self: self.books.sales)
    @rule(amount=cents)
    def a_fix_and_its_undo_leave_nothing(self, amount):
        clean = self.ledger.proposed(self.books)
        sale = next(iter(self.books.sales.values()))
        was, back, sale.cents, sale.returns = sale.cents, sale.returns, amount, []
        self.ledger.proposed(self.books)
        sale.cents, sale.returns = was, back
        again = self.ledger.proposed(self.books)
        assert all(first.equals(second) for first, second in zip(clean, again, strict=True))

    @invariant()
    def no_hold_gives_more_than_it_keeps(self):
        held = self.ledger.posted.filter(pl.col("component").str.starts_with("hold:"))
        sums = held.group_by("component").agg(pl.col("amount").sum())
        assert sums.filter(pl.col("amount") > 0).is_empty()

    def teardown(self):
        self.ledger.month = LAST
        self.ledger.approve(self.books)
        self.ledger.close(self.books)
        due = self.books.due().group_by("payee_id", "earning_period").agg(pl.col("due").sum())
        wanted = {(payee, of): int(amount * 100) for payee, of, amount in due.rows() if amount}
        assert self.ledger.owed() == wanted
        self._account_is_the_sum_of_its_postings()
        self.ledger.month += 1
        assert self.ledger.proposed(self.books)[0].is_empty(), "nothing is posted twice"

    def _account_is_the_sum_of_its_postings(self):
        sums = dict(self.ledger.posted.group_by("payee_id").agg(pl.col("amount").sum()).rows())
        assert {who: sums.get(who, Decimal(0)) for who in self.ledger.carried} == self.ledger.carried


@pytest.mark.parametrize("examples", [15, pytest.param(2000, marks=pytest.mark.slow)])
def test_any_sequence_of_fixes_and_closes_ends_at_what_is_earned_as_known_last(examples):
    run_state_machine_as_test(Replay, settings=settings(max_examples=examples, stateful_step_count=15, deadline=None))
