"""Tables that intake makes: what came, what was refused, and what was changed on the way in."""

from typing import Annotated

import polars as pl

from schemas.dtypes import Money
from schemas.table import Table, identifier, money, number, text

Exact = Annotated[pl.Decimal, 38, 12]
"""An amount with every digit that came, before a declared rounding."""


class Received(Table):
    """One file as it came, with the disposition of every row in it."""

    source_file: str = text(optional=False)
    sha256: str = text(optional=False)
    bytes: pl.Int64 = number("integer")
    table: str = text(
        optional=False,
        description="Contract table it feeds; a file that feeds several has several rows.",
    )
    rows: pl.Int64 = number("integer")
    accepted: pl.Int64 = number("integer")
    quarantined: pl.Int64 = number("integer")
    superseded: pl.Int64 = number("integer")
    state: str = text(optional=False, values=("accepted", "refused", "last_good"))
    reason: str = text(optional=True, description="Why the file was refused.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["source_file", "table"]}


class ReceivedAmount(Table):
    """The money of one file, column and currency, by disposition: received = accepted + quarantined + superseded − rounding."""

    source_file: str = text(optional=False)
    table: str = text(optional=False)
    column: str = text(optional=False)
    currency: str = text(optional=False, description="`?` where the row has no usable currency.")
    received: Exact = money(signed=True)
    accepted: Exact = money(signed=True)
    quarantined: Exact = money(signed=True)
    superseded: Exact = money(signed=True)
    rounding: Exact = money(signed=True, description="What a declared rounding added to the accepted.")
    unreadable_rows: pl.Int64 = number(
        "integer",
        description="Rows whose amount could not be read at all; they are quarantined.",
    )
    rounding_rows: pl.Int64 = number("integer", description="Rows that a declared rounding changed.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["source_file", "table", "column", "currency"]}


class Quarantined(Table):
    """One refused record: where it is, what is wrong, the money it holds back."""

    table: str = text(optional=False)
    record_key: str = identifier(optional=True)
    source_file: str = text(optional=False)
    source_line: pl.UInt32 = number("integer")
    column: str = text(optional=True, description="Empty where the whole record is at fault.")
    value: str = text(optional=True, description="As it came.")
    reason: str = text(optional=False)
    detail: str = text(optional=False, description="What was found, what was expected, what to do.")
    amount: Money = money(optional=True, signed=True, description="Money held back, in `currency`.")
    currency: str = text(optional=True)
    caused_by: str = text(optional=True, description="file:line of the record that held this one back.")

    class Config:
        """One row a record: only the first fault of each is listed; the others are counted in detail."""

        metadata = {"key": ["table", "source_file", "source_line"]}


class Note(Table):
    """One thing that intake changed or noticed, counted, with its first example."""

    code: str = text(optional=False)
    table: str = text(optional=False)
    source_file: str = text(optional=True)
    rows: pl.Int64 = number("integer")
    first_line: pl.UInt32 = number("integer", optional=True)
    detail: str = text(optional=False)

    class Config:
        """Key of the table."""

        metadata: dict[str, object] = {}


class RowSource(Table):
    """One further source row of an accepted row that was made of several."""

    table: str = text(optional=False)
    source_file: str = text(
        optional=False,
        description="With source_line, the row as the contract table names it.",
    )
    source_line: pl.UInt32 = number("integer")
    other_file: str = text(optional=False)
    other_line: pl.UInt32 = number("integer")

    class Config:
        """Rows may repeat."""

        metadata: dict[str, object] = {}


class AppliedCorrection(Table):
    """One correction of ops, applied over what came."""

    correction_id: str = identifier()
    table: str = text(optional=False)
    record_key: str = identifier()
    column: str = text(optional=False)
    value_before: str = text()
    value_after: str = text()
    reason: str = text(optional=False)
    entered_by: str = text(optional=False)

    class Config:
        """Key of the table."""

        metadata = {"key": ["correction_id"]}
