"""What the ledger refuses, as ordinary errors that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError, SQLAlchemyError

if TYPE_CHECKING:
    from pipelines.ledger.records import Closing


class LedgerError(RuntimeError):
    """The ledger cannot be read or written; nothing was recorded."""


class LedgerBusy(LedgerError):
    """Another process has been writing to the ledger for too long."""


class LedgerDamaged(LedgerError):
    """What is in the ledger, or in a sealed folder, is not what was written."""


class WrongLedgerAddress(LedgerError):
    """The URL names no ledger that can be opened."""


class NewerLedger(LedgerError):
    """The ledger was written by a newer program; this one does not touch it."""


class TransitionRefused(LedgerError):
    """A period cannot take this step now, or not by this person."""


class WrongEntry(LedgerError):
    """What was to be recorded is incomplete or cannot be kept."""


class AlreadyRecorded(LedgerError):
    """Something else is recorded under this reference."""


class AlreadyClosed(LedgerError):
    """The period is closed; the record of its close comes with the error.

    Attributes:
        closing: Who closed it, when, with which content and seal.
        is_same: Whether what was to be closed is what was closed: then there is nothing left to do.
    """

    def __init__(self, message: str, closing: "Closing | None" = None, *, is_same: bool = False) -> None:
        super().__init__(message)
        self.closing = closing
        self.is_same = is_same


@contextmanager
def ordinary_errors(what: str) -> Iterator[None]:
    """Raise what SQLAlchemy and the drivers raise as ``LedgerError``.

    A message of a driver may quote a row, so only its first line is kept, and never the values.

    Args:
        what: What is being done, to which ledger.

    Raises:
        LedgerBusy: another process held the ledger for too long.
        LedgerError: anything else, in words.
    """
    try:
        yield
    except OperationalError as error:
        said = _first_line(error.orig or error)
        if "locked" in said or "lock timeout" in said:
            raise LedgerBusy(
                f"{what} failed: another process is writing to it and did not end. Nothing was recorded; wait until it "
                "has ended and do it again."
            ) from None
        raise LedgerError(f"{what} failed: {said}. {ADVICE}") from None
    except (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:  # the latter two from a damaged file
        said = _first_line(getattr(error, "orig", None) or error)
        raise LedgerError(f"{what} failed: {said}. {ADVICE}") from None


ADVICE = (
    "Nothing was recorded. Check that the ledger can be reached and written and that its disk is not full, then do it "
    "again; no clean-up is needed."
)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0][:200] or type(error).__name__
