"""What must hold for every plan and every course of business."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payout_world import component, credits_of, earned_by_credit, pay_world, plan, version

EVERY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plain(number):
    """As a plan file writes it: without an exponent."""
    return f"{Decimal(number):f}"


cents = st.one_of(st.integers(0, 500), st.integers(-200_000, 3_000_000)).map(lambda units: Decimal(units).scaleb(-2))
days = st.dates(date(2025, 1, 1), date(2026, 12, 31))
rates = st.integers(0, 10**6).map(lambda units: plain(Decimal(units).scaleb(-6)))
QUOTAS = [{"period": str(year), "amount": "7777.77"} for year in (2025, 2026)]


@st.composite
def curves(draw, shapes=("flat", "marginal", "retroactive", "mixed")):
    shape = draw(st.sampled_from(shapes))
    if shape == "flat":
        return {"shape": "flat", "rate": draw(rates)}
    of = draw(st.sampled_from(["amount", "attainment"]))
    steps = draw(st.lists(st.integers(1, 500), unique=True, max_size=4).map(sorted))
    bounds = ["0", *(plain(Decimal(step).scaleb(-2 if of == "attainment" else 1)) for step in steps), None]
    modes = st.sampled_from(["marginal", "retroactive"])
    tiers = [
        {"from": low, "to": high, "rate": draw(rates), **({"mode": draw(modes)} if shape == "mixed" else {})}
        for low, high in pairwise(bounds)
    ]
    return {"shape": shape, "of": of, "tiers": tiers}


windows = st.sampled_from(["month", "quarter", "half_year", "year"])


@st.composite
def worlds(draw, shapes=("flat", "marginal", "retroactive", "mixed"), least=1):
    """A plan of one component, and some sales."""
    terms = component(curve=draw(curves(shapes)), window=draw(windows), quota={"measure": "new_business"})
    sales = draw(st.lists(st.tuples(days, cents), min_size=least, max_size=25))
    return plan(version(terms)), [{"on": str(on), "amount": amount} for on, amount in sales]


def money(curve, position, unit):
    """The curve once more: the sum over tiers, in fractions."""
    if curve.shape == "flat":
        return Fraction(curve.rate) * position
    total = Fraction(0)
    for tier in curve.tiers:
        low = Fraction(tier.floor) * unit
        if low and position < low:
            return total
        top = position if tier.ceiling is None else min(position, Fraction(tier.ceiling) * unit)
        total = (
            Fraction(tier.rate) * top
            if curve.mode_of(tier) == "retroactive"
            else total + Fraction(tier.rate) * (top - low)
        )
    return total


def rounded(amount):
    units = int(abs(amount) * 100 + Fraction(1, 2))
    return Decimal(units if amount >= 0 else -units).scaleb(-2)


@EVERY
@given(worlds())
def test_lines_sum_to_the_windows_curve(world):
    terms, rows = world
    credits = credits_of(rows)
    paid = pay_world(credits, terms, quotas=QUOTAS)
    sums = paid.earnings.group_by("window").agg(pl.col("earned", "credited").sum())
    curve, window = terms.versions[0].components[0].curve, terms.versions[0].components[0].window
    if curve.shape != "flat" and curve.of == "attainment" and window != "year":
        return  # the quota of a part of the year is the subject of windows.yaml
    unit = Fraction("7777.77") if curve.shape != "flat" and curve.of == "attainment" else Fraction(1)
    for row in sums.iter_rows(named=True):
        assert row["earned"] == rounded(money(curve, Fraction(row["credited"]), unit))


@EVERY
@given(worlds(), st.randoms())
def test_slices_sum_to_their_credit_and_follow_each_other(world, random):
    terms, rows = world
    credits = credits_of(rows)
    slices = pay_world(credits, terms, quotas=QUOTAS).earnings
    sums = slices.group_by("order_line_id").agg(pl.col("credited").sum())
    found = credits.join(sums, on="order_line_id", how="left")
    assert found["credited"].to_list() == found["amount"].to_list()
    follows = slices.select(
        same=pl.col("window") == pl.col("window").shift(1),
        position=pl.col("position_before") == pl.col("position_after").shift(1),
        money=pl.col("rounded_before") == pl.col("rounded_after").shift(1),
    )
    assert follows.filter("same").select(pl.all_horizontal("position", "money").all()).item()


@EVERY
@given(worlds(), st.randoms())
def test_the_order_of_rows_changes_nothing(world, random):
    terms, rows = world
    credits = credits_of(rows)
    places = list(range(credits.height))
    random.shuffle(places)
    one, other = pay_world(credits, terms, quotas=QUOTAS), pay_world(credits[places], terms, quotas=QUOTAS)
    assert one.earnings.equals(other.earnings)
    assert one.attainment.equals(other.attainment)


@EVERY
@given(worlds(least=2), st.data())
def test_cutting_a_batch_changes_no_credit_before_the_cut(world, data):
    terms, rows = world
    credits = credits_of(rows)
    cut = data.draw(st.integers(1, credits.height))
    first = credits.filter(pl.col("sequence") < cut)
    whole = dict(
        zip(credits["order_line_id"], earned_by_credit(pay_world(credits, terms, quotas=QUOTAS), credits), strict=True)
    )
    part = dict(
        zip(first["order_line_id"], earned_by_credit(pay_world(first, terms, quotas=QUOTAS), first), strict=True)
    )
    assert part == {line: whole[line] for line in part}


@EVERY
@given(worlds())
def test_splitting_a_payee_off_moves_nobody_elses_pay(world):
    terms, rows = world
    mixed = [{**row, "payee": f"rep{number % 3}"} for number, row in enumerate(rows)]
    people = [{"payee_id": f"rep{number}"} for number in range(3)]
    quotas = [{**quota, "payee_id": person["payee_id"]} for quota in QUOTAS for person in people]
    credits = credits_of(mixed)
    alone = credits.filter(pl.col("payee_id") == "rep0")
    together = pay_world(credits, terms, payees=people, quotas=quotas).earnings.filter(pl.col("payee_id") == "rep0")
    assert together.equals(pay_world(alone, terms, payees=people, quotas=quotas).earnings)


@EVERY
@given(worlds(), st.sampled_from(["as_corrected", "as_negative"]))
def test_a_sale_and_its_return_in_the_same_window_cancel(world, clawback):
    terms, rows = world
    same = component(
        curve=terms.versions[0].components[0].curve.model_dump(by_alias=True),
        window="year",
        quota={"measure": "new_business"},
        clawback=clawback,
    )
    rows = [{**row, "on": f"2026{row['on'][4:]}"} for row in rows]
    back = [{"on": "2026-12-31", "amount": -row["amount"], "of": number} for number, row in enumerate(rows, start=1)]
    paid = pay_world(credits_of([*rows, *back]), plan(version(same)), quotas=QUOTAS)
    assert paid.earnings["earned"].sum() == 0
    assert paid.attainment.filter(pl.col("fiscal_period") == "2026-P12")["position"].to_list() == [0]


@EVERY
@given(curves(shapes=("marginal",)), st.integers(0, 3))
def test_a_marginal_curve_is_continuous_at_every_bound(curve, place):
    """The cents on either side of a bound differ by no more than they are worth at the dearer rate, rounded."""
    bounds = [Decimal(tier["from"]) for tier in curve["tiers"]][1:]
    if not bounds:
        return
    bound = bounds[min(place, len(bounds) - 1)]
    at = (bound * Decimal("7777.77") if curve["of"] == "attainment" else bound).quantize(Decimal("0.01"))
    terms = plan(version(component(curve=curve, quota={"measure": "new_business"})))
    credits = credits_of([{"on": "2026-01-01", "amount": at - Decimal("0.01")}, {"on": "2026-01-02", "amount": "0.02"}])
    assert 0 <= earned_by_credit(pay_world(credits, terms, quotas=QUOTAS), credits)[1] <= Decimal("0.03")


@EVERY
@given(rates, rates, st.integers(1, 10**7))
def test_a_cliff_jumps_by_the_difference_of_rates_times_the_bound(low, high, units):
    bound = Decimal(units).scaleb(-2)
    tiers = [{"from": "0", "to": plain(bound), "rate": low}, {"from": plain(bound), "to": None, "rate": high}]
    terms = plan(version(component(curve={"shape": "retroactive", "of": "amount", "tiers": tiers})))
    paid = pay_world(credits_of([{"on": "2026-01-01", "amount": bound}]), terms).earnings
    jump = paid.filter(pl.col("tier_number") == 2)["earned"].sum() if paid.height > 1 else Decimal(0)
    assert jump == rounded(Fraction(high) * Fraction(bound)) - rounded(Fraction(low) * Fraction(bound))


@EVERY
@given(worlds(shapes=("marginal", "retroactive")), st.integers(1, 10**6))
def test_a_bound_with_the_same_rate_on_both_sides_changes_no_pay(world, units):
    terms, rows = world
    curve = terms.versions[0].components[0].curve.model_dump(by_alias=True, mode="json")
    last = curve["tiers"][-1]
    extra = Decimal(last["from"]) + (
        Decimal(units).scaleb(-6) if curve["of"] == "attainment" else Decimal(units).scaleb(-2)
    )
    more = {**curve, "tiers": [*curve["tiers"][:-1], {**last, "to": plain(extra)}, {**last, "from": plain(extra)}]}
    credits = credits_of(rows)
    given = {"window": terms.versions[0].components[0].window, "quota": {"measure": "new_business"}}
    pays = [
        earned_by_credit(pay_world(credits, plan(version(component(curve=each, **given))), quotas=QUOTAS), credits)
        for each in (curve, more)
    ]
    assert pays[0] == pays[1]


@EVERY
@given(worlds(shapes=("flat", "marginal", "retroactive")), st.integers(1, 4))
def test_amounts_times_a_power_of_ten_scale_exactly_before_rounding(world, power):
    """Rates of two decimals on whole euros are exact to the cent, so scaled pay is pay scaled."""
    terms, rows = world
    curve = terms.versions[0].components[0].curve.model_dump(by_alias=True, mode="json")
    quota = {"measure": "new_business"}
    window = terms.versions[0].components[0].window

    def total(factor):
        scaled = [{**row, "amount": row["amount"].quantize(Decimal(1)) * factor} for row in rows]
        terms = plan(version(component(curve=_scaled(curve, factor), window=window, quota=quota)))
        quotas = [{**each, "amount": 1200 * factor} for each in QUOTAS]
        credits = credits_of(scaled)
        return earned_by_credit(pay_world(credits, terms, quotas=quotas), credits)

    assert total(10**power) == [each * 10**power for each in total(1)]


def _scaled(curve, factor):
    def in_cents(tier):
        return {**tier, "rate": plain(Decimal(tier["rate"]).quantize(Decimal("0.01")))}

    if curve["shape"] == "flat":
        return in_cents(curve)
    by = factor if curve["of"] == "amount" else 1
    tiers = [
        {
            **in_cents(tier),
            "from": plain(Decimal(tier["from"]) * by),
            "to": tier["to"] and plain(Decimal(tier["to"]) * by),
        }
        for tier in curve["tiers"]
    ]
    return {**curve, "tiers": tiers}
