"""One sheet while it is written: its cells as XML, everything around them through openpyxl."""

from collections.abc import Iterable, Sequence
from typing import Literal

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.workbooks.cells import Link, Value, cell_xml, clean_text
from pipelines.workbooks.look import RED_FILL, Look, column_widths, fill


class Sheet:
    """Rows go in by ``put``, ``row`` and ``grid``; ``finish`` hands the XML of all rows over."""

    def __init__(self, book: Workbook, look: Look, title: str, widths: Sequence[float]) -> None:
        self.look = look
        self.page: Worksheet = book.create_sheet(title)
        self.title = title
        self.width = len(widths)
        self.links: list[Hyperlink] = []
        self.charts_row = 1
        self._cells: dict[int, dict[int, str]] = {}
        self._heights: dict[int, float] = {}
        self._grids: dict[int, list[str]] = {}
        column_widths(self.page, widths)
        self.page.sheet_view.showGridLines = False

    def put(self, row: int, column: int, value: Value, style: str) -> None:
        """Write one cell."""
        if isinstance(value, Link):
            self._add_link(row, column, value)
        self._cells.setdefault(row, {})[column] = cell_xml(row, column, value, self.look.number_of(style))

    def row(self, row: int, column: int, cells: Iterable[tuple[Value, str]], height: float | None = None) -> None:
        """Write cells side by side, from ``column`` on."""
        for offset, (value, style) in enumerate(cells):
            self.put(row, column + offset, value, style)
        if height:
            self._heights[row] = height

    def height(self, row: int, points: float) -> None:
        """Set the height of a row."""
        self._heights[row] = points

    def grid(self, first_row: int, rows: Iterable[str]) -> None:
        """Add detail rows that are XML already."""
        self._grids[first_row] = list(rows)

    def merge(self, row: int, first_column: int, last_column: int) -> None:
        """Merge cells of a row: only headline figures, never data."""
        cells = f"{get_column_letter(first_column)}{row}:{get_column_letter(last_column)}{row}"
        self.page.merged_cells.add(CellRange(cells))

    def table(self, name: str, heads: Sequence[str], first_row: int, last_row: int, first_column: int = 1) -> None:
        """Make the rows a real Excel table, for filters and screen readers; the look stays ours."""
        ref = (
            f"{get_column_letter(first_column)}{first_row}:{get_column_letter(first_column + len(heads) - 1)}{last_row}"
        )
        table = Table(displayName=name, ref=ref)
        table.tableColumns = [TableColumn(id=number, name=head) for number, head in enumerate(heads, start=1)]
        table.autoFilter = AutoFilter(ref=ref)
        table.tableStyleInfo = TableStyleInfo(name=None, showRowStripes=False)
        self.page.add_table(table)

    def turns_red(self, cells: str) -> None:
        """Give checks that fail a red background; their text says it anyway."""
        first = cells.split(":", maxsplit=1)[0].replace("$", "")
        rule = FormulaRule(formula=[f'LEFT({first},1)="✗"'], fill=fill(RED_FILL))  # type: ignore[no-untyped-call]
        self.page.conditional_formatting.add(cells, rule)

    def print_on(
        self, *, orientation: Literal["portrait", "landscape"], pages_tall: int, paper: str,
        head_row: int | None = None, freeze: str | None = None,
    ) -> None:  # fmt: skip
        """Set the page: fit to one page wide, margins, print titles, freeze, protection."""
        page = self.page
        page.page_setup.orientation = orientation
        page.page_setup.paperSize = page.PAPERSIZE_LETTER if paper == "letter" else page.PAPERSIZE_A4
        page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, pages_tall
        page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        margins = page.page_margins
        margins.left = margins.right = 0.5
        margins.top, margins.bottom, margins.header, margins.footer = 0.7, 0.65, 0.3, 0.3
        page.print_options.horizontalCentered = True
        if head_row:
            page.print_title_rows = f"{head_row}:{head_row}"
        if freeze:
            page.freeze_panes = freeze
        _protect(page)

    def header_and_footer(self, left: str, right: str, run: str) -> None:
        """Print who and what at the top, run and page at the bottom, 8 point grey."""
        head, foot = self.page.oddHeader, self.page.oddFooter
        assert head is not None  # noqa: S101 - every worksheet has both
        assert foot is not None  # noqa: S101
        texts = (_plain(left), _plain(right), _plain(run), "&A · page &P of &N")
        for part, words in zip((head.left, head.right, foot.left, foot.right), texts, strict=True):
            part.text, part.size, part.color, part.font = words, 8, "7F7F7F", "Calibri,Regular"

    def finish(self) -> bytes:
        """The XML of all rows, in order."""
        rows: list[tuple[int, str]] = []
        for number in sorted(set(self._cells) | set(self._heights)):
            cells = self._cells.get(number, {})
            height = self._heights.get(number)
            shown = f' ht="{height:g}" customHeight="1"' if height else ""
            rows.append(
                (number, f'<row r="{number}"{shown}>{"".join(cells[column] for column in sorted(cells))}</row>')
            )
        rows.extend((first, "".join(grid)) for first, grid in self._grids.items())
        return ("<sheetData>" + "".join(xml for _, xml in sorted(rows)) + "</sheetData>").encode()

    def dimension(self) -> str:
        """The cells in use, as ``A1:H40``."""
        last = max([1, *self._cells, *(first + len(grid) - 1 for first, grid in self._grids.items())])
        return f"A1:{get_column_letter(self.width)}{last}"

    def _add_link(self, row: int, column: int, link: Link) -> None:
        ref = f"{get_column_letter(column)}{row}"
        where = {"location": link.location} if link.location else {"target": link.target}
        self.links.append(Hyperlink(ref=ref, tooltip=None, **where))


def _plain(text: str) -> str:
    """Text of a header: an ampersand would start a code there, and Excel takes 255 characters for all three parts."""
    return clean_text(text)[:100].replace("&", "&&")


def _protect(page: Worksheet) -> None:
    protection = page.protection
    protection.sheet = True
    protection.sort = protection.autoFilter = protection.formatColumns = protection.formatRows = False
