"""The look of every workbook: fonts, colours, number formats, borders, as openpyxl styles with a name each.

Sheets ask for a style by name and get its number in the workbook. All styles of a ``Look`` are registered in one
fixed order when it is made, so that the style part of a file never depends on the figures in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter

from compensation.currency import minor_unit_digits

NAVY, BLUE, TEXT, GREY, MUTED = "1F3864", "2F5597", "262626", "595959", "7F7F7F"
HAIRLINE, KPI_FILL = "C9D1DC", "EAF0F8"
AMBER, RED_FILL, GREEN_FILL, ENTRY = "FFF4D6", "FBE3E0", "E3F1E3", "FFFDF5"
CHART_BAR, GOOD, BAD, WARN = "8FAADC", "2E6B34", "C00000", "9C5700"
MINOR_UNITS = (0, 2, 3)
DATE, LONG_DATE = r"yyyy\-mm\-dd", "d mmmm yyyy"
COUNT = r'#,##0_);[Red]\(#,##0\);"–"_)'
PERCENT, HEAD_NUMBER = "0.0%_)", "@_)"
RATE = r'0.00##%_);[Red]\(0.00##%\);"–"_)'
EACH = r'#,##0.00##" each"_);[Red]\(#,##0.00##" each"\);"–"_)'
BOUND = "#,##0.00####_)"
POSITION = r'#,##0.00####_);[Red]\(#,##0.00####\);"–"_)'

Line = Literal["hair", "thin", "medium", "double"]


@dataclass(frozen=True)
class Style:
    """One way a cell looks; the defaults are body text."""

    size: float = 10
    bold: bool = False
    italic: bool = False
    colour: str = TEXT
    fill: str | None = None
    number: str = "General"
    align: str = "left"
    indent: int = 0
    wrap: bool = False
    vertical: str = "center"
    top: Line | None = None
    bottom: Line | None = None
    gutter: bool = False
    locked: bool = True
    quoted: bool = False
    underline: bool = False
    shrink: bool = False


def money(digits: int) -> str:
    """Number format of an amount: negatives red and in brackets, zero a dash."""
    zeros = "." + "0" * digits if digits else ""
    return rf'#,##0{zeros}_);[Red]\(#,##0{zeros}\);"–"_)'


def headline_money(currency: str) -> str:
    """Number format of the amount that matters: the ISO code in front, never a symbol."""
    zeros = "." + "0" * minor_unit_digits(currency) if minor_unit_digits(currency) else ""
    return rf"[${currency}] #,##0{zeros}_);[Red]\([${currency}] #,##0{zeros}\)"


ROW = Style(bottom="hair")
GRID = Style(size=9.5, bottom="hair", indent=1, quoted=True)
GRID_NUMBER = replace(GRID, align="right", indent=0, quoted=False)
HEAD = Style(size=9, bold=True, colour="FFFFFF", fill=NAVY, wrap=True)
TOTAL = Style(bold=True, top="thin", bottom="double")
CARD = Style(size=17, bold=True, colour=NAVY, fill=KPI_FILL, indent=1, gutter=True, shrink=True)
FIRST_CARD = replace(CARD, colour="FFFFFF", fill=NAVY)

PLAIN: dict[str, Style] = {
    "title": Style(size=20, bold=True, colour=NAVY),
    "sheet_title": Style(size=16, bold=True, colour=NAVY),
    "title_right": Style(size=14, bold=True, colour=BLUE, align="right"),
    "under_title": Style(colour=GREY, bottom="medium"),
    "under_title_right": Style(size=9, bold=True, colour=GREY, align="right", bottom="medium"),
    "section": Style(size=12, bold=True, colour=NAVY),
    "section_ruled": Style(size=12, bold=True, colour=NAVY, bottom="medium"),
    "hint": Style(size=9, italic=True, colour=MUTED, align="right"),
    "note": Style(size=9, colour=GREY),
    "note_wrap": Style(size=9, colour=GREY, wrap=True),
    "label": Style(colour=GREY),
    "label_small": Style(size=9, colour=TEXT, bold=True),
    "value": Style(bold=True, quoted=True),
    "first_card_waits": replace(FIRST_CARD, number='"settles later";"settles later";"settles later"'),
    "first_card_elsewhere": replace(FIRST_CARD, number='"paid converted";"paid converted";"paid converted"'),
    "card_label_open": Style(size=9.5, colour=GREY, fill=KPI_FILL, indent=1),
    "card_label": Style(size=9.5, colour=GREY, fill=KPI_FILL, indent=1, gutter=True),
    "first_card_label": Style(size=9.5, colour="FFFFFF", fill=NAVY, indent=1, gutter=True),
    "card_count": replace(CARD, number=COUNT),
    "card_percent": replace(CARD, number="0.0%"),
    "card_change": replace(CARD, number="+0.0%;-0.0%;0.0%"),
    "card_text": replace(CARD, quoted=True),
    "card_warn": replace(CARD, number=COUNT, colour=WARN),
    "head": HEAD,
    "head_indent": replace(HEAD, indent=1),
    "head_number": replace(HEAD, align="right", number=HEAD_NUMBER),
    "text": replace(ROW, quoted=True),
    "text_shrunk": replace(ROW, quoted=True, shrink=True),
    "text_indent_shrunk": replace(ROW, quoted=True, indent=1, shrink=True),
    "text_indent": replace(ROW, quoted=True, indent=1),
    "bound": replace(ROW, align="right", number=BOUND),
    "text_right": replace(ROW, align="right", quoted=True),
    "text_right_grey": replace(ROW, size=9, colour=MUTED, italic=True, align="right"),
    "text_wrap": replace(ROW, quoted=True, wrap=True),
    "count": replace(ROW, align="right", number=COUNT),
    "percent": replace(ROW, align="right", number=PERCENT),
    "rate": replace(ROW, align="right", number=RATE),
    "each": replace(ROW, align="right", number=EACH),
    "position": replace(ROW, align="right", number=POSITION),
    "link": replace(ROW, colour=BLUE, align="right", underline=True),
    "link_plain": Style(colour=BLUE, underline=True),
    "change": replace(ROW, align="right", number=r"0.0%_);[Red]\(0.0%\);–_)"),
    "back": Style(colour=BLUE, align="right", underline=True),
    "check": replace(ROW, bold=True, colour=GOOD, align="right"),
    "check_total": replace(TOTAL, colour=GOOD, fill=GREEN_FILL, align="right"),
    "total": TOTAL,
    "total_indent": replace(TOTAL, indent=1),
    "total_right": replace(TOTAL, align="right"),
    "total_count": replace(TOTAL, align="right", number=COUNT),
    "total_rate": replace(TOTAL, align="right", number=RATE),
    "net_label": replace(TOTAL, size=11, fill=KPI_FILL, colour=NAVY),
    "net_count": replace(TOTAL, size=11, fill=KPI_FILL, colour=NAVY, align="right", number=COUNT),
    "grid_text": GRID,
    "grid_first": replace(GRID, indent=0),
    "grid_first_id": replace(GRID, indent=0, number="@"),
    "grid_wrap": replace(GRID, wrap=True),
    "grid_id": replace(GRID, number="@"),
    "grid_code": replace(GRID, number="@", align="center", indent=0),
    "grid_date": replace(GRID, number=DATE, quoted=False, align="center", indent=0),
    "grid_count": replace(GRID_NUMBER, number="0"),
    "grid_percent": replace(GRID_NUMBER, number="0.0###%_)"),
    "grid_change": replace(GRID_NUMBER, number=r"0.0%_);[Red]\(0.0%\)"),
    "grid_change_amber": replace(GRID_NUMBER, number=r"0.0%_);[Red]\(0.0%\)", fill=AMBER),
    "grid_rate": replace(GRID_NUMBER, number=RATE),
    "grid_each": replace(GRID_NUMBER, number=EACH),
    "grid_position": replace(GRID_NUMBER, number=POSITION),
    "grid_link": replace(GRID, colour=BLUE, underline=True, quoted=False),
    "grid_entry": replace(GRID, locked=False, fill=ENTRY),
    "grid_text_amber": replace(GRID, fill=AMBER),
    "entry": replace(ROW, fill=ENTRY, locked=False),
    "date": replace(ROW, number=DATE, align="left"),
}
"""Styles that no currency changes."""


def money_styles(digits: int) -> dict[str, Style]:
    """Styles of amounts with so many decimals: ``money2``, ``total_money0``."""
    number = money(digits)
    return {
        f"money{digits}": replace(ROW, align="right", number=number),
        f"money_grey{digits}": replace(ROW, align="right", number=number, colour=GREY),
        f"total_money{digits}": replace(TOTAL, align="right", number=number),
        f"net_money{digits}": replace(TOTAL, size=11, fill=KPI_FILL, colour=NAVY, align="right", number=number),
        f"card_money{digits}": replace(CARD, number=number),
        f"card_money_open{digits}": replace(CARD, number=number, gutter=False),
        f"grid_money{digits}": replace(GRID_NUMBER, number=number),
        f"grid_money_bold{digits}": replace(GRID_NUMBER, number=number, bold=True),
        f"grid_money_red{digits}": replace(GRID_NUMBER, number=number, bold=True, fill=RED_FILL),
        f"grid_total{digits}": replace(TOTAL, size=9.5, align="right", number=number),
    }


@dataclass(frozen=True)
class Look:
    """Every style of a workbook in its currencies, by name, and a workbook that has them all."""

    base: Workbook
    numbers: dict[str, int]

    def number_of(self, style: str) -> int:
        """Number of the style in the workbook, as cells name it."""
        return self.numbers[style]

    def new_workbook(self) -> Workbook:
        """An empty workbook without sheets that shares all styles."""
        book = Workbook()
        book.remove(book.worksheets[0])
        for name in ("_fonts", "_fills", "_borders", "_alignments", "_protections", "_number_formats", "_cell_styles"):
            setattr(book, name, getattr(self.base, name))
        return book


@lru_cache(maxsize=32)
def look_for(currencies: tuple[str, ...]) -> Look:
    """The look of a workbook with amounts in these currencies (sorted ISO codes)."""
    styles = dict(PLAIN)
    for digits in MINOR_UNITS:
        styles |= money_styles(digits)
    for code in currencies:
        styles[f"first_card_{code}"] = replace(FIRST_CARD, number=headline_money(code))
        styles[f"card_{code}"] = replace(CARD, number=headline_money(code))
    base = Workbook()
    return Look(base, {name: _register(base, style) for name, style in styles.items()})


def digits_style(prefix: str, currency: str) -> str:
    """Name of the style for amounts in ``currency``: ``digits_style("money", "JPY")`` is ``money0``."""
    return f"{prefix}{minor_unit_digits(currency)}"


def fill(colour: str) -> PatternFill:
    """A plain background."""
    return PatternFill("solid", start_color=colour, end_color=colour)


def _register(book: Workbook, style: Style) -> int:
    array = StyleArray()
    array.fontId = book._fonts.add(_font(style))  # type: ignore[attr-defined]
    array.fillId = book._fills.add(fill(style.fill)) if style.fill else 0  # type: ignore[attr-defined]
    array.borderId = book._borders.add(_border(style))  # type: ignore[attr-defined]
    array.alignmentId = book._alignments.add(_alignment(style))  # type: ignore[attr-defined]
    array.protectionId = book._protections.add(Protection(locked=style.locked))  # type: ignore[attr-defined]
    array.numFmtId = _number_format(book, style.number)
    array.quotePrefix = int(style.quoted)
    return int(book._cell_styles.add(array))  # type: ignore[attr-defined]


def _number_format(book: Workbook, number: str) -> int:
    builtin = {"General": 0, "0": 1, "@": 49}
    if number in builtin:
        return builtin[number]
    return int(book._number_formats.add(number)) + 164  # type: ignore[attr-defined]


def _font(style: Style) -> Font:
    return Font(
        name="Calibri", size=style.size, bold=style.bold, italic=style.italic, color=style.colour,
        underline="single" if style.underline else None, family=2,
    )  # fmt: skip


def _alignment(style: Style) -> Alignment:
    return Alignment(
        horizontal=style.align, vertical=style.vertical, indent=style.indent,
        wrap_text=style.wrap or None, shrink_to_fit=style.shrink or None,
    )  # fmt: skip


def _border(style: Style) -> Border:
    def side(line: Line | None) -> Side | None:
        return Side(style=line, color=HAIRLINE if line == "hair" else NAVY) if line else None

    gutter = Side(style="thick", color="FFFFFF") if style.gutter else None
    return Border(top=side(style.top), bottom=side(style.bottom), right=gutter)


def column_widths(book_sheet: object, widths: Sequence[float]) -> None:
    """Set the widths of columns from A on."""
    dimensions = book_sheet.column_dimensions  # type: ignore[attr-defined]
    for number, width in enumerate(widths, start=1):
        dimensions[get_column_letter(number)].width = width
