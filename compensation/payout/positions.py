"""Positions: each credit's place on its curve, in the payout order, and the quota that prices it."""

from collections.abc import Sequence

import polars as pl

from compensation.counted import counted
from compensation.money import running_total
from compensation.payout.curves.changes import has_changes
from compensation.payout.curves.designs import Effect
from compensation.payout.curves.scaled import NO_EFFECTS, Curves, curves_of, has_plain_curve, money_units
from compensation.payout.errors import MissingQuota, PayoutError
from compensation.payout.quotas.incentives import with_incentive_of_term
from compensation.payout.quotas.uses import missing_words, quota_on
from compensation.payout.setting import Setting
from compensation.payout.terms import Terms

LARGEST_KEY = 2**63
OPTIONAL = ("pay_part", "pay_whole")
"""Columns of rows that only some plans have."""


def positioned(rows: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Credits in payout order within their position, with the running position after each.

    Args:
        rows: One row per credit × term, with ``credit``, ``payee``, ``term``, ``place`` (day), ``segment`` and ``units``.
        setting: Terms, calendar and quotas.

    Returns:
        Sorted by ``key``: ``key``, ``group``, ``term``, ``units``, ``after`` (position, minor units), ``era`` (of quotas),
        and ``place`` where a term needs it.

    Raises:
        PayoutError: too much to be numbered in 64 bits.
    """
    if setting.largest_key >= LARGEST_KEY:
        raise PayoutError(
            "too many payees, windows and credits to number them in 64 bits; calculate fewer years at a time"
        )
    windows = setting.windows
    window = windows.window_of(setting.of_term("kind", pl.col("term")), pl.col("place"), pl.col("credit"))
    kept = [name for name in OPTIONAL if name in rows.columns]
    place = [] if all(has_plain_curve(term) and not has_changes(term) for term in setting.terms.terms) else ["place"]
    keyed = rows.select(
        *place,
        *kept,
        key=setting.key(setting.of_term("slot", pl.col("term")), window),
        term="term",
        units="units",
        era=pl.lit(_era_of_day(setting)).gather(pl.col("place")),
    )
    ordered = keyed.sort("key").with_columns(group=setting.group())
    return ordered.with_columns(after=running_total(pl.col("units"), pl.col("group")))


def cut_into_runs(ordered: pl.DataFrame) -> pl.DataFrame:
    """The same credits with ``begins`` and ``run``: a run is a stretch of one position that one curve prices.

    Args:
        ordered: As ``positioned`` gives them, with ``effect`` where readings are taken at each credit, and ``moved`` where
            adjustments move positions.
    """
    parts = [name for name in ("group", "term", "era", "effect", "moved") if name in ordered.columns]
    begins = pl.any_horizontal(*[pl.col(name) != pl.col(name).shift(1) for name in parts]).fill_null(value=True)
    cut = ordered.with_columns(begins=begins)
    return cut.with_columns(run=pl.col("begins").cum_sum().cast(pl.Int32) - 1).drop("group")


def runs_of(ordered: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """One row a run: ``run``, ``group`` and its parts, ``term``, ``before`` (its start) and its quota.

    The quota of a run is the one in force on the days of its era.
    """
    kept = [name for name in ("effect",) if name in ordered.columns]
    first = ordered.filter("begins").select(
        "run", "term", *kept,
        group=setting.group(),
        before=pl.col("after") - pl.col("units"),
        date=pl.lit(setting.change_days).gather(pl.col("era")),
    )  # fmt: skip
    if "place" in ordered.columns:
        last = ordered.group_by("run").agg(
            last_day=pl.lit(setting.windows.first_day) + pl.duration(days=pl.col("place").max())
        )
        first = first.join(last, on="run", how="left", validate="1:1", maintain_order="left")
    return with_quota_of_term(first.with_columns(**setting.parts_of_group()), setting)


def with_quota_of_term(rows: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The same rows with ``payee_id``, the term's quota ``measure`` and ``currency``, and the ``quota`` on the ``date`` (null where none).

    And the term's target ``incentive``, where any has one.
    """
    term = pl.col("term")
    named = rows.with_columns(
        payee_id=pl.lit(setting.payee_ids).gather(pl.col("payee")),
        measure=setting.of_term("quota_measure", term),
        currency=setting.of_term("currency", term),
        needs_quota=setting.of_term("needs_quota", term),
    )
    return with_incentive_of_term(quota_on(named, setting.book, setting.closings), setting.terms, setting.incentives)


def closing_positions(ordered: pl.DataFrame, setting: Setting) -> pl.DataFrame | None:
    """Where each position stands at the end of its window: ``payee_id``, ``slot``, ``window``, ``closing``; none where nobody asks.

    Args:
        ordered: Credits as ``positioned`` gives them.
        setting: Numbering, and what components make of quotas.
    """
    if not setting.book.reads("previous_window"):
        return None
    ends = ordered.select("after", group=setting.group()).group_by("group", maintain_order=True).last()
    return ends.with_columns(**setting.parts_of_group()).select(
        "slot", "window", payee_id=pl.lit(setting.payee_ids).gather(pl.col("payee")), closing="after"
    )


def with_curves(
    rows: pl.DataFrame, terms: Terms, largest: int, effects: Sequence[Effect] = NO_EFFECTS
) -> tuple[pl.DataFrame, Curves]:
    """The same rows with the number of their ``curve``, and all curves: one for each term, quota, incentive and effect.

    Args:
        rows: With ``term``, ``quota``, ``needs_quota`` and, where anything says so, ``incentive`` and ``effect`` (place in
            ``effects``); a quota or incentive that is needed is there.
        terms: Terms of all plans.
        largest: No position is larger than this, in minor units.
        effects: What readings say; the first one says nothing.
    """
    if "effect" not in rows.columns:
        rows = rows.with_columns(effect=pl.lit(0, dtype=pl.Int32))
    sized = rows.with_columns(**_units(rows, terms))
    by = ["term", "unit", "money_unit", "effect"]
    distinct = sized.select(by).unique().sort(by).with_row_index("curve")
    found = sized.join(distinct, on=by, how="left", validate="m:1", maintain_order="left")
    return found.drop("unit", "money_unit"), curves_of(terms.terms, distinct, effects, largest)


def _units(rows: pl.DataFrame, terms: Terms) -> dict[str, pl.Expr]:
    """What one of a design's positions and one of its moneys are, in minor units."""
    term = pl.col("term")
    major = {name: _major_unit(pl.lit(terms.table[name]).gather(term)) for name in ("digits", "position_digits")}
    money_unit = pl.lit(pl.Series([money_units(each) for each in terms.terms], dtype=pl.String)).gather(term)
    incentive = pl.col("incentive") if "incentive" in rows.columns else pl.lit(None, dtype=pl.Int64)
    return {
        "unit": pl.when("needs_quota").then("quota").otherwise(major["position_digits"]),
        "money_unit": pl.when(money_unit == "quota")
        .then("quota")
        .when(money_unit == "incentive")
        .then(incentive)
        .otherwise(major["digits"]),
    }


def _major_unit(digits: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series([1, 10, 100, 1000], dtype=pl.Int64)).gather(digits)


def require_quotas(runs: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Return the runs if every quota that a curve needs is there.

    Raises:
        MissingQuota: none, zero without ``no_quota``, or in another currency than the plan's; counts the payees, names the first.
    """
    terms = setting.terms
    says_no_quota = [bool(term.component.quota and term.component.quota.no_quota) for term in terms.terms]
    refuses_zero = ~pl.lit(pl.Series(says_no_quota, dtype=pl.Boolean)).gather(pl.col("term"))
    is_missing = pl.col("quota").is_null() | ((pl.col("quota") == 0) & refuses_zero)
    lost = runs.filter(pl.col("needs_quota") & is_missing)
    if lost.is_empty():
        return runs
    first = lost.sort("payee_id", "window", "term").row(0, named=True)
    raise MissingQuota(
        f"{counted(lost['payee_id'].n_unique(), 'payee', 'lacks', 'lack')} a quota that the plan needs. First: payee {first['payee_id']}, plan "
        f"{terms.table['plan'][first['term']]}, component {terms.table['component'][first['term']]}, measure {first['measure']}, "
        f"{setting.windows.labels[first['window']]}: {missing_words(first, terms.terms[first['term']].component.quota, setting.book.quotas)}"
    )


def _era_of_day(setting: Setting) -> pl.Series:
    """Number of the quota era of each day: how many change days lie on or before it."""
    days = pl.DataFrame({"day": pl.int_range(len(setting.windows.period_of_day), eager=True)})
    dates = days.select(date=pl.lit(setting.windows.first_day) + pl.duration(days=pl.col("day")))
    starts = setting.change_days.to_frame().with_row_index("era")
    return dates.join_asof(starts, on="date", check_sortedness=False)["era"].cast(pl.Int32)
