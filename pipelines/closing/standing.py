"""What a run stands on: one state of the ledger, and the facts that closed periods froze."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from compensation.settlement.splice import ClosedFacts, Facts
from compensation.settlement.vanished import KEPT
from pipelines.closing.close import finish_closes
from pipelines.closing.frozen import FROZEN, frozen_facts
from pipelines.closing.periods import calendar_for, known_ledger
from pipelines.closing.recorded import Recorded, read_recorded
from pipelines.closing.settling import computed_with
from pipelines.ledger import Anchor, Ledger
from pipelines.store import Store
from schemas.rules.company import Company


class ClosedMeanwhile(RuntimeError):
    """A period was closed while something was computed that takes it for open."""


@dataclass(frozen=True)
class Standing:
    """One state of the ledger, and what it makes of the facts.

    Attributes:
        recorded: What the ledger says.
        sealed: Folder of sealed periods.
        company: The company.
        now: Contract tables as they came; read when they are asked for.
    """

    recorded: Recorded
    sealed: Path
    company: Company
    now: Mapping[str, pl.DataFrame]

    @cached_property
    def calendar(self) -> pl.DataFrame:
        """Fiscal periods, over all facts and to the one after the last that is closed."""
        return calendar_for(
            dict(_only(self.now, "orders", "returns", "invoices", "payments")), self.company, self.recorded.closed
        )

    @cached_property
    def frozen(self) -> list[ClosedFacts]:
        """What each closed period froze, in order."""
        if not self.recorded.closings:
            return []
        return frozen_facts(self.sealed, self.recorded.closings, self.calendar)

    @cached_property
    def held(self) -> Facts:
        """The tables that are not as they came: with what closed periods froze, and what the ledger adds. None without a ledger."""
        now = {} if self.recorded.head is None else _only(self.now, *FROZEN, *KEPT, "adjustments")
        facts = computed_with(now, self.frozen, self.recorded)
        return {name: table for name, table in facts.items() if table is not now.get(name)}

    @property
    def open_period(self) -> str | None:
        """The period after the last closed one; None where none is closed."""
        if not self.recorded.closings:
            return None
        later = self.calendar.filter(pl.col("fiscal_period") > self.recorded.closed[-1])
        return str(later["fiscal_period"][0])


def _only(tables: Mapping[str, pl.DataFrame], *names: str) -> Facts:
    return {name: tables[name] for name in names}


def begin(store: Store) -> Recorded:
    """Read the store's ledger for a run that holds the store's lock; finish closes that were cut off before.

    Raises:
        LedgerError: it is gone, or cannot be read.
        SealBroken: a sealed period is not what was sealed.
    """
    ledger = known_ledger(store)
    if ledger is not None:
        finish_closes(store, ledger)
    return read_recorded(ledger, store.root / "closed")


def require_unmoved(recorded: Recorded, ledger: Ledger | None) -> None:
    """Refuse what was computed if a period was closed since; anything else that was recorded since is for the next run.

    Raises:
        ClosedMeanwhile: names the periods.
    """
    closed = [] if ledger is None else ledger.closings()
    since = [closing.period for closing in closed if closing.seal not in recorded.seals]
    if since:
        raise ClosedMeanwhile(
            f"{', '.join(since)} was closed while this was computed, which takes it for open. Nothing was published; the last good "
            "result stays."
        )


def require_known(recorded: Recorded, head: str) -> None:
    """Refuse to state open periods from a calculation that takes a closed one for open.

    Args:
        recorded: What the ledger says.
        head: Length and hash of the ledger that the calculation was made with; empty where none was.

    Raises:
        ClosedMeanwhile: names the periods that were closed after it.
    """
    length = Anchor.of(head).length if head else 0
    since = [closing.period for closing in recorded.closings if closing.anchor.length > length]
    if since:
        raise ClosedMeanwhile(
            f"{', '.join(since)} was closed after the published calculation was made, which takes it for open. Nothing was written; "
            "run the whole job 'nightly', which calculates anew."
        )
