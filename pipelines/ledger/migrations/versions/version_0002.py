"""An adjustment that counts to a quota says to which: `adjustments.measure`."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; rows of before have none, and hash as they did (`chain.ADDED`)."""
    op.add_column("adjustments", sa.Column("measure", sa.Text(), nullable=True))


def downgrade() -> None:
    """Nothing: a ledger does not go back."""
    raise NotImplementedError("The ledger does not go back to an older version; restore a backup instead.")
