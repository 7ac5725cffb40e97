"""Sheet ``Close``: the period on one page, every control with both sides, and room to sign."""

from collections.abc import Sequence
from decimal import Decimal

import polars as pl
from openpyxl import Workbook

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula, Link, Value
from pipelines.workbooks.control import Control, register_sum
from pipelines.workbooks.data import PeriodData
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.reconciliation_sheet import ReconciliationPlace
from pipelines.workbooks.register_sheet import column_cells
from pipelines.workbooks.settled.controls import period_controls, settled_controls
from pipelines.workbooks.settled.standing import Standing
from pipelines.workbooks.sheet import Sheet

WIDTHS = (1.5, 46, 17, 17, 17, 17, 1.5)
FIRST, LAST = 2, 6
ZERO = Decimal(0)
AGREES, DIFFERS = "✓ agrees", "✗ DIFFERS"
ALL_AGREE, LOOK_ABOVE = "✓ ALL AGREE", "✗ SEE ABOVE"
SHEETS = {
    "Register": "who is paid what; payroll.csv beside this file is the same for machines",
    "Accrual": "what is owed before and after the period, held pay included; closed periods",
    "Adjustments": "awards, deductions, guarantees and draws, and who approved them",
    "Changes": "corrections of closed periods, and what moved since the revision before",
    "Held": "what was held and released, what is held and what it waits for",
    "Disputes": "what payees say is wrong, and what was answered",
    "Reconciliation": "from the files received to attributed revenue, nothing missing",
    "Exceptions": "records that were refused, and what somebody should decide",
    "Accounts": "key accounts at risk, against base and plan, and their agreements",
    "About": "snapshot, files with their hashes, rounding, what each figure means",
}
"""What each sheet behind the first one shows."""

STANDS = {
    Standing.NO_LEDGER: "NOT CLOSED", Standing.OPEN: "OPEN", Standing.FINAL: "FINAL WITH THE CLOSE", Standing.WAITS: "NOT SETTLED YET",
}  # fmt: skip


def write_close(
    sheet: Sheet, data: PeriodData, place: ReconciliationPlace, run: str, revision: int, names: Sequence[str]
) -> None:
    """Fill the sheet; it stands first, though it is written last. ``names`` are the sheets behind it."""
    replaces = f" · replaces r{revision - 1:02}" if revision > 1 else ""
    sheet.height(1, 6)
    sheet.row(
        2, FIRST, [("Commission close", "title"), *[(None, "title")] * 3, (data.period.label, "title_right")], height=28
    )
    sheet.row(
        3,
        FIRST,
        [
            (data.company, "under_title"),
            *[(None, "under_title")] * 3,
            (f"Run {run}{replaces} · {STANDS[data.standing]}", "under_title_right"),
        ],
        height=18,
    )
    row = _cards(sheet, data, 5)
    row = _controls(sheet, data, place, row)
    row = _moves(sheet, data, row + 1)
    row = _links(sheet, row + 1, names)
    _sign_off(sheet, row + 1)
    sheet.print_on(orientation="portrait", pages_tall=1, paper=data.paper)


def new_close(book: Workbook, look: Look) -> Sheet:
    """The empty sheet, so that it can stand first."""
    return Sheet(book, look, "Close", WIDTHS)


def _cards(sheet: Sheet, data: PeriodData, row: int) -> int:
    for currency in data.currencies:
        own = data.register.filter(pl.col("currency") == currency)
        net, before = sum(own["net"], ZERO), sum(own["before"], ZERO)
        change: tuple[Value, str] = (round((net - before) / before, 4), "card_change") if before else ("–", "card_text")
        labels = (f"Payable to payroll, {currency}", "Payees", "vs. period before", "Blocking", "Exceptions")
        sheet.row(
            row,
            FIRST,
            [(text, "card_label" if number else "first_card_label") for number, text in enumerate(labels)],
            height=18,
        )
        shown = "first_card_waits" if data.standing is Standing.WAITS else f"first_card_{currency}"
        sheet.row(row + 1, FIRST, [
            (net, shown), (own["payee_id"].n_unique(), "card_count"), change,
            (data.blocking, "card_warn" if data.blocking else "card_count"), (data.exceptions_in_all, "card_warn" if data.exceptions_in_all else "card_count"),
        ], height=30)  # fmt: skip
        row += 3
    return row


def _controls(sheet: Sheet, data: PeriodData, place: ReconciliationPlace, row: int) -> int:
    _section(
        sheet,
        row,
        "Control checks",
        "live formulas over the sheets behind",
        ("Check", "This side", "Other side", "Difference", "Result"),
    )
    first = row = row + 2
    for control in controls(data, place):
        _control(sheet, row, control)
        row += 1
    results = f"F{first}:F{row - 1}"
    everything = Formula(
        f'IF(COUNTIF({results},"{AGREES}")=ROWS({results}),"{ALL_AGREE}","{LOOK_ABOVE}")', _all_agree(data, place)
    )
    sheet.row(
        row, FIRST, [("All checks", "net_label"), *[(None, "net_count")] * 3, (everything, "check_total")], height=18
    )
    sheet.turns_red(f"$F${first}:$F${row}")
    return row + 1


def _control(sheet: Sheet, row: int, control: Control) -> None:
    style = digits_style("money", control.currency) if control.currency else "count"
    digits = minor_unit_digits(control.currency) if control.currency else 0
    difference = control.difference
    result = Formula(f'IF(E{row}=0,"{AGREES}","{DIFFERS}")', AGREES if difference == 0 else DIFFERS)
    sheet.row(row, FIRST, [
        (control.label, "text_shrunk"), (control.one, style), (control.other, style),
        (Formula(f"ROUND(C{row}-D{row},{digits})", difference), style), (result, "check"),
    ], height=15)  # fmt: skip


def _all_agree(data: PeriodData, place: ReconciliationPlace) -> str:
    return ALL_AGREE if all(control.difference == 0 for control in controls(data, place)) else LOOK_ABOVE


def controls(data: PeriodData, place: ReconciliationPlace) -> list[Control]:
    """Every check of the period."""
    checks: list[Control] = []
    for code in data.currencies:
        checks += _controls_of_currency(data, code)
    code = data.company_currency
    cells = place.cells
    checks += period_controls(data)
    checks += [
        Control("Booked revenue = house, excluded and attributed", _of(cells["booked"]), _of(cells["disposed"]), code),
        *_people_control(data, cells["people"]),
        Control("Accepted order lines = booked and not booked", _sum(cells["accepted_off"]), ZERO, code),
        Control(
            "Rows received = accepted + quarantined + superseded", _sum(cells["files_rows"]),
            Formula("+".join(f"SUM({cells[f'files_{name}'][0]})" for name in ("accepted", "quarantined", "superseded")),
                    sum((cells[f"files_{name}"][1] for name in ("accepted", "quarantined", "superseded")), ZERO)), None,
        ),
        Control("Quarantined rows = quarantine listed", _sum(cells["files_quarantined"]), data.proof.get("quarantined", ZERO), None),
        Control("Payees in register = statements written", _payees(data), data.proof.get("statements", ZERO), None),
    ]  # fmt: skip
    return checks


def _people_control(data: PeriodData, people: tuple[str, Decimal]) -> list[Control]:
    """Comparable only where every plan pays in company currency and counts revenue whole."""
    code = data.company_currency
    if data.currencies != (code,) or not data.counts_revenue:
        return []
    return [
        Control(
            "Attributed to people = credited revenue in register",
            _of(people),
            register_sum(data, code, "Credited revenue"),
            code,
        )
    ]


def _controls_of_currency(data: PeriodData, code: str) -> list[Control]:
    if data.standing is not Standing.NO_LEDGER:
        return list(settled_controls(data, code))
    earned, both, net = (
        register_sum(data, code, *names)
        for names in (("Earned",), ("Net payable", "Carried forward"), ("Net payable",))
    )
    of = f" ({code})" if len(data.currencies) > 1 else ""
    return [
        Control(f"Net payable: register = statements issued{of}", net, data.proof.get(f"net_{code}", ZERO), code),
        Control(
            f"Commission earned: register = earnings and bonuses{of}",
            earned,
            data.proof.get(f"earned_{code}", ZERO),
            code,
        ),
        Control(f"Payable + carried forward = earned{of}", both, earned, code),
    ]


def _of(cell: tuple[str, Decimal]) -> Formula:
    return Formula(cell[0], cell[1])


def _sum(cells: tuple[str, Decimal]) -> Formula:
    return Formula(f"SUM({cells[0]})", cells[1])


def _payees(data: PeriodData) -> Formula:
    count = data.register["file"].n_unique() if data.register.height else 0
    cells = column_cells(data, "Employee")
    return Formula(f'SUMPRODUCT(({cells}<>"")/COUNTIF({cells},{cells}&""))', Decimal(count))


def _moves(sheet: Sheet, data: PeriodData, row: int) -> int:
    _section(
        sheet,
        row,
        "Where the money moved",
        "five largest moves",
        ("Payee", "Net payable", data.period.before or "Period before", "Change", "Change %"),
    )
    row += 2
    moved = data.register.with_columns(change=pl.col("net") - pl.col("before")).filter(pl.col("change") != 0)
    largest = moved.sort(pl.col("change").abs(), "payee_id", "currency", descending=[True, False, False]).head(5)
    for one in largest.rows(named=True):
        money, digits = digits_style("money", one["currency"]), minor_unit_digits(one["currency"])
        of = f", {one['currency']}" if len(data.currencies) > 1 else ""
        rate = round(one["change"] / one["before"], 6) if one["before"] else ZERO
        sheet.row(row, FIRST, [
            (f"{one['payee_name']} ({one['payee_id']}{of})", "text_shrunk"), (one["net"], money), (one["before"], money),
            (Formula(f"ROUND(C{row}-D{row},{digits})", one["change"]), money), (Formula(f"IF(D{row}=0,0,ROUND(E{row}/D{row},6))", rate), "change"),
        ], height=15)  # fmt: skip
        row += 1
    if largest.is_empty():
        sheet.row(row, FIRST, [("Nobody's pay moved.", "text"), *[(None, "text")] * 4])
        row += 1
    return row


def _links(sheet: Sheet, row: int, names: Sequence[str]) -> int:
    sheet.row(row, FIRST, [("Sheets", "section_ruled"), *[(None, "section_ruled")] * (LAST - FIRST)], height=20)
    for number, name in enumerate(names, start=1):
        sheet.put(row + number, FIRST, Link(f"{name} – {SHEETS[name]}", location=f"{name}!A1"), "link_plain")
    return row + len(names) + 1


def _sign_off(sheet: Sheet, row: int) -> None:
    _section(
        sheet,
        row,
        "Sign-off",
        "these cells can be filled in",
        ("Step", "Name", "Date", "Signature", ""),
        number_heads=False,
    )
    for number, who in enumerate(
        ("Prepared – revenue operations", "Reviewed – sales finance", "Approved – controller / CFO"), start=2
    ):
        sheet.row(row + number, FIRST, [(who, "text"), *[(None, "entry")] * (LAST - FIRST)], height=20)


def _section(
    sheet: Sheet, row: int, title: str, hint: str, heads: tuple[str, ...], *, number_heads: bool = True
) -> None:
    sheet.row(row, FIRST, [(title, "section"), *[(None, "section")] * 3, (hint, "hint")], height=20)
    styles = ["head", *["head_number" if number_heads else "head"] * (len(heads) - 1)]
    sheet.row(row + 1, FIRST, list(zip(heads, styles, strict=True)), height=22)
