"""What moved since the revision before: the old workbook is read, its lines are compared with the new ones."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import load_workbook

from pipelines.workbooks.cells import plain_number
from pipelines.workbooks.data import StatementData
from pipelines.workbooks.settled.rows import CORRECTIONS

CHANGES = "CHANGES.csv"
"""What moved in each statement of a period since its revision before; there from the first second revision on."""

ZERO = Decimal(0)
STEPS = {
    "Opening balance": "opening", "Bonuses and pools": "bonus", "Corrections of sales and bonuses": "corrected_sales",
    "Corrections of clawbacks": "corrected_clawback", "Adjustments and awards": "adjusted", "Guarantee": "guaranteed", "Drawn": "drawn",
    "Draws recovered": "recovered", "Held back": "held", "Released": "released",
}  # fmt: skip
"""Rows of the bridge whose postings other sheets list, and their figures."""

UNREADABLE = "the revision before is gone or damaged, so what moved cannot be told line by line"
WITHDRAWN = "the revision before was withdrawn: nothing was stated for the period any more"
Key = tuple[str, int | None, str, str, bool]


@dataclass(frozen=True)
class Line:
    """What a statement says of one order line or return in one component."""

    customer: str
    facts: tuple[tuple[str, str], ...]
    earned: Decimal


Lines = dict[Key, Line]
Steps = dict[tuple[str, str], Decimal]


def moved_since(path: Path | None, data: StatementData) -> pl.DataFrame:
    """Every line and step that pays otherwise than in the workbook of the revision before (columns of ``CORRECTIONS``).

    Args:
        path: The workbook of the revision before; None where it was withdrawn.
        data: What the new revision shows.
    """
    if path is None:
        return _frame([_row(data, data.currencies[0], cause=WITHDRAWN)])
    try:
        old_lines, old_steps = _read(path)
    except (OSError, KeyError, ValueError, StopIteration, zipfile.BadZipFile):
        return _frame([_row(data, data.currencies[0], cause=UNREADABLE)])
    rows = [*_lines_moved(old_lines, _lines_of(data), data), *_steps_moved(old_steps, _steps_of(data), data)]
    return _frame(rows)


def _read(path: Path) -> tuple[Lines, Steps]:
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        return _read_lines(book["Lines"]), _read_steps(book["Statement"])
    finally:
        book.close()


def _read_lines(sheet: Any) -> Lines:
    rows = sheet.iter_rows(values_only=True)
    heads = next(row for row in rows if row and row[0] == "#")
    found: Lines = {}
    for values in rows:
        row = dict(zip(heads, values, strict=False))
        if not isinstance(row["#"], int):
            break
        counted = row.get("Credited revenue", row.get("Counted"))
        key = (
            str(row["Order"]),
            _whole(row["Line"]),
            str(row["Component"] or ""),
            str(row["Pay"]),
            row["Status"] == "Return",
        )
        day = row["Date"]
        facts = {
            "date": str(day.date() if hasattr(day, "date") else day),
            "rate": _text(row["Rate"]),
            "credited": _text(counted),
        }
        _add(found, key, str(row["Customer"] or ""), facts, _decimal(row["Commission"]))
    return found


def _lines_of(data: StatementData) -> Lines:
    found: Lines = {}
    for row in data.details.rows(named=True):
        is_return = row["return_id"] is not None and row["unpaid_reason"] is None
        key = (row["order_id"], row["line_number"], row["label"] or "", row["currency"], is_return)
        facts = {"date": str(row["event_date"]), "rate": _text(row["tier_rate"]), "credited": _text(row["credited"])}
        _add(found, key, row["customer"] or "", facts, row["earned"])
    return found


def _add(found: Lines, key: Key, customer: str, facts: Mapping[str, str], earned: Decimal) -> None:
    """Put the slices of a line together: amounts are added, rates told one after the other."""
    before = found.get(key)
    if before is not None:
        known = dict(before.facts)
        facts = {
            "date": facts["date"], "rate": f"{known['rate']}, {facts['rate']}",
            "credited": plain_number(Decimal(known["credited"] or 0) + Decimal(facts["credited"] or 0)),
        }  # fmt: skip
        earned += before.earned
    found[key] = Line(customer, tuple(facts.items()), earned)


def _lines_moved(old: Lines, new: Lines, data: StatementData) -> Iterator[dict[str, Any]]:
    for key in sorted({*old, *new}, key=lambda one: tuple(str(part) for part in one)):
        was, now = old.get(key), new.get(key)
        if was == now or (was and now and was.facts == now.facts and was.earned == now.earned):
            continue
        order, line, component, currency, is_return = key
        field, before, after, cause = _told(was, now)
        yield _row(
            data, currency, order=order, line=line, customer=(now or was or Line("", (), ZERO)).customer, component=component,
            kind="Return" if is_return else "Sale", field=field, before=before, after=after, was=was.earned if was else ZERO,
            now=now.earned if now else ZERO, cause=cause,
        )  # fmt: skip


def _told(was: Line | None, now: Line | None) -> tuple[str, str, str, str]:
    if was is None:
        return "–", "–", "–", "new in this revision"
    if now is None:
        return "–", "–", "–", "no longer in the period"
    old, new = dict(was.facts), dict(now.facts)
    changed = [name for name in new if old[name] != new[name]]
    if not changed:
        return "position", "–", "–", "credits before it moved its position, or a rule changed"
    texts = [f"{name} {old[name] or 'none'} → {new[name] or 'none'}" for name in changed]
    return (
        "; ".join(changed), "; ".join(old[name] or "none" for name in changed), "; ".join(new[name] or "none" for name in changed),
        "; ".join(texts),
    )  # fmt: skip


def _read_steps(sheet: Any) -> Steps:
    """Amounts of the bridge by currency and label; a section's currency stands beside its first title."""
    found: Steps = {}
    currency = ""
    for row in sheet.iter_rows(values_only=True):
        texts = [value for value in row if isinstance(value, str)]
        said = next((text for text in texts if text.startswith("amounts in ")), None)
        currency = said.removeprefix("amounts in ").split(",", 1)[0] if said else currency
        if texts and texts[0] in STEPS and len(row) > 2 and not isinstance(row[2], str):  # noqa: PLR2004 - label, amount
            found[currency, texts[0]] = _decimal(row[2])
    return found


def _steps_of(data: StatementData) -> Steps:
    is_settled = data.standing.is_settled
    named = {label: figure if is_settled or label != "Guarantee" else "guarantee" for label, figure in STEPS.items()}
    return {
        (currency, label): data.amount(currency, figure) for currency in data.currencies for label, figure in named.items()
    }  # fmt: skip


def _steps_moved(old: Steps, new: Steps, data: StatementData) -> Iterator[dict[str, Any]]:
    for currency, label in sorted({*old, *new}):
        was, now = old.get((currency, label), ZERO), new.get((currency, label), ZERO)
        if was != now:
            yield _row(
                data, currency, component=label, kind="Step", was=was, now=now, cause="see the sheet that lists it"
            )


def _row(
    data: StatementData, currency: str, *, was: Decimal = ZERO, now: Decimal = ZERO, **told: Any
) -> dict[str, Any]:
    nothing = {
        "order": None,
        "line": None,
        "customer": None,
        "component": "–",
        "kind": "–",
        "field": "–",
        "before": "–",
        "after": "–",
    }
    return {
        **nothing, "payee_id": data.payee_id, "currency": currency, "period": data.period.label, "was": was, "is": now,
        "amount": now - was, **told,
    }  # fmt: skip


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=CORRECTIONS)


def _decimal(value: Any) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, int | float) else ZERO


def _text(value: Any) -> str:
    if value is None:
        return ""
    number = value if isinstance(value, Decimal) else Decimal(repr(value)) if isinstance(value, int | float) else None
    return str(value) if number is None else plain_number(number)


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def changes_bytes(moved: Mapping[str, tuple[int, pl.DataFrame]]) -> bytes:
    """``CHANGES.csv``: statement, revision, and what moved in it since the one before; empty texts are left out."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(("statement", "revision", *CORRECTIONS))
    for stem, (revision, rows) in sorted(moved.items()):
        if rows.is_empty():
            writer.writerow((stem, str(revision), *[""] * len(CORRECTIONS)))
        writer.writerows(
            (stem, str(revision), *("" if value is None else str(value) for value in row)) for row in rows.rows()
        )
    return buffer.getvalue().encode()


def read_changes(folder: Path) -> dict[str, tuple[int, pl.DataFrame]]:
    """What the folder's file says, by statement; nothing where there is none or it cannot be read."""
    try:
        text = (folder / CHANGES).read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
        return {stem: _known(stem, rows) for stem in dict.fromkeys(row["statement"] for row in rows)}
    except (OSError, csv.Error, KeyError, ValueError, TypeError, ArithmeticError, pl.exceptions.PolarsError):
        return {}


def _known(stem: str, rows: list[dict[str, str]]) -> tuple[int, pl.DataFrame]:
    own = [row for row in rows if row["statement"] == stem]
    texts = {name: [row[name] or None for row in own if row["payee_id"]] for name in CORRECTIONS}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(CORRECTIONS, pl.String))
    return int(own[0]["revision"]), frame.select(pl.col(name).cast(kind) for name, kind in CORRECTIONS.items())
