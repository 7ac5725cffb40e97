"""Smallest cases of what random plans found: where the engine and the second opinion once disagreed."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from payout_world import component, credits_of, earned_by_credit, line_facts, pay_world, plan, version


def test_no_quota_pays_the_amount_for_each_order():
    """An order is 1 and not a cent: nothing in the window before pays the first tier's amount for each."""
    tiers = [{"from": "0", "to": "1", "amount": "10.00"}, {"from": "1", "to": None, "amount": "20.00"}]
    part = component(
        measure={"credits": "new_business", "of": "orders"},
        window="quarter",
        curve={"shape": "marginal", "of": "attainment", "tiers": tiers},
        quota={"measure": "orders", "of": "previous_window", "no_quota": "first_tier"},
    )
    rows = [{"on": "2026-01-10", "amount": "500.00"}, {"on": "2026-02-10", "amount": "700.00"}]
    credits = credits_of(rows)
    paid = pay_world(credits, plan(version(part)), **line_facts(rows))
    assert earned_by_credit(paid, credits) == [Decimal("10.00"), Decimal("10.00")]


def test_who_comes_back_to_a_plan_inside_a_window_has_each_of_their_curves():
    """Both stays draw the same steps in one window; each is a stretch of its own."""
    steps = {"shape": "stepped", "of": "amount", "tiers": [{"from": "100", "to": None, "pays": "10.00"}]}
    other = plan(version(component(curve={"shape": "flat", "rate": "0.01"})), plan="other", for_roles=[])
    stays = [("plan", "2026-01-01"), ("other", "2026-02-01"), ("plan", "2026-03-01")]
    ends = ["2026-02-01", "2026-03-01", None]
    assigned = [
        {"payee_id": "rep", "plan": name, "valid_from": first, "valid_to": end}
        for (name, first), end in zip(stays, ends, strict=True)
    ]
    credits = credits_of([{"on": f"2026-0{month}-10", "amount": "100.00"} for month in (1, 2, 3)])
    paid = pay_world(credits, plan(version(component(curve=steps))), other, plan_assignments=assigned)
    assert earned_by_credit(paid, credits) == [Decimal("10.00"), Decimal("1.00"), Decimal("10.00")]
    assert paid.curves["stretch"].unique().sort().to_list() == [1, 2]


def test_growth_read_at_each_credit_is_over_what_was_known_of_the_quarter_before():
    """A return of June takes back a sale of the first quarter; what April earned on its growth does not move."""
    reading = {"of": "growth", "credits": "new_business", "scope": "quarter"}
    part = component(
        window="quarter",
        gates=[{"reading": reading, "at_least": "0.5", "reads": "running"}],
        measure={"credits": "new_business"},
    )
    rows = [
        {"on": "2026-01-10", "amount": "1000.00"},
        {"on": "2026-04-10", "amount": "1200.00"},
        {"on": "2026-06-20", "amount": "-1000.00", "of": 1},
    ]
    earned = []
    for known in (rows[:2], rows):
        credits = credits_of(known)
        earned.append(earned_by_credit(pay_world(credits, plan(version(part)), **line_facts(known)), credits)[1])
    assert earned == [Decimal("0.00"), Decimal("0.00")]
    lower = [rows[0], rows[1], {**rows[2], "amount": "-500.00"}]
    credits = credits_of(lower)
    assert earned_by_credit(pay_world(credits, plan(version(part)), **line_facts(lower)), credits)[1] == 0


def test_two_components_of_margin_that_differ_below_cost_each_count_their_own_lines():
    """One takes new business, the other growth: neither loses its lines to the other."""
    parts = [
        component(
            component=word,
            measure={"credits": kind, "of": "margin", "below_cost": word},
            curve={"shape": "flat", "rate": "0.10"},
        )
        for kind, word in (("new_business", "floored"), ("growth", "ignored"))
    ]
    rows = [
        {"on": "2026-01-10", "amount": "500.00", "cost": "400.00"},
        {"on": "2026-01-11", "amount": "700.00", "cost": "400.00", "kind": "growth"},
    ]
    credits = credits_of(rows)
    paid = pay_world(credits, plan(version(*parts)), **line_facts(rows))
    assert earned_by_credit(paid, credits) == [Decimal("10.00"), Decimal("30.00")]


def test_tiers_over_the_growth_of_units_pay_their_amount_for_each_unit():
    """A unit has three decimals and a euro two; an amount for each unit knows the difference."""
    tiers = [{"from": "0", "to": "1", "amount": "2.00"}, {"from": "1", "to": None, "amount": "3.00"}]
    part = component(
        measure={"credits": "new_business", "of": "units"},
        window="quarter",
        curve={"shape": "marginal", "of": "attainment", "tiers": tiers},
        quota={"measure": "units", "of": "previous_window", "no_quota": "first_tier"},
    )
    rows = [
        {"on": "2026-01-10", "amount": "500.00", "quantity": "10"},
        {"on": "2026-04-10", "amount": "500.00", "quantity": "15"},
    ]
    credits = credits_of(rows)
    paid = pay_world(credits, plan(version(part)), **line_facts(rows))
    assert earned_by_credit(paid, credits) == [Decimal("20.00"), Decimal("35.00")]


def stays(*ends, targets=(None, None, None)):
    """Three stays of a payee: on the plan, on none, on the plan again; each with its target incentive of a year."""
    first, back = ends
    spans = [("plan", "2025-01-01", first), ("none", first, back), ("plan", back, None)]
    return [
        {"payee_id": "rep", "plan": name, "valid_from": start, "valid_to": end, "target_incentive": target, "currency": "EUR"}
        for (name, start, end), target in zip(spans, targets, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize(("restart", "earned"), [(False, "0"), (True, "10.00")])
def test_a_customer_counts_once_where_the_position_goes_on(restart, earned):
    """Sold to before and after a month on no plan: counted again only where the position starts again."""
    part = component(
        measure={"credits": "new_business", "of": "customers"},
        curve={"shape": "per_event", "amount": "10.00"},
        window="year",
        restart=restart,
    )
    rows = [{"on": "2026-01-10", "amount": "500.00"}, {"on": "2026-03-10", "amount": "700.00"}]
    credits = credits_of(rows)
    away = stays("2026-02-01", "2026-03-01")
    paid = pay_world(credits, plan(version(part)), **line_facts(rows), plan_assignments=away)
    assert earned_by_credit(paid, credits) == [Decimal("10.00"), Decimal(earned)]


def test_who_comes_back_to_a_plan_has_the_target_of_the_assignment_that_holds():
    """The stay before the quarter had a target of 4,000 a year, the one inside it has 8,000; positions go on."""
    curve = {
        "shape": "target",
        "incentive": {"assigned": "1", "prorate": "none"},
        "payout": {"shape": "flat", "rate": "1"},
    }
    part = component(curve=curve, window="quarter", quota={"measure": "new_business", "prorate": "none"}, restart=False)
    credits = credits_of([{"on": "2026-02-10", "amount": "100.00"}])
    away = stays("2025-12-01", "2026-01-10", targets=("4000", None, "8000"))
    quotas = [{"payee_id": "rep", "measure": "new_business", "period": "2026-Q1", "amount": "1000.00"}]
    paid = pay_world(credits, plan(version(part)), plan_assignments=away, quotas=quotas)
    assert earned_by_credit(paid, credits) == [Decimal("200.00")]
    assert paid.curves["incentive"].unique().to_list() == [Decimal("2000.000")]


def two_versions(before, after):
    """A plan whose second version holds from March; one credit in January, so that the first one alone prices it."""
    plans = plan(version(component(**before)), version(component(**after), version="2", valid_from="2026-03-01"))
    credits = credits_of([{"on": "2026-01-10", "amount": "900.00"}])
    rows = pay_world(credits, plans, last_day=date(2026, 3, 31)).attainment
    return rows.filter(pl.col("fiscal_period").cast(pl.String) == "2026-P03")


def test_a_new_version_with_fewer_tiers_does_not_look_for_the_tier_of_the_old_one():
    """The wider window lies in the third tier of a curve that has two from March on."""
    bounds = ("0", "100", "500")
    three = [{"from": low, "to": high, "rate": "0.1"} for low, high in zip(bounds, (*bounds[1:], None), strict=True)]
    two = [{"from": "0", "to": "2000", "rate": "0.2"}, {"from": "2000", "to": None, "rate": "0.3"}]
    old, new = (
        {"window": "quarter", "curve": {"shape": "retroactive", "of": "amount", "tiers": tiers}}
        for tiers in (three, two)
    )
    [row] = two_versions({**old, "tier_window": "year"}, new).rows(named=True)
    assert (row["position"], row["tier_rate"], row["next_tier_at"]) == (900, Decimal("0.2"), 2000)


def test_a_new_version_without_a_gate_is_not_shown_closed():
    """The old version's gate makes the year nothing; the new one has none, and its next credit is paid."""
    gate = {"reading": {"of": "kpi", "kpi": "quality", "scope": "year"}, "at_least": "1"}
    [row] = two_versions({"window": "quarter", "gates": [gate]}, {"window": "quarter"}).rows(named=True)
    assert (row["position"], row["tier_rate"]) == (900, Decimal("0.1"))
    [shut] = two_versions({"window": "quarter", "gates": [gate]}, {"window": "quarter", "gates": [gate]}).rows(named=True)  # fmt: skip
    assert shut["tier_rate"] == 0
