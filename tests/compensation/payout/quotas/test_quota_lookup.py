"""Quotas looked up by name are those that payout measured with."""

from datetime import date

import polars as pl
from payout_world import company, component, facts, plan, version

from compensation.calendar import fiscal_periods
from compensation.payout.quotas.lookup import quotas_of_components
from compensation.payout.windows import windows_of

TIERS = [{"from": "0", "to": "1", "rate": "0.05"}, {"from": "1", "to": None, "rate": "0.08"}]
ON_QUOTA = {"window": "quarter", "curve": {"shape": "marginal", "of": "attainment", "tiers": TIERS}}
LEFT_AND_CAME_BACK = [
    {"payee_id": "rep", "plan": "plan", "valid_from": "2026-01-01", "valid_to": "2026-02-01"},
    {"payee_id": "rep", "plan": "none", "valid_from": "2026-02-01", "valid_to": "2026-03-01"},
    {"payee_id": "rep", "plan": "plan", "valid_from": "2026-03-01"},
]


def looked_up(rows, *versions, **tables):
    calendar = windows_of(fiscal_periods(company().fiscal_calendar, date(2026, 1, 1), date(2026, 12, 31)))
    numbers = {label: number for number, label in enumerate(calendar.labels.to_list())}
    asked = pl.DataFrame(
        [
            {"payee_id": "rep", "plan": "plan", "window": numbers["2026-Q1"], "date": date.fromisoformat(day), **more}
            for day, more in rows
        ]
    ).cast({"window": pl.Int32})
    quotas = [{"period": "2026-Q1", "amount": "90.00"}]
    return quotas_of_components(asked, facts(quotas=quotas, **tables), [plan(*versions)], calendar).to_list()


def test_each_day_has_the_quota_of_the_stay_that_it_lies_in():
    rows = [(day, {"component": "commission"}) for day in ("2026-01-10", "2026-02-10", "2026-03-10", "2026-01-10")]
    on = version(component(**ON_QUOTA, quota={"measure": "new_business"}))
    # 31 days of January; no day in February on the plan, so in full; 31 days of March
    assert looked_up(rows, on, plan_assignments=LEFT_AND_CAME_BACK) == [3100, 9000, 3100, 3100]


def test_the_version_is_the_one_given_or_the_one_of_the_day():
    first = version(component(**ON_QUOTA, quota={"measure": "new_business"}))
    second = version(
        component(**ON_QUOTA, quota={"measure": "new_business", "prorate": "none"}), version="2",
        valid_from="2026-03-01", decided_on="2026-02-01",
    )  # fmt: skip
    leave = [{"payee_id": "rep", "valid_from": "2026-01-01", "valid_to": "2026-02-01", "kind": "sick"}]
    rows = [("2026-02-10", {"component": "commission"}), ("2026-03-10", {"component": "commission"})]
    assert looked_up(rows, first, second, absences=leave) == [5900, 9000]
    given = [(day, {"component": "commission", "plan_version": "1"}) for day, _ in rows]
    assert looked_up(given, first, second, absences=leave) == [5900, 5900]


def test_a_component_that_is_not_there_or_has_no_quota_has_none():
    without = version(component(component="flat"), component(component="growth", **ON_QUOTA, quota=GROWTH))
    assert (
        looked_up([("2026-02-10", {"component": name}) for name in ("flat", "growth", "unknown")], without)
        == [None] * 3
    )


GROWTH = {"measure": "new_business", "of": "previous_window", "no_quota": "first_tier"}
