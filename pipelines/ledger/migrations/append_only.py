"""Triggers that refuse to change or delete a row, for SQLite and PostgreSQL."""

from alembic import op

ANSWER = "is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead."


def append_only(table: str, key: str) -> None:
    """Refuse UPDATE, DELETE and whatever amounts to them on a table."""
    message = f"{table} {ANSWER}"
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql(table, message)
    else:
        _on_sqlite(table, key, message)


def _on_postgresql(table: str, message: str) -> None:
    function = f"refuse_change_of_{table}"
    op.execute(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_keeps_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_keeps_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )
    for trigger in ("keeps_rows", "keeps_all"):  # also where a session plays at replication
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")


def _on_sqlite(table: str, key: str, message: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    op.execute(f"CREATE TRIGGER {table}_keeps_rows BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_keeps_all BEFORE DELETE ON {table} {refuse}")
    # INSERT OR REPLACE deletes the row in its way without a DELETE trigger.
    op.execute(
        f"CREATE TRIGGER {table}_is_not_replaced BEFORE INSERT ON {table} "  # noqa: S608  # names of ours
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) {refuse}"
    )
