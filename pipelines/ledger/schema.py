"""The version of a ledger's tables: made new, brought up to date, or refused where it is newer than the program."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from pipelines.ledger.errors import NewerLedger

LATEST = "0002"
"""The version that this program writes; a test compares it with the migrations."""

VERSION_TABLE = "ledger_version"


def version_of(connection: Connection) -> str | None:
    """The version of the tables; None where there are none yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  # a name of ours


def require_known(version: str | None, place: str) -> None:
    """Raise where the tables are of a version that this program does not know.

    Raises:
        NewerLedger: names both versions and what to do.
    """
    if version is not None and version not in known_versions():
        raise NewerLedger(
            f"{place}: this ledger has version '{version}'; this program knows versions up to {LATEST}. It was written by a "
            "newer Creditdue: install that one. Nothing was read or changed."
        )


def upgrade(connection: Connection, version: str = LATEST) -> None:
    """Bring the tables to a version, in the transaction of the connection."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


@cache
def known_versions() -> tuple[str, ...]:
    """Every version that there are migrations to."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
