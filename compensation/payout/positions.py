"""Positions: each credit's place on its curve, in the payout order, and the curve that prices it."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from compensation.in_force import ALWAYS
from compensation.money import running_total
from compensation.payout.curves import Curves, compiled, curves_of
from compensation.payout.errors import MissingQuota, PayoutError
from compensation.payout.quotas import with_quota
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows

LARGEST_KEY = 2**63


@dataclass(frozen=True)
class Grid:
    """How a position is numbered: ``group = (slot × windows + window) × payees + payee``, ``key = group × credits + credit``."""

    windows: int
    payees: int
    credits: int

    def key(self, slot: pl.Expr, window: pl.Expr) -> pl.Expr:
        """Sort key of a row, from its slot, window, ``payee`` and ``credit``."""
        group = (slot.cast(pl.Int64) * self.windows + window) * self.payees + pl.col("payee")
        return group * self.credits + pl.col("credit").cast(pl.Int64)

    def group(self) -> pl.Expr:
        """The position that a ``key`` belongs to."""
        return pl.col("key") // self.credits

    def credit(self) -> pl.Expr:
        """The credit of a ``key``."""
        return (pl.col("key") % self.credits).cast(pl.UInt32)

    def parts_of_group(self) -> dict[str, pl.Expr]:
        """``payee``, ``window`` and ``slot`` of a ``group``."""
        rest = pl.col("group") // self.payees
        return {
            "payee": (pl.col("group") % self.payees).cast(pl.Int32),
            "window": (rest % self.windows).cast(pl.Int32),
            "slot": (rest // self.windows).cast(pl.Int32),
        }


def positioned(
    rows: pl.DataFrame, terms: Terms, windows: Windows, grid: Grid, change_days: Iterable[object]
) -> pl.DataFrame:
    """Credits in payout order within their position, with the running position after each.

    Args:
        rows: One row per credit × term, with ``credit``, ``payee``, ``term``, ``place`` (day) and ``units``.
        terms: Terms of all plans.
        windows: The fiscal calendar in numbers.
        grid: How positions are numbered.
        change_days: Days on which some quota changes.

    Returns:
        Sorted by ``key``: ``key``, ``term``, ``units``, ``after`` (position, minor units), ``era`` (of quotas),
        ``begins`` and ``run``: a run is a stretch of one position that one curve prices.
    """
    if len(terms.table["slot"].unique()) * grid.windows * grid.payees * grid.credits >= LARGEST_KEY:
        raise PayoutError(
            "too many payees, windows and credits to number them in 64 bits; calculate fewer years at a time"
        )
    slot, kind = (pl.lit(terms.table[name]).gather(pl.col("term")) for name in ("slot", "kind"))
    window = windows.window(kind, windows.period(pl.col("place")))
    eras = _era_of_day(windows, change_days)
    keyed = rows.select(
        key=grid.key(slot, window), term="term", units="units", era=pl.lit(eras).gather(pl.col("place"))
    )
    ordered = keyed.sort("key").with_columns(group=grid.group())
    changed = [pl.col(name) != pl.col(name).shift(1) for name in ("group", "term", "era")]
    ordered = ordered.with_columns(
        begins=pl.any_horizontal(*changed).fill_null(value=True), after=running_total(pl.col("units"), pl.col("group"))
    )
    return ordered.with_columns(run=pl.col("begins").cum_sum().cast(pl.Int32) - 1).drop("group")


def runs_of(ordered: pl.DataFrame, grid: Grid, change_days: Iterable[object]) -> pl.DataFrame:
    """One row a run: ``run``, ``group``, ``payee``, ``window``, ``term``, ``before`` (its start) and the ``date`` of its quota."""
    dates = pl.Series("date", [ALWAYS, *change_days], dtype=pl.Date)
    first = ordered.filter("begins").select(
        "run",
        "term",
        group=grid.group(),
        before=pl.col("after") - pl.col("units"),
        date=pl.lit(dates).gather(pl.col("era")),
    )
    return first.with_columns(**grid.parts_of_group())


def with_quota_of_term(runs: pl.DataFrame, payee_ids: pl.Series, terms: Terms, in_force: pl.DataFrame) -> pl.DataFrame:
    """The same rows with ``payee_id``, the term's quota ``measure`` and ``currency``, and the ``quota`` (null where none) with its ``fit``."""
    named = runs.with_columns(
        payee_id=pl.lit(payee_ids).gather(pl.col("payee")),
        measure=pl.lit(terms.table["quota_measure"]).gather(pl.col("term")),
        currency=pl.lit(terms.table["currency"]).gather(pl.col("term")),
        needs_quota=pl.lit(terms.table["needs_quota"]).gather(pl.col("term")),
    )
    return with_quota(named, in_force)


def with_curves(rows: pl.DataFrame, terms: Terms) -> tuple[pl.DataFrame, Curves]:
    """The same rows with the number of their ``curve``, and all curves: one for each term and quota.

    Args:
        rows: With ``term``, ``quota`` and ``needs_quota``; a quota that is needed is there.
        terms: Terms of all plans.
    """
    amount_unit = pl.lit(pl.Series([1, 10, 100, 1000], dtype=pl.Int64)).gather(
        pl.lit(terms.table["digits"]).gather(pl.col("term"))
    )
    unit = pl.when("needs_quota").then("quota").otherwise(amount_unit)
    distinct = rows.select("term", unit=unit).unique().sort("term", "unit").with_row_index("curve")
    pieces = [
        compiled(terms.terms[term], has_quota=size != 0) for term, size in distinct.select("term", "unit").iter_rows()
    ]
    found = rows.with_columns(unit=unit).join(
        distinct, on=["term", "unit"], how="left", validate="m:1", maintain_order="left"
    )
    return found.drop("unit"), curves_of(pieces, distinct["unit"])


def require_quotas(runs: pl.DataFrame, terms: Terms, windows: Windows, in_force: pl.DataFrame) -> pl.DataFrame:
    """Return the runs if every quota that a curve needs is there.

    Raises:
        MissingQuota: none, zero without ``no_quota``, or in another currency than the plan's; counts the payees, names the first.
    """
    allows_zero = [bool(term.component.quota and term.component.quota.no_quota) for term in terms.terms]
    refuses_zero = ~pl.lit(pl.Series(allows_zero, dtype=pl.Boolean)).gather(pl.col("term"))
    lost = runs.filter(pl.col("needs_quota") & (pl.col("quota").is_null() | ((pl.col("quota") == 0) & refuses_zero)))
    if lost.is_empty():
        return runs
    first = lost.sort("payee_id", "window", "term").row(0, named=True)
    window = windows.labels[first["window"]]
    known = in_force.filter(
        (pl.col("payee_id") == first["payee_id"])
        & (pl.col("measure") == first["measure"])
        & (pl.col("window") == first["window"])
    )
    raise MissingQuota(
        f"{lost['payee_id'].n_unique():,} payees lack a quota that their plan needs. First: payee {first['payee_id']}, plan "
        f"{terms.table['plan'][first['term']]}, component {terms.table['component'][first['term']]}, measure {first['measure']}, "
        f"{window}: {_what_is_wrong(first, known)}"
    )


def _what_is_wrong(first: dict[str, object], known: pl.DataFrame) -> str:
    if first["quota"] == 0:
        return "the quota is 0. Correct it, or say in the component what no quota pays: quota: {no_quota: first_tier} or last_tier."
    if known.is_empty():
        return "there is none. Add a row to quotas for that period, or for a longer or shorter one."
    if first["currency"] not in known["currency"]:
        return (
            f"it is in {known['currency'][0]}, the plan in {first['currency']}. Give the quota in the plan's currency."
        )
    return f"the first one starts on {known['valid_from'].min()}. Add one that holds before."


def _era_of_day(windows: Windows, change_days: Iterable[object]) -> pl.Series:
    """Number of the quota era of each day: how many change days lie on or before it."""
    changes = list(change_days)
    days = pl.DataFrame({"day": pl.int_range(len(windows.period_of_day), eager=True)})
    date = pl.lit(windows.first_day) + pl.duration(days=pl.col("day"))
    starts = pl.DataFrame({"date": pl.Series([ALWAYS, *changes], dtype=pl.Date)}).with_row_index("era")
    return days.select(date=date).join_asof(starts, on="date", check_sortedness=False)["era"].cast(pl.Int32)
