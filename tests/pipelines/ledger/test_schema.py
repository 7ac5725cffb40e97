"""Migrations make exactly the tables that the program writes, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Float, Integer, Numeric, SmallInteger, Text, inspect

from pipelines.ledger import open_ledger
from pipelines.ledger.schema import LATEST, known_versions
from pipelines.ledger.tables import CHAIN, CHAINED, METADATA


def test_migrations_make_the_tables_of_the_program(ledger):
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "ledger_version"})
        assert compare_metadata(context, METADATA) == []


def test_the_latest_version_is_the_last_migration():
    assert known_versions()[0] == LATEST


def test_nothing_is_a_float_or_read_back_otherwise_than_written():
    kinds = {type(column.type) for table in (*CHAINED.values(), CHAIN) for column in table.columns}
    assert not any(issubclass(kind, Float | Numeric) for kind in kinds)
    assert all(issubclass(kind, Integer | SmallInteger | Text) for kind in kinds)


def test_every_table_is_chained_or_is_the_chain_or_the_version(ledger):
    assert set(inspect(ledger.engine).get_table_names()) == {*CHAINED, CHAIN.name, "ledger_version"}


def test_opening_again_changes_nothing(ledger, address):
    before = ledger.anchor()
    for _ in range(3):
        assert open_ledger(address).anchor() == before


def test_the_file_is_its_owners_alone(tmp_path):
    open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    assert (tmp_path / "ledger.db").stat().st_mode & 0o777 == 0o600
