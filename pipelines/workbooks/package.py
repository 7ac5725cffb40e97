"""From a workbook to bytes, the same bytes every time.

openpyxl stamps times, leaves out cached results and has no alternative text for charts. Here its parts are
collected, the rows put in, the properties set from the snapshot, and the zip written with fixed times.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from pipelines.workbooks.cells import clean_text, text_xml
from pipelines.workbooks.sheet import Sheet

_MEMBER_TIME = (1980, 1, 1, 0, 0, 0)
_CHART_FRAME = re.compile(rb'<(\w*:?)cNvPr id="(\d+)" name="(Chart \d+)"\s*/>')
_EMPTY_ROWS = re.compile(rb"<sheetData\s*/>|<sheetData>\s*</sheetData>")


@dataclass(frozen=True)
class Document:
    """What the properties of the file say."""

    title: str
    subject: str
    creator: str
    made_at: datetime
    properties: dict[str, str]


class _Parts:
    """Stands in for the zip archive: keeps each part by name."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}

    def writestr(self, name: str, data: Any) -> None:
        self.parts[name] = data.encode() if isinstance(data, str) else bytes(data)

    def namelist(self) -> list[str]:
        return list(self.parts)


class _SheetWriter(WorksheetWriter):
    """openpyxl's writer with our links and without its rows."""

    _rels: Any

    def __init__(self, sheet: Sheet) -> None:
        self.buffer = io.BytesIO()
        super().__init__(sheet.page, self.buffer)
        self.ws._hyperlinks = sheet.links  # type: ignore[union-attr]


class _BookWriter(ExcelWriter):
    _archive: Any

    def __init__(self, book: Workbook, parts: _Parts, sheets: Sequence[Sheet]) -> None:
        super().__init__(book, parts)  # type: ignore[arg-type]
        self._sheets = {sheet.title: sheet for sheet in sheets}

    def write_worksheet(self, ws: Any) -> None:
        sheet = self._sheets[ws.title]
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts = ws._charts
        ws._drawing.images = []
        ws.calculate_dimension = sheet.dimension
        writer = _SheetWriter(sheet)
        writer.write()
        ws._rels = writer._rels
        xml, times = _EMPTY_ROWS.subn(lambda _: sheet.finish(), writer.buffer.getvalue(), count=1)
        if times != 1:
            raise RuntimeError(
                f"sheet {ws.title}: openpyxl has written cells of its own; write cells only through Sheet"
            )
        self._archive.writestr(ws.path[1:], xml)
        self.manifest.append(ws)


def workbook_bytes(book: Workbook, sheets: Sequence[Sheet], document: Document, alt_texts: Sequence[str]) -> bytes:
    """The finished file; ``alt_texts`` has one sentence per chart, in the order they were added, with the numbers in words."""
    return zipped(workbook_parts(book, sheets, document, alt_texts))


def workbook_parts(
    book: Workbook, sheets: Sequence[Sheet], document: Document, alt_texts: Sequence[str]
) -> dict[str, bytes]:
    """The parts of the file by name."""
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    for name, value in sorted(document.properties.items()):
        book.custom_doc_props.append(  # type: ignore[attr-defined]
            StringProperty(name=name, value=clean_text(value))
        )
    archive = _Parts()
    _BookWriter(book, archive, sheets).write_data()
    archive.parts["docProps/core.xml"] = _core_xml(document)
    remaining = iter(alt_texts)
    for name in sorted(part for part in archive.parts if part.startswith("xl/drawings/drawing")):
        archive.parts[name] = _with_alt_texts(archive.parts[name], remaining)
    return archive.parts


def zipped(parts: dict[str, bytes]) -> bytes:
    """The parts as a zip file with fixed times and attributes, the content types first as Excel expects."""
    buffer = io.BytesIO()
    order = sorted(parts, key=lambda name: (name != "[Content_Types].xml", name))
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in order:
            member = zipfile.ZipInfo(name, _MEMBER_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = 0, 0
            archive.writestr(member, parts[name], compresslevel=6)
    return buffer.getvalue()


def parts_hash(data: bytes) -> str:
    """sha256 over the uncompressed parts in name order: the same whatever zip program packed them."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(archive.namelist()):
            content = archive.read(name)
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _with_alt_texts(xml: bytes, sentences: Any) -> bytes:
    def described(match: re.Match[bytes]) -> bytes:
        words = text_xml(next(sentences)).replace('"', "&quot;").encode()
        return b'<%bcNvPr id="%b" name="%b" descr="%b"/>' % (match[1], match[2], match[3], words)

    return _CHART_FRAME.sub(described, xml)


def _core_xml(document: Document) -> bytes:
    made_at = document.made_at.astimezone(UTC) if document.made_at.tzinfo else document.made_at
    moment = made_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:creator>{text_xml(document.creator)}</dc:creator><dc:title>{text_xml(document.title)}</dc:title>"
        f"<dc:subject>{text_xml(document.subject)}</dc:subject><dc:language>en</dc:language>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{moment}</dcterms:modified></cp:coreProperties>'
    ).encode()
