"""Sheet ``Register``: one row a payee, with what is paid, what is carried forward, and a link to the statement."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import Formula, Link, Value
from pipelines.workbooks.data import PeriodData
from pipelines.workbooks.look import Look, digits_style
from pipelines.workbooks.settled.standing import Standing
from pipelines.workbooks.sheet import Sheet

HEAD_ROW = 4
FIRST_ROW = HEAD_ROW + 1
WHO: tuple[tuple[str, float], ...] = (
    ("Employee", 12),
    ("Payee", 24),
    ("Role", 20),
    ("Cur.", 6),
    ("Credited revenue", 15),
)
EARNED: tuple[tuple[str, float], ...] = (("On sales", 13.5), ("Clawbacks", 12.5), ("Bonuses", 12.5))
MORE: tuple[tuple[str, float], ...] = (
    ("Net payable", 14), ("Period before", 14), ("Change", 13), ("Change %", 10), ("Re-added", 10.5), ("Rev", 5), ("Statement", 11),
)  # fmt: skip
FIELDS = {
    "Credited revenue": "credited", "Opening": "opening", "On sales": "sales", "Clawbacks": "clawback", "Bonuses": "bonus",
    "Converted": "converted", "Corrections": "corrected", "Adjustments": "adjusted", "Guarantee": "guarantee", "Guaranteed": "guaranteed",
    "Draw": "draw", "Held": "held", "Released": "released", "Earned": "earned", "Carried forward": "carried",
    "Not settled yet": "earned", "Net payable": "net", "Period before": "before",
}  # fmt: skip
"""Amounts by head, and their columns in ``REGISTER``."""

LEFT = {"Employee", "Payee", "Role", "Cur.", "Statement", "Paid in"}
NOTABLE = Decimal("0.25")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Layout:
    """The columns of a register, and those that add up to what is paid and carried forward."""

    columns: tuple[tuple[str, float], ...]
    parts: tuple[str, ...]
    ends: tuple[str, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """What the heads say."""
        return tuple(name for name, _ in self.columns)

    def letter(self, name: str) -> str:
        """Letter of a column."""
        return get_column_letter(self.heads.index(name) + 1)

    @property
    def summed(self) -> dict[str, str]:
        """Amounts that have a total, and their columns in ``REGISTER``."""
        return {name: FIELDS[name] for name in self.heads if name in FIELDS}


def layout_of(data: PeriodData) -> Layout:
    """Which columns the register of a period has: those of settlement where it is settled."""
    if data.standing.is_settled:
        converted = (("Converted", 13.0),) if (data.register["converted"] != 0).any() else ()
        steps = (
            ("Opening", 13), *EARNED, *converted, ("Corrections", 12.5), ("Adjustments", 12.5), ("Guaranteed", 12), ("Draw", 12),
            ("Held", 12), ("Released", 12),
        )  # fmt: skip
        ends: tuple[tuple[str, float], ...] = (("Carried forward", 13),)
        return Layout(
            (*WHO, *steps, *ends, *MORE), tuple(name for name, _ in steps), ("Carried forward", "Net payable")
        )
    waits = data.standing is Standing.WAITS
    steps = (*EARNED, ("Guarantee", 12))
    left = ("Not settled yet", 13.0) if waits else ("Carried forward", 13.0)
    paid: tuple[tuple[str, float], ...] = () if waits else (("Paid in", 17),)
    return Layout(
        (*WHO, *steps, ("Earned", 13.5), left, *MORE, *paid), tuple(name for name, _ in steps), (left[0], "Net payable")
    )


def last_row(data: PeriodData) -> int:
    """Row of the last payee."""
    return FIRST_ROW + max(data.register.height, 1) - 1


def column_cells(data: PeriodData, name: str) -> str:
    """Absolute range of a column: ``Register!$J$5:$J$40``."""
    letter = layout_of(data).letter(name)
    return f"Register!${letter}${FIRST_ROW}:${letter}${last_row(data)}"


def write_register(book: Workbook, look: Look, data: PeriodData, run: str) -> Sheet:
    """Add the sheet."""
    layout = layout_of(data)
    heads, width = layout.heads, len(layout.columns)
    sheet = Sheet(book, look, "Register", [wide for _, wide in layout.columns])
    sheet.put(1, 1, "Payroll register", "sheet_title")
    sheet.height(1, 24)
    sheet.put(1, width, Link("← Close", location="Close!A1"), "back")
    who = f"{data.company} · {data.period.label} · {', '.join(data.currencies)} · run {run} · {data.standing.value}"
    sheet.row(2, 1, [(who if number == 0 else None, "under_title") for number in range(width)], height=18)
    sheet.row(HEAD_ROW, 1, [(name, _head(number, name)) for number, name in enumerate(heads)], height=28)
    for number, row in enumerate(data.register.rows(named=True)):
        sheet.row(FIRST_ROW + number, 1, _cells(FIRST_ROW + number, row, layout, data.standing))
    if data.register.is_empty():
        sheet.row(
            FIRST_ROW, 1, [("No payee in this period." if name == "Payee" else None, "grid_text") for name in heads]
        )
    for number, currency in enumerate(data.currencies):
        _total(sheet, data, last_row(data) + 2 + number, currency)
    sheet.put(
        last_row(data) + 3 + len(data.currencies), 1,
        "Amber: net payable moved by more than 25 %. Red: below 0, carried forward and not paid. "
        '"Re-added" is the row\'s own arithmetic less the engine\'s figure and must be zero.', "note",
    )  # fmt: skip
    sheet.table("Register", heads, HEAD_ROW, last_row(data))
    sheet.print_on(orientation="landscape", pages_tall=0, paper=data.paper, head_row=HEAD_ROW, freeze=f"C{FIRST_ROW}")
    return sheet


def _head(number: int, name: str) -> str:
    if name not in LEFT:
        return "head_number"
    return "head_indent" if number else "head"


def _cells(at: int, row: dict[str, object], layout: Layout, standing: Standing) -> list[tuple[Value, str]]:
    currency, net, before = str(row["currency"]), _number(row, "net"), _number(row, "before")
    digits, money = minor_unit_digits(currency), digits_style("grid_money", currency)
    change = round((net - before) / before, 6) if before else None
    amber = change is not None and abs(change) > NOTABLE
    names = {name: f"{layout.letter(name)}{at}" for name in layout.heads}
    rate = f"IF({names['Period before']}=0,0,ROUND({names['Change']}/{names['Period before']},6))"
    again, rest = _again(row, layout, standing, names)
    cells: dict[str, tuple[Value, str]] = {name: (_number(row, field), money) for name, field in layout.summed.items()}
    cells |= {
        "Employee": (_text(row, "payee_id"), "grid_first_id"), "Payee": (_text(row, "payee_name"), "grid_text"),
        "Role": (_text(row, "role"), "grid_text"), "Cur.": (currency, "grid_code"),
        "Net payable": (net, digits_style("grid_money_red" if _number(row, "carried") < 0 else "grid_money_bold", currency)),
        "Change": (Formula(f"ROUND({names['Net payable']}-{names['Period before']},{digits})", net - before), money),
        "Change %": (Formula(rate, change or ZERO), "grid_change_amber" if amber else "grid_change"),
        "Re-added": (Formula(f"ROUND({again},{digits})", rest), money), "Rev": (_number(row, "revision"), "grid_count"),
        "Statement": (Link("Open ↗", target=_text(row, "file")), "grid_link"), "Paid in": (_text(row, "paid_in"), "grid_text"),
    }  # fmt: skip
    return [cells[name] for name in layout.heads]


def _again(row: dict[str, object], layout: Layout, standing: Standing, names: dict[str, str]) -> tuple[str, Decimal]:
    """What the parts come to less what is paid and carried forward, as a formula and as the engine has it."""
    parts, whole = (
        "+".join(names[name] for name in layout.parts),
        sum((_number(row, FIELDS[name]) for name in layout.parts), ZERO),
    )
    if standing is Standing.NO_LEDGER:
        return f"MAX(0,{parts})-{names['Net payable']}", max(whole, ZERO) - _number(row, "net")
    ends = "-".join(names[name] for name in layout.ends)
    return f"{parts}-{ends}", whole - sum((_number(row, FIELDS[name]) for name in layout.ends), ZERO)


def _text(row: dict[str, object], name: str) -> str:
    return str(row[name] or "")


def _number(row: dict[str, object], name: str) -> Decimal:
    value = row[name]
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


def _total(sheet: Sheet, data: PeriodData, at: int, currency: str) -> None:
    own, layout = data.register.filter(pl.col("currency") == currency), layout_of(data)
    style = digits_style("grid_total", currency)
    sheet.row(at, 1, [(f"Total {currency}" if number == 0 else None, "total") for number in range(len(layout.heads))])
    totals = {name: sum(own[column], ZERO) for name, column in layout.summed.items()}
    totals["Change"] = totals["Net payable"] - totals["Period before"]
    totals["Re-added"] = sum(
        (_again(row, layout, data.standing, dict.fromkeys(layout.heads, ""))[1] for row in own.rows(named=True)), ZERO
    )
    for name, total in totals.items():
        sheet.put(at, layout.heads.index(name) + 1, Formula(_sum_formula(data, name, currency), total), style)


def _sum_formula(data: PeriodData, name: str, currency: str) -> str:
    cells = column_cells(data, name).removeprefix("Register!")
    digits = minor_unit_digits(currency)
    if len(data.currencies) == 1:
        return f"ROUND(SUBTOTAL(109,{cells}),{digits})"
    return f'ROUND(SUMIFS({cells},{column_cells(data, "Cur.").removeprefix("Register!")},"{currency}"),{digits})'
