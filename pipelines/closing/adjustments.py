"""Awards and deductions outside the plans: paid in the period that they are for, or the next, once somebody approved them."""

from typing import Any

import polars as pl

from pipelines.ledger import Adjustment, Approval, Ledger, Person, entry_hash
from schemas.dtypes import MONEY

COLUMNS = {
    "reference": pl.String(), "period": pl.String(), "payee_id": pl.String(), "currency": pl.String(), "amount": MONEY,
    "plan": pl.String(), "reason": pl.String(), "approved_by": pl.String(), "order_line_id": pl.String(),
    "counts_to_quota": pl.Boolean(),
}  # fmt: skip


def approved_adjustments(ledger: Ledger) -> pl.DataFrame:
    """Every adjustment that somebody else approved, posted or not: ``COLUMNS``, as ``settled`` takes them."""
    rows = []
    for row in ledger.entries(Adjustment).iter_rows(named=True):
        entry = _entry(row)
        approver = _approver(ledger, entry)
        if approver is not None:
            rows.append({**row, "approved_by": approver, "counts_to_quota": entry.counts_to_quota})
    return pl.DataFrame([{name: row[name] for name in COLUMNS} for row in rows], schema=COLUMNS)


def awaited(ledger: Ledger, period: str) -> list[str]:
    """References of the adjustments that a close of a period posts: approved, of it or before it, and not posted yet."""
    done = ledger.postings().filter(pl.col("kind") == "adjustment")["component"]
    due = approved_adjustments(ledger).filter((pl.col("period") <= period) & ~pl.col("reference").is_in(done.implode()))
    return due["reference"].sort().to_list()


def _approver(ledger: Ledger, entry: Adjustment) -> str | None:
    """Who approved exactly this adjustment first; None where nobody did."""
    given = ledger.entries(Approval).filter(
        (pl.col("what") == "adjustment")
        & (pl.col("subject") == entry.reference)
        & (pl.col("content_hash") == entry_hash(entry))
    )
    return None if given.is_empty() else str(given["by"][0])


def adjustment_named(ledger: Ledger, reference: str) -> Adjustment | None:
    """The adjustment under a reference."""
    recorded = ledger.entries(Adjustment).filter(pl.col("reference") == reference)
    return None if recorded.is_empty() else _entry(recorded.row(0, named=True))


def _entry(row: dict[str, Any]) -> Adjustment:
    return Adjustment(
        Person(row["by"]), row["reference"], row["period"], row["payee_id"], row["currency"], row["amount"], row["plan"],
        row["component"], row["reason"], row["order_line_id"], bool(row["counts_to_quota"]), row["document"],
    )  # fmt: skip
