"""Placing: which terms take a credit, and in which window it moves their position."""

import polars as pl

from compensation.payout.standing import Standings
from compensation.payout.terms import CREDIT_KINDS, NOBODYS, Terms, kind_of_credit
from compensation.payout.windows import Windows

REASONS = ("no_plan", "no_plan", "plan_none", "house", "excluded", "not_in_plan")
"""Why a credit earns nothing, by the code of its payee's standing; the last one where a plan does not take it."""

PLACED = ("credit", "payee", "term", "place", "segment")


def numbered(credits: pl.DataFrame, payee_ids: pl.Series, standings: Standings, windows: Windows) -> pl.DataFrame:
    """Each credit in whole numbers: who, which kind, on which days, and on which plan version at its sale.

    Args:
        credits: Contract ``Credit``, in payout order.
        payee_ids: Payees in the order of their numbers.
        standings: Who is on which plan version when.
        windows: The fiscal calendar in numbers.

    Returns:
        One row a credit: ``credit`` (its place), ``payee``, ``kind``, ``is_return``, ``day`` and ``sale_day``, and, on the
        day of its sale, ``cell`` (standing × kind of credit) and ``segment``.
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
    return numbers.with_columns(
        cell=standings.of(*at_sale) * CREDIT_KINDS + pl.col("kind"), segment=standings.segment(*at_sale)
    )


def placed(numbers: pl.DataFrame, standings: Standings, terms: Terms) -> pl.DataFrame:
    """Each credit with each term that takes it, and the day that places it.

    The plan version in force at the sale says which terms take it, and they take back its returns, once each: whatever
    plan its payee is on by then. So nothing is taken back that was not paid, and nothing twice.

    Args:
        numbers: Credits as ``numbered`` gives them.
        standings: Who is on which plan version when.
        terms: Terms of all plans.

    Returns:
        One row per credit × term: ``credit``, ``payee``, ``term``, ``place`` (the day that places it), ``segment``.
    """
    sales = _taken(numbers.filter(~pl.col("is_return")), terms).rename({"sale_day": "place"})
    returns = _taken(numbers.filter("is_return"), terms)
    return pl.concat([sales.select(PLACED), _placed_returns(returns, standings, terms).select(PLACED)])


def unpaid_reasons(numbers: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Credits that no term takes: ``credit``, ``standing`` (code at the sale) and ``reason``; a return has its sale's."""
    lost = numbers.filter(pl.lit(terms.count).gather(pl.col("cell")) == 0)
    standing = pl.col("cell") // CREDIT_KINDS
    code = pl.min_horizontal(standing, pl.lit(len(NOBODYS)))
    return lost.select("credit", standing=code, reason=pl.lit(pl.Series(REASONS)).gather(code))


def times_taken(numbers: pl.DataFrame, terms: Terms) -> pl.Series:
    """How many terms take each credit, in the order of ``numbers``."""
    return numbers.select(pl.lit(terms.count).gather(pl.col("cell"))).to_series()


def _taken(numbers: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """One row per credit and term in the list of its cell: the first of each list, then the second, and so on."""
    first, count = (pl.lit(series).gather(pl.col("cell")) for series in (terms.first, terms.count))
    counted = numbers.with_columns(first=first, count=count)
    most = counted["count"].max()
    rounds = [
        counted.filter(pl.col("count") > nth).with_columns(term=pl.lit(terms.takers).gather(pl.col("first") + nth))
        for nth in range(max(most if isinstance(most, int) else 0, 1))
    ]
    return pl.concat(rounds)


def _placed_returns(returns: pl.DataFrame, standings: Standings, terms: Terms) -> pl.DataFrame:
    """``place`` and the terms that price returns.

    *As corrected* puts a return in the window of its sale, under the sale's term. *As negative* puts it in the window of
    its own date, under the term that the same component has then; under the sale's, where the payee is no longer on the
    plan or the component no longer takes such credits.
    """
    payee, day, term = pl.col("payee"), pl.col("day"), pl.col("term")
    standing = standings.of(payee, day)
    same_plan = pl.lit(terms.plan_of_standing).gather(standing) == pl.lit(terms.table["plan"]).gather(term)
    dated = returns.with_columns(
        is_corrected=pl.lit(terms.table["is_corrected"]).gather(term),
        slot=pl.lit(terms.table["slot"]).gather(term),
        cell=standing * CREDIT_KINDS + pl.col("kind"),
        own_segment=pl.when(same_plan).then(standings.segment(payee, day)),
    )
    then = terms.taker_of_slot().rename({"term": "own_term"})
    found = dated.join(then, on=["cell", "slot"], how="left", validate="m:1", maintain_order="left")
    stays = pl.col("is_corrected")
    return found.with_columns(
        place=pl.when(stays).then("sale_day").otherwise("day"),
        term=pl.when(stays).then("term").otherwise(pl.coalesce("own_term", "term")),
        segment=pl.when(stays).then("segment").otherwise(pl.coalesce("own_segment", "segment")),
    )
