"""Quotas: what a payee's quota of a window is on each day, from quotas of the same, longer or shorter periods."""

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.in_force import ALWAYS
from compensation.money import minor_units, share_of
from compensation.payout.windows import KINDS, Windows

WINDOW_KEY = ["payee_id", "measure", "currency", "window"]

SAME, SHORTER, LONGER, INCOMPLETE = range(4)
"""How a quota's period fits a window, best first; INCOMPLETE: shorter ones that do not fill it."""


def quotas_in_force(quotas: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """Each payee's quota of every window that their quotas say something of.

    A quota of the same period is taken as it is; those of shorter periods are added; one of a longer period is spread
    evenly over its windows by running totals, so that they add up to it. The best fit wins, in this order: same,
    shorter (where they fill the window), longer, shorter ones that leave a gap.

    Args:
        quotas: Contract ``Quota``.
        windows: The fiscal calendar in numbers.

    Returns:
        One row per payee, measure, currency, window and day from which it holds: ``valid_from`` (ALWAYS where the
        quota has none), ``quota`` (minor units), ``fit``.

    Source:
        PAYOUT rule "Quotas": spread by running totals, for a shorter period added; a dated change holds from its day.
    """
    fits = _fits(windows)
    named = quotas.with_columns(period=_period_name(), valid_from=pl.col("valid_from").fill_null(ALWAYS))
    shares = [
        _shares(named.filter(pl.col("currency") == code), fits, code) for code in quotas["currency"].unique().sort()
    ]
    if not shares:
        return pl.DataFrame(schema=_IN_FORCE)
    return _added_up(_best_fit(pl.concat(shares))).select(*_IN_FORCE)


_IN_FORCE = {
    **dict.fromkeys(["payee_id", "measure", "currency"], pl.String),
    "window": pl.Int32,
    "valid_from": pl.Date,
    "quota": pl.Int64,
    "fit": pl.Int32,
}


def _period_name() -> pl.Expr:
    """``2026-01`` is the fiscal month ``2026-P01``."""
    return pl.col("period").str.strip_chars().str.replace(r"^(\d{4})-(\d{2})$", "${1}-P${2}")


def _fits(windows: Windows) -> pl.DataFrame:
    """One row per period name and window that it overlaps: ``fit``, and for a longer one which of how many parts."""
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
    return pairs.select(
        pl.lit(windows.labels).gather(pl.col("window_of_quota")).alias("period"),
        "window", "size", "size_of_quota", "kind_of_quota", fit=fit,
        parts=pl.when(is_longer).then(parts[0]).otherwise(1).cast(pl.Int64),
        part=pl.when(is_longer).then(parts[1]).otherwise(1).cast(pl.Int64),
    )  # fmt: skip


def _shares(quotas: pl.DataFrame, fits: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Each quota's share of each window that it says something of, in minor units."""
    amount = quotas.with_columns(units=minor_units(pl.col("amount"), minor_unit_digits(currency)))
    each = amount.join(fits, on="period", how="inner")
    before = pl.col("part") - 1
    share = share_of(pl.col("units"), pl.col("part"), pl.col("parts")) - share_of(
        pl.col("units"), before, pl.col("parts")
    )
    return each.with_columns(share=share)


def _best_fit(shares: pl.DataFrame) -> pl.DataFrame:
    """Only the shares of the best fit of each window; of several shorter or longer kinds the one nearest in length."""
    level = [*WINDOW_KEY, "kind_of_quota"]
    covered = shares.unique([*level, "period"]).group_by(level).agg(covered=pl.col("size_of_quota").sum())
    known = shares.join(covered, on=level, how="left", validate="m:1")
    falls_short = (pl.col("fit") == SHORTER) & (pl.col("covered") < pl.col("size"))
    known = known.with_columns(fit=pl.when(falls_short).then(INCOMPLETE).otherwise("fit").cast(pl.Int32))
    nearness = pl.when(pl.col("fit") == LONGER).then("kind_of_quota").otherwise(len(KINDS) - pl.col("kind_of_quota"))
    ranked = known.with_columns(rank=pl.col("fit") * len(KINDS) * 2 + nearness)
    return ranked.filter(pl.col("rank") == pl.col("rank").min().over(WINDOW_KEY))


def _added_up(shares: pl.DataFrame) -> pl.DataFrame:
    """One row per window and day on which any of its quotas changes: their sum from that day."""
    by_period = [*WINDOW_KEY, "period"]
    ordered = shares.sort(*by_period, "valid_from")
    changes = ordered.with_columns(change=pl.col("share") - pl.col("share").shift(1).over(by_period).fill_null(0))
    by_day = changes.group_by(*WINDOW_KEY, "valid_from").agg(pl.col("change").sum(), pl.col("fit").first())
    return by_day.sort(*WINDOW_KEY, "valid_from").with_columns(quota=pl.col("change").cum_sum().over(WINDOW_KEY))


def with_quota(rows: pl.DataFrame, in_force: pl.DataFrame) -> pl.DataFrame:
    """The same rows, in the same order, with ``quota``, ``fit`` and ``quota_from`` in force on their ``date``; null where none.

    Args:
        rows: With ``payee_id``, ``measure``, ``currency``, ``window`` and ``date``.
        in_force: Quotas as ``quotas_in_force`` gives them.
    """
    keyed = rows.with_row_index("_row").sort("date", maintain_order=True)
    dated = in_force.with_columns(quota_from="valid_from").sort("valid_from")
    found = keyed.join_asof(
        dated, left_on="date", right_on="valid_from", by=WINDOW_KEY, strategy="backward", check_sortedness=False
    )
    return found.sort("_row").drop("_row", "valid_from", strict=False)
