"""What people recorded that the open period settles: a draft holds for these, and lapses when there are others."""

import polars as pl

from pipelines.closing.adjustments import approved_adjustments
from pipelines.closing.holding import approved_releases
from pipelines.ledger import Approval, Hold, Ledger, Release


def entries_known(
    adjustments: pl.DataFrame, holds: pl.DataFrame, releases: pl.DataFrame, approvals: pl.DataFrame, period: str
) -> list[str]:  # fmt: skip
    """References of approved adjustments, holds and approved releases of a period or one before.

    Args:
        adjustments: As ``approved_adjustments`` gives them.
        holds: Every manual hold.
        releases: Every release.
        approvals: Every approval.
        period: Fiscal period.
    """
    free = approved_releases(holds, releases, approvals)
    named = (("adjustment", adjustments), ("hold", holds), ("release", free))
    return sorted(
        f"{kind} {reference}"
        for kind, rows in named
        if not rows.is_empty()
        for reference in rows.filter(pl.col("period") <= period)["reference"]
    )


def entries_in(ledger: Ledger, period: str) -> list[str]:
    """The same of a ledger as it is now."""
    holds, releases, approvals = (ledger.entries(kind) for kind in (Hold, Release, Approval))
    return entries_known(approved_adjustments(ledger), holds, releases, approvals, period)
