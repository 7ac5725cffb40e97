"""Overrides on commission: positions of managers, moved by what those who report to them earn."""

import polars as pl

from compensation.counted import counted
from compensation.payout.errors import MixedCurrencies
from compensation.payout.measures.team import led, of_own, override_terms, takers_of
from compensation.payout.placing import with_own_term
from compensation.payout.pricing import Priced
from compensation.payout.setting import Setting
from compensation.payout.standing import Standings


def commission_rows(
    found: Priced, numbers: pl.DataFrame, payees: pl.DataFrame, setting: Setting, standings: Standings
) -> pl.DataFrame:
    """What reports earned on each credit, with each term of a manager that takes it: rows as those that were priced.

    A row is what the credit's own payee earned on it by all components that count credits, caps and factors included: the
    sum of its lines in ``earnings``. Overrides are no part of it, so nobody is paid on what another manager was paid. Who
    reports to whom is what held on the day of the sale; a return takes back what it took back from the report.

    Args:
        found: Every component on credits, priced.
        numbers: Credits as ``numbered`` gives them.
        payees: Contract ``Payee``; ``manager_id`` is dated.
        setting: Payees, terms, calendar and numbering.
        standings: Who is on which plan version when.

    Returns:
        Rows with ``credit``, ``entry`` (where there are any), ``payee``, ``term``, ``place``, ``segment`` and ``units`` (minor
        units); none where no plan pays on commission.

    Raises:
        MixedCurrencies: a report earns in another currency than the manager's plan has.
        ManagerLoop: somebody reports to themselves, directly or through others.

    Source:
        ``base: commission`` of a plan file.
    """
    terms = setting.terms
    takers = takers_of(terms, override_terms(terms, "commission"))
    if takers.is_empty():
        return pl.DataFrame(schema=_ROW)
    earned = _earned(found, numbers, setting)
    some = numbers.filter(pl.col("credit").is_in(earned["credit"].unique().implode()))
    each = led(some, payees, standings, takers, setting.payee_ids, setting.windows)
    taken = each if terms.narrowing is None else each.filter(terms.narrowing.takes())
    rows = taken.join(earned, on="credit", how="inner")  # a credit may be earned in several turns
    rows = _require_one_currency(rows, setting)
    is_corrected = pl.lit(terms.table["is_corrected"]).gather(pl.col("term"))
    placed = rows.with_columns(place=pl.when(is_corrected).then("counted_on").otherwise("posted"))
    dated = with_own_term(placed, "place", standings, terms, takers)
    is_later = pl.col("place") != pl.col("sale_day")
    priced_by = [
        pl.when(is_later).then(pl.coalesce(f"own_{name}", name)).otherwise(name).alias(name)
        for name in ("term", "segment")
    ]
    return (
        dated.with_columns(priced_by).select(*_ROW).with_columns(pl.col("turn").alias(setting.turn_name)).drop("turn")
    )


_ROW = {
    "turn": pl.UInt32,
    "credit": pl.UInt32,
    "payee": pl.Int32,
    "term": pl.Int32,
    "place": pl.Int32,
    "segment": pl.Int32,
    "units": pl.Int64,
}


def _earned(found: Priced, numbers: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """What each credit's own payee earned on it, turn by turn: ``units`` in minor units of one ``currency``.

    ``posted`` and ``counted_on`` are the days of the turn: its own, and the one in whose window it counts.
    """
    slices = found.slices.select("key", "slice_number", "run", units=pl.col("rounded_after") - pl.col("rounded_before"))
    if not found.changed.changes.is_empty():
        changes = found.changed.summed()
        slices = slices.join(changes, on=["key", "slice_number"], how="left", validate="1:1", maintain_order="left")
        slices = slices.with_columns(units=pl.col("units") + pl.col("change").fill_null(0))
    own = of_own(slices.with_columns(turn=setting.turn(), credit=setting.credit()), found.runs, numbers, setting)
    named = own.with_columns(currency=setting.of_term("currency", pl.col("term")))
    sums = named.group_by("turn", "credit", "currency", maintain_order=True).agg(pl.col("units").sum())
    days = numbers.select(posted="day", counted_on="sale_day")
    if setting.entries is not None:
        days = setting.entries.select("counted_on", posted="day")
    return sums.with_columns(pl.lit(days[name]).gather(pl.col("turn")).alias(name) for name in days.columns)


def _require_one_currency(rows: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    term, payee = pl.col("term"), pl.col("payee")
    own = setting.of_term("currency", term)
    lost = rows.filter(pl.col("currency") != own)
    if lost.is_empty():
        return rows
    first = lost.sort("turn", "payee", "term").with_columns(
        own=own, plan=setting.of_term("plan", term), component=setting.of_term("component", term),
        manager=pl.lit(setting.payee_ids).gather(payee),
    ).row(0, named=True)  # fmt: skip
    raise MixedCurrencies(
        f"{counted(lost['credit'].n_unique(), 'credit', 'earns', 'earn')} in another currency than the override on them. First: manager "
        f"{first['manager']}, plan {first['plan']}, component {first['component']} counts {first['own']}, and somebody who reports "
        f"to them earns {first['currency']}. Commission of several currencies is not added up: give both plans one currency, "
        "or write base: credit, which is converted."
    )
