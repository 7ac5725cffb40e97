"""Bonuses and pools as a plan writes them: what is refused, and the sentence that says why."""

import pytest
from pydantic import ValidationError

from schemas.rules.bonus import Bonus, Pool

KPI = {"of": "kpi", "kpi": "csat", "scope": "quarter"}
RUNNING = {"reading": KPI, "at_least": "1", "reads": "running"}
OBJECTIVE = {"objective": "csat", "label": "CSAT", "reading": KPI, "weight": "100%", "score": {"shape": "flat", "rate": "1"}}  # fmt: skip
BONUS = {"bonus": "card", "label": "Card", "window": "quarter", "incentive": {"amount": "1000", "per": "quarter"}}
POOL = {"pool": "pot", "label": "Pot", "window": "quarter", "holds": {"amount": "10"}, "shared": "equally"}


def refused(model, **given):
    with pytest.raises(ValidationError) as found:
        model.model_validate(given)
    return found.value.errors()[0]["msg"].removeprefix("Value error, ")


def cap(per, **more):
    return {"per": per, "amount": "100", **more}


@pytest.mark.parametrize("per", ["deal", "month"])
def test_a_cap_narrower_than_the_window_is_refused(per):
    assert refused(Bonus, **BONUS, objectives=[OBJECTIVE], caps=[cap(per)]) == (
        f"card: a cap per {per} is narrower than its window; it is paid once a quarter, so write per: quarter or a longer period"
    )


def test_a_cap_of_the_window_or_a_longer_period_is_taken():
    Bonus.model_validate({**BONUS, "objectives": [OBJECTIVE], "caps": [cap("quarter"), cap("half_year"), cap("year")]})


def test_two_caps_of_one_kind_are_refused():
    message = refused(Bonus, **BONUS, objectives=[OBJECTIVE], caps=[cap("half_year"), cap("half_year", soft="50%")])
    assert message == "card: two caps per half year; keep the lower one"


def test_nothing_runs_along_credits_in_a_bonus_or_a_pool():
    assert refused(Bonus, **BONUS, objectives=[OBJECTIVE], gates=[RUNNING]) == (
        "card: a bonus has no credits to run along; write reads: end"
    )
    assert refused(Pool, **POOL, gates=[RUNNING]) == "pot: a pool has no credits to run along; write reads: end"


def test_weights_make_a_whole():
    half = OBJECTIVE | {"weight": "50%"}
    assert refused(Bonus, **BONUS, objectives=[half]) == "card: the weights add up to 50%; they must make 100%"
    assert "objective 'csat' is given twice" in refused(Bonus, **BONUS, objectives=[half, half])
