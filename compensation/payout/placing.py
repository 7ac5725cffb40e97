"""Placing: which terms take a credit, and in which window it moves their position."""

import polars as pl

from compensation.payout.standing import Standings
from compensation.payout.terms import CREDIT_KINDS, NOBODYS, Terms, kind_of_credit
from compensation.payout.windows import Windows

REASONS = ("no_plan", "no_plan", "plan_none", "house", "excluded", "not_in_plan")
"""Why a credit earns nothing, by the code of its payee's standing; the last one where a plan does not take it."""


def numbered(credits: pl.DataFrame, payee_ids: pl.Series, standings: Standings, windows: Windows) -> pl.DataFrame:
    """Each credit in whole numbers: who, which kind, on which days, on which plan version.

    Args:
        credits: Contract ``Credit``, in payout order.
        payee_ids: Payees in the order of their numbers.
        standings: Who is on which plan version when.
        windows: The fiscal calendar in numbers.

    Returns:
        One row a credit: ``credit`` (its place), ``payee``, ``is_return``, ``day`` and ``sale_day``,
        ``cell`` and ``sale_cell`` (standing × kind of credit, on either day).
    """
    numbers = credits.select(
        credit=pl.int_range(pl.len(), dtype=pl.UInt32),
        payee=pl.col("payee_id").cast(pl.Enum(payee_ids)).to_physical().cast(pl.Int32),
        kind=kind_of_credit(),
        is_return=pl.col("return_id").is_not_null(),
        day=windows.day("event_date"),
        sale_day=windows.day("sale_date"),
    )
    cells = {
        name: standings.of(pl.col("payee"), pl.col(day)) * CREDIT_KINDS + pl.col("kind") for name, day in _CELLS.items()
    }
    return numbers.with_columns(**cells).drop("kind")


_CELLS = {"cell": "day", "sale_cell": "sale_day"}


def placed(numbers: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Each credit with each term that takes it, and the day that places it.

    A sale is placed by its own date. For a return the component says: *as corrected* puts it in the window of its
    sale, under the sale's terms; *as negative* in the window of its own date, under the terms of that day. Where its
    payee has changed plans in between, the plan of the sale says it, so that a return is taken back once.

    Args:
        numbers: Credits as ``numbered`` gives them.
        terms: Terms of all plans.

    Returns:
        One row per credit × term: ``credit``, ``payee``, ``place`` (the day that places it), ``term``.
    """
    returns = numbers.filter("is_return")
    parts = [_taken(numbers.filter(~pl.col("is_return")), terms, "cell", "day")]
    if not returns.is_empty():
        says_corrected = pl.lit(terms.table["is_corrected"]).gather(pl.col("term"))
        parts.append(_taken(returns, terms, "sale_cell", "sale_day").filter(says_corrected))
        by_component, whatever_it_says = _at_own_date(returns, terms)
        parts.append(_taken(returns.filter(by_component), terms, "cell", "day").filter(~says_corrected))
        parts.append(_taken(returns.filter(whatever_it_says), terms, "cell", "day"))
    return pl.concat(parts)


def unpaid_reasons(numbers: pl.DataFrame, rows: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Credits that no term takes: ``credit``, ``standing`` (code) and ``reason``.

    The reason of a return is that of its sale, unless the sale's component leaves returns to their own date.
    """
    sales = numbers.filter(~pl.col("is_return"))
    lost = sales.filter(pl.lit(terms.count).gather(pl.col("cell")) == 0).select("credit", decides="cell")
    returns = numbers.filter("is_return")
    if not returns.is_empty():
        is_return = pl.lit(numbers["is_return"]).gather(pl.col("credit"))
        untaken = returns.join(rows.filter(is_return).select("credit"), on="credit", how="anti")
        _, negative = _words_of_sale(untaken, terms)
        own = untaken.select("credit", decides=pl.when(negative).then("cell").otherwise("sale_cell"))
        lost = pl.concat([lost, own]).sort("credit")
    code = pl.min_horizontal(pl.col("decides") // CREDIT_KINDS, pl.lit(len(NOBODYS)))
    reason = pl.lit(pl.Series(REASONS)).gather(code)
    return lost.select("credit", standing=code, reason=reason)


def _taken(numbers: pl.DataFrame, terms: Terms, cell: str, place: str) -> pl.DataFrame:
    """One row per credit and term in the list of its cell: the first of each list, then the second, and so on."""
    counted = numbers.select(
        "credit", "payee", place=pl.col(place),
        first=pl.lit(terms.first).gather(pl.col(cell)), count=pl.lit(terms.count).gather(pl.col(cell)),
    )  # fmt: skip
    most = counted["count"].max() or 0
    rounds = [
        counted.filter(pl.col("count") > nth).select(
            "credit", "payee", "place", term=pl.lit(terms.takers).gather(pl.col("first") + nth)
        )
        for nth in range(most)  # type: ignore[arg-type]
    ]
    return pl.concat(rounds) if rounds else counted.head(0).select("credit", "payee", "place", term="first")


def _at_own_date(returns: pl.DataFrame, terms: Terms) -> tuple[pl.Series, pl.Series]:
    """Which returns the terms of their own date take: those that say *as negative*, or all of them.

    Under the plan of the sale each component's own word holds. Under another plan the words of the sale's components
    do: all *as corrected*, then the sale's plan takes the return; all *as negative*, then this one does whatever it says.
    """
    corrected, negative = _words_of_sale(returns, terms)
    plans = [terms.plan_of_standing.gather(returns[cell] // CREDIT_KINDS) for cell in ("sale_cell", "cell")]
    same_plan = plans[0] == plans[1]
    whatever_it_says = ~same_plan & negative & ~corrected
    return same_plan | (corrected == negative), whatever_it_says


def _words_of_sale(returns: pl.DataFrame, terms: Terms) -> tuple[pl.Series, pl.Series]:
    """Whether any term that took the sale says *as corrected*, and whether any says *as negative*."""
    said = [terms.table["is_corrected"].gather(takers) for takers in _lists(terms)]
    corrected = pl.Series([words.any() for words in said], dtype=pl.Boolean)
    negative = pl.Series([(~words).any() for words in said], dtype=pl.Boolean)
    return corrected.gather(returns["sale_cell"]), negative.gather(returns["sale_cell"])


def _lists(terms: Terms) -> list[pl.Series]:
    return [terms.takers.slice(first, count) for first, count in zip(terms.first, terms.count, strict=True)]
