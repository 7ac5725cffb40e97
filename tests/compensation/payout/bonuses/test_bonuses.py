"""Bonuses: worked examples, thresholds and caps, windows that are open, and terms that change."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from bonus_world import QUARTER, Results, World, amounts, people, plan_with
from hypothesis import given
from hypothesis import strategies as st
from payout_world import plan, version

from compensation.conservation import NotConserved
from compensation.payout.bonuses.given import Line, require_whole
from compensation.payout.bonuses.presence import Who, windows_begun
from schemas.core.payout import BonusPart, ReadingTaken

ON_TARGET = {"shape": "flat", "rate": "1"}
DONE = {"shape": "stepped", "tiers": [{"from": "1", "to": None, "pays": "100%"}]}
NRR_TIERS = {
    "shape": "stepped",
    "tiers": [
        {"from": "90%", "to": "100%", "pays": "50%"},
        {"from": "100%", "to": "115.0001%", "pays": "100%"},
        {"from": "115.0001%", "to": None, "pays": "150%"},
    ],
}
REP = people("rep")


def objective(name, weight, score, reading=None, **more):
    of_kpi = {"of": "kpi", "kpi": name, "scope": "quarter"}
    return {"objective": name, "label": name, "reading": reading or of_kpi, "weight": weight, "score": score, **more}


def bonus(*objectives, amount="15000.00", **more):
    return {
        "bonus": "variable", "label": "Variable", "window": "quarter", "incentive": {"amount": amount, "per": "quarter"},
        "objectives": list(objectives), **more,
    }  # fmt: skip


def paid(given):
    return dict(zip(given.parts["part"], amounts(given), strict=True))


def one_objective(score, value, amount="20000.00", **more):
    world = World(plan_with(bonuses=[bonus(objective("nrr", "100%", score), amount=amount, **more)]), results=Results(nrr=value))  # fmt: skip
    return amounts(world.bonuses())[0]


def test_a_quarterly_variable_is_shared_over_expansion_nrr_and_mbo():
    """AM plan: 15,000 = expansion 50 % + NRR 35 % + MBO 15 % in three objectives of 750 (falconincentives.com/sample-calculator)."""
    thirds = [objective(f"mbo_{n}", "5%", DONE) for n in (1, 2, 3)]
    card = bonus(objective("expansion", "50%", ON_TARGET), objective("net_retention", "35%", ON_TARGET), *thirds)
    results = Results(expansion="1", net_retention="1", mbo_1="1", mbo_2="1", mbo_3="1")
    given = World(plan_with(bonuses=[card]), results=results).bonuses()
    assert paid(given) == {
        "expansion": "7500.00", "net_retention": "5250.00", "mbo_1": "750.00", "mbo_2": "750.00", "mbo_3": "750.00",
    }  # fmt: skip
    half_done = Results(expansion="0.8", net_retention="1.25", mbo_1="1", mbo_2="0.99", mbo_3="1")
    given = World(plan_with(bonuses=[card]), results=half_done).bonuses()
    assert paid(given) == {
        "expansion": "6000.00", "net_retention": "6562.50", "mbo_1": "750.00", "mbo_2": "0.00", "mbo_3": "750.00",
    }  # fmt: skip
    details = dict(given.parts.select("part", "detail").rows())
    assert details["net_retention"] == "15,000.00 × 35 % × 1.25 = 6,562.50"


@pytest.mark.parametrize(
    ("value", "pays"),
    [
        ("0.899999", "0.00"), ("0.9", "10000.00"), ("0.95", "10000.00"), ("0.995", "10000.00"), ("1", "20000.00"),
        ("1.15", "20000.00"), ("1.16", "30000.00"),
    ],
)  # fmt: skip
def test_nrr_tiers_pay_half_all_and_half_as_much_again(value, pays):
    """NRR <90 % 0, 90–100 % 50 %, 100–115 % 100 %, >115 % 150 % of 20,000 (revenue-playbook.com, customer success)."""
    assert one_objective(NRR_TIERS, value) == pays


def test_a_linear_renewal_bonus_pays_in_proportion_to_quota():
    """450,000 of 600,000 renewed on a target of 20,000 pays 15,000 (revenue-playbook.com, customer success)."""
    reading = {"of": "attainment", "credits": "retention", "quota": "renewals", "scope": "quarter"}
    world = World(
        plan_with(bonuses=[bonus(objective("renewals", "100%", ON_TARGET, reading), amount="20000.00")]),
        credits=[{"on": "2026-02-10", "amount": "450000", "kind": "retention"}],
        quotas=[{"measure": "renewals", "period": "2026-Q1", "amount": "600000"}],
    )
    given = world.bonuses()
    assert amounts(given) == ["15000.00"]
    assert given.parts["value"].to_list() == [Decimal("0.75")]


@pytest.mark.parametrize(
    ("value", "pays"), [("0.99", "-666.67"), ("1", "0.00"), ("1.075", "5000.00"), ("1.3", "20000.00")]
)
def test_a_line_from_100_to_115_percent_is_extended(value, pays):
    """100 % NRR pays 0, 115 % pays 100 %, linear, over-achievement allowed (FlowFuse handbook): 107.5 % pays half."""
    line = {"shape": "interpolated", "beyond": "extend", "points": [{"at": "100%", "pays": "0"}, {"at": "115%", "pays": "100%"}]}  # fmt: skip
    assert one_objective(line, value, amount="10000.00") == pays


def test_a_decelerator_pays_half_of_what_was_reached():
    """0–50 % × 0.5, 51–100 % × 1, 101 %+ × 1.5 of 100,000: 40 % pays 20,000."""
    tiers = [
        {"from": "0", "to": "50.0001%", "rate": "0.5"}, {"from": "50.0001%", "to": "100.0001%", "rate": "1"},
        {"from": "100.0001%", "to": None, "rate": "150%"},
    ]  # fmt: skip
    assert one_objective({"shape": "retroactive", "tiers": tiers}, "0.4", amount="100000.00") == "20000.00"
    assert one_objective({"shape": "retroactive", "tiers": tiers}, "1.1", amount="100000.00") == "165000.00"


def test_objectives_add_up_to_the_rounded_bonus():
    thirds = [
        objective(name, weight, ON_TARGET) for name, weight in (("a", "33.33%"), ("b", "33.33%"), ("c", "33.34%"))
    ]
    given = World(
        plan_with(bonuses=[bonus(*thirds, amount="100.00")]), results=Results(a="0.5", b="0.5", c="0.5")
    ).bonuses()
    assert amounts(given) == ["16.67", "16.66", "16.67"]
    assert given.parts["detail"][1] == "100.00 × 33.33 % × 0.5 = 16.665, by rounded running totals 16.66"


@given(
    st.lists(st.tuples(st.integers(1, 500), st.fractions(-2, 3, max_denominator=97)), min_size=1, max_size=6),
    st.integers(1, 10**7),
)
def test_whatever_the_scores_objectives_add_up_to_the_rounded_bonus(parts, cents):
    whole = sum(weight for weight, _ in parts)
    weights = [Fraction(int(Fraction(weight, whole) * 10**6), 10**6) for weight, _ in parts]
    weights[0] += 1 - sum(weights)
    card = bonus(
        *(
            objective(f"o{n}", str(Decimal(w.numerator) / Decimal(w.denominator)), ON_TARGET)
            for n, w in enumerate(weights)
        ),
        amount=str(Decimal(cents).scaleb(-2)),
    )
    scores = {f"o{n}": score for n, (_, score) in enumerate(parts)}
    given_parts = World(plan_with(bonuses=[card]), results=Results(**scores)).bonuses().parts
    exact = Fraction(cents) * sum(w * s for w, (_, s) in zip(weights, parts, strict=True))
    rounded = int(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
    assert given_parts["amount"].sum() == Decimal(rounded).scaleb(-2)


def test_objectives_that_do_not_add_up_stop_the_run():
    world = World(plan_with(bonuses=[bonus(objective("a", "100%", ON_TARGET))]), results=Results(a="1"))
    window = windows_begun(world.setting.windows, "quarter", *QUARTER)[0]
    line = Line(Who("rep", "plan", "1", "EUR"), window, "variable", "objective", "a", 100, 99, "")
    with pytest.raises(
        NotConserved, match=r"objectives of variable in plan plan, 2026-Q1, do not add up: 0\.99 instead of 1\.00"
    ):
        require_whole("objectives", [line], 100)


def test_a_result_that_is_not_there_scores_nothing_and_is_reported():
    card = bonus(objective("a", "60%", ON_TARGET), objective("csat", "40%", ON_TARGET))
    given = World(plan_with(bonuses=[card]), results=Results(a="1")).bonuses()
    assert paid(given) == {"a": "9000.00", "csat": "0.00"}
    assert given.parts["detail"][1] == "15,000.00 × 40 % × 0 (no result yet) = 0.00"
    finding = given.findings.row(0, named=True)
    assert (finding["code"], finding["severity"], finding["subject_table"]) == (
        "result_missing",
        "warning",
        "kpi_results",
    )
    assert finding["detail"] == (
        "variable of payee rep, 2026-Q1: there is no csat, quarter yet, so objective csat scores 0. "
        "Add it to kpi_results: subject_id rep, kpi csat, period 2026-Q1."
    )
    taken = given.readings.rows_by_key("used_by", named=True)
    assert [taken[name][0]["value"] for name in ("a", "csat")] == [Decimal(1), None]


def test_a_confirmed_result_is_read_from_kpi_results():
    world = World(
        plan_with(bonuses=[bonus(objective("csat", "100%", ON_TARGET))]),
        kpi_results=[{"subject_id": "rep", "kpi": "csat", "period": "2026-Q1", "value": "0.9"}],
    )
    given = world.bonuses()
    assert amounts(given) == ["13500.00"]
    assert given.findings.is_empty()


def test_an_open_window_is_posted_once_in_the_period_of_the_last_day():
    card, results = bonus(objective("a", "100%", ON_TARGET)), Results(a="1")
    posted = {}
    for last in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 31), date(2026, 4, 1)):
        given = World(plan_with(bonuses=[card]), results=results, days=(date(2026, 1, 1), last)).bonuses()
        posted[last.isoformat()] = list(given.parts.select("window", "fiscal_period").rows())
    assert posted == {
        "2026-01-31": [("2026-Q1", "2026-P01")],
        "2026-02-01": [("2026-Q1", "2026-P02")],
        "2026-03-31": [("2026-Q1", "2026-P03")],
        "2026-04-01": [("2026-Q1", "2026-P03"), ("2026-Q2", "2026-P04")],
    }


def test_a_missing_result_of_an_open_window_is_a_note():
    card = bonus(objective("csat", "100%", ON_TARGET))
    given = World(plan_with(bonuses=[card]), days=(date(2026, 1, 1), date(2026, 2, 10))).bonuses()
    assert given.findings["severity"].to_list() == ["note"]
    assert given.readings["until"].to_list() == [date(2026, 2, 10)]


def test_the_incentive_counts_the_days_on_the_bonus():
    card, results = bonus(objective("a", "100%", ON_TARGET), amount="9000.00"), Results(a="1")
    hired = World(plan_with(bonuses=[card]), results=results, payees=people("rep", hire_date="2026-02-15")).bonuses()
    assert amounts(hired) == ["4500.00"]  # 45 of 90 days
    gone = World(
        plan_with(bonuses=[card]), results=results, payees=people("rep", termination_date="2026-01-09")
    ).bonuses()
    assert amounts(gone) == ["900.00"]
    before = World(
        plan_with(bonuses=[card]), results=results, payees=people("rep", termination_date="2025-12-31")
    ).bonuses()
    assert before.parts.is_empty()


def test_leave_takes_its_days_off_and_a_whole_quarter_of_it_pays_nothing():
    card, results = bonus(objective("a", "100%", ON_TARGET), amount="9000.00"), Results(a="1")
    away = [{"payee_id": "rep", "valid_from": "2026-01-01", "valid_to": "2026-01-31", "kind": "leave"}]
    assert amounts(World(plan_with(bonuses=[card]), results=results, absences=away).bonuses()) == ["6000.00"]
    away[0]["valid_to"] = "2026-07-01"
    assert amounts(World(plan_with(bonuses=[card]), results=results, absences=away).bonuses()) == ["0.00"]


def test_a_bonus_that_a_new_version_brings_or_drops_counts_its_days():
    card = bonus(objective("a", "100%", ON_TARGET), amount="9000.00")
    bare = {"guarantee": {"incentive": {"amount": "1.00", "per": "month"}}}
    since = {"version": "2", "valid_from": "2026-02-15"}
    brought = plan(version(**bare), version(**since, bonuses=[card]))
    dropped = plan(version(bonuses=[card]), version(**since, **bare))
    given = [World(each, results=Results(a="1")).bonuses() for each in (brought, dropped)]
    assert [amounts(one) for one in given] == [["4500.00"], ["4500.00"]]
    assert [one.parts["plan_version"].to_list() for one in given] == [["2"], ["1"]]


def test_the_last_version_of_a_window_says_what_all_of_it_pays():
    old, new = (bonus(objective("a", "100%", ON_TARGET), amount=amount) for amount in ("9000.00", "12000.00"))
    changed = plan(version(bonuses=[old]), version(version="2", valid_from="2026-03-31", bonuses=[new]))
    assert amounts(World(changed, results=Results(a="1")).bonuses()) == ["12000.00"]


def test_a_share_of_the_assigned_incentive_is_spread_over_the_year():
    card = bonus(objective("a", "100%", ON_TARGET)) | {"incentive": {"assigned": "50%"}}
    assigned = [{"payee_id": "rep", "plan": "plan", "valid_from": "2026-01-01", "target_incentive": "60000", "currency": "EUR"}]  # fmt: skip
    given = World(plan_with(bonuses=[card]), results=Results(a="1"), plan_assignments=assigned).bonuses()
    assert amounts(given) == ["7500.00"]


GATE = {"reading": {"of": "kpi", "kpi": "gate", "scope": "quarter"}, "at_least": "1"}
TIMES = {"reading": {"of": "kpi", "kpi": "times", "scope": "quarter"}, "payout": ON_TARGET}


@pytest.mark.parametrize(
    ("gate", "times", "pays", "ends"),
    [
        ("1", "1", "15000.00", "× 1 = 15,000.00"),
        ("1", "1.2", "18000.00", "× 1 × 1.2 (multiplier 1) = 18,000.00"),
        ("0.9", "1.2", "0.00", "× 1 × 0 (gate 1) × 1.2 (multiplier 1) = 0.00"),
        (None, None, "0.00", "× 1 × 0 (gate 1) = 0.00"),
    ],
)
def test_a_closed_gate_pays_nothing_and_a_multiplier_scales_all(gate, times, pays, ends):
    card = bonus(objective("a", "100%", ON_TARGET), gates=[GATE], multipliers=[TIMES])
    given = World(plan_with(bonuses=[card]), results=Results(a="1", gate=gate, times=times)).bonuses()
    assert amounts(given) == [pays]
    assert given.parts["detail"][0].endswith(ends)
    said = {"gate 1 stays closed": gate, "multiplier 1 is 1": times}
    for words, value in said.items():
        assert any(words in detail for detail in given.findings["detail"]) is (value is None)


def year_of(results, caps, amount="10000.00"):
    card = bonus(objective("a", "60%", ON_TARGET), objective("b", "40%", ON_TARGET), amount=amount, caps=caps)
    days = (date(2026, 1, 1), date(2026, 12, 31))

    class BySpan(Results):
        def values(self, reading, asked):
            return [Fraction(results[(one.first.month - 1) // 3]) for one in asked]

    return World(plan_with(bonuses=[card]), results=BySpan(), days=days).bonuses().parts


def by_window(parts):
    sums = parts.group_by("window", "kind").agg(pl.col("amount").sum())
    return {(window, kind): f"{amount:.2f}" for window, kind, amount in sums.rows()}


def test_a_cap_of_the_window_cuts_the_last_objectives():
    parts = year_of(["1.5", "1", "1", "1"], [{"per": "quarter", "amount": "12000.00"}])
    first = parts.filter(parts["window"] == "2026-Q1").select("part", "amount", "detail").rows()
    assert [(part, f"{amount:.2f}") for part, amount, _ in first] == [("a", "9000.00"), ("b", "3000.00")]
    assert first[1][2] == (
        "10,000.00 × 40 % × 1.5 = 6,000.00; the cap of 12,000.00 a quarter, with 9,000.00 before it, leaves 3,000.00"
    )


def test_a_soft_cap_pays_a_share_of_the_excess():
    parts = year_of(["1.5", "1", "1", "1"], [{"per": "quarter", "amount": "12000.00", "soft": "50%"}])
    assert by_window(parts)["2026-Q1", "objective"] == "13500.00"


def test_a_cap_of_the_year_runs_over_its_quarters():
    parts = year_of(["1", "1", "1", "1"], [{"per": "year", "amount": "25000.00"}])
    assert [by_window(parts)[f"2026-Q{n}", "objective"] for n in (1, 2, 3, 4)] == [
        "10000.00", "10000.00", "5000.00", "0.00",
    ]  # fmt: skip


def test_what_a_cap_cuts_off_is_carried_to_the_next_periods():
    parts = year_of(["1.8", "0.5", "0.9", "1.1"], [{"per": "quarter", "amount": "10000.00", "excess": "carried"}])
    found = by_window(parts)
    assert [found[f"2026-Q{n}", "objective"] for n in (1, 2, 3, 4)] == ["10000.00", "5000.00", "9000.00", "10000.00"]
    carried = {window: amount for (window, kind), amount in found.items() if kind == "cap_excess"}
    assert carried == {"2026-Q2": "5000.00", "2026-Q3": "1000.00"}
    details = parts.filter(parts["kind"] == "cap_excess")["detail"].to_list()
    assert details[0] == (
        "8,000.00 carried from before; the cap of 10,000.00 a quarter less 5,000.00 leaves room for 5,000.00"
    )


def test_carried_excess_counts_to_the_cap_of_the_year():
    caps = [{"per": "quarter", "amount": "10000.00", "excess": "carried"}, {"per": "year", "amount": "18000.00"}]
    found = by_window(year_of(["1.8", "0.5", "0.9", "1.1"], caps))
    assert sum(Decimal(amount) for amount in found.values()) == 18000
    assert found["2026-Q2", "cap_excess"] == "3000.00"


def test_the_order_of_payees_changes_nothing():
    card, results = bonus(objective("a", "100%", ON_TARGET)), Results(a={"x": "1", "y": "0.5"})
    one, other = (
        World(plan_with(bonuses=[card]), results=results, payees=people(*ids)).bonuses() for ids in ("xy", "yx")
    )
    assert one.parts.equals(other.parts)
    assert one.readings.equals(other.readings)


def test_without_bonuses_there_are_empty_tables():
    bare = plan_with(guarantee={"incentive": {"amount": "1.00", "per": "month"}})
    given = World(bare).bonuses()
    assert given.parts.equals(BonusPart.empty_frame())
    assert given.readings.equals(ReadingTaken.empty_frame())
