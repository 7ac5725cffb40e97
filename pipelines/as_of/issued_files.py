"""Statements as they were issued: where the file lies, and what it says of where it comes from."""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from pipelines.ledger import Closing
from pipelines.store import Store
from pipelines.workbooks import Provenance, SourceFile
from pipelines.workbooks.cells import csv_text
from pipelines.workbooks.files import require_safe_name
from pipelines.workbooks.manifest import Listed, read_manifest

ABOUT = "About"
LABELS = ("Snapshot of the data", "Data as of", "Snapshot taken", "Hash of plans and rules", "Engine")


class NotIssued(ValueError):
    """No such statement was issued."""


class NotOurs(ValueError):
    """The issued file does not say where it comes from."""


@dataclass(frozen=True)
class IssuedFile:
    """One statement as it was issued.

    Attributes:
        path: Where it lies: sealed where its period is closed.
        period: Fiscal period.
        payee_id: Whose it is.
        stem: The payee's name in paths.
        revision: Its revision.
        packed: Its bytes.
        closing: The close of its period; None while it is open.
    """

    path: Path
    period: str
    payee_id: str
    stem: str
    revision: int
    packed: bytes
    closing: Closing | None

    @property
    def provenance(self) -> Provenance:
        """What sheet About prints.

        Raises:
            NotOurs: the sheet is missing or says it otherwise.
        """
        try:
            book = load_workbook(io.BytesIO(self.packed), read_only=True)
            rows = [tuple(cell.value for cell in row) for row in book[ABOUT].iter_rows()]
            return _provenance(rows)
        except (KeyError, ValueError, TypeError, OSError):
            raise NotOurs(
                f"{self.path}: sheet {ABOUT} does not say where the statement comes from, so it cannot be made again. Restore the file "
                "from a backup; `creditdue verify` says whether it was changed."
            ) from None


def _provenance(rows: list[tuple[Any, ...]]) -> Provenance:
    said = {row[0]: row[1] for row in rows if row and row[0] in LABELS}
    snapshot, as_of, taken, rules, engine = (said[label] for label in LABELS)
    made_at = datetime.strptime(taken, "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)
    heads = next(number for number, row in enumerate(rows) if row[:2] == ("File", "Table"))
    files = [SourceFile(*row[:4]) for row in rows[heads + 1 :] if row[0] and row[1]]
    return Provenance(snapshot, date.fromisoformat(as_of), made_at, rules, engine, tuple(files))


def issued_to(store: Store, period: str, closing: Closing | None) -> list[str]:
    """Everybody to whom a statement of the period was issued, as the manifest names them.

    Raises:
        NotIssued: nobody.
    """
    listed = _listed(store, period, closing)
    if not listed:
        raise NotIssued(_not_issued(_folder(store, period, closing), period, "", listed))
    return sorted(one.payee_id for one in listed)


def issued_file(store: Store, period: str, payee_id: str, closing: Closing | None) -> IssuedFile:
    """The statement of a payee and period that is out.

    Args:
        store: The store.
        period: Fiscal period.
        payee_id: Whose.
        closing: The period's close; None while it is open.

    Raises:
        NotIssued: there is none; says which there are.
    """
    folder, listed = _folder(store, period, closing), _listed(store, period, closing)
    found = [one for one in listed if one.payee_id in (payee_id, csv_text(payee_id))]
    if not found:
        raise NotIssued(_not_issued(folder, period, payee_id, listed))
    one = found[0]
    path = folder / Path(one.file).name
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise NotIssued(
            f"{path}: the statement that was issued cannot be read: {error.strerror}. Restore it from a backup."
        ) from None
    return IssuedFile(path, period, payee_id, one.stem, one.revision, packed, closing)


def _folder(store: Store, period: str, closing: Closing | None) -> Path:
    own = require_safe_name(period)
    return store.root / "closed" / own / "statements" if closing else store.statements / own


def _listed(store: Store, period: str, closing: Closing | None) -> list[Listed]:
    """What the period's manifest lists of payees."""
    return [one for one in read_manifest(_folder(store, period, closing)).values() if one.file and one.payee_id]


def _not_issued(folder: Path, period: str, payee_id: str, listed: list[Listed]) -> str:
    if not listed:
        return (
            f"{folder}: no statement of {period} was issued here. `creditdue run` issues them, and a close seals them."
        )
    names = ", ".join(sorted(one.payee_id for one in listed)[:10])
    return f"{folder}: no statement of {period} was issued to '{payee_id}'. There are those of {names}{' …' if len(listed) > 10 else ''}."  # noqa: PLR2004
