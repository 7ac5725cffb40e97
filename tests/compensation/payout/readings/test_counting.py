"""What credits add up to, for a payee and for a team."""

import random
from fractions import Fraction

import polars as pl
import pytest
from payout_world import component, pay_world, plan, version
from readings_world import BACK, COSTED, REP, SALES, asked, at, costed, places, reading, readings, sold

from compensation.payout import pay
from compensation.payout.errors import MissingFigure, MissingRate


def test_revenue_is_the_sum_of_the_credits_named_in_the_interval():
    taker = readings(SALES)
    places = [
        asked("2025"),
        asked("2026"),
        asked("2026-Q1", "quarter"),
        asked("2026-Q2", "quarter"),
        asked(payee="other"),
    ]
    assert taker.values(reading("revenue"), places) == [50, Fraction("370.01"), 70, Fraction("300.01"), 7]
    assert taker.values(reading("revenue", credits="win_back"), places[:2]) == [0, Fraction("300.01")]
    assert taker.values(reading("revenue", credits=["new_business", "growth"]), places[1:3]) == [
        Fraction("570.01"),
        270,
    ]


def test_a_payee_without_credits_reads_nothing_as_zero():
    assert readings(SALES).values(reading("revenue"), [asked(payee="nobody")]) == [0]
    assert readings(SALES).values(reading("revenue"), []) == []


def test_a_return_counts_in_the_interval_of_its_sale_or_in_its_own():
    taker = readings(SALES)
    places = [asked(quarter, "quarter") for quarter in ("2026-Q1", "2026-Q3")]
    assert taker.values(reading("revenue"), places, returns="as_corrected") == [70, 0]
    assert taker.values(reading("revenue"), places, returns="as_negative") == [100, -30]


def test_to_date_ends_with_the_window():
    taker = readings(SALES)
    months = [asked(month, "year_to_date") for month in ("2026-P01", "2026-P03", "2026-P04")]
    assert taker.values(reading("revenue", "year_to_date"), months) == [70, 70, Fraction("370.01")]
    assert taker.values(reading("revenue", "year_to_date"), months, returns="as_negative") == [
        100,
        100,
        Fraction("400.01"),
    ]


TEAM = [
    {"payee_id": "boss", "role": "manager"},
    {"payee_id": "lead", "role": "manager", "manager_id": "boss"},
    {"payee_id": "rep", "manager_id": "lead"},
    {"payee_id": "other", "manager_id": "boss", "valid_from": "2020-01-01"},
    {"payee_id": "other", "manager_id": "lead", "valid_from": "2026-06-01"},
]


def test_a_team_is_who_reported_to_the_payee_on_the_day_of_the_sale():
    credits = [
        *SALES,
        {"on": "2026-05-31", "amount": "1000.00", "payee": "other"},
        {"on": "2026-06-30", "amount": "-200.00", "of": 7},
        {"on": "2026-06-01", "amount": "5.00", "payee": "lead"},
    ]
    taker = readings(credits, payees=TEAM)
    heads = [asked(payee="boss"), asked(payee="lead"), asked(payee="rep")]
    assert taker.values(reading("revenue", whose="direct_reports"), heads) == [805, Fraction("377.01"), 0]
    assert taker.values(reading("revenue", whose="team"), heads) == [Fraction("1182.01"), Fraction("377.01"), 0]


def test_money_enters_the_currency_asked_for_at_the_rate_of_the_sale():
    rates = [
        {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.90"},
        {"currency": "USD", "valid_from": "2026-02-01", "rate": "0.80"},
    ]
    credits = [
        {"on": "2026-01-31", "amount": "100.00"},
        {"on": "2026-02-01", "amount": "100.00"},
        {"on": "2026-03-01", "amount": "-50.00", "of": 1},
    ]
    taker = readings(credits, fx_rates=rates)
    both = [asked(currency="USD"), asked(currency="EUR")]
    assert taker.values(reading("revenue"), both) == [Fraction("111.11") + 125 - Fraction("55.56"), 150]
    assert taker.values(reading("revenue"), [asked("2026-P03", "month", currency="USD")], returns="as_negative") == [
        Fraction("-55.56")
    ]
    with pytest.raises(
        MissingRate, match=r"3 credits have no rate to enter a plan in GBP\. First: payee rep, sale of 2026-01-31"
    ):
        taker.values(reading("revenue"), [asked(currency="GBP")])


def test_revenue_agrees_with_the_position_of_a_component_to_the_cent():
    rates = [
        {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.917300000000"},
        {"currency": "USD", "valid_from": "2026-02-01", "rate": "1.130000000000"},
    ]
    sales = [{"on": f"2026-{n % 6 + 1:02}-{n + 1:02}", "amount": f"{n * 37 + 10}.{n:02}"} for n in range(28)]
    back = [
        {"on": f"2026-{n % 6 + 7:02}-{n + 1:02}", "amount": f"-{n + 3}.{n:02}", "of": n + 1} for n in range(0, 28, 2)
    ]
    twice = [{"on": f"2026-12-{n + 1:02}", "amount": f"-{n + 1}.99", "of": n + 1} for n in range(0, 28, 4)]
    taker = readings([*sales, *back, *twice], fx_rates=rates)
    quarters = [f"2026-Q{n}" for n in range(1, 5)]
    places = [asked(quarter, "quarter", currency="USD") for quarter in quarters]
    for returns in ("as_corrected", "as_negative"):
        on_it = plan(version(component(window="quarter", clawback=returns)), currency="USD")
        paid = pay_world(taker.credits, on_it, fx_rates=rates)
        last = paid.attainment.group_by("window").agg(pl.col("position").sort_by("fiscal_period").last())
        ends = dict(last.select(pl.col("window").cast(pl.String), "position").rows())
        expected = [Fraction(ends.get(quarter, 0)) for quarter in quarters]
        assert taker.values(reading("revenue", "quarter"), places, returns=returns) == expected


def test_margin_and_its_share():
    both = [*places("2026-Q1", "2026-Q2"), asked(payee="R1")]
    taker = costed()
    assert taker.values(reading("margin"), both) == [20 + 5 - 10, 0, 15]
    assert taker.values(reading("margin_share"), both) == [Fraction(15, 120), None, Fraction(15, 120)]
    assert taker.values(reading("margin"), both[:2], returns="as_negative") == [35, -20]
    assert taker.values(reading("margin_share"), both[:1], returns="as_negative") == [Fraction(35, 170)]


def test_margin_without_a_cost_stops_the_reading():
    bare = [{"id": "O1", "date": "2026-01-10", "lines": ["100.00"]}]
    with pytest.raises(
        MissingFigure,
        match=r"1 credit has no cost on the order line, which margin needs\. First: order line O1-1, payee R1",
    ):
        costed(bare, ()).values(reading("margin"), places("2026-Q1"))


def test_units_are_quantities():
    both = places("2026-Q1", "2026-Q2")
    assert costed().values(reading("units"), both) == [Fraction("4.5"), 0]
    assert costed().values(reading("units"), both, returns="as_negative") == [Fraction("6.5"), -2]


def test_an_order_counts_once_until_all_of_it_came_back():
    both = [*places("2026-Q1", "2026-Q2"), asked(payee="R1")]
    assert costed().values(reading("orders"), both) == [2, 0, 2]
    assert costed().values(reading("orders"), both, returns="as_negative") == [2, 0, 2]
    assert costed(returns=BACK[:1]).values(reading("orders"), both) == [2, 1, 3]


def test_a_customer_counts_once_in_each_interval():
    orders = [*COSTED, {"id": "O4", "date": "2026-05-01", "lines": [{"net_amount": "1.00", "cost_amount": "1.00"}]}]
    both = [*places("2026-Q1", "2026-Q2"), asked(payee="R1")]
    assert costed(orders, ()).values(reading("customers", "quarter"), both[:2]) == [1, 2]
    assert costed(orders, ()).values(reading("customers"), both[2:]) == [2]
    assert costed(orders).values(reading("customers", "quarter"), both[:2]) == [1, 1]
    late = [{"id": "X3", "line": "O3-1", "date": "2026-07-20", "amount": "10.00"}]
    quarters = places("2026-Q2", "2026-Q3")
    assert costed(orders, late).values(reading("customers", "quarter"), quarters) == [1, 0]
    assert costed(orders, late).values(reading("customers", "quarter"), quarters, returns="as_negative") == [2, -1]


DISCOUNTS = [
    {"id": "O5", "date": "2026-07-01", "account": "B", "lines": [{"net_amount": "-5.00", "cost_amount": "0.00"}]},
    {
        "id": "O6",
        "date": "2026-08-01",
        "account": "A",
        "lines": [{"net_amount": amount, "cost_amount": "0.00"} for amount in ("10.00", "-10.00")],
    },
]


@pytest.mark.parametrize("of", ["orders", "customers"])
def test_nothing_but_discounts_is_no_order_and_no_customer_as_in_a_measure(of):
    """O5 adds up to less than nothing; O6 to nothing, which counts until its sale is back and only the discount is left."""
    back = [{"id": "X6", "line": "O6-1", "date": "2026-09-01", "amount": "10.00"}]
    third = places("2026-Q3")
    counted = reading(of, "quarter", credits=EVERY_KIND)
    assert costed(DISCOUNTS, ()).values(counted, third) == [1]
    assert costed(DISCOUNTS, back).values(counted, third) == [0]
    for returns, counts in (((), 1), (back, 0)):
        taker = costed(DISCOUNTS, returns)
        measure = {"credits": EVERY_KIND, "positions": "together", "of": of}
        on_it = plan(version(component(measure=measure, window="quarter", curve=CURVES[of])))
        paid = pay(taker.credits, taker.facts, [on_it], taker.company, taker.windows.periods)
        assert paid.earnings["credited"].sum() == counts


def test_accounts_of_one_tree_are_one_customer():
    tree = ["A", {"account_id": "B", "parent_account_id": "A"}]
    taker = sold(COSTED, (), accounts=tree, assignments=REP)
    assert taker.values(reading("customers"), [asked(payee="R1")]) == [1]


def test_running_counts_of_orders_and_customers():
    taker = costed()
    rows = at([(0, "2026"), (1, "2026"), (2, "2026"), (3, "2026"), (5, "2026")]).with_columns(payee_id=pl.lit("R1"))
    assert taker.running(reading("orders"), rows)["numerator"].to_list() == [1, 2, 2, 3, 2]
    assert taker.running(reading("customers"), rows)["numerator"].to_list() == [1, 1, 1, 2, 1]
    assert taker.running(reading("margin_share"), rows[:2]).select("numerator", "denominator").rows() == [
        (4000, 10000),
        (4500, 15000),
    ]


EVERY_KIND = ["new_business", "retention", "growth"]
CURVES = {
    **{key: {"shape": "flat", "rate": "0.1"} for key in ["revenue", "margin"]},
    "units": {"shape": "per_unit", "amount": "1.00"},
    **{key: {"shape": "per_event", "amount": "1.00"} for key in ["orders", "customers"]},
}


def many_orders(seed):
    """Orders in two currencies on two accounts, some with returns of a line or of a part of it."""
    draw = random.Random(seed)  # noqa: S311
    orders, returns = [], []
    for n in range(14):
        month, amount = draw.randint(1, 10), f"{draw.randint(1, 900)}.{draw.randint(10, 99)}"
        line = {"net_amount": amount, "cost_amount": f"{draw.randint(1, 500)}.37", "quantity": str(draw.randint(1, 9))}
        order = {"id": f"O{n:02}", "account": draw.choice("AB"), "currency": draw.choice(["EUR", "USD"])}
        orders.append(
            {**order, "date": f"2026-{month:02}-{draw.randint(1, 28):02}", "lines": [line] * draw.randint(1, 2)}
        )
        if draw.random() < 0.7:
            back = amount if draw.random() < 0.6 else "0.77"
            returns.append(
                {
                    "id": f"R{n:02}",
                    "line": f"O{n:02}-1",
                    "date": f"2026-{draw.randint(month + 1, 12):02}-28",
                    "amount": back,
                }
            )
    return orders, returns


@pytest.mark.parametrize("returns", ["as_corrected", "as_negative"])
@pytest.mark.parametrize("of", CURVES)
def test_a_reading_agrees_with_the_position_of_a_component_on_the_same_measure(of, returns):
    rates = [
        {"currency": "USD", "valid_from": day, "rate": rate}
        for day, rate in (("2020-01-01", "0.913"), ("2026-05-05", "1.07"))
    ]
    taker = costed(*many_orders(5), fx_rates=rates)
    measure = {
        "credits": EVERY_KIND,
        "positions": "together",
        "of": of,
        **({"below_cost": "mirrored"} if of == "margin" else {}),
    }
    on_it = plan(
        version(component(measure=measure, window="quarter", curve=CURVES[of], clawback=returns)), currency="USD"
    )
    paid = pay(taker.credits, taker.facts, [on_it], taker.company, taker.windows.periods)
    ends = paid.attainment.group_by("window").agg(pl.col("position").sort_by("fiscal_period").last())
    known = dict(ends.select(pl.col("window").cast(pl.String), "position").rows())
    quarters = [f"2026-Q{n}" for n in range(1, 5)]
    wanted = [asked(quarter, "quarter", payee="R1", currency="USD") for quarter in quarters]
    found = taker.values(reading(of, "quarter", credits=EVERY_KIND), wanted, returns=returns)
    assert found == [Fraction(known.get(quarter, 0)) for quarter in quarters]
    assert any(found)
