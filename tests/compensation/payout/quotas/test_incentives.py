"""Target incentives: spread over windows, added up, cut to the days on the plan, and missing ones."""

from datetime import date
from decimal import Decimal

import pytest
from payout_world import component, credits_of, earned_by_credit, pay_world, plan, version

from compensation.payout.errors import MissingIncentive

ON_TARGET = {"shape": "interpolated", "points": [{"at": "0%", "pays": "0%"}, {"at": "100%", "pays": "100%"}]}
QUOTAS = [{"period": "2026", "amount": "1200"}]
"""100 a month, 300 a quarter, whatever is sold beyond pays the target incentive and no more."""


def on_target(window, incentive, **more):
    curve = {"shape": "target", "incentive": incentive, "payout": ON_TARGET}
    quota = {"measure": "new_business", "prorate": "none"}
    return version(component(window=window, curve=curve, quota=quota, **more))


def sales(*days):
    return [{"on": day, "amount": "5000"} for day in days]


def paid_in(days, terms, person=None, **tables):
    """What the first sale on each day earns: the whole target incentive of its window."""
    credits = credits_of(sales(*days))
    people = [{"payee_id": "rep", **(person or {})}]
    return [
        str(each)
        for each in earned_by_credit(pay_world(credits, plan(terms), payees=people, quotas=QUOTAS, **tables), credits)
    ]


def assigned(target="24000", **more):
    return [{"payee_id": "rep", "plan": "plan", "valid_from": "2020-01-01", "target_incentive": target, **more}]


@pytest.mark.parametrize(
    ("window", "incentive", "expected"),
    [
        ("quarter", {"amount": "20000", "per": "quarter"}, ["20000.000"]),
        ("month", {"amount": "20000", "per": "quarter"}, ["6666.670"]),
        ("half_year", {"amount": "20000", "per": "quarter"}, ["40000.000"]),
        ("year", {"amount": "1000.01", "per": "month"}, ["12000.120"]),
        ("quarter", {"amount": "100", "per": "year"}, ["25.000"]),
        ("quarter", {"assigned": "100%"}, ["6000.000"]),
        ("quarter", {"assigned": "35%"}, ["2100.000"]),
        ("month", {"assigned": "33.3333%"}, ["666.670"]),
    ],
)
def test_an_incentive_is_spread_over_shorter_windows_and_added_up_for_longer_ones(window, incentive, expected):
    assert paid_in(["2026-01-10"], on_target(window, incentive), plan_assignments=assigned()) == expected


def test_spread_incentives_add_up_to_the_whole():
    days = ["2026-01-10", "2026-02-10", "2026-03-10"]
    found = paid_in(days, on_target("month", {"amount": "20000", "per": "quarter"}))
    assert found == ["6666.670", "6666.660", "6666.670"]


@pytest.mark.parametrize(
    ("prorate", "expected"),
    [("days_actual", "1033.330"), ("months", "1000.000"), ("30_360", "1000.000"), ("none", "3000.000")],
)
def test_an_incentive_is_cut_for_somebody_who_is_there_for_a_part(prorate, expected):
    terms = on_target("quarter", {"amount": "3000", "per": "quarter", "prorate": prorate})
    assert paid_in(["2026-03-20"], terms, {"hire_date": "2026-03-01"}) == [expected]


def test_leave_takes_its_days_off_an_incentive():
    leave = [{"payee_id": "rep", "valid_from": "2026-01-11", "valid_to": "2026-02-01", "kind": "parental"}]
    terms = on_target("quarter", {"amount": "9000", "per": "quarter"})
    assert paid_in(["2026-03-20"], terms, absences=leave) == ["6900.000"]


def test_an_assigned_incentive_holds_from_its_day_and_the_first_one_before_it():
    rows = [*assigned("1200", valid_to="2026-03-01"), *assigned("2400", valid_from="2026-03-01")]
    found = paid_in(["2026-02-10", "2026-03-10"], on_target("month", {"assigned": "100%"}), plan_assignments=rows)
    assert found == ["100.000", "200.000"]


def test_an_incentive_raised_inside_the_window_pays_later_credits_only():
    """60 of 300 at 300, then 60 more at 600: 60 and 120."""
    rows = [*assigned("1200", valid_to="2026-02-01"), *assigned("2400", valid_from="2026-02-01")]
    credits = credits_of([{"on": "2026-01-10", "amount": "60"}, {"on": "2026-02-10", "amount": "60"}])
    paid = pay_world(credits, plan(on_target("quarter", {"assigned": "100%"})), quotas=QUOTAS, plan_assignments=rows)
    assert earned_by_credit(paid, credits) == [Decimal("60"), Decimal("120")]
    assert paid.findings.is_empty()


def test_a_return_after_the_last_day_is_measured_with_the_whole_incentive():
    curve = {
        "shape": "target", "incentive": {"amount": "300", "per": "quarter"}, "payout": {"shape": "flat", "rate": "100%"}
    }  # fmt: skip
    use = {"measure": "new_business"}
    terms = version(component(window="quarter", curve=curve, quota=use, clawback="as_negative"))
    credits = credits_of([{"on": "2026-02-10", "amount": "200"}, {"on": "2026-04-10", "amount": "-200", "of": 1}])
    person = [{"payee_id": "rep", "termination_date": "2026-02-28"}]
    paid = pay_world(credits, plan(terms), payees=person, quotas=QUOTAS)
    # 59 of 90 days: 196.67 × 200 ÷ 196.67; without a day in the second quarter 300 × 200 ÷ 300
    assert earned_by_credit(paid, credits) == [Decimal("200"), Decimal("-200")]
    assert paid.curves["incentive"].unique().sort().to_list() == [Decimal("196.67"), Decimal("300")]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [],
            "there is none. Add 'target_incentive' (an amount for a year) to the row of plan_assignments that holds then.",
        ),
        (
            assigned(None),
            "there is none. Add 'target_incentive' (an amount for a year) to the row of plan_assignments that holds then.",
        ),
        (assigned(currency="USD"), "it is in USD, the plan in EUR. State it in the plan's currency."),
    ],
)
def test_a_missing_incentive_names_payee_plan_and_component(rows, said):
    with pytest.raises(MissingIncentive) as error:
        paid_in(["2026-02-10"], on_target("quarter", {"assigned": "100%"}), plan_assignments=rows)
    assert str(error.value) == (
        "1 payee lacks a target incentive that the plan needs. First: payee rep, plan plan, commission, "
        f"on {date(2026, 1, 1)}: {said}"
    )
