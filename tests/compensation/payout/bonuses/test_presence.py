"""Who is on a part of a plan, on which days, and where that is posted."""

from datetime import date
from fractions import Fraction

import pytest
from bonus_world import World, people
from payout_world import company, plan, version

from compensation.calendar import fiscal_periods
from compensation.payout.bonuses.presence import part_there, presences, windows_begun
from compensation.payout.windows import windows_of

GUARANTEE = {"incentive": {"amount": "1.00", "per": "month"}}
POOL = {"pool": "pot", "label": "Pot", "window": "quarter", "holds": {"amount": "10"}, "shared": "equally"}
WINDOWS = windows_of(fiscal_periods(company().fiscal_calendar, date(2025, 1, 1), date(2026, 12, 31)))
ALL_YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def pools_of(version_):
    return [(pool.pool, pool.window, pool) for pool in version_.pools]


def there(*plans, days=ALL_YEAR, **tables):
    world = World(*plans, days=days, **tables)
    return presences(plans, pools_of, world.setting, world.facts["payees"], days)


def spans(found):
    return {one.window.label: [(str(d.first), str(d.end)) for d in one.days] for one in found}


def test_windows_begin_by_the_last_day_and_end_after_the_first():
    found = windows_begun(WINDOWS, "quarter", date(2025, 10, 1), date(2026, 2, 10))
    assert [(one.label, one.fiscal_period, str(one.known_end), one.is_over) for one in found] == [
        ("2025-Q4", "2025-P12", "2026-01-01", True),
        ("2026-Q1", "2026-P02", "2026-02-11", False),
    ]


def test_a_fiscal_calendar_names_its_own_periods():
    shifted = company(fiscal_calendar={"kind": "months", "year_starts": "4"})
    windows = windows_of(fiscal_periods(shifted.fiscal_calendar, date(2026, 1, 1), date(2026, 12, 31)))
    found = windows_begun(windows, "year", date(2026, 4, 1), date(2026, 5, 31))
    assert [(one.label, str(one.first), one.fiscal_period) for one in found] == [("2027", "2026-04-01", "2027-P02")]


def test_somebody_who_comes_goes_and_comes_back_has_two_runs_of_days():
    other = plan(version(guarantee=GUARANTEE), plan="other", for_roles=[])
    away = [{"payee_id": "rep", "plan": "other", "valid_from": "2026-02-01", "valid_to": "2026-03-01"}]
    found = there(plan(version(pools=[POOL])), other, plan_assignments=away)
    assert spans(found)["2026-Q1"] == [("2026-01-01", "2026-02-01"), ("2026-03-01", "2026-04-01")]
    assert found[0].is_there_at_the_end


def test_versions_that_follow_each_other_are_one_run_under_the_last():
    two = plan(version(pools=[POOL]), version(version="2", valid_from="2026-02-15", pools=[POOL]))
    first = there(two)[0]
    assert spans([first]) == {"2026-Q1": [("2026-01-01", "2026-04-01")]}
    assert first.who.plan_version == "2"


def test_a_part_whose_window_changes_counts_its_days_in_each():
    monthly = POOL | {"window": "month"}
    two = plan(version(pools=[POOL]), version(version="2", valid_from="2026-02-15", pools=[monthly]))
    found = spans(there(two, days=(date(2026, 1, 1), date(2026, 3, 31))))
    assert found == {
        "2026-Q1": [("2026-01-01", "2026-02-15")],
        "2026-P02": [("2026-02-15", "2026-03-01")],
        "2026-P03": [("2026-03-01", "2026-04-01")],
    }


def test_an_ended_plan_has_nobody_on_it():
    ended = plan(version(pools=[POOL]), version(version="2", valid_from="2026-02-01", ended=True))
    found = there(ended, payees=people("a", "b"))
    assert [(one.payee_id, one.window.label, one.is_there_at_the_end) for one in found] == [
        ("a", "2026-Q1", False),
        ("b", "2026-Q1", False),
    ]


@pytest.mark.parametrize(
    ("prorate", "hired", "part"),
    [
        ("none", "2026-03-31", "1"),
        ("days_actual", "2026-03-31", "1/90"),
        ("days_actual", "2026-01-01", "1"),
        ("months", "2026-02-15", "1/2"),
        ("months", "2026-03-31", "1/93"),
        ("30_360", "2026-03-31", "0"),
        ("30_360", "2026-02-28", "33/90"),
        ("30_360", "2026-01-01", "1"),
    ],
)
def test_a_part_of_a_window_by_each_basis(prorate, hired, part):
    found = there(plan(version(pools=[POOL])), payees=people("rep", hire_date=hired))
    assert part_there(found[0], prorate, WINDOWS) == Fraction(part)
