"""``creditdue ledger``: copies of the ledger, taken and put back."""

from pathlib import Path

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, out
from pipelines.command_line.ledger_options import anchor_of, anchor_option, existing_ledger, store_option


@click.group(name="ledger")
def command() -> None:
    """Copy the ledger to a file, or put such a copy where no ledger is.

    \b
    Example:
      creditdue ledger backup ledger-2026-03.db --store out/demo
      creditdue ledger restore ledger-2026-03.db --store out/new --anchor 1042:3fa94c…
    """


@command.command(name="backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@store_option
@ends_well
def backup_command(file: Path, store: Path) -> None:
    """Verify the ledger, copy it to FILE while it is in use, and verify the copy. A file that is there is not replaced.

    On PostgreSQL the copy is a dump of pg_dump in its custom format.

    \b
    Example:
      creditdue ledger backup ledger-2026-03.db --store out/demo
    """
    from pipelines.ledger import backup  # noqa: PLC0415

    report = backup(existing_ledger(store), file)
    out.print(Text(f"{file}: a whole copy of {report.place}.\nAnchor: {report.anchor}"), soft_wrap=True)


@command.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@store_option
@anchor_option
@ends_well
def restore_command(file: Path, store: Path, anchor: str | None) -> None:
    """Put the copy in FILE into a store without ledger (or the empty database of CREDITDUE_LEDGER), and verify it.

    \b
    Example:
      creditdue ledger restore ledger-2026-03.db --store out/new --anchor 1042:3fa94c…
    """
    from pipelines.ledger import ledger_address, restore  # noqa: PLC0415

    report = restore(file, ledger_address(store), anchor_of(anchor))
    out.print(Text(f"{report.place}: restored from {file} and whole.\nAnchor: {report.anchor}"), soft_wrap=True)
