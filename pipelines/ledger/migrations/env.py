"""What Alembic runs: the migrations on the connection that `schema.py` hands over, in its transaction."""

from alembic import context

from pipelines.ledger.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table="ledger_version",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
