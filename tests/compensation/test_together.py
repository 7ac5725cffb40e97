"""Two steps side by side give what one after the other gives."""

import threading

import pytest

from compensation.together import together


def test_both_results_come_in_the_order_of_the_steps():
    assert together(lambda: "first", lambda: "second") == ("first", "second")


def test_they_run_at_the_same_time():
    met = threading.Barrier(2, timeout=10)
    assert together(met.wait, met.wait) in [(0, 1), (1, 0)]


def test_where_both_fail_the_first_says_so_and_the_other_has_ended():
    ended = []

    def fails(name):
        ended.append(name)
        raise ValueError(name)

    with pytest.raises(ValueError, match="first"):
        together(lambda: fails("first"), lambda: fails("second"))
    assert sorted(ended) == ["first", "second"]


def test_an_error_of_the_second_step_is_not_swallowed():
    with pytest.raises(ValueError, match="second"):
        together(lambda: 1, lambda: int("second"))
