"""``creditdue as-of``: make a statement that was issued again, from what was known then; and what it would say today."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipelines.command_line.console import Progress, ends_well, out, table_of
from pipelines.command_line.ledger_options import store_option
from pipelines.exit_codes import STOPPED

if TYPE_CHECKING:
    from pipelines.as_of.issued_files import IssuedFile
    from pipelines.as_of.known_then import KnownThen
    from pipelines.closing.prepare import Prepared
    from pipelines.ledger import Closing, Ledger
    from pipelines.store import Store

SHORT = 12
FIGURES = ["figure", "currency", "then", "now", "why"]
LINES = ["line", "component", "currency", "then", "now", "why"]
Folder = click.Path(path_type=Path, file_okay=False, exists=True)


@click.command(name="as-of")
@click.argument("period")
@click.argument("payee", required=False)
@store_option
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the statement that was made again here.",
)
@click.option("--company", type=Folder, help="Company folder: with --exports, say what the statement would be today.")
@click.option("--exports", type=Folder, help="Folder of exports as they are today.")
@ends_well
def command(
    period: str, payee: str | None, store: Path, target: Path | None, company: Path | None, exports: Path | None
) -> None:  # fmt: skip
    """Make the statement of PAYEE for PERIOD (2026-P03) again from what was known when it was issued, and compare it byte for byte.

    Without PAYEE, every statement of the period.

    \b
    Example:
      creditdue as-of 2025-P01 --store out/demo
      creditdue as-of 2025-P01 R101 --store out/demo --out again.xlsx
      creditdue as-of 2025-P01 R101 --store out/demo --company examples/demo --exports examples/demo/exports

    A closed period is made from the facts, rules and ledger entries that its close sealed; an open one from the calculation that was
    published. Nothing is written to the store. Ends with 1 where the files differ. With --company and --exports, each figure and
    line then and now stand beside each other, with the cause.
    """
    from pipelines.as_of.issued_files import issued_file  # noqa: PLC0415
    from pipelines.as_of.known_then import known_then  # noqa: PLC0415
    from pipelines.as_of.rebuild import computed_then, rebuilt  # noqa: PLC0415
    from pipelines.closing import known_ledger  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    if (company is None) != (exports is None) and exports is not None:
        raise click.UsageError("--exports says what came today, and needs --company; give both, or neither.")
    if payee is None and (target or exports):
        raise click.UsageError("--out and --exports are for one statement: name its payee after the period.")
    place = Store.at(store)
    ledger = known_ledger(place)
    closing = ledger.closing_of(period) if ledger else None
    if payee is None:
        _every_statement(place, ledger, period, closing, company)
        return
    issued = issued_file(place, period, payee, closing)
    with Progress().step("computing from what was known then"):
        known = known_then(issued, place, ledger, company)
        then = computed_then(known, place)
        packed = rebuilt(issued, then)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(packed)
    is_same = _compared(issued, known, packed, target)
    if company is not None and exports is not None:
        _show_today(issued, then, place, ledger, company, exports)
    if not is_same:
        sys.exit(STOPPED)


def _every_statement(
    store: "Store", ledger: "Ledger | None", period: str, closing: "Closing | None", company: Path | None
) -> None:  # fmt: skip
    """Make each statement of a period again; what it rests on is computed once."""
    from pipelines.as_of.compare_files import first_difference  # noqa: PLC0415
    from pipelines.as_of.issued_files import issued_file, issued_to  # noqa: PLC0415
    from pipelines.as_of.known_then import known_then  # noqa: PLC0415
    from pipelines.as_of.rebuild import computed_then, rebuilt  # noqa: PLC0415

    computed: dict[tuple[str, str], Prepared] = {}
    rows, differing = [], 0
    with Progress().step("making every statement again"):
        for payee in issued_to(store, period, closing):
            issued = issued_file(store, period, payee, closing)
            origin = ("", "") if closing else (issued.provenance.snapshot_id, issued.provenance.rules_hash)
            if origin not in computed:
                computed[origin] = computed_then(known_then(issued, store, ledger, company), store)
            difference = first_difference(issued.packed, rebuilt(issued, computed[origin]))
            differing += difference is not None
            rows.append((payee, issued.path.name, difference or "identical"))
    out.print(table_of(f"Statements of {period} made again ({len(rows)})", ["payee", "file", "made again"], rows))
    out.print(Text(f"{len(rows) - differing} of {len(rows)} are identical to the byte."))
    if differing:
        sys.exit(STOPPED)


def _compared(issued: "IssuedFile", known: "KnownThen", packed: bytes, target: Path | None) -> bool:
    """Say whether both are the same bytes; else where they differ first, and what may be the reason."""
    import hashlib  # noqa: PLC0415

    from pipelines.as_of.compare_files import first_difference  # noqa: PLC0415
    from pipelines.defs.night import engine  # noqa: PLC0415  # loads Dagster

    out.print(Text(f"{issued.path}\nMade again from {known.said}."), soft_wrap=True)
    if target is not None:
        out.print(Text(f"Written to {target}."), soft_wrap=True)
    difference = first_difference(issued.packed, packed)
    if difference is None:
        digest = hashlib.sha256(packed).hexdigest()
        out.print(Text(f"Identical: {len(packed):,} bytes, sha256 {digest}."), soft_wrap=True)
        return True
    out.print(Text(f"Not identical. First difference: {difference}."), soft_wrap=True)
    made_by = issued.provenance.engine
    if made_by != engine():
        out.print(
            Text(f"It was issued by {made_by}, and this is {engine()}: install that version to make the same bytes."),
            soft_wrap=True,
        )
    else:
        out.print(Text("It was issued by this very program: `creditdue verify` says whether a file was changed."))
    return False


def _show_today(
    issued: "IssuedFile", then: "Prepared", store: "Store", ledger: "Ledger | None", company: Path, exports: Path
) -> None:
    """What the statement would say today, figure by figure and line by line."""
    from pipelines.as_of.since import figures_since, lines_since  # noqa: PLC0415
    from pipelines.closing import prepare  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415

    with Progress().step("computing from what is known today"):
        now = prepare(load_company(company), exports, store, ledger, None)
        lines = lines_since(then, now, issued.payee_id, issued.period)
        figures = figures_since(then, now, lines, issued.payee_id, issued.period)
    moved = sum(one["then"] != one["now"] for one in figures)
    title = f"{issued.payee_id} in {issued.period}, then and today ({moved} of {len(figures)} figures differ)"
    rows = [[one["label"], one["currency"], shown(one["then"]), shown(one["now"]), one["why"]] for one in figures]
    out.print(table_of(title, FIGURES, rows, ["then", "now"]))
    if lines.is_empty():
        out.print(Text("Every line earns what it earned then."))
        return
    own = [
        [row["return_id"] or row["order_line_id"] or "–", row["component"], row["currency"], shown(row["posted"]), shown(row["due"]), row["cause"]]
        for row in lines.rows(named=True)
    ]  # fmt: skip
    out.print(table_of(f"Lines that earn otherwise ({len(own)})", LINES, own, ["then", "now"]))


def shown(value: object) -> str:
    """An amount or a rate without idle zeros: ``1,234.50``, ``0.085``; a dash where there is none."""
    from decimal import Decimal  # noqa: PLC0415

    if value is None:
        return "–"
    number = Decimal(str(value))
    return f"{number:,.2f}" if number == round(number, 2) else f"{number.normalize():,f}"
