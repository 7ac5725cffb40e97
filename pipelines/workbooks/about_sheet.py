"""Sheet ``About``: where the figures come from and what each of them means."""

from collections.abc import Sequence
from datetime import UTC, datetime

from openpyxl import Workbook

from pipelines.workbooks.cells import Link
from pipelines.workbooks.data import Provenance
from pipelines.workbooks.look import Look
from pipelines.workbooks.settled.standing import Standing
from pipelines.workbooks.sheet import Sheet

WIDTHS = (34, 26, 14, 70)
FILE_HEADS = ("File", "Table", "Rows", "sha256")

ROUNDING = (
    "Amounts are exact decimals. Each line is the difference of two running totals, each rounded once to the minor unit of "
    "its currency, half away from zero; so lines add up to the month exactly, and a return undoes its sale."
)
MEANINGS: tuple[tuple[str, str], ...] = (
    ("Credited revenue", "Revenue attributed to the payee in the period, each credit once, returns deducted."),
    ("Commission earned", "Sum of the lines: what the plan's curves give for the period, clawbacks deducted."),
    ("Clawbacks for returns", "The part of it that returns and credit notes took back, shown apart."),
    ("Net payable", "Commission earned. A negative result is carried forward and not paid; without a ledger no statement has opening balances, holds or draws."),
    ("Attainment", "Position at the end of the period ÷ quota of the window, printed only: tiers are applied as amounts."),
    ("Re-added", "Excel's own arithmetic over the sheets of this file, beside the figure of the engine, which alone counts."),
    ("Sheet protection", "Stops slips of the hand; it has no password and is no security."),
)  # fmt: skip


SETTLED: dict[str, str] = {
    "Net payable": "What is paid: opening balance, earnings, corrections, adjustments, guarantee and draws, less recoveries and what is held, less what is carried forward.",
    "Corrections of closed periods": "What a line of a closed period earns as known now, less everything posted for it; what was paid never changes.",
    "Carried forward": "Below 0: owed by the payee, taken off later periods. Above 0: less than the least that is paid out.",
    "Held back, released": "Earned and not yet payable; sheet Held says what it waits for. It is paid with the period that releases it.",
    "Draw, recovery": "Paid before it is earned; what is to be recovered is taken off later earnings. What is still owed is no part of the sum.",
}
WAITS = "Nothing yet: the period is settled once the periods before it are closed."


def meanings_of(standing: Standing, meanings: Sequence[tuple[str, str]] = MEANINGS) -> Sequence[tuple[str, str]]:
    """What the figures mean where a period stands."""
    if standing is Standing.NO_LEDGER:
        return meanings
    said = SETTLED if standing.is_settled else {"Net payable": WAITS}
    known = [(name, said.get(name, words)) for name, words in meanings]
    return [*known, *((name, words) for name, words in said.items() if name not in dict(meanings))]


def write_about(
    book: Workbook, look: Look, provenance: Provenance, *, subtitle: str, back_to: str, run: str, paper: str,
    meanings: Sequence[tuple[str, str]] = MEANINGS,
) -> Sheet:  # fmt: skip
    """Add the sheet."""
    sheet = Sheet(book, look, "About", WIDTHS)
    sheet.put(1, 1, "About", "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, len(WIDTHS), Link(f"← {back_to}", location=f"{back_to}!A1"), "back")
    sheet.row(2, 1, [(subtitle if number == 0 else None, "under_title") for number in range(len(WIDTHS))], height=18)
    row = _facts(sheet, provenance, run, 4)
    row = _pairs(sheet, "What the figures mean", meanings, row + 1)
    head_row = _files(sheet, provenance, row + 1)
    sheet.print_on(orientation="landscape", pages_tall=0, paper=paper, head_row=head_row)
    return sheet


def _facts(sheet: Sheet, provenance: Provenance, run: str, row: int) -> int:
    facts = (
        ("Run", run),
        ("Snapshot of the data", provenance.snapshot_id),
        ("Data as of", provenance.data_as_of.isoformat()),
        ("Snapshot taken", _utc(provenance.made_at).strftime("%Y-%m-%d %H:%M UTC")),
        ("Hash of plans and rules", provenance.rules_hash),
        ("Engine", provenance.engine),
        ("Rounding", ROUNDING),
    )
    return _pairs(sheet, "Provenance", facts, row)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _pairs(sheet: Sheet, title: str, pairs: Sequence[tuple[str, str]], row: int) -> int:
    sheet.row(row, 1, [(title if number == 0 else None, "section_ruled") for number in range(len(WIDTHS))])
    for offset, (label, text) in enumerate(pairs, start=1):
        sheet.put(row + offset, 1, label, "label_small")
        sheet.put(row + offset, 2, text, "note_wrap")
        sheet.merge(row + offset, 2, len(WIDTHS))
        sheet.height(row + offset, 27 if len(text) > 130 else 16)  # noqa: PLR2004 - what fits the width once
    return row + len(pairs) + 1


def _files(sheet: Sheet, provenance: Provenance, row: int) -> int:
    sheet.put(row, 1, "Source files", "section")
    sheet.row(
        row + 1,
        1,
        [
            (name, "head_number" if name == "Rows" else "head_indent" if number else "head")
            for number, name in enumerate(FILE_HEADS)
        ],
        height=22,
    )
    files = sorted(provenance.files, key=lambda file: (file.table, file.name))
    for offset, file in enumerate(files, start=2):
        sheet.row(
            row + offset,
            1,
            [(file.name, "grid_first"), (file.table, "grid_text"), (file.rows, "count"), (file.sha256, "grid_text")],
        )
    if not files:
        sheet.row(
            row + 2,
            1,
            [("No file is listed.", "grid_first"), (None, "grid_text"), (None, "count"), (None, "grid_text")],
        )
    sheet.table("Files", FILE_HEADS, row + 1, row + 1 + max(len(files), 1))
    return row + 1
