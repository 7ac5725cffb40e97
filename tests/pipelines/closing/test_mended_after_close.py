"""What operations mend after a close flows by itself: a row released from quarantine, a correction, an approved adjustment."""

from pipelines.ledger import Adjustment, Approval, entry_hash
from tests.pipelines.closing.closing_world import PREPARER, REVIEWER, World, euro

ORDERS = {"O1": ("2026-01-10", "10000.00"), "O2": ("2026-01-12", "500.00")}
LOOSE = "refusals: {max_share_of_rows: 60%, max_share_of_money: 60%}\n"
FIX = "correction_id,table,key,column,value,reason,entered_by\nC1,order_lines,O1-1,net_amount,9000.00,credit note,ann\n"
SOURCE = "table: corrections\nfrom: {files: corrections.csv, optional: true}\n"


def test_a_released_row_a_correction_and_an_adjustment_are_posted_without_another_approval(tmp_path):
    world = World(tmp_path)
    company = world.company / "company.yaml"
    company.write_text(company.read_text() + LOOSE)
    world.export({**ORDERS, "O2": ("2026-01-12", "five hundred")})
    assert world.prepared().tables["quarantine"].height > 0
    world.close("2026-P01")
    assert world.posted("2026-P01") == [euro("1000.00")]

    world.export(ORDERS)
    assert world.lines() == [("2026-P01", "correction", "O2-1", euro("50.00"))]
    (world.company / "sources" / "corrections.yaml").write_text(SOURCE)
    (world.exports / "corrections.csv").write_text(FIX)
    prepared = world.prepared()
    assert prepared.differences.is_empty()
    causes = prepared.proposals["cause"].to_list()
    assert causes == [
        "amount 10,000.00 → 9,000.00 (order_lines.csv:2, correction C1)", "came to be known after its period closed (order_lines.csv:3)"
    ]  # fmt: skip
    entry = Adjustment(PREPARER, "ADJ-1", "2026-P02", "R1", "EUR", euro("25.00"), "sales", "ADJ-1", "Helped")
    world.ledger.append(entry)
    world.ledger.append(Approval.of("adjustment", "ADJ-1", entry_hash(entry), by=REVIEWER, role="approver"))
    world.close("2026-P02")
    assert world.posted("2026-P02", "correction", "adjustment") == [euro("25.00"), euro("-100.00"), euro("50.00")]
