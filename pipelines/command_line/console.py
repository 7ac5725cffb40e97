"""What every command shares: where it prints, how it shows progress, how it ends."""

import functools
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pipelines.exit_codes import code_of_kind, known_kind

Command = TypeVar("Command", bound=Callable[..., Any])

WIDE = 160
"""Columns where nobody watches: a log or a file is not folded at 80."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else WIDE)


def company_option(command: Command) -> Command:
    """``--company DIR``."""
    return click.option(
        "--company", type=click.Path(path_type=Path, file_okay=False), required=True, help="Company folder."
    )(command)


def exports_option(*, required: bool = True) -> Callable[[Command], Command]:
    """``--exports DIR``."""
    return click.option(
        "--exports",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        required=required,
        help="Folder of exports.",
    )


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


def ends_well(command: Command) -> Command:
    """Turn whatever goes wrong into a message and an exit code; ``CREDITDUE_DEBUG=1`` shows the traceback as well."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click ends these itself
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of Polars is no Exception
            if os.environ.get("CREDITDUE_DEBUG"):
                traceback.print_exc()
            fail(message_of(error), exit_code_of(error))

    return wrapped  # type: ignore[return-value]


def exit_code_of(error: BaseException) -> int:
    """The exit code that an error ends a command with; 3 for one that nobody foresaw."""
    return code_of_kind(known_kind(error) or type(error).__name__)


def message_of(error: BaseException) -> str:
    """What to tell people: our own words, what the operating system refused, or that the program is at fault."""
    if known_kind(error) is not None:
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}. Nothing was finished; see to it and run again."
    what = str(error).strip().split("\n", maxsplit=1)[0]
    return (
        f"A fault of the program, not of what came: {type(error).__name__}{': ' if what else ''}{what}. "
        "CREDITDUE_DEBUG=1 shows where; report it with that."
    )


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
