"""Products and exchange rates."""

import polars as pl

from schemas.dtypes import FxRate, Quantity
from schemas.table import Table, business_date, currency_code, identifier, number, text


class Product(Table):
    """One product from a day on."""

    product_id: str = identifier()
    valid_from: pl.Date = business_date(optional=True, description="Empty = from the beginning.")
    product_name: str = text()
    product_family: str = text(optional=False)
    unit_cost: Quantity = number("quantity", optional=True)
    target_price: Quantity = number("quantity", optional=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["product_id", "valid_from"]}


class FxRateRow(Table):
    """One exchange rate from a day on."""

    currency: str = currency_code()
    valid_from: pl.Date = business_date()
    rate: FxRate = number(
        "fx_rate",
        description="Units of company currency for one unit of this currency.",
    )
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["currency", "valid_from"]}
