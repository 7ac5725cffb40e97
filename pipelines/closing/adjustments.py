"""Awards and deductions outside the plans, as lines of the period that they are for, once they are approved."""

from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.ledger import Adjustment, Ledger, Person, entry_hash
from schemas.core.settlement import Proposal


def adjustment_lines(ledger: Ledger, period: str) -> pl.DataFrame:
    """The approved adjustments of a period: contract ``Proposal``, each with its reference as component."""
    rows = [_line(entry) for entry in adjustments_of(ledger, period) if is_approved(ledger, entry)]
    return Proposal.validate(pl.DataFrame(rows, schema=Proposal.dtypes()))


def adjustments_of(ledger: Ledger, period: str) -> list[Adjustment]:
    """Everything recorded for a period, approved or not."""
    recorded = ledger.entries(Adjustment).filter(pl.col("period") == period)
    return [_entry(row) for row in recorded.iter_rows(named=True)]


def adjustment_named(ledger: Ledger, reference: str) -> Adjustment | None:
    """The adjustment under a reference."""
    recorded = ledger.entries(Adjustment).filter(pl.col("reference") == reference)
    return None if recorded.is_empty() else _entry(recorded.row(0, named=True))


def is_approved(ledger: Ledger, entry: Adjustment) -> bool:
    """Whether somebody else approved exactly this adjustment."""
    return ledger.is_approved("adjustment", entry.reference, entry_hash(entry))


def _entry(row: dict[str, Any]) -> Adjustment:
    return Adjustment(
        Person(row["by"]), row["reference"], row["period"], row["payee_id"], row["currency"], row["amount"], row["plan"],
        row["component"], row["reason"], row["order_line_id"], bool(row["counts_to_quota"]), row["document"],
    )  # fmt: skip


def _line(entry: Adjustment) -> dict[str, Any]:
    return {
        "payee_id": entry.payee_id, "currency": entry.currency, "plan": entry.plan, "component": entry.reference,
        "kind": "adjustment", "earning_period": entry.period, "order_line_id": entry.order_line_id, "return_id": None,
        "credit_number": None, "amount": entry.amount, "due": entry.amount, "posted": Decimal(0),
        "cause": f"{entry.reason} (recorded by {entry.by.name})", "basis": None,
    }  # fmt: skip
