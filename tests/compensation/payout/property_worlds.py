"""Random plans with a component of every shape, and random courses of business, as strategies that shrink."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payout_world import component, credits_of, line_facts, pay_world, plan, version

TIERED = ("marginal", "retroactive", "mixed")
OUTLINED = ("stepped", "interpolated")
SHAPES = ("flat", *TIERED, *OUTLINED, "per_unit", "per_event", "target", "matrix")
WINDOWS = ("month", "quarter", "half_year", "year")
QUOTAS = [{"period": str(year), "amount": "7777.77"} for year in (2024, 2025, 2026, 2027)]
QUOTA = {"measure": "new_business", "prorate": "none"}
KPIS = [
    {
        "subject_id": "rep",
        "kpi": "quality",
        "period": f"{year}-Q{quarter}",
        "value": f"0.{quarter}5",
        "confirmed_by": "ito",
    }
    for year in (2024, 2025, 2026, 2027)
    for quarter in (1, 2, 3, 4)
]
QUALITY = {"of": "kpi", "kpi": "quality", "scope": "quarter"}

QUICK, MANY = 4, 250


def holds(*strategies, examples=QUICK, many=MANY):
    """A property: some examples in every run, many more in the slow tier; a failing one shrinks."""

    def as_test(body):
        def test(count):
            settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))(
                given(*strategies)(body)
            )()

        test.__name__, test.__doc__, test.__module__ = body.__name__, body.__doc__, body.__module__
        return pytest.mark.parametrize("count", [examples, pytest.param(many, marks=pytest.mark.slow)])(test)

    return as_test


def plain(number):
    """As a plan file writes it: without an exponent."""
    return f"{Decimal(number):f}"


cents = st.one_of(st.integers(1, 500), st.integers(1, 3_000_000)).map(lambda units: Decimal(units).scaleb(-2))
days = st.dates(date(2025, 1, 1), date(2026, 12, 31))
rates = st.integers(0, 10**6).map(lambda units: plain(Decimal(units).scaleb(-6)))
percents = st.integers(0, 300).map(lambda units: plain(Decimal(units).scaleb(-2)))
amounts = st.integers(0, 50_000).map(lambda units: plain(Decimal(units).scaleb(-2)))
overs = st.sampled_from(["amount", "attainment"])
windows = st.sampled_from(WINDOWS)


@st.composite
def bounds(draw, over, least=0, most=4):
    """Bounds above 0 that go upwards, each once."""
    steps = draw(st.lists(st.integers(1, 500), unique=True, min_size=least, max_size=most).map(sorted))
    return [plain(Decimal(step).scaleb(-2 if over == "attainment" else 1)) for step in steps]


@st.composite
def tiered(draw, shape, over, worth=rates):
    """Tiers from 0; ``worth`` is what one pays."""
    modes = st.sampled_from(["marginal", "retroactive"])
    tiers = [
        {"from": low, "to": high, "rate": draw(worth), **({"mode": draw(modes)} if shape == "mixed" else {})}
        for low, high in pairwise(["0", *draw(bounds(over)), None])
    ]
    return {"shape": shape, "of": over, "tiers": tiers}


@st.composite
def outlined(draw, shape, over, worth=amounts):
    """Steps or points that pay nothing at 0."""
    if shape == "stepped":
        steps = pairwise([*draw(bounds(over, 1)), None])
        return {"shape": shape, "of": over, "tiers": [{"from": a, "to": b, "pays": draw(worth)} for a, b in steps]}
    at = draw(bounds(over, 2))
    points = [{"at": each, "pays": draw(worth)} for each in at]
    if draw(st.booleans()):
        return {"shape": shape, "of": over, "points": points, "below_first": "nothing"}
    beyond = draw(st.sampled_from(["hold", "extend"]))
    return {"shape": shape, "of": over, "points": [{"at": "0", "pays": "0"}, *points], "beyond": beyond}


@st.composite
def payouts(draw):
    """A multiple of the target over attainment."""
    shape = draw(st.sampled_from(["flat", *TIERED, *OUTLINED]))
    if shape == "flat":
        return {"shape": "flat", "rate": draw(rates)}
    drawn = draw(tiered(shape, "attainment") if shape in TIERED else outlined(shape, "attainment", percents))
    return {key: value for key, value in drawn.items() if key != "of"}


incentives = st.integers(1, 500_000).map(
    lambda units: {"amount": plain(Decimal(units * 12).scaleb(-2)), "per": "year", "prorate": "none"}
)
"""Of a year; a month's part is whole cents."""


@st.composite
def matrices(draw):
    """Attainment by quality; below the first row, and at 0, nothing."""
    lookup = draw(st.sampled_from(["stepped", "bilinear"]))
    rows = [*(["0"] if lookup == "bilinear" else []), *draw(bounds("attainment", 1, 3))]
    at = draw(st.lists(st.integers(0, 100), unique=True, min_size=2, max_size=3).map(sorted))
    line = st.lists(percents, min_size=len(at), max_size=len(at))
    cells = [["0"] * len(at) if each == "0" else draw(line) for each in rows]
    columns = {"reading": QUALITY, "at": [plain(Decimal(each).scaleb(-2)) for each in at]}
    return {
        "shape": "matrix", "incentive": draw(incentives), "lookup": lookup, "rows": rows, "columns": columns, "cells": cells,
    }  # fmt: skip


@st.composite
def curves(draw, shape):
    """A curve of a shape."""
    if shape == "flat":
        return {"shape": "flat", "rate": draw(rates)}
    if shape in TIERED:
        return draw(tiered(shape, draw(overs)))
    if shape in OUTLINED:
        return draw(outlined(shape, draw(overs)))
    if shape in ("per_unit", "per_event"):
        return {"shape": shape, "amount": plain(draw(cents))}
    if shape == "target":
        return {"shape": shape, "incentive": draw(incentives), "payout": draw(payouts())}
    return draw(matrices())


def part(curve, window, **given):
    """A component of a curve's shape, named after it."""
    of = {"per_unit": "units", "per_event": "orders"}.get(curve["shape"], "revenue")
    needs = curve["shape"] in ("target", "matrix") or curve.get("of") == "attainment"
    measure = {"credits": "new_business", "of": of}
    quota = {"quota": QUOTA} if needs else {}
    return component(component=curve["shape"], measure=measure, curve=curve, window=window, **quota, **given)


@st.composite
def parts(draw, shapes=SHAPES, window=windows, limited=False):
    """Components of some of the shapes, each once."""
    found = []
    for shape in draw(st.lists(st.sampled_from(shapes), unique=True, min_size=1)):
        more = {"clawback": draw(st.sampled_from(["as_corrected", "as_negative"]))}
        if limited and draw(st.booleans()):
            per = draw(st.sampled_from(["deal", *WINDOWS]))
            more["caps"] = [{"per": per, "amount": plain(draw(cents))}]
        if limited and draw(st.booleans()):
            more["multipliers"] = [{"reading": QUALITY, "payout": draw(payouts())}]
        if draw(st.booleans()):
            more["gates"] = [{"reading": QUALITY, "at_least": "0.40"}]
        found.append(part(draw(curves(shape)), draw(window), **more))
    return found


@st.composite
def sales(draw, on=days, amount=cents, least=1, most=12, returned=True):
    """Sales, some of one order, some taken back in part or in full on the same day or later."""
    rows = []
    for _ in range(draw(st.integers(least, most))):
        row = {"on": str(draw(on)), "amount": draw(amount), "quantity": str(draw(st.integers(1, 9)))}
        rows.append(row)
    if not returned:
        return rows
    for number in draw(st.lists(st.integers(1, len(rows)), unique=True, max_size=3)):
        sold = rows[number - 1]
        back = draw(st.sampled_from([sold["amount"], (sold["amount"] / 3).quantize(Decimal("0.01"))])) or sold["amount"]
        day = max(draw(on), date.fromisoformat(sold["on"]))
        rows.append({"on": str(day), "amount": -back, "of": number})
    return rows


def pay_rows(rows, *versions, **given):
    """Credits and what they are paid under the versions of one plan."""
    credits = credits_of(rows)
    tables = {"quotas": QUOTAS, "kpi_results": KPIS, **line_facts(rows), **given}
    return credits, pay_world(credits, plan(*versions), **tables)


def shares(paid):
    """Component, line, return → what is earned, where it is not 0."""
    found = defaultdict(Decimal)
    for *key, earned in paid.earnings.select("component", "order_line_id", "return_id", "earned").rows():
        found[tuple(key)] += earned
    return {key: earned for key, earned in found.items() if earned}


def totals(paid, by="window"):
    """Component and window → what is earned, where it is not 0."""
    found = defaultdict(Decimal)
    for *key, earned in paid.earnings.select("component", by, "earned").rows():
        found[tuple(key)] += earned
    return {key: earned for key, earned in found.items() if earned}


def pay_parts(rows, components, **given):
    """Credits and what they are paid under one version."""
    return pay_rows(rows, version(*components), **given)
