"""The rows about one order line, found once in tables of any size; all looks for its explanation are into them."""

from collections.abc import Iterable

import polars as pl

from compensation.explanation.node import Tables

BY_LINE = (
    "order_lines", "returns", "not_booked", "bookings", "motions", "credits", "additional_credits", "earnings",
    "earning_changes", "unpaid", "clawbacks", "credit_transfers", "postings",
)  # fmt: skip
BY_ORDER = ("orders", "hand_overs")
BY_ACCOUNT = ("carers",)
BY_CUSTOMER = ("shortfalls",)


def around_line(order_line_id: str, tables: Tables) -> dict[str, pl.LazyFrame]:
    """The tables, those of a row a line or an order reduced to what is about this line, in memory.

    An explanation looks at dozens of things, and each look at a table on disk would read the column of ids again.

    Args:
        order_line_id: The line; where none has the id, the tables of lines are empty.
        tables: Contract, intake and result tables by name.
    """
    near = dict(tables)
    _narrow(near, BY_LINE, "order_line_id", [order_line_id])
    lines = near["order_lines"].collect()
    _narrow(near, BY_ORDER, "order_id", lines["order_id"].to_list())
    _narrow(near, BY_ACCOUNT, "account_id", near["orders"].collect()["account_id"].to_list())
    booked = near["bookings"].collect() if "bookings" in near else pl.DataFrame({"customer_id": []})
    _narrow(near, BY_CUSTOMER, "customer_id", booked["customer_id"].unique().to_list())
    return near


def _narrow(near: dict[str, pl.LazyFrame], names: Iterable[str], column: str, values: list[str]) -> None:
    """Replace each of the tables by its rows with one of the values, all read at once."""
    known = [name for name in names if name in near]
    is_it = pl.col(column) == values[0] if len(values) == 1 else pl.col(column).is_in(values)
    wanted = [near[name].filter(is_it) for name in known]
    for name, found in zip(known, pl.collect_all(wanted), strict=True):
        near[name] = found.lazy()
