"""How long one statement workbook takes, as a ratio to plain openpyxl writing the same detail rows.

Run: ``python benchmarks/workbooks.py`` (a minute). The machine swings, so both writers take turns and medians are
compared; milliseconds are shown beside the ratio.
"""

import io
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
from openpyxl.styles import Border, Font, Side

sys.path.insert(0, str(Path(__file__).parents[1]))

from compensation.calculate import calculate, periods_of
from pipelines.workbooks import Provenance, StatementData
from pipelines.workbooks.assemble import statements_of_period
from pipelines.workbooks.write import content_of, statement_bytes
from tests.compensation.statement.statement_world import COMPANY, DAY, RULES, facts, table

SIZES = (30, 300, 3_000)
ROUNDS = 7
PROVENANCE = Provenance(
    "snap-benchmark", date(2026, 1, 31), datetime(2026, 2, 1, 2, 30, tzinfo=UTC), "0" * 64, "benchmark"
)


def statement_of(lines: int) -> StatementData:
    """A statement with about so many detail rows, through the whole calculation."""
    given = facts()
    orders = [
        {
            "order_id": f"SO-{n}", "account_id": "A-3", "sales_rep_id": "E-1043", "currency": "EUR", "status": "confirmed",
            "order_date": DAY(f"2026-01-{1 + n % 28:02}"),
        }
        for n in range(lines)
    ]  # fmt: skip
    rows = [
        {
            "order_line_id": f"SO-{n}-1", "order_id": f"SO-{n}", "line_number": 1, "product_id": "P-1", "quantity": Decimal(1),
            "net_amount": Decimal(1000 + n * 37 % 5000) / 100,
        }
        for n in range(lines)
    ]  # fmt: skip
    given |= {
        "orders": table("orders", orders),
        "order_lines": table("order_lines", rows),
        "returns": table("returns", []),
    }
    tables = calculate(given, RULES)
    found = statements_of_period(tables, given, RULES, periods_of(given, COMPANY), "2026-P01")
    return next(data for data in found if data.payee_id == "E-1043")


def plain_openpyxl(data: StatementData) -> bytes:
    """The detail rows alone, cell by cell with styles, as openpyxl is commonly used: no formula results, no other sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    font, border = Font(name="Calibri", size=9.5), Border(bottom=Side(style="hair"))
    shown = data.details.select(pl.all().exclude("account_id")).head(data.details.height)
    for number, values in enumerate(shown.iter_rows(), start=5):
        for column, value in enumerate(values[:21], start=1):
            cell = sheet.cell(number, column, value)
            cell.font, cell.border, cell.number_format = font, border, "#,##0.00"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def in_turns(writers: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median milliseconds of each, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in writers}
    for _ in range(ROUNDS):
        for name, write in writers.items():
            start = time.perf_counter()
            write()
            taken[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in taken.items()}


def main() -> None:
    """Print one row per size."""
    print(
        f"{'lines':>6} {'statement ms':>13} {'plain openpyxl ms':>18} {'ratio':>6} {'content hash ms':>16} {'KiB':>7}"
    )
    for lines in SIZES:
        data = statement_of(lines)
        found = in_turns({
            "ours": lambda data=data: statement_bytes(data, PROVENANCE, 1),
            "plain": lambda data=data: plain_openpyxl(data),
            "hash": lambda data=data: content_of(data),
        })  # fmt: skip
        size = len(statement_bytes(data, PROVENANCE, 1)) / 1024
        print(
            f"{data.details.height:>6} {found['ours']:>13.1f} {found['plain']:>18.1f} {found['ours'] / found['plain']:>6.2f} {found['hash']:>16.1f} {size:>7.1f}"
        )


if __name__ == "__main__":
    main()
