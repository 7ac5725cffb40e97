"""Sheet ``Reconciliation``: from what was received to what was attributed, nothing missing on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl
from openpyxl import Workbook

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula, Link, Value
from pipelines.workbooks.data import PeriodData
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.sheet import Sheet

WIDTHS = (34, 22, 9, 16, 16, 16, 16, 14)
ZERO = Decimal(0)
STEPS: tuple[tuple[str, str], ...] = (
    ("house", "Kept by the house"),
    ("excluded", "Excluded accounts"),
    ("new_business", "Attributed: new business"),
    ("retention", "Attributed: retention"),
    ("growth", "Attributed: growth"),
)


@dataclass
class ReconciliationPlace:
    """Cells of the sheet that the Close sheet compares, with the engine's results."""

    cells: dict[str, tuple[str, Decimal]] = field(default_factory=dict)

    def remember(self, name: str, cell: str, value: Decimal) -> None:
        """Keep a cell under a name."""
        self.cells[name] = (f"Reconciliation!{cell}", value)


def write_reconciliation(book: Workbook, look: Look, data: PeriodData) -> tuple[Sheet, ReconciliationPlace]:
    """Add the sheet."""
    sheet, place = Sheet(book, look, "Reconciliation", WIDTHS), ReconciliationPlace()
    sheet.put(1, 1, "Reconciliation", "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, len(WIDTHS), Link("← Close", location="Close!A1"), "back")
    who = f"{data.company} · {data.period.label} · from received files to attributed revenue"
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(len(WIDTHS))], height=18)
    row = _attributed(sheet, data, place, 4)
    row = _booked(sheet, data, place, row + 1)
    row = _files(sheet, data, place, row + 1)
    _money(sheet, data, row + 1)
    sheet.print_on(orientation="portrait", pages_tall=0, paper=data.paper)
    return sheet, place


def _section(sheet: Sheet, row: int, title: str, hint: str, heads: Sequence[str]) -> int:
    sheet.put(row, 1, title, "section")
    sheet.put(row, len(WIDTHS), hint, "hint")
    filled = [*heads, *[""] * (len(WIDTHS) - len(heads))]
    left = ("File", "Step", "Table", "Currency", "Column")
    styles = [
        "head" if number == 0 else "head_indent" if name in left else "head_number"
        for number, name in enumerate(filled)
    ]
    sheet.row(row + 1, 1, list(zip(filled, styles, strict=True)), height=24)
    return row + 2


def _part(data: PeriodData, part: str, currency: str) -> tuple[int, Decimal]:
    found = data.bridge.filter((pl.col("part") == part) & (pl.col("currency") == currency))
    return (found["rows"][0], found["amount"][0]) if found.height else (0, ZERO)


def _attributed(sheet: Sheet, data: PeriodData, place: ReconciliationPlace, row: int) -> int:
    """Booked sales and returns of the period, and who has them, in company currency."""
    code = data.company_currency
    row = _section(
        sheet, row, "Booked in the period, and who has it", f"amounts in {code}", ("Step", "Currency", "Rows", "Amount")
    )
    first = row
    for part, label in (("sales", "Booked sales"), ("returns", "Booked returns")):
        row = _bridge_row(sheet, row, label, code, _part(data, part, code))
    booked = sum((_part(data, part, code)[1] for part in ("sales", "returns")), ZERO)
    row = _sum_row(sheet, row, "Booked", code, (first, row - 1), booked)
    place.remember("booked", f"$D${row - 1}", booked)
    second = row
    for part, label in STEPS:
        row = _bridge_row(sheet, row, label, code, _part(data, part, code))
    attributed = sum((_part(data, part, code)[1] for part, _ in STEPS), ZERO)
    row = _sum_row(sheet, row, "House, excluded and attributed", code, (second, row - 1), attributed)
    place.remember("disposed", f"$D${row - 1}", attributed)
    people = sum((_part(data, part, code)[1] for part, _ in STEPS[2:]), ZERO)
    place.remember("people", f"$D${row}", people)
    sheet.row(
        row,
        1,
        [
            ("of which attributed to people", "text"),
            (code, "text_indent"),
            (None, "count"),
            (Formula(f"SUM(D{second + 2}:D{second + 4})", people), digits_style("money", code)),
        ],
    )
    return row + 1


def _booked(sheet: Sheet, data: PeriodData, place: ReconciliationPlace, row: int) -> int:
    """Accepted order lines and returns of the period, per currency of the order: booked, or not and why."""
    heads = ("Step", "Currency", "Rows", "Accepted", "Not booked", "Booked", "Difference")
    row = _section(
        sheet, row, "Accepted lines and returns of the period", "amounts in the currency of the order", heads
    )
    codes = data.bridge.filter(pl.col("part").is_in(["accepted", "not_booked", "booked"]))["currency"].unique().sort()
    first = row
    for code in codes:
        accepted, missing, booked = (_part(data, part, code) for part in ("accepted", "not_booked", "booked"))
        money, digits = digits_style("money", code), minor_unit_digits(code)
        sheet.row(row, 1, [
            ("Order lines less returns", "text"), (code, "text_indent"), (accepted[0], "count"), (accepted[1], money), (missing[1], money), (booked[1], money),
            (Formula(f"ROUND(D{row}-E{row}-F{row},{digits})", accepted[1] - missing[1] - booked[1]), money),
        ])  # fmt: skip
        row += 1
    if not len(codes):
        sheet.put(row, 1, "No order line in this period.", "text")
        row += 1
    off = sum(
        (
            _part(data, "accepted", code)[1] - _part(data, "not_booked", code)[1] - _part(data, "booked", code)[1]
            for code in codes
        ),
        ZERO,
    )
    place.remember("accepted_off", f"$G${first}:$G${row - 1}", off)
    return row


def _files(sheet: Sheet, data: PeriodData, place: ReconciliationPlace, row: int) -> int:
    """Rows of every file: received = accepted + quarantined + superseded."""
    heads = ("File", "Table", "Rows", "Accepted", "Quarantined", "Superseded", "Difference", "State")
    row = _section(
        sheet, row, "Rows of every file (all periods)", "received = accepted + quarantined + superseded", heads
    )
    first = row
    for file in data.received.sort("table", "source_file").rows(named=True):
        rest = file["rows"] - file["accepted"] - file["quarantined"] - file["superseded"]
        sheet.row(row, 1, [
            (file["source_file"], "text"), (file["table"], "text_indent"), *((file[name], "count") for name in ("rows", "accepted", "quarantined", "superseded")),
            (Formula(f"C{row}-D{row}-E{row}-F{row}", rest), "count"), (file["state"], "text_right"),
        ])  # fmt: skip
        row += 1
    if row == first:
        sheet.put(row, 1, "No file is listed.", "text")
        row += 1
    for name, letter, column in (
        ("rows", "C", "rows"),
        ("accepted", "D", "accepted"),
        ("quarantined", "E", "quarantined"),
        ("superseded", "F", "superseded"),
    ):
        place.remember(
            f"files_{name}", f"${letter}${first}:${letter}${row - 1}", Decimal(int(data.received[column].sum() or 0))
        )
    return row


def _money(sheet: Sheet, data: PeriodData, row: int) -> int:
    """Money of every file and column: received = accepted + quarantined + superseded + what a declared rounding moved."""
    heads = ("File", "Column", "Currency", "Received", "Accepted", "Quarantined", "Superseded", "Rounded away")
    row = _section(sheet, row, "Money of every file (all periods)", "rounding only where the source declares it", heads)
    for amount in data.received_amounts.sort("table", "source_file", "column", "currency").rows(named=True):
        cells: list[tuple[Value, str]] = [
            (amount["source_file"], "text"),
            (f"{amount['table']}.{amount['column']}", "text_shrunk"),
            (amount["currency"], "text_indent"),
        ]
        parts = [Decimal(str(amount[name])) for name in ("received", "accepted", "quarantined", "superseded")]
        rest = parts[0] - parts[1] - parts[2] - parts[3]
        sheet.row(
            row,
            1,
            [
                *cells,
                *((part, "position") for part in parts),
                (Formula(f"ROUND(D{row}-E{row}-F{row}-G{row},9)", rest), "position"),
            ],
        )
        row += 1
    if data.received_amounts.is_empty():
        sheet.put(row, 1, "No amount is listed.", "text")
        row += 1
    return row


def _bridge_row(sheet: Sheet, row: int, label: str, code: str, values: tuple[int, Decimal]) -> int:
    sheet.row(
        row,
        1,
        [(label, "text"), (code, "text_indent"), (values[0], "count"), (values[1], digits_style("money", code))],
        height=15,
    )
    return row + 1


def _sum_row(sheet: Sheet, row: int, label: str, code: str, rows: tuple[int, int], total: Decimal) -> int:
    formula = Formula(f"SUM(D{rows[0]}:D{rows[1]})", total)
    sheet.row(
        row,
        1,
        [(label, "total"), (code, "total_indent"), (None, "total"), (formula, digits_style("total_money", code))],
        height=16,
    )
    return row + 1
