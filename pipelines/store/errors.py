"""What can go wrong at the edge of the store, as ordinary errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
from deltalake.exceptions import DeltaError


class StoreError(RuntimeError):
    """The store cannot be read or written; nothing was published, and the last good result stays."""


class WrongSchema(StoreError):
    """A frame has not exactly the columns and types of its contract."""


class EmptiedTable(StoreError):
    """A table without which nothing can be calculated would lose all its rows."""


class StoreInUse(StoreError):
    """Another run is writing to the store."""


class NotReproduced(StoreError):
    """The same facts, rules and program gave another result than before."""


class NothingPublished(StoreError):
    """No calculation has been published here yet, or not the one that was asked for."""


@contextmanager
def ordinary_errors(what: str) -> Iterator[None]:
    """Raise whatever Polars or delta-rs raise inside as ``StoreError``.

    A Polars panic is a ``BaseException``: retries and ``except Exception`` would not see it. A message of Polars may
    quote a row, so it is left out; what was done, where, and the kind of error say enough to act.

    Args:
        what: What is being done, to what: ``reading table 'credits', version 4, in /srv/store/tables``.

    Raises:
        StoreError: names ``what`` and the kind of error.
    """
    try:
        yield
    except StoreError:
        raise
    except pl.exceptions.PanicException as panic:
        raise StoreError(f"{what} failed inside Polars ({_first_line(panic)}). {ADVICE}") from None
    except DeltaError as error:
        raise StoreError(f"{what} failed: {type(error).__name__}: {_first_line(error)}. {ADVICE}") from None
    except pl.exceptions.PolarsError as error:
        raise StoreError(f"{what} failed: {type(error).__name__} in Polars. {ADVICE}") from None
    except OSError as error:
        raise StoreError(f"{what} failed: {error.strerror or _first_line(error)}. {ADVICE}") from None


ADVICE = (
    "Nothing was published and the last good result stays. Check that the store can be reached and written and that "
    "its disk is not full, then run again; no clean-up is needed."
)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0][:200] or type(error).__name__
