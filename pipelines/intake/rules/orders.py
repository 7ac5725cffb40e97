"""Orders, lines and returns: an order is taken or refused whole."""

import numpy as np
import polars as pl

from pipelines.intake.batch import Batch
from pipelines.intake.rules.amounts import settle_amounts
from pipelines.intake.rules.references import require_reference, require_references
from pipelines.intake.rules.world import World
from schemas.dtypes import MONEY
from schemas.table import is_unique

FEWEST_OTHERS = 5
"""With fewer other orders nobody can say what is usual for an account."""


def settle_order_lines(world: World) -> None:
    """References, amounts and arithmetic of lines, before orders are taken or refused."""
    require_references(world, "order_lines", without=("order_id",))
    orders, lines = world.tables["orders"], world.tables["order_lines"]
    order_rows = world.linked("order_lines", "order_id", "orders", "order_id")
    unknown = (order_rows.is_null() & lines.frame["order_id"].is_not_null()).arg_true()
    sentence = pl.format("order_id '{}' is not in orders; add the order, or correct the line", pl.col("order_id"))
    lines.refuse(unknown, "unknown_order", sentence, column="order_id")
    currency = orders.frame["currency"].cast(pl.Categorical)
    settle_amounts(world, "orders", currency)
    settle_amounts(world, "order_lines", currency.gather(order_rows))
    _require_line_numbers(lines, order_rows)
    _require_line_math(lines)
    _require_header_totals(orders, lines, order_rows)
    _note_orders_without_lines(orders, order_rows)
    _hold_outliers(world, orders, lines, order_rows)


def _require_line_numbers(lines: Batch, order_rows: pl.Series) -> None:
    """Two lines of one order with the same number: which of them is meant, nobody can say."""
    numbers = pl.DataFrame({"order": order_rows, "number": lines.frame["line_number"].cast(pl.Int64)})
    packed = numbers.select(pl.col("order").cast(pl.Int64) * (1 << 32) + pl.col("number"))
    if is_unique(packed):
        return
    rows = numbers.with_row_index("row").filter(lines.is_alive()).drop_nulls()
    twice = rows.filter(pl.len().over("order", "number") > 1)["row"]
    sentence = pl.format("line {} stands twice in order '{}'; give each line its own number", "line_number", "order_id")
    lines.refuse(twice, "duplicate_line", sentence, column="line_number")


def _require_line_math(lines: Batch) -> None:
    """Quantity times unit price is the net amount, give or take one minor unit."""
    if lines.frame["unit_price"].null_count() == lines.height:
        return
    exact = pl.Decimal(38, 12)
    product = pl.col("quantity").cast(exact) * pl.col("unit_price").cast(exact)
    apart = (product - pl.col("net_amount").cast(exact)).abs()
    rows = lines.frame.select((apart >= pl.lit("0.02").cast(exact)).fill_null(value=False)).to_series().arg_true()
    for segment in lines.segments:
        if segment.source.line_math == "ignored":
            rows = rows.filter((rows < segment.start) | (rows >= segment.end))
    sentence = pl.format(
        "{} × {} is not {}; correct the line, or declare line_math: ignored where unit_price is a list price",
        "quantity", "unit_price", "net_amount",
    )  # fmt: skip
    lines.refuse(rows, "line_math", sentence, column="net_amount")


def _require_header_totals(orders: Batch, lines: Batch, order_rows: pl.Series) -> None:
    if orders.frame["total_amount"].null_count() == orders.height:
        return
    alive = lines.is_alive()
    sums = (
        pl.DataFrame({"row": order_rows, "net": lines.frame["net_amount"]})
        .filter(alive)
        .drop_nulls("row")
        .group_by("row")
        .agg(pl.col("net").sum())
    )
    totals = orders.frame.select("total_amount").with_row_index("row").filter(orders.is_alive())
    compared = totals.join(sums, on="row", how="left", validate="1:1").with_columns(
        pl.col("net").fill_null(0).cast(MONEY)
    )
    off = compared.filter(pl.col("total_amount") != pl.col("net")).sort("row")
    sentence = pl.format(
        "the order says {} in all, its lines add up to {}; correct the one that is wrong",
        pl.col("total_amount"), pl.lit(off["net"]),
    )  # fmt: skip
    orders.refuse(off["row"], "header_total_mismatch", sentence, column="total_amount")


def _note_orders_without_lines(orders: Batch, order_rows: pl.Series) -> None:
    has_lines = pl.repeat(value=False, n=orders.height, dtype=pl.Boolean, eager=True)
    has_lines = has_lines.scatter(order_rows.drop_nulls().unique(), True)
    orders.note(
        "no_lines", "orders without lines: accepted, they book nothing and start nothing", (~has_lines).arg_true()
    )


def _hold_outliers(world: World, orders: Batch, lines: Batch, order_rows: pl.Series) -> None:
    """Hold an order that dwarfs every other of its account until somebody has looked at it."""
    factors = [segment.source.limits.outlier for segment in orders.segments]
    factor = max((factor for factor in factors if factor is not None), default=None)
    if factor is None or None in factors:
        return
    account_rows = world.linked("orders", "account_id", "accounts", "account_id")
    largest = _largest_of_account(orders, lines, (order_rows, account_rows), factor)
    held = largest.filter(pl.col("first") >= pl.col("second") * factor).sort("row")
    held = held.filter(~orders.frame["order_id"][held["row"]].is_in(sorted(world.reviewed)))
    sentence = (
        f"its lines add up to at least {factor} times the account's next largest order; check it, then confirm it by entering "
        "a correction of this order (its status as it is will do)"
    )
    orders.refuse(held["row"], "outlier_review", sentence)


def _largest_of_account(orders: Batch, lines: Batch, links: tuple[pl.Series, pl.Series], factor: int) -> pl.DataFrame:
    """Per account and currency with enough orders its largest (``row``, ``first``) and the one after it (``second``).

    Amounts are rough (binary fractions): they only say which order somebody should look at.
    """
    order_rows, account_rows = links
    named = order_rows.is_not_null() & lines.frame["net_amount"].is_not_null()
    rows, nets = (
        order_rows.filter(named).to_numpy(),
        lines.frame["net_amount"].filter(named).cast(pl.Float64).to_numpy(),
    )
    totals = np.bincount(rows, weights=nets, minlength=orders.height)
    frame = pl.DataFrame(
        {"account": account_rows, "currency": orders.frame["currency"].cast(pl.Categorical), "net": totals}
    ).with_row_index("row")
    groups = ["account", "currency"]
    positive = frame.filter(pl.col("net") > 0)
    rough = positive.group_by(groups).agg(
        pl.len().alias("orders"), pl.col("net").sum(), pl.col("net").max().alias("first")
    )
    # The second largest is no smaller than the mean of the others, so few groups need a closer look.
    mean = (pl.col("net") - pl.col("first")) / (pl.col("orders") - 1)
    suspects = rough.filter((pl.col("orders") > FEWEST_OTHERS) & (pl.col("first") >= mean * factor)).select(groups)
    ranked = positive.join(suspects, on=groups, how="semi").sort(*groups, "net", "row")
    second = pl.col("net").shift(1).over(groups)
    return (
        ranked.with_columns(second.alias("second"))
        .rename({"net": "first"})
        .unique(groups, keep="last", maintain_order=True)
    )


def settle_returns(world: World) -> None:
    """References, amounts, dates and sums of returns."""
    returns, lines, orders = world.tables["returns"], world.tables["order_lines"], world.tables["orders"]
    if not returns.height:
        return
    require_reference(world, "returns", "order_line_id", ("order_lines", "order_line_id"))
    line_rows = world.linked("returns", "order_line_id", "order_lines", "order_line_id")
    order_rows = world.linked("order_lines", "order_id", "orders", "order_id").gather(line_rows)
    settle_amounts(world, "returns", orders.frame["currency"].cast(pl.Categorical).gather(order_rows))
    nothing = (returns.frame["amount"] == 0).arg_true()
    returns.refuse(
        nothing,
        "amount_not_positive",
        "a return of 0 takes nothing back; remove it, or enter its amount",
        column="amount",
    )
    ordered_on = orders.frame["order_date"].gather(order_rows)
    early = (returns.frame["return_date"] < ordered_on).arg_true()
    sentence = pl.format(
        "returned on {}, before it was ordered on {}; correct one of them",
        "return_date",
        pl.lit(ordered_on.gather(early)),
    )
    returns.refuse(early, "date_order", sentence, column="return_date")
    _require_no_more_than_the_line(returns, lines, line_rows)


def _require_no_more_than_the_line(returns: Batch, lines: Batch, line_rows: pl.Series) -> None:
    """In order of date and id: the return that passes the line's amount, and those after it, are refused."""
    net = lines.frame["net_amount"].gather(line_rows)
    frame = returns.frame.select("return_id", "return_date", "amount").with_columns(line=line_rows, net=net)
    frame = frame.with_row_index("row").filter(returns.is_alive()).drop_nulls(["line", "net"])
    over = frame.filter(pl.col("amount").sum().over("line") > pl.col("net"))
    if not over.height:
        return
    running = over.sort("line", "return_date", "return_id").with_columns(
        pl.col("amount").cum_sum().over("line").alias("sum")
    )
    beyond = running.filter(pl.col("sum") > pl.col("net")).sort("row")
    sentence = pl.format(
        "with this, {} of a line of {} has been returned; a line cannot be returned more than whole: correct the amount",
        pl.lit(beyond["sum"]), pl.lit(beyond["net"]),
    )  # fmt: skip
    returns.refuse(beyond["row"], "return_exceeds_line", sentence, column="amount")


def take_orders_whole(world: World) -> None:
    """Hold back every header, line and return of an order of which a header or line is refused."""
    orders, lines, returns = world.tables["orders"], world.tables["order_lines"], world.tables["returns"]
    order_rows = world.linked("order_lines", "order_id", "orders", "order_id")
    culprits = _culprits(orders, lines, order_rows)
    if culprits.height:
        sentence = pl.format(
            "held back whole with order '{}', one record of which was refused; it comes in once that one does",
            "order_id",
        )
        _hold(orders, pl.int_range(0, orders.height, dtype=pl.UInt32, eager=True), culprits, sentence)
        _hold(lines, order_rows, culprits, sentence)
    line_rows = world.links.get(("returns", "order_line_id"))
    if line_rows is not None and culprits.height:
        sentence = pl.format(
            "held back with order line '{}', whose order was refused; it comes in once that one does", "order_line_id"
        )
        _hold(returns, order_rows.gather(line_rows), culprits, sentence)


def _culprits(orders: Batch, lines: Batch, order_rows: pl.Series) -> pl.DataFrame:
    """Per order that cannot be taken, the first record at fault."""
    headers = orders.refused_rows()
    bad_lines = lines.refused_rows().sort()
    from_headers = pl.DataFrame(
        {"order": headers, "place": orders.places(headers)}, schema={"order": pl.UInt32, "place": pl.String}
    )
    from_lines = pl.DataFrame(
        {"order": order_rows.gather(bad_lines), "place": lines.places(bad_lines)},
        schema={"order": pl.UInt32, "place": pl.String},
    )
    return pl.concat([from_headers, from_lines]).drop_nulls().unique("order", keep="first", maintain_order=True)


def _hold(batch: Batch, order_rows: pl.Series, culprits: pl.DataFrame, sentence: pl.Expr) -> None:
    if not batch.height:
        return
    rows = (
        pl.DataFrame({"order": order_rows}, schema={"order": pl.UInt32}).with_row_index("row").filter(batch.is_alive())
    )
    held = rows.join(culprits, on="order", how="inner", validate="m:1", maintain_order="left")
    batch.refuse(held["row"], "partial_order", sentence, caused_by=held["place"])
