"""A store to write to, and rows to write."""

from decimal import Decimal

import polars as pl
import pytest

from pipelines.store import Store
from schemas.core.attribution import Motion


@pytest.fixture
def store(tmp_path):
    return Store.at(tmp_path / "store").prepare()


@pytest.fixture
def motions():
    """Growth of the amounts given, one line each, as contract ``Motion``."""

    def rows_of(*amounts: str) -> pl.DataFrame:
        rows = [
            {"order_line_id": f"L{number}", "motion": "growth", "sub_motion": "upsell", "amount": Decimal(amount)}
            for number, amount in enumerate(amounts)
        ]
        return pl.DataFrame(rows, schema=Motion.dtypes())

    return rows_of
