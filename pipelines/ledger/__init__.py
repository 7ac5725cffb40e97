"""The ledger: what was posted, who reviewed, approved and closed, what was held, disputed and decided; never changed.

Here belong the SQL tables, the life of a period, the hash chain with its verification, sealed period folders and backups.
Not here: how a difference is computed (`compensation.settlement`), Dagster, or the command line.
"""

from pipelines.ledger.backup import backup, restore
from pipelines.ledger.chain import Anchor
from pipelines.ledger.connection import ledger_address
from pipelines.ledger.errors import (
    AlreadyClosed,
    AlreadyRecorded,
    LedgerBusy,
    LedgerDamaged,
    LedgerError,
    NewerLedger,
    TransitionRefused,
    WrongEntry,
    WrongLedgerAddress,
)
from pipelines.ledger.ledger import Ledger, open_ledger
from pipelines.ledger.people import Person, acting
from pipelines.ledger.period_life import APPROVED, CALCULATED, CLOSED, IN_REVIEW, OPEN, PeriodState, next_steps
from pipelines.ledger.records import (
    Adjustment,
    Answer,
    Approval,
    Closing,
    Decision,
    Dispute,
    Hold,
    PeriodContent,
    Release,
    entry_hash,
)
from pipelines.ledger.seal import close_sealed
from pipelines.ledger.verify import Report, require_whole, verify

__all__ = [
    "APPROVED",
    "CALCULATED",
    "CLOSED",
    "IN_REVIEW",
    "OPEN",
    "Adjustment",
    "AlreadyClosed",
    "AlreadyRecorded",
    "Anchor",
    "Answer",
    "Approval",
    "Closing",
    "Decision",
    "Dispute",
    "Hold",
    "Ledger",
    "LedgerBusy",
    "LedgerDamaged",
    "LedgerError",
    "NewerLedger",
    "PeriodContent",
    "PeriodState",
    "Person",
    "Release",
    "Report",
    "TransitionRefused",
    "WrongEntry",
    "WrongLedgerAddress",
    "acting",
    "backup",
    "close_sealed",
    "entry_hash",
    "ledger_address",
    "next_steps",
    "open_ledger",
    "require_whole",
    "restore",
    "verify",
]
