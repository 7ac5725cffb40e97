"""What every table contract shares: a grain, a key that is unique, and fields that say what they hold."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

MOST_FAULTS_NAMED = 5
SAME_KEY = "two rows have the same key"


class ContractBroken(ValueError):
    """A table breaks its contract: a fault of the step that made it. The message names columns and keys, never pay."""


class Table(pa.DataFrameModel):
    """A table with a key. Subclasses state the grain in their docstring and the key in ``Config.metadata``."""

    class Config:
        """Columns beyond the contract are refused; their order is part of it."""

        strict = True
        ordered = True

    @pa.dataframe_check(error=SAME_KEY)
    @classmethod
    def key_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """True for each row whose key no other row has."""
        key = cls.key()
        return pl.LazyFrame({"unique": [not key or is_unique(data.lazyframe.select(key).collect())]})

    @classmethod
    def validate(cls, check_obj: pl.DataFrame) -> pl.DataFrame:  # type: ignore[override]
        """The same frame, once it has exactly the contract's columns, types and keys, and values where they must be.

        Args:
            check_obj: A collected frame.

        Raises:
            ContractBroken: names the contract and, for each fault, the column, what is wrong with it, the number of
                rows and the key of the first.
        """
        try:
            return super().validate(check_obj, lazy=True)
        except SchemaErrors as errors:
            raise ContractBroken(_told(cls, check_obj, errors.failure_cases)) from None

    @classmethod
    def key(cls) -> list[str]:
        """The columns that together name one row; empty where rows may repeat."""
        return list((getattr(cls.__config__, "metadata", None) or {}).get("key", ()))

    @classmethod
    def columns(cls) -> list[str]:
        """Column names in contract order."""
        return list(cls.to_schema().columns)

    @classmethod
    def dtypes(cls) -> dict[str, pl.DataType]:
        """Polars type of each column, in contract order."""
        return {name: column.dtype.type for name, column in cls.to_schema().columns.items()}

    @classmethod
    def fields(cls) -> dict[str, dict[str, Any]]:
        """What each column holds: ``kind``, ``required``, ``refers_to``, ``values``, ``currency``."""
        return {
            name: {**(column.metadata or {}), "required": not column.nullable}
            for name, column in cls.to_schema().columns.items()
        }

    @classmethod
    def empty_frame(cls) -> pl.DataFrame:
        """No rows, every column in its type."""
        return pl.DataFrame(schema=cls.dtypes())


def get_ready() -> None:
    """Let pandera load its checks, which it does at the first validation, while something else is read."""
    pa.DataFrameSchema({}).validate(pl.DataFrame())


def is_unique(frame: pl.DataFrame) -> bool:
    """Whether no two rows are equal: a sorted column is compared with its neighbour, several columns by their hashes first."""
    if frame.height <= 1:
        return True
    if frame.width == 1:
        column = frame.to_series()
        if column.null_count() == 0 and column.is_sorted():
            return not (column == column.shift(1)).any()
        return column.n_unique() == column.len()
    hashes = frame.hash_rows()
    return hashes.n_unique() == frame.height or frame.n_unique() == frame.height


def _told(contract: type[Table], frame: pl.DataFrame, cases: pl.DataFrame) -> str:
    """The faults in words; of values only keys are quoted, since others may be pay."""
    own = cases.filter(pl.col("check_number").is_not_null() & (pl.col("check") != SAME_KEY))
    found = [*_faults(contract, frame), *own["check"].unique(maintain_order=True)] or ["pandera refuses it"]
    more = f"; and {len(found) - MOST_FAULTS_NAMED} more" if len(found) > MOST_FAULTS_NAMED else ""
    return (
        f"A table breaks its contract {contract.__name__}: {'; '.join(found[:MOST_FAULTS_NAMED])}{more}. "
        "This is a fault of the step that made it, not of what came; report it with this message."
    )


def _faults(contract: type[Table], frame: pl.DataFrame) -> Iterator[str]:
    expected, found = contract.dtypes(), frame.schema
    for name, dtype in expected.items():
        if name not in found:
            yield f"column '{name}' is missing"
        elif found[name] != dtype:
            yield f"column '{name}' is {found[name]}, expected {dtype}"
    for name in found:
        if name not in expected:
            yield f"column '{name}' is not in the contract"
    if set(found) == set(expected) and list(found) != list(expected):
        yield "its columns are in another order"
    key = [name for name in contract.key() if name in found]
    for name, column in contract.fields().items():
        empty = frame.filter(pl.col(name).is_null()) if name in found and column["required"] else frame.clear()
        if empty.height:
            yield f"column '{name}' is empty in {_counted(empty, key)}"
    twice = frame.filter(pl.struct(key).is_duplicated()) if key and key == contract.key() else frame.clear()
    if twice.height:
        yield f"the key of {_counted(twice, key)} is another row's too"


def _counted(rows: pl.DataFrame, key: list[str]) -> str:
    """``3 rows (first: order_id=7, return_id empty)``."""
    first = ", ".join(
        f"{name} empty" if value is None else f"{name}={value}"
        for name, value in rows.row(0, named=True).items()
        if name in key
    )
    number = f"{rows.height:,} row{'s' * (rows.height > 1)}"
    return f"{number} (first: {first})" if first else number


def identifier(*, refers_to: str | None = None, optional: bool = False, description: str = "") -> Any:
    """Describe an id column: text, compared by code points; ``refers_to`` is ``table.column``."""
    return _field("id", optional, description, refers_to=refers_to)


def text(*, optional: bool = True, values: Sequence[str] = (), description: str = "") -> Any:
    """Describe a text column; ``values`` are the only ones allowed where given."""
    return _field("text", optional, description, values=tuple(values))


def money(
    *,
    currency: str | None = "currency",
    optional: bool = False,
    signed: bool = False,
    description: str = "",
) -> Any:
    """Describe a money column; ``currency`` names the column that says which, None where a parent row does."""
    return _field("money", optional, description, currency=currency, signed=signed)


def number(kind: str, *, optional: bool = False, description: str = "") -> Any:
    """Describe a number that is no money: ``rate``, ``fx_rate``, ``percent``, ``quantity`` or ``integer``."""
    return _field(kind, optional, description)


def business_date(*, optional: bool = False, description: str = "") -> Any:
    """Describe a date in the company's time zone."""
    return _field("date", optional, description)


def currency_code(*, optional: bool = False, description: str = "ISO 4217 code.") -> Any:
    """Describe a currency column."""
    return _field("currency", optional, description)


def _field(kind: str, optional: bool, description: str, **metadata: Any) -> Any:
    given = {name: value for name, value in metadata.items() if value not in (None, ())}
    return pa.Field(
        nullable=optional,
        description=description or None,
        metadata={"kind": kind, **given},
    )
