"""The tables of attribution, put together from its working frames and held to their contracts.

Rows of the frames are named by their numbers, so putting a table together is gathering: nothing is joined or
compared again.
"""

from typing import TypeVar

import polars as pl

from compensation.attribution.credit import in_payout_order
from compensation.money import WHOLE, money_of, percent_of
from schemas.core.attribution import Booking, Credit, Motion, NotBooked
from schemas.table import Table

NO_TEXT = pl.lit(None, dtype=pl.String)
WORDS = (pl.String, pl.Categorical, pl.Enum)
NO_NUMBER = pl.lit(None, dtype=pl.UInt32)

Contract = TypeVar("Contract", bound=Table)


def bookings(orders: pl.DataFrame, lines: pl.DataFrame, returns: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Contract ``Booking``: every booked line in its order, then every booked return."""
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
    line = _of(lines, both["line_index"], "order_line_id", "line_number", "product_id", "product_family", "order_index")
    order = _of(
        orders.rename({"order_date": "sale_date", "currency": "order_currency"}), line["order_index"],
        "order_id", "account_id", "customer_id", "opportunity_id", "relationship_number", "relationship_start",
        "is_new_business", "sale_date", "order_currency",
    )  # fmt: skip
    return _held_to(Booking, both.hstack(line.drop("order_index")).hstack(order))


def not_booked(left_out: pl.DataFrame, left_out_returns: pl.DataFrame) -> pl.DataFrame:
    """Contract ``NotBooked``: lines of orders that book nothing, and their returns, by line."""
    lines = left_out.select(
        "order_line_id", "order_id", "reason", return_id=NO_TEXT, event_date="order_date", order_currency="currency",
        order_amount="net_amount",
    )  # fmt: skip
    back = left_out_returns.select(
        "order_line_id", "order_id", "reason", "return_id", event_date="return_date", order_currency="currency",
        order_amount=-pl.col("amount"),
    )  # fmt: skip
    return _held_to(NotBooked, pl.concat([lines, back]).sort("order_line_id", "return_id", nulls_last=False))


def motions(
    parts: pl.DataFrame, undone: pl.DataFrame, lines: pl.DataFrame, returns: pl.DataFrame, digits: int
) -> pl.DataFrame:
    """Contract ``Motion``: the motions of every line, and what each return takes back of them."""
    figures = ("amount", "base_amount", "position_before", "position_after")
    sold = parts.select("line_index", "motion", "sub_motion", *figures, return_id=NO_TEXT)
    taken = undone.group_by("line_index", "return_index", "part_index", maintain_order=True).agg(pl.col("amount").sum())
    back = taken.select("line_index", "amount", return_id=returns["return_id"].gather(taken["return_index"])).hstack(
        _of(parts, taken["part_index"], "motion", "sub_motion", "base_amount")
    )
    both = pl.concat([sold, back], how="diagonal")
    named = both.with_columns(order_line_id=lines["order_line_id"].gather(both["line_index"]))
    return _held_to(Motion, named.with_columns(money_of(pl.col(name), digits).alias(name) for name in figures))


def credits(
    sold: pl.DataFrame, undone: pl.DataFrame, parts: pl.DataFrame, shares: pl.DataFrame, lines: pl.DataFrame,
    orders: pl.DataFrame, returns: pl.DataFrame, digits: int,
) -> pl.DataFrame:  # fmt: skip
    """Contract ``Credit``: every sale's credits and their reversals, in the order payout runs over them."""
    ranks = _in_order(shares["payee_id"])
    sale_dates = orders["order_date"].gather(lines["order_index"])

    def placed(credits: pl.DataFrame, return_index: pl.Expr, event_date: pl.Series) -> pl.DataFrame:
        return credits.with_columns(
            return_index=return_index, event_date=event_date, motion=parts["motion"].gather(credits["part_index"]),
            payee_rank=ranks.gather(credits["share_index"]),
        )  # fmt: skip

    sales = placed(sold, NO_NUMBER, sale_dates.gather(sold["line_index"]))
    back = placed(undone, pl.col("return_index"), returns["return_date"].gather(undone["return_index"]))
    back = back.with_columns(
        return_id=returns["return_id"].gather(back["return_index"]),
        line_number=lines["line_number"].gather(back["line_index"]),
        order_id=orders["order_id"].gather(lines["order_index"].gather(back["line_index"])),
    )
    return _with_names(in_payout_order(sales, back), parts, shares, lines, orders, returns, digits)


def _with_names(
    credits: pl.DataFrame, parts: pl.DataFrame, shares: pl.DataFrame, lines: pl.DataFrame, orders: pl.DataFrame,
    returns: pl.DataFrame, digits: int,
) -> pl.DataFrame:  # fmt: skip
    """Each credit's words; those that recur are categories before they are gathered."""
    index = {
        "part": credits["part_index"], "share": credits["share_index"], "line": credits["line_index"],
        "order": lines["order_index"].gather(credits["line_index"]),
    }  # fmt: skip
    sources = {
        "part": parts.select("sub_motion", "base_amount", "position_before"),
        "share": shares.select(
            "payee_id", "named_payee_id", "rule", "tried", share_percent=percent_of(pl.col("share")),
            credit_type=pl.when(pl.col("share") == WHOLE).then(pl.lit("direct")).otherwise(pl.lit("split")),
        ),
        "line": lines.select("order_line_id", "line_number", "product_family"),
        "order": orders.select("order_id", "account_id", "relationship_start", sale_date="order_date"),
    }  # fmt: skip
    named = [_in_words_of(Credit, source).select(pl.all().gather(index[name])) for name, source in sources.items()]
    wide = pl.concat([credits, *named], how="horizontal")
    return _held_to(Credit, wide.with_columns(
        *(money_of(pl.col(name), digits).alias(name) for name in ("amount", "base_amount", "position_before")),
        return_id=returns["return_id"].gather(credits["return_index"]),
    ))  # fmt: skip


def _in_order(names: pl.Series) -> pl.Series:
    """The place of each name among all of them, by code points: sorting the distinct ones is enough."""
    distinct = names.unique().sort()
    return names.cast(pl.Enum(distinct)).to_physical()


def _of(table: pl.DataFrame, index: pl.Series, *columns: str) -> pl.DataFrame:
    """The named columns of the rows with these numbers."""
    return table.select(pl.col(columns).gather(index))


def _held_to(contract: type[Contract], table: pl.DataFrame) -> pl.DataFrame:
    return contract.validate(_in_words_of(contract, table.select(contract.columns())))


def _in_words_of(contract: type[Contract], table: pl.DataFrame) -> pl.DataFrame:
    """The table, its texts and categories in the contract's types."""
    types = contract.dtypes()
    words = {name: types[name] for name, kind in table.schema.items() if name in types and kind in WORDS}
    return table.cast(words)  # type: ignore[arg-type]  # mypy wants a mapping of the union's exact members
