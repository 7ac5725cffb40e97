"""Where a payee stands is printed for every component and period: carried on where a credit was, at 0 where none was."""

from decimal import Decimal

import polars as pl

from compensation.calculate import calculate
from compensation.rules import Rules
from tests import worlds
from tests.compensation.payout.payout_world import component, plan, version

ON_QUOTA = component(
    quota={"measure": "q"},
    curve={
        "shape": "marginal",
        "of": "attainment",
        "tiers": [{"from": "0", "to": "1", "rate": "0.05"}, {"from": "1", "to": None, "rate": "0.20"}],
    },
)


def standing(orders, *terms, quotas=("2026",), returns=()):
    """Figures of where R1 stands, by period and figure."""
    facts = worlds.small_world(
        orders,
        assignments=[["A", "R1", "sales_rep", "2020-01-01"]],
        payees=["R1"],
        returns=returns,
        quotas=[
            {"payee_id": "R1", "measure": "q", "period": period, "amount": "1000.00", "currency": "EUR"}
            for period in quotas
        ],
    )
    lines = calculate(facts, Rules(worlds.company(), (plan(version(*terms)),)))["statement_lines"]
    shown = lines.filter((pl.col("section") == "attainment") & (pl.col("payee_id") == "R1"))
    figures = shown.select("fiscal_period", "figure", value=pl.coalesce("amount", "rate"))
    return {(period, figure): value for period, figure, value in figures.rows()}


def test_an_order_on_hold_in_a_later_month_does_not_set_attainment_back_to_0():
    orders = [
        {"id": "O1", "date": "2026-02-01", "lines": ["1500.00"]},
        {"id": "O2", "date": "2026-04-02", "lines": ["100.00"], "status": "on_hold"},
    ]
    found = standing(orders, ON_QUOTA)
    for period in ("2026-P02", "2026-P03", "2026-P04"):
        assert found[period, "position"] == 1500
        assert found[period, "attainment"] == Decimal("1.5")
        assert found[period, "tier_rate"] == Decimal("0.2")
    assert found["2026-P01", "position"] == found["2026-P01", "attainment"] == 0


def test_a_new_window_without_a_credit_starts_at_0():
    orders = [
        {"id": "O1", "date": "2026-02-01", "lines": ["1500.00"]},
        {"id": "O2", "date": "2026-04-02", "lines": ["100.00"], "status": "cancelled"},
    ]
    found = standing(orders, {**ON_QUOTA, "window": "quarter"}, quotas=("2026-Q1", "2026-Q2"))
    assert (found["2026-P03", "position"], found["2026-P03", "attainment"]) == (1500, Decimal("1.5"))
    assert (found["2026-P04", "position"], found["2026-P04", "attainment"]) == (0, 0)


def test_the_first_tier_of_a_component_without_a_credit_is_what_its_version_says():
    orders = [{"id": "O1", "date": "2026-02-01", "lines": ["1500.00"]}]
    amounts = [{"from": "0", "to": "99.50", "rate": "0.03"}, {"from": "99.50", "to": None, "rate": "0.04"}]
    growth = {"measure": {"credits": "growth"}, "component": "growth"}
    for given, quotas, to_next_tier, rate in (
        ({**ON_QUOTA, **growth}, ("2026",), Decimal("1000"), Decimal("0.05")),
        ({**ON_QUOTA, **growth}, (), None, Decimal("0.05")),
        ({**ON_QUOTA, **growth, "quota": {"measure": "q", "no_quota": "last_tier"}}, (), None, Decimal("0.2")),
        (component(curve={"shape": "marginal", "of": "amount", "tiers": amounts}, **growth), (), Decimal("99.5"), Decimal("0.03")),
        (component(**growth), (), None, Decimal("0.1")),
    ):  # fmt: skip
        found = standing(orders, given, quotas=quotas)
        assert found["2026-P02", "position"] == 0
        assert found.get(("2026-P02", "to_next_tier")) == to_next_tier
        assert found["2026-P02", "tier_rate"] == rate


ON_LAST_QUARTER = {
    "window": "quarter",
    "quota": {"measure": "q", "of": "previous_window", "no_quota": "first_tier"},
    "curve": ON_QUOTA["curve"],
}


def test_what_is_measured_against_the_window_before_has_its_quota_before_the_first_credit():
    """1,500 in the first quarter less 300 that came back in the second: the second has a quota of 1,200, the third of 0."""
    orders = [
        {"id": "O1", "date": "2026-02-01", "lines": ["1500.00"]},
        {"id": "O2", "date": "2026-08-02", "lines": ["100.00"], "status": "on_hold"},
    ]
    back = [{"id": "B1", "line": "O1-1", "date": "2026-04-20", "amount": "300.00"}]
    found = standing(orders, component(**ON_LAST_QUARTER), quotas=(), returns=back)
    assert found["2026-P03", "quota"] == 0, "nothing is known of the quarter before"
    for period in ("2026-P05", "2026-P06"):  # April also shows the first quarter, which the return corrects
        assert found[period, "quota"] == found[period, "to_next_tier"] == 1200
        assert found[period, "position"] == found[period, "attainment"] == 0
    assert found["2026-P07", "quota"] == 0
    assert ("2026-P07", "attainment") not in found


def test_pieces_of_the_window_before_are_a_quota_in_pieces():
    orders = [
        {"id": "O1", "date": "2026-02-01", "lines": [{"net_amount": "10.00", "quantity": "7.5"}]},
        {"id": "O2", "date": "2026-04-02", "lines": ["100.00"], "status": "on_hold"},
    ]
    tiers = [{"from": "0", "to": "1", "amount": "2"}, {"from": "1", "to": None, "amount": "3"}]
    curve = {"shape": "marginal", "of": "attainment", "tiers": tiers}
    units = component(**{**ON_LAST_QUARTER, "curve": curve}, measure={"credits": "new_business", "of": "units"})
    found = standing(orders, units, quotas=())
    assert found["2026-P03", "position"] == Decimal("7.5")
    assert found["2026-P04", "quota"] == found["2026-P04", "to_next_tier"] == Decimal("7.5")
