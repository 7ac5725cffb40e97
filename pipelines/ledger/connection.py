"""Where a ledger is and how it is spoken to: one writer at a time, on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from pipelines.ledger.errors import LedgerError, WrongLedgerAddress
from pipelines.workbooks.files import PRIVATE

WAIT_SECONDS = 60
ONE_WRITER = 0x43524544_44554521
"""The advisory lock of PostgreSQL that a writer holds (the letters CREDDUE!)."""

WRITING = {"creditdue_writes": True}


def ledger_address(store: Path, environment: Mapping[str, str] = os.environ) -> str:
    """URL of the ledger of a store: ``CREDITDUE_LEDGER``, else the file ``ledger.db`` in the store."""
    return environment.get("CREDITDUE_LEDGER") or f"sqlite:///{store.absolute() / 'ledger.db'}"


def engine_of(address: str) -> Engine:
    """An engine for a ledger's URL; on SQLite a connection is opened for each piece of work and closed after it.

    Raises:
        WrongLedgerAddress: the URL names neither a SQLite file nor a PostgreSQL database.
        LedgerError: the file's folder is not there.
    """
    url = url_of(address)
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": WAIT_SECONDS})
    _own_file(Path(str(url.database)))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def place_of(engine: Engine) -> str:
    """Where the ledger is, for a message: without a password."""
    return file_of(engine) or engine.url.render_as_string(hide_password=True)


def file_of(engine: Engine) -> str | None:
    """Path of the SQLite file; None on PostgreSQL."""
    return engine.url.database if engine.dialect.name == "sqlite" else None


def url_of(address: str) -> URL:
    """The URL with the driver in use.

    Raises:
        WrongLedgerAddress: it names neither a SQLite file nor a PostgreSQL database.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        raise WrongLedgerAddress(_no_address("it is no URL")) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise WrongLedgerAddress(_no_address(f"'{url.drivername}' is no database that a ledger can be in"))
    if not url.database or url.database == ":memory:":
        raise WrongLedgerAddress(_no_address("it names no file or database"))
    return url


def _no_address(reason: str) -> str:
    return (
        f"The address of the ledger cannot be used: {reason}. Give sqlite:////srv/store/ledger.db or "
        "postgresql://user@host/database (CREDITDUE_LEDGER)."
    )


def _own_file(path: Path) -> None:
    """Make the file where it is missing, readable by its owner only; SQLite's other files get the same rights."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o666 & ~PRIVATE))
    except OSError as error:
        raise LedgerError(
            f"{path}: the ledger cannot be opened: {error.strerror}. Name a store that exists and can be written."
        ) from None


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, not before the first INSERT
    connection.text_factory = _text_of
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {setting}")


def _text_of(data: bytes) -> str:
    """Text as it was written; bytes that are no text any more stay visible, so that `verify` can name the row."""
    return data.decode("utf-8", "surrogateescape")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("creditdue_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the ledger as it was at one moment, whatever is written meanwhile."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection of the only writer: all that is written in the block is there after it, or none of it.

    SQLite takes its write lock at once. PostgreSQL takes an advisory lock; it reads what was committed at each statement,
    so that a writer who had to wait sees what the one before it wrote.
    """
    with engine.connect() as connection:
        connection.execution_options(**WRITING)
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ONE_WRITER})
            yield connection
