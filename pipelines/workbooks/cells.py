"""Cells as XML: text is always text, numbers are exact, and only ``Formula`` makes a formula.

openpyxl would turn any text that begins with ``=`` into a formula, cut long text and write no cached results.
So cells are written here, as the sheet format has them, and openpyxl writes everything around them.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from openpyxl.utils import get_column_letter

LONGEST_TEXT = 32_767
"""What Excel takes in one cell, in UTF-16 units."""

EXACT_DIGITS = 15
"""Digits of a number that Excel keeps."""

_EPOCH = date(1899, 12, 30)
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile("[\t\r\n\x0b\x0c\u2028\u2029]+")
_ESCAPE_LOOKALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_DANGEROUS_START = re.compile(r"^[\s\x00-\x1f'\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n\x00|%]")


@dataclass(frozen=True)
class Formula:
    """A live formula of ours (without ``=``) and the result that the engine has for it."""

    text: str
    cached: Decimal | int | str


@dataclass(frozen=True)
class Link:
    """Text that leads somewhere: ``location`` inside the workbook, or ``target``, a file beside it."""

    text: str
    location: str = ""
    target: str = ""


Value = str | Decimal | int | date | Formula | Link | None


def clean_text(text: str) -> str:
    """The text as a cell can hold it: what XML forbids becomes U+FFFD, line breaks become spaces, long text is cut aloud."""
    plain = _UNWRITABLE.sub("\ufffd", _SPACES.sub(" ", text))
    units = len(plain.encode("utf-16-le")) // 2
    if units <= LONGEST_TEXT:
        return plain
    return f"{plain[: LONGEST_TEXT // 2 - 60]} … (cut: the text has {len(plain):,} characters)"


@lru_cache(maxsize=65_536)
def text_xml(text: str) -> str:
    """The text inside XML; ``_x0041_``, which Excel would read as ``A``, stays as it is."""
    escaped = clean_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ESCAPE_LOOKALIKE.sub("_x005F_", escaped)


def plain_number(value: Decimal | int) -> str:
    """The number written out, without exponent and without trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def serial_day(day: date) -> int:
    """The date as Excel counts days."""
    return (day - _EPOCH).days


def is_exact_in_excel(value: Decimal) -> bool:
    """Whether Excel keeps every digit of the number."""
    return len(plain_number(value).replace("-", "").replace(".", "").strip("0")) <= EXACT_DIGITS


def cell_xml(row: int, column: int, value: Value, style: int) -> str:
    """One cell."""
    head = f'<c r="{get_column_letter(column)}{row}" s="{style}"'
    if value is None or value == "":
        return f"{head}/>"
    if isinstance(value, Formula):
        return _formula_xml(head, value)
    if isinstance(value, Link):
        value = value.text
    if isinstance(value, str):
        return f'{head} t="inlineStr"><is><t xml:space="preserve">{text_xml(value)}</t></is></c>'
    number = serial_day(value) if isinstance(value, date) else value
    return f"{head}><v>{plain_number(number)}</v></c>"


def _formula_xml(head: str, formula: Formula) -> str:
    body = _escaped(formula.text)
    if isinstance(formula.cached, str):
        return f'{head} t="str"><f>{body}</f><v>{text_xml(formula.cached)}</v></c>'
    return f"{head}><f>{body}</f><v>{plain_number(formula.cached)}</v></c>"


def _escaped(formula: str) -> str:
    return formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def csv_text(text: str | None) -> str:
    """The text as a spreadsheet program may open it from a CSV file: an apostrophe keeps it from being run."""
    plain = _UNWRITABLE.sub("\ufffd", _SPACES.sub(" ", text or ""))
    return f"'{plain}" if _DANGEROUS_START.match(text or "") else plain


def quoted_text(text: str) -> str:
    """The text as a formula of ours may hold it."""
    return '"' + clean_text(text).replace('"', '""') + '"'
