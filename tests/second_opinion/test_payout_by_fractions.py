"""Random plans of every shape: the engine and the fractions agree to the last minor unit, credit by credit."""

from collections import defaultdict
from fractions import Fraction

import pytest
from fractions_quotas import NoQuota
from payout_by_fractions import payout
from payout_world import pay_world
from random_worlds import Course

from compensation.payout.errors import MissingQuota


def agree(seed):
    course = Course(seed)
    try:
        said = payout(course.world)
    except NoQuota:
        with pytest.raises(MissingQuota):
            pay_world(course.credits, *course.plans.values(), firm=course.firm, **course.tables)
        return
    paid = pay_world(course.credits, *course.plans.values(), firm=course.firm, **course.tables)
    found = defaultdict(Fraction)
    names = ("payee_id", "component", "order_line_id", "return_id", "credit_number", "earned")
    for *key, earned in paid.earnings.select(names).rows():
        found[tuple(key)] += Fraction(earned)
    assert {key: money for key, money in found.items() if money} == said, f"seed {seed}"


@pytest.mark.parametrize("start", range(0, 100, 10))
def test_a_hundred_random_plans_agree(start):
    for seed in range(start, start + 10):
        agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 2100, 100))
def test_two_thousand_random_plans_agree(start):
    for seed in range(start, start + 100):
        agree(seed)


@pytest.mark.parametrize("seed", range(40, 46))
def test_the_order_of_rows_changes_nothing(seed):
    course = Course(seed)
    plans, tables = list(course.plans.values()), {name: list(reversed(rows)) for name, rows in course.tables.items()}
    one = pay_world(course.credits, *plans, firm=course.firm, **course.tables)
    other = pay_world(course.credits.reverse(), *reversed(plans), firm=course.firm, **tables)
    key = ["payee_id", "plan", "component", "order_line_id", "return_id", "credit_number", "slice_number"]
    assert one.earnings.sort(key).equals(other.earnings.sort(key))
