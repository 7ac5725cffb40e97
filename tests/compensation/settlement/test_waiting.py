"""What waits: for cash, guard periods, holdbacks and people; what is told of it; and pay in another currency."""

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from compensation.settlement.adjusting import ADJUSTMENTS, adjustments_in_facts
from compensation.settlement.cash import cash_of, holdback_cash
from compensation.settlement.disputes import Closed, disputes_shown, open_disputes
from compensation.settlement.due import due_lines
from compensation.settlement.manual import HOLDS, RELEASES
from compensation.settlement.pay_currency import in_pay_currency
from compensation.settlement.settle import NOTHING_WAITS
from tests.compensation.payout.payout_world import component, credits_of, pay_world, plan, version
from tests.compensation.settlement.settlement_world import CALENDAR, Months, earned, period, terms
from tests.worlds import small_world, table

ORDER = [{"id": "O", "date": "2026-01-15", "lines": ["1000"]}]


def _plan(**release):
    return plan(version(component(release=release)))


def _world(*payments, invoices=(), orders=ORDER, returns=()):
    rows = [
        {"payment_id": str(n), "order_id": "O", "date": day, "amount": amount}
        for n, (day, amount) in enumerate(payments)
    ]
    bills = [{"invoice_id": str(n), "order_id": "O", "date": day, "amount": amount, "due_date": due} for n, (day, amount, due) in enumerate(invoices)]  # fmt: skip
    return small_world(orders, returns, payments=rows, invoices=bills)


def _cash(month, facts, **release):
    return replace(NOTHING_WAITS, cash=cash_of([_plan(**release)], facts, period(month)))


@pytest.mark.parametrize(
    ("release", "free_in"),
    [
        ({"on": "booking"}, 1), ({"on": "booking", "guard_days": 20}, 2), ({"on": "booking", "guard_periods": 2}, 3),
        ({"on": "booking", "guard_days": 20, "guard_periods": 1}, 3), ({"on": "payment"}, 2), ({"on": "payment", "guard_periods": 1}, 3),
        ({"on": "payment", "guard_days": 18}, 2), ({"on": "payment", "guard_days": 19}, 3), ({"on": "invoice", "guard_days": 30}, 3),
    ],
)  # fmt: skip
def test_a_release_is_no_earlier_than_its_guard_period_ends(release, free_in):
    """Booked on 15 January, paid on 10 February, invoiced on 31 January: 30 days later it is 2 March."""
    facts, months = _world(("2026-02-10", "1000"), invoices=[("2026-01-31", "1000", None)]), Months()
    paid = [
        months.settle(n, *([earned("100", 1, line="O-1")] if n == 1 else []), waits=_cash(n, facts, **release)).get("paid")
        for n in (1, 2, 3)
    ]  # fmt: skip
    assert [n for n, amount in enumerate(paid, start=1) if amount == "100"] == [free_in]


def test_what_is_held_says_what_it_waits_for_and_the_period_in_which_it_is_expected():
    facts = _world(("2026-01-20", "250"), invoices=[("2026-01-16", "1000", "2026-03-17")])
    months = Months()
    months.settle(1, earned("100", 1, line="O-1"), waits=_cash(1, facts, on="payment"))
    (row,) = months.results[-1].held.rows(named=True)
    assert (row["hold"], row["component"], row["order_line_id"], row["amount"]) == (
        "payment",
        "commission",
        "O-1",
        Decimal(75),
    )
    assert (row["condition"], row["expected_period"]) == ("payment: 250.00 of 1,000.00 EUR", "2026-P03")
    assert months.posted.filter(pl.col("kind") == "hold")["cause"].to_list() == ["payment: 250.00 of 1,000.00 EUR"]


@pytest.mark.parametrize("later", [_cash(2, small_world([]), on="payment"), _cash(2, _world(), on="booking")])
def test_a_line_whose_order_or_rule_is_gone_keeps_nothing(later):
    months = Months()
    months.settle(1, earned("100", 1, line="O-1"), waits=_cash(1, _world(), on="payment"))
    assert months.settle(2, waits=later)["released"] == "100"
    assert months.results[-1].held.is_empty()
    assert months.posted["cause"].to_list()[-2:] == ["no longer waits", "net payable"]


def test_a_cancelled_order_releases_its_hold_and_takes_its_pay_back():
    months = Months()
    months.settle(1, earned("100", 1, line="O-1"), waits=_cash(1, _world(), on="payment"))
    gone = _cash(2, _world(orders=[{**ORDER[0], "status": "cancelled", "cancelled_date": "2026-02-03"}]), on="payment")
    row = months.settle(2, earned("-100", 2, line="O-1", of=1), waits=gone)
    assert (row["corrected"], row["released"], row["paid"], row["carried_forward"]) == ("-100", "100", "0", "0")


def test_who_leaves_is_released_what_waits_at_once_where_the_plan_says_so():
    for said, released in (("at_once", "100"), ("when_due", "0")):
        months = Months(terms(releases_to_leavers=said, minimum_payment="1"), termination_date="2026-02-20")
        months.settle(1, earned("100", 1, line="O-1"), waits=_cash(1, _world(), on="payment"))
        assert months.settle(2, waits=_cash(2, _world(), on="payment"))["released"] == released
        paid = _world(("2026-04-02", "1000"))
        assert months.settle(4, waits=_cash(4, paid, on="payment")).get("paid", "0") == (
            "0" if said == "at_once" else "100"
        )


def test_a_holdback_until_the_customer_pays_is_released_in_proportion():
    words, months = {"holdback": {"share": "20%", "release_on": "payment"}}, Months()
    facts = _world(("2026-02-02", "400"), ("2026-03-02", "600"))
    found = [
        months.settle(
            n, *([earned("100", 1, line="O-1"), earned("30", 1, component="bonus")] if n == 1 else []), terms=terms(**words),
            waits=replace(NOTHING_WAITS, holdback=holdback_cash(["plan"], {"plan": "payment"}, facts, period(n))),
        )
        for n in (1, 2, 3)
    ]  # fmt: skip
    assert [(row["held"], row["released"], row["paid"]) for row in found] == [
        ("20", "0", "110"),
        ("0", "8", "8"),
        ("0", "12", "12"),
    ]


def _holds(*holds, frees=()):
    own = [
        {"payee_id": "R1", "currency": "EUR", "period": "2026-P01", "reason": "r", "by": "ann", **hold}
        for hold in holds
    ]
    return replace(
        NOTHING_WAITS, holds=pl.DataFrame(own, schema=HOLDS), releases=pl.DataFrame(list(frees), schema=RELEASES)
    )


def test_what_one_hold_keeps_no_other_keeps_as_well():
    waits = _holds(
        {"reference": "H-1", "order_line_id": "L1"}, {"reference": "H-2"}, {"reference": "H-3", "amount": Decimal(50)}
    )
    months = Months(terms(holdback={"share": "10%", "release_after": "1"}))
    row = months.settle(1, earned("100", 1, line="L1"), earned("70", 1, line="L2"), waits=waits)
    assert (row["held"], row["paid"], row["carried_forward"]) == ("170", "0", "0")
    kept = dict(months.posted.filter(pl.col("kind") == "hold").select("component", "amount").rows())
    assert kept == {"hold:H-1": Decimal(-100), "hold:H-2": Decimal(-70)}
    told = {row["hold"]: row["condition"] for row in months.results[-1].held.rows(named=True)}
    assert told["H-1"] == "r; until somebody releases it, and somebody else approves that"


def test_a_hold_of_an_amount_keeps_no_more_than_there_is():
    months, waits = Months(), _holds({"reference": "H-1", "amount": Decimal(500), "release_on": "the car is back"})
    assert months.settle(1, earned("300", 1), waits=waits)["paid"] == "0"
    assert months.settle(2, earned("350", 2), waits=waits)["paid"] == "150"
    assert months.results[-1].held["condition"].to_list() == ["r; until the car is back"]


def _adjustments(amount, **more):
    row = {"adjustment_id": "J1", "payee_id": "R1", "period": "2026-Q1", "amount": amount, "currency": "EUR", "reason": "Award", "entered_by": "a", "approved_by": "b", "counts_to_quota": True, "measure": "new_business", **more}  # fmt: skip
    return adjustments_in_facts(table("adjustments", [row]), CALENDAR)


def test_an_adjustment_of_the_contract_table_is_posted_and_corrected_like_any_fact():
    months = Months()
    assert _adjustments("250")["period"].to_list() == ["2026-P03"]
    assert months.settle(2, adjustments=_adjustments("250")) == {}
    assert months.settle(3, adjustments=_adjustments("250"))["adjusted"] == "250"
    assert months.settle(4, adjustments=_adjustments("300"))["adjusted"] == "50"
    assert months.settle(5, adjustments=pl.DataFrame(schema=ADJUSTMENTS))["adjusted"] == "-300"
    assert months.posted.filter(pl.col("kind") == "adjustment")["cause"].to_list() == [
        "Award (approved by b; counts to the quota of new_business)",
        "Award (approved by b; counts to the quota of new_business); 250.00 → 300.00",
        "the adjustment is gone; 300.00 taken back",
    ]


def test_a_plan_that_pays_in_another_currency_posts_in_it():
    paying = plan(
        version(component(window="month")), pays_in={"currency": "GBP", "converted_on": "event", "source": "Letter"}
    )
    rows = credits_of([{"on": "2026-01-10", "amount": "1000"}, {"on": "2026-02-10", "amount": "333.33"}])
    rates = [
        {"currency": "GBP", "valid_from": "2026-01-01", "rate": "1.25"},
        {"currency": "GBP", "valid_from": "2026-02-01", "rate": "1.20"},
    ]
    paid = pay_world(rows, paying, fx_rates=rates)
    due = in_pay_currency(due_lines(paid.earnings, paid.bonuses), paid.pay_amounts).sort("earning_period")
    assert due.select("currency", "due").rows() == [("GBP", Decimal(80)), ("GBP", Decimal("27.78"))]


def test_a_month_on_quarterly_attainment_by_difference_and_by_this_months_rate():
    """Worked example 43: 80,000 and 60,000, 5 % and 10 % from 100,000 on; 4,000 and 10,000, or 4,000 and 6,000."""
    curve = {"shape": "retroactive", "of": "amount", "tiers": [{"from": "0", "to": "100000", "rate": "5%"}, {"from": "100000", "to": None, "rate": "10%"}]}  # fmt: skip
    rows = credits_of([{"on": "2026-01-10", "amount": "80000"}, {"on": "2026-02-10", "amount": "60000"}])
    for words, expected in (
        ({"window": "quarter"}, [4000, 10000]),
        ({"window": "month", "tier_window": "quarter"}, [4000, 6000]),
    ):
        paid, months = pay_world(rows, plan(version(component(curve=curve, **words)))), Months()
        due = due_lines(paid.earnings, paid.bonuses).sort("earning_period")["due"]
        assert [int(months.settle(n, earned(amount, n))["paid"]) for n, amount in enumerate(due, start=1)] == expected


ASKED = {
    "reference": "D1",
    "period": "2026-P01",
    "payee_id": "R1",
    "figure": "commission",
    "order_line_id": "L1",
    "claim": "Mine alone.",
    "by": "eve",
}
CLOSED = [
    Closed("2026-P01", "2026-02-05T10:00:00"),
    Closed("2026-P02", "2026-03-05T10:00:00"),
    Closed("2026-P03", "2026-04-05T10:00:00"),
]


@pytest.mark.parametrize(
    ("raised", "answered", "shown"),
    [
        ("2026-02-06T09:00:00", None, [("2026-P02", "open"), ("2026-P03", "open"), ("2026-P04", "open")]),
        ("2026-02-06T09:00:00", "2026-02-20T09:00:00", [("2026-P02", "rejected")]),
        ("2026-02-06T09:00:00", "2026-03-20T09:00:00", [("2026-P02", "open"), ("2026-P03", "rejected")]),
        ("2026-04-06T09:00:00", None, [("2026-P04", "open")]),
    ],
)
def test_a_dispute_stands_on_each_statement_until_the_one_that_answers_it(raised, answered, shown):
    asked = pl.DataFrame([{**ASKED, "at": raised}])
    given = {"dispute": "D1", "outcome": "rejected", "text": "No.", "by": "k.ito", "at": answered}
    answers = pl.DataFrame([given] if answered else [], schema=dict.fromkeys(given, pl.String))
    found = disputes_shown(asked, answers, CLOSED, "2026-P04")
    assert found.select("fiscal_period", "state").rows() == shown
    warned = open_disputes(found, "2026-P04")
    assert warned["code"].to_list() == (["dispute_open"] if shown[-1] == ("2026-P04", "open") else [])
    if answered is None:
        assert warned["detail"][0].startswith("R1 disputes order line L1 of 2026-P01: Mine alone. Answer it:")
