"""Tables of the store: exact types in, the same rows out, one commit per change."""

import os
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from pipelines.store import (
    EmptiedTable,
    Store,
    StoreError,
    WrongSchema,
    latest_version,
    ordinary_errors,
    read_table,
    write_table,
)
from pipelines.store.contracts import TABLES, stored_schema
from pipelines.store.tables import CALCULATION, CONTENT, RUN
from schemas.contract import CONTRACT
from schemas.core.attribution import Motion

RUN_AND_CALCULATION = {"run_id": "run-1", "calculation_id": "calculation-1"}


def products() -> pl.DataFrame:
    row = {
        "product_id": "P1",
        "product_name": "Gauge",
        "product_family": "gauges",
        "source_file": "items.csv",
        "source_line": 4_294_967_295,
    }
    return pl.DataFrame([row], schema=CONTRACT["products"].dtypes())


def write(store: Store, frame: pl.DataFrame, name: str = "motions"):
    return write_table(store, name, frame, TABLES[name], **RUN_AND_CALCULATION)


def test_rows_come_back_in_contract_types_sorted_by_key(store, motions):
    written = write(store, motions("1.005", "-2.000").reverse())
    back = read_table(store, "motions", written.version, Motion)
    assert dict(back.schema) == Motion.dtypes()
    assert back["order_line_id"].to_list() == ["L0", "L1"]
    assert back["amount"].to_list() == [Decimal("1.005"), Decimal("-2.000")]


def test_dictionaries_and_unsigned_numbers_survive_the_store(store):
    written = write(store, products(), "products")
    back = read_table(store, "products", written.version, CONTRACT["products"])
    assert back.equals(products())


@pytest.mark.parametrize("name", list(TABLES))
def test_every_table_can_be_empty_and_keeps_its_columns(store, name):
    written = write(store, TABLES[name].empty_frame(), name)
    assert written.rows == 0
    assert read_table(store, name, written.version, TABLES[name]).schema == TABLES[name].empty_frame().schema
    assert dict(pl.read_delta(store.table(name)).schema) == stored_schema(TABLES[name])


def test_an_optional_table_that_becomes_empty_is_empty_in_its_next_version(store, motions):
    write(store, motions("1"))
    emptied = write(store, Motion.empty_frame())
    assert (emptied.version, emptied.rows, emptied.is_new) == (1, 0, True)
    assert read_table(store, "motions", 1, Motion).is_empty()
    assert read_table(store, "motions", 0, Motion).height == 1


def test_a_table_that_everything_needs_cannot_lose_all_its_rows(store):
    write(store, products(), "products")
    with pytest.raises(
        EmptiedTable, match=r"'products' has 1 rows and would have none\..*exports that feed 'products'"
    ):
        write(store, CONTRACT["products"].empty_frame(), "products")
    assert latest_version(store, "products").version == 0


def test_the_same_rows_in_another_order_or_in_other_chunks_make_no_commit(store, motions):
    frame = motions("1", "2", "3")
    first = write(store, frame)
    again = write(store, pl.concat([frame.tail(1), frame.head(2)], rechunk=False))
    assert first.is_new
    assert not again.is_new
    assert (again.version, again.content) == (first.version, first.content)
    assert DeltaTable(store.table("motions")).version() == 0


def test_a_thousandth_more_makes_a_commit_that_names_run_calculation_and_content(store, motions):
    write(store, motions("1.000"))
    changed = write(store, motions("1.001"))
    commit = DeltaTable(store.table("motions")).history(1)[0]
    assert changed.version == 1
    assert (commit[RUN], commit[CALCULATION], commit[CONTENT]) == ("run-1", "calculation-1", changed.content)


def test_content_tells_null_from_zero_and_empty_text(store, motions):
    frame = motions("1")
    contents = {
        write(store, frame.with_columns(base_amount=base, return_id=text)).content
        for base in (pl.lit(None, dtype=pl.Decimal(38, 3)), pl.lit(Decimal(0)).cast(pl.Decimal(38, 3)))
        for text in (pl.lit(None, dtype=pl.String), pl.lit(""))
    }
    assert len(contents) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.col("amount").cast(pl.Float64), "column 'amount' is Float64, expected Decimal"),
        (pl.col("amount").cast(pl.Decimal(38, 2)), r"column 'amount' is Decimal\(precision=38, scale=2\)"),
        (pl.lit(1).alias("extra"), "column 'extra' is not in the contract"),
    ],
)
def test_a_frame_that_is_not_the_contract_is_refused_before_anything_is_written(store, change, message, motions):
    with pytest.raises(WrongSchema, match=message):
        write(store, motions("1").with_columns(change))
    assert latest_version(store, "motions") is None


def test_a_missing_column_and_another_order_are_refused(store, motions):
    with pytest.raises(WrongSchema, match=r"column 'sub_motion' \(String\) is missing"):
        write(store, motions("1").drop("sub_motion"))
    with pytest.raises(WrongSchema, match="its columns are in another order"):
        write(store, motions("1").select(*reversed(Motion.columns())))


def test_delta_itself_would_take_the_float(store, motions):
    """The trap that ``require_schema`` guards: without it a float is cast into the decimal column, and nobody is told."""
    write(store, motions("1.000"))
    write_deltalake(store.table("motions"), motions("1").with_columns(pl.lit(0.1 + 0.2).alias("amount")), mode="append")
    assert pl.read_delta(store.table("motions")).schema["amount"] == pl.Decimal(38, 3)


def test_a_version_that_is_not_there_is_an_ordinary_error_that_names_table_and_place(store, motions):
    write(store, motions("1"))
    with pytest.raises(
        StoreError, match=r"Reading table 'motions', version 7, in .*/tables failed.*last good result stays"
    ):
        read_table(store, "motions", 7, Motion)


def test_a_table_written_under_another_contract_says_so(store, motions):
    write_deltalake(store.table("motions"), motions("1").drop("sub_motion"))
    with pytest.raises(StoreError, match=r"'motions', version 0, .* under another contract: column 'sub_motion'"):
        read_table(store, "motions", 0, Motion)


def test_a_panic_inside_polars_is_an_ordinary_error():
    with pytest.raises(StoreError, match="Reading a table failed inside Polars"), ordinary_errors("Reading a table"):
        raise pl.exceptions.PanicException("torn page\nbacktrace")


def test_a_damaged_data_file_is_an_ordinary_error(store, motions):
    written = write(store, motions("1"))
    file = DeltaTable(store.table("motions")).file_uris()[0]
    os.truncate(file, 20)
    with pytest.raises(StoreError, match="Reading table 'motions', version 0"):
        read_table(store, "motions", written.version, Motion)


def test_a_data_path_is_never_used_twice(store, motions):
    first = set(DeltaTable(store.table("motions")).file_uris()) if write(store, motions("1")) else set()
    write(store, motions("2"))
    assert first.isdisjoint(DeltaTable(store.table("motions")).file_uris())
    write(store, motions("1"))
    assert first.isdisjoint(DeltaTable(store.table("motions")).file_uris())


def test_dates_survive(store):
    contract = CONTRACT["fx_rates"]
    row = {
        "currency": "USD",
        "valid_from": date(2026, 2, 28),
        "rate": Decimal("0.912345678901"),
        "source_file": "r.csv",
        "source_line": 2,
    }
    written = write(store, pl.DataFrame([row], schema=contract.dtypes()), "fx_rates")
    assert read_table(store, "fx_rates", written.version, contract).row(0, named=True) == row
