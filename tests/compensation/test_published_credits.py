"""Published worked examples of credit and pay, from order lines to what everybody earns."""

from decimal import Decimal

import polars as pl

from compensation.calculate import calculate
from compensation.rules import Rules
from schemas.rules.plan import Plan
from tests import worlds


def _plan(name, *components, payees=(), roles=()):
    """A plan of components: name, measure, curve."""
    rest = {"window": "year", "clawback": "as_corrected", "release": {"on": "booking"}}
    version = {
        "version": "1", "valid_from": "2020-01-01", "decided_on": "2020-01-01", "entered_by": "a", "approved_by": "b",
        "source": {"title": "published"},
        "components": [{"component": part, "label": part, "measure": measure, "curve": curve, **rest} for part, measure, curve in components],
    }  # fmt: skip
    assigned = [{"payee_id": payee, "plan": name, "valid_from": "2020-01-01"} for payee in payees]
    plan = Plan.model_validate(
        {"plan": name, "label": name, "currency": "EUR", "for_roles": list(roles), "versions": [version]}
    )
    return plan, assigned


def _flat(rate):
    return {"shape": "flat", "rate": rate}


NEW = {"credits": "new_business"}


def _results(orders, plans, policy=None, **tables):
    assigned = [row for _, rows in plans for row in rows]
    facts = worlds.small_world(orders, **{"plan_assignments": assigned, **tables})
    return calculate(facts, Rules(worlds.company(policies=[policy or {}]), tuple(plan for plan, _ in plans)))


def _earned(made):
    sums = made["earnings"].group_by(pl.col("payee_id").cast(pl.String)).agg(pl.col("earned").sum())
    return {payee: Decimal(amount) for payee, amount in sums.rows()}


def _deal(*shares):
    """A deal of R1 with revenue splits."""
    return {
        "opportunities": [{"opportunity_id": "D1", "owner_id": "R1", "stage": "won"}],
        "opportunity_splits": [
            {"opportunity_id": "D1", "payee_id": payee, "split_type": "revenue", "percent": percent} for payee, percent in shares
        ],
    }  # fmt: skip


def _sold(amount, **more):
    return [{"id": "O1", "date": "2026-01-05", "lines": [{"net_amount": amount, **more}], "opportunity_id": "D1"}]


def test_30_a_deal_of_100_000_split_60_to_40_pays_6_000_and_4_000():
    """Worked example 30 a, prowi.io/en/glossary/split-commission."""
    made = _results(
        _sold("100000.00"),
        [_plan("p", ("c", NEW, _flat("10%")), roles=["sales_rep"])],
        **_deal(("R1", "60"), ("R2", "40")),
    )
    assert _earned(made) == {"R1": 6000, "R2": 4000}


def test_30_b_deal_handed_over_at_stage_3_of_5_pays_4_800_and_3_200():
    """Worked example 30 b: 60/40 of 8,000."""
    made = _results(
        _sold("80000.00"),
        [_plan("p", ("c", NEW, _flat("10%")), roles=["sales_rep"])],
        **_deal(("R1", "60"), ("R2", "40")),
    )
    assert _earned(made) == {"R1": 4800, "R2": 3200}


def test_30_c_credit_and_pay_are_split_for_themselves():
    """Worked example 30 c: 50 a meeting and 2 % of a share of 15 %, and 10 % of one of 85 %: 350 and 8,500."""
    setter = _plan(
        "setter",
        ("share", NEW, _flat("2%")),
        ("meeting", {**NEW, "of": "orders"}, {"shape": "per_event", "amount": "50"}),
        payees=["R1"],
    )
    closer = _plan("closer", ("share", NEW, _flat("10%")), payees=["R2"])
    made = _results(_sold("100000.00"), [setter, closer], **_deal(("R1", "15"), ("R2", "85")))
    assert _earned(made) == {"R1": 350, "R2": 8500}


def test_30_the_split_comes_before_the_rate():
    """Worked example 30, rpmsoftware: 100 billed, 30 of commission, halves: two lines of 50 and 15."""
    made = _results(
        _sold("100.00"),
        [_plan("p", ("c", NEW, _flat("30%")), roles=["sales_rep"])],
        **_deal(("R1", "50"), ("R2", "50")),
    )
    assert made["credits"]["amount"].to_list() == [Decimal(50), Decimal(50)]
    assert _earned(made) == {"R1": 15, "R2": 15}


def test_31_only_the_one_whose_plan_takes_consulting_is_paid_and_the_other_is_told_why():
    """Worked example 31, Oracle Sales Compensation: a consulting invoice of 8,000, split between two."""
    consulting = _plan("one", ("c", {**NEW, "only": {"product_family": "consulting"}}, _flat("10%")), payees=["R1"])
    licences = _plan("other", ("c", {**NEW, "only": {"product_family": "licences"}}, _flat("10%")), payees=["R2"])
    made = _results(_sold("8000.00", family="consulting"), [consulting, licences], **_deal(("R1", "50"), ("R2", "50")))
    assert _earned(made) == {"R1": 400}
    assert made["credits"].filter(pl.col("payee_id") == "R2")["amount"].to_list() == [Decimal(4000)]
    unpaid = made["unpaid"].select(pl.col("payee_id").cast(pl.String), pl.col("reason").cast(pl.String)).rows()
    assert unpaid == [("R2", "not_in_plan")]


def test_32_a_manager_s_3_percent_of_a_team_s_300_000_is_9_000_by_roll_up():
    """Worked example 32, prowi.io/en/glossary/override-commission, on credits rolled up instead of an override."""
    sold = {"R1": "75000.00", "R2": "60000.00", "R3": "67500.00", "R4": "52500.00", "R5": "45000.00"}
    orders = [
        {"id": f"O{payee}", "date": "2026-01-05", "lines": [amount], "sales_rep_id": payee}
        for payee, amount in sold.items()
    ]
    people = [
        {"payee_id": payee, "payee_name": payee, "role": "sales_rep", "currency": "EUR", "manager_id": "BOSS"}
        for payee in sold
    ]
    people.append({"payee_id": "BOSS", "payee_name": "BOSS", "role": "manager", "currency": "EUR"})
    plans = [
        _plan("sellers", ("c", NEW, _flat("10%")), roles=["sales_rep"]),
        _plan("leads", ("c", {**NEW, "only": {"credit_type": "roll_up"}}, _flat("3%")), roles=["manager"]),
    ]
    for each in orders:
        each["account"] = each["sales_rep_id"]
    made = _results(orders, plans, {"additional_credits": ["roll_up"]}, payees=people, accounts=list(sold))
    assert _earned(made) == {"R1": 7500, "R2": 6000, "R3": 6750, "R4": 5250, "R5": 4500, "BOSS": 9000}
    override = made["earnings"].filter(pl.col("payee_id") == "BOSS").sort("order_line_id")["earned"].to_list()
    assert override == [2250, 1800, 2025, 1575, 1350]


def test_36_new_existing_and_won_back_business_each_at_its_rate():
    """Worked example 36, sparrowgenie.com: 100,000 at 8 % and at 5 %; 50,000 at 5 %, and at 8 % after twelve months without an order."""
    rates = _plan(
        "p", ("new", {"credits": ["new_logo", "win_back"], "positions": "together"}, _flat("8%")),
        ("existing", {"credits": ["retention", "growth"], "positions": "together"}, _flat("5%")), roles=["sales_rep"],
    )  # fmt: skip
    orders = [
        {"id": "A1", "account": "A", "date": "2024-01-10", "lines": ["100000.00"]},
        {"id": "A2", "account": "A", "date": "2024-08-10", "lines": ["100000.00"]},
        {"id": "A3", "account": "A", "date": "2025-08-09", "lines": ["50000.00"]},
        {"id": "A4", "account": "A", "date": "2026-08-09", "lines": ["50000.00"]},
    ]
    made = _results(
        orders,
        [rates],
        {"win_back_months": 12, "new_business_months": 6},
        assignments=[["A", "R1", "sales_rep", "2020-01-01"]],
    )
    paid = made["earnings"].group_by("order_line_id").agg(pl.col("earned").sum()).sort("order_line_id").rows()
    assert paid == [("A1-1", 8000), ("A2-1", 5000), ("A3-1", 2500), ("A4-1", 4000)]
