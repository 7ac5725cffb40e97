"""Random plans of every shape: the engine and the fractions agree to the last minor unit, credit by credit."""

from collections import defaultdict
from fractions import Fraction

import pytest
from fractions_parts import Parts
from fractions_quotas import NoQuota
from payout_by_fractions import by_credit, earned_entries, in_force
from payout_world import pay_world
from random_worlds import TOGETHER, Course
from side_by_side import side_by_side, unmarked

from compensation.payout.errors import MissingQuota

KEY = ("payee_id", "component", "order_line_id", "return_id", "credit_number")
PART = ("payee_id", "plan", "component", "part", "fiscal_period")


def opinion(course, with_parts):
    """What the fractions say: per credit, and per part of pay that no credit earns."""
    entries = earned_entries(course.world)
    given = Parts(course.world, course.plans.values(), in_force, entries, course.days).given if with_parts else {}
    return by_credit(entries), {key: amount for key, amount in given.items() if amount}


def sums(frame, names, of):
    found = defaultdict(Fraction)
    for *key, amount in frame.select(*names, of).rows():
        found[tuple(key)] += Fraction(amount)
    return {key: amount for key, amount in found.items() if amount}


def agree(seed, with_parts=False):
    """One course of business alone."""
    course = Course(seed, with_parts)
    plans = course.plans.values()
    try:
        earned, given = opinion(course, with_parts)
    except NoQuota:
        with pytest.raises(MissingQuota):
            pay_world(course.credits, *plans, firm=course.firm, last_day=course.days[1], **course.tables)
        return
    paid = pay_world(course.credits, *plans, firm=course.firm, last_day=course.days[1], **course.tables)
    assert sums(paid.earnings, KEY, "earned") == earned, f"seed {seed}"
    if with_parts:
        assert sums(paid.bonuses, PART, "amount") == given, f"seed {seed}"


def agree_together(seeds, with_parts=False):
    """Courses of business side by side; one whose calculation has to stop is looked at alone."""
    there, earned, given = [], {}, {}
    for seed in seeds:
        course = Course(seed, with_parts)
        try:
            said = opinion(course, with_parts)
        except NoQuota:
            agree(seed, with_parts)
            continue
        there.append(course)
        earned |= {(seed, *key): amount for key, amount in said[0].items()}
        given |= {(seed, *key): amount for key, amount in said[1].items()}
    credits, plans, tables = side_by_side(there)
    paid = pay_world(credits, *plans, firm=there[0].firm, last_day=there[0].days[1], **tables)
    found = {_own(key): amount for key, amount in sums(paid.earnings, KEY, "earned").items()}
    assert found == earned
    if with_parts:
        assert {_own(key, 1): amount for key, amount in sums(paid.bonuses, PART, "amount").items()} == given


def _own(key, plan_at=None):
    """A key as its course says it, after the seed."""
    seed, payee = unmarked(key[0])
    own = [unmarked(value)[1] if isinstance(value, str) and "~" in value else value for value in key[1:]]
    if plan_at is not None:
        own[plan_at - 1] = own[plan_at - 1].rpartition("_")[0]
    return (seed, payee, *own)


@pytest.mark.parametrize("start", range(0, 100, TOGETHER))
def test_a_hundred_random_plans_agree(start):
    agree_together(range(start, start + TOGETHER))


@pytest.mark.parametrize("seed", range(100, 105))
def test_random_plans_agree_alone(seed):
    agree(seed)


@pytest.mark.parametrize("start", range(10_000, 10_020, TOGETHER))
def test_twenty_random_bonuses_pools_and_guarantees_agree(start):
    agree_together(range(start, start + TOGETHER), with_parts=True)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 2100, 100))
def test_two_thousand_random_plans_agree(start):
    """Side by side, and one in five alone: a step that no plan of a company needs is left out."""
    for first in range(start, start + 100, TOGETHER):
        agree_together(range(first, first + TOGETHER))
        for seed in range(first, first + TOGETHER, 5):
            agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(10_100, 11_100, 100))
def test_a_thousand_random_bonuses_pools_and_guarantees_agree(start):
    for first in range(start, start + 100, TOGETHER):
        agree_together(range(first, first + TOGETHER), with_parts=True)
        for seed in range(first, first + TOGETHER, 5):
            agree(seed, with_parts=True)


@pytest.mark.parametrize("seed", range(40, 43))
def test_the_order_of_rows_changes_nothing(seed):
    course = Course(seed)
    plans, tables = list(course.plans.values()), {name: list(reversed(rows)) for name, rows in course.tables.items()}
    one = pay_world(course.credits, *plans, firm=course.firm, **course.tables)
    other = pay_world(course.credits.reverse(), *reversed(plans), firm=course.firm, **tables)
    key = ["payee_id", "plan", "component", "order_line_id", "return_id", "credit_number", "slice_number"]
    assert one.earnings.sort(key).equals(other.earnings.sort(key))
