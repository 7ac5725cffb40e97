"""Facts through attribution to pay: whatever is sold, split and returned, the parts of every line add up to it."""

from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from payout_world import component, plan, version

from compensation.calculate import calculate
from compensation.rules import Rules
from tests.worlds import company, small_world

COUNTED = ("margin", "up_to_target", "above_target", "units", "revenue")
CURVES = {"units": {"shape": "per_unit", "amount": "1"}}
RATES = [{"currency": "USD", "valid_from": date(2020, 1, 1), "rate": "0.9173"}]
PEOPLE = ("R1", "R2", "R3", "M1")


def counting(of):
    on_cost = {"below_cost": "mirrored"} if of in ("margin", "up_to_target", "above_target") else {}
    measure = {"credits": ["new_business", "retention", "growth"], "positions": "together", "of": of, **on_cost}
    return component(component=of, measure=measure, curve=CURVES.get(of, {"shape": "flat", "rate": "0.10"}))


@st.composite
def sold(draw):
    """Two years of orders in two currencies, some split between three people, most of them returned in parts."""
    shares = draw(st.sampled_from([None, ("33.33", "33.33", "33.34"), ("50", "25", "25")]))
    orders, returns = [], []
    for number in range(draw(st.integers(1, 4))):
        cents, cost = draw(st.integers(0, 20_000)), draw(st.integers(0, 20_000))
        line = {
            "net_amount": Decimal(cents).scaleb(-2),
            "cost_amount": Decimal(cost).scaleb(-2),
            "quantity": draw(st.integers(1, 7)),
        }
        order = {
            "id": f"O{number}",
            "date": date(2024 + number // 2, 3, 1 + number),
            "currency": draw(st.sampled_from(["EUR", "USD"])),
        }
        orders.append({**order, "lines": [line], **({"opportunity_id": "D"} if shares else {})})
        left = cents
        for part in range(draw(st.integers(0, 3))):
            back = left if part == 2 else draw(st.integers(0, left))
            left -= back
            returns.append(
                {
                    "id": f"B{number}{part}",
                    "line": f"O{number}-1",
                    "date": date(2026, 1 + part, 5),
                    "amount": Decimal(back).scaleb(-2),
                }
            )
    return orders, returns, shares


def paid(orders, returns, shares):
    deal = {"opportunity_id": "D", "owner_id": "R1", "stage": "won", "close_date": date(2024, 1, 1)}
    splits = [
        {"opportunity_id": "D", "payee_id": who, "split_type": "revenue", "percent": percent}
        for who, percent in zip(PEOPLE, shares or (), strict=False)
    ]
    facts = small_world(
        orders, returns, assignments=[["A", "M1", "account_manager", date(2020, 1, 1)], ["A", "R1", "sales_rep", date(2020, 1, 1)]],
        fx_rates=RATES, opportunities=[deal], opportunity_splits=splits,
    )  # fmt: skip
    facts["products"] = facts["products"].with_columns(target_price=pl.lit(Decimal("37.77")).cast(pl.Decimal(38, 6)))
    everyone = plan(version(*(counting(of) for of in COUNTED)), for_roles=["sales_rep", "account_manager"])
    return facts, calculate(facts, Rules(company(), (everyone,)))


def totals(earnings):
    """What each component counted of each line, the sale by itself and with all its returns."""
    by = ["component", "order_line_id"]
    first = earnings.filter(pl.col("return_id").is_null()).group_by(by).agg(sale=pl.col("credited").sum())
    return earnings.group_by(by).agg(left=pl.col("credited").sum()).join(first, on=by)


@settings(max_examples=8)
@given(sold())
def test_the_parts_of_every_line_add_up_to_it_and_end_at_nothing_when_it_is_back(world):
    orders, returns, shares = world
    facts, tables = paid(orders, returns, shares)
    found = totals(tables["earnings"])
    counted = {(row["component"], row["order_line_id"]): row for row in found.iter_rows(named=True)}
    for order in orders:
        line, fact = f"{order['id']}-1", order["lines"][0]
        rate = Decimal("0.9173") if order["currency"] == "USD" else Decimal(1)
        price, cost, target = (
            (amount * rate).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            for amount in (fact["net_amount"], fact["cost_amount"], Decimal("37.77") * fact["quantity"])
        )
        assert counted["revenue", line]["sale"] == price
        assert counted["margin", line]["sale"] == price - cost
        assert counted["up_to_target", line]["sale"] == min(price, target) - cost
        assert counted["above_target", line]["sale"] == max(Decimal(0), price - target)
        assert counted["units", line]["sale"] == fact["quantity"]
        back = sum(one["amount"] for one in returns if one["line"] == line)
        has_returns = any(one["line"] == line for one in returns)
        if has_returns and back == fact["net_amount"]:
            assert {of: counted[of, line]["left"] for of in COUNTED} == dict.fromkeys(COUNTED, Decimal(0))
    assert facts["order_lines"].height == len(orders)
