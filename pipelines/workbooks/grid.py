"""Detail rows as XML, column by column: the fast path, since a sheet can have a hundred thousand of them.

A column is a list of cell tails, all that follows the cell's address; ``rows_xml`` puts addresses and tails together.
"""

from collections.abc import Iterator, Sequence

import polars as pl
from openpyxl.utils import get_column_letter

from pipelines.workbooks.cells import text_xml

_DAYS_TO_1970 = 25_569
"""Days from 1899-12-30, from which Excel counts, to 1970-01-01."""

Style = int | Sequence[int]
"""One style for the whole column, or one per row."""


def texts(values: Sequence[str | None], style: Style) -> list[str]:
    """Cells of text; always text, whatever it begins with."""
    return [
        f'" s="{number}" t="inlineStr"><is><t xml:space="preserve">{text_xml(value)}</t></is></c>'
        if value
        else f'" s="{number}"/>'
        for value, number in zip(values, _each(style, len(values)), strict=True)
    ]


def numbers(values: Sequence[str | None], style: Style) -> list[str]:
    """Cells of numbers, given as exact text (``number_texts``)."""
    return [
        f'" s="{number}"><v>{value}</v></c>' if value is not None else f'" s="{number}"/>'
        for value, number in zip(values, _each(style, len(values)), strict=True)
    ]


def formulas(values: Sequence[str | None], cached: Sequence[str], style: Style) -> list[str]:
    """Cells of formulas that give numbers, each with the engine's result; no formula, the result alone (0 is left out)."""
    return [
        f'" s="{number}"><f>{formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}</f><v>{result}</v></c>'
        if formula is not None
        else (f'" s="{number}"><v>{result}</v></c>' if result != "0" else f'" s="{number}"/>')
        for formula, result, number in zip(values, cached, _each(style, len(values)), strict=True)
    ]


def number_texts(column: pl.Series) -> list[str | None]:
    """Decimals and integers written out, without trailing zeros; dates as Excel counts days."""
    if column.dtype == pl.Date:
        return (column.cast(pl.Int32) + _DAYS_TO_1970).cast(pl.String).to_list()
    text = column.cast(pl.String)
    if isinstance(column.dtype, pl.Decimal):
        text = pl.select(
            pl.when(text.str.contains(".", literal=True)).then(text.str.replace(r"\.?0+$", "")).otherwise(text)
        ).to_series()
        text = text.str.replace("^-0$", "0")
    return text.to_list()


def rows_xml(first_row: int, columns: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows, one string each."""
    heads = [f'<c r="{get_column_letter(number)}' for number in range(1, len(columns) + 1)]
    for row, tails in enumerate(zip(*columns, strict=True), start=first_row):
        yield f'<row r="{row}">{"".join([f"{head}{row}{tail}" for head, tail in zip(heads, tails, strict=True)])}</row>'


def _each(style: Style, length: int) -> Sequence[int]:
    return [style] * length if isinstance(style, int) else style
