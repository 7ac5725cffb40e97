"""Whatever happens, in whatever order: accounts add up, debts are real, releases come to what is due, order changes nothing."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compensation.settlement.adjusting import ADJUSTMENTS
from compensation.settlement.cash import cash_of
from compensation.settlement.manual import HOLDS, RELEASES
from compensation.settlement.settle import NOTHING_WAITS, settled
from tests.compensation.payout.payout_world import component, plan, version
from tests.compensation.settlement.settlement_world import NAMES, Months, earned, period, terms
from tests.worlds import small_world, table

MONTHS = 5
cents = st.integers(-9_999_99, 9_999_99).map(lambda units: Decimal(units).scaleb(-2))
month = st.integers(1, MONTHS)
FACTS = small_world([{"id": "O", "date": "2026-01-05", "lines": ["700", "300"]}])
on_payment = plan(version(component(release={"on": "payment"})))
rules = st.fixed_dictionaries(
    {},
    optional={
        "draw": st.fixed_dictionaries(
            {"kind": st.sampled_from(["advance", "top_up"]), "recoverable": st.just("true"), "amount": st.just("1000")},
            optional={
                "measure": st.sampled_from(["earned", "payable"]),
                "recovery": st.sampled_from([{"share": "40%"}, {"cap": "250"}, {"starts": "2026-03-01", "share": "70%", "cap": "400"}]),
                "to": st.just("2026-04-01"),
                "forgiven_on": st.just("2026-05-10"),
            },
        ),
        "holdback": st.sampled_from([{"share": "13%", "release_after": "2"}, {"share": "20%", "release_on": "payment"}]),
        "minimum_payment": st.just("75"),
        "recovers_from_leavers": st.just("true"),
        "releases_to_leavers": st.just("at_once"),
    },
).filter(bool)  # fmt: skip


@st.composite
def stories(draw):
    """What is earned and corrected, paid by customers, adjusted, held and released, month by month."""
    lines = draw(
        st.lists(st.tuples(month, month, cents, st.sampled_from(["O-1", "O-2", None])), min_size=1, max_size=6)
    )
    payments = draw(st.lists(st.tuples(month, st.integers(-60_000, 120_000)), max_size=5))
    holds = draw(
        st.lists(
            st.tuples(month, st.one_of(st.none(), st.integers(1, 200_000)), st.sampled_from(["O-1", None])), max_size=2
        )
    )
    frees = draw(st.lists(st.tuples(month, st.one_of(st.none(), st.integers(1, 100_000))), max_size=2)) if holds else []
    adjusted = draw(st.lists(st.tuples(month, cents), max_size=2))
    return (
        draw(rules),
        draw(st.sampled_from([None, "2026-02-15", "2026-03-31"])),
        lines,
        payments,
        holds,
        frees,
        adjusted,
    )


def _proposed(lines, number):
    """The lines of a month; of an earlier earning month they are corrections."""
    return [
        earned(amount, number, line=line, of=min(of, number)).with_columns(credit_number=pl.lit(place, dtype=pl.Int16))
        for place, (at, of, amount, line) in enumerate(lines, start=1)
        if at == number and amount
    ]  # fmt: skip


def _waits(story, number):
    _, _, _, payments, holds, frees, _ = story
    paid = [
        {"payment_id": str(place), "order_id": "O", "date": (period(at).first + timedelta(days=3)).isoformat(), "amount": Decimal(units).scaleb(-2)}
        for place, (at, units) in enumerate(payments)
    ]  # fmt: skip
    facts = {**FACTS, "payments": table("payments", paid)}
    cash = cash_of([on_payment], facts, period(number))
    held = [
        {"reference": f"H{place}", "period": NAMES[at - 1], "payee_id": "R1", "currency": "EUR", "order_line_id": line, "reason": "r", "by": "a",
         "amount": None if units is None else Decimal(units).scaleb(-2)}
        for place, (at, units, line) in enumerate(holds)
    ]  # fmt: skip
    free = [
        {"reference": f"F{place}", "hold": "H0", "period": NAMES[at - 1], "reason": "f", "by": "a", "approved_by": "b",
         "amount": None if units is None else Decimal(units).scaleb(-2)}
        for place, (at, units) in enumerate(frees)
    ]  # fmt: skip
    return replace(
        NOTHING_WAITS, cash=cash, holdback=cash.with_columns(component=pl.lit("")), holds=pl.DataFrame(held, schema=HOLDS),
        releases=pl.DataFrame(free, schema=RELEASES),
    )  # fmt: skip


def _adjustments(story):
    rows = [
        {"reference": f"A{place}", "period": NAMES[at - 1], "payee_id": "R1", "currency": "EUR", "amount": amount, "reason": "r",
         "approved_by": "b", "counts_to_quota": False}
        for place, (at, amount) in enumerate(story[6])
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=ADJUSTMENTS)


def _played(story):
    said, left, lines, *_ = story
    months = Months(terms(**said), **({"termination_date": left} if left else {}))
    for number in range(1, MONTHS + 1):
        months.settle(number, *_proposed(lines, number), adjustments=_adjustments(story), waits=_waits(story, number))
        yield months, months.results[-1], number


def _sum(rows, *kinds):
    return rows.filter(pl.col("kind").is_in(kinds))["amount"].sum()


def _accounts_add_up_debts_are_real_and_nothing_is_held_that_is_not_there(story):
    for months, result, _ in _played(story):
        posted = months.posted
        row = result.balances.row(0, named=True) if result.balances.height else {"carried_forward": 0, "draw_debt": 0}
        assert posted["amount"].sum() == row["carried_forward"]
        forgiven = posted.filter(pl.col("component") == "draw_forgiven")["amount"].sum()
        assert forgiven == 0
        assert -_sum(posted, "recovery") <= _sum(posted, "draw")
        owed = posted.filter((pl.col("component") == "draw") | (pl.col("kind") == "recovery"))["amount"].sum()
        assert row["draw_debt"] == owed >= 0
        assert result.held["amount"].sum() == -_sum(posted, "hold", "release")
        assert (
            not posted.select("posting_period", "component", "kind", "earning_period", "order_line_id", "credit_number")
            .is_duplicated()
            .any()
        )


def _the_same_month_again_posts_nothing_and_the_order_of_rows_changes_nothing(story):
    *_, (months, last, number) = _played(story)
    waits, adjustments = _waits(story, number), _adjustments(story)
    before = months.posted.filter(pl.col("posting_period") != NAMES[number - 1])
    lines = pl.concat([earned(0, number).clear(), *_proposed(story[2], number)])
    shuffled = [frame.sample(fraction=1, shuffle=True, seed=7) for frame in (lines, before, adjustments)]
    mixed = replace(waits, cash=waits.cash.reverse(), holdback=waits.holdback.reverse(), holds=waits.holds.reverse(), releases=waits.releases.reverse())  # fmt: skip
    again = settled(
        shuffled[0], shuffled[1], months.terms, months.payees, period(number), adjustments=shuffled[2], waits=mixed
    )
    assert again.postings.equals(last.postings)
    assert again.balances.equals(last.balances)
    assert again.held.equals(last.held)


def _several_releases_add_up_to_the_share_that_came(amount, payments):
    story = ({"minimum_payment": "0.01"}, None, [(1, 1, amount, "O-1")], list(enumerate(payments, start=1)), [], [], [])
    came = 0
    for months, _, number in _played(story):
        came += payments[number - 1] if number <= len(payments) else 0
        share = min(Fraction(1), max(Fraction(0), Fraction(came, 100_000)))
        free = share * abs(Fraction(amount)) * 100
        expected = (2 * free.numerator + free.denominator) // (2 * free.denominator) * (1 if amount >= 0 else -1)
        assert _sum(months.posted, "earning", "hold", "release") * 100 == expected


PROPERTIES = (
    (_accounts_add_up_debts_are_real_and_nothing_is_held_that_is_not_there, (stories(),)),
    (_the_same_month_again_posts_nothing_and_the_order_of_rows_changes_nothing, (stories(),)),
    (_several_releases_add_up_to_the_share_that_came, (cents, st.lists(st.integers(-30_000, 50_000), min_size=1, max_size=5))),
)  # fmt: skip


@pytest.mark.parametrize("times", [8, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("holds", "drawn"), PROPERTIES, ids=[check.__name__.strip("_") for check, _ in PROPERTIES])
def test_it_holds_whatever_happens(holds, drawn, times):
    settings(max_examples=times, deadline=None, suppress_health_check=list(HealthCheck))(given(*drawn)(holds))()
