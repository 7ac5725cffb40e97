"""A close happens once, seals exactly what was approved, and nothing that runs later touches it."""

import pytest

from pipelines.closing import CloseRefused, WrongOrder, close_draft, read_draft, write_draft
from pipelines.closing.frozen import SealBroken
from pipelines.ledger import AlreadyClosed, Person, TransitionRefused, verify
from pipelines.run import run_nightly
from tests.pipelines.closing.closing_world import CLOSER, REVIEWER, TODAY, euro

JANUARY = {"O1": ("2026-01-10", "10000.00")}


@pytest.mark.parametrize("times", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_any_number_of_closes_posts_once_and_gives_the_same_seal(world, times):
    world.export(JANUARY)
    closing = world.close("2026-P01")
    postings, sealed = world.ledger.postings(), world.bytes_of_closed()
    for _ in range(times):
        with pytest.raises(AlreadyClosed) as error:
            close_draft(world.store, world.ledger, "2026-P01", REVIEWER, today=TODAY)
        assert error.value.closing == closing
    assert world.ledger.postings().equals(postings)
    assert world.bytes_of_closed() == sealed
    assert verify(world.ledger, closing.anchor, world.store.root / "closed").faults == []


def test_71_a_night_and_a_closed_partition_run_again_leave_every_closed_file(world):
    world.export(JANUARY)
    world.close("2026-P01")
    before = world.bytes_of_closed()
    assert any(name.startswith("statements/2026-P01/R1_") for name in before)
    world.export({"O1": ("2026-01-10", "9000.00"), "O2": ("2026-02-05", "100.00")})
    for periods in (None, ["2026-P01"]):
        outcome = run_nightly(world.company, world.exports, world.store.root, as_of=TODAY, periods=periods)
        assert outcome.is_good, outcome.failure
        assert world.bytes_of_closed() == before
    assert world.lines() == [
        ("2026-P01", "correction", "O1-1", euro("-100.00")),
        ("2026-P02", "earning", "O2-1", euro("10.00")),
    ]


def test_a_draft_that_was_touched_after_approval_does_not_close(world):
    world.export(JANUARY)
    draft = world.submit("2026-P01")
    path = draft.folder / "facts" / "orders.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(TransitionRefused, match="is not what is calculated by now"):
        close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)
    assert world.ledger.postings().is_empty()


def test_another_content_ends_the_approval(world):
    world.export(JANUARY)
    world.submit("2026-P01")
    world.export({"O1": ("2026-01-10", "20000.00")})
    draft = write_draft(world.prepared(), world.store, TODAY)
    world.ledger.calculated(draft.content, Person("p.meyer"))
    with pytest.raises(TransitionRefused, match="2026-P01 is calculated, so it cannot become closed"):
        close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)


def test_whoever_is_paid_does_not_review(world):
    world.export(JANUARY)
    draft = write_draft(world.prepared(), world.store, TODAY)
    world.ledger.calculated(draft.content, CLOSER)
    with pytest.raises(TransitionRefused, match="is paid by 2026-P01"):
        world.ledger.review(
            "2026-P01", draft.content.hash, Person("Seller R1"), read_draft(world.store, "2026-P01").interested
        )


def test_a_period_that_still_runs_is_not_closed(world):
    world.export(JANUARY)
    draft = world.submit("2026-P01")
    last_day = draft.end.replace(month=1, day=31)
    with pytest.raises(CloseRefused, match=r"it runs to 2026-02-01 \(excluded\), and today is 2026-01-31"):
        close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=last_day)


def test_periods_close_in_order(world):
    world.export(JANUARY)
    with pytest.raises(WrongOrder, match=r"2026-P02 is not the period to close next: .* Go on with 2026-P01"):
        world.prepared("2026-P02")
    world.close("2026-P01")
    with pytest.raises(WrongOrder, match="2026-P01 is closed and stays so"):
        world.prepared("2026-P01")


def test_nothing_is_computed_from_a_sealed_folder_that_was_changed(world):
    world.export(JANUARY)
    world.close("2026-P01")
    path = world.store.root / "closed" / "2026-P01" / "facts" / "payees.parquet"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(SealBroken, match=r"facts/payees.parquet was changed since. 2026-P01 was sealed by d.hahn"):
        world.prepared()
