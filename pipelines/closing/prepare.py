"""What the open period would post: a calculation on the exports, with what closed periods froze, less what was posted."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from compensation.calculate import stated_tables, together_in_order
from compensation.settlement.splice import Facts
from compensation.statement.settled import with_settlement
from compensation.statement.state import Stated
from pipelines.closing.entries import entries_known
from pipelines.closing.frozen import frozen_facts
from pipelines.closing.periods import OpenPeriod, WrongOrder, calendar_for
from pipelines.closing.recorded import Recorded, read_recorded
from pipelines.closing.settling import Settlement, computed_with, settling
from pipelines.company_folder import CompanyFolder
from pipelines.intake import Intake, take_in
from pipelines.ledger import Ledger
from pipelines.results import compute
from pipelines.store import Store
from pipelines.wanted import Wanted


@dataclass(frozen=True)
class Prepared:
    """The open period, as the exports have it now.

    Attributes:
        open: Which period it is, and its days.
        calendar: Fiscal periods, as ``periods.calendar_for`` gives them.
        folder: The company.
        facts: Contract tables as they came.
        spliced: The same with what closed periods froze: what was computed with.
        tables: Result tables by name, those of settlement too.
        proposals: Contract ``Proposal``: what lines earn as known now, less what was posted for them.
        lines: What the period would post, from earnings to payments: contract ``Posting`` without number and period.
        balances: Contract ``Balance``: where that leaves everybody.
        held: Contract ``Held``: what is still held at its end.
        disputes: Contract ``Dispute``: on every statement that shows them.
        drift: Contract ``Drift``: what sources say otherwise now of closed days.
        differences: What somebody must approve first, as ``approvals.needs_approval`` gives it; what waits is in no line.
        interested: Payees whom the period pays, or who earn on it.
        seals: Seals of the closed periods that it stands on, in order.
        entries: Adjustments, holds and releases that it settles, as ``entries.entries_known`` gives them.
    """

    open: OpenPeriod
    calendar: pl.DataFrame
    folder: CompanyFolder
    facts: Facts
    spliced: Facts
    tables: dict[str, pl.DataFrame]
    proposals: pl.DataFrame
    lines: pl.DataFrame
    balances: pl.DataFrame
    held: pl.DataFrame
    disputes: pl.DataFrame
    drift: pl.DataFrame
    differences: pl.DataFrame
    interested: frozenset[str]
    seals: tuple[str, ...]
    entries: tuple[str, ...]


def prepare(folder: CompanyFolder, exports: Path, store: Store, ledger: Ledger | None, period: str | None) -> Prepared:
    """Compute everything from the exports and take the difference to what is posted.

    Args:
        folder: The company.
        exports: Folder of exports.
        store: Where sealed periods lie.
        ledger: Its ledger; None where nothing was posted yet.
        period: The period that is meant; it must be the open one. None for the open one.

    Raises:
        WrongOrder: ``period`` is not the open one; says which is.
        IntakeStopped: the exports cannot be used.
        SealBroken: a sealed period is not what was sealed.
        NotConserved: amounts do not add up.
    """
    recorded = read_recorded(ledger, store.root / "closed")
    intake = take_in(folder, exports, snapshots=store.snapshots, is_recording=False)
    return prepared_from(intake, folder, recorded, store, period)


def prepared_from(
    intake: Intake, folder: CompanyFolder, recorded: Recorded, store: Store, period: str | None
) -> Prepared:  # fmt: skip
    """The same from what was taken in and recorded, be it now or at a close that is made again.

    Args:
        intake: What came.
        folder: The company.
        recorded: What the ledger says.
        store: Where sealed periods lie.
        period: The period that is meant; None for the open one.

    Raises:
        WrongOrder, SealBroken, NotConserved: as ``prepare``.
    """
    now, company = intake.facts, folder.company
    calendar = calendar_for(now, company, recorded.closed)
    frozen = frozen_facts(store.root / "closed", recorded.closings, calendar)
    facts = computed_with(now, frozen, recorded)
    tables = compute(replace(intake, facts=facts), folder, Wanted.of(()))
    found = settling(tables, facts, now, frozen, calendar, folder, recorded)
    _require_open(period, found.open, recorded.closed)
    entries = entries_known(
        recorded.adjustments, recorded.holds, recorded.releases, recorded.approvals, found.open.period
    )
    tables["findings"] = together_in_order([tables["findings"], found.findings])
    return Prepared(
        found.open, calendar, folder, now, facts, _settled(tables, found, calendar, recorded), found.proposals, found.lines,
        found.balances, found.held, found.disputes, found.drift, found.differences, found.interested, recorded.seals, tuple(entries),
    )  # fmt: skip


def _settled(
    tables: dict[str, pl.DataFrame], found: Settlement, calendar: pl.DataFrame, recorded: Recorded
) -> dict[str, pl.DataFrame]:  # fmt: skip
    """The result tables with those of settlement, and statements that lead from the opening balance to what is paid."""
    own = {**found.tables(), "recorded_adjustments": recorded.adjustments}
    stated = Stated(tables["statements"], tables["statement_lines"], tables["figure_inputs"])
    return {**tables, **own, **stated_tables(with_settlement(stated, own, calendar, found.open.period))}


def _require_open(period: str | None, opened: OpenPeriod, closed: list[str]) -> None:
    if period is None or period == opened.period:
        return
    if period in closed:
        raise WrongOrder(
            f"{period} is closed and stays so. What changed about it since is proposed in {opened.period}, which is open: "
            f"`creditdue propose {opened.period}`. `creditdue history {period}` says who closed it."
        )
    done = f"{closed[-1]} is the last that is closed" if closed else "none is closed yet"
    raise WrongOrder(
        f"{period} is not the period to close next: periods close in order, and {done}. Go on with {opened.period}, the open one."
    )
