"""Quotas: what a payee's quota of a window is on each day, from quotas of the same, longer or shorter periods."""

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.in_force import ALWAYS
from compensation.money import minor_units, share_of
from compensation.payout.quotas.spreading import YEAR, Weights, weighted_fits
from compensation.payout.windows import KINDS, Windows

WINDOW_KEY = ["payee_id", "measure", "currency", "window"]
LEVEL = [*WINDOW_KEY, "kind_of_quota"]
"""Quotas of one kind of period, which together say one thing of a window."""

SAME, SHORTER, LONGER, INCOMPLETE = range(4)
"""How a quota's period fits a window, best first; INCOMPLETE: shorter ones that do not fill it."""


def quotas_in_force(quotas: pl.DataFrame, windows: Windows, weights: Weights = ()) -> pl.DataFrame:
    """Each payee's quota of every window that their quotas say something of.

    A quota of the same period is taken as it is; those of shorter periods are added; one of a longer period is spread
    over its windows by running totals, so that they add up to it: evenly, a year by the weights given. The best fit wins, in this order: same,
    shorter (where they fill the window), longer, shorter ones that leave a gap.

    A period's first row holds for the whole window, later ones are changes from their day. Only where it starts inside
    its own period does the next fit, if there is one, hold before it.

    Args:
        quotas: Contract ``Quota``.
        windows: The fiscal calendar in numbers.
        weights: How a year is spread; evenly where nothing is said.

    Returns:
        One row per payee, measure, currency, window and day from which it holds: ``valid_from`` (ALWAYS for the
        first), ``quota`` (minor units, in full), ``fit``, and ``kind_of_quota``, the kind of period that it is stated for.

    Source:
        ``docs/plans/quotas.md``: spread by running totals, for a shorter period added; a dated change holds from its day.
    """
    return _best_on_each_day(_steps(quotas, windows, weights)).select(*_IN_FORCE)


def quotas_as_stated(quotas: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """Each payee's quota of the very windows that one is stated for, in the columns of ``quotas_in_force``."""
    return _steps(quotas, windows, ()).filter(pl.col("fit") == SAME).select(*_IN_FORCE)


def _steps(quotas: pl.DataFrame, windows: Windows, weights: Weights) -> pl.DataFrame:
    """What quotas of each kind of period say of each window from each day, with the ``rank`` of their fit."""
    fits = _fits(windows, weights)
    named = quotas.with_columns(period=_period_name(), valid_from=pl.col("valid_from").fill_null(ALWAYS))
    codes = quotas["currency"].unique().sort().to_list() or ["EUR"]  # without quotas a frame without rows
    shares = [_shares(named.filter(pl.col("currency") == code), fits, code) for code in codes]
    return _added_up(_ranked(pl.concat(shares)))


_IN_FORCE = [*WINDOW_KEY, "valid_from", "quota", "fit", "kind_of_quota"]


def _period_name() -> pl.Expr:
    """``2026-01`` is the fiscal month ``2026-P01``."""
    return pl.col("period").str.strip_chars().str.replace(r"^(\d{4})-(\d{2})$", "${1}-P${2}")


def _fits(windows: Windows, weights: Weights) -> pl.DataFrame:
    """One row per period name and window that it overlaps: ``fit``, and for a longer one from where to where of how many parts."""
    table = windows.table()
    sizes = table.group_by("window").agg(size=pl.len())
    one, other = table.join(sizes, on="window", how="left"), table.join(sizes, on="window", how="left")
    pairs = one.join(other, on="period", how="inner", suffix="_of_quota").unique(["window", "window_of_quota"])
    parts = pl.len().over("window_of_quota", "kind"), pl.col("window").rank("ordinal").over("window_of_quota", "kind")
    is_longer = pl.col("kind") < pl.col("kind_of_quota")
    fit = (
        pl.when(pl.col("window") == pl.col("window_of_quota"))
        .then(SAME)
        .when(is_longer)
        .then(LONGER)
        .otherwise(SHORTER)
    )
    fits = pairs.select(
        "window_of_quota", pl.lit(windows.labels).gather(pl.col("window_of_quota")).alias("period"),
        "window", "size", "size_of_quota", "kind_of_quota", fit=fit,
        period_start=pl.lit(windows.bounds()["window_start"]).gather(pl.col("window_of_quota")),
        parts=pl.when(is_longer).then(parts[0]).otherwise(1).cast(pl.Int64),
        after=pl.when(is_longer).then(parts[1]).otherwise(1).cast(pl.Int64),
    ).with_columns(before=pl.col("after") - 1)  # fmt: skip
    return _weighed(fits, weighted_fits(windows, weights)) if weights else fits


def _weighed(fits: pl.DataFrame, weighted: pl.DataFrame) -> pl.DataFrame:
    """The fits of yearly quotas with the parts that weights give."""
    names = ["before", "after", "parts"]
    keys = ["window", "window_of_quota"]
    found = fits.join(weighted, on=keys, how="left", validate="m:1", maintain_order="left", suffix="_weighed")
    is_spread = (pl.col("kind_of_quota") == YEAR) & pl.col("parts_weighed").is_not_null()
    weighed = [pl.when(is_spread).then(f"{name}_weighed").otherwise(name).alias(name) for name in names]
    return found.with_columns(weighed).select(fits.columns)


def _shares(quotas: pl.DataFrame, fits: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Each quota's share of each window that it says something of, in minor units."""
    amount = quotas.with_columns(units=minor_units(pl.col("amount"), minor_unit_digits(currency)))
    each = amount.join(fits, on="period", how="inner")
    to_date, before = (share_of(pl.col("units"), pl.col(name), pl.col("parts")) for name in ("after", "before"))
    return each.with_columns(share=to_date - before)


def _ranked(shares: pl.DataFrame) -> pl.DataFrame:
    """The shares with the ``rank`` of their fit, best first; of several shorter or longer kinds the one nearest in length."""
    covered = shares.unique([*LEVEL, "period"]).group_by(LEVEL).agg(covered=pl.col("size_of_quota").sum())
    known = shares.join(covered, on=LEVEL, how="left", validate="m:1")
    falls_short = (pl.col("fit") == SHORTER) & (pl.col("covered") < pl.col("size"))
    known = known.with_columns(fit=pl.when(falls_short).then(INCOMPLETE).otherwise("fit").cast(pl.Int32))
    nearness = pl.when(pl.col("fit") == LONGER).then("kind_of_quota").otherwise(len(KINDS) - pl.col("kind_of_quota"))
    return known.with_columns(rank=pl.col("fit") * len(KINDS) * 2 + nearness)


def _added_up(shares: pl.DataFrame) -> pl.DataFrame:
    """One row per window, kind of quota and day on which any of its quotas changes: their sum from that day.

    ``covers_from`` is the day from which all of them hold by their own dates.
    """
    by_period = [*LEVEL, "period"]
    ordered = shares.sort(*by_period, "valid_from")
    before = pl.col("share").shift(1).over(by_period)
    is_late = before.is_null() & (pl.col("valid_from") > pl.col("period_start"))
    changes = ordered.with_columns(
        change=pl.col("share") - before.fill_null(0),
        starts=pl.when(is_late).then("valid_from").otherwise(pl.lit(ALWAYS)),
        valid_from=pl.when(before.is_null()).then(pl.lit(ALWAYS)).otherwise("valid_from"),
    )
    by_day = changes.group_by(*LEVEL, "valid_from").agg(
        pl.col("change").sum(), pl.col("fit", "rank").first(), pl.col("starts").max()
    )
    return by_day.sort(*LEVEL, "valid_from").with_columns(
        quota=pl.col("change").cum_sum().over(LEVEL), covers_from=pl.col("starts").max().over(LEVEL)
    )


def _best_on_each_day(steps: pl.DataFrame) -> pl.DataFrame:
    """One row per window and day on which the quota of its best fit changes, or another becomes the best.

    A fit that covers every day leaves nothing to worse ones; before any covers, the best one holds.
    """
    covering = pl.col("rank").filter(pl.col("covers_from") == ALWAYS).min().over(WINDOW_KEY)
    used = steps.filter(pl.col("rank") <= pl.coalesce(covering, pl.col("rank")))
    is_only = pl.col("rank").n_unique().over(WINDOW_KEY) == 1
    return pl.concat([used.filter(is_only).select(*_IN_FORCE), _in_turn(used.filter(~is_only)).select(*_IN_FORCE)])


def _in_turn(steps: pl.DataFrame) -> pl.DataFrame:
    """The steps of windows with several fits, each day the best that covers it."""
    days = pl.concat([steps.select(*WINDOW_KEY, day=name) for name in ("valid_from", "covers_from")]).unique()
    fits = steps.select(*WINDOW_KEY, "rank", "covers_from").unique()
    each = days.join(fits, on=WINDOW_KEY, how="inner").sort("day")  # every day of a window with every fit
    known = each.join_asof(
        steps.drop("covers_from").sort("valid_from"), left_on="day", right_on="valid_from", by=[*WINDOW_KEY, "rank"],
        strategy="backward", check_sortedness=False,
    )  # fmt: skip
    best = known.sort(*WINDOW_KEY, "day", pl.col("covers_from") > pl.col("day"), "rank")
    return best.unique([*WINDOW_KEY, "day"], keep="first", maintain_order=True).with_columns(valid_from="day")


def with_quota(rows: pl.DataFrame, in_force: pl.DataFrame) -> pl.DataFrame:
    """The same rows, in the same order, with ``quota``, ``fit`` and ``kind_of_quota`` in force on their ``date``; null where none.

    The quota counts in full here: ramps and proration are a component's (``quota_uses``).

    Args:
        rows: With ``payee_id``, ``measure``, ``currency``, ``window`` and ``date``.
        in_force: Quotas as ``quotas_in_force`` gives them.
    """
    keyed = rows.with_row_index("_place").sort("date", maintain_order=True)
    found = keyed.join_asof(
        in_force.sort("valid_from"), left_on="date", right_on="valid_from", by=WINDOW_KEY, strategy="backward",
        check_sortedness=False,
    )  # fmt: skip
    return found.sort("_place").drop("_place", "valid_from", strict=False)
