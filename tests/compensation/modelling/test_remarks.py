import pytest

from compensation.modelling.remarks import remarks_on, remarks_on_all, remarks_on_people
from tests.compensation.modelling.plan_world import component, plan, tiers, version
from tests.worlds import facts


def test_a_plain_plan_has_no_remarks():
    assert remarks_on(plan(version(component()))) == []


@pytest.mark.parametrize(
    ("versions", "at", "words"),
    [
        ([version(component(), decided="2026-02-01")], ("versions", 0, "decided_on"), "was decided after that, on 2026-02-01"),
        (
            [version(component()), version(name="2", start="2026-03-01", ended=True), version(component(), name="3", start="2026-05-01")],
            ("versions", 1, "ended"),
            "nobody is paid from 2026-03-01 until version 3 starts on 2026-05-01",
        ),
        (
            [version(component()), version(component(), name="2", decided="2025-12-05")],
            ("versions", 0, "valid_from"),
            "version 1 is never in force: version 2 starts on the same day",
        ),
        (
            [version(component(tiers("marginal", ("0", "5%"), ("100", "5%"))))],
            ("versions", 0, "components", 0, "curve", "tiers", 1),
            "its bound changes nothing",
        ),
        ([version(component({"shape": "flat", "rate": "0"}))], ("versions", 0, "components", 0, "curve"), "every rate is 0"),
        (
            [version(component(tiers("retroactive", ("0", "5%"), ("100", "4%"))))],
            ("versions", 0, "components", 0, "curve"),
            "paid less at 100.00: 5.00, then 4.00",
        ),
        (
            [version(component(dates={"from": "2025-06-01", "to": "2025-09-01"}))],
            ("versions", 0, "components", 0, "dates"),
            "its dates end on 2025-09-01, before version 1 holds",
        ),
        (
            [version(component(), component(name="d"))],
            ("versions", 0, "components", 1, "measure"),
            "new business earns twice, in c and in d",
        ),
    ],
)  # fmt: skip
def test_what_is_allowed_and_seldom_meant_is_said_with_its_place(versions, at, words):
    (remark,) = remarks_on(plan(*versions))
    assert remark.at == at
    assert words in remark.words


def test_what_plans_need_and_no_source_brings():
    quota = component(tiers("marginal", ("0", "5%")) | {"of": "attainment"}, quota={"measure": "new_business"})
    plans = {"one": plan(version(quota), for_roles=[]), "two": plan(version(component()), currency="USD")}
    found = remarks_on_all(plans, {"orders"}, "EUR")
    assert [remark.at for remark in found["one"]] == [("plan",), ("versions", 0, "components", 0, "quota")]
    assert "no source brings plan_assignments, so nobody is ever on it" in found["one"][0].words
    assert "no source brings fx_rates" in found["two"][0].words
    assert remarks_on_all(plans, {"plan_assignments", "quotas", "fx_rates"}, "EUR") == {"one": [], "two": []}


def test_one_role_with_two_plans_stops_the_calculation_so_it_is_said():
    plans = {"one": plan(version(component())), "two": plan(version(component()), plan="q")}
    (remark,) = remarks_on_all(plans, set(), "EUR")["two"]
    assert "sales_rep has two plans, p and q" in remark.words


def test_people_quotas_and_results_that_nobody_has():
    quota = component(tiers("marginal", ("0", "5%")) | {"of": "attainment"}, quota={"measure": "new_logos"})
    world = facts(
        payees=[{"payee_id": "M", "payee_name": "M", "role": "manager", "currency": "EUR"}],
        quotas=[{"payee_id": "M", "measure": "new_business", "amount": 1, "currency": "EUR", "period": "2026-Q1"}],
    )
    first, second = remarks_on_people(plan(version(quota)), world)
    assert "nobody is on the plan" in first.words
    assert "nobody has a row in quotas with measure 'new_logos'; add them, or use one of: new_business" in second.words


@pytest.mark.parametrize(
    ("threshold", "curve", "said"),
    [
        ("0.8", {"shape": "interpolated", "points": [{"at": "90%", "pays": "50%"}, {"at": "100%", "pays": "100%"}]}, "between them scores 50 %"),
        ("0.8", {"shape": "stepped", "tiers": [{"from": "90%", "to": None, "pays": "100%"}]}, "between them scores 0 %"),
        ("0.9", {"shape": "stepped", "tiers": [{"from": "90%", "to": None, "pays": "100%"}]}, None),
        ("0.8", {"shape": "flat", "rate": "100%"}, None),
    ],
)  # fmt: skip
def test_a_score_that_begins_above_its_threshold_is_said(threshold, curve, said):
    objective = {"objective": "kept", "label": "Kept", "reading": {"of": "nrr", "scope": "quarter"}, "weight": "100%", "score": curve, "threshold": threshold}  # fmt: skip
    bonus = {"bonus": "card", "label": "Card", "window": "quarter", "incentive": {"amount": "100", "per": "quarter"}, "objectives": [objective]}  # fmt: skip
    found = remarks_on(plan({**version(), "bonuses": [bonus]}))
    assert [remark.at for remark in found] == (
        [("versions", 0, "bonuses", 0, "objectives", 0, "threshold")] if said else []
    )
    assert all(said in remark.words for remark in found)


def test_a_floor_that_a_return_of_a_later_window_escapes_is_remarked():
    (remark,) = remarks_on(plan(version(component(floor=True, clawback="as_negative"))))
    assert remark.at == ("versions", 0, "components", 0, "floor")
    assert (
        "a return in a later window is not made good; if that is not meant, write clawback: as_corrected"
        in remark.words
    )
    assert remarks_on(plan(version(component(floor=True)))) == []


def test_a_band_of_ages_beyond_the_window_is_remarked():
    bands = [{"from": "0", "to": "90", "share": "100%"}, {"from": "90", "to": None, "share": "50%"}]
    rule = {"window_days": "60", "share": {"by": "age_days", "bands": bands}}
    (remark,) = remarks_on(plan(version(component(clawback=rule))))
    assert remark.at == ("versions", 0, "components", 0, "clawback", "share", "bands", 1)
    assert "this band begins at 90 days, and after 60 days nothing is taken back; raise window_days" in remark.words
    assert remarks_on(plan(version(component(clawback={**rule, "window_days": "90"})))) == []


def test_kept_pay_that_a_return_releases_unpaid_is_remarked():
    rule = {"window_days": "60"}
    (remark,) = remarks_on(plan(version(component(clawback=rule, release={"on": "payment"}))))
    assert remark.at == ("versions", 0, "components", 0, "release")
    assert "what its return leaves earned is released with it, paid for or not" in remark.words
    assert remarks_on(plan(version(component(clawback=rule)))) == []
    assert (
        remarks_on(plan(version(component(clawback={"affects_attainment": "false"}, release={"on": "payment"})))) == []
    )


def test_a_cap_that_a_return_does_not_know_is_remarked():
    """Of 1,500 capped to 1,000 a return in its own window takes 1,500."""
    capped = {"caps": [{"per": "month", "amount": "1000"}]}
    (remark,) = remarks_on(plan(version(component(clawback="as_negative", **capped))))
    assert remark.at == ("versions", 0, "components", 0, "caps")
    assert "it may take back more than the cap left of its sale; if that is not meant, write clawback: as_corrected" in remark.words  # fmt: skip
    assert remarks_on(plan(version(component(**capped)))) == []


@pytest.mark.parametrize(
    "more",
    [
        {"gates": [{"reading": {"of": "nrr", "scope": "year"}, "at_least": "1"}]},
        {"curve": tiers("marginal", ("0", "0%"), ("100", "2%"))},
        {"curve": {"shape": "stepped", "of": "amount", "tiers": [{"from": "100", "to": None, "pays": "5"}]}},
    ],
)
def test_what_pays_on_top_is_no_remark(more):
    """An accelerator beside the commission, a milestone: everybody means those to count the same sales again."""
    assert remarks_on(plan(version(component(), component(**{"name": "d", **more})))) == []


def test_a_ramp_that_starts_at_nothing_is_remarked_where_nothing_says_what_it_pays():
    over = tiers("marginal", ("0", "5%")) | {"of": "attainment"}
    quota = {"measure": "q", "ramp": ["0%", "50%"]}
    (remark,) = remarks_on(plan(version(component(over, quota=quota))))
    assert remark.at == ("versions", 0, "components", 0, "quota")
    assert "say what that pays (no_quota: first_tier), or write a small share" in remark.words
    assert remarks_on(plan(version(component(over, quota={**quota, "no_quota": "first_tier"})))) == []
