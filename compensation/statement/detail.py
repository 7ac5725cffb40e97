"""The line list of a statement: each earning with its order, customer and product, and each credit that earns nothing."""

from typing import Protocol

import polars as pl

from compensation.in_force import on_day, until_next
from compensation.statement.due import NOBODY
from compensation.statement.state import as_text, unpaid_in
from schemas.core.statement import StatementDetail
from schemas.dtypes import MONEY
from schemas.rules.company import Company

CREDIT = ["order_line_id", "return_id", "credit_number"]
BOOKING = ["order_line_id", "return_id"]


class CalculatedTables(Protocol):
    """Tables by name."""

    def __getitem__(self, name: str, /) -> pl.DataFrame:
        """The table."""


def statement_details(
    tables: CalculatedTables, facts: dict[str, pl.DataFrame], company: Company, periods: pl.DataFrame
) -> pl.DataFrame:
    """One row per earning of the periods, and per credit of a person in them that earns nothing (``StatementDetail``).

    Args:
        tables: ``earnings``, ``earning_changes``, ``clawbacks``, ``credits``, ``unpaid`` and ``bookings`` of the calculation.
        facts: Contract tables; names of accounts and products are read.
        company: Whose currency credits that earn nothing are shown in.
        periods: Fiscal periods wanted.
    """
    wanted = periods["fiscal_period"].to_list()
    earned = as_text(tables["earnings"]).filter(
        pl.col("fiscal_period").is_in(wanted) & ~pl.col("payee_id").is_in(NOBODY)
    )
    nothing = unpaid_in(as_text(tables["unpaid"]), company, periods).select(
        "payee_id", "fiscal_period", "currency", *CREDIT, credited="amount", unpaid_reason="reason"
    )
    rows = pl.concat([earned, nothing.with_columns(pl.col("credited").cast(pl.Decimal(38, 9)))], how="diagonal")
    rows = _with_changes(rows, as_text(tables["earning_changes"]))
    rows = _with_clawbacks(rows, as_text(tables["clawbacks"]))
    described = rows.join(
        _credits(tables, rows), on=CREDIT, how="left", nulls_equal=True, validate="m:1", maintain_order="left"
    )
    named = described.pipe(_with_names, facts).with_columns(
        pl.col("slice_number").fill_null(0),
        pl.col("earned").fill_null(0),
        seller_id=pl.when(pl.col("seller_id") != pl.col("payee_id")).then("seller_id"),
    )
    types = StatementDetail.dtypes()
    missing = [pl.lit(None, dtype=types[name]).alias(name) for name in types if name not in named.columns]
    order = [
        "fiscal_period",
        "payee_id",
        "currency",
        "event_date",
        "order_id",
        "line_number",
        *BOOKING,
        "credit_number",
    ]
    return (
        named.with_columns(missing)
        .select(pl.col(name).cast(kind) for name, kind in types.items())
        .sort(*order, "plan", "component", "measure", "slice_number", nulls_last=False)
    )


def _with_changes(rows: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """The same rows with ``changed``: what factors, caps, budgets and clawbacks add to an earning or take off; empty where nothing does."""
    on = ["payee_id", *CREDIT, "plan", "component", "slice_number"]
    sums = changes.group_by(on).agg(changed=pl.col("change").sum())
    if sums.is_empty():
        return rows.with_columns(changed=pl.lit(None, dtype=MONEY))
    return rows.join(sums, on=on, how="left", nulls_equal=True, validate="m:1", maintain_order="left")


def _with_clawbacks(rows: pl.DataFrame, clawbacks: pl.DataFrame) -> pl.DataFrame:
    """The same rows with ``taken_share`` and ``taken_reason`` of returns whose clawback says how much is taken back."""
    if clawbacks.is_empty():
        return rows
    on = ["payee_id", *CREDIT, "plan", "component"]
    said = clawbacks.select(*on, taken_share="share", taken_reason="reason")
    return rows.join(said, on=on, how="left", validate="m:1", maintain_order="left")


def _credits(tables: CalculatedTables, rows: pl.DataFrame) -> pl.DataFrame:
    """What the credits and bookings behind the rows say, one row per credit."""
    columns = [
        "order_id",
        "line_number",
        "event_date",
        "sale_date",
        "account_id",
        "motion",
        "sub_motion",
        "rule",
        "share_percent",
    ]
    asked = rows.select(CREDIT).unique()
    credited = _of_these(tables["credits"], asked, columns)
    if credited.height < asked.height:  # plans may pay on credits that stand beside those of revenue
        credited = pl.concat([credited, _of_these(tables["additional_credits"], asked, columns)])
    booked = tables["bookings"].select(*BOOKING, "product_id", "order_currency", "order_amount")
    return credited.join(booked, on=BOOKING, how="left", nulls_equal=True, validate="m:1")


def _of_these(credits: pl.DataFrame, asked: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    found = credits.join(asked, on=CREDIT, how="semi", nulls_equal=True)
    return as_text(found.select(*CREDIT, *columns, seller_id="payee_id"))


def _with_names(rows: pl.DataFrame, facts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    accounts = facts["accounts"].select("account_id", "account_name")
    products = until_next(facts["products"].select("product_id", "valid_from", "product_name"), by="product_id")
    with_account = rows.join(accounts, on="account_id", how="left", validate="m:1", maintain_order="left")
    return on_day(with_account, products, by="product_id", on="sale_date")
