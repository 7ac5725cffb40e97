"""What Dagster stores is what ``calculate`` gives, table by table, and the lineage tells what a step reads."""

import polars as pl
import pytest

from compensation.attribution.bases import Books
from compensation.calculate import (
    accounts_step,
    attributed_step,
    calculate,
    findings_step,
    paid_step,
    periods_of,
    stated_step,
)
from pipelines.company_folder import load_company
from pipelines.defs import accounts, attribution, payout, stating
from pipelines.defs.settings import DEMO_AS_OF
from pipelines.intake import take_in
from pipelines.store import TABLES, published
from pipelines.store.contracts import (
    ACCOUNT_TABLES,
    ATTRIBUTION_TABLES,
    INTAKE_TABLES,
    PAYOUT_TABLES,
    SETTLEMENT_TABLES,
    STATEMENT_TABLES,
)
from pipelines.store.tables import in_stored_form
from schemas.contract import CONTRACT


@pytest.fixture(scope="module")
def demo(first_months):
    return load_company(first_months)


@pytest.fixture(scope="module")
def taken(demo):
    return take_in(demo, demo.path / "exports", as_of=DEMO_AS_OF)


@pytest.fixture(scope="module")
def stored(ran):
    return published(ran.store)


@pytest.mark.parametrize("name", list(INTAKE_TABLES))
def test_intake_is_stored_as_it_was_taken_in(taken, stored, name):
    assert in_stored_form(getattr(taken, name), TABLES[name]).equals(in_stored_form(stored.read(name), TABLES[name]))


@pytest.mark.parametrize("name", list(CONTRACT))
def test_facts_are_stored_as_they_were_taken_in(taken, stored, name):
    assert in_stored_form(taken.facts[name], TABLES[name]).equals(in_stored_form(stored.read(name), TABLES[name]))


@pytest.fixture(scope="module")
def calculated(taken, demo):
    return calculate(taken.facts, demo.rules)


RESULTS = (*ATTRIBUTION_TABLES, *ACCOUNT_TABLES, *PAYOUT_TABLES, *STATEMENT_TABLES)


@pytest.mark.parametrize("name", [name for name in RESULTS if name != "payout_findings"])
def test_results_are_those_of_calculate(calculated, stored, name):
    assert in_stored_form(calculated[name], TABLES[name]).equals(in_stored_form(stored.read(name), TABLES[name]))


@pytest.mark.parametrize("name", list(SETTLEMENT_TABLES))
def test_without_a_ledger_nothing_is_settled_and_none_is_made(ran, stored, name):
    assert stored.read(name).is_empty()
    assert stored.ledger == ""
    assert not (ran.store.root / "ledger.db").exists()


class Recording(dict):
    """Facts that remember which of them were asked for."""

    def __init__(self, facts):
        super().__init__(facts)
        self.asked = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)


def test_each_step_declares_every_fact_that_it_reads(taken, demo):
    """Else a page would show a lineage that is not the truth."""
    rules = demo.rules

    def read_by(step) -> set[str]:
        facts = Recording(taken.facts)
        step(facts, periods_of(facts, rules.company))
        return facts.asked

    attributed = attributed_step(taken.facts, rules, periods_of(taken.facts, rules.company))
    paid = paid_step(attributed.credits, taken.facts, rules, periods_of(taken.facts, rules.company))
    books = Books(attributed.bookings, attributed.carers)
    read = {
        "attribution": read_by(lambda facts, periods: attributed_step(facts, rules, periods)),
        "accounts": read_by(lambda facts, periods: accounts_step(books, facts, rules, periods)),
        "payout": read_by(lambda facts, periods: paid_step(attributed.credits, facts, rules, periods)),
        "stating": read_by(lambda facts, periods: stated_step(paid, facts, rules, periods)),
        "finding": read_by(lambda facts, periods: findings_step(facts, rules, attributed, paid)),
    }
    declared = {
        "attribution": attribution.FACTS,
        "accounts": accounts.FACTS,
        "payout": payout.FACTS,
        "stating": stating.STATED_FACTS,
        "finding": stating.FINDING_FACTS,
    }
    undeclared = {step: sorted(read[step] - set(declared[step])) for step in read}
    assert {step: facts for step, facts in undeclared.items() if facts} == {}


def test_decimals_stay_decimals_all_the_way(stored):
    floats = [
        (name, column)
        for name in TABLES
        for column, dtype in stored.read(name).schema.items()
        if dtype in (pl.Float64, pl.Float32)
    ]
    assert floats == []
