"""Which tables the store keeps, and the contract that each must fulfil to the letter."""

import polars as pl

from schemas.contract import CONTRACT
from schemas.core import (
    ACCOUNT_RESULTS,
    ATTRIBUTION_RESULTS,
    INTAKE_RESULTS,
    PAYOUT_RESULTS,
    SETTLEMENT_RESULTS,
    STATEMENT_RESULTS,
)
from schemas.core.attribution import Finding
from schemas.table import Table

INTAKE_TABLES = INTAKE_RESULTS
ATTRIBUTION_TABLES = ATTRIBUTION_RESULTS
ACCOUNT_TABLES = ACCOUNT_RESULTS
PAYOUT_TABLES: dict[str, type[Table]] = {**PAYOUT_RESULTS, "payout_findings": Finding}
SETTLEMENT_TABLES: dict[str, type[Table]] = {**SETTLEMENT_RESULTS, "settlement_findings": Finding}
STATEMENT_TABLES: dict[str, type[Table]] = {**STATEMENT_RESULTS, "findings": Finding}
TABLES: dict[str, type[Table]] = {
    **INTAKE_TABLES,
    **CONTRACT,
    **ATTRIBUTION_TABLES,
    **ACCOUNT_TABLES,
    **PAYOUT_TABLES,
    **SETTLEMENT_TABLES,
    **STATEMENT_TABLES,
}
"""Every table of a calculation, in the order in which they are made."""

STORED_AS: dict[pl.DataType | type[pl.DataType], pl.DataType] = {
    pl.UInt8: pl.Int16(),
    pl.UInt16: pl.Int32(),
    pl.UInt32: pl.Int64(),
}
"""Delta knows no unsigned numbers; the next wider signed type holds every value."""


def stored_type(dtype: pl.DataType) -> pl.DataType:
    """The type that a column of ``dtype`` has in the store: dictionaries become text, unsigned becomes signed."""
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return pl.String()
    return STORED_AS.get(dtype.base_type(), dtype)


def stored_schema(contract: type[Table]) -> dict[str, pl.DataType]:
    """Name and stored type of each column of the contract."""
    return {name: stored_type(dtype) for name, dtype in contract.dtypes().items()}
