"""Find and read the files of a source: the bytes that are parsed are the bytes that are hashed."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.intake.raw import FileRefused, RawTable
from pipelines.intake.readers.delimited import read_delimited, unpacked
from pipelines.intake.readers.json_lines import read_json_lines
from pipelines.intake.readers.parquet import read_parquet
from schemas.rules.source import Format

ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip


@dataclass(frozen=True)
class Arrival:
    """One file that a source reads: its name below the exports, and where its bytes lie now."""

    name: str
    path: Path
    is_last_good: bool = False


@dataclass(frozen=True)
class Bytes:
    """A file's content and its fingerprint."""

    data: bytes
    sha256: str


@dataclass
class Files:
    """Reads each file once, however many sources want it."""

    exports: Path
    _bytes: dict[Path, Bytes] = field(default_factory=dict)
    _tables: dict[tuple[Path, Format], RawTable] = field(default_factory=dict)
    _ahead: dict[tuple[Path, Format], Future[RawTable]] = field(default_factory=dict)

    def matching(self, glob: str) -> list[Arrival]:
        """Files below the exports folder whose path fits the glob, in name order."""
        return [Arrival(name, path) for name, path in self._named(glob).items() if self._is_below(path)]

    def links(self, glob: str) -> list[str]:
        """Names that fit the glob and are links to no file of the exports folder, so that they are passed over."""
        named = self._named(glob).items()
        return [name for name, path in named if not path.is_dir() and not self._is_below(path)]

    def _named(self, glob: str) -> dict[str, Path]:
        found = {*self.exports.glob(glob), self.exports / glob}  # a link to nothing is found by its own name only
        names = {path.relative_to(self.exports).as_posix(): path for path in found if os.path.lexists(path)}
        return dict(sorted(names.items()))

    def _is_below(self, path: Path) -> bool:
        return path.is_file() and path.resolve().is_relative_to(self.exports.resolve())

    def content(self, arrival: Arrival) -> Bytes:
        """The bytes of a file, which did not change while they were read.

        Raises:
            FileRefused: ``file_changed`` or ``unreadable_file``.
        """
        if arrival.path not in self._bytes:
            self._bytes[arrival.path] = _stable_bytes(arrival)
        return self._bytes[arrival.path]

    def table(self, arrival: Arrival, form: Format) -> RawTable:
        """The records of a file, read as its format says.

        Raises:
            FileRefused: the file cannot be used as a whole.
        """
        known = (arrival.path, form)
        if known not in self._tables:
            ahead = self._ahead.pop(known, None)
            self._tables[known] = ahead.result() if ahead else self._read(arrival, form)
        return self._tables[known]

    @contextmanager
    def reading_ahead(self, wanted: Iterable[tuple[Arrival, Format]]) -> Iterator[None]:
        """Read files in the background, in this order, while earlier ones are mapped; what is wrong with one waits until it is asked for."""
        reader = ThreadPoolExecutor(1)
        self._ahead = {
            (arrival.path, form): reader.submit(self._read, arrival, form) for arrival, form in dict.fromkeys(wanted)
        }
        try:
            yield
        finally:
            reader.shutdown(cancel_futures=True)
            self._ahead.clear()

    def _read(self, arrival: Arrival, form: Format) -> RawTable:
        return _read(arrival.name, self.content(arrival).data, form)


def _stable_bytes(arrival: Arrival) -> Bytes:
    try:
        before = _fingerprint(arrival.path)
        data = arrival.path.read_bytes()
        after = _fingerprint(arrival.path)
    except OSError as error:
        detail = f"the file cannot be read: {error.strerror}; check its permissions"
        raise FileRefused(arrival.name, "unreadable_file", detail) from None
    digest = hashlib.sha256(data).hexdigest()
    if before != after or len(data) != before[1] or digest != sha256_of(arrival.path):
        detail = "the file changed while it was read; the next run takes it, once the upload is complete"
        raise FileRefused(arrival.name, "file_changed", detail)
    return Bytes(data, digest)


def _fingerprint(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size, state.st_ino


def sha256_of(path: Path) -> str:
    """Hash of a file as it lies on disk."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(name: str, data: bytes, form: Format) -> RawTable:
    inner = name.removesuffix(".gz")
    if inner != name:
        data = unpacked(name, data)
    kind = form.kind or ENDINGS.get(Path(inner).suffix.lower())
    if kind == "csv":
        delimiter = form.delimiter or ("\t" if inner.lower().endswith(".tsv") else ",")
        return read_delimited(name, data, form, delimiter)
    if kind == "xlsx":
        from pipelines.intake.readers.excel import read_workbook  # noqa: PLC0415  - openpyxl only where a workbook came

        return read_workbook(name, data, form)
    if kind == "parquet":
        return read_parquet(name, data)
    if kind == "jsonl":
        return read_json_lines(name, data, form)
    detail = "the ending says nothing of the format; say it under from.format.kind: csv, xlsx, parquet or jsonl"
    raise FileRefused(name, "unreadable_file", detail)
