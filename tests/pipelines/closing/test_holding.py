"""From exports to closed periods: pay that waits for cash, holds by hand, disputes, and adjustments that count to a quota."""

from decimal import Decimal

import polars as pl
import pytest

from pipelines.closing import CloseRefused, close_draft
from pipelines.ledger import Adjustment, Answer, Approval, Dispute, Hold, Person, Release, entry_hash
from tests.pipelines.closing.closing_world import CLOSER, FLAT, QUOTA, TODAY, World

ANN, BOB = Person("ann"), Person("bob")
ON_PAYMENT = FLAT.replace(
    "        clawback: as_corrected\n", "        clawback: as_corrected\n        release: {on: payment}\n"
)
ORDERS = {"O1": ("2026-01-10", "10000.00")}


def _approve(world, what, entry):
    world.ledger.append(entry)
    world.ledger.append(Approval.of(what, entry.reference, entry_hash(entry), by=BOB, role="approver"))


def _paid_by_customers(world, *payments):
    (world.company / "sources" / "payments.yaml").write_text("table: payments\nfrom: {files: payments.csv}\n")
    rows = [f"P{n},O1,{day},{amount}" for n, (day, amount) in enumerate(payments)]
    (world.exports / "payments.csv").write_text("\n".join(["payment_id,order_id,date,amount", *rows, ""]))


def _moves(world, period):
    """What a period posted, by kind."""
    rows = world.ledger.postings(period).group_by("kind").agg(pl.col("amount").sum())
    return {kind: amount for kind, amount in rows.rows() if amount}


def test_pay_follows_cash_through_closes_and_a_hold_a_dispute_and_a_release_are_settled(tmp_path):
    world = World(tmp_path, ON_PAYMENT)
    world.export(ORDERS)
    _paid_by_customers(world, ("2026-01-20", "5000.00"), ("2026-02-20", "5000.00"))
    world.close("2026-P01")
    assert _moves(world, "2026-P01") == {"earning": 1000, "hold": -500, "payment": -500}

    world.submit("2026-P02")
    world.ledger.append(Hold(ANN, "H-1", "2026-P02", "R1", "EUR", "Disputed", order_line_id="O1-1"))
    with pytest.raises(CloseRefused, match="recorded or approved since the draft was made: hold H-1"):
        close_draft(world.store, world.ledger, "2026-P02", CLOSER, today=TODAY)
    prepared = world.prepared()
    assert prepared.held.select("hold", "amount", "condition").rows() == [
        ("H-1", Decimal(500), "Disputed; until somebody releases it, and somebody else approves that")
    ]
    world.ledger.append(Dispute(Person("r1"), "D-1", "2026-P01", "R1", "commission", "Mine alone.", "O1-1"))
    with pytest.raises(
        CloseRefused, match=r"warning dispute_open/D-1: R1 disputes order line O1-1 of 2026-P01: Mine alone"
    ):
        world.close("2026-P02")
    world.ledger.append(Answer(BOB, "D-1/answer", "D-1", "upheld", "Right."))
    world.close("2026-P02")
    assert _moves(world, "2026-P02") == {"release": 500, "hold": -500}

    free = Release(ANN, "F-1", "H-1", "2026-P03", "EUR", "Agreed")
    world.ledger.append(free)
    assert world.prepared().lines.is_empty(), "nobody has approved it yet"
    _approve(world, "release", free)
    world.close("2026-P03")
    assert _moves(world, "2026-P03") == {"release": 500, "payment": -500}
    cause = world.ledger.postings("2026-P03").filter(pl.col("kind") == "release")["cause"].to_list()
    assert cause == ["hold H-1: Agreed (released by ann, approved by bob)"]


def test_an_adjustment_of_the_ledger_counts_to_the_quota_of_its_measure(tmp_path):
    world = World(tmp_path, QUOTA)
    world.export({"O1": ("2026-01-10", "60000.00"), "O2": ("2026-01-20", "30000.00")})
    award = Adjustment(
        ANN, "ADJ-1", "2026-P01", "R1", "EUR", Decimal(20000), "sales", "ADJ-1", "Deal of a partner", counts_to_quota=True, measure="new_business"
    )  # fmt: skip
    _approve(world, "adjustment", award)
    prepared = world.prepared("2026-P01")
    assert sum(prepared.proposals["amount"]) == Decimal(4000) + Decimal(800)
    assert prepared.lines.filter(pl.col("kind") == "adjustment").select("component", "amount").rows() == [
        ("ADJ-1", Decimal(20000))
    ]
    assert prepared.tables["attainment"]["position"].max() == Decimal(110_000)
