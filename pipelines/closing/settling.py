"""From a calculation and the ledger to what the open period would post: one function for the close and for the night."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from compensation.settlement.approvals import interested_in, needs_approval, ready, unanswered
from compensation.settlement.causes import tax_years_of
from compensation.settlement.decided import Decided
from compensation.settlement.difference import proposals
from compensation.settlement.disputes import Closed, disputes_shown, open_disputes
from compensation.settlement.drift import drift
from compensation.settlement.due import due_lines
from compensation.settlement.pay_currency import in_pay_currency
from compensation.settlement.settle import Settled, settled
from compensation.settlement.splice import ClosedFacts, Facts, spliced
from compensation.settlement.terms import Period, terms_of
from compensation.settlement.vanished import vanished_rows, with_vanished
from pipelines.closing.adjustments import every_adjustment, with_recorded
from pipelines.closing.decided_then import changes_since
from pipelines.closing.holding import waits_of
from pipelines.closing.periods import OpenPeriod, open_period
from pipelines.closing.recorded import Recorded
from pipelines.company_folder import CompanyFolder
from schemas.core import SETTLEMENT_RESULTS
from schemas.core.settlement import Dispute, PeriodPosting
from schemas.rules.company import Company


@dataclass(frozen=True)
class Settlement:
    """What the ledger holds, what the open period would add, and where that leaves everybody.

    Attributes:
        open: Which period is open, and its days.
        proposals: Contract ``Proposal``: what lines earn as known now, less what was posted for them.
        lines: What the open period would post, from earnings to payments: contract ``Posting`` without number and period.
        balances: Contract ``Balance`` of the open period.
        held: Contract ``Held``: what is still held at its end, and what releases it.
        disputes: Contract ``Dispute``: on every statement that shows them.
        drift: Contract ``Drift``: what sources say otherwise now of closed days.
        findings: Contract ``Finding``: what settlement adds to those of the calculation.
        differences: What somebody must approve first, with its state, as ``approvals.needs_approval`` gives it.
        interested: Payees whom the period pays, or who earn on it, and so sign nothing of it.
        posted: Contract ``Posting``: everything in the ledger.
        closed_balances: Contract ``Balance``: of every closed period, as it was sealed.
    """

    open: OpenPeriod
    proposals: pl.DataFrame
    lines: pl.DataFrame
    balances: pl.DataFrame
    held: pl.DataFrame
    disputes: pl.DataFrame
    drift: pl.DataFrame
    findings: pl.DataFrame
    differences: pl.DataFrame
    interested: frozenset[str]
    posted: pl.DataFrame
    closed_balances: pl.DataFrame

    @property
    def postings(self) -> pl.DataFrame:
        """Contract ``PeriodPosting``: what is in the ledger, in its order, then what the open period would post."""
        names, schema = PeriodPosting.columns(), pl.Schema(PeriodPosting.dtypes())
        number = pl.lit(None, dtype=pl.Int64)
        own = self.lines.with_columns(posting_number=number, posting_period=pl.lit(self.open.period))
        return pl.concat([frame.select(names).cast(schema) for frame in (self.posted, own)])

    @property
    def all_balances(self) -> pl.DataFrame:
        """Contract ``Balance``: every closed period as it was sealed, then the open one."""
        return pl.concat([self.closed_balances, self.balances])

    def tables(self) -> dict[str, pl.DataFrame]:
        """The result tables of settlement by name."""
        return {
            "proposals": self.proposals, "postings": self.postings, "balances": self.all_balances, "held": self.held,
            "disputes": self.disputes, "drift": self.drift,
        }  # fmt: skip


def computed_with(now: Facts, frozen: Sequence[ClosedFacts], recorded: Recorded) -> Facts:
    """The facts to compute with: closed days as they were at their close, what vanished from them, and the ledger's adjustments.

    Args:
        now: Contract tables as they came; those that are frozen or kept, and ``adjustments``, are needed.
        frozen: What each closed period froze, in order.
        recorded: What the ledger says.
    """
    facts = spliced(now, frozen)
    return with_recorded(with_vanished(facts, frozen[-1]) if frozen else facts, recorded.adjustments)


def settling(
    tables: Mapping[str, pl.DataFrame], facts: Facts, now: Facts, frozen: Sequence[ClosedFacts], calendar: pl.DataFrame,
    folder: CompanyFolder, recorded: Recorded,
) -> Settlement:  # fmt: skip
    """Take the difference between what is earned and what is posted, and settle the open period.

    Args:
        tables: Result tables of a calculation on ``facts``; read are ``credits`` and those of payout.
        facts: Contract tables that were computed with: spliced with what closed periods froze.
        now: Contract tables as they came.
        frozen: What each closed period froze, in order.
        calendar: As ``periods.calendar_for`` gives it.
        folder: The company.
        recorded: What the ledger says.

    Raises:
        NotConserved: amounts do not add up; nothing may be posted.
    """
    due = _due(tables, facts, calendar, folder)
    opened = opened_with(tables, calendar, folder.company, recorded.closed)
    period = Period.of(opened.period, calendar)
    changed = changes_since(recorded, Decided(folder.company, folder.plans, facts), calendar)
    lines = proposals(
        due, recorded.postings, period.name, period.order, changed=changed, facts=facts, credits=tables["credits"],
        tax_years=tax_years_of(calendar),
    )  # fmt: skip
    differences = needs_approval(lines, recorded.answers, due)
    adjustments = every_adjustment(facts, recorded.adjustments, calendar)
    result = _settled(ready(lines, differences), folder, facts, period, recorded, adjustments)
    disputes = _disputes(recorded, period.name)
    missing = [vanished_rows(facts, now, frozen[-1].period)] if frozen else []
    findings = pl.concat([result.findings, open_disputes(disputes, period.name), unanswered(differences), *missing])
    return Settlement(
        opened, lines, result.postings, result.balances, result.held, disputes, drift(now, frozen), findings, differences,
        interested_in(due, lines, result.postings, period.name), recorded.postings, recorded.balances,
    )  # fmt: skip


def opened_with(
    tables: Mapping[str, pl.DataFrame], calendar: pl.DataFrame, company: Company, closed: Sequence[str]
) -> OpenPeriod:  # fmt: skip
    """Which period is open: the one after the last closed; before any close the first that pays anybody.

    Args:
        tables: ``earnings`` and ``bonuses``.
        calendar: As ``periods.calendar_for`` gives it.
        company: The company.
        closed: Closed periods, in order.
    """
    history = calendar.filter(pl.col("period_end") <= company.starts)["fiscal_period"]
    paid = pl.concat([tables[name]["fiscal_period"].cast(pl.String) for name in ("earnings", "bonuses")])
    return open_period(calendar, closed, paid.filter(~paid.is_in(history.implode())), company)


def _due(
    tables: Mapping[str, pl.DataFrame], facts: Facts, calendar: pl.DataFrame, folder: CompanyFolder
) -> pl.DataFrame:  # fmt: skip
    """What every line earns as known now; pay of periods before the company's first day is history."""
    history = calendar.filter(pl.col("period_end") <= folder.company.starts)["fiscal_period"]
    due = due_lines(
        tables["earnings"], tables["bonuses"], credits=tables["credits"], attainment=tables["attainment"], curves=tables["curves"],
        changes=tables["earning_changes"], facts=facts, corrections=tables["applied_corrections"],
    )  # fmt: skip
    paid = in_pay_currency(due, tables["pay_amounts"])
    return paid.filter(~pl.col("earning_period").is_in(history.implode()))


def _settled(
    lines: pl.DataFrame, folder: CompanyFolder, facts: Facts, period: Period, recorded: Recorded, adjustments: pl.DataFrame
) -> Settled:  # fmt: skip
    """The period from proposals and approved adjustments to payments, less what is kept back."""
    owed = pl.concat([frame.select(pl.col("payee_id", "plan").cast(pl.String)) for frame in (lines, recorded.postings)])
    terms = terms_of(folder.plans, facts, owed, period)
    waits = waits_of(folder.plans, terms, facts, period, recorded.holds, recorded.releases, recorded.approvals)
    return settled(lines, recorded.postings, terms, facts["payees"], period, adjustments=adjustments, waits=waits)


def _disputes(recorded: Recorded, open_period: str) -> pl.DataFrame:
    """Contract ``Dispute``: what payees say is wrong, on every statement that shows it."""
    if recorded.disputes.is_empty():
        return Dispute.empty_frame()
    closed = [Closed(closing.period, closing.at) for closing in recorded.closings]
    return disputes_shown(recorded.disputes, recorded.dispute_answers, closed, open_period)


def nothing_settled() -> dict[str, pl.DataFrame]:
    """The result tables of settlement of a company without a ledger: empty."""
    return {name: contract.empty_frame() for name, contract in SETTLEMENT_RESULTS.items()}
