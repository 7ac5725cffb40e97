import shutil
from datetime import UTC, date, datetime

import pytest

from pipelines.workbooks import Provenance, SourceFile, write_period_statements
from tests.compensation.statement.statement_world import RULES, calculated

PERIODS = ("2026-P01", "2026-P02", "2026-P03", "2026-P04")


def provenance(snapshot="snap-9f3c21d7"):
    files = (SourceFile("orders.csv", "orders", 9, "cd" * 32), SourceFile("payees.csv", "payees", 5, "ef" * 32))
    return Provenance(
        snapshot, date(2026, 4, 30), datetime(2026, 4, 30, 2, 30, tzinfo=UTC), "ab" * 32, "creditdue 0.1.0", files
    )


@pytest.fixture(scope="session")
def world():
    return calculated()


@pytest.fixture(scope="session")
def published(world, tmp_path_factory):
    """Four periods as published; tests only read it."""
    given, results = world
    out = tmp_path_factory.mktemp("published")
    write_period_statements(out, results, given, RULES, PERIODS, provenance())
    return out


needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="soffice is not installed: LibreOffice recalculates and prints the workbooks",
)
