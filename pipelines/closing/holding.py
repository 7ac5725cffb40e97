"""What keeps pay back in the open period: cash that did not come, guard periods, holdbacks, and holds by hand."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from compensation.settlement.cash import cash_of, holdback_cash
from compensation.settlement.manual import HOLDS, RELEASES
from compensation.settlement.settle import NOTHING_WAITS, Waits
from compensation.settlement.terms import Period, Terms
from pipelines.ledger import Hold, Ledger, Person, Release, entry_hash
from schemas.rules.plan import Plan

Facts = dict[str, pl.DataFrame]


def waits_of(
    plans: Sequence[Plan], terms: Sequence[Terms], facts: Facts, period: Period, holds: pl.DataFrame, releases: pl.DataFrame, approvals: pl.DataFrame
) -> Waits:  # fmt: skip
    """What settlement has to keep back.

    Args:
        plans: The company's plans.
        terms: Settlement terms.
        facts: Contract tables.
        period: The open one.
        holds: Every manual hold: the fields of ``Hold``.
        releases: Every release of one: the fields of ``Release`` but the currency.
        approvals: Every approval: the fields of ``Approval``.
    """
    on = {
        one.plan: one.settlement.holdback.release_on
        for one in terms
        if one.settlement.holdback and one.settlement.holdback.release_on
    }
    return Waits(
        cash_of(plans, facts, period),
        holdback_cash(on, on, facts, period),
        NOTHING_WAITS.holds if holds.is_empty() else holds.select(HOLDS.names()).cast(HOLDS),
        approved_releases(holds, releases, approvals),
    )


def approved_releases(holds: pl.DataFrame, releases: pl.DataFrame, approvals: pl.DataFrame) -> pl.DataFrame:
    """Releases that somebody else approved as they are recorded: ``RELEASES``, with who did."""
    if releases.is_empty():
        return NOTHING_WAITS.releases
    currencies = dict(holds.select("reference", "currency").rows())
    given = {
        (subject, content): by
        for subject, content, by in approvals.filter(pl.col("what") == "release").select("subject", "content_hash", "by").rows()
    }  # fmt: skip
    rows = []
    for row in releases.rows(named=True):
        entry = _release(row, currencies[row["hold"]])
        approver = given.get((entry.reference, entry_hash(entry)))
        if approver is not None:
            rows.append({name: {**row, "approved_by": approver}[name] for name in RELEASES})
    return pl.DataFrame(rows, schema=RELEASES)


def release_named(ledger: Ledger, reference: str) -> tuple[Release, Hold] | None:
    """The release under a reference, with its hold."""
    found = ledger.entries(Release).filter(pl.col("reference") == reference)
    if found.is_empty():
        return None
    row = found.row(0, named=True)
    hold = hold_named(ledger, row["hold"])
    return None if hold is None else (_release(row, hold.currency), hold)


def hold_named(ledger: Ledger, reference: str) -> Hold | None:
    """The hold under a reference."""
    found = ledger.entries(Hold).filter(pl.col("reference") == reference)
    if found.is_empty():
        return None
    row = found.row(0, named=True)
    return Hold(
        Person(row["by"]), row["reference"], row["period"], row["payee_id"], row["currency"], row["reason"], row["amount"],
        row["plan"], row["component"], row["order_line_id"], row["release_on"],
    )  # fmt: skip


def _release(row: dict[str, Any], currency: str) -> Release:
    return Release(
        Person(row["by"]), row["reference"], row["hold"], row["period"], currency, row["reason"], row["amount"]
    )  # fmt: skip
