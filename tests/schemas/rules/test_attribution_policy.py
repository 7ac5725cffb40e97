"""The attribution policy refuses what it could not mean, and says what to write."""

import pytest
from pydantic import ValidationError

from schemas.rules.attribution import HandOver, Transition
from tests import worlds


def _refusal(model, **given):
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given)
    return str(refused.value)


def test_a_hand_over_has_what_its_rule_reads_and_nothing_else():
    assert "a hand-over 'after_months' needs 'months'; write it beside 'when'" in _refusal(
        HandOver, when="after_months"
    )
    assert "a hand-over 'date' needs 'day'" in _refusal(HandOver, when="date")
    assert "'months' belongs to a hand-over 'after_months', and this one is 'assigned'; remove it" in _refusal(
        HandOver, when="assigned", months=3
    )


def test_a_transition_falls_by_day_or_in_steps():
    assert "falls by_day has 'months', its whole length, and no 'steps'" in _refusal(Transition, falls="by_day")
    assert "a transition in_steps has steps: [{months: 3, representative: 60%}, …]" in _refusal(
        Transition, falls="in_steps", months=3
    )


def test_the_representatives_share_never_rises():
    steps = [{"months": 1, "representative": "30%"}, {"months": 1, "representative": "60%"}]
    assert "the representatives' share rises from 0.30 to 0.60; order the steps so that it falls" in _refusal(
        Transition, falls="in_steps", steps=steps
    )


def test_a_transition_knows_its_length():
    steps = [{"months": 2, "representative": "60%"}, {"months": 1, "representative": "60%"}]
    assert Transition.model_validate({"falls": "in_steps", "steps": steps}).length() == 3
    assert Transition.model_validate({"falls": "by_day", "months": 4}).length() == 4


def test_whoever_enters_a_version_does_not_approve_it():
    with pytest.raises(ValidationError, match="entered and approved by a; another person must approve"):
        worlds.policy(approved_by="a")
