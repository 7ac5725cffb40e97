"""What a plan may say of settlement, and how it is told what it may not."""

import pytest
from pydantic import ValidationError

from schemas.rules.component import Release
from schemas.rules.settlement import Settlement
from tests.compensation.modelling.plan_world import component, plan, version

DRAW = {"kind": "top_up", "recoverable": "true", "amount": "1500.00"}
REFUSED = [
    ({}, "settlement says nothing; give draw, holdback or minimum_payment, or remove it"),
    (
        {"draw": {**DRAW, "recoverable": "false", "forgiven_on": "2026-12-31"}},
        "a draw that is not recoverable is never owed; remove recovery and forgiven_on",
    ),
    (
        {"draw": {**DRAW, "from": "2026-02-01", "to": "2026-02-01"}},
        "from 2026-02-01 to 2026-02-01 holds no day; 'to' is the first day after",
    ),
]


@pytest.mark.parametrize(("given", "says"), REFUSED)
def test_is_refused(given, says):
    with pytest.raises(ValidationError) as error:
        Settlement.model_validate(given)
    assert says in str(error.value)


def test_a_draw_says_when_it_is_paid_and_whether_it_is_paid_back():
    with pytest.raises(ValidationError) as error:
        Settlement.model_validate({"draw": {"amount": "1500.00"}})
    assert {fault["loc"][-1] for fault in error.value.errors()} == {"kind", "recoverable"}


def test_a_guard_period_is_days_or_fiscal_periods_after_whatever_releases():
    release = Release.model_validate({"on": "booking", "guard_days": "30", "guard_periods": "1"})
    assert (release.guard_days, release.guard_periods) == (30, 1)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Release.model_validate({"on": "payment", "guard_periods": "-1"})


@pytest.mark.parametrize("given", [{"share": "0.1"}, {"share": "0.1", "release_after": "2", "release_on": "payment"}])
def test_a_holdback_says_once_when_it_is_released(given):
    with pytest.raises(ValidationError, match=r"either release_after .* or release_on"):
        Settlement.model_validate({"holdback": given})


def test_a_plan_file_states_every_key_of_its_settlement():
    draw = {
        "kind": "advance",
        "recoverable": True,
        "amount": "900",
        "recovery": {"share": "50%", "cap": "400"},
        "forgiven_on": "2026-12-31",
    }
    settlement = {"draw": draw, "holdback": {"share": "10%", "release_after": "3"}, "minimum_payment": "25"}
    stated = plan(version(component(), settlement=settlement)).versions[0].settlement
    assert stated is not None
    assert stated.model_dump(exclude_none=True)["minimum_payment"] == 25
    assert stated.model_dump()["draw"]["recovery"]["cap"] == 400
