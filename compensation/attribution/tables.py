"""The tables of attribution, put together from its parts and held to their contracts."""

import polars as pl

from compensation.attribution.credit import in_payout_order
from compensation.money import WHOLE, money_of, percent_of
from schemas.core.attribution import Booking, Credit, Motion, NotBooked

NO_TEXT = pl.lit(None, dtype=pl.String)


def bookings(orders: pl.DataFrame, lines: pl.DataFrame, returns: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Contract ``Booking``: one line or return of a confirmed order, sales first."""
    sold = lines.select(
        "line_index",
        return_id=NO_TEXT,
        event_date=orders["order_date"].gather(lines["order_index"]),
        order_amount="net_amount",
        booked_amount=money_of(pl.col("booked"), digits),
    )
    back = returns.select(
        "line_index",
        "return_id",
        event_date="return_date",
        order_amount=-pl.col("returned_amount"),
        booked_amount=money_of(pl.col("reversed_before") - pl.col("reversed_to_date"), digits),
    )
    both = pl.concat([sold, back])
    of_line = _of(lines, both["line_index"], "order_line_id", "line_number", "product_id", "product_family", "order_index")
    of_order = _of(
        orders.rename({"order_date": "sale_date", "currency": "order_currency"}), of_line["order_index"],
        "order_id", "account_id", "customer_id", "opportunity_id", "relationship_number", "relationship_start",
        "is_new_business", "sale_date", "order_currency",
    )  # fmt: skip
    return _held_to(Booking, both.hstack(of_line.drop("order_index")).hstack(of_order))


def not_booked(left_out: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
    """Contract ``NotBooked``: lines of orders that book nothing, and their returns."""
    lines = left_out.select(
        "order_line_id", "order_id", "reason", return_id=NO_TEXT, event_date="order_date", order_currency="currency",
        order_amount="net_amount",
    )  # fmt: skip
    back = returns.select("order_line_id", "return_id", event_date="return_date", order_amount=-pl.col("amount"))
    undone = back.join(lines.select("order_line_id", "order_id", "reason", "order_currency"), on="order_line_id", how="inner", validate="m:1")
    return _held_to(NotBooked, pl.concat([lines, undone.select(lines.columns)]))


def motions(parts: pl.DataFrame, undone: pl.DataFrame, lines: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Contract ``Motion``: the motions of every line, and what each return takes back of them."""
    sold = parts.select(
        "line_index", "motion", "sub_motion", "amount", "base_amount", "position_before", "position_after", return_id=NO_TEXT
    )
    back = undone.group_by("line_index", "return_id", "motion", "sub_motion", maintain_order=True).agg(
        pl.col("amount").sum(), pl.col("base_amount").first()
    )
    both = pl.concat([sold, back], how="diagonal")
    named = both.with_columns(order_line_id=lines["order_line_id"].gather(both["line_index"]))
    figures = ("amount", "base_amount", "position_before", "position_after")
    return _held_to(Motion, named.with_columns(money_of(pl.col(name), digits).alias(name) for name in figures))


def credits(sold: pl.DataFrame, undone: pl.DataFrame, orders: pl.DataFrame, lines: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Contract ``Credit``: every sale's credits and their reversals, in the order payout runs over them."""
    dated = sold.with_columns(return_id=NO_TEXT, event_date=orders["order_date"].gather(sold["order_index"]))
    both = pl.concat([dated, undone.rename({"return_date": "event_date"}).select(dated.columns)])
    of_line = _of(lines, both["line_index"], "order_line_id", "line_number", "product_family")
    of_order = _of(orders.rename({"order_date": "sale_date"}), both["order_index"], "order_id", "account_id", "sale_date", "relationship_start")
    ordered = in_payout_order(both.hstack(of_line).hstack(of_order))
    shown = ordered.with_columns(
        *(money_of(pl.col(name), digits).alias(name) for name in ("amount", "base_amount", "position_before")),
        share_percent=percent_of(pl.col("share")),
        credit_type=pl.when(pl.col("share") == WHOLE).then(pl.lit("direct")).otherwise(pl.lit("split")),
    )
    return _held_to(Credit, shown)


def _of(table: pl.DataFrame, index: pl.Series, *columns: str) -> pl.DataFrame:
    """The named columns of the rows with these numbers."""
    return table.select(pl.col(columns).gather(index))


def _held_to(contract: type[Booking | NotBooked | Motion | Credit], table: pl.DataFrame) -> pl.DataFrame:
    return contract.validate(table.select(contract.columns()), lazy=True)  # type: ignore[return-value]
