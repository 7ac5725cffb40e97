"""Pools: worked examples, who has a share, and that shares add up to the pool to the cent."""

from datetime import date
from decimal import Decimal

import pytest
from bonus_world import Results, World, amounts, people, plan_with
from hypothesis import given
from hypothesis import strategies as st
from payout_world import plan, version

REVENUE = {"of": "revenue", "credits": "new_business", "scope": "quarter"}
KPI = {"of": "kpi", "kpi": "points", "scope": "quarter"}
QUALIFIES = {"reading": {"of": "kpi", "kpi": "attainment", "scope": "quarter"}, "at_least": "50%"}


def pool(holds, **more):
    return {"pool": "team_pool", "label": "Team pool", "window": "quarter", "holds": holds, "shared": "equally", **more}


FIXED = {"amount": "10000.00"}


def ids(count):
    return [f"p{number:02}" for number in range(count)]


def shared(own, names, results=None, **tables):
    payees = tables.pop("payees", people(*names))
    return World(plan_with(pools=[own]), results=results or Results(), payees=payees, **tables).pools()


def test_ten_thousand_by_seven_is_six_of_one_amount_and_one_a_cent_more():
    """Scenario 61."""
    parts = shared(pool(FIXED), ids(7)).parts
    assert sorted(f"{amount:.2f}" for amount in parts["amount"]) == ["1428.57"] * 6 + ["1428.58"]
    assert parts["amount"].sum() == 10000
    assert parts["detail"][0] == "10,000.00 × 1 of 7 = 1,428.571428…, by rounded running totals 1,428.57"
    mixed = [f"p{number:02}" for number in (3, 6, 0, 5, 1, 4, 2)]
    assert shared(pool(FIXED), mixed).parts.equals(parts)


def test_a_pool_is_its_rate_on_what_the_members_sold():
    """1,200,000 × 10 % × 25 % = 30,000 (sparrowgenie.com, pooled commission)."""
    revenue = Results(revenue={"p00": "700000", "p01": "500000"})
    given_ = shared(pool({"rate": "2.5%", "reading": REVENUE}), ids(2), revenue)
    assert amounts(given_) == ["15000.00", "15000.00"]
    assert given_.parts["base"].to_list() == [Decimal(30000)] * 2
    assert given_.parts["detail"][0] == "2.5 % × 1,200,000 = 30,000.00; 30,000.00 × 1 of 2 = 15,000.00"


def test_ten_who_qualify_have_a_thousand_each():
    """Pool of 10,000, 10 qualify with at least half of their quota (corecommissions.com)."""
    attained = {name: "0.5" if place < 10 else "0.499999" for place, name in enumerate(ids(14))}
    given_ = shared(pool(FIXED, gates=[QUALIFIES]), ids(14), Results(attainment=attained))
    assert amounts(given_) == ["1000.00"] * 10
    gates = given_.readings.filter(given_.readings["used_by"] == "gate 1")
    assert gates["effect"].to_list() == [Decimal(1)] * 10 + [Decimal(0)] * 4


def test_one_percent_of_a_million_by_points_and_by_heads():
    """5,000 shares are 2.00 each, 5 shares 10; 50 who qualify have 200 each (mlm.com)."""
    held = {"rate": "1%", "reading": REVENUE}
    points = Results(revenue={"p00": "1000000"}, points={"p00": "4995", "p01": "5"})
    by_points = shared(pool(held, shared="by_reading", by=KPI), ids(2), points)
    assert amounts(by_points) == ["9990.00", "10.00"]
    assert by_points.parts["detail"][1] == "1 % × 1,000,000 = 10,000.00; 10,000.00 × 5 of 5,000 = 10.00"
    assert amounts(shared(pool(held), ids(50), Results(revenue={"p00": "1000000"}))) == ["200.00"] * 50


def test_a_pool_is_a_share_of_the_credits_of_its_members():
    world = World(
        plan_with(pools=[pool({"rate": "10%", "reading": REVENUE}, shared="by_reading", by=REVENUE)]),
        payees=people("a", "b"),
        credits=[
            {"on": "2026-01-10", "amount": "1000", "payee": "a"}, {"on": "2026-03-31", "amount": "500", "payee": "b"},
            {"on": "2026-04-01", "amount": "9999", "payee": "b"}, {"on": "2026-02-01", "amount": "777", "payee": "other"},
        ],
    )  # fmt: skip
    assert amounts(world.pools()) == ["100.00", "50.00"]


def test_a_pool_never_holds_less_than_nothing_and_a_negative_share_counts_nothing():
    lost = Results(revenue={"p00": "-100", "p01": "40"})
    assert amounts(shared(pool({"rate": "10%", "reading": REVENUE}), ids(2), lost)) == ["0.00", "0.00"]
    by = shared(pool(FIXED, shared="by_reading", by=REVENUE), ids(2), lost)
    assert amounts(by) == ["0.00", "10000.00"]


def test_roles_have_their_weights_as_of_the_last_day():
    rows = [
        {"payee_id": "a", "role": "sales_rep"},
        {"payee_id": "b", "role": "sales_rep"},
        {"payee_id": "b", "valid_from": "2026-03-31", "role": "manager"},
        {"payee_id": "c", "role": "sales_coordinator"},
    ]
    own = plan(version(pools=[pool(FIXED, shared="by_role", weights={"sales_rep": "1", "manager": "3"})]), for_roles=["sales_rep", "manager", "sales_coordinator"])  # fmt: skip
    given_ = World(own, payees=rows).pools()
    assert amounts(given_) == ["2500.00", "7500.00", "0.00"]
    assert given_.parts["detail"].to_list()[1:] == [
        "10,000.00 × 3 (manager) of 4 = 7,500.00", "10,000.00 × 0 (sales_coordinator) of 4 = 0.00",
    ]  # fmt: skip


def test_members_are_there_on_the_last_day():
    rows = [
        {"payee_id": "a"},
        {"payee_id": "left", "termination_date": "2026-03-30"},
        {"payee_id": "leaving", "termination_date": "2026-03-31"},
        {"payee_id": "late", "hire_date": "2026-03-31"},
        {"payee_id": "later", "hire_date": "2026-04-01"},
        {"payee_id": "moved"},
    ]
    moved = [{"payee_id": "moved", "plan": "none", "valid_from": "2026-03-31"}]
    given_ = shared(pool(FIXED), (), payees=rows, plan_assignments=moved)
    assert given_.parts["payee_id"].to_list() == ["a", "late", "leaving"]


@pytest.mark.parametrize(
    ("prorate", "shares"),
    [
        ("none", ["5000.00", "5000.00"]),
        ("days_actual", ["6923.08", "3076.92"]),
        ("months", ["6942.15", "3057.85"]),
        ("30_360", ["6870.23", "3129.77"]),
    ],
)
def test_a_part_of_the_window_is_a_part_of_a_share(prorate, shares):
    """On the plan from 20 February: 40 of 90 days; (0 + 9/28 + 31/31) of 3 months; (11 + 30) of 90 days of 30-day months."""
    rows = [{"payee_id": "a"}, {"payee_id": "b", "hire_date": "2026-02-20"}]
    given_ = shared(pool(FIXED, prorate=prorate), (), payees=rows)
    assert amounts(given_) == shares
    assert given_.parts["weight"].sum() == 1
    part = {"days_actual": "4/9", "months": "37/84", "30_360": "41/90"}.get(prorate)
    assert part is None or f"× 1 × {part} of the window of 1." in given_.parts["detail"][1]


def test_an_open_window_is_shared_by_those_there_on_the_last_day_known():
    rows = [{"payee_id": "a"}, {"payee_id": "b", "termination_date": "2026-02-20"}, {"payee_id": "c", "hire_date": "2026-02-11"}]  # fmt: skip
    world = World(plan_with(pools=[pool(FIXED)]), payees=rows, days=(date(2026, 1, 1), date(2026, 2, 10)))
    given_ = world.pools()
    assert given_.parts.select("payee_id", "fiscal_period").rows() == [("a", "2026-P02"), ("b", "2026-P02")]


def test_a_pool_that_nobody_shares_is_reported():
    given_ = shared(pool(FIXED, gates=[QUALIFIES]), ids(2), Results(attainment="0.1"))
    assert given_.parts.is_empty()
    finding = given_.findings.row(0, named=True)
    assert (finding["code"], finding["severity"]) == ("pool_not_shared", "warning")
    assert finding["detail"] == (
        "Pool team_pool of plan plan, 2026-Q1: nobody has a share of what it holds: no member on the last day passes its "
        "gates, or all their weights are 0. Nothing of it is paid; correct the gates or weights if somebody should."
    )


TEAM = [{"payee_id": "c1", "role": "sales_coordinator"}, {"payee_id": "c2", "role": "sales_coordinator"}, {"payee_id": "m", "role": "manager"}]  # fmt: skip
OF_TEAM = {"rate": "1%", "reading": {**REVENUE, "whose": "team"}}


def of_team(revenue):
    own = pool(OF_TEAM, shared="by_role", weights={"manager": "0", "sales_coordinator": "1"})
    on_plan = plan(version(pools=[own]), for_roles=["manager", "sales_coordinator"])
    return World(on_plan, results=Results(revenue=revenue), payees=TEAM).pools()


def test_a_role_of_weight_0_adds_to_the_pool_and_takes_nothing():
    given_ = of_team({"m": "1000", "c1": "0", "c2": "0"})
    assert dict(given_.parts.select("payee_id", "amount").rows()) == {"c1": 5, "c2": 5, "m": 0}
    assert given_.findings.is_empty()


@pytest.mark.parametrize("revenue", ["0", None])
def test_a_pool_that_is_a_share_of_nothing_is_reported(revenue):
    [finding] = of_team(revenue).findings.filter(code="pool_of_nothing").rows(named=True)
    assert finding["severity"] == "warning"
    assert finding["detail"] == (
        "Pool team_pool of plan plan, 2026-Q1: revenue of new_business of the team, quarter adds up to 0 over its 3 members, so "
        "it holds nothing. If they are not meant to have sold it themselves, let the reading take whose: team and put the "
        "manager of those who did on the plan (shared: by_role, weights: {manager: 0})."
    )


def test_returns_that_exceed_sales_leave_a_pool_empty_without_a_word():
    assert of_team({"m": "-1000", "c1": "0", "c2": "0"}).findings.is_empty()


def test_a_result_that_is_not_there_has_no_share_and_is_reported():
    given_ = shared(pool(FIXED, shared="by_reading", by=KPI), ids(2), Results(points={"p00": "3"}))
    assert amounts(given_) == ["10000.00", "0.00"]
    assert given_.findings["code"].to_list() == ["result_missing"]
    assert "so the share is 0." in given_.findings["detail"][0]


@given(
    st.dictionaries(st.integers(0, 99), st.fractions(0, 1000, max_denominator=50), min_size=1, max_size=12),
    st.integers(1, 10**8),
    st.randoms(use_true_random=False),
)
def test_shares_add_up_to_the_pool_whatever_the_order_of_members(weights, cents, random):
    points = {f"p{number:02}": weight for number, weight in weights.items()}
    held = {"amount": str(Decimal(cents).scaleb(-2))}
    own = pool(held, shared="by_reading", by=KPI)
    parts = shared(own, list(points), Results(points=points)).parts
    assert parts.is_empty() if not sum(points.values()) else parts["amount"].sum() == Decimal(cents).scaleb(-2)
    mixed = list(points)
    random.shuffle(mixed)
    assert shared(own, mixed, Results(points=points)).parts.equals(parts)
