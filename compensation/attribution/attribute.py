"""Attribution: from orders, lines and returns to bookings, motions and credits, in the order the rules apply."""

from dataclasses import dataclass

import polars as pl

from compensation.attribution import booking, carers, credit, motion, people, tables, trees, who
from compensation.currency import minor_unit_digits
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Attributed:
    """What attribution makes: contracts ``Booking``, ``NotBooked``, ``Motion``, ``Credit``, and who looks after whom."""

    bookings: pl.DataFrame
    not_booked: pl.DataFrame
    motions: pl.DataFrame
    credits: pl.DataFrame
    carers: pl.DataFrame


def attribute(facts: Facts, company: Company, periods: pl.DataFrame) -> Attributed:
    """Attribute every booked amount to a person, to the house, or to nobody who may be paid.

    Args:
        facts: Every contract table by name; optional ones may be empty.
        company: Currency, attribution policy.
        periods: Fiscal periods that cover every date in the facts and the year after the last.

    Source:
        Attribution rules 1 to 8.
    """
    people_of = people.standings(facts["payees"])
    above = trees.ancestors(trees.parents(facts["accounts"], facts["account_parents"]))
    tree = trees.customers(above).with_columns(customer_code=pl.col("customer_id").rank("dense").cast(pl.UInt32))
    care = carers.carers(facts["assignments"], above, people.last_days(facts["payees"]))

    orders = booking.order_book(facts, tree, company)
    lines, left_out = booking.book_lines(facts, orders, company)
    orders = booking.with_relationships(orders, lines, company.attribution)
    returns = booking.book_returns(facts, lines)

    parts = _motion_parts(orders, lines, returns, tree, periods)
    deciding = orders.filter(pl.col("is_new_business").is_not_null())
    owned = who.shares(deciding, facts, care, above, people_of, company.attribution)
    sold = credit.divide(parts, owned)
    undone = credit.reverse(returns, sold)

    digits = minor_unit_digits(company.currency)
    return Attributed(
        bookings=tables.bookings(orders, lines, returns, digits),
        not_booked=tables.not_booked(left_out, facts["returns"]),
        motions=tables.motions(parts, undone, lines, digits),
        credits=tables.credits(sold, undone, orders, lines, digits),
        carers=care,
    )


def _motion_parts(
    orders: pl.DataFrame, lines: pl.DataFrame, returns: pl.DataFrame, tree: pl.DataFrame, periods: pl.DataFrame
) -> pl.DataFrame:
    """Motions of every booked line, with ``order_index``."""
    years = motion.fiscal_years(periods)
    dated = orders.with_columns(fiscal_year=motion.fiscal_year_of(pl.col("order_date"), years))
    of_order = ["order_date", "fiscal_year", "customer_code", "is_new_business", "relationship_number"]
    work = lines.select("line_index", "order_index", "family_code", "booked").hstack(
        dated.select(pl.col(of_order).gather(lines["order_index"]))
    )
    work = work.with_columns(base_key=motion.base_key(pl.col("customer_code"), pl.col("family_code"), pl.col("fiscal_year")))
    base = motion.bases(_movements(work, returns, orders), tree, years)
    moves = _moves(work, orders, tree, years)
    parts = motion.motions(work, base, moves)
    return parts.with_columns(lines["order_index"].gather(parts["line_index"]))


def _movements(work: pl.DataFrame, returns: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Every booked line on its order date and every return on its own, as ``motion.bases`` takes them."""
    sold = work.select("family_code", "booked", "order_index", event_date="order_date")
    back = returns.select(
        work["family_code"].gather(returns["line_index"]),
        pl.col("reversed_before") - pl.col("reversed_to_date"),
        work["order_index"].gather(returns["line_index"]),
        "return_date",
    )
    both = pl.concat([sold, back.rename(dict(zip(back.columns, sold.columns, strict=True)))])
    return both.with_columns(account_id=orders["account_id"].gather(both["order_index"]))


def _moves(work: pl.DataFrame, orders: pl.DataFrame, tree: pl.DataFrame, years: pl.DataFrame) -> pl.DataFrame:
    existing = work.filter(~pl.col("is_new_business"))
    if tree["account_id"].is_duplicated().any():
        return motion.moved_positions(existing, orders["account_id"].gather(existing["order_index"]), tree, years)
    return existing.select("base_key", "booked", place=pl.lit(0, dtype=pl.Int64)).clear()
