"""What the declaration of every command shares: common options, and how it ends. Loads nothing that shows."""

import functools
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.exit_codes import code_of_kind, known_kind

Command = TypeVar("Command", bound=Callable[..., Any])


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
            from pipelines.command_line.console import fail  # noqa: PLC0415  - rich only where something is shown

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
