"""Holds, releases and disputes in the ledger: who may record, approve and answer them; on both databases."""

from decimal import Decimal

import pytest

from pipelines.ledger import (
    Adjustment,
    AlreadyRecorded,
    Answer,
    Approval,
    Dispute,
    Hold,
    Person,
    Release,
    TransitionRefused,
    WrongEntry,
    entry_hash,
    verify,
)
from tests.pipelines.ledger.lives import ANN, BOB, CYD, close

HOLD = Hold(ANN, "H-1", "2026-P02", "E-1", "EUR", "Disputed", Decimal("100.00"), order_line_id="line-1")
FREE = Release(ANN, "F-1", "H-1", "2026-P02", "EUR", "Agreed", Decimal("40.00"))
DISPUTE = Dispute(Person("eve"), "D-1", "2026-P01", "E-1", "commission", "Mine alone.", "line-1")


def _signature(entry, by, what="release"):
    return Approval.of(what, entry.reference, entry_hash(entry), by=by, role="approver")


@pytest.fixture
def held(ledger):
    """A ledger with a closed period, a hold, and a release of it."""
    close(ledger, "100.00")
    ledger.append(HOLD)
    ledger.append(FREE)
    return ledger


def test_a_release_is_approved_by_somebody_who_neither_recorded_it_nor_gains_by_it(held):
    with pytest.raises(TransitionRefused, match="ann recorded the release 'F-1' and so cannot approve it"):
        held.append(_signature(FREE, ANN))
    with pytest.raises(TransitionRefused, match="eve is paid by the release 'F-1', or earns an override on it"):
        held.append(_signature(FREE, Person("eve", "E-1")))
    with pytest.raises(TransitionRefused, match="Mia is paid by the release 'F-1', or earns an override on it"):
        held.append(_signature(FREE, Person("Mia")), {"M-1", "mia"})
    other = Release(ANN, "F-1", "H-1", "2026-P02", "EUR", "Agreed", Decimal("41.00"))
    with pytest.raises(TransitionRefused, match="is not the release 'F-1' as it is recorded"):
        held.append(_signature(other, BOB))
    assert held.append(_signature(FREE, BOB)) == held.append(_signature(FREE, BOB))
    assert held.is_approved("release", "F-1", entry_hash(FREE))
    assert verify(held).is_whole


def test_a_release_is_not_of_a_period_before_its_hold(ledger):
    ledger.append(Hold(ANN, "H-2", "2026-P03", "E-1", "EUR", "Disputed"))
    with pytest.raises(WrongEntry, match=r"Release 'F-2' is of 2026-P02, and its hold 'H-2' begins in 2026-P03"):
        ledger.append(Release(ANN, "F-2", "H-2", "2026-P02", "EUR", "Agreed"))


@pytest.mark.parametrize("amount", ["0", "-5.00"])
def test_a_hold_and_a_release_are_above_nothing(ledger, amount):
    with pytest.raises(WrongEntry, match="Give one above 0, or none for everything"):
        ledger.append(Hold(ANN, "H-3", "2026-P03", "E-1", "EUR", "Disputed", Decimal(amount)))


def test_a_dispute_is_answered_once_by_who_gains_nothing(held):
    held.append(DISPUTE)
    for by, interested, says in (
        (Person("EVE"), (), "EVE raised the dispute 'D-1' and so cannot answer it"),
        (Person("e-1"), (), "interested party and cannot answer it"),
        (Person("Mia"), {"M-1", "Mia"}, "Mia is paid by what 'D-1' is about, or earns an override on it"),
    ):
        with pytest.raises(TransitionRefused, match=says):
            held.append(Answer(by, "D-1/a", "D-1", "rejected", "No."), interested)
    answer = Answer(BOB, "D-1/bob", "D-1", "rejected", "No.")
    assert held.append(answer, {"M-1"}) == held.append(answer, {"M-1"})
    with pytest.raises(AlreadyRecorded, match=r"Dispute 'D-1' was answered by bob at .* \(rejected\)"):
        held.append(Answer(CYD, "D-1/cyd", "D-1", "upheld", "Yes."))
    assert verify(held).is_whole


def test_what_counts_to_a_quota_names_its_measure(ledger):
    def award(**more):
        return Adjustment(ANN, "ADJ-9", "2026-P02", "E-1", "EUR", Decimal(5), "sales", "ADJ-9", "award", **more)

    for wrong in (award(counts_to_quota=True), award(measure="new_business")):
        with pytest.raises(WrongEntry, match="names the measure that it counts to"):
            ledger.append(wrong)
    ledger.append(award(counts_to_quota=True, measure="new_business"))
    assert ledger.entries(Adjustment)["measure"].to_list() == ["new_business"]
    assert verify(ledger).is_whole
