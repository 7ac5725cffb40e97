"""What watched customers bought, line by line and day by day, with its cost."""

from datetime import date

import polars as pl

from compensation.accounts.watched import Facts, Watched
from compensation.attribution.bases import Books
from compensation.currency import minor_unit_digits
from compensation.money import minor_units
from compensation.payout.measures.line_figures import Lines, events_of
from schemas.rules.company import Company

DAY = ["customer_id", "product_family", "event_date"]


def trade_of(books: Books, facts: Facts, company: Company, customers: Watched) -> pl.DataFrame:
    """Every booking of the watched customers up to the day they are watched on.

    Args:
        books: Bookings and carers.
        facts: Contract tables ``orders``, ``order_lines``, ``returns``, ``products`` and ``fx_rates``.
        company: Its currency.
        customers: The watched ones.

    Returns:
        One row per booking, by customer and day: ``customer_id``, ``account_id``, ``product_family``, ``event_date``,
        ``order_id``, ``order_line_id``, ``return_id`` (empty for a sale), ``agreement_id`` and ``currency`` of its order, ``ordered`` (in that currency), and in minor units of
        company currency ``booked``, ``existing`` (0 for new business) and ``cost`` (negative for a return, empty
        where the line says none).
    """
    digits = minor_unit_digits(company.currency)
    theirs = books.bookings.join(
        customers.accounts.rename({"customer_id": "_customer"}), on="account_id", how="inner", validate="m:1"
    )
    booked = minor_units(pl.col("booked_amount"), digits)
    rows = theirs.filter(pl.col("event_date") <= customers.on).select(
        "account_id", "product_family", "event_date", "order_id", "order_line_id", "return_id",
        customer_id="_customer", currency="order_currency", ordered="order_amount", booked=booked, existing=pl.when("is_new_business").then(0).otherwise(booked),
    )  # fmt: skip
    named = rows.join(facts["orders"].select("order_id", "agreement_id"), on="order_id", how="left", validate="m:1")
    costs = _costs(rows["order_line_id"].unique().sort(), facts, company)
    priced = named.join(costs, on=["order_line_id", "return_id"], how="left", validate="1:1", nulls_equal=True)
    return priced.sort("customer_id", "event_date", "order_line_id", "return_id")


def by_day(trade: pl.DataFrame) -> pl.DataFrame:
    """``booked``, ``existing``, ``margin`` (of what has a cost) and ``without_cost`` per customer, product family and day."""
    has_cost = pl.col("cost").is_not_null()
    return trade.group_by(DAY).agg(
        pl.col("booked", "existing").sum(),
        margin=(pl.col("booked") - pl.col("cost")).filter(has_cost).sum(),
        without_cost=pl.col("booked").filter(~has_cost).sum(),
    )


def between(rows: pl.DataFrame, first: date, end: date, on: str = "event_date") -> pl.DataFrame:
    """Rows of the days from ``first`` to the one before ``end``."""
    return rows.filter((pl.col(on) >= first) & (pl.col(on) < end))


def _costs(line_ids: pl.Series, facts: Facts, company: Company) -> pl.DataFrame:
    """``order_line_id``, ``return_id`` and ``cost`` of each line, and what each return takes back of it (negative)."""
    lines = Lines(line_ids, pl.DataFrame())
    events = events_of(lines, facts, company, ("cost",))
    whole = pl.col("cost_to_date") - pl.col("cost_before")
    names = pl.lit(line_ids).gather(pl.col("line"))
    return events.select(
        "return_id", order_line_id=names, cost=pl.when(pl.col("return_id").is_null()).then(whole).otherwise(-whole)
    )
