"""From earned to paid: draws, recovery, holds, minimum payment, leavers; the identity holds always."""

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compensation.settlement.adjusting import ADJUSTMENTS
from compensation.settlement.cash import cash_of
from compensation.settlement.manual import HOLDS, RELEASES
from compensation.settlement.settle import NOTHING_WAITS
from tests.compensation.payout.payout_world import component, plan, version
from tests.compensation.settlement.settlement_world import Months, earned, period, terms
from tests.worlds import small_world


def _draw(amount, **more):
    return terms(draw={"kind": "top_up", "recoverable": "true", "amount": amount, **more})


def _paid(months, *amounts):
    return [months.settle(number, earned(amount, number))["paid"] for number, amount in enumerate(amounts, start=1)]


def test_a_recoverable_draw_is_paid_back_and_one_that_is_not_stays():
    """Worked example 24: draw 1,500; earned 500, then 3,000."""
    assert _paid(Months(_draw("1500")), "500", "3000") == ["1500", "2000"]
    assert _paid(Months(_draw("1500", recoverable="false")), "500", "3000") == ["1500", "3000"]


@pytest.mark.parametrize(
    ("amount", "made", "cheque", "debt"), [("4000", "6000", "-2000", "0"), ("3000", "2000", None, "1000"), ("3000", "5000", "-2000", "0")]
)  # fmt: skip
def test_an_advance_is_paid_at_the_start_and_the_rest_at_the_end(amount, made, cheque, debt):
    """Worked example 25."""
    months = Months(_draw(amount, kind="advance"))
    assert months.settle(1, earned(made, 1))["draw_debt"] == debt
    parts = dict(months.posted.filter(pl.col("kind") == "payment").select("component", "amount").rows())
    assert parts == {"advance": -Decimal(amount)} | ({"net": Decimal(cheque)} if cheque else {})


def test_a_leaver_keeps_a_debt_that_nobody_deducts():
    """Scenario 22."""
    months = Months(_draw("3000"), termination_date="2026-02-28")
    assert months.settle(1, earned("1200", 1))["draw_debt"] == "1800"
    assert months.settle(2, earned("2500", 2))["draw_debt"] == "2300"
    march = months.settle(3, earned("400", 3))
    assert (march["paid"], march["recovered"], march["draw_debt"]) == ("400", "0", "2300")
    assert months.results[-1].findings["code"].to_list() == ["leaver_owes"]


def test_recovery_starts_when_it_says_takes_its_share_and_leaves_the_draw():
    months = Months(_draw("1000", recovery={"starts": "2026-03-01", "share": "50%", "cap": "600"}))
    found = [
        months.settle(n, earned(made, n)) for n, made in enumerate(["0", "1500", "1500", "3000", "900", "9000"], 1)
    ]
    assert [row["recovered"] for row in found] == ["0", "0", "250", "600", "0", "250"]
    assert [row["paid"] for row in found] == ["1000", "1500", "1250", "2400", "1000", "8750"]
    assert [row["draw_debt"] for row in found] == ["1000", "1000", "750", "150", "250", "0"]


def test_what_is_forgiven_is_two_lines_and_moves_no_cash():
    months = Months(_draw("1000", to="2026-02-01", forgiven_on="2026-02-15"))
    months.settle(1, earned("400", 1))
    february = months.settle(2)
    assert (february["drawn"], february["recovered"], february["paid"], february["draw_debt"]) == (
        "600",
        "600",
        "0",
        "0",
    )


def test_the_draw_of_a_month_of_hire_counts_its_days():
    assert Months(_draw("3100"), hire_date="2026-01-22").settle(1)["paid"] == "1000"


def test_a_guarantee_comes_before_the_draw():
    row = Months(_draw("1500")).settle(1, earned("500", 1), earned("400", 1, "guarantee"))
    assert (row["earned"], row["guaranteed"], row["drawn"]) == ("500", "400", "600")


def test_a_holdback_is_released_months_later_and_follows_corrections():
    months = Months(terms(holdback={"share": "10%", "release_after": "2"}))
    assert months.settle(1, earned("1000", 1, line="L1"))["held"] == "100"
    february = months.settle(2, earned("-400", 2, line="L1", of=1))
    assert (february["corrected"], february["released"], february["paid"], february["carried_forward"]) == (
        "-400",
        "40",
        "0",
        "-360",
    )
    assert months.settle(3)["released"] == "60"


def test_too_little_waits_and_a_leaver_is_paid_it():
    rule = terms(minimum_payment="50")
    months = Months(rule)
    assert months.settle(1, earned("49.99", 1))["carried_forward"] == "49.99"
    assert months.settle(2, earned("0.01", 2))["paid"] == "50"
    assert Months(rule, termination_date="2026-01-15").settle(1, earned("10", 1))["paid"] == "10"


def test_a_balance_below_nothing_is_carried_and_recovered_in_the_open():
    months = Months()
    assert months.settle(1, earned("-300", 1))["carried_forward"] == "-300"
    february = months.settle(2, earned("1000", 2))
    assert (february["opening"], february["paid"]) == ("-300", "700")


ADJUSTMENT = {
    "measure": None, "reference": "A-1", "period": "2026-P01", "payee_id": "R1", "currency": "EUR", "amount": Decimal(250), "plan": "plan",
    "reason": "Award", "approved_by": "bob", "order_line_id": None, "counts_to_quota": False,
}  # fmt: skip


def test_an_adjustment_is_posted_once_with_its_reason_and_approver():
    months, frame = Months(), pl.DataFrame([ADJUSTMENT], schema=ADJUSTMENTS)
    assert months.settle(1, adjustments=frame)["adjusted"] == "250"
    assert months.posted["cause"][0] == "Award (approved by bob; does not count to quota)"
    assert months.settle(2, adjustments=frame) == {}


HOLD = {
    "reference": "H-1", "period": "2026-P01", "payee_id": "R1", "currency": "EUR", "order_line_id": "L1", "reason": "Disputed",
    "by": "ann",
}  # fmt: skip
RELEASE = {"reference": "F-1", "hold": "H-1", "by": "ann", "approved_by": "bob"}


def _waits(*releases, hold=HOLD):
    return replace(
        NOTHING_WAITS, holds=pl.DataFrame([hold], schema=HOLDS), releases=pl.DataFrame(list(releases), schema=RELEASES)
    )


def test_a_manual_hold_keeps_its_line_until_it_is_released():
    months = Months()
    january = months.settle(1, earned("100", 1, line="L1"), earned("70", 1, line="L2"), waits=_waits())
    assert (january["held"], january["paid"]) == ("100", "70")
    assert months.settle(2, earned("20", 2, line="L1", of=1), waits=_waits())["held"] == "20"
    some = {**RELEASE, "period": "2026-P03", "amount": Decimal(30), "reason": "Partly agreed"}
    assert months.settle(3, waits=_waits(some))["released"] == "30"
    rest = {**RELEASE, "reference": "F-2", "period": "2026-P04", "reason": "Settled"}
    assert months.settle(4, waits=_waits(some, rest))["released"] == "90"
    assert "hold H-1: Settled (released by ann, approved by bob)" in months.posted["cause"].to_list()


ON_PAYMENT = plan(version(component(release={"on": "payment"})))


def _cash(month, *payments, returns=(), plans=ON_PAYMENT):
    rows = [
        {"payment_id": str(n), "order_id": "O", "date": day, "amount": amount}
        for n, (day, amount) in enumerate(payments)
    ]
    facts = small_world([{"id": "O", "date": "2026-01-05", "lines": ["1000000"]}], returns, payments=rows)
    return replace(NOTHING_WAITS, cash=cash_of([plans], facts, period(month)))


def test_pay_follows_cash_in_proportion():
    """Worked example 28: 1,000,000 at 10 %; half is paid, then the rest, too much, and some of it back."""
    months, sale = Months(), earned("100000", 1, line="O-1")
    payments = [("2026-01-20", "500000"), ("2026-02-20", "500000"), ("2026-03-20", "200000"), ("2026-04-20", "-300000")]
    assert months.settle(1, sale, waits=_cash(1, *payments))["paid"] == "50000"
    assert months.settle(2, waits=_cash(2, *payments))["released"] == "50000"
    march = months.settle(3, waits=_cash(3, *payments))
    assert march == {}
    april = months.settle(4, waits=_cash(4, *payments))
    assert (april["held"], april["carried_forward"]) == ("10000", "-10000")


def test_what_is_returned_is_no_longer_owed_and_guard_days_wait():
    back = [{"id": "R", "line": "O-1", "date": "2026-02-03", "amount": "500000"}]
    row = _cash(2, ("2026-02-20", "250000"), returns=back).cash.row(0, named=True)
    assert (row["paid"], row["owed"]) == (250_000_000, 500_000_000)
    guarded = plan(version(component(release={"on": "payment", "guard_days": "30"})))
    assert _cash(2, ("2026-02-20", "1"), plans=guarded).cash["paid"].to_list() == [0]
    assert _cash(3, ("2026-02-20", "1"), plans=guarded).cash["paid"].to_list() == [1000]


cents = st.integers(-5_000_00, 5_000_00).map(lambda n: Decimal(n).scaleb(-2))


@settings(max_examples=20)
@given(
    st.lists(cents, min_size=1, max_size=6),
    st.sampled_from(["advance", "top_up"]),
    st.sampled_from(["earned", "payable"]),
)
def test_whatever_is_earned_the_account_adds_up_and_a_draw_is_never_cut(amounts, kind, measure):
    draw = {"kind": kind, "recoverable": "true", "amount": "1000", "measure": measure}
    months = Months(terms(draw=draw, holdback={"share": "7%", "release_after": "1"}, minimum_payment="20"))
    for number, amount in enumerate(amounts, start=1):
        months.settle(number, earned(amount, number))
        row = months.results[-1].balances.row(0, named=True)
        if not months.results[-1].balances["opening"][0] and measure == "payable":
            assert row["paid"] >= 1000
    assert months.posted["amount"].sum() == row["carried_forward"]
    owed = months.posted.filter(pl.col("kind").is_in(["draw", "recovery"]))["amount"].sum()
    assert owed == row["draw_debt"]
