"""Rows of the ledger as frames, and postings as rows."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, Table, select
from sqlalchemy.types import Integer

from compensation.currency import minor_unit_digits
from compensation.money import money_by_row
from pipelines.ledger.records import LINE, minor_of
from pipelines.ledger.tables import POSTINGS, key_of
from schemas.core.settlement import Posting

READ_ROWS = 50_000


def table_frame(connection: Connection, table: Table, period: str | None = None) -> pl.DataFrame:
    """Every row of a table in its order; ``amount`` (Decimal) stands for the minor units and their decimals.

    Args:
        connection: An open one.
        table: One of ``tables.CHAINED``.
        period: Only rows of this ``posting_period`` or ``period``.
    """
    question = select(table).order_by(table.c[key_of(table)])
    if period is not None:
        question = question.where(table.c["posting_period" if table is POSTINGS else "period"] == period)
    schema = {column.name: pl.Int64() if isinstance(column.type, Integer) else pl.String() for column in table.columns}
    rows = connection.execute(question, execution_options={"yield_per": READ_ROWS})
    parts = [pl.DataFrame(part, schema=schema, orient="row") for part in rows.partitions()]
    frame = pl.concat(parts) if parts else pl.DataFrame(schema=schema)
    return _with_amount(frame) if "amount_minor" in frame.columns else frame


def _with_amount(frame: pl.DataFrame) -> pl.DataFrame:
    amount = money_by_row(pl.col("amount_minor"), pl.col("minor_digits"))
    names = ["amount" if name == "amount_minor" else name for name in frame.columns if name != "minor_digits"]
    return frame.with_columns(amount=amount).select(names)


def postings_frame(connection: Connection, period: str | None = None) -> pl.DataFrame:
    """Contract ``Posting``, in the order of posting; of one posting period where it is given."""
    frame = table_frame(connection, POSTINGS, period)
    return Posting.validate(frame.select(Posting.columns()).cast(pl.Schema(Posting.dtypes())))


def posting_rows(lines: pl.DataFrame, period: str, event_number: int) -> Iterator[dict[str, Any]]:
    """Rows of ``postings`` for checked lines, without their number.

    Raises:
        WrongEntry: an amount has more decimals than its currency.
    """
    for line in lines.iter_rows(named=True):
        row = {**line, "event_number": event_number, "posting_period": period, "line_once": _once(period, line)}
        row["amount_minor"] = minor_of(row.pop("amount"), line["currency"])
        row["minor_digits"] = minor_unit_digits(line["currency"])
        yield row


def _once(period: str, line: Mapping[str, Any]) -> str:
    written = json.dumps([period, *(line[name] for name in LINE)])
    return hashlib.sha256(written.encode()).hexdigest()
