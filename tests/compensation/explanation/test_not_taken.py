"""Each component that could have taken a credit and did not says why: the payee's own, and overrides of managers above."""

from datetime import date
from functools import cache

import pytest

from compensation.calculate import calculate
from compensation.explanation.line import why
from compensation.rules import Rules
from tests.compensation.modelling.plan_world import component, plan, version
from tests.worlds import company, small_world

NEW = {"credits": "new_business"}
DIRECT = {**NEW, "whose": "direct_reports", "base": "credit"}
TEAM = {**DIRECT, "whose": "team"}


def labelled(name, measure, **more):
    return {**component(name=name, measure=measure, **more), "label": name}


SELLER = version(
    labelled("commission", NEW, dates={"from": "2026-01-01", "to": "2026-03-01"}),
    labelled("growth", {"credits": "growth"}),
    labelled("hardware", {**NEW, "only": {"product_family": "hardware"}}),
    labelled("shared", {**NEW, "only": {"credit_type": "split"}}),
    labelled("margin", {**NEW, "of": "margin", "below_cost": "ignored"}),
)
LEAD = version(
    labelled("override", DIRECT),
    labelled("on_growth", {**DIRECT, "credits": "growth"}),
    labelled("on_goods", {**DIRECT, "only": {"product_family": "goods"}}),
    labelled("on_commission", {**DIRECT, "base": "commission"}),
)
DIRECTOR = version(labelled("of_leads", DIRECT), labelled("of_all", TEAM))


@cache
def told(line, terminated=None):
    """Every sentence of ``creditdue why`` about an order line, of R1 who reports to L, who reports to D; L also sells."""
    people = [("R1", "sales_rep", "L", None), ("L", "sales_rep", "D", None), ("D", "manager", None, terminated)]
    orders = [
        {"id": "O1", "date": "2026-02-10", "sales_rep_id": "R1", "lines": [{"net_amount": "900", "cost_amount": "1000", "family": "software"}]},
        {"id": "O2", "date": "2026-04-10", "sales_rep_id": "R1", "lines": [{"net_amount": "900", "cost_amount": "1000", "family": "software"}]},
        {"id": "O3", "date": "2026-04-11", "sales_rep_id": "L", "lines": [{"net_amount": "900", "cost_amount": "500", "family": "goods"}], "account": "B"},
    ]  # fmt: skip
    facts = small_world(
        orders,
        accounts=["A", "B"],
        plan_assignments=[{"payee_id": "L", "plan": "leads", "valid_from": date(2026, 1, 1)}],
        payees=[
            {"payee_id": who, "payee_name": who.lower(), "role": role, "currency": "EUR", "manager_id": above, "termination_date": last}
            for who, role, above, last in people
        ],
    )  # fmt: skip
    plans = (
        plan(SELLER),
        plan(LEAD, plan="leads", for_roles=[]),
        plan(DIRECTOR, plan="directors", for_roles=["manager"]),
    )
    rules = Rules(company(), plans)
    tables = {name: frame.lazy() for name, frame in {**facts, **calculate(facts, rules)}.items()}
    return _texts(why(line, tables, rules.company, plans))


def _texts(node):
    return [node.text, *(text for child in node.children for text in _texts(child))]


def not_taken(line, terminated=None):
    return {text.partition(" does not take it: ")[::2] for text in told(line, terminated) if "does not take it" in text}


def test_components_of_the_payee_say_why():
    assert {each for each in not_taken("O1-1") if " of " not in each[0]} == {
        ("growth", "it takes growth"),
        ("hardware", "it takes product family hardware only, and this is software"),
        ("shared", "it takes split credits only, and this is direct"),
        ("margin", "it ignores sales below cost"),
    }
    assert ("commission", "it takes sales from 2026-01-01 to before 2026-03-01, and this one is of 2026-04-10") in not_taken("O2-1")  # fmt: skip


def test_overrides_of_managers_say_why():
    overrides = {each for each in not_taken("O1-1") if " of " in each[0]}
    assert overrides == {
        ("on_growth of L (l)", "it takes growth"),
        ("on_goods of L (l)", "it takes product family goods only, and this is software"),
        ("of_leads of D (d)", "it takes the credits of direct reports, and R1 (r1) reports to somebody in between"),
    }
    assert any(text.startswith("45.00 EUR to L (l)") and "override" in text for text in told("O1-1"))


def test_an_override_on_commission_says_that_none_was_earned():
    assert ("on_commission of L (l)", "it takes commission, and R1 (r1) earned none on this credit") in not_taken("O2-1")  # fmt: skip
    assert not any(name.startswith("on_commission") for name, _ in not_taken("O1-1"))


def test_an_own_deal_says_that_the_override_leaves_it_out():
    own = {each for each in not_taken("O3-1") if " of " not in each[0]}
    assert own == {
        (name, "it takes what direct reports sell, and this is an own deal")
        for name in ("override", "on_growth", "on_goods", "on_commission")
    }


@pytest.mark.parametrize(("last_day", "is_paid"), [("2026-02-09", False), ("2026-02-10", True)])
def test_a_manager_who_has_left_says_when(last_day, is_paid):
    reason = f"the last day of service was {last_day}, and this is a sale of 2026-02-10"
    assert (("of_all of D (d)", reason) in not_taken("O1-1", last_day)) is not is_paid
    assert any("EUR to D (d)" in text and "of_all" in text for text in told("O1-1", last_day)) is is_paid
