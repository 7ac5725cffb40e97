"""Quotas of a window: weights, ramps, proration, teams, and the position of the window before."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from payout_world import component, credits_of, earned_by_credit, pay_world, plan, version

from compensation.payout.errors import MissingQuota, WrongWeights
from compensation.payout.quotas.proration import month_of_service

TIERS = [{"from": "0", "to": "1", "rate": "0.05"}, {"from": "1", "to": None, "rate": "0.08"}]
DAY_IN_QUARTER = ("2026-02-10", "2026-05-10", "2026-08-10", "2026-11-10")
SEASON = ["20%", "20%", "20%", "40%"]


def on_quota(window="quarter", **use):
    more = use.pop("component", {})
    curve = {"shape": "marginal", "of": "attainment", "tiers": TIERS}
    return version(component(window=window, curve=curve, quota={"measure": "new_business", **use}, **more))


def sales(*days, payee="rep", amount="1000"):
    return [{"on": day, "amount": amount, "payee": payee} for day in days]


def quotas_of(paid, payee="rep"):
    """The quota of each window, in order."""
    rows = paid.attainment.filter(pl.col("payee_id") == payee).unique("window", keep="last", maintain_order=True)
    return [str(quota.normalize()) if quota == int(quota) else f"{quota:.2f}" for quota in rows["quota"]]


def quota_in(credits, on, quotas, person=None, **tables):
    people = [{"payee_id": "rep", **(person or {})}]
    return quotas_of(pay_world(credits_of(credits), plan(on), payees=people, quotas=quotas, **tables))


YEAR = [{"period": "2026", "amount": "100000"}]
QUARTER = [{"period": "2026-Q1", "amount": "100000"}]


# Weights


@pytest.mark.parametrize(
    ("window", "weights", "expected"),
    [
        ("quarter", SEASON, ["20000", "20000", "20000", "40000"]),
        ("half_year", SEASON, ["40000", "60000"]),
        ("year", SEASON, ["100000"]),
        ("quarter", ["30%", "70%"], ["15000", "15000", "35000", "35000"]),
        ("quarter", ["5%"] * 11 + ["45%"], ["15000", "15000", "15000", "55000"]),
        ("quarter", [], ["25000"] * 4),
    ],
)
def test_a_yearly_quota_is_spread_by_the_weights_of_the_year(window, weights, expected):
    found = quota_in(sales(*DAY_IN_QUARTER), on_quota(window, weights=weights), YEAR)
    assert [Decimal(each) for each in found] == [Decimal(each) for each in expected]


def test_months_inside_a_weighted_quarter_have_the_same_and_the_cents_go_where_the_running_total_rounds():
    credits = sales("2026-10-10", "2026-11-10", "2026-12-10")
    found = quota_in(credits, on_quota("month", weights=SEASON), [{"period": "2026", "amount": "100.01"}])
    assert found == ["13.33", "13.34", "13.33"]
    assert sum(map(Decimal, found)) == Decimal("40.00")


def test_a_quota_stated_for_the_quarter_itself_needs_no_weights():
    assert quota_in(sales("2026-02-10"), on_quota(weights=SEASON), [*YEAR, *QUARTER]) == ["1E+5"]


def test_weights_that_do_not_fit_the_fiscal_year_are_refused():
    with pytest.raises(WrongWeights) as error:
        quota_in(sales("2026-02-10"), on_quota("year", weights=["10%"] * 9 + ["4%", "4%", "1%", "1%"]), YEAR)
    assert str(error.value) == (
        "plan plan, component commission: 13 weights spread the quota, and the fiscal year 2023 has 12 periods. "
        "Give one weight a period, or 4 weights for quarters or 2 for half years."
    )


# Ramp


def test_the_ramp_takes_the_month_of_service_that_a_fiscal_month_begins_in():
    """Worked example 38: 10,000, 20,000, 30,000, then the full quota, here as shares of 40,000."""
    credits = sales("2026-02-20", "2026-03-10", "2026-04-10", "2026-05-10", "2026-06-10")
    quotas = [{"period": "2026", "amount": "480000"}]
    on = on_quota("month", ramp=["25%", "50%", "75%"], prorate="none")
    assert quota_in(credits, on, quotas, {"hire_date": "2026-02-01"}) == ["1E+4", "2E+4", "3E+4", "4E+4", "4E+4"]


def test_who_is_hired_inside_a_month_has_the_first_share_until_a_month_begins_after_a_month_of_service():
    credits = sales("2026-02-20", "2026-03-10", "2026-04-10", "2026-05-10")
    quotas = [{"period": "2026", "amount": "480000"}]
    on = on_quota("month", ramp=["25%", "50%"], prorate="none")
    assert quota_in(credits, on, quotas, {"hire_date": "2026-02-15"}) == ["1E+4", "1E+4", "2E+4", "4E+4"]


def test_monthly_quotas_that_climb_are_a_ramp_by_themselves():
    """Worked example 38 as it is printed: the months' own quotas, added up for the quarter."""
    amounts = {"01": "10000", "02": "20000", "03": "30000", "04": "45000", "05": "45000", "06": "45000"}
    quotas = [{"period": f"2026-{month}", "amount": amount} for month, amount in amounts.items()]
    assert quota_in(sales("2026-03-10", "2026-05-10"), on_quota(), quotas) == ["6E+4", "1.35E+5"]
    assert quota_in(sales("2026-01-10", "2026-04-10"), on_quota("month"), quotas) == ["1E+4", "4.5E+4"]


def test_a_longer_window_adds_its_months_each_ramped_and_weighed():
    """January to June at 25 %, 50 %, 75 %, then full: 10,000 + 20,000 + 30,000 + 3 × 40,000."""
    quotas = [{"period": "2026-H1", "amount": "240000"}]
    on = on_quota("half_year", ramp=["25%", "50%", "75%"])
    assert quota_in(sales("2026-02-10"), on, quotas, {"hire_date": "2026-01-01"}) == ["1.8E+5"]
    seasonal = on_quota("half_year", weights=["10%", "30%", "30%", "30%"], ramp=["0%", "0%", "0%"])
    yearly = [{"period": "2026", "amount": "100000"}]
    assert quota_in(sales("2026-02-10"), seasonal, yearly, {"hire_date": "2026-01-01"}) == ["3E+4"]


def test_a_ramp_goes_by_the_months_own_quotas_where_they_are_stated():
    quotas = [{"period": f"2026-0{month}", "amount": str(month * 100)} for month in (1, 2, 3)]
    on = on_quota(ramp=["50%"], prorate="none")
    assert quota_in(sales("2026-02-10"), on, quotas, {"hire_date": "2026-01-01"}) == ["5.5E+2"]


def test_a_ramp_without_a_hire_date_is_full_and_reported():
    paid = pay_world(credits_of(sales("2026-02-10")), plan(on_quota(ramp=["50%"])), quotas=QUARTER)
    assert quotas_of(paid) == ["1E+5"]
    assert paid.findings.select("code", "subject_id", "detail").rows() == [
        (
            "quota_not_ramped",
            "rep",
            (
                "The new_business quota of payee rep ramps up by months of service on plan plan, and no hire date is known: it "
                "counts in full. Add hire_date to payees."
            ),
        )
    ]


def test_a_ramp_at_nothing_needs_a_word_on_no_quota():
    hired = {"hire_date": "2026-01-01"}
    with pytest.raises(MissingQuota, match="the quota, after its ramp and the days that count, is 0"):
        quota_in(sales("2026-01-10"), on_quota("month", ramp=["0%"]), YEAR, hired)
    assert quota_in(sales("2026-01-10"), on_quota("month", ramp=["0%"], no_quota="last_tier"), YEAR, hired) == ["0"]


@pytest.mark.parametrize(
    ("day", "hired", "month"),
    [
        ("2026-02-01", "2026-02-01", 1),
        ("2026-02-28", "2026-02-01", 1),
        ("2026-03-01", "2026-02-01", 2),
        ("2026-02-27", "2026-01-31", 1),
        ("2026-02-28", "2026-01-31", 2),
        ("2027-02-28", "2024-02-29", 37),
        ("2025-12-01", "2026-01-31", 1),
    ],
)
def test_months_of_service_are_calendar_months_from_the_hire_date(day, hired, month):
    frame = pl.DataFrame({"day": [date.fromisoformat(day)], "hired": [date.fromisoformat(hired)]})
    assert frame.select(month_of_service(pl.col("day"), pl.col("hired"))).item() == month


# Proration


@pytest.mark.parametrize(
    ("person", "prorate", "expected"),
    [
        ({"termination_date": "2026-03-15"}, "days_actual", "82222.22"),  # scenario 20: 74 of 90 days
        ({"termination_date": "2026-03-15"}, "30_360", "83333.33"),  # 75 of 90
        ({"termination_date": "2026-03-15"}, "months", "82795.70"),  # (1 + 1 + 15/31) of 3
        ({"termination_date": "2026-03-15"}, "none", "1E+5"),
        ({"termination_date": "2026-03-31"}, "days_actual", "1E+5"),
        ({"termination_date": "2026-03-30"}, "30_360", "1E+5"),  # a 31st counts nothing
        ({"hire_date": "2026-01-01"}, "days_actual", "1E+5"),
        ({"hire_date": "2026-03-01"}, "days_actual", "34444.44"),
        ({"hire_date": "2026-03-01"}, "months", "33333.33"),
        ({"hire_date": "2026-03-01"}, "30_360", "33333.33"),
        (
            {"hire_date": "2026-02-15", "termination_date": "2026-02-28"},
            "30_360",
            "17777.78",
        ),  # February is filled up: 16
    ],
)
def test_the_quota_is_cut_to_the_days_of_service(person, prorate, expected):
    credits = sales("2026-02-20" if "hire_date" not in person else "2026-03-20")
    assert quota_in(credits, on_quota(prorate=prorate), QUARTER, person) == [expected]


def test_somebody_hired_on_a_leap_day_has_32_of_91_days():
    """Scenario 19."""
    quotas = [{"period": "2028-Q1", "amount": "100000"}]
    assert quota_in(sales("2028-03-10"), on_quota(), quotas, {"hire_date": "2028-02-29"}) == ["35164.84"]


def test_seasonal_quarters_from_the_first_of_march():
    """Worked example 37: 6,666.67 + 20,000 + 20,000 + 40,000 = 86,666.67."""
    use = {"weights": SEASON, "prorate": "months"}
    credits, hired = sales("2026-03-10", *DAY_IN_QUARTER[1:]), {"hire_date": "2026-03-01"}
    assert quota_in(credits, on_quota(**use), YEAR, hired) == ["6666.67", "2E+4", "2E+4", "4E+4"]
    assert quota_in(credits, on_quota("year", **use), YEAR, hired) == ["86666.67"]


def test_a_start_in_the_last_quarter_has_two_of_its_three_months():
    """Worked example 37, the regression: from 1 November two thirds of 40,000, not one."""
    found = quota_in(sales("2026-11-10"), on_quota(weights=SEASON, prorate="months"), YEAR, {"hire_date": "2026-11-01"})
    assert found == ["26666.67"]


def test_weighted_quarters_of_a_year_are_cut_by_their_own_days():
    """Q1 20,000 × 31/90, the others whole."""
    found = quota_in(sales("2026-03-10"), on_quota("year", weights=SEASON), YEAR, {"hire_date": "2026-03-01"})
    assert found == ["86888.89"]


def test_quotas_stated_by_the_month_are_cut_by_their_own_days():
    """Only the months of service have quotas: they are not cut a second time."""
    quotas = [{"period": "2026-03", "amount": "300"}]
    assert quota_in(sales("2026-03-10"), on_quota(), quotas, {"hire_date": "2026-03-01"}) == ["3E+2"]
    all_three = [{"period": f"2026-0{month}", "amount": str(month * 310)} for month in (1, 2, 3)]
    assert quota_in(sales("2026-03-20"), on_quota(), all_three, {"hire_date": "2026-03-17"}) == ["4.5E+2"]


def test_leave_takes_its_days_off_once():
    leave = [
        {"payee_id": "rep", "valid_from": "2026-01-11", "valid_to": "2026-01-21", "kind": "parental"},
        {"payee_id": "rep", "valid_from": "2026-01-15", "valid_to": "2026-01-29", "kind": "sick"},
        {"payee_id": "rep", "valid_from": "2025-12-20", "valid_to": "2026-01-01", "kind": "holiday"},
    ]
    assert quota_in(sales("2026-02-10"), on_quota(), [{"period": "2026-Q1", "amount": "90"}], absences=leave) == ["72"]


def test_a_change_of_plan_divides_the_quota_by_days():
    other = plan(on_quota(), plan="other", for_roles=[])
    assigned = [
        {"payee_id": "rep", "plan": "plan", "valid_from": "2026-01-01", "valid_to": "2026-02-01"},
        {"payee_id": "rep", "plan": "other", "valid_from": "2026-02-01"},
    ]
    paid = pay_world(
        credits_of(sales("2026-01-10", "2026-02-10")), plan(on_quota()), other, quotas=[{"period": "2026-Q1", "amount": "90"}],
        plan_assignments=assigned,
    )  # fmt: skip
    assert paid.attainment.group_by("plan").agg(pl.col("quota").max()).sort("quota")["quota"].to_list() == [31, 59]


def test_a_new_version_and_a_second_assignment_to_the_same_plan_cut_nothing():
    assigned = [
        {"payee_id": "rep", "plan": "plan", "valid_from": "2025-01-01", "valid_to": "2026-02-01"},
        {"payee_id": "rep", "plan": "plan", "valid_from": "2026-02-01"},
    ]
    assert quota_in(sales("2026-02-10"), on_quota(), QUARTER, plan_assignments=assigned) == ["1E+5"]


LEFT_FOR_A_MONTH = [
    {"payee_id": "rep", "plan": "plan", "valid_from": "2026-01-01", "valid_to": "2026-02-01"},
    {"payee_id": "rep", "plan": "none", "valid_from": "2026-02-01", "valid_to": "2026-03-01"},
    {"payee_id": "rep", "plan": "plan", "valid_from": "2026-03-01"},
]


@pytest.mark.parametrize(
    ("restart", "earned"),
    [
        ("true", ["3.92", "3.92"]),  # 31 at 5 % and 29.67 of 60.67 at 8 %, twice
        ("false", ["3.03", "4.82"]),  # 62 at 5 %, then 8 %
    ],
)
def test_who_comes_back_to_a_plan_starts_again_or_goes_on(restart, earned):
    credits = credits_of(sales("2026-01-10", "2026-03-10", amount="60.67"))
    paid = pay_world(
        credits, plan(on_quota(component={"restart": restart})), quotas=[{"period": "2026-Q1", "amount": "90"}],
        plan_assignments=LEFT_FOR_A_MONTH,
    )  # fmt: skip
    assert earned_by_credit(paid, credits) == [Decimal(each) for each in earned]
    assert quotas_of(paid) == (["31"] if restart == "true" else ["62"])


@pytest.mark.parametrize(("restart", "positions"), [("true", [10, 10, 0]), ("false", [10, 10, 10])])
def test_who_comes_back_and_sells_nothing_stands_at_nothing_or_where_they_stood(restart, positions):
    credits = credits_of([*sales("2026-01-10", amount="10"), *sales("2026-03-31", payee="other")])
    paid = pay_world(
        credits, plan(on_quota(component={"restart": restart})), plan_assignments=LEFT_FOR_A_MONTH,
        payees=[{"payee_id": "rep"}, {"payee_id": "other"}],
        quotas=[{"period": "2026-Q1", "amount": "90", "payee_id": name} for name in ("rep", "other")],
    )  # fmt: skip
    assert paid.attainment.filter(pl.col("payee_id") == "rep")["position"].to_list() == positions


def test_a_return_after_the_last_day_has_the_quota_in_full_and_is_reported():
    on = on_quota(component={"clawback": "as_negative"})
    credits = [*sales("2026-03-10"), {"on": "2026-04-10", "amount": "-1000", "of": 1}]
    paid = pay_world(
        credits_of(credits), plan(on), payees=[{"payee_id": "rep", "termination_date": "2026-03-15"}], quotas=YEAR
    )
    assert quotas_of(paid) == ["20555.56", "2.5E+4"]
    assert paid.findings.select("code", "subject_id", "detail").rows() == [
        (
            "quota_not_prorated",
            "rep",
            (
                "Payee rep has credits in 2026-Q2 and no day on plan plan in it, or none in service: the new_business quota of "
                "2026-Q2 counts in full. Check the plan assignment, the hire date, the last day and absences."
            ),
        )
    ]


def test_a_quota_raised_inside_a_part_of_the_window_is_cut_too():
    """Scenario 70 for somebody hired on 15 January: 76 of 90 days of both quotas."""
    quotas = [
        {"period": "2026-Q1", "amount": "90"},
        {"period": "2026-Q1", "valid_from": "2026-02-01", "amount": "180"},
    ]
    credits = credits_of(sales("2026-01-20", "2026-02-10", amount="100"))
    paid = pay_world(credits, plan(on_quota()), payees=[{"payee_id": "rep", "hire_date": "2026-01-15"}], quotas=quotas)
    assert paid.attainment["quota"].to_list() == [76, 152]
    # 76 at 5 % and 24 at 8 %; then from 100 up to 152 at 5 %, the rest at 8 %
    assert earned_by_credit(paid, credits) == [Decimal("5.72"), Decimal("6.44")]


# Teams


def people(*members, **first):
    return [{"payee_id": "boss", "role": "manager"}, *members]


def team_plan(window="quarter", **use):
    return plan(
        on_quota(window, of="team", **use), plan="team", for_roles=["manager"], currency="EUR",
    )  # fmt: skip


def member(name, manager="boss", **more):
    return {"payee_id": name, "manager_id": manager, **more}


def quota_for(name, amount="250000", **more):
    return {"payee_id": name, "period": "2026-Q1", "amount": amount, **more}


def test_three_full_quotas_and_one_at_half_make_875000():
    """Worked example 38: a team of three ramped and one ramping at 50 %, quota 250,000 each."""
    members = [member(name, hire_date="2024-01-01") for name in ("ann", "bob", "cem")]
    members.append(member("dee", hire_date="2026-01-01"))
    paid = pay_world(
        credits_of(sales("2026-02-10", payee="boss")), team_plan(ramp=["50%"] * 6), payees=people(*members),
        quotas=[quota_for(each["payee_id"]) for each in members],
    )  # fmt: skip
    assert quotas_of(paid, "boss") == ["8.75E+5"]


def test_a_team_is_who_reports_on_the_last_day_directly_or_not_each_by_their_days():
    members = [
        member("ann"),
        member("bob", "ann", termination_date="2026-03-15"),
        member("cem", valid_from="2025-01-01"),
        member("cem", None, valid_from="2026-03-31"),
        member("dee", None, valid_from="2025-01-01"),
        member("dee", "ann", valid_from="2026-03-31"),
        member("eve"),
    ]
    paid = pay_world(
        credits_of(sales("2026-02-10", payee="boss")), team_plan(), payees=people(*members),
        quotas=[quota_for("ann", "100"), quota_for("bob", "90"), quota_for("cem", "1000"), quota_for("dee", "10000")],
    )  # fmt: skip
    assert quotas_of(paid, "boss") == ["10174"]


def test_a_manager_who_begins_inside_the_window_has_the_teams_quota_for_their_days():
    boss = {"payee_id": "boss", "role": "manager", "hire_date": "2026-03-01"}
    paid = pay_world(
        credits_of(sales("2026-03-10", payee="boss")), team_plan(), payees=[boss, member("ann")],
        quotas=[quota_for("ann", "90")],
    )  # fmt: skip
    assert quotas_of(paid, "boss") == ["31"]


def test_a_members_quota_in_another_currency_is_named():
    with pytest.raises(MissingQuota) as error:
        pay_world(
            credits_of(sales("2026-02-10", payee="boss")), team_plan(), payees=people(member("ann"), member("bob")),
            quotas=[quota_for("ann"), quota_for("bob", currency="USD")],
        )  # fmt: skip
    assert str(error.value) == (
        "1 members of teams have a new_business quota in another currency than their manager's plan. First: payee bob, quota in "
        "USD, plan in EUR. Give the quota in EUR."
    )


def test_a_team_without_quotas_says_whose_are_missing():
    with pytest.raises(MissingQuota) as error:
        pay_world(credits_of(sales("2026-02-10", payee="boss")), team_plan(), payees=people(member("ann")))
    assert str(error.value).endswith(
        "nobody who reports to them on its last day has one. Add quotas of the members, or correct manager_id in payees."
    )


# The window before


def test_growth_is_measured_against_the_position_of_the_window_before():
    credits = credits_of(sales("2026-02-10", amount="100") + sales("2026-05-10", amount="150"))
    paid = pay_world(credits, plan(on_quota(of="previous_window", no_quota="first_tier")))
    # nothing before the first quarter: its first tier; then 100 at 5 %, 50 at 8 %
    assert earned_by_credit(paid, credits) == [Decimal("5.00"), Decimal("9.00")]
    assert quotas_of(paid) == ["0", "1E+2"]


def test_nothing_in_the_window_before_stops_where_no_quota_is_not_said():
    with pytest.raises(MissingQuota) as error:
        pay_world(credits_of(sales("2026-02-10")), plan(on_quota(of="previous_window")))
    assert str(error.value).endswith(
        "nothing was counted in the window before. Say what that pays: no_quota: first_tier or last_tier."
    )


# Attainment


def test_a_position_shared_by_two_kinds_of_credit_rolls_over_the_year():
    """Worked example 19: 100, 150, 225, 250, 350, 400, 475."""
    amounts = [("01", "100", "new_logo"), ("01", "50", "new_logo"), ("01", "75", "repeat"), ("01", "25", "new_logo"),
               ("02", "100", "new_logo"), ("02", "50", "new_logo"), ("02", "75", "repeat")]  # fmt: skip
    credits = [
        {"on": f"2026-{month}-{day:02}", "amount": amount, "kind": kind}
        for day, (month, amount, kind) in enumerate(amounts, start=1)
    ]
    shared = component(
        measure={"credits": ["new_business", "retention"], "positions": "together"}, quota={"measure": "new_business"}
    )
    paid = pay_world(credits_of(credits), plan(version(shared)), quotas=[{"period": "2026", "amount": "1000"}])
    assert paid.earnings["position_after"].to_list() == [100, 150, 225, 250, 350, 400, 475]
    assert paid.attainment["attainment"].to_list() == [Decimal("0.25"), Decimal("0.475")]


def test_an_evenly_spread_target_is_attained_month_by_month():
    """Worked example 17: 36,000 a year is 3,000 a month; 100 % and 66.67 %."""
    amounts = [("01-05", "1000"), ("01-06", "1500"), ("01-07", "500"), ("02-05", "1500"), ("02-06", "500")]
    credits = credits_of([{"on": f"2026-{day}", "amount": amount} for day, amount in amounts])
    paid = pay_world(credits, plan(on_quota("month")), quotas=[{"period": "2026", "amount": "36000"}])
    assert paid.earnings["position_after"].to_list() == [1000, 2500, 3000, 1500, 2000]
    assert paid.attainment["attainment"].to_list() == [Decimal("1"), Decimal("0.666667")]
