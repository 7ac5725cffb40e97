"""Write one statement, or the workbook of a period, into a folder."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, fields
from decimal import Decimal
from pathlib import Path

import polars as pl
from openpyxl.workbook.defined_name import DefinedName

from pipelines.workbooks.about_sheet import meanings_of, write_about
from pipelines.workbooks.bonus_sheet import write_bonuses
from pipelines.workbooks.cells import quoted_text
from pipelines.workbooks.data import LAYOUT, PeriodData, Provenance, StatementData
from pipelines.workbooks.files import WrittenFile, file_stems, require_safe_name, write_whole
from pipelines.workbooks.history_sheet import in_words, write_history
from pipelines.workbooks.lines_sheet import place_of, write_lines
from pipelines.workbooks.look import look_for
from pipelines.workbooks.package import Document, parts_hash, workbook_bytes
from pipelines.workbooks.pay_sheet import write_payments
from pipelines.workbooks.period_workbook import period_sheets
from pipelines.workbooks.plan_sheet import write_plan
from pipelines.workbooks.settled.rows import SettledRows
from pipelines.workbooks.settled.sheets import settled_sheets
from pipelines.workbooks.sheet import Sheet
from pipelines.workbooks.statement_sheet import add_charts, write_statement_sheet

CLOSE = "close"
"""Name of the period workbook in paths; a payee called so gets another one."""

CONFIDENTIAL = "Confidential – payee, manager and finance only"


def write_statement(
    folder: Path,
    data: StatementData,
    provenance: Provenance,
    *,
    revision: int = 1,
    stem: str | None = None,
    content: str | None = None,
    moved: pl.DataFrame | None = None,
) -> WrittenFile:
    """Write one payee's statement workbook.

    Args:
        folder: Folder of the period; it exists.
        data: What the statement shows.
        provenance: Where it comes from.
        revision: Counts changes of content, from 1.
        stem: Name for the payee's id in paths (``file_stems``), where the id alone does not decide it.
        content: ``content_of(data)``, where it is known already.
        moved: What moved since the revision before (``settled.moved``), where there is one.

    Raises:
        UnreadableWorkbook: the file could not be read back; an older file of the name is left as it was.
    """
    key = require_safe_name(data.period.key)
    stem = stem or file_stems([data.payee_id])[data.payee_id]
    name = f"{stem}_{key}_r{revision:02}.xlsx"
    packed = statement_bytes(data, provenance, revision, moved)
    write_whole(folder / name, packed)
    return WrittenFile(
        name, stem, data.payee_id, revision, nets_of(data), parts_hash(packed), content or content_of(data), is_new=True
    )


def nets_of(data: StatementData) -> tuple[tuple[str, Decimal], ...]:
    """Net payable per currency of the statement, the main one first."""
    return tuple((currency, data.amount(currency, "net_payable")) for currency in data.currencies)


def statement_bytes(
    data: StatementData, provenance: Provenance, revision: int, moved: pl.DataFrame | None = None
) -> bytes:
    """The statement workbook: the same figures, provenance and revision give the same bytes."""
    look = look_for(tuple(sorted(data.currencies)))
    book = look.new_workbook()
    run, place = run_name(data.period.key, revision), place_of(data)
    statement = write_statement_sheet(book, look, data, place, run, revision)
    lines = write_lines(book, look, data)
    bonuses = [write_bonuses(book, look, data)] if data.bonuses.height else []
    payments = [write_payments(book, look, data)] if data.payments.height else []
    subtitle = f"{data.payee_name} · {data.payee_id} · {data.period.label}"
    settled = settled_sheets(book, look, data, subtitle, revision, moved)
    plan = write_plan(book, look, data, place)
    history = write_history(book, look, data)
    about = write_about(
        book, look, provenance, subtitle=subtitle, back_to="Statement", run=run, paper=data.paper, meanings=meanings_of(data.standing)
    )  # fmt: skip
    add_charts(statement, history, data)
    for name, text in (("stmt_run_id", run), ("stmt_snapshot_id", provenance.snapshot_id)):
        book.defined_names[name] = DefinedName(name, attr_text=quoted_text(text))
    left = f"Commission statement · {data.payee_name} ({data.payee_id}) · {data.period.label}"
    sheets = (statement, lines, *bonuses, *payments, *settled, plan, history, about)
    _head_and_foot(sheets, statement, data.company, left, f"Run {run} · data {provenance.short_id}")
    document = Document(
        title=f"Commission statement {data.period.label}", subject=f"{data.payee_id} · revision {revision}", creator=data.company,
        made_at=provenance.made_at,
        properties={"Payee": data.payee_id, "Period": data.period.key, "Run": run, "Snapshot": provenance.snapshot_id, "Rules": provenance.rules_hash},
    )  # fmt: skip
    return workbook_bytes(book, sheets, document, in_words(data))


def write_period(
    folder: Path, data: PeriodData, provenance: Provenance, *, revision: int = 1, content: str | None = None
) -> WrittenFile:
    """Write the workbook of a period for finance: Close, Register, Reconciliation, Exceptions, About.

    Args:
        folder: Folder of the period; it exists.
        data: What it shows.
        provenance: Where it comes from.
        revision: Counts changes of content, from 1.
        content: Hash of what makes a revision of it; ``content_of(data)`` where none is given.
    """
    key = require_safe_name(data.period.key)
    packed = period_bytes(data, provenance, revision)
    name = f"{CLOSE}_{key}_r{revision:02}.xlsx"
    write_whole(folder / name, packed)
    return WrittenFile(name, CLOSE, "", revision, (), parts_hash(packed), content or content_of(data), is_new=True)


def period_bytes(data: PeriodData, provenance: Provenance, revision: int) -> bytes:
    """The period workbook as bytes."""
    look = look_for(tuple(sorted({*data.currencies, data.company_currency})))
    book = look.new_workbook()
    run = run_name(data.period.key, revision)
    sheets = period_sheets(book, look, data, provenance, run, revision)
    _head_and_foot(
        sheets,
        sheets[0],
        data.company,
        f"Commission period workbook · {data.period.label}",
        f"Run {run} · data {provenance.short_id}",
    )
    document = Document(
        title=f"Commission close {data.period.label}", subject=f"revision {revision}", creator=data.company, made_at=provenance.made_at,
        properties={"Period": data.period.key, "Run": run, "Snapshot": provenance.snapshot_id, "Rules": provenance.rules_hash},
    )  # fmt: skip
    return workbook_bytes(book, sheets, document, ())


def run_name(period: str, revision: int) -> str:
    """``2026-P10-r03``."""
    return f"{period}-r{revision:02}"


def content_of(data: StatementData | PeriodData) -> str:
    """sha256 over everything shown but provenance and revision: it decides whether there is a new revision."""
    digest = hashlib.sha256(f"layout {LAYOUT}".encode())
    for part in _parts(data):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _parts(data: StatementData | PeriodData) -> Iterable[str]:
    for field in fields(data):
        value = getattr(data, field.name)
        yield field.name
        if isinstance(value, pl.DataFrame):
            yield ",".join(value.columns)
            yield value.write_csv(null_value="\x01")
        elif isinstance(value, SettledRows):
            yield from (getattr(value, one.name).write_csv(null_value="\x01") for one in fields(value))
        elif hasattr(value, "__dataclass_fields__"):
            yield repr(sorted(asdict(value).items()))
        else:
            yield repr(sorted(value.items()) if isinstance(value, dict) else value)


def _head_and_foot(sheets: Iterable[Sheet], first: Sheet, company: str, left: str, run: str) -> None:
    for sheet in sheets:
        sheet.header_and_footer(company if sheet is first else left, CONFIDENTIAL, run)
