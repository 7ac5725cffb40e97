"""What the ledger says, read at one moment: whoever computes from it computes from one state of it."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from compensation.settlement.approvals import ANSWER
from pipelines.closing.adjustments import COLUMNS, approved_adjustments
from pipelines.closing.answers import answers_of
from pipelines.closing.frozen import sealed_table
from pipelines.ledger import Anchor, Answer, Approval, Closing, Dispute, Hold, Ledger, LedgerBusy, Release
from schemas.core.settlement import Balance, Posting

TRIES = 5


@dataclass(frozen=True)
class Recorded:
    """One state of the ledger, and of the sealed periods that it names.

    Attributes:
        head: Length and last hash of its chain; None where nobody has begun a ledger.
        closings: Records of the closes, in the order of the periods.
        postings: Contract ``Posting``: everything posted.
        balances: Contract ``Balance`` of every closed period, as it was sealed.
        adjustments: As ``adjustments.approved_adjustments`` gives them.
        approvals: Every approval: the fields of ``Approval``.
        holds: Every manual hold: the fields of ``Hold``.
        releases: Every release of one: the fields of ``Release`` but the currency.
        answers: What was approved and declined of differences, as ``answers.answers_of`` gives it.
        disputes: Every dispute: the fields of ``Dispute``, ``by`` and ``at``.
        dispute_answers: Every answer to one: the fields of ``Answer``, ``by`` and ``at``.
        sealed: Folder of sealed periods; None where nobody has begun a ledger.
    """

    head: Anchor | None
    closings: tuple[Closing, ...]
    postings: pl.DataFrame
    balances: pl.DataFrame
    adjustments: pl.DataFrame
    approvals: pl.DataFrame
    holds: pl.DataFrame
    releases: pl.DataFrame
    answers: pl.DataFrame
    disputes: pl.DataFrame
    dispute_answers: pl.DataFrame
    sealed: Path | None

    @property
    def closed(self) -> list[str]:
        """Closed periods, in order."""
        return [closing.period for closing in self.closings]

    @property
    def beside(self) -> dict[str, pl.DataFrame]:
        """What statements tell of the ledger beside result tables: ``recorded_adjustments``; nothing without a ledger."""
        return {} if self.head is None else {"recorded_adjustments": self.adjustments}

    @property
    def seals(self) -> tuple[str, ...]:
        """Seals of the closed periods, in order."""
        return tuple(closing.seal for closing in self.closings)


NOTHING = Recorded(
    None, (), Posting.empty_frame(), Balance.empty_frame(), pl.DataFrame(schema=COLUMNS), pl.DataFrame(), pl.DataFrame(), pl.DataFrame(),
    pl.DataFrame(schema=ANSWER), pl.DataFrame(), pl.DataFrame(), None,
)  # fmt: skip
"""What is recorded where nobody has begun a ledger."""


def read_recorded(ledger: Ledger | None, sealed: Path) -> Recorded:
    """Read the ledger; once more where somebody wrote to it meanwhile.

    Args:
        ledger: The ledger; None where nobody has begun one.
        sealed: Folder of sealed periods, ``<store>/closed``.

    Raises:
        LedgerBusy: it was written to each time.
        LedgerError: it cannot be read.
        SealBroken: a sealed period is not what was sealed.
    """
    if ledger is None:
        return NOTHING
    for _ in range(TRIES):
        before = ledger.anchor()
        recorded = _read(ledger, before, sealed)
        if ledger.anchor() == before:
            return recorded
    raise LedgerBusy(
        f"{ledger.place}: somebody wrote to the ledger each of the {TRIES} times it was read. Do it again."
    )


def _read(ledger: Ledger, head: Anchor, sealed: Path) -> Recorded:
    closings = tuple(ledger.closings())
    balances = [sealed_table(sealed, closing, "results/balances", Balance) for closing in closings]
    return Recorded(
        head, closings, ledger.postings(), pl.concat([Balance.empty_frame(), *balances]), approved_adjustments(ledger),
        ledger.entries(Approval), ledger.entries(Hold), ledger.entries(Release),
        answers_of(ledger), ledger.entries(Dispute), ledger.entries(Answer), sealed,
    )  # fmt: skip
