"""Rules 4 and 5: which part of a line is new business, which retention, which growth.

A *base key* is one customer, product family and fiscal year, packed into one integer: sorting and adding up
by it is many times faster than by three columns of text.
"""

import polars as pl

from compensation.in_force import on_day
from compensation.money import running_total
from schemas.core.attribution import MOTIONS, SUB_MOTIONS

MOTION, SUB_MOTION = pl.Enum(MOTIONS), pl.Enum(SUB_MOTIONS)


def base_key(customer_code: pl.Expr, family_code: pl.Expr, fiscal_year: pl.Expr) -> pl.Expr:
    """One integer for customer, product family and fiscal year: 32, 16 and 15 bits."""
    return customer_code.cast(pl.Int64) * 2**31 + family_code.cast(pl.Int64) * 2**15 + fiscal_year.cast(pl.Int64)


def parts_of_key(key: pl.Expr) -> dict[str, pl.Expr]:
    """What ``base_key`` packed, here of an account instead of a customer."""
    return {
        "account_code": (key // 2**31).cast(pl.UInt32),
        "family_code": (key // 2**15 % 2**16).cast(pl.UInt16),
        "fiscal_year": (key % 2**15).cast(pl.Int32),
    }


def fiscal_years(periods: pl.DataFrame) -> pl.DataFrame:
    """``fiscal_year``, ``year_start`` and ``year_end`` (excluded), in order."""
    years = periods.group_by("fiscal_year").agg(
        year_start=pl.col("period_start").min(), year_end=pl.col("period_end").max()
    )
    return years.sort("fiscal_year")


def fiscal_year_of(day: pl.Expr, years: pl.DataFrame) -> pl.Expr:
    """The fiscal year of a date, which must lie in one of the years."""
    index = pl.lit(0, dtype=pl.Int32)
    for start in years["year_start"].to_list()[1:]:
        index = index + (day >= start).cast(pl.Int32)
    first: int = years["fiscal_year"][0]
    return index + first


def bases(movements: pl.DataFrame, accounts: pl.DataFrame, tree: pl.DataFrame, years: pl.DataFrame) -> pl.DataFrame:
    """Base B of each customer, product family and fiscal year, from the day it holds.

    Last fiscal year's bookings less returns dated in it, kept per account and added up under the root of
    the day, so that a re-parented account takes its base along; the sum is floored at 0.

    Args:
        movements: Every booked line on its order date and every return on its own: ``account_code``, ``family_code``,
            ``event_date``, ``booked`` (minor units, returns negative).
        accounts: ``account_id`` of each ``account_code``.
        tree: As ``trees.customers`` gives it, with ``customer_code``.
        years: As ``fiscal_years`` gives them; a base of a later year is left out.

    Returns:
        ``base_key``, ``valid_from``, ``valid_to``, ``base`` (minor units).

    Source:
        Attribution rule 5.
    """
    following_year = fiscal_year_of(pl.col("event_date"), years) + 1
    by_account = (
        movements.select("booked", _key=base_key(pl.col("account_code"), pl.col("family_code"), following_year))
        .group_by("_key")
        .agg(pl.col("booked").sum())
        .with_columns(**parts_of_key(pl.col("_key")))
        .join(accounts, on="account_code", how="left", validate="m:1")
    )
    return under_roots(by_account, tree, years)


def under_roots(by_account: pl.DataFrame, tree: pl.DataFrame, years: pl.DataFrame) -> pl.DataFrame:
    """What accounts bring to the bases of a year, added up under the root of each day; the sum is floored at 0.

    Args:
        by_account: ``account_id``, ``family_code``, ``fiscal_year`` and ``booked`` (minor units), one row each.
        tree: As ``trees.customers`` gives it, with ``customer_code``.
        years: ``fiscal_year``, ``year_start`` and ``year_end`` (excluded) of every window; others are left out.

    Returns:
        ``base_key``, ``valid_from``, ``valid_to``, ``base`` (minor units).
    """
    placed = by_account.join(years, on="fiscal_year", how="inner", validate="m:1").join(
        tree, on="account_id", how="inner"
    )
    held = placed.with_columns(
        base_key(pl.col("customer_code"), pl.col("family_code"), pl.col("fiscal_year")).alias("base_key"),
        valid_from=pl.max_horizontal("valid_from", "year_start"),
        valid_to=pl.min_horizontal("valid_to", "year_end"),
    ).filter(pl.col("valid_from") < pl.col("valid_to"))
    return _added_up(held)


def _added_up(held: pl.DataFrame) -> pl.DataFrame:
    """Sum of what the accounts under one root hold, from each day on which it changes."""
    comes = held.select("base_key", "valid_from", "booked", "year_end")
    leaves = held.filter(pl.col("valid_to") < pl.col("year_end")).select(
        "base_key", pl.col("valid_to").alias("valid_from"), -pl.col("booked"), "year_end"
    )
    steps = pl.concat([comes, leaves]).group_by("base_key", "valid_from", "year_end").agg(pl.col("booked").sum())
    ordered = steps.sort("base_key", "valid_from")
    following = pl.when(pl.col("base_key") == pl.col("base_key").shift(-1)).then(pl.col("valid_from").shift(-1))
    return ordered.select(
        "base_key",
        "valid_from",
        valid_to=following.fill_null(pl.col("year_end")),
        base=pl.max_horizontal(running_total(pl.col("booked"), pl.col("base_key")), pl.lit(0, dtype=pl.Int64)),
    )


def moved_positions(
    existing: pl.DataFrame, account_of: pl.Series, tree: pl.DataFrame, years: pl.DataFrame
) -> pl.DataFrame:
    """What a re-parented account takes out of one customer's position and brings into another's.

    Args:
        existing: Existing-business lines: ``line_index``, ``family_code``, ``fiscal_year``, ``order_date``, ``booked``.
        account_of: Account of each row of ``existing``.
        tree: As ``trees.customers`` gives it, with ``customer_code``.
        years: As ``fiscal_years`` gives them.

    Returns:
        ``base_key``, ``booked`` and ``place`` (before the lines of the day of the move); no rows where no account
        changes its root inside a year.

    Source:
        Attribution rule 5: bases and positions are kept per account and added up under the root of the day.
    """
    ordered = tree.sort("account_id", "valid_from")
    former = pl.col("customer_code").shift(1).over("account_id")
    changes = ordered.with_columns(former_code=former).filter(pl.col("former_code") != pl.col("customer_code"))
    dated = changes.select("account_id", "former_code", "customer_code", change="valid_from").join_where(
        years, pl.col("change") > pl.col("year_start"), pl.col("change") < pl.col("year_end")
    )
    acting = existing.select("family_code", "fiscal_year", "order_date", "booked", account_of.alias("account_id"))
    taken = acting.join(dated, on=["account_id", "fiscal_year"], how="inner")
    total = (
        taken.filter(pl.col("order_date") < pl.col("change"))
        .group_by("former_code", "customer_code", "family_code", "fiscal_year", "change")
        .agg(pl.col("booked").sum())
    )
    place = existing["order_date"].search_sorted(total["change"], side="left")
    indices = existing["line_index"].cast(pl.Int64).append(pl.Series([2**40], dtype=pl.Int64))
    placed = total.with_columns(place=indices.gather(place) * 2)
    rest = (pl.col("family_code"), pl.col("fiscal_year"))
    return pl.concat([
        placed.select(base_key(pl.col("customer_code"), *rest).alias("base_key"), "booked", "place"),
        placed.select(base_key(pl.col("former_code"), *rest).alias("base_key"), -pl.col("booked"), "place"),
    ])  # fmt: skip


def with_positions(existing: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Existing-business lines with their position x before and after, per base key, in their order.

    Args:
        existing: ``line_index`` (ascending), ``base_key``, ``booked`` and any other columns.
        moves: As ``moved_positions`` gives them.

    Returns:
        The same lines, in the same order, with ``position_before`` and ``position_after`` (minor units).
    """
    acting = existing.select("base_key", "booked", place=pl.col("line_index").cast(pl.Int64) * 2 + 1)
    if not moves.is_empty():
        acting = pl.concat([moves.select(acting.columns), acting]).sort("place", maintain_order=True)
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    order = acting.select(row.sort_by("base_key", maintain_order=True)).to_series()
    grouped = acting.select(pl.all().gather(order))
    reached = grouped.select(running_total(pl.col("booked"), pl.col("base_key"))).to_series()
    in_place = acting.select("place", position_after=reached.scatter(order, reached))
    lines = in_place.filter(pl.col("place") % 2 == 1).select("position_after")
    return existing.hstack(lines).with_columns(position_before=pl.col("position_after") - pl.col("booked"))


def motions(lines: pl.DataFrame, base: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Split each line into its motions.

    Existing-business lines, in order, move a position x from 0 per customer, family and fiscal year;
    retention is ``min(x after, B) − min(x before, B)``, the rest growth. A negative line moves x back, growth first.

    Args:
        lines: One row a booked line in the order that decides: ``line_index``, ``base_key``, ``order_date``,
            ``booked``, ``is_new_business``, ``relationship_number``; where agreements are a base also ``is_renewal``.
        base: As ``bases`` gives it.
        moves: As ``moved_positions`` gives them.

    Returns:
        One row per line and motion, retention before growth: ``line_index``, ``motion``, ``sub_motion``, ``amount``,
        ``base_amount``, ``position_before``, ``position_after`` (minor units; the last three null for new business).
        A line of nothing has one motion of nothing.

    Source:
        Attribution rules 4 and 5.
    """
    is_logo = pl.col("relationship_number") == 1
    fresh = lines.filter("is_new_business").select(
        "line_index",
        motion=pl.lit("new_business", dtype=MOTION),
        sub_motion=pl.when(is_logo)
        .then(pl.lit("new_logo", dtype=SUB_MOTION))
        .otherwise(pl.lit("win_back", dtype=SUB_MOTION)),
        amount="booked",
    )
    placed = with_positions(lines.filter(~pl.col("is_new_business")), moves)
    based = on_day(placed, base, by="base_key", on="order_date").with_columns(pl.col("base").fill_null(0))
    inside = pl.min_horizontal("position_after", "base") - pl.min_horizontal("position_before", "base")
    parts = _retention_and_growth(based.with_columns(retained=inside))
    return pl.concat([fresh, *parts], how="diagonal").sort("line_index", maintain_order=True)


def _retention_and_growth(kept: pl.DataFrame) -> list[pl.DataFrame]:
    grown = pl.col("booked") - pl.col("retained")
    idle = pl.col("booked") == 0
    below = pl.col("position_before") < pl.col("base")
    figures = [pl.col("base").alias("base_amount"), pl.col("position_before"), pl.col("position_after")]
    repeated: pl.Expr = pl.lit("repeat", dtype=SUB_MOTION)
    if "is_renewal" in kept.columns:
        repeated = pl.when("is_renewal").then(pl.lit("renewal", dtype=SUB_MOTION)).otherwise(repeated)
    retention = kept.filter((pl.col("retained") != 0) | (idle & below)).select(
        "line_index",
        *figures,
        motion=pl.lit("retention", dtype=MOTION),
        sub_motion=repeated,
        amount="retained",
    )
    grew = (
        pl.when(pl.col("base") == 0)
        .then(pl.lit("cross_sell", dtype=SUB_MOTION))
        .otherwise(pl.lit("upsell", dtype=SUB_MOTION))
    )
    growth = kept.filter((grown != 0) | (idle & ~below)).select(
        "line_index", *figures, motion=pl.lit("growth", dtype=MOTION), sub_motion=grew, amount=grown
    )
    return [retention, growth]
