"""Two workbooks byte for byte; where they differ, the first place that a person can look at."""

import io
import zipfile
from itertools import zip_longest

from openpyxl import load_workbook


def first_difference(issued: bytes, rebuilt: bytes) -> str | None:
    """Where two workbooks differ first: sheet and cell with both values, else the part; None where they are the same bytes."""
    if issued == rebuilt:
        return None
    try:
        return _cell(issued, rebuilt) or _part(issued, rebuilt)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        return f"the issued file is no workbook that can be read ({len(issued):,} bytes; rebuilt {len(rebuilt):,})"


def _cell(issued: bytes, rebuilt: bytes) -> str | None:
    books = [load_workbook(io.BytesIO(packed)) for packed in (issued, rebuilt)]
    names = [book.sheetnames for book in books]
    if names[0] != names[1]:
        return f"sheets {', '.join(names[0])}; rebuilt {', '.join(names[1])}"
    for name in names[0]:
        rows = zip_longest(*(book[name].iter_rows() for book in books), fillvalue=())
        for cells in rows:
            for one, other in zip_longest(*cells):
                was, made = (None if cell is None else cell.value for cell in (one, other))
                if was != made:
                    place = (one or other).coordinate
                    return f"sheet {name}, cell {place}: issued {_shown(was)}, rebuilt {_shown(made)}"
    return None


def _shown(value: object) -> str:
    return "nothing" if value is None else f"'{value}'"


def _part(issued: bytes, rebuilt: bytes) -> str:
    parts = [_parts(packed) for packed in (issued, rebuilt)]
    names = [*parts[0], *(name for name in parts[1] if name not in parts[0])]
    differing = [name for name in names if parts[0].get(name) != parts[1].get(name)]
    if not differing:
        return "every part is the same, but the file is packed otherwise"
    return f"every cell is the same, but part {differing[0]} is not ({len(differing)} in all)"


def _parts(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
