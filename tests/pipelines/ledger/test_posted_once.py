"""A thousand closes, proposals and entries over again: nothing is recorded twice."""

import pytest

from pipelines.ledger import AlreadyClosed, TransitionRefused, open_ledger, verify
from tests.pipelines.ledger.lives import ANN, BOB, CYD, DAN, adjustment, approved, content


@pytest.mark.parametrize("times", [25, pytest.param(250, marks=pytest.mark.slow)])
@pytest.mark.parametrize("address", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True)
def test_a_close_repeated_a_thousand_times_posts_once(ledger, address, times):
    """Four calls each time, the same content and another, by two people."""
    made = approved(ledger, "10.50", "-3.25")
    closing = ledger.close(made, "5ea1" * 16, DAN)
    other, anchor = content("99.00"), ledger.anchor()
    for number in range(times):
        for what, by in ((made, DAN), (other, BOB)):
            with pytest.raises(AlreadyClosed) as error:
                ledger.close(what, "5ea1" * 16, by)
            assert error.value.closing == closing
            assert error.value.is_same == (what is made)
        with pytest.raises(AlreadyClosed):
            ledger.calculated((made, other)[number % 2], ANN)
        with pytest.raises(AlreadyClosed):
            ledger.approve("2026-P01", made.hash, CYD)
    assert ledger.anchor() == anchor == closing.anchor
    assert ledger.postings().height == 2
    assert verify(open_ledger(address), anchor).faults == []


def test_what_is_proposed_reviewed_or_recorded_again_adds_nothing(ledger):
    made = content("10.50")
    ledger.calculated(made, ANN)
    ledger.append(adjustment())
    anchor = ledger.anchor()
    for _ in range(100):
        ledger.calculated(made, ANN)
        ledger.append(adjustment())
    assert ledger.anchor() == anchor
    ledger.review("2026-P01", made.hash, BOB)
    anchor = ledger.anchor()
    for _ in range(20):
        with pytest.raises(TransitionRefused):
            ledger.review("2026-P01", made.hash, BOB)
    assert ledger.anchor() == anchor
