"""Bonuses, pools and guarantees together, of people with and without credits."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from bonus_world import QUARTER, Results, World, people
from payout_world import component, credits_of, pay_world, plan, version

from compensation.payout.bonuses.uncredited import uncredited
from schemas.core.payout import BonusPart, Earning

GUARANTEE = {"incentive": {"amount": "1000.00", "per": "month"}}
CARD = {
    "bonus": "card", "label": "Card", "window": "quarter", "incentive": {"amount": "600.00", "per": "quarter"},
    "objectives": [
        {"objective": "csat", "label": "CSAT", "weight": "100%", "score": {"shape": "flat", "rate": "1"},
         "reading": {"of": "kpi", "kpi": "csat", "scope": "quarter"}}
    ],
}  # fmt: skip
POT = {"pool": "pot", "label": "Pot", "window": "quarter", "holds": {"amount": "100.00"}, "shared": "equally"}
FULL = plan(version(component(), bonuses=[CARD], pools=[POT], guarantee=GUARANTEE))


def given(own, earnings=None, carried=None, results=None, **tables):
    world = World(own, payees=people("a", "b"), results=results or Results(csat="1"), **tables)
    earnings = Earning.empty_frame() if earnings is None else earnings
    carried = BonusPart.empty_frame() if carried is None else carried
    return uncredited(world.plans, world.setting, world.readings, world.facts, earnings, carried, QUARTER)


def of(found, payee):
    mine = found.parts.filter(pl.col("payee_id") == payee)
    return {
        (kind, period): f"{amount:.2f}"
        for kind, period, amount in mine.select("kind", "fiscal_period", "amount").rows()
    }


def test_a_guarantee_counts_what_credits_bonuses_and_pools_give():
    credits = credits_of([{"on": "2026-02-05", "amount": "3000.00", "payee": "a"}])
    earnings = pay_world(credits, plan(version(component())), payees=people("a", "b")).earnings
    found = given(FULL, earnings)
    assert of(found, "a") == {
        ("objective", "2026-P03"): "600.00", ("pool", "2026-P03"): "50.00", ("guarantee", "2026-P01"): "1000.00",
        ("guarantee", "2026-P02"): "700.00", ("guarantee", "2026-P03"): "350.00",
    }  # fmt: skip
    assert of(found, "b")["guarantee", "2026-P02"] == "1000.00"


def test_carried_excess_counts_against_a_guarantee_and_is_not_given_twice():
    row = {
        "payee_id": "a", "plan": "plan", "plan_version": "1", "component": "commission", "kind": "cap_excess",
        "part": "carried_month", "window": "2026-P01", "fiscal_period": "2026-P01", "base": Decimal(400),
        "amount": Decimal(400), "currency": "EUR", "detail": "",
    }  # fmt: skip
    carried = pl.DataFrame([{**dict.fromkeys(BonusPart.columns()), **row}], schema=BonusPart.dtypes())
    found = given(FULL, carried=carried)
    assert of(found, "a")["guarantee", "2026-P01"] == "600.00"
    assert "cap_excess" not in found.parts["kind"]


def test_people_without_credits_are_paid_too():
    empty = World(FULL, payees=people("a", "b"), results=Results(csat="1"))
    nobody = pl.Series("payee_id", [], dtype=pl.String)
    setting = replace(empty.setting, payee_ids=nobody, stays=empty.setting.stays.clear(), incentives=None)
    found = uncredited(
        empty.plans, setting, empty.readings, empty.facts, Earning.empty_frame(), BonusPart.empty_frame(), QUARTER
    )
    assert found.parts.equals(given(FULL).parts)


def test_plans_of_components_alone_give_nothing():
    found = given(plan(version(component())))
    assert found.parts.equals(BonusPart.empty_frame())
    assert found.findings.is_empty()


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
def test_every_part_is_a_whole_minor_unit_of_the_plans_currency(currency):
    own = plan(version(component(), bonuses=[CARD], pools=[POT], guarantee=GUARANTEE), currency=currency)
    found = given(own, results=Results(csat="0.33333"))
    digits = {"JPY": 0, "EUR": 2, "KWD": 3}[currency]
    assert all(amount == round(amount, digits) for amount in found.parts["amount"])
    bonus = found.parts.filter(pl.col("kind") == "objective")["amount"][0]
    assert bonus == {"JPY": Decimal(200), "EUR": Decimal("200.00"), "KWD": Decimal("199.998")}[currency]
    assert found.parts["currency"].unique().to_list() == [currency]


def test_what_is_not_stated_is_not_paid():
    world = World(FULL, payees=people("a"), results=Results(csat="1"))
    days = (date(2026, 4, 1), date(2026, 4, 30))
    found = uncredited(
        world.plans, world.setting, world.readings, world.facts, Earning.empty_frame(), BonusPart.empty_frame(), days
    )
    assert found.parts["fiscal_period"].unique().to_list() == ["2026-P04"]
