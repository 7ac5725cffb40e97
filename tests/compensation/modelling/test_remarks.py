import pytest

from compensation.modelling.remarks import remarks_on, remarks_on_all, remarks_on_people
from schemas.rules.plan import Plan
from tests.worlds import facts

FLAT = {"shape": "flat", "rate": "5%"}


def _component(curve=FLAT, name="c", **more):
    return {
        "component": name,
        "label": "C",
        "measure": {"credits": "new_business"},
        "window": "quarter",
        "curve": curve,
        **more,
    }


def _version(*components, name="1", start="2026-01-01", decided="2025-12-01", **more):
    return {
        "version": name, "valid_from": start, "decided_on": decided, "entered_by": "a", "approved_by": "b",
        "source": {"title": "T"}, "components": list(components), **more,
    }  # fmt: skip


def _plan(*versions, **more):
    given = {
        "plan": "p",
        "label": "P",
        "currency": "EUR",
        "for_roles": ["sales_rep"],
        "versions": list(versions),
        **more,
    }
    return Plan.model_validate(given)


def _tiers(shape, *tiers):
    ends = [*(start for start, _ in tiers[1:]), None]
    return {
        "shape": shape, "of": "amount",
        "tiers": [{"from": start, "to": end, "rate": rate} for (start, rate), end in zip(tiers, ends, strict=True)],
    }  # fmt: skip


def test_a_plain_plan_has_no_remarks():
    assert remarks_on(_plan(_version(_component()))) == []


@pytest.mark.parametrize(
    ("versions", "at", "words"),
    [
        ([_version(_component(), decided="2026-02-01")], ("versions", 0, "decided_on"), "was decided after that, on 2026-02-01"),
        (
            [_version(_component()), _version(name="2", start="2026-03-01", ended=True), _version(_component(), name="3", start="2026-05-01")],
            ("versions", 1, "ended"),
            "nobody is paid from 2026-03-01 until version 3 starts on 2026-05-01",
        ),
        (
            [_version(_component()), _version(_component(), name="2", decided="2025-12-05")],
            ("versions", 0, "valid_from"),
            "version 1 is never in force: version 2 starts on the same day",
        ),
        (
            [_version(_component(_tiers("marginal", ("0", "5%"), ("100", "5%"))))],
            ("versions", 0, "components", 0, "curve", "tiers", 1),
            "its bound changes nothing",
        ),
        ([_version(_component({"shape": "flat", "rate": "0"}))], ("versions", 0, "components", 0, "curve"), "every rate is 0"),
        (
            [_version(_component(_tiers("retroactive", ("0", "5%"), ("100", "4%"))))],
            ("versions", 0, "components", 0, "curve"),
            "paid less at 100.00: 5.00, then 4.00",
        ),
        (
            [_version(_component(dates={"from": "2025-06-01", "to": "2025-09-01"}))],
            ("versions", 0, "components", 0, "dates"),
            "its dates end on 2025-09-01, before version 1 holds",
        ),
        (
            [_version(_component(), _component(name="d"))],
            ("versions", 0, "components", 1, "measure"),
            "new_business earns twice, in c and in d",
        ),
    ],
)  # fmt: skip
def test_what_is_allowed_and_seldom_meant_is_said_with_its_place(versions, at, words):
    (remark,) = remarks_on(_plan(*versions))
    assert remark.at == at
    assert words in remark.words


def test_what_plans_need_and_no_source_brings():
    quota = _component(_tiers("marginal", ("0", "5%")) | {"of": "attainment"}, quota={"measure": "new_business"})
    plans = {"one": _plan(_version(quota), for_roles=[]), "two": _plan(_version(_component()), currency="USD")}
    found = remarks_on_all(plans, {"orders"}, "EUR")
    assert [remark.at for remark in found["one"]] == [("plan",), ("versions", 0, "components", 0, "quota")]
    assert "no source brings plan_assignments, so nobody is ever on it" in found["one"][0].words
    assert "no source brings fx_rates" in found["two"][0].words
    assert remarks_on_all(plans, {"plan_assignments", "quotas", "fx_rates"}, "EUR") == {"one": [], "two": []}


def test_one_role_with_two_plans_stops_the_calculation_so_it_is_said():
    plans = {"one": _plan(_version(_component())), "two": _plan(_version(_component()), plan="q")}
    (remark,) = remarks_on_all(plans, set(), "EUR")["two"]
    assert "sales_rep has two plans, p and q" in remark.words


def test_people_quotas_and_results_that_nobody_has():
    quota = _component(_tiers("marginal", ("0", "5%")) | {"of": "attainment"}, quota={"measure": "new_logos"})
    world = facts(
        payees=[{"payee_id": "M", "payee_name": "M", "role": "manager", "currency": "EUR"}],
        quotas=[{"payee_id": "M", "measure": "new_business", "amount": 1, "currency": "EUR", "period": "2026-Q1"}],
    )
    first, second = remarks_on_people(_plan(_version(quota)), world)
    assert "nobody is on the plan" in first.words
    assert "nobody has a row in quotas with measure 'new_logos'; add them, or use one of: new_business" in second.words
