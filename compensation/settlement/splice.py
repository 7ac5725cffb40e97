"""Facts as the closed periods knew them: what is frozen at a close stays, what flows is as it is now.

Orders, lines, returns, dates and payments flow: a closed period is computed again with them, and so do the two employment
dates, which are no dated facts. Who owned, who looked after, who managed, which family, tier and rate are frozen
when their period closes; the source may change its mind afterwards, but then only for the days that follow. So dated tables
are cut: closed days from the facts at their close, later days from now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from compensation.in_force import ALWAYS, FOREVER, cut_at_next

Facts = dict[str, pl.DataFrame]

UNTIL_NEXT = {"payees": "payee_id", "products": "product_id", "fx_rates": "currency"}
"""Tables whose rows hold until the next one of the same key, and that key."""

INTERVALS = {"assignments": "account_id", "account_tiers": "account_id", "account_parents": "account_id"}
"""Tables whose rows hold for an interval, and the key of what they are about."""

EMPLOYMENT = ("hire_date", "termination_date")
SOURCE = ("source_file", "source_line")


@dataclass(frozen=True)
class ClosedFacts:
    """One closed period and the facts at its close.

    Attributes:
        period: Fiscal period, such as ``2026-P03``.
        first: Its first day.
        end: Its end (excluded).
        facts: Contract tables as they were when it closed.
    """

    period: str
    first: date
    end: date
    facts: Facts


@dataclass(frozen=True)
class Version:
    """One state of a table, and the days that it decides on."""

    start: date
    end: date
    rows: pl.DataFrame
    known: pl.Series
    """Keys that the facts knew then."""


def spliced(now: Facts, closed: Sequence[ClosedFacts]) -> Facts:
    """The facts to compute with: closed days with what was frozen at their close, later days as they are now.

    What a close did not know at all (an account, payee, product, currency or opportunity that came later) is frozen by the
    first close that knew it; until then it is as it is now. So a late order is attributed once, and then stays.

    Args:
        now: Every contract table as it is now.
        closed: Closed periods in order, without gaps between them.

    Returns:
        Every contract table, and ``closed_deals`` and ``closed_splits``: opportunities and splits as each close froze them
        (``attribution.deals`` reads them), with ``frozen_to``, the end of the period that the close was of.
        Days before the first closed period are as at its close.

    Source:
        ``docs/close.md``: frozen at close are opportunity owner and splits, assignments, roles, managers, account parents,
        product families, and exchange rates of booked lines.
    """
    if not closed:
        return now
    states = [dated(each.facts) for each in closed] + [dated(now)]
    starts = [ALWAYS, *(each.first for each in closed[1:]), closed[-1].end]
    spans = list(zip(starts, [*starts[1:], FOREVER], states, strict=True))
    facts = dict(now)
    for table, key in UNTIL_NEXT.items():
        facts[table] = _cut_until_next([_version(span, table, key) for span in spans], key, now[table])
    for table, key in INTERVALS.items():
        facts[table] = _cut_intervals([_version(span, table, key) for span in spans], key, now[table])
    facts["payees"] = _with_employment(facts["payees"], now["payees"])
    return {**facts, **_closed_deals(spans[:-1])}


def dated(facts: Facts) -> Facts:
    """The facts with dated trees and tiers: an account without any has those of ``accounts``, which always held."""
    tables = {}
    for table, (name, source) in {
        "account_parents": ("parent_account_id", "parent_account_id"), "account_tiers": ("tier", "segment")
    }.items():  # fmt: skip
        own = facts[table]
        without = facts["accounts"].join(own, on="account_id", how="anti").filter(pl.col(source).is_not_null())
        always = without.with_columns(
            pl.col(source).alias(name), valid_from=ALWAYS, valid_to=pl.lit(None, dtype=pl.Date)
        )
        both = pl.concat([own, always.select(own.columns).cast(own.schema)])
        tables[table] = cut_at_next(both, "account_id").select(own.columns)
    return {**facts, **tables}


def _version(span: tuple[date, date, Facts], table: str, key: str) -> Version:
    start, end, facts = span
    entities = facts["accounts"] if key == "account_id" else facts[table]
    return Version(start, end, facts[table], entities[key].unique())


def _with_start(versions: Sequence[Version], key: str) -> list[tuple[Version, pl.DataFrame]]:
    """The rows of each version with ``_start``: its first day, or the beginning for keys that no close before it knew."""
    seen = versions[0].known.clear()
    found = []
    for version in versions:
        is_new = ~pl.col(key).is_in(seen.implode())
        start = pl.when(is_new).then(pl.lit(ALWAYS)).otherwise(pl.lit(version.start))
        found.append((version, version.rows.with_columns(_start=start)))
        seen = pl.concat([seen, version.known]).unique()
    return found


def _cut_until_next(versions: Sequence[Version], key: str, like: pl.DataFrame) -> pl.DataFrame:
    """Rows that hold until the next: of each version those in force in its days.

    A row that goes on as the close before it had it is one row; one that says otherwise begins with the first day after.
    """
    parts = []
    for version, rows in _with_start(versions, key):
        ordered = rows.with_columns(_from=pl.col("valid_from").fill_null(ALWAYS)).sort(key, "_from")
        ordered = ordered.with_columns(_next=pl.col("_from").shift(-1).over(key).fill_null(FOREVER))
        inside = ordered.filter((pl.col("_from") < version.end) & (pl.col("_next") > pl.col("_start")))
        parts.append(inside.with_columns(_begun=pl.max_horizontal("_from", "_start")))
    together = pl.concat(parts, how="vertical_relaxed").sort(key, "_begun", maintain_order=True)
    own = [name for name in like.columns if name not in (key, "valid_from", *SOURCE)]
    before = [pl.col(name).eq_missing(pl.col(name).shift(1).over(key)) for name in [*own, "_from"]]
    goes_on = (pl.col("_from") < pl.col("_begun")) & pl.all_horizontal(before)
    kept = together.filter(~goes_on)
    begun = pl.when(pl.col("_begun") > ALWAYS).then("_begun")
    return kept.with_columns(valid_from=begun).select(like.columns).cast(like.schema)


def _cut_intervals(versions: Sequence[Version], key: str, like: pl.DataFrame) -> pl.DataFrame:
    """Rows with an interval: of each version the parts inside its days; parts that only a close divides are one."""
    parts = []
    for version, rows in _with_start(versions, key):
        cut = rows.with_columns(
            _own=pl.col("valid_from").fill_null(ALWAYS), _to=pl.col("valid_to").fill_null(FOREVER)
        ).with_columns(_from=pl.max_horizontal("_own", "_start"), _to=pl.min_horizontal("_to", pl.lit(version.end)))
        parts.append(cut.filter(pl.col("_from") < pl.col("_to")))
    same = [name for name in like.columns if name not in ("valid_from", "valid_to", *SOURCE)] + ["_own"]
    together = pl.concat(parts, how="vertical_relaxed").sort(*same, "_from", maintain_order=True)
    alike = pl.all_horizontal([pl.col(name).eq_missing(pl.col(name).shift(1)) for name in same])
    goes_on = (alike & (pl.col("_from") == pl.col("_to").shift(1))).fill_null(value=False)
    numbered = together.with_columns(_part=(~goes_on).cum_sum())
    merged = numbered.group_by("_part", maintain_order=True).agg(
        pl.exclude("_from", "_to", "valid_from", "valid_to").first(), valid_from=pl.col("_from").first(), valid_to=pl.col("_to").last()
    )  # fmt: skip
    open_end = pl.when(pl.col("valid_to") < FOREVER).then("valid_to")
    return merged.with_columns(valid_to=open_end).select(like.columns).cast(like.schema).sort(key, "valid_from")


def _with_employment(rows: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Payees with the employment dates that their last row has now: these are not dated, so they flow."""
    last = now.sort("payee_id", "valid_from", nulls_last=False).unique("payee_id", keep="last", maintain_order=True)
    latest = last.select("payee_id", *(pl.col(name).alias(f"_{name}") for name in EMPLOYMENT), _here=pl.lit(value=True))
    found = rows.join(latest, on="payee_id", how="left", validate="m:1", maintain_order="left")
    filled = [pl.when("_here").then(f"_{name}").otherwise(name).alias(name) for name in EMPLOYMENT]
    return found.with_columns(filled).select(rows.columns)


def _closed_deals(spans: Sequence[tuple[date, date, Facts]]) -> Facts:
    """Opportunities and splits as each close froze them, with the end of the period that it closed."""
    kept = {
        name: [facts[table].with_columns(frozen_to=pl.lit(end)) for _, end, facts in spans]
        for name, table in (("closed_deals", "opportunities"), ("closed_splits", "opportunity_splits"))
    }
    return {name: pl.concat(rows, how="vertical_relaxed") for name, rows in kept.items()}
