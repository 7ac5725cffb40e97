"""The table that says who looks after an account on each day."""

import polars as pl

from schemas.dtypes import Percent
from schemas.table import Table, business_date, identifier, number, text


class Carer(Table):
    """One account × role × interval × person; on days without a row nobody looks after the account in that role."""

    account_id: str = identifier()
    role: str = text(optional=False)
    payee_id: str = identifier()
    share: Percent = number("percent", optional=True, description="Empty for all of it.")
    steps: pl.Int16 = number("integer", description="How far up the tree it was found; 0 = on the account itself.")
    valid_from: pl.Date = business_date()
    valid_to: pl.Date = business_date(description="Excluded.")
    found_on: str = identifier(description="The account whose assignment decided.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["account_id", "role", "payee_id", "valid_from"]}
