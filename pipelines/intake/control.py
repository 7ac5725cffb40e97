"""What a file says of itself: a footer is no data, and the totals it states are true."""

import re
from decimal import Decimal

import polars as pl

from pipelines.intake.columns import FileContext
from pipelines.intake.parsing.numbers import EXACT, parse_number, read_number
from pipelines.intake.raw import LINE, RECORD_FAULT, FileRefused, RawTable
from schemas.rules.source import ColumnRule

FOOTER = re.compile(
    r"(grand\s+total|total|totals|sum|summe|gesamt|gesamtsumme|row\s*count|rows|records|count)\b.*",
    re.IGNORECASE | re.DOTALL,
)
"""How the first cell of a footer begins where the source does not say so."""
LAST_ROWS = 2


def with_footer(table: RawTable, context: FileContext) -> RawTable:
    """The table with footer records marked as faults, after checking what they state.

    Raises:
        FileRefused: ``control_total`` where a stated total or count is not what the file holds.
    """
    rows = _footer_rows(table, context.source.control.footer)
    if not rows:
        if context.source.control.footer is not None:
            detail = f"no last record starts with {context.source.control.footer!r}, so the file may be cut off; send it again"
            raise FileRefused(context.name, "file_truncated", detail, line=_last_line(table))
        return table
    _require_totals(table, rows, context)
    marked = pl.DataFrame(
        [
            (row, None, _cells(table, row), "footer_row", "a footer of the export, not a record; it is left out")
            for row in rows
        ],
        schema=RECORD_FAULT,
        orient="row",
    )
    others = table.faults.filter(~pl.col("row").is_in(rows))
    return RawTable(table.frame, pl.concat([others, marked]).sort("row"), table.notes)


def _last_line(table: RawTable) -> int | None:
    return table.frame[LINE][-1] if table.frame.height else None


def _footer_rows(table: RawTable, declared: str | None) -> list[int]:
    """The last rows that are footers: as declared, or the last one where it can be nothing else."""
    height, found = table.frame.height, []
    for row in range(height - 1, max(height - 1 - LAST_ROWS, -1), -1):
        cells = [cell for cell in table.frame.row(row)[: len(table.columns)] if cell is not None]
        first = next((cell for cell in cells if isinstance(cell, str) and cell.strip()), "")
        is_sparse = len(cells) * 2 <= len(table.columns) + 1
        matches = (
            first.strip().startswith(declared) if declared else bool(FOOTER.fullmatch(first.strip())) and is_sparse
        )
        if not matches:
            break
        found.append(row)
    return sorted(found)


def _cells(table: RawTable, row: int) -> str:
    return ",".join("" if cell is None else str(cell) for cell in table.frame.row(row)[: len(table.columns)])


def _require_totals(table: RawTable, rows: list[int], context: FileContext) -> None:
    control, footer = context.source.control, table.frame.row(rows[0], named=True)
    data = table.frame.filter(~pl.int_range(pl.len()).is_in(rows))
    line = footer[LINE]
    if control.total_of is not None:
        form = context.number_form(ColumnRule(column=control.total_of))
        stated = read_number(str(_cell(footer, control.total_of, context)), form).value
        total = parse_number(data[control.total_of].cast(pl.String), form, "money").values.cast(EXACT).sum()
        found = Decimal(total)
        if stated is None or Decimal(stated) != found:
            detail = f"the footer states {footer[control.total_of]!r} as the total of {control.total_of!r}, the records add up to {found.normalize():f}; send the file again"
            raise FileRefused(context.name, "control_total", detail, line=line)
    if control.rows_in is not None and str(_cell(footer, control.rows_in, context)).strip() != str(data.height):
        detail = (
            f"the footer states {footer[control.rows_in]!r} records, the file holds {data.height}; send the file again"
        )
        raise FileRefused(context.name, "control_total", detail, line=line)


def _cell(footer: dict[str, object], column: str, context: FileContext) -> object:
    if column not in footer:
        detail = f"control names the column {column!r}, which the file does not have; correct the source file"
        raise FileRefused(context.name, "missing_column", detail, line=1)
    return footer[column]
