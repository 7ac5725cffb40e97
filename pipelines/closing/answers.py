"""What people answered to differences that wait for them, as the ledger keeps it."""

import polars as pl

from compensation.settlement.approvals import ANSWER, DECLINED, DIFFERENCE, REDUCTION
from pipelines.ledger import Approval, Decision, Ledger

PREFIX = "difference/"
"""What a decision on a difference is recorded under, before its subject."""


def answers_of(ledger: Ledger) -> pl.DataFrame:
    """Every answer to a difference: columns of ``ANSWER``, approvals and what was declined."""
    given = ledger.entries(Approval).filter(pl.col("what").is_in([DIFFERENCE, REDUCTION]))
    refused = ledger.entries(Decision).filter(
        (pl.col("decision") == DECLINED) & pl.col("finding").str.starts_with(PREFIX)
    )
    declined = refused.select(
        what=pl.lit(DECLINED), subject=pl.col("finding").str.strip_prefix(PREFIX),
        content_hash=pl.col("reference").str.split("/").list.last(), by="by", document=pl.lit(None, dtype=pl.String), note="reason",
    )  # fmt: skip
    return pl.concat([given.select(ANSWER.names()).cast(ANSWER), declined.select(ANSWER.names()).cast(ANSWER)])
