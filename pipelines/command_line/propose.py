"""``creditdue propose``: what the open period would post, and why; put aside for review with ``--submit``."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from pipelines.command_line.console import Progress, company_option, ends_well, exports_option, out, table_of
from pipelines.command_line.ledger_options import as_option

if TYPE_CHECKING:
    import polars as pl

    from pipelines.closing import Prepared
    from pipelines.ledger import Ledger
    from pipelines.store import Store

MOST_LINES = 40
DIFFERENCE = ["difference", "state", "amount", "why", "answer"]
CORRECTION = ["payee", "of period", "line", "component", "amount", "cause"]


@click.command(name="propose")
@click.argument("period", required=False)
@company_option
@exports_option()
@click.option("--store", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of results.")
@click.option(
    "--out", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write the lines as Parquet, too."
)
@click.option("--submit", is_flag=True, help="Put it aside for review: record this content, prepared by --as.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day that statements print as theirs. Default: today.")
@as_option
@ends_well
def command(
    period: str | None, company: Path, exports: Path, store: Path, target: Path | None, as_of: date | None, who: str | None,
    *, submit: bool,
) -> None:  # fmt: skip
    """Show what PERIOD (2026-P03; default: the open one) would post: pay of the period, and corrections of closed ones.

    \b
    Example:
      creditdue propose --company examples/demo --exports examples/demo/exports --store out/demo
      creditdue propose 2025-P01 --company examples/demo --exports examples/demo/exports --store out/demo --submit --as p.meyer

    Without --submit nothing is recorded. With it, the draft lies in STORE/proposed/PERIOD: facts, rules, results and statements;
    that is what is reviewed, approved and closed. Submitting another content later sends the period back to the start.
    """
    from pipelines.closing import known_ledger, prepare  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415
    from pipelines.parquet import write_table  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    place, folder = Store.at(store), load_company(company)
    ledger = known_ledger(place)
    with Progress().step("computing from the exports"):
        prepared = prepare(folder, exports, place, ledger, period)
    show(prepared, ledger)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_table(target, prepared.lines)
        out.print(Text(f"{prepared.lines.height:,} lines written to {target}."))
    if submit:
        _submit(prepared, place, who, as_of)


def show(prepared: "Prepared", ledger: "Ledger | None") -> None:
    """The sums of each payee, every correction with its cause, and what is still to be decided."""
    from pipelines.closing import open_questions  # noqa: PLC0415

    show_lines(prepared.open.period, prepared.lines, prepared.balances)
    show_differences(prepared.differences)
    if not prepared.drift.is_empty():
        rows = prepared.drift.select("subject_table", "subject_id", "fiscal_period", "was", "now").rows()
        title = f"Changed in the source, without effect on closed days ({len(rows)})"
        out.print(table_of(title, ["table", "what", "closed in", "was", "now"], rows[:MOST_LINES]))
    questions = open_questions(prepared.tables["findings"], prepared.open.end, ledger)
    if questions:
        shown = [(one.severity, one.key, one.detail) for one in questions[:MOST_LINES]]
        out.print(
            table_of(
                f"To be mended or decided before the close ({len(questions)})", ["severity", "finding", "what"], shown
            )
        )


def show_lines(period: str, lines: "pl.DataFrame", balances: "pl.DataFrame") -> None:
    """From the opening balance to what is paid, per payee; and each correction and adjustment with its cause."""
    import polars as pl  # noqa: PLC0415

    from pipelines.closing import payable  # noqa: PLC0415

    sums = payable(balances)
    rows = [(payee, currency, *map(money, amounts)) for payee, currency, *amounts in sums.rows()]
    names = [name.replace("_", " ") for name in sums.columns]
    out.print(table_of(f"{period} posts {lines.height:,} lines", ["payee", *names[1:]], rows, names[2:]))
    other = lines.filter(pl.col("kind").is_in(["correction", "adjustment"]))
    if other.is_empty():
        return
    shown = [
        (row["payee_id"], row["earning_period"], row["return_id"] or row["order_line_id"], row["component"],
         f"{money(row['amount'])} {row['currency']}", row["cause"])
        for row in other.head(MOST_LINES).iter_rows(named=True)
    ]  # fmt: skip
    rest = f", the first {MOST_LINES} shown" if other.height > MOST_LINES else ""
    out.print(table_of(f"Corrections and adjustments ({other.height:,}{rest})", CORRECTION, shown, ["amount"]))


def show_differences(differences: "pl.DataFrame") -> None:
    """Differences of closed periods that somebody must approve: what waits, what is approved, what was declined and why."""
    if differences.is_empty():
        return
    rows = sorted(differences.rows(named=True), key=lambda row: (ORDER.index(row["state"]), row["subject"]))
    counts = ", ".join(f"{sum(row['state'] == state for row in rows)} {state}" for state in ORDER)
    title = f"Decided for closed periods: posted once it is approved ({counts})"
    out.print(table_of(title, DIFFERENCE, [difference_row(row) for row in rows[:MOST_LINES]], ["amount"]))
    if rows[0]["state"] == ORDER[0]:
        out.print(Text(ADVICE))


def difference_row(row: "dict[str, Any]") -> tuple[object, ...]:
    """A difference under ``DIFFERENCE``."""
    answer = f"{row['answered_by']}: {row['answer'] or row['state']}" if row["answered_by"] else ""
    amount = f"{money(row['amount'])} {row['currency']}"
    return row["subject"], row["state"], amount, f"{row['what']} ({row['rules']}): {row['cause']}", answer


ORDER = ("waiting", "declined", "approved")
ADVICE = (
    "What waits is not posted, and is proposed again until somebody answers. Put the draft aside, then somebody whom it does not pay "
    "answers: `creditdue approve DIFFERENCE` (--document where it lowers pay), or `--decline --note …`."
)


def money(amount: object) -> str:
    """``-1,234.50``; three decimals only where they say something."""
    text = f"{amount:,.3f}"
    return text.removesuffix("0")


def _submit(prepared: "Prepared", store: "Store", who: str | None, as_of: date | None) -> None:
    """Put the draft aside and record its content."""
    from datetime import datetime  # noqa: PLC0415

    from pipelines.closing import write_draft  # noqa: PLC0415
    from pipelines.defs.settings import today  # noqa: PLC0415
    from pipelines.ledger import acting, ledger_address, next_steps, open_ledger  # noqa: PLC0415
    from pipelines.store import only_run  # noqa: PLC0415

    person = acting(who)
    day = as_of.date() if isinstance(as_of, datetime) else as_of
    store.prepare()
    with Progress().step("writing the draft"), only_run(store, f"propose {prepared.open.period}"):
        draft = write_draft(prepared, store, day or today(prepared.folder.company.time_zone))
        state = open_ledger(ledger_address(store.root)).calculated(draft.content, person)
    out.print(Text(f"Draft: {draft.folder} (content {draft.content.hash[:12]}, prepared by {person.name})."))
    out.print(Text(next_steps(state)))
