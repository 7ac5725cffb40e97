from compensation.modelling.changes import changed_parts
from tests.compensation.modelling.plan_world import FLAT, component, plan, version


def _reason(base, other):
    return {part: changed.reason for (_, part), changed in changed_parts(base, other).items()}


def test_plans_that_say_the_same_differ_in_nothing_whatever_they_call_it():
    one = plan(version(component(label="One", source="§1")))
    two = plan(version(component(label="Two"), name="draft", decided="2026-01-15"))
    assert _reason([one], [two]) == {}


def test_each_part_says_what_of_it_differs_in_words_of_both_sides():
    one = plan(version(component()))
    two = plan(version(component(FLAT | {"rate": "6%"}, window="month")))
    ((key, changed),) = changed_parts([one], [two]).items()
    assert key == ("p", "c")
    assert changed.reason == "window and curve differ"
    assert "All of it pays 5 %." in changed.base
    assert "All of it pays 6 %." in changed.other


def test_a_part_on_one_side_only_and_a_plan_on_one_side_only():
    one, two = plan(version(component())), plan(version(component(), component(name="d")))
    assert _reason([one], [two]) == {"d": "only in the other plans"}
    assert _reason([two], [one]) == {"d": "only in the base plans"}
    assert _reason([], [one]) == {"c": "plan only in the other plans"}


def test_a_rate_from_another_day_differs_by_its_days():
    early = plan(version(component()), version(component(FLAT | {"rate": "6%"}), name="2", start="2026-04-01"))
    late = plan(version(component()), version(component(FLAT | {"rate": "6%"}), name="2", start="2026-07-01"))
    assert _reason([early], [late]) == {"c": "curve differs"}
