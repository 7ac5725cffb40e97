"""The demo company, and one nightly run of it that tests may read but not change."""

from datetime import date

import pytest

from pipelines.company_folder import load_company
from pipelines.defs.settings import DEMO, Settings
from pipelines.run import RunOutcome, run_nightly
from pipelines.store import Store
from tests.pipelines.short_demo import short_demo

AS_OF = date(2026, 10, 31)


@pytest.fixture(scope="session")
def demo():
    return load_company(DEMO)


@pytest.fixture(scope="session")
def first_months(tmp_path_factory):
    """The folder of the demo company in its first months."""
    return short_demo(tmp_path_factory.mktemp("first_months") / "company")


@pytest.fixture(scope="session")
def ran(tmp_path_factory, first_months) -> RunOutcome:
    outcome = run_nightly(first_months, first_months / "exports", tmp_path_factory.mktemp("ran") / "store", as_of=AS_OF)
    assert outcome.is_good, outcome.failure
    return outcome


@pytest.fixture
def settings(tmp_path):
    return Settings(DEMO, DEMO / "exports", Store.at(tmp_path / "store").prepare(), AS_OF)
