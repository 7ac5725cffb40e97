"""Copies of the ledger: taken while it is in use, verified, and never put over another ledger."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL

from pipelines.ledger.chain import Anchor
from pipelines.ledger.connection import engine_of, file_of, place_of, reading, url_of
from pipelines.ledger.errors import LedgerError, WrongEntry, ordinary_errors
from pipelines.ledger.ledger import Ledger, open_ledger
from pipelines.ledger.schema import version_of
from pipelines.ledger.verify import Report, require_whole, verify
from pipelines.workbooks.files import private_umask, sync_folder


def backup(ledger: Ledger, path: Path) -> Report:
    """Copy the ledger to a file while it is in use, and verify the copy.

    SQLite: its online backup, a ledger file again. PostgreSQL: ``pg_dump`` in its custom format, read back by ``restore``;
    a dump is listed, and verified when it is restored.

    Returns:
        The report of the ledger; its anchor says how much is in the copy at least.

    Raises:
        WrongEntry: there is something at ``path``.
        LedgerDamaged: the ledger, or the copy, is not what was written.
        LedgerError: the copy cannot be made.
    """
    if path.exists():
        raise WrongEntry(f"{path}: there is a file already, and a backup never replaces another. Name a new one.")
    report = require_whole(verify(ledger))
    with _aside(path) as aside:
        if ledger.engine.dialect.name == "sqlite":
            _copy_sqlite(Path(str(file_of(ledger.engine))), aside)
            require_whole(verify(open_ledger(f"sqlite:///{aside}"), report.anchor))
        else:
            _postgresql("pg_dump", ledger.engine.url, "--format=custom", "--no-owner", f"--file={aside}")
            _run("pg_restore", ["--list", str(aside)], {})
        _take_place(aside, path)
    return report


def restore(path: Path, address: str, anchor: Anchor | None = None) -> Report:
    """Put a backup where no ledger is, and verify it.

    Args:
        path: What ``backup`` wrote.
        address: URL of the new ledger: a file that does not exist, or an empty database.
        anchor: As the last close report printed it.

    Raises:
        WrongEntry: there is a ledger at the address, or no file at ``path``.
        LedgerDamaged: what was restored is not what was written; on SQLite nothing is left at the address.
        LedgerError: it cannot be restored.
    """
    if not path.is_file():
        raise WrongEntry(f"{path}: there is no such backup.")
    is_file = address.startswith("sqlite")
    if is_file:
        return _restore_sqlite(path, Path(str(url_of(address).database)), anchor)
    engine = engine_of(address)
    with ordinary_errors(f"Reading {place_of(engine)}"), reading(engine) as connection:
        if version_of(connection) is not None:
            raise WrongEntry(f"{place_of(engine)}: there is a ledger already. Restore into an empty database.")
    _postgresql("pg_restore", engine.url, "--no-owner", "--single-transaction", "--exit-on-error", str(path))
    return require_whole(verify(open_ledger(address), anchor))


def _restore_sqlite(path: Path, place: Path, anchor: Anchor | None) -> Report:
    if place.exists():
        raise WrongEntry(f"{place}: there is a ledger already. Move it aside first; it is evidence.")
    with _aside(place) as aside:
        _copy_sqlite(path, aside)
        report = require_whole(verify(open_ledger(f"sqlite:///{aside}"), anchor))
        _take_place(aside, place)
    report.place = str(place)
    return report


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        raise LedgerError(f"{source}: cannot be copied: {error}. Nothing was written.") from None


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A place for the copy in a folder beside ``path``, which goes whatever happens."""
    try:
        with private_umask():
            folder = Path(tempfile.mkdtemp(prefix=".ledger-copy-", dir=path.absolute().parent))
    except OSError as error:
        raise LedgerError(f"{path.parent}: {error.strerror}. Name a folder that exists and can be written.") from None
    try:
        yield folder / "ledger.db"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_place(aside: Path, path: Path) -> None:
    handle = os.open(aside, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    aside.chmod(0o600)
    try:
        path.hardlink_to(aside)  # unlike a rename it never replaces what came there meanwhile
    except FileExistsError:
        raise WrongEntry(f"{path}: a file came there meanwhile; nothing was replaced.") from None
    sync_folder(path.absolute().parent)


def _postgresql(program: str, url: URL, *arguments: str) -> None:
    """Run a tool of PostgreSQL on a database; the password goes by its environment, where others cannot read it."""
    known = {"host": url.host, "port": url.port, "username": url.username}
    where = [f"--{name}={value}" for name, value in known.items() if value is not None]
    secret = {"PGPASSWORD": url.password} if url.password else {}
    _run(program, [*where, "--no-password", f"--dbname={url.database}", *arguments], secret)


def _run(program: str, arguments: list[str], secret: dict[str, str]) -> None:
    found = shutil.which(program)
    if found is None:
        raise LedgerError(f"'{program}' is not installed. Install the client programs of PostgreSQL and do it again.")
    done = subprocess.run(  # noqa: S603  # a program of PostgreSQL, no shell
        [found, *arguments], env={**os.environ, **secret}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().split("\n", maxsplit=1)[0]
        raise LedgerError(f"{program} failed: {said}. Nothing was finished; see to it and do it again.")
