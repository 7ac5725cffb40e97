"""Placing: which terms take a credit, and in which window it moves their position."""

import polars as pl

from compensation.payout.standing import Standings
from compensation.payout.terms import CREDIT_KINDS, NOBODYS, Terms, kind_of_credit
from compensation.payout.windows import Windows

REASONS = ("no_plan", "no_plan", "plan_none", "house", "excluded", "not_in_plan")
"""Why a credit earns nothing, by the code of its payee's standing; the last one where a plan does not take it."""

PLACED = ("credit", "payee", "term", "place", "segment")

NONE_IGNORED = pl.DataFrame(schema={"credit": pl.UInt32, "payee": pl.Int32})


def numbered(
    credits: pl.DataFrame, payee_ids: pl.Series, standings: Standings, windows: Windows, terms: Terms
) -> pl.DataFrame:
    """Each credit in whole numbers: who, which kind, on which days, and on which plan version at its sale.

    Args:
        credits: Contract ``Credit``, in payout order.
        payee_ids: Payees in the order of their numbers.
        standings: Who is on which plan version when.
        windows: The fiscal calendar in numbers.
        terms: Terms of all plans.

    Returns:
        One row a credit: ``credit`` (its place), ``payee``, ``kind``, ``is_return``, ``day`` and ``sale_day``, and, on the
        day of its sale, ``cell`` (standing × kind of credit) and ``segment``; the ``MARKS`` of narrowing, where any is.
    """
    numbers = credits.select(
        credit=pl.int_range(pl.len(), dtype=pl.UInt32),
        payee=pl.col("payee_id").cast(pl.Enum(payee_ids)).to_physical().cast(pl.Int32),
        kind=kind_of_credit(),
        is_return=pl.col("return_id").is_not_null(),
        day=windows.day("event_date"),
        sale_day=windows.day("sale_date"),
    )
    at_sale = pl.col("payee"), pl.col("sale_day")
    placed_at_sale = numbers.with_columns(
        cell=standings.of(*at_sale) * CREDIT_KINDS + pl.col("kind"), segment=standings.segment(*at_sale)
    )
    return placed_at_sale if terms.narrowing is None else placed_at_sale.hstack(terms.narrowing.marks(credits))


def placed(numbers: pl.DataFrame, standings: Standings, terms: Terms) -> pl.DataFrame:
    """Each credit with each term that takes it, and the day that places it.

    The plan version in force at the sale says which terms take it, and they take back its returns, once each: whatever
    plan its payee is on by then. So nothing is taken back that was not paid, and nothing twice.

    Args:
        numbers: Credits as ``numbered`` gives them.
        standings: Who is on which plan version when.
        terms: Terms of all plans.

    Returns:
        One row per credit × term: ``credit``, ``payee``, ``term``, ``place`` (the day that places it), ``segment``; and,
        where not every term counts whole credits, ``sold_under``, the term that took the sale.
    """
    sales = _taken(numbers.filter(~pl.col("is_return")), terms)
    returns = _taken(numbers.filter("is_return"), terms)
    return in_their_windows(sales, returns, standings, terms, terms.taker_of_slot())


def in_their_windows(
    sales: pl.DataFrame, returns: pl.DataFrame, standings: Standings, terms: Terms, taker_of_slot: pl.DataFrame
) -> pl.DataFrame:
    """Rows as ``placed`` gives them of credits with the ``term`` that takes them: sales on their day, returns as the term says.

    Args:
        sales: Credits as ``numbered`` gives them, with ``term``; ``payee``, ``cell`` and ``segment`` are those of who is paid.
        returns: The same of returns.
        standings: Who is on which plan version when.
        terms: Terms of all plans.
        taker_of_slot: Which ``term`` of a ``slot`` takes the credits of a ``cell``, at most one.
    """
    columns = [*PLACED] if terms.all_count_whole_credits else [*PLACED, "sold_under"]
    sold = sales.rename({"sale_day": "place"})
    sold = (
        sold.select(columns) if terms.all_count_whole_credits else sold.with_columns(sold_under="term").select(columns)
    )
    return pl.concat([sold, _placed_returns(returns, standings, terms, taker_of_slot).select(columns)])


def unpaid_reasons(numbers: pl.DataFrame, terms: Terms, ignored: pl.DataFrame = NONE_IGNORED) -> pl.DataFrame:
    """Credits that no term takes: ``credit``, ``standing`` (code at the sale) and ``reason``; a return has its sale's.

    Args:
        numbers: Credits as ``numbered`` gives them.
        terms: Terms of all plans.
        ignored: Credits of sales below cost, once for every term that ignores such sales, and whose position that is.
    """
    lost = numbers.filter(times_taken(numbers, terms, ignored) == 0)
    code = pl.min_horizontal(pl.col("cell") // CREDIT_KINDS, pl.lit(len(NOBODYS)))
    is_ignored = pl.col("credit").is_in(_own(ignored, numbers).implode())
    reason = pl.lit(pl.Series(REASONS)).gather(code)
    reason = reason if ignored.is_empty() else pl.when(is_ignored).then(pl.lit("below_cost")).otherwise(reason)
    return lost.select("credit", standing=code, reason=reason)


def times_taken(numbers: pl.DataFrame, terms: Terms, ignored: pl.DataFrame = NONE_IGNORED) -> pl.Series:
    """How many terms take each credit, in the order of ``numbers``: those in the list of its cell, less those that leave it out."""
    times = numbers.select(pl.lit(terms.count).gather(pl.col("cell"))).to_series()
    left_out = _own(ignored, numbers)
    if terms.narrowing is not None:
        refused = _listed(numbers, terms).filter(~terms.narrowing.takes())
        left_out = pl.concat([left_out, refused["credit"]])
    if left_out.is_empty():
        return times
    fewer = left_out.value_counts(name="fewer")
    counted = numbers.select("credit").join(fewer, on="credit", how="left", validate="m:1", maintain_order="left")
    return times - counted["fewer"].fill_null(0).cast(times.dtype)


def _own(ignored: pl.DataFrame, numbers: pl.DataFrame) -> pl.Series:
    """Credits ignored on a position of their own payee, rather than of one they report to."""
    whose = pl.lit(numbers["payee"]).gather(pl.col("credit"))
    return ignored.filter(whose == pl.col("payee"))["credit"]


def _taken(numbers: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """One row per credit and term that takes it."""
    listed = _listed(numbers, terms)
    return listed if terms.narrowing is None else listed.filter(terms.narrowing.takes())


def _listed(numbers: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """One row per credit and term in the list of its cell: the first of each list, then the second, and so on."""
    first, count = (pl.lit(series).gather(pl.col("cell")) for series in (terms.first, terms.count))
    counted = numbers.with_columns(first=first, count=count)
    most = counted["count"].max()
    rounds = [
        counted.filter(pl.col("count") > nth).with_columns(term=pl.lit(terms.takers).gather(pl.col("first") + nth))
        for nth in range(max(most if isinstance(most, int) else 0, 1))
    ]
    return pl.concat(rounds)


def _placed_returns(
    returns: pl.DataFrame, standings: Standings, terms: Terms, taker_of_slot: pl.DataFrame
) -> pl.DataFrame:
    """``place`` and the terms that price returns.

    *As corrected* puts a return in the window of its sale, under the sale's term. *As negative* puts it in the window of
    its own date, under the term that the same component has then; under the sale's, where the payee is no longer on the
    plan or the component no longer takes such credits.
    """
    dated = returns.with_columns(
        is_corrected=pl.lit(terms.table["is_corrected"]).gather(pl.col("term")),
        slot=pl.lit(terms.table["slot"]).gather(pl.col("term")),
    )
    found = with_own_term(dated, "day", standings, terms, taker_of_slot)
    stays = pl.col("is_corrected")
    return found.with_columns(
        sold_under="term",
        place=pl.when(stays).then("sale_day").otherwise("day"),
        term=pl.when(stays).then("term").otherwise(pl.coalesce("own_term", "term")),
        segment=pl.when(stays).then("segment").otherwise(pl.coalesce("own_segment", "segment")),
    )


def with_own_term(
    rows: pl.DataFrame, on: str, standings: Standings, terms: Terms, taker_of_slot: pl.DataFrame
) -> pl.DataFrame:
    """The same rows with ``own_term``, the term of their ``slot`` in the version that the payee is on that day, and ``own_segment``.

    Both are empty where the payee is no longer on the plan, the term also where the component no longer takes such credits.

    Args:
        rows: With ``payee``, ``kind``, ``slot`` and ``term``; with the ``MARKS`` of narrowing, where any is.
        on: The column with the day (number).
        standings: Who is on which plan version when.
        terms: Terms of all plans.
        taker_of_slot: Which ``term`` of a ``slot`` takes the credits of a ``cell``, at most one.
    """
    payee, day = pl.col("payee"), pl.col(on)
    standing = standings.of(payee, day)
    same_plan = pl.lit(terms.plan_of_standing).gather(standing) == pl.lit(terms.table["plan"]).gather(pl.col("term"))
    dated = rows.with_columns(
        cell=standing * CREDIT_KINDS + pl.col("kind"),
        own_segment=pl.when(same_plan).then(standings.segment(payee, day)),
    )
    then = taker_of_slot.select("cell", "slot", own_term="term")
    found = dated.join(then, on=["cell", "slot"], how="left", validate="m:1", maintain_order="left")
    if terms.narrowing is None:
        return found
    return found.with_columns(own_term=pl.when(terms.narrowing.takes("own_term")).then("own_term"))
