"""Payout curves: what a result gives, on both sides of every bound, and what holds for all of them."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from compensation.payout.curves.payouts import factor_at, is_open, multiple_at, score_at
from schemas.rules.bonus import Objective
from schemas.rules.curve import PayoutCurve
from schemas.rules.modifier import Gate, Multiplier

CURVE = TypeAdapter(PayoutCurve)
FRACTIONS = st.fractions(min_value=-3, max_value=6, max_denominator=1000)


def curve(**words):
    return CURVE.validate_python(words)


def tiers(shape, *rates, bounds=("0", "0.5", "1"), modes=()):
    ends = [*bounds[1 : len(rates)], None]
    rows = [
        {"from": start, "to": end, "rate": rate} for start, end, rate in zip(bounds, ends, rates, strict=False)
    ]  # fmt: skip
    return curve(shape=shape, tiers=[row | ({"mode": modes[n]} if modes else {}) for n, row in enumerate(rows)])


DECELERATOR = tiers("retroactive", "0.5", "1", "150%")
MARGINAL = tiers("marginal", "0.5", "1", "150%")
MIXED = tiers("mixed", "0.5", "1", "200%", modes=("marginal", "retroactive", "marginal"))
STEPS = curve(
    shape="stepped",
    tiers=[{"from": "90%", "to": "100%", "pays": "50%"}, {"from": "100%", "to": None, "pays": "1"}],
)
LINE = {"shape": "interpolated", "points": [{"at": "80%", "pays": "50%"}, {"at": "100%", "pays": "1"}, {"at": "120%", "pays": "2"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("payout", "at", "gives"),
    [
        (curve(shape="flat", rate="1"), "0.75", "0.75"),
        (curve(shape="flat", rate="1"), "-0.2", "-0.2"),
        (DECELERATOR, "0.4", "0.2"),
        (DECELERATOR, "0.499999", "0.2499995"),
        (DECELERATOR, "0.5", "0.5"),
        (DECELERATOR, "1.2", "1.8"),
        (DECELERATOR, "-0.4", "-0.2"),
        (MARGINAL, "0.5", "0.25"),
        (MARGINAL, "1", "0.75"),
        (MARGINAL, "1.2", "1.05"),
        (MARGINAL, "-0.4", "-0.2"),
        (MIXED, "0.4", "0.2"),
        (MIXED, "0.6", "0.6"),
        (MIXED, "1.25", "1.5"),
        (STEPS, "0.899999", "0"),
        (STEPS, "0.9", "0.5"),
        (STEPS, "1", "1"),
        (STEPS, "9", "1"),
        (curve(**LINE), "0.5", "0.5"),
        (curve(**LINE), "0.9", "0.75"),
        (curve(**LINE), "1.1", "1.5"),
        (curve(**LINE), "3", "2"),
        (curve(**LINE, beyond="extend"), "0.5", "-0.25"),
        (curve(**LINE, beyond="extend"), "1.4", "3"),
    ],
)
def test_a_result_gives_what_the_curve_says(payout, at, gives):
    assert multiple_at(payout, Fraction(at)) == Fraction(gives)


@st.composite
def random_tiers(draw, shape):
    bounds = ["0", *map(str, sorted(draw(st.sets(st.integers(1, 5), min_size=1, max_size=3))))]
    rates = [f"{draw(st.integers(0, 300))}%" for _ in bounds]
    return tiers(shape, *rates, bounds=bounds)


@given(random_tiers("marginal"))
def test_marginal_tiers_meet_at_their_bounds(payout):
    for low, high in pairwise(payout.tiers):
        just_below = Fraction(high.floor) - Fraction(1, 10**9)
        step = multiple_at(payout, Fraction(high.floor)) - multiple_at(payout, just_below)
        assert step == Fraction(low.pays) / 10**9


@given(random_tiers("retroactive"))
def test_a_retroactive_bound_jumps_by_the_difference_of_rates_times_the_bound(payout):
    for low, high in pairwise(payout.tiers):
        bound = Fraction(high.floor)
        jump = multiple_at(payout, bound) - Fraction(low.pays) * bound
        assert jump == (Fraction(high.pays) - Fraction(low.pays)) * bound


@given(random_tiers("marginal"), FRACTIONS, FRACTIONS)
def test_marginal_tiers_never_give_less_for_more(payout, one, other):
    low, high = sorted((one, other))
    assert multiple_at(payout, low) <= multiple_at(payout, high)


@given(random_tiers("marginal"), FRACTIONS)
def test_marginal_tiers_are_their_parts_added_up(payout, value):
    ends = [*(Fraction(tier.floor) for tier in payout.tiers[1:]), max(value, Fraction(9))]
    starts = [min(value, Fraction(0)), *ends[:-1]]
    parts = [
        Fraction(tier.pays) * (min(value, end) - min(value, start))
        for tier, start, end in zip(payout.tiers, starts, ends, strict=True)
    ]
    below = Fraction(payout.tiers[0].pays) * min(value, Fraction(0))
    assert multiple_at(payout, value) == sum(parts, below)


@given(FRACTIONS)
def test_lines_hold_their_end_values_unless_they_extend(value):
    held, extended = multiple_at(curve(**LINE), value), multiple_at(curve(**LINE, beyond="extend"), value)
    inside = Fraction("0.8") <= value <= Fraction("1.2")
    assert Fraction("0.5") <= held <= 2
    assert (held == extended) or not inside
    below, above = Fraction("0.5") + (value - Fraction("0.8")) * Fraction("2.5"), 2 + (value - Fraction("1.2")) * 5
    if not inside:
        assert extended == (below if value < 1 else above)


REVENUE = {"of": "revenue", "credits": "new_business", "scope": "quarter"}


@pytest.mark.parametrize(
    ("bounds", "value", "opens"),
    [
        ({"at_least": "100%"}, "1", True),
        ({"at_least": "100%"}, "0.999999", False),
        ({"below": "0.2"}, "0.2", False),
        ({"below": "0.2"}, "-1", True),
        ({"at_least": "0.1", "below": "0.2"}, "0.1", True),
        ({"at_least": "100%"}, None, False),
    ],
)
def test_a_gate_is_open_from_its_bound_on_and_closed_without_a_figure(bounds, value, opens):
    gate = Gate.model_validate({"reading": REVENUE, **bounds})
    assert is_open(gate, None if value is None else Fraction(value)) is opens


def test_a_multiplier_without_a_figure_changes_nothing():
    multiplier = Multiplier.model_validate({"reading": REVENUE, "payout": {"shape": "flat", "rate": "1"}})
    assert (factor_at(multiplier, None), factor_at(multiplier, Fraction("0.5"))) == (1, Fraction("0.5"))


@pytest.mark.parametrize(
    ("value", "scores"), [(None, "0"), ("0.799999", "0"), ("0.8", "0.8"), ("1.25", "1.25"), ("1.3", "1.25")]
)
def test_an_objective_scores_nothing_below_its_threshold_and_never_more_than_its_cap(value, scores):
    objective = Objective.model_validate(
        {"objective": "o", "label": "O", "reading": REVENUE, "weight": "100%", "score": {"shape": "flat", "rate": "1"}, "threshold": "80%", "cap": "1.25"}
    )  # fmt: skip
    assert score_at(objective, None if value is None else Fraction(value)) == Fraction(scores)
