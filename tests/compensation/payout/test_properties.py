"""What must hold for every plan and every course of business, whatever the shape."""

import dataclasses
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
from hypothesis import strategies as st
from payout_world import component, earned_by_credit, line_facts, pay_world, plan, version
from property_worlds import (
    KPIS,
    OUTLINED,
    QUOTAS,
    SHAPES,
    TIERED,
    bounds,
    cents,
    curves,
    days,
    holds,
    part,
    parts,
    pay_parts,
    pay_rows,
    plain,
    rates,
    sales,
    shares,
    tiered,
    totals,
    windows,
)  # fmt: skip

CENT = Decimal("0.01")
ON_REVENUE = tuple(shape for shape in SHAPES if shape not in ("per_unit", "per_event"))
OF_2026 = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def rounded(amount):
    units = int(abs(amount) * 100 + Fraction(1, 2))
    return Decimal(units if amount >= 0 else -units).scaleb(-2)


def money(curve, position, unit):
    """The curve once more: the sum over tiers, in fractions."""
    if curve["shape"] == "flat":
        return Fraction(curve["rate"]) * position
    total = Fraction(0)
    for tier in curve["tiers"]:
        low = Fraction(tier["from"]) * unit
        if low and position < low:
            return total
        top = position if tier["to"] is None else min(position, Fraction(tier["to"]) * unit)
        is_whole = tier.get("mode", curve["shape"]) == "retroactive"
        total = Fraction(tier["rate"]) * top if is_whole else total + Fraction(tier["rate"]) * (top - low)
    return total


@holds(st.sampled_from(("flat", *TIERED)).flatmap(curves), sales())
def test_lines_sum_to_the_windows_curve(curve, rows):
    _, paid = pay_parts(rows, [part(curve, "year")])
    unit = Fraction("7777.77") if curve.get("of") == "attainment" else Fraction(1)
    sums = paid.earnings.group_by("window").agg(pl.col("earned", "credited").sum())
    for row in sums.iter_rows(named=True):
        assert row["earned"] == rounded(money(curve, Fraction(row["credited"]), unit))


@holds(parts(ON_REVENUE), sales(amount=st.one_of(cents, cents.map(lambda amount: -amount)), returned=False))
def test_lines_sum_to_what_one_credit_of_the_whole_window_earns(components, rows):
    """However a window is cut into credits, of whatever sign, it earns what its sum does."""
    _, cut = pay_parts(rows, components)
    windows_of = {}
    for each in components:
        sums, last = {}, {}
        for row in rows:
            name = _window(row["on"], each["window"])
            sums[name] = sums.get(name, 0) + row["amount"]
            last[name] = max(last.get(name, ""), row["on"])
        one = [{"on": last[name], "amount": amount} for name, amount in sums.items() if amount]
        windows_of |= totals(pay_parts(one, [each])[1]) if one else {}
    assert totals(cut) == windows_of


def _window(day, kind):
    length = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[kind]
    return day[:4], (int(day[5:7]) - 1) // length


@holds(parts(), sales())
def test_slices_follow_each_other_and_start_at_nothing(components, rows):
    """Position and rounded money go on where the line before stopped; so lines sum to the last one of the window."""
    _, paid = pay_parts(rows, components)
    slices = paid.earnings.with_columns(key=pl.concat_str("component", "window", separator="|"))
    checked = slices.select(
        "key",
        start=pl.col("key") != pl.col("key").shift(1).fill_null(""),
        position=pl.col("position_before").shift(-1).over("key") == pl.col("position_after"),
        money=pl.col("rounded_before").shift(-1).over("key") == pl.col("rounded_after"),
        whole=pl.col("position_after") - pl.col("position_before") == pl.col("credited"),
        nothing=pl.col("position_before").first().over("key") == 0,
    )
    assert checked.select(pl.col("position", "money", "whole", "nothing").fill_null(True).all()).row(0) == (True,) * 4


@holds(parts(limited=True), sales(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(components, rows, random):
    credits, one = pay_parts(rows, components)
    places = list(range(credits.height))
    random.shuffle(places)
    tables = {"quotas": QUOTAS[::-1], "kpi_results": KPIS[::-1]}
    other = pay_world(credits[places], plan(version(*components)), **{**line_facts(rows), **tables})
    assert one.earnings.equals(other.earnings)
    assert one.attainment.equals(other.attainment)
    assert one.earning_changes.equals(other.earning_changes)


@holds(parts(limited=True), sales(least=2, on=OF_2026), st.integers(1, 14))
def test_cutting_a_batch_changes_no_credit_before_the_cut(components, rows, cut):
    credits, whole = pay_parts(rows, components)
    first = credits.filter(pl.col("sequence") < cut)
    part = pay_world(first, plan(version(*components)), **line_facts(rows), quotas=QUOTAS, kpi_results=KPIS)
    known = set(first.select("order_line_id", "return_id").rows())
    assert shares(part) == {key: earned for key, earned in shares(whole).items() if key[1:] in known}


@holds(parts(limited=True), sales(most=6), sales(most=6), cents.map(lambda amount: amount + 12))
def test_what_others_sell_moves_nobodys_pay(components, own, others, quota):
    """Outside pools, teams, budgets and overrides everybody is paid as if they were alone."""
    rows = [*own, *({**row, **({"of": row["of"] + len(own)} if "of" in row else {"payee": "zoe"}), "order": f"o{number}"}
                    for number, row in enumerate(others))]  # fmt: skip
    people = [{"payee_id": "rep"}, {"payee_id": "zoe"}]
    quotas = [*QUOTAS, *({**each, "payee_id": "zoe", "amount": quota} for each in QUOTAS)]
    _, together = pay_parts(rows, components, payees=people, quotas=quotas)
    _, alone = pay_parts(own, components)
    assert shares_of(together, "rep") == shares(alone)


def shares_of(paid, payee):
    return shares(dataclasses.replace(paid, earnings=paid.earnings.filter(pl.col("payee_id") == payee)))


@holds(parts(window=st.just("year")), sales(on=OF_2026, most=6), sales(on=OF_2026, most=6, returned=False))
def test_sales_and_their_full_reversal_in_the_same_window_cancel(components, rows, reversed_):
    """What is sold and taken back leaves no cent, alone and beside other business."""
    start = len(rows)
    pairs = [*reversed_, *({"on": "2026-12-31", "amount": -row["amount"], "of": start + number}
                           for number, row in enumerate(reversed_, start=1))]  # fmt: skip
    alone = [row if "of" not in row else {**row, "of": row["of"] - start} for row in pairs]
    assert totals(pay_parts(alone, components)[1]) == {}
    assert totals(pay_parts([*rows, *pairs], components)[1]) == totals(pay_parts(rows, components)[1])


@holds(st.sampled_from(["amount", "attainment"]).flatmap(lambda over: tiered("marginal", over)), st.integers(0, 3))
def test_a_marginal_curve_is_continuous_at_every_bound(curve, place):
    """The cents on either side of a bound differ by no more than they are worth at the dearer rate, rounded."""
    if len(curve["tiers"]) == 1:
        return
    bound = Decimal(curve["tiers"][1:][place % (len(curve["tiers"]) - 1)]["from"])
    at = (bound * Decimal("7777.77") if curve["of"] == "attainment" else bound).quantize(CENT)
    assert 0 <= _step_over(curve, at, CENT) <= 3 * CENT


@holds(bounds("amount", 2), st.lists(st.integers(0, 500), min_size=5, max_size=5), st.integers(0, 3))
def test_an_interpolated_curve_is_continuous_at_every_point(at, pays, place):
    """Points lie 10.00 apart at least and pay up to 500.00: two cents are worth at most 1.00, and a cent for rounding."""
    points = [{"at": "0", "pays": "0"}, *({"at": a, "pays": str(p)} for a, p in zip(at, pays, strict=False))]
    curve = {"shape": "interpolated", "of": "amount", "points": points, "beyond": "hold"}
    assert abs(_step_over(curve, Decimal(at[place % len(at)]), CENT)) <= 1 + CENT


def _step_over(curve, at, width):
    """What the cents on either side of a position earn."""
    credits, paid = pay_parts(
        [{"on": "2026-01-01", "amount": at - width}, {"on": "2026-01-02", "amount": 2 * width}], [part(curve, "year")]
    )
    return earned_by_credit(paid, credits)[1]


@holds(st.lists(st.integers(1, 90), unique=True, min_size=1, max_size=3).map(sorted),
       st.lists(st.integers(0, 9999), min_size=4, max_size=4), st.sampled_from(["amount", "attainment"]), st.integers(0, 2))  # fmt: skip
def test_a_cliff_jumps_by_exactly_the_difference_of_rates_times_the_bound(steps, units, over, place):
    """Bounds of whole hundreds and rates of four decimals: both sides of a cliff are exact to the cent."""
    cut = [plain(step * 100 if over == "amount" else Decimal(step).scaleb(-1)) for step in steps]
    low, high = ["0", *cut], [*cut, None]
    tiers = [
        {"from": a, "to": b, "rate": plain(Decimal(u).scaleb(-4))} for a, b, u in zip(low, high, units, strict=False)
    ]
    number = place % len(cut)
    below, above = (Decimal(tiers[number + side]["rate"]) for side in (0, 1))
    bound = Decimal(steps[number]) * 100
    curve = {"shape": "retroactive", "of": over, "tiers": tiers}
    quotas = [{"period": "2026", "amount": "1000.00"}]
    ends = []
    for amount in (bound - 100, bound):
        rows = [{"on": "2026-01-01", "amount": amount}] if amount else []
        ends.append(sum(totals(pay_parts(rows, [part(curve, "year")], quotas=quotas)[1]).values()))
    assert ends[1] - ends[0] - below * 100 == (above - below) * bound


@holds(st.sampled_from((*TIERED, *OUTLINED, "matrix")).flatmap(curves), windows, sales(), st.integers(0, 3))
def test_a_bound_with_the_same_terms_on_both_sides_changes_no_pay(curve, window, rows, place):
    one, other = (shares(pay_parts(rows, [part(each, window)])[1]) for each in (curve, split(curve, place)))
    assert one == other


def split(curve, place):
    """The curve with one more bound that changes nothing."""
    if curve["shape"] == "matrix":
        number = place % len(curve["rows"])
        more = Decimal(curve["rows"][number]) + (Decimal("0.001") if curve["lookup"] == "stepped" else 0)
        rows, cells = list(curve["rows"]), list(curve["cells"])
        if curve["lookup"] == "bilinear":
            number, more = len(rows) - 1, Decimal(rows[-1]) + 1
        return {**curve, "rows": [*rows[: number + 1], plain(more), *rows[number + 1 :]],
                "cells": [*cells[: number + 1], cells[number], *cells[number + 1 :]]}  # fmt: skip
    if curve["shape"] == "interpolated":
        number = place % (len(curve["points"]) - 1)
        (x0, y0), (x1, y1) = ((Decimal(p["at"]), Decimal(p["pays"])) for p in curve["points"][number : number + 2])
        half = {"at": plain((x0 + x1) / 2), "pays": plain((y0 + y1) / 2)}
        return {**curve, "points": [*curve["points"][: number + 1], half, *curve["points"][number + 1 :]]}
    number = place % len(curve["tiers"])
    tier = curve["tiers"][number]
    half = plain(Decimal(tier["from"]) + 1 if tier["to"] is None else (Decimal(tier["from"]) + Decimal(tier["to"])) / 2)
    both = [{**tier, "to": half}, {**tier, "from": half}]
    return {**curve, "tiers": [*curve["tiers"][:number], *both, *curve["tiers"][number + 1 :]]}


@holds(parts(limited=True), sales(), st.integers(1, 6))
def test_amounts_times_a_power_of_ten_scale_exactly_before_rounding(components, rows, power):
    """Sums so far, times a power of ten, round to the same cents: no cent is lost before the rounding.

    Quotas and incentives are whole cents in every month; a part of one that is not is rounded, and is the figure used.
    """
    by = 10**power
    scaled = [{**row, "amount": row["amount"] * by} for row in rows]
    one_quota, quotas = ([{**each, "amount": 7776 * times_} for each in QUOTAS] for times_ in (1, by))
    without = [{key: value for key, value in each.items() if key != "caps"} for each in components]
    one, other = (
        pay_parts(each, terms, quotas=amounts)[1]
        for each, terms, amounts in (
            (rows, without, one_quota),
            (scaled, [times(each, by) for each in without], quotas),
        )
    )
    ends = [
        {tuple(key): after for *key, after in paid.earnings.select(
            "component", "window", "order_line_id", "return_id", "slice_number", "rounded_after").rows()}
        for paid in (one, other)
    ]  # fmt: skip
    assert ends[0].keys() == ends[1].keys()
    half = (by + 1) * Decimal("0.005")
    assert all(abs(ends[1][key] - ends[0][key] * by) <= half for key in ends[0])


@holds(
    parts(("flat", "marginal", "retroactive", "mixed", "stepped", "per_unit", "per_event"), limited=True),
    sales(),
    st.integers(1, 4),
)
def test_what_is_exact_to_the_cent_scales_to_the_cent(components, rows, power):
    """Rates of two decimals on whole euros, with caps: scaled pay is pay scaled."""
    whole = [{**row, "amount": row["amount"].quantize(Decimal(1)) or Decimal(1)} for row in rows if "of" not in row]
    exact = [in_cents({key: value for key, value in each.items() if key != "multipliers"}) for each in components]
    by = 10**power
    quotas = [{**each, "amount": "1200"} for each in QUOTAS]
    _, one = pay_parts(whole, exact, quotas=quotas)
    scaled = [{**row, "amount": row["amount"] * by} for row in whole]
    _, other = pay_parts(
        scaled, [times(each, by) for each in exact], quotas=[{**q, "amount": 1200 * by} for q in quotas]
    )
    assert shares(other) == {key: earned * by for key, earned in shares(one).items()}


def in_cents(terms):
    """Rates of two decimals."""

    def of(value, key=None):
        if isinstance(value, dict):
            return {name: of(inside, name) for name, inside in value.items()}
        if isinstance(value, list):
            return [of(inside) for inside in value]
        return plain(Decimal(value).quantize(CENT)) if key == "rate" else value

    return {**terms, "curve": of(terms["curve"])}


def times(terms, by):
    """A component for amounts so many times as large."""
    curve = dict(terms["curve"])
    if "incentive" in curve:
        curve["incentive"] = {**curve["incentive"], "amount": plain(Decimal(curve["incentive"]["amount"]) * by)}
    if "amount" in curve:
        curve["amount"] = plain(Decimal(curve["amount"]) * by)
    for name in ("tiers", "points"):
        if name in curve:
            curve[name] = [_scaled(each, by, curve["of"] == "amount") for each in curve[name]]
    caps = [{**each, "amount": plain(Decimal(each["amount"]) * by)} for each in terms.get("caps", [])]
    return {**terms, "curve": curve, "caps": caps}


def _scaled(stretch, by, over_amount):
    names = ("pays", *(("from", "to", "at") if over_amount else ()))
    return {
        key: plain(Decimal(value) * by) if key in names and value is not None else value
        for key, value in stretch.items()
    }


@holds(parts(limited=True), sales(), days)
def test_two_versions_with_identical_terms_are_one(components, rows, since):
    one = version(*components)
    two = version(*components, version="2", valid_from=str(since), decided_on="2020-01-01")
    assert shares(pay_rows(rows, one)[1]) == shares(pay_rows(rows, one, two)[1])


@holds(parts(limited=True), sales())
def test_a_year_later_pays_the_same_a_year_later(components, rows):
    later = [{**row, "on": f"{int(row['on'][:4]) + 1}{row['on'][4:]}"} for row in rows]
    one, other = pay_parts(rows, components)[1], pay_parts(later, components)[1]
    assert shares(one) == shares(other)
    moved = {
        (name, f"{int(period[:4]) + 1}{period[4:]}"): earned
        for (name, period), earned in totals(one, "fiscal_period").items()
    }
    assert totals(other, "fiscal_period") == moved


def starts_flat(curve):
    """Whether what it pays below 0 mirrors what it pays above: all but a line that goes on and tiers."""
    if curve["shape"] == "target":
        return starts_flat(curve["payout"])
    return curve["shape"] in ("stepped", "matrix") or (
        curve["shape"] == "interpolated" and curve.get("beyond") != "extend"
    )


@holds(
    st.sampled_from((*OUTLINED, "target", "matrix")).flatmap(curves).filter(starts_flat), windows, sales(returned=False)
)
def test_negative_positions_pay_the_mirrored_amount(curve, window, rows):
    below = [{**row, "amount": -row["amount"]} for row in rows]
    above, mirrored = (shares(pay_parts(each, [part(curve, window)])[1]) for each in (rows, below))
    assert mirrored == {key: -earned for key, earned in above.items()}


@holds(rates, sales(returned=False))
def test_below_nothing_the_line_of_the_first_tier_goes_on(rate, rows):
    tiers = [{"from": "0", "to": "100.00", "rate": rate}, {"from": "100.00", "to": None, "rate": "1"}]
    below = [{**row, "amount": -row["amount"]} for row in rows]
    flat, first = (
        shares(pay_parts(below, [component(curve=curve, window="year")])[1])
        for curve in ({"shape": "flat", "rate": rate}, {"shape": "retroactive", "of": "amount", "tiers": tiers})
    )
    assert flat == first
