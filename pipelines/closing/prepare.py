"""What the open period would post: a calculation on the exports, with what closed periods froze, less what was posted."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from compensation.settlement.difference import due_lines, proposals
from compensation.settlement.drift import drift
from compensation.settlement.settle import Settled, settled
from compensation.settlement.splice import Facts, spliced
from compensation.settlement.terms import Period, terms_of
from pipelines.closing.adjustments import approved_adjustments
from pipelines.closing.frozen import frozen_facts
from pipelines.closing.periods import OpenPeriod, WrongOrder, calendar_for, open_period
from pipelines.company_folder import CompanyFolder
from pipelines.intake import take_in
from pipelines.ledger import Ledger
from pipelines.results import compute
from pipelines.store import Store
from pipelines.wanted import Wanted
from schemas.core.settlement import Posting


@dataclass(frozen=True)
class Prepared:
    """The open period, as the exports have it now.

    Attributes:
        open: Which period it is, and its days.
        folder: The company.
        facts: Contract tables as they came.
        spliced: The same with what closed periods froze: what was computed with.
        tables: Result tables by name.
        proposals: Contract ``Proposal``: what lines earn as known now, less what was posted for them.
        lines: What the period would post, from earnings to payments: contract ``Posting`` without number and period.
        balances: Contract ``Balance``: where that leaves everybody.
        drift: Contract ``Drift``: what sources say otherwise now of closed days.
        seals: Seals of the closed periods that it stands on, in order.
    """

    open: OpenPeriod
    folder: CompanyFolder
    facts: Facts
    spliced: Facts
    tables: dict[str, pl.DataFrame]
    proposals: pl.DataFrame
    lines: pl.DataFrame
    balances: pl.DataFrame
    drift: pl.DataFrame
    seals: tuple[str, ...]


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
    closings = [] if ledger is None else ledger.closings()
    closed = [closing.period for closing in closings]
    intake = take_in(folder, exports)
    now, company = intake.facts, folder.company
    calendar = calendar_for(now, company, closed)
    frozen = frozen_facts(store.root / "closed", closings, calendar)
    facts = spliced(now, frozen)
    tables = compute(replace(intake, facts=facts), folder, Wanted.of(()))
    history = calendar.filter(pl.col("period_end") <= company.starts)["fiscal_period"]
    due = due_lines(tables["earnings"], tables["bonuses"])
    due = due.filter(~pl.col("earning_period").is_in(history.implode()))
    opened = open_period(calendar, closed, due["earning_period"], company)
    _require_open(period, opened, closed)
    posted, order = _posted(ledger), calendar["fiscal_period"].to_list()
    lines = proposals(due, posted, opened.period, order)
    result = _settled(
        lines, posted, folder, facts, Period(opened.period, opened.first, opened.end, tuple(order)), ledger
    )
    tables["findings"] = pl.concat([tables["findings"], result.findings])
    return Prepared(
        opened, folder, now, facts, tables, lines, result.postings, result.balances, drift(now, frozen),
        tuple(closing.seal for closing in closings),
    )  # fmt: skip


def _settled(
    lines: pl.DataFrame, posted: pl.DataFrame, folder: CompanyFolder, facts: Facts, period: Period, ledger: Ledger | None
) -> Settled:  # fmt: skip
    """The period from proposals and approved adjustments to payments."""
    owed = pl.concat([frame.select(pl.col("payee_id", "plan").cast(pl.String)) for frame in (lines, posted)])
    terms = terms_of(folder.plans, facts, owed, period)
    adjustments = None if ledger is None else approved_adjustments(ledger)
    return settled(lines, posted, terms, facts["payees"], period, adjustments=adjustments)


def _posted(ledger: Ledger | None) -> pl.DataFrame:
    return Posting.empty_frame() if ledger is None else ledger.postings()


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
