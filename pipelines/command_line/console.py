"""What every command shares: where it prints, how it shows progress, how it ends."""

import functools
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

STOPPED, WRONG_USE, FAULT = 1, 2, 3

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
    """Turn what can go wrong into a message and an exit code; a traceback only with ``CREDITDUE_DEBUG=1``."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except click.ClickException:
            raise
        except Exception as error:
            if os.environ.get("CREDITDUE_DEBUG") or exit_code_of(error) is None:
                raise
            fail(str(error), exit_code_of(error) or FAULT)

    return wrapped  # type: ignore[return-value]


def exit_code_of(error: Exception) -> int | None:
    """The exit code that a known error ends a command with; None for one nobody foresaw."""
    from compensation.attribution.trees import TreeLoops  # noqa: PLC0415
    from compensation.calendar import OutsideCalendar  # noqa: PLC0415
    from compensation.conservation import NotConserved  # noqa: PLC0415
    from compensation.money import AmountsTooLarge  # noqa: PLC0415
    from compensation.payout.errors import PayoutError  # noqa: PLC0415
    from compensation.statement.state import StatementDoesNotAdd  # noqa: PLC0415
    from pipelines.intake import IntakeStopped, NotConservedError  # noqa: PLC0415
    from pipelines.results import NoResults  # noqa: PLC0415
    from pipelines.rule_files import RuleFileError  # noqa: PLC0415
    from pipelines.store.errors import StoreError  # noqa: PLC0415
    from pipelines.store.preflight import UnsafeEnvironment  # noqa: PLC0415

    codes: list[tuple[tuple[type[Exception], ...], int]] = [
        ((RuleFileError, NoResults, UnsafeEnvironment), WRONG_USE),
        ((IntakeStopped, StoreError, PayoutError, TreeLoops, OutsideCalendar, AmountsTooLarge), STOPPED),
        ((NotConserved, StatementDoesNotAdd, NotConservedError), FAULT),
    ]
    return next((code for kinds, code in codes if isinstance(error, kinds)), None)


def fail(message: str, code: int) -> None:
    """Say what is wrong on standard error and end with the code."""
    err.print(Text(message, style="bold red" if err.is_terminal else ""))
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
