"""Facts as the closed periods knew them: what is frozen at a close stays, what flows is as it is now.

Orders, lines, returns, dates and payments flow: a closed period is computed again with them. Who owned, who looked after,
who managed, which family and which rate are frozen when their period closes; the source may change its mind afterwards, but
then only for the days that follow. So dated tables are cut: closed days from the facts at their close, later days from now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from compensation.in_force import ALWAYS, FOREVER

Facts = dict[str, pl.DataFrame]

UNTIL_NEXT = {"payees": "payee_id", "products": "product_id", "fx_rates": "currency"}
"""Tables whose rows hold until the next one of the same key."""

INTERVALS = {"assignments": "account_id", "account_tiers": "account_id", "account_parents": "account_id"}
"""Tables whose rows hold for an interval."""

FROZEN = (*UNTIL_NEXT, *INTERVALS, "accounts", "opportunities", "opportunity_splits")
"""Tables of which a closed period keeps its own version."""

MARK = "@"
"""Between an opportunity and the period whose version of it is kept."""


@dataclass(frozen=True)
class ClosedFacts:
    """One closed period and the facts at its close.

    Attributes:
        period: Fiscal period, such as ``2026-P03``.
        first: Its first day.
        end: Its end (excluded).
        facts: Contract tables as they were; those in ``FROZEN`` are read.
    """

    period: str
    first: date
    end: date
    facts: Facts


def spliced(now: Facts, closed: Sequence[ClosedFacts]) -> Facts:
    """The facts to compute with: closed days with what was frozen at their close, later days as they are now.

    Args:
        now: Every contract table as it is now.
        closed: Closed periods in order, without gaps between them.

    Returns:
        Every contract table. Days before the first closed period are as at its close.

    Source:
        DESIGN idea 3: frozen at close are opportunity owner and splits, assignments, roles, managers, account parents,
        product families, and exchange rates of booked lines.
    """
    if not closed:
        return now
    facts = {**now, "account_parents": _dated_parents(now)}
    kept = [_with_dated_parents(each) for each in closed]
    versions = [(ALWAYS if number == 0 else each.first, each.end, each.facts) for number, each in enumerate(kept)]
    versions.append((kept[-1].end, FOREVER, facts))
    for table, key in UNTIL_NEXT.items():
        facts[table] = _cut_until_next([(start, end, known[table]) for start, end, known in versions], key, now[table])
    for table in INTERVALS:
        facts[table] = _cut_intervals([(start, end, known[table]) for start, end, known in versions], now[table])
    return {**facts, **_frozen_opportunities(now, kept)}


def _dated_parents(facts: Facts) -> pl.DataFrame:
    """The dated tree; where there is none, the one of ``accounts``, which always held."""
    dated = facts["account_parents"]
    if not dated.is_empty():
        return dated
    always = facts["accounts"].filter(pl.col("parent_account_id").is_not_null())
    dtypes = dated.schema
    filled = always.with_columns(valid_from=pl.lit(ALWAYS), valid_to=pl.lit(None, dtype=pl.Date))
    return filled.select(dtypes.names()).cast(dtypes)


def _with_dated_parents(closed: ClosedFacts) -> ClosedFacts:
    facts = {**closed.facts, "account_parents": _dated_parents(closed.facts)}
    return ClosedFacts(closed.period, closed.first, closed.end, facts)


def _cut_until_next(versions: Sequence[tuple[date, date, pl.DataFrame]], key: str, like: pl.DataFrame) -> pl.DataFrame:
    """Rows that hold until the next: of each version those in force in its days, begun at its first day at the earliest."""
    parts = []
    for start, end, rows in versions:
        ordered = rows.with_columns(_from=pl.col("valid_from").fill_null(ALWAYS)).sort(key, "_from")
        ordered = ordered.with_columns(_next=pl.col("_from").shift(-1).over(key).fill_null(FOREVER))
        inside = ordered.filter((pl.col("_from") < end) & (pl.col("_next") > start))
        begun = pl.max_horizontal("_from", pl.lit(start))
        parts.append(inside.with_columns(valid_from=pl.when(begun > ALWAYS).then(begun)).select(like.columns))
    return pl.concat(parts).cast(like.schema)


def _cut_intervals(versions: Sequence[tuple[date, date, pl.DataFrame]], like: pl.DataFrame) -> pl.DataFrame:
    """Rows with an interval: of each version the parts inside its days."""
    parts = []
    for start, end, rows in versions:
        begun = pl.max_horizontal(pl.col("valid_from").fill_null(ALWAYS), pl.lit(start))
        until = pl.min_horizontal(pl.col("valid_to").fill_null(FOREVER), pl.lit(end))
        cut = rows.with_columns(valid_from=begun, valid_to=until).filter(pl.col("valid_from") < pl.col("valid_to"))
        open_end = pl.when(pl.col("valid_to") < FOREVER).then("valid_to")
        parts.append(cut.with_columns(valid_to=open_end).select(like.columns))
    return pl.concat(parts).cast(like.schema)


def _frozen_opportunities(now: Facts, closed: Sequence[ClosedFacts]) -> Facts:
    """Opportunities as they are now, and one version more for each closed period that has an order of them.

    Orders dated in a closed period point to its version: the owner and splits of that close decide who sold them.
    """
    orders, kept = (
        now["orders"],
        {"opportunities": [now["opportunities"]], "opportunity_splits": [now["opportunity_splits"]]},
    )
    name = pl.col("opportunity_id")
    for number, each in enumerate(closed):
        first = ALWAYS if number == 0 else each.first
        inside = pl.col("order_date").is_between(first, each.end, closed="left") & name.is_not_null()
        used = orders.filter(inside).select(name.unique())
        marked = pl.concat_str(name, pl.lit(f"{MARK}{each.period}"))
        for table, parts in kept.items():
            rows = each.facts[table].join(used, on="opportunity_id", how="semi")
            parts.append(rows.with_columns(opportunity_id=marked).cast(now[table].schema))
        known = each.facts["opportunities"]["opportunity_id"]
        moves = inside & name.is_in(known.implode())
        orders = orders.with_columns(opportunity_id=pl.when(moves).then(marked).otherwise(name))
    return {"orders": orders, **{table: pl.concat(parts) for table, parts in kept.items()}}
