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


def test_another_release_settlement_or_currency_of_pay_is_named_in_words():
    one = plan(version(component()))
    two = plan(
        version(component(release={"on": "payment", "guard_days": "30"}), settlement={"minimum_payment": "50.00"}),
        pays_in={"currency": "CHF", "converted_on": "period_end"},
    )
    assert _reason([one], [two]) == {
        "c": "release differs", "settlement": "only in the other plans", "pays_in": "only in the other plans",
    }  # fmt: skip
    words = {part: changed.other for (_, part), changed in changed_parts([one], [two]).items()}
    assert "What is earned is held, and released in proportion to each payment, 30 days after its date." in words["c"]
    assert words["settlement"] == "Less than 50.00 is not paid out but carried forward, except to who leaves."
    assert words["pays_in"] == "Pay is converted into CHF at the rate of the last day of the fiscal period."


def test_a_plan_for_other_roles_differs_in_every_part():
    """It may pay nobody, however alike its rules are."""
    one = plan(version(component(), component(name="d")))
    two = plan(version(component(FLAT | {"rate": "6%"}), component(name="d")), for_roles=[])
    assert _reason([one], [two]) == {"c": "roles and curve differ", "d": "roles differ"}


def test_words_are_those_of_a_day_on_which_both_sides_have_the_part():
    early = plan(version(component()))
    late = plan(version(component(FLAT | {"rate": "6%"}), start="2026-07-01", name="2"))
    ((_, changed),) = changed_parts([early], [late]).items()
    assert ("5 %" in changed.base, "6 %" in changed.other) == (True, True)
