"""What the postings themselves come to, counted without the register: the other side of the control checks."""

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from pipelines.workbooks.data import CLOSED

Tables = Mapping[str, pl.DataFrame]


def posted_proof(tables: Tables, period: str) -> dict[str, Decimal]:
    """Sums of postings by check and currency: earned and paid in the period, all before it, all up to it."""
    rows = tables["postings"].select(
        "amount", **{name: pl.col(name).cast(pl.String) for name in ("currency", "kind", "posting_period")}
    )
    here, kind = pl.col("posting_period") == period, pl.col("kind")
    picked = {
        "posted_earned": (here & (kind == "earning"), 1), "posted_paid": (here & (kind == "payment"), -1),
        "opens": (pl.col("posting_period") < period, 1), "ends": (pl.col("posting_period") <= period, 1),
    }  # fmt: skip
    return {
        f"{name}_{code}": sign * amount
        for name, (those, sign) in picked.items()
        for code, amount in rows.filter(those).group_by("currency").agg(pl.col("amount").sum()).rows()
    }


def closed_rows(tables: Tables, period: str, labels: Mapping[str, str]) -> pl.DataFrame:
    """Every period closed before this one (``CLOSED``): its postings, payments aside, and what its sealed balances say they were."""
    key = ["fiscal_period", "currency"]
    postings = (
        tables["postings"]
        .rename({"posting_period": "fiscal_period"})
        .with_columns(pl.col(*key, "kind").cast(pl.String))
    )
    posted = postings.filter((pl.col("fiscal_period") < period) & (pl.col("kind") != "payment")).group_by(key).agg(
        postings=pl.len().cast(pl.Int64), amount=pl.col("amount").sum()
    )  # fmt: skip
    balances = tables["balances"].with_columns(pl.col(key).cast(pl.String)).filter(pl.col("fiscal_period") < period)
    sealed = balances.group_by(key).agg(closed=(pl.col("paid") + pl.col("carried_forward") - pl.col("opening")).sum())
    both = posted.join(sealed, on=key, how="full", coalesce=True, validate="1:1").sort(key)
    called = pl.col("fiscal_period").replace_strict(labels, default=pl.col("fiscal_period"), return_dtype=pl.String)
    filled = both.with_columns(pl.col("postings", "amount", "closed").fill_null(0), period=called)
    return filled.select(pl.col(name).cast(kind) for name, kind in CLOSED.items())
