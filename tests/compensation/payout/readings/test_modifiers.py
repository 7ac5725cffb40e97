"""Gates, multipliers, wider windows, caps and budgets: worked by hand."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from payout_world import component, credits_of, earned_by_credit, pay_world, plan, version

NEW = "new_business"
QUOTA_120_000 = [{"period": "2026", "amount": "120000"}]


def paid(rows, tables=None, **given):
    credits = credits_of(rows)
    people = [{"payee_id": payee} for payee in credits["payee_id"].unique()]
    return credits, pay_world(credits, plan(version(component(**given))), payees=people, **(tables or {}))


def earned(rows, tables=None, **given):
    credits, result = paid(rows, tables, **given)
    return [str(Decimal(value).quantize(Decimal("0.01"))) for value in earned_by_credit(result, credits)]


def gate(scope="quarter", at_least="25000", **given):
    return {"reading": {"of": "revenue", "credits": NEW, "scope": scope}, "at_least": at_least, **given}


def on(day, amount, **given):
    return {"on": day, "amount": amount, **given}


TEN_AND_TWENTY = [on("2026-01-10", "10000"), on("2026-02-11", "20000")]


def test_a_closed_gate_pays_nothing():
    assert earned(TEN_AND_TWENTY, window="month", gates=[gate(at_least="30000.01")]) == ["0.00", "0.00"]


def test_a_gate_that_opens_pays_the_window_from_its_start():
    assert earned(TEN_AND_TWENTY, window="month", gates=[gate(at_least="30000")]) == ["1000.00", "2000.00"]


def test_a_gate_over_the_month_looks_at_each_month_alone():
    assert earned(TEN_AND_TWENTY, window="month", gates=[gate(scope="month", at_least="15000")]) == ["0.00", "2000.00"]


def test_a_gate_to_date_stops_at_the_end_of_the_window():
    year_to_date = gate(scope="year_to_date", at_least="30000")
    assert earned(TEN_AND_TWENTY, window="month", gates=[year_to_date]) == ["0.00", "2000.00"]


def test_a_running_gate_moves_nothing_that_was_earned_before():
    rows = [*TEN_AND_TWENTY, on("2026-02-12", "100")]
    assert earned(rows, window="month", gates=[gate(reads="running")]) == ["0.00", "2000.00", "10.00"]


def test_a_gate_may_have_an_upper_end():
    assert earned(TEN_AND_TWENTY, window="month", gates=[gate(below="30000")]) == ["0.00", "0.00"]


def test_all_gates_must_be_open():
    gates = [gate(), gate(at_least="30000.01")]
    assert earned(TEN_AND_TWENTY, window="month", gates=gates) == ["0.00", "0.00"]


def test_attainment_opens_a_gate_at_its_very_bound():
    reading = {"of": "attainment", "credits": NEW, "quota": NEW, "scope": "year_to_date"}
    gates = [{"reading": reading, "at_least": "100%"}]
    assert earned(TEN_AND_TWENTY, {"quotas": QUOTA_120_000}, window="month", gates=gates) == ["1000.00", "2000.00"]


BY_SATISFACTION = {
    "reading": {"of": "kpi", "kpi": "satisfaction", "scope": "month"},
    "payout": {
        "shape": "stepped",
        "tiers": [{"from": "0", "to": "50", "pays": "90%"}, {"from": "50", "to": None, "pays": "110%"}],
    },
}


def test_a_multiplier_changes_the_whole_window_and_a_result_not_there_yet_changes_nothing():
    results = [{"subject_id": "rep", "kpi": "satisfaction", "period": "2026-02", "value": "50"}]
    rows = [*TEN_AND_TWENTY, on("2026-02-12", "0.05")]
    expected = ["1000.00", "2200.00", "0.01"]
    assert earned(rows, {"kpi_results": results}, window="month", multipliers=[BY_SATISFACTION]) == expected


@pytest.mark.parametrize(("last_day", "severity"), [(date(2026, 1, 20), "note"), (date(2026, 2, 3), "warning")])
def test_a_result_that_is_not_there_is_reported(last_day, severity):
    _, result = paid(TEN_AND_TWENTY[:1], {"last_day": last_day}, window="month", multipliers=[BY_SATISFACTION])
    told = result.findings.filter(pl.col("code").cast(pl.String) == "result_missing")
    assert told["severity"].cast(pl.String).to_list() == [severity]
    assert told["detail"][0].startswith("commission of payee rep, 2026-P01: there is no satisfaction")
    assert "so multiplier 1 is 1. Add it to kpi_results: subject_id rep, kpi satisfaction" in told["detail"][0]


def test_every_reading_is_on_record_with_what_followed():
    _, result = paid(TEN_AND_TWENTY, window="month", gates=[gate(scope="month", at_least="15000")])
    rows = result.readings.select("window", "used_by", "reading", "value", "effect").rows()
    phrase = "revenue of new_business, month"
    assert rows == [
        ("2026-P01", "gate 1", phrase, Decimal(10000), Decimal(0)),
        ("2026-P02", "gate 1", phrase, Decimal(20000), Decimal(1)),
    ]


RETROACTIVE = {
    "shape": "retroactive",
    "of": "amount",
    "tiers": [{"from": "0", "to": "100000", "rate": "5%"}, {"from": "100000", "to": None, "rate": "10%"}],
}
EIGHTY_AND_SIXTY = [on("2026-01-10", "80000"), on("2026-02-11", "60000")]


def test_a_wider_window_gives_the_tier_and_the_month_its_credits():
    given = {"window": "month", "tier_window": "quarter", "curve": RETROACTIVE}
    assert earned(EIGHTY_AND_SIXTY, **given) == ["4000.00", "6000.00"]


def test_the_wide_window_itself_pays_what_is_earned_to_date_less_what_was_earned():
    assert earned(EIGHTY_AND_SIXTY, window="quarter", curve=RETROACTIVE) == ["4000.00", "10000.00"]


def test_a_cap_takes_what_exceeds_it_and_a_return_gives_back_only_what_was_paid():
    rows = [on("2026-01-10", "99500"), on("2026-02-11", "1000"), on("2026-02-12", "-1000", of=2)]
    assert earned(rows, caps=[{"per": "year", "amount": "10000"}]) == ["9950.00", "50.00", "-50.00"]


def test_a_soft_cap_pays_a_share_of_the_excess():
    rows = [on("2026-01-10", "20000"), on("2026-01-11", "11000")]
    caps = [{"per": "deal", "amount": "1000", "soft": "50%"}]
    assert earned(rows, caps=caps) == ["1500.00", "1050.00"]


def test_caps_apply_one_after_another_deal_first():
    rows = [on("2026-01-10", "20000"), on("2026-01-11", "11000"), on("2026-02-11", "11000")]
    caps = [{"per": "month", "amount": "2000"}, {"per": "deal", "amount": "1000", "soft": "50%"}]
    assert earned(rows, caps=caps) == ["1500.00", "500.00", "1050.00"]


def test_orders_of_one_opportunity_are_one_deal():
    rows = [on("2026-01-10", "20000"), on("2026-03-11", "20000")]
    orders = [
        {"order_id": f"line-{number:05}", "account_id": "account", "opportunity_id": "chance", "order_date": "2026-01-10",
         "currency": "EUR", "status": "confirmed"}
        for number in (1, 2)
    ]  # fmt: skip
    caps = [{"per": "deal", "amount": "3000"}]
    assert earned(rows, {"orders": orders}, caps=caps) == ["2000.00", "1000.00"]
    assert earned(rows, caps=caps) == ["2000.00", "2000.00"]


def test_a_cap_leaves_debts_alone():
    rows = [on("2026-01-10", "5000"), on("2026-02-10", "-5000", of=1)]
    given = {"window": "month", "clawback": "as_negative", "caps": [{"per": "month", "amount": "100"}]}
    assert earned(rows, **given) == ["100.00", "-500.00"]


def test_a_budget_scales_everybody_alike_and_is_spent_to_the_cent():
    rows = [on("2026-01-10", "10000"), on("2026-01-11", "11000", payee="b"), on("2026-01-12", "333", payee="b")]
    found = earned(rows, window="quarter", budget={"amount": "1000"})
    assert found == ["468.76", "515.63", "15.61"]
    assert sum(map(Decimal, found)) == 1000


def test_within_the_budget_nobody_is_scaled():
    rows = [on("2026-01-10", "10000"), on("2026-01-11", "11000", payee="b")]
    assert earned(rows, window="quarter", budget={"amount": "2100"}) == ["1000.00", "1100.00"]


@pytest.mark.parametrize("given", [{"caps": [{"per": "year", "amount": "50"}]}, {"budget": {"amount": "50"}}])
def test_changes_say_how_an_earning_came_down(given):
    _, result = paid([on("2026-01-10", "1000"), on("2026-01-11", "1000")], **given)
    by_curve = result.earnings.select(pl.col("rounded_after") - pl.col("rounded_before")).to_series().sum()
    assert by_curve + result.earning_changes["change"].sum() == result.earnings["earned"].sum() == 50


SQUARE = {
    "shape": "stepped",
    "of": "amount",
    "tiers": [{"from": "1000", "to": "2000", "pays": "50"}, {"from": "2000", "to": None, "pays": "120"}],
}


def test_a_stepped_curve_pays_what_its_step_states_and_takes_it_back():
    rows = [on("2026-01-10", "900"), on("2026-01-11", "600"), on("2026-01-12", "500"), on("2026-02-12", "-1200", of=2)]
    assert earned(rows, curve=SQUARE) == ["0.00", "50.00", "70.00", "-120.00"]


def test_a_negative_position_on_steps_is_the_mirror_of_a_positive_one():
    rows = [
        on("2025-12-10", "3000"),
        on("2026-01-11", "-999.99", of=1),
        on("2026-01-12", "-0.01", of=1),
        on("2026-01-13", "-1000", of=1),
    ]
    given = {"window": "year", "curve": SQUARE, "clawback": "as_negative"}
    assert earned(rows, **given) == ["120.00", "0.00", "-50.00", "-70.00"]
    assert earned(rows, floor="true", **given) == ["120.00", "0.00", "0.00", "0.00"]


def test_a_negative_position_between_points_is_the_mirror_of_a_positive_one():
    points = [{"at": "0", "pays": "0"}, {"at": "1000", "pays": "100"}, {"at": "2000", "pays": "400"}]
    curve = {"shape": "interpolated", "of": "amount", "points": points}
    rows = [
        on("2025-12-10", "3000"),
        on("2026-01-11", "-500", of=1),
        on("2026-01-12", "-1000", of=1),
        on("2026-01-13", "-1500", of=1),
    ]
    given = {"window": "year", "curve": curve, "clawback": "as_negative"}
    assert earned(rows, **given) == ["400.00", "-50.00", "-200.00", "-150.00"]


def test_lines_between_points_with_a_threshold():
    points = [{"at": "80%", "pays": "1000"}, {"at": "100%", "pays": "3000"}]
    curve = {"shape": "interpolated", "of": "attainment", "below_first": "nothing", "points": points}
    rows = [on("2026-01-10", "70000"), on("2026-01-11", "20000"), on("2026-01-12", "20000")]
    quotas = {"quotas": [{"period": "2026", "amount": "100000"}]}
    assert earned(rows, quotas, quota={"measure": NEW}, curve=curve) == ["0.00", "2000.00", "1000.00"]


def test_a_floor_leaves_negative_positions_without_debt():
    rows = [on("2025-12-10", "1000"), on("2026-01-05", "-1000", of=1), on("2026-02-01", "1500")]
    given = {"window": "year", "clawback": "as_negative"}
    assert earned(rows, floor="true", **given) == ["100.00", "0.00", "50.00"]
    assert earned(rows, **given) == ["100.00", "-100.00", "150.00"]


def test_what_a_cap_cuts_off_is_carried_to_the_next_period_that_has_room():
    rows = [on("2026-01-10", "12000"), on("2026-02-11", "5000")]
    caps = [{"per": "month", "amount": "1000", "excess": "carried"}]
    credits, result = paid(rows, window="month", caps=caps)
    assert earned_by_credit(result, credits) == [Decimal(1000), Decimal(500)]
    found = result.bonuses.select("kind", "part", "fiscal_period", "amount").rows()
    assert found == [("cap_excess", "carried_month", "2026-P02", Decimal(200))]


def test_one_cap_holds_for_all_positions_of_a_component():
    rows = [on("2026-01-10", "8000", kind="retention"), on("2026-01-11", "8000", kind="growth")]
    measure = {"credits": ["retention", "growth"], "positions": "separate"}
    assert earned(rows, measure=measure, caps=[{"per": "year", "amount": "1000"}]) == ["800.00", "200.00"]


def test_a_version_that_takes_up_a_wider_window_counts_what_the_version_before_took():
    curve = {"shape": "marginal", "of": "amount", "tiers": [
        {"from": "0", "to": "500", "rate": "0"}, {"from": "500", "to": None, "rate": "15%"},
    ]}  # fmt: skip
    before = version(component(window="month", curve=curve))
    after = version(
        component(window="month", curve=curve, tier_window="quarter"),
        version="2", valid_from="2026-02-01", decided_on="2026-01-15",
    )  # fmt: skip
    credits = credits_of([on("2026-01-10", "400"), on("2026-02-10", "452")])
    assert earned_by_credit(pay_world(credits, plan(before, after)), credits) == [0, Decimal("67.80")]


def two_versions(first, second, **given):
    return plan(
        version(component(window="quarter", **first, **given)),
        version(
            component(window="quarter", **second, **given),
            version="2", valid_from="2026-02-01", decided_on="2026-01-15",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, "4000", [4500, 0]),
        ("1000", "4000", [1000, 2000]),
        ("4000", "5000", [4000, 1000]),
        ("4000", None, [4000, 2000]),
    ],
)
def test_a_cap_of_a_new_version_counts_what_was_paid_before_and_moves_none_of_it(before, after, expected):
    caps = [{"caps": [{"per": "quarter", "amount": amount}]} if amount else {} for amount in (before, after)]
    credits = credits_of([on("2026-01-10", "45000"), on("2026-02-10", "20000")])
    assert earned_by_credit(pay_world(credits, two_versions(*caps)), credits) == expected


def test_two_caps_of_a_kind_are_refused():
    caps = [{"per": "month", "amount": "1000"}, {"per": "month", "amount": "500"}]
    with pytest.raises(ValueError, match="commission: two caps per month; keep the lower one"):
        plan(version(component(caps=caps)))


def test_a_budget_that_changes_is_refused():
    with pytest.raises(ValueError, match="version 2: commission changes its budget; one budget of a window"):
        two_versions({"budget": {"amount": "1500"}}, {"budget": {"amount": "500"}})
