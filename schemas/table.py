"""What every table contract shares: a grain, a key that is unique, and fields that say what they hold."""

from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl


class Table(pa.DataFrameModel):
    """A table with a key. Subclasses state the grain in their docstring and the key in ``Config.metadata``."""

    class Config:
        """Columns beyond the contract are refused; their order is part of it."""

        strict = True
        ordered = True

    @pa.dataframe_check(error="two rows have the same key")
    @classmethod
    def key_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """True for each row whose key no other row has."""
        key = cls.key()
        return pl.LazyFrame({"unique": [not key or is_unique(data.lazyframe.select(key).collect())]})

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
