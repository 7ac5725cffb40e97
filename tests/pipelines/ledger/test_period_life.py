"""The life of a period: who may do what next, and what lapses when the content changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ledger import AlreadyClosed, Person, TransitionRefused
from pipelines.ledger.people import acting
from pipelines.ledger.period_life import NEXT, STATES, Event, PeriodState, require_step, state_after
from tests.pipelines.ledger.lives import ANN, BOB, CYD, DAN

ONE, OTHER = "1" * 64, "2" * 64
STEPS = (
    Event("calculated", ANN, ONE),
    Event("in_review", BOB, ONE),
    Event("approved", CYD, ONE),
    Event("closed", DAN, ONE),
)


def at(number):
    """The state after so many steps."""
    return state_after("2026-P01", STEPS[:number])


@pytest.mark.parametrize("number", range(4))
def test_the_way_from_open_to_closed(number):
    step = STEPS[number]
    require_step(at(number), step.state, step.by, ONE)
    assert at(number + 1).state == step.state


@pytest.mark.parametrize(
    ("number", "state"),
    [(number, state) for number in range(4) for state in STATES[1:] if state not in NEXT[at(number).state]],
)
def test_no_step_is_left_out(number, state):
    with pytest.raises(TransitionRefused, match=r"2026-P01 is .*, so it cannot become .*\. Next: "):
        require_step(at(number), state, DAN, ONE)


@pytest.mark.parametrize("state", STATES[1:])
def test_a_closed_period_stays_closed(state):
    with pytest.raises(AlreadyClosed, match="2026-P01 is closed and stays so"):
        require_step(at(4), state, DAN, ONE)


@pytest.mark.parametrize(
    ("number", "state", "by", "said"),
    [
        (1, "in_review", ANN, "ann prepared 2026-P01 and so cannot review it"),
        (2, "approved", ANN, "ann prepared 2026-P01 and so cannot approve it"),
        (2, "approved", BOB, "bob reviewed 2026-P01 and so cannot approve it"),
        (
            2,
            "approved",
            Person(" BOB"),
            "three people. Next: somebody other than ann and bob, whom it does not pay, approves",
        ),
    ],
)
def test_three_people(number, state, by, said):
    with pytest.raises(TransitionRefused) as error:
        require_step(at(number), state, by, ONE)
    assert said in str(error.value)


def test_one_payee_under_two_names_is_one_person():
    prepared = state_after("2026-P01", [Event("calculated", Person("ann", "E-7"), ONE)])
    with pytest.raises(TransitionRefused, match=r"a.meier prepared 2026-P01"):
        require_step(prepared, "in_review", Person("a.meier", "E-7"), ONE)


@pytest.mark.parametrize(("number", "state", "step"), [(1, "in_review", "review"), (2, "approved", "approve")])
@pytest.mark.parametrize("by", [Person("eve", "E-1"), Person("E-1"), Person("Eve")], ids=["payee", "id", "name"])
def test_nobody_signs_what_pays_them(number, state, step, by):
    with pytest.raises(
        TransitionRefused, match=f"is paid by 2026-P01, or earns an override on it, and so cannot {step} it"
    ):
        require_step(at(number), state, by, ONE, ["E-0", "E-1", "eve"])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_another_content_starts_anew_and_takes_the_signatures_with_it(number):
    state = at(number).after(Event("calculated", DAN, OTHER))
    assert state == PeriodState("2026-P01", "calculated", OTHER, DAN)
    require_step(state, "in_review", ANN, OTHER)


@pytest.mark.parametrize(("number", "state"), [(1, "in_review"), (2, "approved"), (3, "closed")])
def test_a_signature_holds_for_the_content_that_was_looked_at(number, state):
    with pytest.raises(
        TransitionRefused, match=r"what was looked at \(content 222222222222\) is not what is calculated by now"
    ):
        require_step(at(number), state, DAN, OTHER)


def test_the_same_content_again_does_not_change_who_prepared_it():
    assert at(2).after(Event("calculated", DAN, ONE)).preparer == ANN


def test_the_open_period_says_what_is_next():
    with pytest.raises(
        TransitionRefused,
        match=r"2026-P01 is open \(nothing was calculated yet\).*`creditdue propose 2026-P01 --submit`",
    ):
        require_step(PeriodState("2026-P01"), "closed", DAN, ONE)


people = st.sampled_from([ANN, BOB, CYD, DAN, Person("eve", "E-1")])
tries = st.tuples(st.sampled_from(STATES[1:]), people, st.sampled_from([ONE, OTHER]))


@given(st.lists(tries, max_size=25))
def test_no_way_leads_to_a_close_without_three_people_on_its_content(tried):
    """Whatever anybody tries in whatever order: what closes was prepared, reviewed and approved by three, none of them paid."""
    events = []
    for state, by, content in tried:
        try:
            require_step(state_after("p", events), state, by, content, ["E-1"])
        except (TransitionRefused, AlreadyClosed):
            continue
        events.append(Event(state, by, content))
    states = [event.state for event in events]
    if "closed" in states:
        end = state_after("p", events)
        assert states.index("closed") == len(states) - 1
        assert len({end.preparer.key, end.reviewer.key, end.approver.key}) == 3
        assert "eve" not in (end.reviewer.key, end.approver.key)
        signed = [event for event in events if event.content_hash == end.content_hash]
        assert {"calculated", "in_review", "approved"} <= {event.state for event in signed}


def test_who_acts():
    assert acting("Ann ", {"CREDITDUE_USER": "bob"}) == Person("Ann")
    assert acting(None, {"CREDITDUE_USER": "bob"}) == Person("bob")
    assert acting(None, {}).name
