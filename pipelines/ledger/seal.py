"""Sealed periods: a folder with all that a close rests on, written once, whose manifest's hash is in the ledger.

The folder is written aside, the ledger closes, then the folder takes its place by one rename. Of two closers each has a
folder of its own, so the one in place is always the winner's; a crash between the two is finished by whoever comes next.
"""

import csv
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.ledger.errors import LedgerError, WrongEntry
from pipelines.ledger.ledger import Ledger
from pipelines.ledger.people import Person
from pipelines.ledger.records import Closing, PeriodContent
from pipelines.workbooks.files import private_umask, require_safe_name, sync_folder

MANIFEST = "MANIFEST.csv"
ASIDE = ".sealing-"
NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]{0,127}")
READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Sealed:
    """A folder that is written and synced, aside or in place.

    Attributes:
        folder: Where it lies.
        period: Fiscal period.
        seal: SHA-256 of its manifest: what the ledger's record of the close holds.
    """

    folder: Path
    period: str
    seal: str


def close_sealed(
    ledger: Ledger,
    content: PeriodContent,
    root: Path,
    files: Mapping[str, bytes | Path],
    by: Person,
    document: str | None = None,
    note: str | None = None,
) -> Closing:
    """Seal a period and close it: its folder is in place exactly if the ledger says that it is closed.

    Args:
        ledger: The ledger.
        content: What was approved.
        root: Folder of sealed periods, ``<store>/closed``.
        files: What to keep, by its name in the folder (``facts/orders.parquet``): bytes, or a file to copy.
        by: Who closes.
        document: Reference of the paper that the close is filed under.
        note: Anything else worth knowing.

    Raises:
        AlreadyClosed, TransitionRefused, WrongEntry: as ``Ledger.close``; nothing is left behind.
        LedgerError: the folder cannot be written.
    """
    finish_sealing(root, ledger.closings())
    sealed = seal_aside(root, content.period, files)
    try:
        closing = ledger.close(content, sealed.seal, by, document, note)
    except BaseException:
        if _is_winner(ledger, sealed):
            put_in_place(root, sealed)
        else:
            shutil.rmtree(sealed.folder, ignore_errors=True)
        raise
    put_in_place(root, sealed)
    return closing


def _is_winner(ledger: Ledger, sealed: Sealed) -> bool:
    closing = ledger.closing_of(sealed.period)
    return closing is not None and closing.seal == sealed.seal


def seal_aside(root: Path, period: str, files: Mapping[str, bytes | Path]) -> Sealed:
    """Write a period's folder beside its place, with the hash of each file in ``MANIFEST.csv``, and sync it.

    Raises:
        WrongEntry: a name would lead out of the folder, or is that of the manifest.
        LedgerError: the disk refuses.
    """
    for name in files:
        _require_inside(period, name)
    try:
        with private_umask():
            root.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=f"{ASIDE}{require_safe_name(period)}-", dir=root))
            manifest = _manifest_text([(name, *_write(folder / name, files[name])) for name in sorted(files)])
            seal, _ = _write(folder / MANIFEST, manifest)
        for inner in (*(path for path in folder.rglob("*") if path.is_dir()), folder, root):
            sync_folder(inner)
    except OSError as error:
        raise LedgerError(
            f"{root}: the folder of {period} cannot be sealed: {error.strerror}. Nothing was closed; see to it and close again."
        ) from None
    return Sealed(folder, period, seal)


def put_in_place(root: Path, sealed: Sealed) -> Path:
    """Give a closed period's folder its name and take the right to write there; done twice it is done once."""
    place = root / sealed.period
    try:
        sealed.folder.rename(place)
    except OSError:
        if _seal_of(place) != sealed.seal:
            raise
    for path in (*place.rglob("*"), place):
        path.chmod(0o500 if path.is_dir() else 0o400)
    sync_folder(root)
    for left in root.glob(f"{ASIDE}{sealed.period}-*"):
        shutil.rmtree(left, ignore_errors=True)
    return place


def finish_sealing(root: Path, closings: Iterable[Closing]) -> None:
    """Put folders in place whose close is in the ledger but whose writer died before the rename."""
    for closing in closings:
        if not (root / closing.period).exists():
            for folder in root.glob(f"{ASIDE}{closing.period}-*"):
                if _seal_of(folder) == closing.seal:
                    put_in_place(root, Sealed(folder, closing.period, closing.seal))
                    break


def faults_of_seals(root: Path, closings: Iterable[Closing]) -> Iterator[str]:
    """What is not as it was sealed: periods without folder, folders without close, files changed, missing or put in."""
    known = {closing.period: closing for closing in closings}
    for period, closing in known.items():
        if not (root / period).is_dir():
            yield f"closed/{period}: the sealed folder is gone"
        elif _seal_of(root / period) != closing.seal:
            yield f"closed/{period}/{MANIFEST}: is not the one that the ledger's close names (seal {closing.seal[:12]})"
        else:
            yield from _faults_of(root / period, period)
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder.name not in known and not folder.name.startswith("."):
            yield f"closed/{folder.name}: the ledger knows of no such close; an old copy of the ledger was put in its place"


def _faults_of(folder: Path, period: str) -> Iterator[str]:
    rows = csv.DictReader(io.StringIO((folder / MANIFEST).read_text("utf-8")))
    listed = {row["file"]: row["sha256"] for row in rows}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()} - {MANIFEST}
    for name in sorted(listed.keys() | there):
        if name not in there:
            yield f"closed/{period}/{name}: the file is gone"
        elif name not in listed:
            yield f"closed/{period}/{name}: the file was not there when the period was sealed"
        elif _hash_of(folder / name) != listed[name]:
            yield f"closed/{period}/{name}: the file was changed since the period was sealed"


def _seal_of(folder: Path) -> str:
    try:
        return _hash_of(folder / MANIFEST)
    except OSError:
        return ""


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest_text(rows: list[tuple[str, str, int]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("file", "sha256", "bytes"), *rows])
    return text.getvalue().encode()


def _write(path: Path, source: bytes | Path) -> tuple[str, int]:
    """Write, sync, read back: hash and size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for part in [source] if isinstance(source, bytes) else _parts(source):
            digest.update(part)
            size += file.write(part)
        file.flush()
        os.fsync(file.fileno())
    if _hash_of(path) != digest.hexdigest():
        raise OSError(5, "what was read back is not what was written", str(path))
    return digest.hexdigest(), size


def _parts(source: Path) -> Iterator[bytes]:
    with source.open("rb") as file:
        while part := file.read(READ_BYTES):
            yield part


def _require_inside(period: str, name: str) -> None:
    parts = name.split("/")
    if name == MANIFEST or not all(NAME.fullmatch(part) and part not in (".", "..") for part in parts):
        raise WrongEntry(
            f"{period}: {name!r} cannot be the name of a sealed file; use letters, digits, '.', '_', '-' and '/'."
        )
