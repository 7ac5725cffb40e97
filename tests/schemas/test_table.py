"""Table contracts: what breaks one is said in words, with keys and without pay."""

from datetime import date
from decimal import Decimal

import pandera.polars as pa
import polars as pl
import pytest

from schemas.contract import CONTRACT
from schemas.core import RESULTS
from schemas.core.attribution import Finding, NotBooked
from schemas.table import ContractBroken, Table, identifier, money


def frame(**changes):
    rows = {
        "order_line_id": ["a", "b", "c"], "return_id": [None, None, "r"], "order_id": ["x"] * 3, "event_date": [date(2026, 1, 1)] * 3,
        "order_currency": ["EUR"] * 3, "order_amount": [Decimal("4711.000")] * 3, "reason": ["fx_missing"] * 3, **changes,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=NotBooked.dtypes())


def broken(table, contract=NotBooked):
    with pytest.raises(ContractBroken) as caught:
        contract.validate(table)
    message = str(caught.value)
    assert message.endswith("This is a fault of the step that made it, not of what came; report it with this message.")
    assert "4711" not in message
    return message


def test_a_table_that_keeps_its_contract_comes_back():
    assert NotBooked.validate(frame()).equals(frame())
    assert NotBooked.validate(NotBooked.empty_frame()).is_empty()


def test_empty_values_name_column_rows_and_the_first_key():
    message = broken(frame(order_amount=[Decimal("4711.000"), None, None], reason=["fx_missing", "fx_missing", None]))
    assert message.startswith(
        "A table breaks its contract NotBooked: column 'order_amount' is empty in 2 rows (first: "
    )
    assert "is empty in 2 rows (first: order_line_id=b, return_id empty)" in message
    assert "column 'reason' is empty in 1 row (first: order_line_id=c, return_id=r)" in message


def test_a_key_that_two_rows_have_is_named():
    message = broken(frame(order_line_id=["a", "b", "b"], return_id=[None] * 3))
    assert "the key of 2 rows (first: order_line_id=b, return_id empty) is another row's too" in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop("reason"), "column 'reason' is missing"),
        (lambda table: table.drop("order_line_id"), "column 'order_line_id' is missing"),
        (lambda table: table.with_columns(more=1), "column 'more' is not in the contract"),
        (lambda table: table.select(reversed(table.columns)), "its columns are in another order"),
        (
            lambda table: table.cast({"order_amount": pl.Float64}),
            "column 'order_amount' is Float64, expected Decimal(precision=38, scale=3)",
        ),
        (lambda _: pl.DataFrame(), "column 'event_date' is missing; column 'order_currency' is missing; and 2 more."),
    ],
)
def test_columns_are_exactly_those_of_the_contract(change, said):
    assert said in broken(change(frame()))


def test_a_table_without_a_key_counts_rows_only():
    row = dict.fromkeys(Finding.columns())
    message = broken(pl.DataFrame([row], schema=Finding.dtypes()), Finding)
    assert "column 'code' is empty in 1 row;" in message


def test_a_check_of_its_own_is_named_in_its_words():
    class Signed(Table):
        """One row a thing."""

        thing_id: str = identifier()
        amount: pl.Int64 = money(currency=None)

        @pa.dataframe_check(error="an amount is below zero")
        @classmethod
        def is_not_negative(cls, data: pa.PolarsData) -> pl.LazyFrame:
            return data.lazyframe.select(pl.col("amount") >= 0)

        class Config:
            metadata = {"key": ["thing_id"]}  # noqa: RUF012

    message = broken(pl.DataFrame({"thing_id": ["a", "b"], "amount": [1, -4711]}), Signed)
    assert "A table breaks its contract Signed: an amount is below zero." in message


@pytest.mark.parametrize("contract", [*CONTRACT.values(), *RESULTS.values()], ids=lambda one: one.__name__)
def test_no_key_holds_pay(contract):
    kinds = {contract.fields()[name]["kind"] for name in contract.key()}
    assert kinds <= {"id", "text", "date", "integer", "currency"}
