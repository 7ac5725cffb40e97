"""A ledger in a SQLite file, and the same on a PostgreSQL server of the tests' own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipelines.ledger import open_ledger

NOBODY = "nobody"


def _binary(name):
    """Path of a program of the PostgreSQL server; packages put them beside the version, not on the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return shutil.which(name) or next((str(path / name) for path in versions if (path / name).is_file()), None)


def _unprivileged():
    """PostgreSQL refuses to run as root: then it is started as nobody."""
    if os.getuid():
        return {}
    return {"user": pwd.getpwnam(NOBODY).pw_uid, "group": pwd.getpwnam(NOBODY).pw_gid, "extra_groups": []}


def _free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture(scope="session")
def postgres_server():
    """URL of a private server on loopback, in a temporary folder; stopped at the end, by the tool that started it."""
    programs = {name: _binary(name) for name in ("initdb", "pg_ctl")}
    if None in programs.values():
        pytest.skip("needs a PostgreSQL server (initdb and pg_ctl), which is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ledger-postgres-"))
    who, port = _unprivileged(), _free_port()
    if who:
        os.chown(folder, who["user"], who["group"])

    def run(*command):
        done = subprocess.run(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
            **who,
        )
        assert done.returncode == 0, done.stdout

    data = str(folder / "data")
    run(programs["initdb"], "-D", data, "-U", "creditdue", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=20"
    run(programs["pg_ctl"], "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield f"postgresql+psycopg://creditdue@127.0.0.1:{port}"
    finally:
        run(programs["pg_ctl"], "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(server):
    """URL of a new, empty database, which is dropped at the end."""
    name = f"ledger_{os.urandom(6).hex()}"
    maintenance = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield f"{server}/{name}"
    finally:
        with maintenance.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        maintenance.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """URL of an empty place for a ledger, on each of the databases."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    with _database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def another_database(postgres_server):
    """One more empty database on PostgreSQL."""
    with _database(postgres_server) as url:
        yield url


@pytest.fixture
def ledger(address):
    """An empty ledger."""
    opened = open_ledger(address)
    yield opened
    opened.engine.dispose()
