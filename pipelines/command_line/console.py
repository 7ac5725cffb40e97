"""What every command shares: where it prints, how it shows progress, how it ends."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pipelines.command_line.options import company_option, ends_well, exit_code_of, exports_option, message_of

__all__ = [
    "Progress", "company_option", "ends_well", "err", "exit_code_of", "exports_option", "fail", "message_of", "out", "table_of",
]  # fmt: skip

WIDE = 160
"""Columns where nobody watches: a log or a file is not folded at 80."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else WIDE)


class Progress:
    """Steps of a long command on standard error: what is done, how long it took; silent with ``quiet``."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show that a step runs, then that it is done."""
        if self.quiet:
            yield
            return
        began = time.monotonic()
        with err.status(f"{what} …") if err.is_terminal else _nothing():
            yield
        err.print(Text(f"  {what:<44}{time.monotonic() - began:>7.1f} s", style="dim"))

    def __call__(self, message: str) -> None:
        """Show something noticed on the way."""
        if not self.quiet:
            err.print(Text(f"    {message}", style="dim"))


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def fail(message: str, code: int) -> None:
    """Say what is wrong on standard error, on lines as they are where nobody watches, and end with the code."""
    err.print(Text(message, style="bold red" if err.is_terminal else ""), soft_wrap=not err.is_terminal)
    sys.exit(code)


def table_of(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[str] = ()
) -> Group:
    """A table for people under its title: ``numbers`` names the columns aligned to the right."""
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    return Group(Text(title, style="bold"), table)


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
