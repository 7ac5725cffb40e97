"""From what is earned to what is paid: each step a posting of its own, and one identity that holds exactly.

``opening + earned + corrected + adjusted + guaranteed + drawn − recovered − held + released = paid + carried forward``
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from compensation.settlement.adjusting import ADJUSTMENTS, adjusted
from compensation.settlement.balances import balances_of, below_nothing
from compensation.settlement.cash import CASH
from compensation.settlement.draws import draws_of
from compensation.settlement.held import held_at_end
from compensation.settlement.holdback import held_back
from compensation.settlement.kept import kept_frame
from compensation.settlement.lines import HELD, LINE, LINES, OWED, frame_of, posting_schema
from compensation.settlement.manual import HOLDS, RELEASES, ByHand, held_by_hand
from compensation.settlement.paying import payments, recovering
from compensation.settlement.terms import Period, Terms
from compensation.settlement.waiting import held_by_cash

NO_ADJUSTMENTS = pl.DataFrame(schema=ADJUSTMENTS)


@dataclass(frozen=True)
class Waits:
    """What keeps pay back, as the open period knows it.

    Attributes:
        cash: What waits for invoices, payments or guard periods: ``cash.cash_of``.
        holdback: The same of plans whose holdback waits for cash: ``cash.holdback_cash``.
        holds: Manual holds: ``manual.HOLDS``.
        releases: Approved releases of them: ``manual.RELEASES``.
    """

    cash: pl.DataFrame
    holdback: pl.DataFrame
    holds: pl.DataFrame
    releases: pl.DataFrame


NOTHING_WAITS = Waits(*(pl.DataFrame(schema=schema) for schema in (CASH, CASH, HOLDS, RELEASES)))
"""Where every plan releases on booking and nobody holds anything."""


@dataclass(frozen=True)
class Settled:
    """What a period posts, and where that leaves everybody.

    Attributes:
        postings: Contract ``Posting`` without number and period. Amounts are signed as the payee's account sees them: pay,
            draws and releases above 0; holds, recoveries and payments below 0. So all postings ever made add up to what is
            carried forward.
        balances: Contract ``Balance``: everybody with a posting in the period, a balance from before or a draw to pay back.
        findings: Contract ``Finding``: leavers who owe, and what is carried forward below 0.
        held: Contract ``Held``: what is still held at the end of the period, and what releases it.
    """

    postings: pl.DataFrame
    balances: pl.DataFrame
    findings: pl.DataFrame
    held: pl.DataFrame


def settled(
    proposals: pl.DataFrame,
    posted: pl.DataFrame,
    terms: Sequence[Terms],
    payees: pl.DataFrame,
    period: Period,
    *,
    adjustments: pl.DataFrame = NO_ADJUSTMENTS,
    waits: Waits = NOTHING_WAITS,
) -> Settled:
    """Settle the open period for every payee and currency.

    In this order: opening balance, earnings, corrections and guarantees as proposed, adjustments, what waits for cash, manual
    holds, holdbacks, draws, recoveries, and what is paid or carried forward. Draws compare with earnings, corrections and the
    plan's guarantee before holds, unless the plan says ``measure: payable``; recovery leaves at least the draw; the opening
    balance comes after both. Nothing is recovered from who has left, unless the plan says so.

    Args:
        proposals: Contract ``Proposal``: only those that may be posted (``approvals.ready``).
        posted: Contract ``Posting``: everything posted in earlier periods.
        terms: As ``terms.terms_of`` gives them.
        payees: Contract ``Payee``: employment dates.
        period: The open one.
        adjustments: Approved ones, of any period: ``adjusting.ADJUSTMENTS``.
        waits: What keeps pay back.

    Raises:
        NotConserved: the identity above does not hold for somebody; nothing may be posted.

    Source:
        ``docs/plans/settlement.md``.
    """
    owed, left = proposals.select(LINES), _left(payees)
    gone = {who for who, day in left.items() if day < period.end}
    awards = adjusted(adjustments, posted, period)
    due = _due(owed, posted)
    waiting = _waiting(due, posted, terms, gone, waits)
    by_hand = _by_hand(pl.concat([owed, awards, waiting]), posted, period, waits)
    rest = pl.concat([_less_waiting(due, posted, waiting), by_hand.lines])
    kept = [*by_hand.kept, *held_back(terms, rest, posted, period, gone, waits.holdback)]
    base = pl.concat([owed, awards, waiting, kept_frame(kept)])
    draws = draws_of(terms, base, posted, payees, period, left)
    before_pay = pl.concat([base, frame_of(draws.rows)])
    postings = pl.concat([before_pay, frame_of(payments(before_pay, posted, terms, period, gone, draws.advances))])
    balances = balances_of(postings, posted, period, draws)
    every = pl.concat([posted.select(LINES), postings])
    return Settled(
        postings.sort(*LINE, "kind", nulls_last=False), balances, below_nothing(balances, gone, recovering(terms)),
        held_at_end(every, terms, waits.cash, waits.holds, period),
    )  # fmt: skip


def _due(owed: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """Everything that is owed for each line: posted before, and now."""
    both = pl.concat([owed.select(*LINE, "amount"), posted.filter(pl.col("kind").is_in(OWED)).select(*LINE, "amount")])
    return both.group_by(LINE, maintain_order=True).agg(due=pl.col("amount").sum())


def _waiting(
    due: pl.DataFrame, posted: pl.DataFrame, terms: Sequence[Terms], gone: set[str], waits: Waits
) -> pl.DataFrame:  # fmt: skip
    """Holds and releases of lines that wait for cash, or waited."""
    at_once = {
        (one.payee_id, one.plan)
        for one in terms
        if one.payee_id in gone and one.settlement.releases_to_leavers == "at_once"
    }
    found = held_by_cash(due, posted, waits.cash, at_once=at_once)
    return found.with_columns(basis=pl.lit(None, dtype=pl.String)).select(LINES).cast(posting_schema())


def _is_held_line() -> pl.Expr:
    return pl.col("kind").is_in(HELD) & pl.col("order_line_id").is_not_null()


def _less_waiting(due: pl.DataFrame, posted: pl.DataFrame, waiting: pl.DataFrame) -> pl.DataFrame:
    """What is due and does not wait for cash."""
    held = posted.filter(_is_held_line()).select(*LINE, due="amount")
    return pl.concat([due.select(*LINE, "due"), held, waiting.select(*LINE, due="amount")])


def _by_hand(now: pl.DataFrame, posted: pl.DataFrame, period: Period, waits: Waits) -> ByHand:
    """Manual holds on what each period put free: earnings, corrections and adjustments, less what waits for cash."""
    names = [*LINE, "posting_period", "amount"]
    before = posted.filter(pl.col("kind").is_in((*OWED, "adjustment")) | _is_held_line())
    free = pl.concat([before.select(names), now.with_columns(posting_period=pl.lit(period.name)).select(names)])
    return held_by_hand(waits.holds, waits.releases, free, posted, period)


def _left(payees: pl.DataFrame) -> dict[str, date]:
    """The last day of service of each payee who has one, as their latest row says it: who came back has none."""
    ordered = payees.sort("payee_id", "valid_from", nulls_last=False)
    known = ordered.group_by("payee_id").agg(pl.col("termination_date").last()).drop_nulls("termination_date")
    return dict(known.rows())
