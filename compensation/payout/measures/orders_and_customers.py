"""Orders and customers: which credit of a payee is the first of its order or customer, and which return undoes the last."""

import polars as pl

from compensation.attribution import trees
from compensation.counted import counted
from compensation.in_force import on_day
from compensation.money import running_total, thousandths
from compensation.payout.errors import MissingFigure
from compensation.payout.measures.line_figures import Facts, events_of, lines_of
from compensation.payout.measures.taken_back import late_returns
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows
from schemas.rules.company import Company


def with_occasions(
    rows: pl.DataFrame, of: str, credits: pl.DataFrame, facts: Facts, terms: Terms, company: Company, windows: Windows
) -> pl.DataFrame:
    """The same rows with ``units``: 1 at the payee's first credit of the order or customer in the window, −1 when it is undone.

    An order counts while any of its lines that the component takes has not come back in full: an order of 0.00 counts too. One whose
    taken credits add up to less than 0 (nothing but discount lines) does not count.
    After a change of plan inside the window it counts again, unless the position goes on (``restart: false``).
    A return undoes it in the window where the sale counted; the position that it moves is the one that places it. A return later
    than the clawback's ``window_days`` undoes nothing.

    Args:
        rows: One row per credit × term, with ``credit``, ``payee``, ``term``, ``place``, ``segment`` and ``sold_under``.
        of: ``orders`` or ``customers``.
        credits: Contract ``Credit``, in payout order.
        facts: Contract tables ``order_lines``, ``orders``, ``returns``, ``accounts`` and ``account_parents``.
        terms: Terms of all plans.
        company: Its currency.
        windows: The fiscal calendar in numbers.

    Source:
        ``docs/plans.md``, measures.
    """
    slot, kind = (pl.lit(terms.table[name]).gather(pl.col("term")) for name in ("slot", "kind"))
    subjects = _orders(credits) if of == "orders" else _customers(credits, facts)
    known = rows.with_row_index("_row").with_columns(
        slot=slot,
        subject=pl.lit(subjects).gather(pl.col("credit")),
        window=windows.window_of(kind, pl.col("place"), pl.col("credit")),
        **{
            name: pl.lit(credits[name].cast(pl.String)).gather(pl.col("credit"))
            for name in ("order_line_id", "return_id")
        },
        credit_number=pl.lit(credits["credit_number"]).gather(pl.col("credit")),
    )
    ending = _ending_returns(rows, credits, facts, company)
    moved = _in_window_of_sale(known.with_columns(segment=_own_segment(terms))).with_columns(
        worth=pl.lit(credits.select(thousandths(pl.col("amount"))).to_series()).gather(pl.col("credit")),
        opens=pl.when(pl.col("return_id").is_null())
        .then(1)
        .when(pl.col("return_id").is_in(ending.implode()))
        .then(-1)
        .otherwise(0),
    )
    is_late = late_returns(terms, credits)
    if is_late is not None:
        moved = moved.with_columns(pl.when(is_late).then(0).otherwise(name).alias(name) for name in ("worth", "opens"))
    group = ["payee", "slot", "sale_window", "sale_segment", "subject"]
    ordered = moved.sort(*group, "credit", "_row").with_columns(group=pl.struct(group).rle_id())
    return ordered.with_columns(units=begun_or_ended()).sort("_row").select(*rows.columns, "units")


def begun_or_ended() -> pl.Expr:
    """1 where an order or customer begins to count, −1 where it no longer does, else 0: measures and readings count by it.

    It counts while a line of it is open and its credits add up to 0 or more. Rows stand by ``group`` (one order or customer) in payout
    order, with ``opens`` (1 for a sale, −1 for a return after which nothing is left of its line, else 0) and ``worth``, the amount.
    """
    group, opens, worth = pl.col("group"), pl.col("opens").cast(pl.Int64), pl.col("worth")
    left, total = running_total(opens, group), running_total(worth, group)
    after = (left > 0) & (total >= 0)
    before = (left - opens > 0) & (total - worth >= 0)
    return after.cast(pl.Int64) - before.cast(pl.Int64)


def _orders(credits: pl.DataFrame) -> pl.Series:
    return credits["order_id"].cast(pl.String)


def _customers(credits: pl.DataFrame, facts: Facts) -> pl.Series:
    """The customer of each credit: the root of its account's tree on the sale's date; the account itself, if it is in no tree."""
    above = trees.ancestors(trees.parents(facts["accounts"], facts["account_parents"]))
    sold = credits.select(pl.col("account_id").cast(pl.String), "sale_date")
    asked = sold.unique()
    found = on_day(asked, trees.customers(above), by="account_id", on="sale_date")
    roots = sold.join(found, on=["account_id", "sale_date"], how="left", validate="m:1", maintain_order="left")
    return roots.select(pl.coalesce("customer_id", "account_id")).to_series()


def _ending_returns(rows: pl.DataFrame, credits: pl.DataFrame, facts: Facts, company: Company) -> pl.Series:
    """Returns after which nothing is left of their line.

    Raises:
        MissingFigure: a return that is not in the facts.
    """
    is_return = pl.lit(credits["return_id"]).gather(pl.col("credit")).is_not_null()
    lines = lines_of(credits, rows.filter(is_return)["credit"], company)
    events = events_of(lines, facts, company)
    returned = lines.credits.filter(pl.col("return_id").is_not_null())
    lost = returned.join(events, on="return_id", how="anti").sort("return_id")
    if not lost.is_empty():
        raise MissingFigure(
            f"{counted(lost.height, 'returned credit', 'is', 'are')} not in the facts. First: return {lost['return_id'][0]} of order line "
            f"{lines.names[lost['line'][0]]}. Give the orders, order_lines and returns that the credits were made from."
        )
    return events.filter("is_complete")["return_id"]


def _own_segment(terms: Terms) -> pl.Expr:
    """The segment of a row; 0 where the position goes on after a change of plan, and nothing counts a second time."""
    restarts = pl.Series([term.component.restart for term in terms.terms], dtype=pl.Boolean)
    return pl.when(pl.lit(restarts).gather(pl.col("term"))).then("segment").otherwise(0)


def _in_window_of_sale(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with ``sale_window`` and ``sale_segment``: those in which the sale counted."""
    line = ["order_line_id", "credit_number", "payee", "slot"]
    sales = rows.filter(pl.col("return_id").is_null()).select(*line, sale_window="window", sale_segment="segment")
    return rows.join(sales, on=line, how="left", validate="m:1", maintain_order="left")
