"""What commands on the ledger share: which store, which ledger, who acts."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipelines.command_line.console import fail
from pipelines.exit_codes import STOPPED

if TYPE_CHECKING:
    from pipelines.ledger import Anchor, Ledger

Command = TypeVar("Command", bound=Callable[..., Any])


def store_option(command: Command) -> Command:
    """``--store DIR``."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        required=True,
        help="Folder of results; the ledger is in it, or where CREDITDUE_LEDGER says.",
    )(command)


def as_option(command: Command) -> Command:
    """``--as NAME``, passed on as ``who``."""
    return click.option(
        "--as", "who", help="Who acts. Default: CREDITDUE_USER, else the user of the operating system."
    )(command)


def anchor_option(command: Command) -> Command:
    """``--anchor LENGTH:HASH``."""
    return click.option(
        "--anchor", help="Length and hash as the last close report prints them: 1042:3fa9… (all 64 digits)."
    )(command)


def anchor_of(text: str | None) -> "Anchor | None":
    """The anchor given, or none.

    Raises:
        WrongEntry: it is written otherwise.
    """
    from pipelines.ledger import Anchor  # noqa: PLC0415

    return None if text is None else Anchor.of(text)


def existing_ledger(store: Path) -> "Ledger":
    """The ledger of a store; ends the command where none was begun."""
    from pipelines.ledger import ledger_address, open_ledger  # noqa: PLC0415

    address = ledger_address(store)
    file = Path(address.removeprefix("sqlite:///"))
    if address.startswith("sqlite:///") and not file.is_file():
        fail(
            f"{file}: there is no ledger yet. It begins with the first calculation that is put to review: "
            "run `creditdue propose --help`.",
            STOPPED,
        )
    return open_ledger(address)
