"""XLSX: cells as the text a person sees, so that ids stay ids and amounts lose nothing."""

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import polars as pl
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook

from pipelines.intake.raw import LINE, FileRefused, RawNote, RawTable
from schemas.rules.source import Format

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a workbook begins that is protected with a password, or of the format before 2007."""
LARGEST_UNPACKED = 1 << 30
MOST_SHOWN = 5


def read_workbook(name: str, data: bytes, form: Format) -> RawTable:
    """Records of one sheet; the first row is the header, hidden rows count.

    Raises:
        FileRefused: ``unreadable_workbook``, ``ambiguous_sheet``, ``formula_uncached``, ``file_empty``.
    """
    book = _opened(name, data, values=True)
    sheet = _sheet(name, book, form)
    grid = [list(row) for row in book[sheet].iter_rows(values_only=True)]
    while grid and all(cell is None for cell in grid[-1]):
        grid.pop()
    if not grid:
        raise FileRefused(name, "file_empty", f"sheet {sheet!r} holds nothing; send it again")
    _require_cached_formulas(name, data, sheet, grid)
    header = _header(name, grid[0])
    records = [(number, row) for number, row in enumerate(grid[1:], start=2) if any(cell is not None for cell in row)]
    columns = {
        column: [_text(row[place], form) if place < len(row) else None for _, row in records]
        for place, column in header.items()
    }
    schema = {**dict.fromkeys(columns, pl.String()), LINE: pl.UInt32()}
    frame = pl.DataFrame({**columns, LINE: [number for number, _ in records]}, schema=schema)
    return RawTable(frame, notes=_hidden_rows(name, data, book, sheet))


def _opened(name: str, data: bytes, *, values: bool) -> Workbook:
    if data.startswith(OLE_MAGIC):
        detail = "the workbook is protected with a password, or of the format before 2007; save it as plain .xlsx"
        raise FileRefused(name, "unreadable_workbook", detail)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
                raise ValueError("it unpacks to more than a gigabyte")
        return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values)
    except Exception as error:  # openpyxl raises whatever its parsers meet
        raise FileRefused(
            name, "unreadable_workbook", f"the workbook cannot be read ({error}); save it again as .xlsx"
        ) from None


def _sheet(name: str, book: Workbook, form: Format) -> str:
    if form.sheet is not None:
        if form.sheet not in book.sheetnames:
            raise FileRefused(
                name, "ambiguous_sheet", f"there is no sheet {form.sheet!r}; found {', '.join(book.sheetnames)}"
            )
        return form.sheet
    filled = [sheet.title for sheet in book.worksheets if _has_data(sheet)]
    if len(filled) > 1:
        detail = f"sheets {', '.join(map(repr, filled))} all hold data; say which one under from.format.sheet"
        raise FileRefused(name, "ambiguous_sheet", detail)
    return filled[0] if filled else book.sheetnames[0]


def _has_data(sheet: Any) -> bool:
    return any(cell is not None for row in sheet.iter_rows(values_only=True) for cell in row)


def _require_cached_formulas(name: str, data: bytes, sheet: str, values: list[list[Any]]) -> None:
    book = _opened(name, data, values=False)
    rows = book[sheet].iter_rows(values_only=True)
    uncached = [
        f"{get_column_letter(column + 1)}{number + 1}"
        for number, row in enumerate(rows)
        for column, cell in enumerate(row)
        if isinstance(cell, str) and cell.startswith("=") and number < len(values) and values[number][column] is None
    ]
    if uncached:
        cells = ", ".join(uncached[:MOST_SHOWN])
        detail = f"{len(uncached)} formula cells have no stored result ({sheet}!{cells}); open and save the workbook, or export values"
        raise FileRefused(name, "formula_uncached", detail)


def _header(name: str, row: list[Any]) -> dict[int, str]:
    header = {place: str(cell) for place, cell in enumerate(row) if cell is not None}
    names = list(header.values())
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        raise FileRefused(
            name,
            "duplicate_header",
            f"column {twice[0]!r} stands twice in the header; rename one at the source",
            line=1,
        )
    return header


def _text(cell: Any, form: Format) -> str | None:
    """A cell as text; a number with the fifteen digits that a workbook shows, a date as the source's dates."""
    if cell is None or (isinstance(cell, str) and cell in form.null_values):
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _with_marks(f"{cell:.15g}", form)
    if isinstance(cell, datetime | date):
        return _date_text(cell, form)
    if isinstance(cell, time | timedelta):
        return str(cell)
    return str(cell)


def _with_marks(number: str, form: Format) -> str:
    return number.replace(".", form.decimal_mark)


def _date_text(cell: datetime | date, form: Format) -> str:
    first = form.dates if isinstance(form.dates, str) else form.dates[0]
    is_day = not isinstance(cell, datetime) or (cell.hour, cell.minute, cell.second) == (0, 0, 0)
    has_clock = any(part in first for part in ("%H", "%I", "%T"))
    if is_day or has_clock:
        return cell.strftime(first)
    return cell.strftime("%Y-%m-%dT%H:%M:%S")


def _hidden_rows(name: str, data: bytes, book: Workbook, sheet: str) -> tuple[RawNote, ...]:
    path = str(getattr(book[sheet], "_worksheet_path", "")).lstrip("/")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            markup = archive.read(path)
    except KeyError:
        return ()
    hidden = re.findall(
        rb"<row [^>]*?r=\"(\d+)\"[^>]*?hidden=\"(?:1|true)\"|<row [^>]*?hidden=\"(?:1|true)\"[^>]*?r=\"(\d+)\"", markup
    )
    if not hidden:
        return ()
    lines = sorted(int(one or other) for one, other in hidden)
    detail = f"{name}: {len(lines)} hidden rows of sheet {sheet!r} were loaded like the others"
    return (RawNote("hidden_rows", detail, len(lines), lines[0]),)
