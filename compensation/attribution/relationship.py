"""Rules 3 and 4: the relationship that each order lies in, and whether it is still new business."""

from collections.abc import Sequence

import polars as pl

from schemas.rules.attribution import AttributionPolicy


def with_relationships(
    orders: pl.DataFrame, booked: pl.DataFrame, tree: pl.DataFrame, policies: Sequence[AttributionPolicy]
) -> pl.DataFrame:
    """The same orders with the relationship that each lies in, and whether it is new business.

    An order on or after the customer's previous order date + ``win_back_months`` starts a new relationship;
    an order before the relationship's start + ``new_business_months`` is new business. The customer's order dates on
    a day are those of all accounts that stand under it on that day, so a re-parented account brings its history along.

    Args:
        orders: As ``booking.order_book`` gives them.
        booked: As ``booking.book_lines`` gives them: only confirmed orders with a line count.
        tree: As ``trees.customers`` gives it, with ``customer_code``.
        policies: Versions of the attribution policy; the one in force on the order date applies.

    Returns:
        ``orders`` with ``relationship_number`` (from 1), ``relationship_start``, ``is_new_business``;
        null on orders that book nothing.

    Source:
        Attribution rules 3 and 4.
    """
    has_line = pl.repeat(value=False, n=orders.height, dtype=pl.Boolean, eager=True)
    counting = orders.filter(has_line.scatter(booked["order_index"], values=True))
    history = histories(counting, tree)
    first = (pl.col("history") != pl.col("history").shift(1)).fill_null(value=True)
    starts = first | (pl.col("order_date") >= after_months(pl.col("order_date").shift(1), "win_back_months", policies))
    counted = history.with_columns(_starts=starts, _first=first).with_columns(_count=pl.col("_starts").cum_sum())
    before = pl.when("_first").then(pl.col("_count") - 1).forward_fill()
    dated = counted.with_columns(
        relationship_number=(pl.col("_count") - before).cast(pl.Int32),
        relationship_start=pl.when("_starts").then("order_date").forward_fill(),
    )
    ends = after_months(pl.col("relationship_start"), "new_business_months", policies)
    found = dated.filter("is_own").select(
        "order_index", "relationship_number", "relationship_start", is_new_business=pl.col("order_date") < ends
    )
    nowhere = pl.repeat(None, orders.height, dtype=pl.UInt32, eager=True)
    row = nowhere.scatter(found["order_index"], pl.int_range(found.height, dtype=pl.UInt32, eager=True))
    return orders.hstack(found.drop("order_index").select(pl.all().gather(row)))


def histories(orders: pl.DataFrame, tree: pl.DataFrame) -> pl.DataFrame:
    """What counts as a customer's past, for each of its orders.

    While the accounts under a customer stay the same there is one history; when one comes or goes, another begins,
    with the earlier orders of all accounts that are there from then on.

    Args:
        orders: Counting orders, by date and id: ``order_index``, ``account_id``, ``customer_code``, ``order_date``.
        tree: As ``trees.customers`` gives it, with ``customer_code``.

    Returns:
        ``history`` (the customer's code, or a negative number where accounts come and go), ``order_index``, ``order_date`` and ``is_own`` (false where the order is only past),
        sorted by history and order.
    """
    changing = tree.filter(pl.col("account_id").is_duplicated())["customer_code"].unique()
    is_steady = ~pl.col("customer_code").is_in(changing.implode())
    steady = orders.filter(is_steady).select(
        "order_index", "order_date", history=pl.col("customer_code").cast(pl.Int64), is_own=pl.lit(value=True)
    )
    if changing.is_empty():
        return steady.sort("history", maintain_order=True)
    members = _members(tree.filter(~is_steady))
    known = orders.select("order_index", "account_id", "order_date").join(members, on="account_id", how="inner")
    past = known.filter(pl.col("order_date") < pl.col("until")).select(
        "order_index", "order_date", "history", is_own=pl.col("order_date") >= pl.col("since")
    )
    return pl.concat([steady, past]).sort("history", "order_index")


def after_months(day: pl.Expr, parameter: str, policies: Sequence[AttributionPolicy]) -> pl.Expr:
    """``day`` plus as many calendar months as the policy in force on the order date says.

    A day that the target month lacks becomes its last day.
    """
    result = pl.lit(None, dtype=pl.Date)
    for version in sorted(policies, key=lambda policy: (policy.valid_from, policy.decided_on)):
        moved = day.dt.offset_by(f"{getattr(version, parameter)}mo")
        result = pl.when(pl.col("order_date") >= version.valid_from).then(moved).otherwise(result)
    return result


def _members(tree: pl.DataFrame) -> pl.DataFrame:
    """Accounts of each history: ``account_id``, ``history``, and the days ``since`` and ``until`` it holds."""
    ends = [tree.select("customer_code", since=end) for end in ("valid_from", "valid_to")]
    points = pl.concat(ends).unique().sort("customer_code", "since")
    spans = points.with_columns(until=pl.col("since").shift(-1).over("customer_code")).drop_nulls("until")
    numbered = spans.with_columns(history=-1 - pl.int_range(pl.len(), dtype=pl.Int64))
    inside = numbered.join(tree, on="customer_code", how="inner")  # spans × accounts of a customer
    held = inside.filter((pl.col("valid_from") <= pl.col("since")) & (pl.col("since") < pl.col("valid_to")))
    return held.select("account_id", "history", "since", "until")
