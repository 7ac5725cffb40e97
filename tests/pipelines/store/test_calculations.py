"""Publishing a calculation: whole or not at all, once, and found again by its id."""

from dataclasses import replace

import pytest
from deltalake import DeltaTable

from pipelines.store import (
    TABLES,
    Calculation,
    NothingPublished,
    NotReproduced,
    StoreError,
    publish,
    published,
    write_table,
)
from schemas.core.attribution import Motion


@pytest.fixture
def calculation(store, motions):
    """A calculation whose tables are written and which is not published."""

    def written(calculation_id: str = "c1", amount: str = "1", run_id: str = "run-1") -> Calculation:
        frames = {name: contract.empty_frame() for name, contract in TABLES.items()} | {"motions": motions(amount)}
        tables = {
            name: write_table(store, name, frame, TABLES[name], run_id=run_id, calculation_id=calculation_id)
            for name, frame in frames.items()
        }
        return Calculation(store, calculation_id, run_id, "snapshot", "rules", "engine", tables)

    return written


def test_before_the_first_run_the_message_says_what_to_do(store):
    with pytest.raises(NothingPublished, match=r"No calculation is published in .*Run `creditdue run`"):
        published(store)


def test_tables_written_but_not_published_are_not_read(store, calculation, motions):
    publish(calculation())
    calculation("c2", amount="2")
    assert published(store).calculation_id == "c1"
    assert published(store).read("motions").equals(motions("1"))


def test_a_reader_keeps_the_calculation_it_resolved(store, calculation, motions):
    publish(calculation())
    before = published(store)
    publish(calculation("c2", amount="2"))
    assert before.read("motions").equals(motions("1"))
    assert published(store).read("motions").equals(motions("2"))
    assert published(store, "c1").read("motions").equals(motions("1"))


def test_publishing_the_same_again_writes_nothing(store, calculation):
    assert publish(calculation())
    assert not publish(calculation(run_id="run-2"))
    assert DeltaTable(store.table("calculations")).version() == 0
    assert published(store).run_id == "run-1"


def test_going_back_to_earlier_facts_is_published_again(store, calculation, motions):
    publish(calculation())
    publish(calculation("c2", amount="2"))
    assert publish(calculation("c1", amount="1"))
    assert published(store).calculation_id == "c1"
    assert published(store).read("motions").equals(motions("1"))


def test_a_calculation_with_a_table_missing_is_not_published(store, calculation):
    whole = calculation()
    part = replace(whole, tables={name: table for name, table in whole.tables.items() if name != "credits"})
    with pytest.raises(StoreError, match=r"lacks table 'credits' \(1 in all\).*whole job 'nightly'"):
        publish(part)
    with pytest.raises(NothingPublished):
        published(store)


def test_the_same_inputs_with_another_result_are_refused(store, calculation, motions):
    publish(calculation())
    with pytest.raises(NotReproduced, match=r"c1 was published before with other rows in table 'motions' \(1 in all\)"):
        publish(calculation("c1", amount="2"))
    assert published(store).read("motions").equals(motions("1"))


def test_an_unknown_id_is_named(store, calculation):
    publish(calculation())
    with pytest.raises(NothingPublished, match="No calculation 'c9' is published"):
        published(store, "c9")
    assert Motion.columns()[0] in published(store, "c1").read("motions").columns
