"""From a calculation to a closed period: what the open period would post, its draft for review, the close itself.

Here belong the order in which periods close, what a draft holds, and the checks before a close. Not here: how a difference
is computed (`compensation.settlement`), how the ledger keeps it (`pipelines.ledger`), or the command line.
"""

from pipelines.closing.checks import CloseRefused, Question, open_questions
from pipelines.closing.close import close_draft
from pipelines.closing.draft import Draft, NoDraft, read_draft, write_draft
from pipelines.closing.frozen import SealBroken, frozen_facts
from pipelines.closing.periods import WrongOrder, closed_periods, known_ledger
from pipelines.closing.prepare import Prepared, prepare
from pipelines.closing.summary import payable

__all__ = [
    "CloseRefused",
    "Draft",
    "NoDraft",
    "Prepared",
    "Question",
    "SealBroken",
    "WrongOrder",
    "close_draft",
    "closed_periods",
    "frozen_facts",
    "known_ledger",
    "open_questions",
    "payable",
    "prepare",
    "read_draft",
    "write_draft",
]
