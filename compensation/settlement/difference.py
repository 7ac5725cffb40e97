"""The difference: what every line earns as known now, less everything that was posted for it."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from compensation.conservation import NotConserved
from compensation.settlement.causes import causes_of
from compensation.settlement.decided import Behind
from compensation.settlement.due import LINE, due_lines
from compensation.settlement.gone import gone_words
from compensation.settlement.splice import Facts
from schemas.core.settlement import Proposal
from schemas.dtypes import MONEY

__all__ = ["GROUP", "LINE", "OWED", "due_lines", "proposals"]

GROUP = ["payee_id", "currency", "plan", "component", "earning_period"]
"""What is approved as one: a component of a payee in a closed period."""

OWED = ("earning", "correction", "guarantee")
"""Kinds of posting that answer what is earned; the others say what becomes of it."""

GUARANTEE = "guarantee"
Changed = Callable[[Behind, str], Mapping[str, str]]
"""The rules behind a component and period that changed since it was posted in a period: ``{rule: sentence}``."""


def nothing_decided(_: Behind, __: str) -> Mapping[str, str]:
    """No rule changed."""
    return {}


def proposals(
    due: pl.DataFrame, posted: pl.DataFrame, open_period: str, order: Sequence[str], *,
    changed: Changed = nothing_decided, facts: Facts | None = None, credits: pl.DataFrame | None = None,
    tax_years: Mapping[str, int] | None = None,
) -> pl.DataFrame:  # fmt: skip
    """What the open period would post: every line's difference that is not 0, with its cause.

    Args:
        due: Lines as ``due_lines`` gives them.
        posted: Contract ``Posting``: everything posted so far.
        open_period: Fiscal period that is open; lines of later periods wait.
        order: All fiscal periods, in order.
        changed: Which rules behind a component changed since it was posted last (``decided.changed_rules``); asked for
            corrections only.
        facts: Contract tables as they are now; with them and ``credits`` a line that is gone says what became of it.
        credits: Contract ``Credit`` as it is now.
        tax_years: Calendar year in which each fiscal period ends; a correction that is paid in another one says so.

    Returns:
        Contract ``Proposal``, in the order payee, earning period, component, line. A line of the open period is an
        ``earning``, one of an earlier period a ``correction``, a plan's guarantee a ``guarantee``; a line that has gone is taken
        back. ``approval`` names the rules that changed behind a correction.

    Raises:
        NotConserved: what is posted and proposed does not add up to what is due.

    Source:
        ``docs/close.md``: post the difference.
    """
    place = {period: number for number, period in enumerate(order)}
    waits = pl.col("earning_period").replace_strict(place, return_dtype=pl.Int32) > place[open_period]
    now = due.filter(~waits)
    both = _compared(now, posted)
    is_open = pl.col("earning_period") == open_period
    kind = pl.when(is_open).then(pl.lit("earning")).otherwise(pl.lit("correction"))
    kinds = both.with_columns(kind=pl.when(pl.col("component") == GUARANTEE).then(pl.lit(GUARANTEE)).otherwise(kind))
    behind = _with_rules(kinds, posted, open_period, changed)
    told = _with_gone(behind, facts, credits)
    moved, others = told.filter(pl.col("amount") != 0), told.filter(pl.col("amount") == 0)
    named = moved.with_columns(causes_of(moved, open_period, others, tax_years))
    return Proposal.validate(_require_whole(_as_proposal(named), now, posted))


def _compared(due: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """Lines whose pay, or what they were computed from, is another than what was posted last, with both."""
    owed = posted.with_row_index("_row").filter(pl.col("kind").is_in(OWED))
    before = owed.group_by(LINE).agg(posted=pl.col("amount").sum(), _last=pl.col("_row").max())
    both = due.join(before, on=LINE, how="full", coalesce=True, nulls_equal=True, validate="1:1")
    zero = pl.lit(0, dtype=MONEY)
    both = both.with_columns(pl.col("due", "posted").fill_null(zero))
    both = both.with_columns(amount=pl.col("due") - pl.col("posted"), basis_before=pl.lit(posted["basis"]).gather(pl.col("_last")))  # fmt: skip
    is_other = pl.col("basis_before").is_not_null() & (pl.col("basis") != pl.col("basis_before"))
    return both.filter((pl.col("amount") != 0) | is_other)


def _with_rules(rows: pl.DataFrame, posted: pl.DataFrame, open_period: str, changed: Changed) -> pl.DataFrame:
    """Each line with the rules that changed behind its component since that was posted last: ``approval``, ``rules`` (in words)."""
    asked = rows.filter((pl.col("amount") != 0) & (pl.col("earning_period") != open_period)).select(GROUP).unique()
    last = posted.filter(pl.col("kind").is_in(OWED)).group_by(GROUP).agg(_last=pl.col("posting_period").max())
    groups = asked.join(last, on=GROUP, how="left", validate="1:1").sort(GROUP)
    found = [
        dict(changed(Behind(payee, plan, component, period), posted_in or period))
        for payee, _, plan, component, period, posted_in in groups.rows()
    ]
    texts = {
        "approval": [", ".join(rules) or None for rules in found], "rules": ["; ".join(rules.values()) or None for rules in found],
    }  # fmt: skip
    told = groups.select(GROUP).hstack(pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String)))
    return rows.join(told, on=GROUP, how="left", validate="m:1", maintain_order="left")


def _with_gone(rows: pl.DataFrame, facts: Facts | None, credits: pl.DataFrame | None) -> pl.DataFrame:
    """Each line with ``gone``: what became of it, where it is earned no longer."""
    if facts is None or credits is None:
        return rows.with_columns(gone=pl.lit(None, dtype=pl.String))
    is_gone = pl.col("basis").is_null()
    lost, kept = rows.filter(is_gone), rows.filter(~is_gone)
    said = lost.with_columns(gone_words(lost, facts, credits))
    return pl.concat([kept.with_columns(gone=pl.lit(None, dtype=pl.String)), said])


def _as_proposal(rows: pl.DataFrame) -> pl.DataFrame:
    order = [
        "payee_id",
        "currency",
        "earning_period",
        "plan",
        "component",
        "order_line_id",
        "return_id",
        "credit_number",
    ]
    return rows.select(Proposal.columns()).cast(pl.Schema(Proposal.dtypes())).sort(order, nulls_last=False)


def _require_whole(proposed: pl.DataFrame, due: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """Posted and proposed together are what is due, per payee and currency."""
    by = ["payee_id", "currency"]
    owed = posted.filter(pl.col("kind").is_in(OWED))
    sides = [
        frame.group_by(by).agg(pl.col(column).sum().alias(name))
        for frame, column, name in ((due, "due", "due"), (owed, "amount", "posted"), (proposed, "amount", "proposed"))
    ]
    whole = sides[0].join(sides[1], on=by, how="full", coalesce=True).join(sides[2], on=by, how="full", coalesce=True)
    zero = pl.lit(0, dtype=MONEY)
    whole = whole.with_columns(pl.col("due", "posted", "proposed").fill_null(zero))
    wrong = whole.filter(pl.col("posted") + pl.col("proposed") != pl.col("due")).sort(by)
    if not wrong.is_empty():
        first = wrong.row(0, named=True)
        raise NotConserved(
            f"{wrong.height:,} payees' postings do not add up. First: payee {first['payee_id']}, {first['currency']}: "
            f"{first['posted']} posted and {first['proposed']} proposed, but {first['due']} are due. Nothing was proposed; "
            "report this as a fault of Creditdue, with the company folder and the exports of this run."
        )
    return proposed
