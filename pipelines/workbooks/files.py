"""Files that are whole or not there: safe names, a temporary file that is read back, then one rename."""

import hashlib
import io
import os
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pipelines.workbooks.package import parts_hash

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RESERVED = {
    "close",
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
}
TEMPORARY = ".writing-"
PRIVATE = 0o077


class UnsafeName(ValueError):
    """A name that cannot be part of a path."""


class UnreadableWorkbook(OSError):
    """A workbook that was just written cannot be read back as it was meant."""


@dataclass(frozen=True)
class WrittenFile:
    """One file of a published set."""

    name: str
    stem: str
    payee_id: str
    revision: int
    nets: tuple[tuple[str, Decimal], ...]
    """Net payable per currency, the main one first; none for the period workbook."""
    sha256: str
    content: str
    is_new: bool


def file_stems(payee_ids: Iterable[str]) -> dict[str, str]:
    """A file name for each id, unlike every other also where case does not count.

    An id of letters, digits, ``-`` and ``_`` stands for itself. Every other one, one that is reserved on some system,
    and those that differ only in case get a readable start and a hash of the id: the same on every machine and run.
    """
    ids = sorted(set(payee_ids))
    folded: dict[str, int] = {}
    for payee in ids:
        folded[payee.casefold()] = folded.get(payee.casefold(), 0) + 1
    return {
        payee: payee if _stands_for_itself(payee) and folded[payee.casefold()] == 1 else _escaped(payee)
        for payee in ids
    }


def require_safe_name(name: str) -> str:
    """Return a period key or other name of ours if it can be part of a path.

    Raises:
        UnsafeName: it holds more than letters, digits, ``-`` and ``_``, or is reserved.
    """
    if not _stands_for_itself(name):
        raise UnsafeName(
            f"{name!r} cannot be a folder or file: only letters, digits, '-' and '_', at most 64, and no device name"
        )
    return name


def _stands_for_itself(name: str) -> bool:
    return bool(_SAFE.fullmatch(name)) and name.casefold() not in _RESERVED and "~" not in name


def _escaped(payee: str) -> str:
    plain = unicodedata.normalize("NFKD", payee).encode("ascii", "ignore").decode()
    start = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")[:32] or "id"
    return f"{start}~{hashlib.sha256(payee.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either the old or the new one: aside, read back, synced, renamed; only the owner may read it.

    Raises:
        UnreadableWorkbook: what was read back differs, or is a workbook that cannot be opened.
    """
    with private_umask():
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _verify(aside, data, path)
        aside.replace(path)
        sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def private_umask() -> Iterator[None]:
    """New files and folders belong to the owner alone."""
    before = os.umask(PRIVATE)
    try:
        yield
    finally:
        os.umask(before)


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _verify(aside: Path, data: bytes, path: Path) -> None:
    written = aside.read_bytes()
    if written != data:
        raise UnreadableWorkbook(
            f"{path}: {len(written):,} of {len(data):,} bytes came back from the disk; nothing was replaced"
        )
    if path.suffix == ".xlsx":
        try:
            require_whole_workbook(written)
        except (zipfile.BadZipFile, ElementTree.ParseError, KeyError) as error:
            raise UnreadableWorkbook(
                f"{path}: the new workbook cannot be opened ({error}); nothing was replaced"
            ) from error


def require_whole_workbook(data: bytes) -> None:
    """Open every part of a workbook: the zip checks sums, and each part must be well-formed XML.

    Raises:
        BadZipFile, ParseError, KeyError: a part is damaged, is no XML, or the workbook itself is missing.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.getinfo("xl/workbook.xml")
        for name in archive.namelist():
            parser: ElementTree.XMLPullParser[Any] = ElementTree.XMLPullParser(events=())
            parser.feed(archive.read(name))
            parser.close()


def is_as_listed(path: Path, sha256: str) -> bool:
    """Whether a file is there and holds what its manifest says."""
    try:
        return parts_hash(path.read_bytes()) == sha256
    except (OSError, zipfile.BadZipFile, KeyError):
        return False
