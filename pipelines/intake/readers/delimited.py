"""CSV and TSV: everything as text, every record counted, nothing padded, nothing cut."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.intake.raw import LINE, FileRefused, RawNote, RawTable, record_faults, shown
from pipelines.intake.readers.scan import QuoteFault, Records, records_of
from schemas.rules.source import Format

Flags: TypeAlias = npt.NDArray[np.bool_]

LARGEST_RATIO = 200
"""No honest export shrinks further than this; a bomb does."""
LARGEST_WITHOUT_RATIO = 1 << 28


def unpacked(name: str, data: bytes) -> bytes:
    """The content of a gzip file, checked to its end.

    Raises:
        FileRefused: ``archive_corrupt`` where it is cut off, altered, or unpacks to an absurd size.
    """
    limit = max(LARGEST_WITHOUT_RATIO, LARGEST_RATIO * len(data))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as archive:
            content = archive.read(limit + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise FileRefused(
            name, "archive_corrupt", f"the gzip archive cannot be unpacked to its end ({error}); send the file again"
        ) from None
    if len(content) > limit:
        raise FileRefused(
            name, "archive_corrupt", f"the gzip archive unpacks to more than {limit:,} bytes; send it plain"
        )
    return content


@dataclass(frozen=True)
class _Text:
    """A whole file as UTF-8 with plain line ends, and how to take it apart."""

    name: str
    data: bytes
    header: list[str]
    delimiter: str
    quote: str | None
    null_values: list[str]

    def cells(self, record: str) -> list[str]:
        """The fields of one record."""
        return next(_csv_reader(record, self.delimiter, self.quote))

    def frame(self, data: bytes) -> pl.DataFrame:
        """Records without a header as text columns."""
        return pl.read_csv(
            data,
            has_header=False,
            schema=self.schema(),
            separator=self.delimiter,
            quote_char=self.quote,
            null_values=self.null_values,
        )

    def schema(self) -> dict[str, pl.DataType]:
        """Every column is text."""
        return dict.fromkeys(self.header, pl.String())


def read_delimited(name: str, data: bytes, form: Format, delimiter: str) -> RawTable:
    """Records of a delimited text file.

    Raises:
        FileRefused: with the code of what makes the file unusable as a whole.
    """
    data, notes = as_plain_utf8(name, data, form)
    if not data.strip():
        raise FileRefused(name, "file_empty", "the file holds nothing; send it again, or remove it if there is none")
    if not data.endswith(b"\n"):
        data = _ended(name, data, form, delimiter)
    quote = form.quote if form.quote and form.quote.encode() in data else None
    header = _header(name, data, delimiter, form.quote)
    if not header:
        raise FileRefused(
            name, "header_mismatch", "the first line, which names the columns, is empty; send it again", line=1
        )
    text = _Text(name, data, header, delimiter, quote, list(form.null_values))
    table = _read_fast(text) if quote is None and b"\n\n" not in data else None
    if table is None:
        table = _read_exactly(text)
    _require_one_header(name, table.frame, header)
    return RawTable(table.frame, table.faults, (*notes, *table.notes))


def as_plain_utf8(name: str, data: bytes, form: Format) -> tuple[bytes, list[RawNote]]:
    """The text as UTF-8 with plain line ends and no byte order mark, and what had to be changed."""
    notes = []
    encoding = codecs.lookup(_known_encoding(name, form.encoding)).name
    if encoding == "utf-8" and data.startswith(codecs.BOM_UTF8):
        data = data[3:]
        notes.append(RawNote("bom_stripped", f"{name}: a byte order mark at the start was removed"))
    if not data.isascii() or encoding.startswith("utf-16"):
        data = _decoded(name, data, encoding, form.encoding)
    if b"\r" in data:
        pairs, returns, newlines = data.count(b"\r\n"), data.count(b"\r"), data.count(b"\n")
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if returns > pairs or newlines > pairs:
            notes.append(RawNote("newline_normalised", f"{name}: line ends of different kinds were read alike"))
    return data, notes


def _known_encoding(name: str, encoding: str) -> str:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise FileRefused(
            name, "encoding", f"{encoding!r} is no encoding; write utf-8, cp1252, latin-1 or utf-16"
        ) from None
    return encoding


def _decoded(name: str, data: bytes, encoding: str, declared: str) -> bytes:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileRefused(
            name,
            "encoding",
            f"byte {error.start} (0x{data[error.start]:02X}) is not {declared}; "
            "save the file in that encoding, or declare the one it has under from.format.encoding",
            line=line,
        ) from None
    return data if encoding == "utf-8" else text.removeprefix("\ufeff").encode()


def _ended(name: str, data: bytes, form: Format, delimiter: str) -> bytes:
    """The data with a last line end, where the lack of one may be forgiven."""
    last = data.count(b"\n") + 1
    first_fields = data.split(b"\n", 1)[0].count(delimiter.encode()) + 1
    fields = data.rsplit(b"\n", 1)[-1].count(delimiter.encode()) + 1
    if form.final_newline == "required" or fields < first_fields:
        raise FileRefused(
            name,
            "file_truncated",
            f"the last line has no line end and {fields} of {first_fields} fields, so the file may be cut off; "
            "send it again, or declare final_newline: optional where the system never writes one",
            line=last,
        )
    return data + b"\n"


def _csv_reader(text: str, delimiter: str, quote: str | None) -> Iterator[list[str]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    return csv.reader(io.StringIO(text), delimiter=delimiter, quotechar=quote, quoting=quoting)


def _header(name: str, data: bytes, delimiter: str, quote: str | None) -> list[str]:
    try:
        header = next(_csv_reader(data[: 1 << 20].decode("utf-8", "ignore"), delimiter, quote))
    except csv.Error:
        header = data.split(b"\n", 1)[0].decode("utf-8", "replace").split(delimiter)
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        detail = f"column {twice[0]!r} stands twice in the header; rename one at the source"
        raise FileRefused(name, "duplicate_header", detail, line=1)
    return header


def _read_fast(text: _Text) -> RawTable | None:
    """The records where no quote occurs and the counts of delimiters and line ends fit; else None."""
    records = text.data.count(b"\n") - 1
    if text.data.count(text.delimiter.encode()) != (len(text.header) - 1) * (records + 1):
        return None
    if records == 0:
        return RawTable(_numbered(pl.DataFrame(schema=text.schema()), 2))
    try:
        frame = text.frame(text.data[text.data.index(b"\n") + 1 :])
    except pl.exceptions.PolarsError:
        return None
    return RawTable(_numbered(frame, 2)) if frame.height == records else None


def _numbered(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    return frame.with_columns(pl.int_range(first, first + frame.height, dtype=pl.UInt32, eager=True).alias(LINE))


def _read_exactly(text: _Text) -> RawTable:
    """The records by an exact scan; those with too few or too many fields are faults, blank lines are nothing."""
    scanned = records_of(text.data, ord(text.delimiter), ord(text.quote) if text.quote else None)
    if isinstance(scanned, QuoteFault):
        raise FileRefused(
            text.name,
            "quote_unbalanced",
            "a quote opens here and is never properly closed; close or double it, "
            "or declare quote: null where quotes mean nothing",
            line=scanned.line,
        )
    is_blank = scanned.ends == scanned.starts
    is_wrong = (scanned.fields != len(text.header)) & ~is_blank
    is_good = ~is_wrong & ~is_blank
    is_good[0] = is_wrong[0] = False
    frame = _good_records(text, scanned, is_good)
    return _with_wrong(text, scanned, is_wrong, frame) if is_wrong.any() else RawTable(frame)


def _good_records(text: _Text, scanned: Records, is_good: Flags) -> pl.DataFrame:
    lines = pl.Series(LINE, scanned.lines[is_good], dtype=pl.UInt32)
    if not is_good.any():
        return pl.DataFrame(schema=text.schema()).with_columns(lines)
    edges = np.flatnonzero(np.diff(is_good.astype(np.int8), prepend=0, append=0))
    firsts, lasts = scanned.starts[edges[::2]], scanned.ends[edges[1::2] - 1] + 1
    view = memoryview(text.data)
    runs = [view[first:last] for first, last in zip(firsts, lasts, strict=True)]
    return text.frame(b"".join(runs)).with_columns(lines)


def _with_wrong(text: _Text, scanned: Records, is_wrong: Flags, good: pl.DataFrame) -> RawTable:
    """Add the broken records where they stand, filled as far as they go, each with its fault."""
    width = len(text.header)
    rows, faults = [], {}
    for index in np.flatnonzero(is_wrong):
        record = text.data[scanned.starts[index] : scanned.ends[index]].decode()
        cells, line = text.cells(record), int(scanned.lines[index])
        rows.append([*(cell or None for cell in cells[:width]), *[None] * (width - len(cells)), line])
        detail = f"the record has {len(cells)} fields where the header has {width}; correct it at the source"
        faults[line] = (None, shown(record), "field_count", detail)
    broken = pl.DataFrame(rows, schema={**text.schema(), LINE: pl.UInt32()}, orient="row")
    frame = pl.concat([good, broken]).sort(LINE)
    places = frame.select(LINE).with_row_index("row").join(broken.select(LINE), on=LINE, how="semi")
    return RawTable(frame, record_faults([(row, *faults[line]) for row, line in places.iter_rows()]))


def _require_one_header(name: str, frame: pl.DataFrame, header: list[str]) -> None:
    """Refuse a file made of several exports one after the other: its amounts may be there twice."""
    repeated = frame.filter(pl.col(header[0]) == header[0])
    repeated = (
        repeated.filter(pl.all_horizontal(pl.col(column) == column for column in header))
        if repeated.height
        else repeated
    )
    if repeated.height:
        line = repeated[LINE][0]
        raise FileRefused(
            name,
            "repeated_header",
            "the header stands here again: several exports in one file; send them apart",
            line=line,
        )
