"""Credits beside the revenue: overlays, roll-ups and teams, what plans pay on them, and that nobody else's pay moves."""

import random
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from compensation.attribution.additional.managers import ManagersLoop
from compensation.calculate import calculate, periods_of
from compensation.explanation.line import why
from compensation.payout.measures.additional import NoSuchCredits
from compensation.rules import Rules
from compensation.statement.detail import statement_details
from schemas.rules.measure import Measure
from schemas.rules.plan import Plan
from tests import worlds

ALL = {"additional_credits": ["overlay", "roll_up", "team"]}


def _payee(payee_id, role="sales_rep", **given):
    return {"payee_id": payee_id, "payee_name": payee_id, "role": role, "currency": "EUR", **given}


PEOPLE = [
    _payee("R1", manager_id="B1"), _payee("R2", manager_id="B1"), _payee("S1", "other"), _payee("C1", "sales_coordinator"),
    _payee("B1", "manager", manager_id="B2"), _payee("B2", "manager"),
]  # fmt: skip
DEAL = {
    "opportunities": [{"opportunity_id": "D1", "owner_id": "R1", "stage": "won"}],
    "opportunity_splits": [
        {"opportunity_id": "D1", "payee_id": payee, "split_type": kind, "percent": percent}
        for payee, kind, percent in (
            ("R1", "revenue", "60"), ("R2", "revenue", "40"), ("S1", "overlay", "50"), ("B1", "overlay", "70"),
        )
    ],
}  # fmt: skip
SALE = {"id": "O1", "date": "2024-01-01", "lines": ["100.01"], "opportunity_id": "D1"}
BACK = [
    {"id": "T1", "line": "O1-1", "date": "2024-02-01", "amount": "33.33"},
    {"id": "T2", "line": "O1-1", "date": "2024-02-02", "amount": "66.68"},
]


def _plan(*components, roles=("sales_rep",)):
    flat = {
        "window": "year",
        "curve": {"shape": "flat", "rate": "10%"},
        "clawback": "as_corrected",
        "release": {"on": "booking"},
    }
    version = {
        "version": "1", "valid_from": "2020-01-01", "decided_on": "2020-01-01", "entered_by": "a", "approved_by": "b", "source": {"title": "test"},
        "components": [{"component": name, "label": name, "measure": measure, **flat} for name, measure in components],
    }  # fmt: skip
    return Plan.model_validate(
        {
            "plan": "_".join(("plan", *roles)),
            "label": "x",
            "currency": "EUR",
            "for_roles": list(roles),
            "versions": [version],
        }
    )


def _calculated(orders=(SALE,), policy=ALL, plans=(), **tables):
    facts = worlds.small_world(list(orders), **{"payees": PEOPLE, **DEAL, **tables})
    return calculate(facts, Rules(worlds.company(policies=[policy]), tuple(plans)))


def _beside(made, kind):
    found = made["additional_credits"].filter(pl.col("credit_type") == kind)
    return found.select(
        "return_id", pl.col("payee_id").cast(pl.String), "amount", pl.col("named_payee_id").cast(pl.String)
    ).rows()


def test_overlays_may_exceed_the_whole_and_take_nothing_of_it():
    made = _calculated()
    assert _beside(made, "overlay") == [
        (None, "B1", Decimal("70.010"), "B1"), (None, "S1", Decimal("50.010"), "S1"),
    ]  # fmt: skip
    assert made["credits"]["amount"].to_list() == [Decimal("60.010"), Decimal("40.000")]


def test_what_comes_back_in_full_is_undone_for_each_of_them():
    made = _calculated(returns=BACK, assignments=[["A", "C1", "sales_coordinator", "2020-01-01"]])
    sums = made["additional_credits"].group_by("credit_type", "payee_id", "credit_number").agg(pl.col("amount").sum())
    assert sums.height == 2 + 4 + 1
    assert set(sums["amount"]) == {Decimal(0)}


def test_an_account_s_coordinators_are_its_team():
    shared = [
        {"account_id": "A", "payee_id": who, "role": "sales_coordinator", "valid_from": "2020-01-01", "share": share}
        for who, share in (("C1", "30"), ("S1", "70"))
    ]
    facts = worlds.small_world([SALE], payees=PEOPLE, **DEAL)
    facts["assignments"] = worlds.table("assignments", shared)
    made = calculate(facts, Rules(worlds.company(policies=[ALL]), ()))
    assert _beside(made, "team") == [(None, "C1", Decimal("30.000"), "C1"), (None, "S1", Decimal("70.010"), "S1")]


def test_without_the_policy_there_are_none_and_excluded_accounts_have_none():
    assert _calculated(policy={})["additional_credits"].is_empty()
    assert _calculated(policy={**ALL, "excluded_accounts": ["A"]})["additional_credits"].is_empty()
    later = {"version": "2", "valid_from": date(2024, 6, 1), "decided_on": date(2024, 5, 1), **ALL}
    facts = worlds.small_world([SALE, {**SALE, "id": "O2", "date": "2024-06-01"}], payees=PEOPLE, **DEAL)
    made = calculate(facts, Rules(worlds.company(policies=[{}, later]), ()))["additional_credits"]
    assert set(made["order_id"]) == {"O2"}


def test_an_overlay_of_somebody_who_left_is_none():
    gone = [*PEOPLE[:2], _payee("S1", "other", termination_date="2023-12-31"), *PEOPLE[3:]]
    assert [row[1] for row in _beside(_calculated(payees=gone), "overlay")] == ["B1"]


def test_a_roll_up_of_each_manager_is_the_sum_of_their_tree_on_each_day():
    rng = random.Random(28)  # noqa: S311 - a seed, no secret
    people = [_payee(f"R{number}", manager_id="B1") for number in range(4)]
    people += [_payee("R1", valid_from="2024-03-12", manager_id="B2"), _payee("B1", "manager", manager_id="B3")]
    people += [_payee("B2", "manager", manager_id="B3"), _payee("B3", "manager")]
    orders = [
        {"id": f"O{number}", "date": str(date(2024, 1, 1) + timedelta(rng.randrange(150))), "lines": [f"{rng.randrange(9999)}.{rng.randrange(100):02}"],
         "sales_rep_id": f"R{rng.randrange(4)}"}
        for number in range(60)
    ]  # fmt: skip
    made = _calculated(orders, payees=people, opportunities=[], opportunity_splits=[])
    rolled = made["additional_credits"].select("event_date", "amount", pl.col("payee_id").cast(pl.String))
    own = made["credits"].select("event_date", "amount", seller=pl.col("payee_id").cast(pl.String))
    moved = pl.col("event_date") >= date(2024, 3, 12)
    below = {
        "B1": ~(moved & (pl.col("seller") == "R1")), "B2": moved & (pl.col("seller") == "R1"), "B3": pl.lit(value=True),
    }  # fmt: skip
    for manager, tree in below.items():
        found = (
            rolled.filter(pl.col("payee_id") == manager)
            .group_by("event_date")
            .agg(pl.col("amount").sum())
            .sort("event_date")
        )
        wanted = own.filter(tree).group_by("event_date").agg(pl.col("amount").sum()).sort("event_date")
        assert_frame_equal(found, wanted)


def test_a_roll_up_passes_a_manager_who_left():
    gone = [*PEOPLE[:4], _payee("B1", "manager", manager_id="B2", termination_date="2023-12-31"), PEOPLE[5]]
    assert {row[1] for row in _beside(_calculated(payees=gone), "roll_up")} == {"B2"}


def test_a_loop_of_managers_is_named():
    loop = [_payee("R1", manager_id="B1"), _payee("B1", "manager", manager_id="R1")]
    with pytest.raises(
        ManagersLoop, match=r"reports to themselves through others on 2024-01-01\. Correct 'manager_id'"
    ):
        _calculated(payees=loop, opportunity_splits=[])


DIRECT = ("direct", {"credits": "new_business"})
OVERLAY = ("overlay", {"credits": "new_business", "only": {"credit_type": "overlay"}})
ROLLED = ("rolled", {"credits": "new_business", "only": {"credit_type": "roll_up"}})
TEAM = ("team", {"credits": "new_business", "whose": "team", "base": "credit", "own_deals": "excluded"})


def _earned(made, *components):
    rows = made["earnings"].filter(pl.col("component").is_in(components))
    return rows.select(pl.col("payee_id").cast(pl.String), "return_id", "earned").sort(pl.all()).rows()


def test_a_plan_takes_overlays_by_credit_type_and_nobody_else_s_pay_moves():
    sellers, specialists = _plan(DIRECT), _plan(OVERLAY, roles=("other",))
    alone, both = _calculated(returns=BACK, plans=[sellers]), _calculated(returns=BACK, plans=[sellers, specialists])
    assert _earned(both, "direct") == _earned(alone, "direct")
    assert _earned(both, "overlay") == [
        ("S1", None, Decimal("5.000")),
        ("S1", "T1", Decimal("-1.670")),
        ("S1", "T2", Decimal("-3.330")),
    ]
    for table in ("credits", "motions", "bookings"):
        assert_frame_equal(alone[table], both[table])
    assert set(both["unpaid"]["payee_id"].cast(pl.String)) <= {"R1", "R2"}


def test_margin_and_units_are_divided_between_revenue_credits_alone():
    measured = ("margin", {"credits": "new_business", "of": "margin", "below_cost": "mirrored"})
    sale = {**SALE, "lines": [{"net_amount": "100.00", "cost_amount": "40.00"}]}
    alone = _calculated([sale], plans=[_plan(measured)])
    both = _calculated([sale], plans=[_plan(measured), _plan(OVERLAY, roles=("other",))])
    assert (
        _earned(alone, "margin")
        == _earned(both, "margin")
        == [("R1", None, Decimal("3.600")), ("R2", None, Decimal("2.400"))]
    )


def test_a_roll_up_pays_what_an_override_on_the_team_pays():
    by_roll_up = _earned(_calculated(returns=BACK, plans=[_plan(ROLLED, roles=("manager",))]), "rolled")
    by_team = _earned(_calculated(returns=BACK, plans=[_plan(TEAM, roles=("manager",))]), "team")
    assert by_roll_up == by_team
    assert {row[0] for row in by_roll_up} == {"B1", "B2"}


def test_a_plan_that_takes_what_the_policy_does_not_make_is_refused():
    with pytest.raises(
        NoSuchCredits,
        match="component overlay takes overlay credits, and no version of the attribution policy makes any; add overlay to 'additional_credits'",
    ):
        _calculated(policy={}, plans=[_plan(OVERLAY)])


def test_additional_credits_count_as_revenue_of_their_receiver():
    only = {"credit_type": "overlay"}
    with pytest.raises(
        ValidationError,
        match="of: units is divided between the revenue credits of a line, and overlay credits stand beside them",
    ):
        Measure.model_validate({"credits": "growth", "of": "units", "only": only})
    with pytest.raises(ValidationError, match="overlay credits are the receiver's own; remove 'whose'"):
        Measure.model_validate({"credits": "growth", "whose": "team", "base": "credit", "only": only})


def test_the_lines_of_a_statement_name_the_order_behind_an_additional_credit():
    plans = (_plan(DIRECT), _plan(OVERLAY, roles=("other",)))
    facts, company = worlds.small_world([SALE], payees=PEOPLE, **DEAL), worlds.company(policies=[ALL])
    made = calculate(facts, Rules(company, plans))
    periods = periods_of(facts, company)
    rows = statement_details(made, facts, company, periods).filter(pl.col("component") == "overlay")
    found = rows.select("payee_id", "order_id", "account_id", "rule", "share_percent", "earned").rows()
    assert found == [("S1", "O1", "A", "opportunity_overlay", Decimal(50), Decimal("5.000"))]


def test_why_tells_what_a_plan_pays_on_an_additional_credit():
    plans = (_plan(DIRECT), _plan(OVERLAY, roles=("other",)))
    facts, company = worlds.small_world([SALE], payees=PEOPLE, **DEAL), worlds.company(policies=[ALL])
    tables = {name: table.lazy() for name, table in {**facts, **calculate(facts, Rules(company, plans))}.items()}
    answer = why("O1-1", tables, company, plans)
    credits = [node for booked in answer.children for node in booked.children if "as overlay to S1" in node.text]
    assert [node.text for node in credits] == [
        "50.01 EUR of new_business, 50 % beside it as overlay to S1 (S1): has an overlay share of the opportunity"
    ]
    assert any("5.00 EUR in 2024-P01 for overlay: 50.01 of revenue × 10 %" in part.text for part in credits[0].children)
    rolled = next(node for booked in answer.children for node in booked.children if "rolled up to B2" in node.text)
    assert rolled.children[-1].text == "earns nothing: no component of their plan on that day takes roll up credits"
