"""Sheet ``Register``: one row a payee, with what is paid, what is carried forward, and a link to the statement."""

from decimal import Decimal

import polars as pl
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula, Link, Value
from pipelines.workbooks.data import PeriodData
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.sheet import Sheet

HEAD_ROW = 4
FIRST_ROW = HEAD_ROW + 1
COLUMNS: tuple[tuple[str, float], ...] = (
    ("Employee", 12), ("Payee", 24), ("Role", 20), ("Cur.", 6), ("Credited revenue", 15), ("On sales", 13.5), ("Clawbacks", 12.5), ("Bonuses", 12.5), ("Guarantee", 12),
    ("Earned", 13.5), ("Carried forward", 13), ("Net payable", 14), ("Period before", 14), ("Change", 13), ("Change %", 10),
    ("Re-added", 10.5), ("Rev", 5), ("Statement", 11), ("Paid in", 17),
)  # fmt: skip
HEADS = tuple(name for name, _ in COLUMNS)
LETTER = {name: get_column_letter(number) for number, name in enumerate(HEADS, start=1)}
LEFT = {"Employee", "Payee", "Role", "Cur.", "Statement", "Paid in"}
SUMMED = {
    "Credited revenue": "credited", "On sales": "sales", "Clawbacks": "clawback", "Bonuses": "bonus", "Guarantee": "guarantee", "Earned": "earned", "Carried forward": "carried",
    "Net payable": "net", "Period before": "before",
}  # fmt: skip
NOTABLE = Decimal("0.25")
ZERO = Decimal(0)


def last_row(data: PeriodData) -> int:
    """Row of the last payee."""
    return FIRST_ROW + max(data.register.height, 1) - 1


def column_cells(data: PeriodData, name: str) -> str:
    """Absolute range of a column: ``Register!$J$5:$J$40``."""
    letter = LETTER[name]
    return f"Register!${letter}${FIRST_ROW}:${letter}${last_row(data)}"


def write_register(book: Workbook, look: Look, data: PeriodData, run: str) -> Sheet:
    """Add the sheet."""
    sheet = Sheet(book, look, "Register", [width for _, width in COLUMNS])
    sheet.put(1, 1, "Payroll register", "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, len(COLUMNS), Link("← Close", location="Close!A1"), "back")
    who = f"{data.company} · {data.period.label} · {', '.join(data.currencies)} · run {run}"
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(len(COLUMNS))], height=18)
    sheet.row(HEAD_ROW, 1, [(name, _head(number, name)) for number, name in enumerate(HEADS)], height=28)
    for number, row in enumerate(data.register.rows(named=True)):
        sheet.row(FIRST_ROW + number, 1, _cells(FIRST_ROW + number, row))
    if data.register.is_empty():
        sheet.row(
            FIRST_ROW, 1, [("No payee in this period." if name == "Payee" else None, "grid_text") for name in HEADS]
        )
    for number, currency in enumerate(data.currencies):
        _total(sheet, data, last_row(data) + 2 + number, currency)
    sheet.put(
        last_row(data) + 3 + len(data.currencies), 1,
        "Amber: net payable moved by more than 25 %. Red: the result is negative, carried forward and not paid. "
        '"Re-added" is the row\'s own arithmetic less the engine\'s figure and must be zero.', "note",
    )  # fmt: skip
    sheet.table("Register", HEADS, HEAD_ROW, last_row(data))
    sheet.print_on(orientation="landscape", pages_tall=0, paper=data.paper, head_row=HEAD_ROW, freeze=f"C{FIRST_ROW}")
    return sheet


def _head(number: int, name: str) -> str:
    if name not in LEFT:
        return "head_number"
    return "head_indent" if number else "head"


def _cells(at: int, row: dict[str, object]) -> list[tuple[Value, str]]:
    currency, net, before = str(row["currency"]), row["net"], row["before"]
    assert isinstance(net, Decimal)  # noqa: S101 - the frame has it as a decimal
    assert isinstance(before, Decimal)  # noqa: S101
    digits, money = minor_unit_digits(currency), digits_style("grid_money", currency)
    change = round((net - before) / before, 6) if before else None
    amber = change is not None and abs(change) > NOTABLE
    names = {name: f"{LETTER[name]}{at}" for name in HEADS}
    rate = f"IF({names['Period before']}=0,0,ROUND({names['Change']}/{names['Period before']},6))"
    parts = "+".join(names[name] for name in ("On sales", "Clawbacks", "Bonuses", "Guarantee"))
    again = f"ROUND(MAX(0,{parts})-{names['Net payable']},{digits})"
    return [
        (_text(row, "payee_id"), "grid_first_id"), (_text(row, "payee_name"), "grid_text"), (_text(row, "role"), "grid_text"), (currency, "grid_code"),
        *((_number(row, column), money) for column in ("credited", "sales", "clawback", "bonus", "guarantee", "earned", "carried")),
        (net, digits_style("grid_money_red" if _number(row, "carried") else "grid_money_bold", currency)),
        (before, money),
        (Formula(f"ROUND({names['Net payable']}-{names['Period before']},{digits})", net - before), money),
        (Formula(rate, change or ZERO), "grid_change_amber" if amber else "grid_change"),
        (Formula(again, ZERO), money),
        (_number(row, "revision"), "grid_count"), (Link("Open ↗", target=_text(row, "file")), "grid_link"),
        (_text(row, "paid_in"), "grid_text"),
    ]  # fmt: skip


def _text(row: dict[str, object], name: str) -> str:
    return str(row[name] or "")


def _number(row: dict[str, object], name: str) -> Decimal:
    value = row[name]
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


def _total(sheet: Sheet, data: PeriodData, at: int, currency: str) -> None:
    own = data.register.filter(pl.col("currency") == currency)
    style = digits_style("grid_total", currency)
    sheet.row(at, 1, [(f"Total {currency}" if number == 0 else None, "total") for number in range(len(HEADS))])
    for name, column in SUMMED.items():
        total = sum(own[column], ZERO)
        sheet.put(at, HEADS.index(name) + 1, Formula(_sum_formula(data, name, currency), total), style)
    change = sum(own["net"], ZERO) - sum(own["before"], ZERO)
    sheet.put(at, HEADS.index("Change") + 1, Formula(_sum_formula(data, "Change", currency), change), style)
    sheet.put(at, HEADS.index("Re-added") + 1, Formula(_sum_formula(data, "Re-added", currency), ZERO), style)


def _sum_formula(data: PeriodData, name: str, currency: str) -> str:
    cells = column_cells(data, name).removeprefix("Register!")
    digits = minor_unit_digits(currency)
    if len(data.currencies) == 1:
        return f"ROUND(SUBTOTAL(109,{cells}),{digits})"
    return f'ROUND(SUMIFS({cells},{column_cells(data, "Cur.").removeprefix("Register!")},"{currency}"),{digits})'
