"""The rights that the documentation gives on PostgreSQL are enough to work with, and do not allow a change."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from pipelines.ledger import LedgerError, open_ledger, verify
from pipelines.ledger.connection import writing
from tests.pipelines.ledger.lives import ANN, content, fill

PAGE = Path(__file__).parents[3] / "docs" / "ledger.md"


@pytest.fixture
def as_role(another_database):
    """The ledger as one of the roles of the documentation sees it, after the owner made it."""
    owner = open_ledger(another_database)
    (given,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    with writing(owner.engine) as connection:
        connection.exec_driver_sql(given)
    yield lambda role: open_ledger(another_database.replace("creditdue@", f"{role}@"))
    with writing(owner.engine) as connection:
        for role in ("creditdue_writer", "creditdue_auditor"):
            connection.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_writer_can_do_everything_but_change(as_role):
    ledger = as_role("creditdue_writer")
    fill(ledger)
    assert verify(ledger, ledger.anchor()).faults == []
    for change in ("UPDATE postings SET amount_minor = 1", "DELETE FROM chain", "TRUNCATE chain", "DROP TABLE chain"):
        with (
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
            writing(ledger.engine) as connection,
        ):
            connection.execute(text(change))


def test_an_auditor_can_read_and_verify_only(as_role):
    fill(as_role("creditdue_writer"))
    ledger = as_role("creditdue_auditor")
    assert ledger.postings().height == 3
    assert verify(ledger).faults == []
    with pytest.raises(LedgerError, match="permission denied"):
        ledger.calculated(content("1.00", period="2026-P02"), ANN)
