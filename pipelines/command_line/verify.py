"""``creditdue verify``: is what was closed still what was closed?"""

import sys
from pathlib import Path

import click
from rich.text import Text

from pipelines.command_line.console import Progress, ends_well, err, out, table_of
from pipelines.command_line.ledger_options import anchor_of, anchor_option, existing_ledger, store_option
from pipelines.exit_codes import STOPPED

MOST_SHOWN = 20


@click.command(name="verify")
@store_option
@anchor_option
@ends_well
def command(store: Path, anchor: str | None) -> None:
    """Recompute every hash of the ledger and of the sealed periods, and name whatever is not as it was written.

    Statements of closed periods are compared with the sealed ones, byte for byte.

    Give the anchor of the last close report: without it nobody can tell entries that were cut off at the end, or an old copy
    put back. Ends with 1 where anything is found.

    \b
    Example:
      creditdue verify --store out/demo
      creditdue verify --store out/demo --anchor 1042:3fa94c…
    """
    from pipelines.closing.handed_out import faults_of_statements  # noqa: PLC0415
    from pipelines.ledger import verify  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    known = anchor_of(anchor)
    ledger = existing_ledger(store)
    with Progress().step("recomputing the ledger and sealed periods"):
        report = verify(ledger, known, store / "closed")
    rows = [(table, number) for table, number in report.rows.items() if number]
    out.print(table_of(f"Ledger {report.place}", ["table", "rows as written"], rows, ["rows as written"]))
    if report.is_whole:
        out.print(Text(f"Whole. Anchor: {report.anchor}"), soft_wrap=True)
        if known is None:
            out.print(
                Text("Not compared with an anchor: what was cut off at the end would not be seen. Give --anchor.")
            )
        changed = list(faults_of_statements(Store.at(store), ledger.closings()))
        if changed:
            _tell(changed, "")
        return
    _tell(report.faults, ADVICE)


def _tell(faults: list[str], advice: str) -> None:
    """Name the first faults and end the command."""
    for fault in faults[:MOST_SHOWN]:
        err.print(Text(fault, style="bold red" if err.is_terminal else ""), soft_wrap=True)
    more = len(faults) - MOST_SHOWN
    rest = (f"and {more:,} more. " if more > 0 else "") + advice
    if rest:
        err.print(Text(rest), soft_wrap=True)
    sys.exit(STOPPED)


ADVICE = (
    "Do not close or pay from this ledger. Keep it as evidence, restore the last backup that is whole against its anchor "
    "(`creditdue ledger restore`), and record again what came after it."
)
