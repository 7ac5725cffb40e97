"""Awards and deductions outside the plans: paid in the period that they are for, or the next, once somebody approved them."""

from datetime import date
from typing import Any

import polars as pl

from compensation.settlement.adjusting import ADJUSTMENTS, adjustments_in_facts
from pipelines.ledger import Adjustment, Approval, Ledger, Person, entry_hash
from schemas.contract import CONTRACT

COLUMNS = pl.Schema({**ADJUSTMENTS, "entered_by": pl.String(), "entered_on": pl.Date(), "approved_on": pl.Date()})
"""``ADJUSTMENTS``, and who entered it when (UTC), for statements."""

IN_LEDGER = "ledger"
"""What stands for the file of an adjustment that came by command."""


def approved_adjustments(ledger: Ledger) -> pl.DataFrame:
    """Every adjustment in the ledger that somebody else approved, posted or not: ``COLUMNS``."""
    given, rows = ledger.entries(Approval), []
    for row in ledger.entries(Adjustment).iter_rows(named=True):
        entry = _entry(row)
        approval = _approval(given, entry)
        if approval is not None:
            said = {"approved_by": approval["by"], "approved_on": _day(approval["at"]), "entered_by": row["by"]}
            quota = {"counts_to_quota": entry.counts_to_quota}
            rows.append({**row, **said, **quota, "entered_on": _day(row["at"])})
    return pl.DataFrame([{name: row[name] for name in COLUMNS} for row in rows], schema=COLUMNS)


def _day(at: str) -> date:
    return date.fromisoformat(at[:10])


def every_adjustment(facts: dict[str, pl.DataFrame], recorded: pl.DataFrame, calendar: pl.DataFrame) -> pl.DataFrame:
    """Those of the contract table and those of the ledger (``ADJUSTMENTS``); of one reference in both, the ledger's.

    Args:
        facts: Contract tables.
        recorded: As ``approved_adjustments`` gives them.
        calendar: Fiscal periods.
    """
    came = adjustments_in_facts(
        facts["adjustments"].filter(pl.col("source_file").cast(pl.String) != IN_LEDGER), calendar
    )
    own = came.join(recorded.select("reference"), on="reference", how="anti")
    return pl.concat([own, recorded.select(ADJUSTMENTS.names()).cast(ADJUSTMENTS)])


def with_recorded(facts: dict[str, pl.DataFrame], recorded: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Contract tables with the ledger's adjustments that count to a quota among ``adjustments``: payout reads one table.

    Args:
        facts: Contract tables as they came.
        recorded: As ``approved_adjustments`` gives them.
    """
    counting = recorded.filter("counts_to_quota")
    if counting.is_empty():
        return facts
    rows = counting.rename({"reference": "adjustment_id"}).with_columns(
        entered_by="approved_by", source_file=pl.lit(IN_LEDGER),
        source_line=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32),
    )  # fmt: skip
    contract = CONTRACT["adjustments"]
    own = rows.select(contract.columns()).cast(pl.Schema(contract.dtypes()))
    came = facts["adjustments"].join(own.select("adjustment_id"), on="adjustment_id", how="anti", maintain_order="left")
    return {**facts, "adjustments": pl.concat([came, own])}


def _approval(given: pl.DataFrame, entry: Adjustment) -> dict[str, Any] | None:
    """The first approval of exactly this adjustment; None where nobody approved it."""
    own = given.filter(
        (pl.col("what") == "adjustment")
        & (pl.col("subject") == entry.reference)
        & (pl.col("content_hash") == entry_hash(entry))
    )
    return None if own.is_empty() else own.row(0, named=True)


def adjustment_named(ledger: Ledger, reference: str) -> Adjustment | None:
    """The adjustment under a reference."""
    recorded = ledger.entries(Adjustment).filter(pl.col("reference") == reference)
    return None if recorded.is_empty() else _entry(recorded.row(0, named=True))


def _entry(row: dict[str, Any]) -> Adjustment:
    return Adjustment(
        Person(row["by"]), row["reference"], row["period"], row["payee_id"], row["currency"], row["amount"], row["plan"],
        row["component"], row["reason"], row["order_line_id"], bool(row["counts_to_quota"]), row["document"], row["measure"],
    )  # fmt: skip
