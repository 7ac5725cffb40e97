"""Close a period: check, seal exactly what was approved, post it, and put its statements in their last place."""

import shutil
import tempfile
from datetime import date
from pathlib import Path

from pipelines.closing.checks import require_closable
from pipelines.closing.draft import read_draft, remove_draft
from pipelines.ledger import AlreadyClosed, Closing, Ledger, Person, close_sealed
from pipelines.ledger.seal import finish_sealing
from pipelines.store import Store, only_run
from pipelines.store.issued import Issued, read_issued, record_closed
from pipelines.workbooks.files import private_umask
from pipelines.workbooks.publish import exchange

WAIT_SECONDS = 60.0


def close_draft(
    store: Store, ledger: Ledger, period: str, by: Person, *, today: date, document: str | None = None, note: str | None = None
) -> Closing:  # fmt: skip
    """Close a period with its draft, whole or not at all; a close that was cut off is finished by doing it again.

    Args:
        store: The store; no run writes to it meanwhile.
        ledger: Its ledger.
        period: Fiscal period.
        by: Who closes.
        today: Today's date where the company is.
        document: Reference of the paper that the close is filed under.
        note: Anything else worth knowing.

    Returns:
        The record of the close.

    Raises:
        AlreadyClosed: it was closed before; comes with the record of that close. Nothing was posted.
        CloseRefused: something has to be decided or mended first.
        TransitionRefused: it is not approved, or the draft is not what was approved.
        NoDraft: no draft is put aside.
        StoreInUse: a run is writing to the store.
    """
    with only_run(store, f"close {period}", wait_seconds=WAIT_SECONDS):
        before = ledger.closing_of(period)
        if before is not None:
            finish_sealing(store.root / "closed", ledger.closings())
            _issue(store, period)
            raise AlreadyClosed(said_of(before), before)
        draft = read_draft(store, period)
        require_closable(draft, ledger, today)
        closing = close_sealed(ledger, draft.content, store.root / "closed", draft.files(), by, document, note)
        _issue(store, period)
        remove_draft(store, period)
    return closing


def finish_closes(store: Store, ledger: Ledger) -> None:
    """Finish closes that were cut off: sealed folders in their place, and their statements where statements are read.

    Args:
        store: The store; the caller holds its lock.
        ledger: Its ledger.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    closings, issued = ledger.closings(), read_issued(store).periods
    finish_sealing(store.root / "closed", closings)
    for closing in closings:
        sealed = store.root / "closed" / closing.period / "statements"
        if sealed.is_dir() and issued.get(closing.period) != Issued.in_folder(sealed, closing.period):
            _issue(store, closing.period)


def said_of(closing: Closing) -> str:
    """Who closed a period, when and with what, in words."""
    return (
        f"{closing.period} was closed by {closing.by} at {closing.at[:19]} UTC with {closing.postings:,} postings (seal "
        f"{closing.seal[:12]}) and stays so; nothing was posted."
    )


def _issue(store: Store, period: str) -> None:
    """Put the sealed statements where statements are read, unless they are there already."""
    sealed, issued = store.root / "closed" / period / "statements", store.statements / period
    if not sealed.is_dir() or _is_same(sealed, issued):
        return
    with private_umask():
        store.statements.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{period}.closed-", dir=store.statements))
        for path in sealed.iterdir():
            shutil.copyfile(path, aside / path.name)
        exchange(aside, issued)
        shutil.rmtree(aside, ignore_errors=True)
    record_closed(store, Issued.in_folder(issued))


def _is_same(sealed: Path, issued: Path) -> bool:
    names = {path.name for path in sealed.iterdir()}
    if not issued.is_dir() or {path.name for path in issued.iterdir()} != names:
        return False
    return all((sealed / name).read_bytes() == (issued / name).read_bytes() for name in names)
