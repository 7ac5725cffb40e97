"""A comparison as a workbook in the look of the statements, and as a page that needs nothing beside it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from hashlib import sha256
from html import escape
from importlib.metadata import version
from pathlib import Path

import polars as pl

from compensation.calculate import first_and_last_day
from compensation.currency import minor_unit_digits
from pipelines.company_folder import CompanyFolder
from pipelines.intake import Intake
from pipelines.modelling.comparison_sheets import (
    MOST_BARS,
    Compared,
    add_charts,
    grids_of,
    write_grid,
    write_summary,
)
from pipelines.modelling.html_page import html_page, html_table
from pipelines.modelling.svg import bar_chart
from pipelines.results import manifest_of
from pipelines.workbooks.about_sheet import write_about
from pipelines.workbooks.data import Provenance, SourceFile
from pipelines.workbooks.files import write_whole
from pipelines.workbooks.look import look_for
from pipelines.workbooks.package import Document, workbook_bytes
from pipelines.workbooks.sheet import Sheet
from schemas.rules.plan import Plan

CONFIDENTIAL = "Confidential – plan designers and finance only"
MEANINGS = (
    ("Base, Other", "What all payees earn under one set of plans and under the other, for the same credits: one intake, one attribution, payout twice. Nothing of it is stored or paid."),
    ("Cost", "Earnings of the components and what no credit earns: bonuses, pools, guarantees, carried excess. In the currency of the plan; currencies are never added up."),
    ("Difference", "Other less base. Excel's own arithmetic; the engine's result is cached in the cell."),
    ("Why", "The components that moved the payee's pay, the largest first, each with the parts of its rule that differ."),
    ("re-add", "The differences of the sheet add up to the difference in all."),
)  # fmt: skip


def write_comparison(folder: Path, shown: Compared, provenance: Provenance) -> tuple[Path, Path]:
    """Write ``comparison.xlsx`` and ``comparison.html`` into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    workbook, page = folder / "comparison.xlsx", folder / "comparison.html"
    write_whole(workbook, comparison_bytes(shown, provenance))
    page.write_text(comparison_page(shown), encoding="utf-8")
    return workbook, page


def comparison_bytes(shown: Compared, provenance: Provenance) -> bytes:
    """The workbook: the same facts and plans give the same bytes."""
    look = look_for(tuple(sorted(shown.currencies)))
    book = look.new_workbook()
    summary = Sheet(book, look, "Summary", (24, 16, 16, 16, 12, 14, 16, 14))
    grids = grids_of(shown)
    sheets = [summary, *(write_grid(book, look, grid, shown) for grid in grids)]
    write_summary(summary, shown, grids)
    subtitle = f"{shown.company} · {shown.base} and {shown.other}"
    sheets.append(
        write_about(
            book, look, provenance, subtitle=subtitle, back_to="Summary", run="none: a comparison, computed aside", paper=shown.paper,
            meanings=MEANINGS,
        )
    )  # fmt: skip
    texts = add_charts(summary, sheets[1], sheets[3], shown)
    for sheet in sheets:
        sheet.header_and_footer(f"Comparison of plans · {shown.company}", CONFIDENTIAL, f"data {provenance.short_id}")
    document = Document(
        title="Comparison of plans", subject=f"{shown.base} and {shown.other}", creator=shown.company, made_at=provenance.made_at,
        properties={"Base": shown.base, "Other": shown.other, "Snapshot": provenance.snapshot_id, "Rules": provenance.rules_hash},
    )  # fmt: skip
    return workbook_bytes(book, sheets, document, texts)


def provenance_of(intake: Intake, folder: CompanyFolder, *sides: Sequence[Plan]) -> Provenance:
    """Where the figures come from; the hash of rules covers the company's files and the plans of both sides. No clock: the moment is the start of the last day that anything is known of."""
    manifest = manifest_of(intake, folder)
    last: date = first_and_last_day(intake.facts, folder.company)[1]
    files = intake.received.select(pl.col("source_file", "table", "sha256").cast(pl.String), "rows").sort(
        "source_file", "table"
    )
    said = [folder.fingerprint(), *(plan.model_dump_json() for plans in sides for plan in plans)]
    return Provenance(
        snapshot_id=manifest["calculation_id"],
        data_as_of=last,
        made_at=datetime.combine(last, time(), tzinfo=UTC),
        rules_hash=sha256("\0".join(said).encode()).hexdigest(),
        engine=f"creditdue {version('creditdue')}",
        files=tuple(SourceFile(name, table, rows, sha256) for name, table, sha256, rows in files.rows()),
    )


def comparison_page(shown: Compared) -> str:
    """The comparison as one HTML file."""
    found = shown.found
    body = [
        (
            f"<h1>Comparison of plans</h1><dl><dt>Company</dt><dd>{escape(shown.company)}</dd><dt>Base</dt><dd>{escape(shown.base)}</dd>"
            f"<dt>Other</dt><dd>{escape(shown.other)}</dd></dl>"
        ),
        _table("In all", found.totals, (("Currency", "currency"),)),
    ]
    for currency in shown.currencies:
        moved = found.people.filter((pl.col("currency") == currency) & (pl.col("difference") != 0)).head(MOST_BARS)
        if moved.height:
            bars = [
                (shown.names.get(payee, payee), float(d)) for payee, d in moved.select("payee_id", "difference").rows()
            ]
            told = "; ".join(f"{name} {value:+,.2f}" for name, value in bars)
            title = f"Who gains and who loses, {currency}"
            svg = bar_chart(title, f"Difference for each payee, the largest first: {told}.", bars, f"people-{currency}")
            body.append(f"<h2>{title}</h2><figure>{svg}</figure>")
    people = found.people.with_columns(pl.col("payee_id").replace(shown.names))
    body.append(_table("People", people, (("Payee", "payee_id"), ("Cur.", "currency")), (("Why", "why"),)))
    keys = found.components.select("plan", "component").rows()
    why = pl.Series("why", [found.changed[key].reason if key in found.changed else "" for key in keys], dtype=pl.String)
    components = found.components.with_columns(why)
    body.append(
        _table(
            "Components",
            components,
            (("Plan", "plan"), ("Component", "component"), ("Cur.", "currency")),
            (("Why", "why"),),
        )
    )
    for (plan, part), changed in found.changed.items():
        body.append(
            f"<section><h2>{escape(plan)}: {escape(part)}</h2><p class='note'>{escape(changed.reason)}</p>"
            f"<p><b>Base</b> {escape(changed.base or '–')}</p><p><b>Other</b> {escape(changed.other or '–')}</p></section>"
        )
    body.append(_table("Periods", found.periods, (("Period", "fiscal_period"), ("Cur.", "currency"))))
    return html_page("Comparison of plans", "\n".join(body))


def _table(
    caption: str, frame: pl.DataFrame, keys: tuple[tuple[str, str], ...], after: tuple[tuple[str, str], ...] = ()
) -> str:
    rows = []
    for row in frame.rows(named=True):
        digits = minor_unit_digits(row["currency"])
        figures = [f"{row[name]:,.{digits}f}" for name in ("base", "other")] + [f"{row['difference']:+,.{digits}f}"]
        rows.append([str(row[name]) for _, name in keys] + figures + [str(row[name]) for _, name in after])
    heads = [*(head for head, _ in keys), "Base", "Other", "Difference", *(head for head, _ in after)]
    return html_table(caption, heads, rows, numbers=range(len(keys), len(keys) + 3))
