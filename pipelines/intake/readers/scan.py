"""Where the records of a delimited file begin and end, and how many fields each has, by its bytes alone.

Polars pads a short record with nulls without saying so, and counts records where people count lines. This
scan is exact and vectorised; it runs only when a cheap count says that something may be wrong, or quotes occur.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

CHUNK = 1 << 25
NEWLINE = 10

Positions: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Records:
    """Per record: offset of its first byte and of the line end after it, number of fields, physical line (from 1)."""

    starts: Positions
    ends: Positions
    fields: Positions
    lines: Positions


@dataclass(frozen=True)
class QuoteFault:
    """An opening quote that nothing closes properly."""

    offset: int
    line: int


def records_of(data: bytes, delimiter: int, quote: int | None) -> Records | QuoteFault:
    """Scan the whole file; line ends are single line feeds and the last record has one."""
    buffer = np.frombuffer(data, dtype=np.uint8)
    quotes_before = lines_before = delimiters_before = 0
    ends, fields, lines = [], [], []
    for start in range(0, len(buffer), CHUNK):
        chunk = buffer[start : start + CHUNK]
        newlines = np.flatnonzero(chunk == NEWLINE)
        delimiters = np.flatnonzero(chunk == delimiter)
        record_ends = newlines
        if quote is not None:
            quotes = np.flatnonzero(chunk == quote)
            fault = _quote_fault(buffer, quotes + start, quotes_before, delimiter, quote)
            if fault is not None:
                return fault
            record_ends = newlines[_outside(newlines, quotes, quotes_before)]
            delimiters = delimiters[_outside(delimiters, quotes, quotes_before)]
            quotes_before += len(quotes)
        ends.append(record_ends + start)
        fields.append(np.searchsorted(delimiters, record_ends) + delimiters_before)
        lines.append(np.searchsorted(newlines, record_ends) + lines_before + 1)
        delimiters_before += len(delimiters)
        lines_before += len(newlines)
    if quote is not None and quotes_before % 2:
        return _at(buffer, int(data.rfind(bytes([quote]))))
    return _records(np.concatenate(ends), np.concatenate(fields), np.concatenate(lines))


def _records(ends: Positions, delimiters: Positions, last_lines: Positions) -> Records:
    starts = np.concatenate([[0], ends[:-1] + 1])
    fields = np.diff(delimiters, prepend=0) + 1
    lines = np.concatenate([[1], last_lines[:-1] + 1])
    return Records(starts, ends, fields, lines)


def _outside(positions: Positions, quotes: Positions, quotes_before: int) -> npt.NDArray[np.bool_]:
    is_outside: npt.NDArray[np.bool_] = (np.searchsorted(quotes, positions) + quotes_before) % 2 == 0
    return is_outside


def _quote_fault(
    buffer: npt.NDArray[np.uint8], quotes: Positions, quotes_before: int, delimiter: int, quote: int
) -> QuoteFault | None:
    """The first quote that opens inside a field, or closes before the field ends."""
    if not len(quotes):
        return None
    opens = (np.arange(len(quotes)) + quotes_before) % 2 == 0
    before = buffer[np.maximum(quotes - 1, 0)]
    after = buffer[np.minimum(quotes + 1, len(buffer) - 1)]
    border = [delimiter, NEWLINE, quote]
    wrong_open = opens & ~np.isin(before, border) & (quotes > 0)
    wrong_close = ~opens & ~np.isin(after, border) & (quotes < len(buffer) - 1)
    wrong = np.flatnonzero(wrong_open | wrong_close)
    if not len(wrong):
        return None
    at = int(quotes[wrong[0]])
    if wrong_close[wrong[0]]:
        at = bytes(buffer[:at]).rfind(bytes([quote]))
    return _at(buffer, at)


def _at(buffer: npt.NDArray[np.uint8], offset: int) -> QuoteFault:
    return QuoteFault(offset, int(np.count_nonzero(buffer[:offset] == NEWLINE)) + 1)
