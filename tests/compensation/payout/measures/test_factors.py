"""How much of a credit counts to quota and to pay: exact figures for every kind of factor, splits, returns, and what is missing."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lines_world import World, counting, money, rows_of
from payout_world import component, plan, version

from compensation.payout.errors import MissingFigure, PayoutError, UnknownFactor

PEOPLE = [{"payee_id": "rep"}, {"payee_id": "other"}]
THIRDS = [{"amount": "33.33", "share": "33.33"}, {"amount": "66.67", "payee": "other", "share": "66.67"}]


def factored(*factors, **given):
    return component(
        measure={"credits": ["new_business", "retention", "growth"], "positions": "together", "factors": list(factors)},
        **given,
    )


def by_name(by, counts="both", otherwise=None, **of):
    return {"by": by, "counts": counts, "of": of, **({"otherwise": otherwise} if otherwise else {})}


def by_band(by, *bands, counts="both", **more):
    return {
        "by": by,
        "counts": counts,
        "bands": [{"from": low, "to": high, "factor": factor} for low, high, factor in bands],
        **more,
    }


FAMILIES = by_name("product_family", hardware="0.5", software="1", services="0")


@pytest.mark.parametrize(("family", "counted"), [("hardware", "50"), ("software", "100"), ("services", "0")])
def test_a_family_counts_by_its_factor(family, counted):
    paid = World().sell("A", "100", family=family).pay(factored(FAMILIES))
    assert rows_of(paid, "credited") == money(counted)
    assert rows_of(paid, "earned") == [Decimal(counted) / 10]


def test_a_family_not_named_takes_otherwise():
    paid = World().sell("A", "100", family="spare parts").pay(factored({**FAMILIES, "otherwise": "0.25"}))
    assert rows_of(paid, "credited") == money("25")


def test_a_family_not_named_stops_where_the_plan_says_nothing_of_it():
    world = World().sell("A", "100", family="hardware").sell("B", "100", family="spare parts")
    with pytest.raises(UnknownFactor) as stopped:
        world.pay(factored(FAMILIES))
    assert str(stopped.value) == (
        "plan plan, component commission, factor by product_family: nothing is said of 1 credit. First: order line B, payee rep, "
        "product_family 'spare parts'. Add an entry for it, or 'otherwise' for everything not named."
    )


def test_sub_motions_and_kinds_of_credit_count_by_their_factors_and_factors_multiply():
    credits = [
        {"amount": "60", "kind": "repeat", "share": "60"},
        {"amount": "40", "kind": "upsell", "share": "40", "type": "split"},
    ]
    factors = by_name("sub_motion", repeat="0.5", upsell="1.2"), by_name("credit_type", direct="1", split="0.25")
    paid = World().sell("A", "100", credits=credits).pay(factored(*factors))
    assert rows_of(paid, "credited") == money("30", "12")


DISCOUNTS = by_band("discount", (None, "0", "1.1"), ("0", "20%", "1"), ("20%", "40%", "0.8"), ("40%", None, "0.5"))


@pytest.mark.parametrize(
    ("net", "counted"),
    [
        ("100.01", "110.01"),
        ("100", "100"),
        ("80.01", "80.01"),
        ("80", "64"),
        ("60.01", "48.01"),
        ("60", "30"),
        ("0.00", "0"),
    ],
)
def test_a_discount_counts_by_the_band_that_it_lies_in_and_a_bound_belongs_to_the_band_above(net, counted):
    paid = World().sell("A", net, list_amount="100").pay(factored(DISCOUNTS))
    assert rows_of(paid, "credited") == money(counted)


@pytest.mark.parametrize(("list_amount", "quoted"), [(None, "80"), ("0.00", "80")])
def test_a_line_without_list_amount_stops_and_says_where(list_amount, quoted):
    with pytest.raises(MissingFigure) as stopped:
        World().sell("A", quoted, list_amount=list_amount).pay(factored(DISCOUNTS))
    assert str(stopped.value) == (
        "plan plan, component commission, factor by discount: 1 credit has no list amount (list_amount is empty or 0). First: "
        "order line A, payee rep. Correct the order line, say with 'otherwise' what such a line counts, or narrow the component "
        "with 'only'; the figure is never taken as 0."
    )


@pytest.mark.parametrize(
    ("by", "figures"),
    [
        ("discount", {}),
        ("discount", {"list_amount": "0.00"}),
        ("margin_share", {}),
        ("term_months", {"service_start": "2026-01-01"}),
    ],
)
def test_a_line_without_the_figure_takes_otherwise_and_so_does_its_return(by, figures):
    world = World().sell("A", "80", **figures).give_back("A", "80", on="2026-02-01")
    paid = world.pay(factored({**by_band(by, (None, None, "1")), "otherwise": "0.75"}))
    assert rows_of(paid, "credited") == money("60", "-60")


def test_a_discount_in_no_band_stops_where_nothing_is_said_of_it():
    shallow = by_band("discount", ("0", "20%", "1"))
    with pytest.raises(UnknownFactor, match=r"First: order line A, payee rep, discount 33\.33%\. Add an entry"):
        World().sell("A", "100", list_amount="150").pay(factored(shallow))
    paid = World().sell("A", "100", list_amount="150").pay(factored({**shallow, "otherwise": "0.5"}))
    assert rows_of(paid, "credited") == money("50")


@pytest.mark.parametrize(
    ("cost", "counted"), [("70", "100"), ("70.01", "50"), ("100", "50"), ("100.01", "0"), ("0", "100")]
)
def test_a_share_of_margin_is_of_the_price(cost, counted):
    bands = by_band("margin_share", (None, "0", "0"), ("0", "30%", "0.5"), ("30%", None, "1"))
    assert rows_of(World().sell("A", "100", cost_amount=cost).pay(factored(bands)), "credited") == money(counted)


def test_a_line_without_cost_has_no_share_of_margin():
    with pytest.raises(MissingFigure, match=r"factor by margin_share: 1 credit has no cost"):
        World().sell("A", "100").pay(factored(by_band("margin_share", (None, None, "1"))))


UPLIFT = by_band(
    "term_months", (None, "12", "0.8"), ("12", "24", "1"), ("24", "36", "1.1"), ("36", None, "1.25"), counts="pay"
)


@pytest.mark.parametrize(
    ("start", "end", "pay"),
    [
        ("2026-01-01", "2026-12-30", "8"),  # eleven months and thirty days
        ("2026-01-01", "2026-12-31", "10"),
        ("2026-01-15", "2028-01-13", "10"),  # a day less than two years
        ("2026-01-15", "2028-01-14", "11"),
        ("2026-01-01", "2028-12-31", "12.50"),
        ("2028-02-29", "2029-02-27", "10"),  # twelve months from 29 February (scenario 19)
        ("2028-02-29", "2029-02-26", "8"),
        ("2026-01-31", "2027-01-30", "10"),
    ],
)
def test_a_term_of_several_years_pays_more_and_counts_the_same(start, end, pay):
    paid = World().sell("A", "100", service_start=start, service_end=end).pay(factored(UPLIFT))
    assert rows_of(paid, "credited") == money("100")
    assert rows_of(paid, "earned") == money(pay)


def test_a_line_without_term_stops():
    with pytest.raises(
        MissingFigure, match=r"has no term \(service_start or service_end is empty\)\. First: order line A"
    ):
        World().sell("A", "100", service_start="2026-01-01").pay(factored(UPLIFT))


def test_quota_credit_climbs_the_tiers_and_pay_credit_is_paid():
    tiers = [{"from": "0", "to": "100", "rate": "0.05"}, {"from": "100", "to": None, "rate": "0.10"}]
    curve = {"shape": "marginal", "of": "amount", "tiers": tiers}
    world = World().sell("A", "200", family="hardware").sell("B", "100", family="software", on="2026-02-01")
    half_quota = by_name("product_family", "quota", hardware="0.5", software="1")
    paid = world.pay(factored(half_quota, curve=curve))
    assert rows_of(paid, "credited") == money("100", "100")  # 200 at half fills the first tier
    assert rows_of(paid, "earned") == money("10", "10")  # 200 × 5 %, 100 × 10 %


def test_pay_and_quota_factors_of_one_credit_are_exact():
    third = by_name("product_family", "quota", family="0.3"), by_name("sub_motion", "pay", new_logo="0.7")
    paid = World().sell("A", "100").pay(factored(*third))
    assert rows_of(paid, "credited") == money("30")
    assert rows_of(paid, "earned") == money("7")  # 100 × 0.7 × 10 %, whatever 0.7 ÷ 0.3 is


def test_factors_on_both_change_pay_like_quota_and_leave_no_change_behind():
    paid = World().sell("A", "100", family="hardware").pay(factored(FAMILIES))
    assert paid.earning_changes.is_empty()


def test_the_credits_of_a_line_share_its_scaled_amount_to_the_cent():
    credits = [{"amount": "0.05", "share": "50"}, {"amount": "0.05", "payee": "other", "share": "50"}]
    paid = World(payees=PEOPLE).sell("A", "0.10", credits=credits, family="hardware").pay(factored(FAMILIES))
    assert rows_of(paid, "credited") == money("0.03", "0.02")  # 0.05 together, not 0.06


def test_returns_in_parts_undo_a_scaled_sale_credit_by_credit():
    world = World(payees=PEOPLE).sell("A", "100.00", credits=THIRDS, family="hardware")
    world.give_back("A", "33.33", on="2026-02-01", credits=["11.11", "22.22"])
    world.give_back("A", "33.33", on="2026-03-01", credits=["11.11", "22.22"])
    world.give_back("A", "33.34", on="2026-04-01", credits=["11.11", "22.23"])
    paid = world.pay(factored(FAMILIES))
    counted = rows_of(paid, "credited")
    assert counted[:2] == money("16.67", "33.33")  # 16.665 → 16.67, 50.00 together
    assert counted[2:4] == money("-5.56", "-11.11")  # 5.555 → 5.56; 16.665 → 16.67 together
    assert [sum(counted[place::2]) for place in (0, 1)] == [0, 0]


def test_a_return_counts_by_the_factor_that_its_sale_had():
    words = {"clawback": "as_negative"}
    old, new = (version(factored(by_name("product_family", family=factor), **words), **more) for factor, more in (
        ("0.5", {}), ("1", {"version": "2", "valid_from": "2026-02-01", "decided_on": "2026-01-15"})
    ))  # fmt: skip
    world = World().sell("A", "100").give_back("A", "100", on="2026-02-10").sell("B", "100", on="2026-02-11")
    assert rows_of(world.pay_plans(plan(old, new)), "credited") == money("50", "-50", "100")


def test_units_take_factors_in_thousandths():
    paid = World().sell("A", "100", quantity="3", family="hardware").pay(counting("units", factors=[FAMILIES]))
    assert rows_of(paid, "credited") == money("1.5")


def test_factors_of_one_component_leave_others_as_they_are():
    both = World().sell("A", "100", family="hardware").pay(factored(FAMILIES, component="a"), component(component="b"))
    assert rows_of(both, "credited") == money("50", "100")


def test_factors_with_too_many_digits_together_stop():
    fine = [
        by_name(by, "quota", **{name: "0.123457"})
        for by, name in (("product_family", "family"), ("sub_motion", "new_logo"), ("credit_type", "direct"))
    ]
    steps = by_band("discount", (None, None, "0.765431"), counts="quota")
    with pytest.raises(PayoutError, match=r"its factors multiply to .* more digits than can be counted exactly"):
        World().sell("A", "100", list_amount="100").pay(factored(*fine, steps))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_however_a_line_comes_back_its_factored_credits_end_at_nothing(data):
    cents = data.draw(st.lists(st.integers(1, 5000), min_size=1, max_size=3))
    parts = data.draw(st.integers(1, 3))
    factor = data.draw(st.decimals("0.000001", "2", places=6))
    shares = [{"amount": str(Decimal(n).scaleb(-2)), "share": "1"} for n in cents]
    total = Decimal(sum(cents)).scaleb(-2)
    world = World().sell("A", str(total), credits=shares)
    left = list(cents)
    for part in range(parts):
        taken = [n if part == parts - 1 else data.draw(st.integers(0, n)) for n in left]
        left = [n - back for n, back in zip(left, taken, strict=True)]
        back = [str(Decimal(n).scaleb(-2)) for n in taken]
        world.give_back("A", str(sum(Decimal(amount) for amount in back)), on=f"2026-0{part + 2}-01", credits=back)
    counted = rows_of(world.pay(factored(by_name("product_family", family=str(factor)))), "credited")
    sold = counted[: len(cents)]
    assert sum(sold) == (total * factor).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert [sum(counted[place :: len(cents)]) for place in range(len(cents))] == [0] * len(cents)


def test_pay_factors_over_quotas_that_share_no_divisor_are_summed_one_by_one():
    """Each quota is a large prime, so that no common divisor of their curves fits 128 bits."""
    quotas = [f"{prime / 100:.2f}" for prime in (1000003, 1000033, 1000037, 1000039, 1000081)]
    people = [f"rep{number}" for number, _ in enumerate(quotas)]
    factor = by_name("product_family", counts="pay", otherwise="0.333331")
    factor["of"] = {"hardware": "0.777777"}
    curve = {
        "shape": "target",
        "incentive": {"amount": "7777.77", "per": "year"},
        "payout": {"shape": "flat", "rate": "0.777777"},
    }
    given = [
        {"payee_id": person, "period": "2026", "measure": "new_business", "amount": quota}
        for person, quota in zip(people, quotas, strict=True)
    ]
    world = World(payees=[{"payee_id": person} for person in people], quotas=given)
    for person in people:
        world.sell(f"line-{person}", "5000.00", credits=[{"amount": "5000.00", "payee": person}])
    paid = world.pay(factored(factor, curve=curve, quota={"measure": "new_business"}))
    exact = [
        Fraction("7777.77") * Fraction("0.777777") * 5000 / Fraction(quota) * Fraction("0.333331") for quota in quotas
    ]
    assert [Fraction(earned) for earned in rows_of(paid, "earned")] == [
        Fraction(round(each * 100), 100) for each in exact
    ]
