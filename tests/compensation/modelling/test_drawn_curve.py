from decimal import Decimal

import pytest

from compensation.modelling.drawn_curve import Assumed, drawn_curves
from schemas.rules.component import Component

QUOTA = {"measure": "new_business"}
USUAL = Assumed()


def _curve(curve, assumed=USUAL, currency="EUR", **more):
    given = {
        "component": "c", "label": "C", "measure": {"credits": "new_business"}, "window": "quarter", "curve": curve, **more,
    }  # fmt: skip
    return drawn_curves(Component.model_validate(given), assumed, currency)


def _pays(drawn):
    return {(f"{float(row.at):g}", row.is_just_below): row.pays for row in drawn.rows}


def test_attainment_is_tabled_from_nothing_to_twice_the_quota_in_tenths():
    tiers = [{"from": "0", "to": "1", "rate": "0.08"}, {"from": "1", "to": None, "rate": "0.12"}]
    (drawn,) = _curve({"shape": "marginal", "of": "attainment", "tiers": tiers}, quota=QUOTA)
    assert [row.at * 10 for row in drawn.rows] == list(range(21))
    assert _pays(drawn)["0.5", False] == Decimal("4000.00")
    assert _pays(drawn)["1", False] == Decimal("8000.00")
    assert _pays(drawn)["2", False] == Decimal("20000.00")


def test_a_cliff_has_a_row_just_below_it_and_jumps_by_the_difference_of_rates_times_the_bound():
    tiers = [{"from": "0", "to": "10000", "rate": "5%"}, {"from": "10000", "to": None, "rate": "8%"}]
    (drawn,) = _curve({"shape": "retroactive", "of": "amount", "tiers": tiers})
    pays = _pays(drawn)
    assert pays["10000", True] == Decimal("500.00")
    assert pays["10000", False] == Decimal("800.00")
    assert [(float(a), float(b)) for line in drawn.lines for a, b in (line.left, line.right)] == [
        (0, 0), (10000, 500), (10000, 800), (15000, 1200),
    ]  # fmt: skip


def test_a_bound_between_the_tenths_has_its_own_row():
    tiers = [{"from": "0", "to": "85%", "rate": "1%"}, {"from": "85%", "to": None, "rate": "2%"}]
    (drawn,) = _curve({"shape": "marginal", "of": "attainment", "tiers": tiers}, quota=QUOTA)
    assert _pays(drawn)["0.85", False] == Decimal("850.00")


@pytest.mark.parametrize(
    ("incentive", "at_quota"),
    [
        ({"amount": "9000", "per": "quarter"}, "9000.00"),
        ({"amount": "12000", "per": "year"}, "3000.00"),
        ({"assigned": "50%"}, "2500.00"),
    ],
)
def test_a_target_incentive_is_the_windows_share_of_the_stated_or_assumed_one(incentive, at_quota):
    curve = {"shape": "target", "incentive": incentive, "payout": {"shape": "flat", "rate": "100%"}}
    (drawn,) = _curve(curve, Assumed(incentive=Decimal(20000)), quota=QUOTA)
    assert _pays(drawn)["1", False] == Decimal(at_quota)


def test_a_matrix_is_one_curve_a_column():
    curve = {
        "shape": "matrix", "incentive": {"amount": "1000", "per": "quarter"}, "lookup": "stepped", "rows": ["50%", "100%"],
        "columns": {"reading": {"of": "kpi", "kpi": "csat", "scope": "quarter"}, "at": ["0", "4"]},
        "cells": [["20%", "40%"], ["100%", "150%"]],
    }  # fmt: skip
    low, high = _curve(curve, quota=QUOTA)
    assert (low.label, high.label) == ("csat, quarter from 0", "csat, quarter from 4")
    assert (_pays(low)["1", False], _pays(high)["1", False]) == (Decimal("1000.00"), Decimal("1500.00"))
    assert _pays(high)["0.5", True] == Decimal("0.00")


def test_money_is_rounded_once_to_the_plans_own_minor_unit():
    (drawn,) = _curve({"shape": "flat", "rate": "0.000125"}, currency="JPY")
    assert drawn.rows[1].pays == Decimal(3)  # 20,000 × 0.000125 = 2.5, half away from zero


def test_units_are_whole():
    tiers = [{"from": "0", "to": "5", "amount": "10"}, {"from": "5", "to": None, "amount": "20"}]
    measure = {"credits": "new_business", "of": "units"}
    (drawn,) = _curve({"shape": "marginal", "of": "units", "tiers": tiers}, measure=measure)
    assert all(row.at.denominator == 1 for row in drawn.rows)
    assert _pays(drawn)["6", False] == Decimal("70.00")
