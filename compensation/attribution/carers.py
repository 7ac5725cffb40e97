"""Who looks after an account on each day, found on the account or else up the tree."""

import polars as pl

from compensation.in_force import intervals
from schemas.core.attribution import Carer

LAST = 2**31 - 1
KEY = ["account_id", "role", "valid_from"]


def carers(assignments: pl.DataFrame, above: pl.DataFrame, last_days: pl.DataFrame) -> pl.DataFrame:
    """The people who look after each account in each role, by interval.

    On each day the nearest account with an assignment decides, on it the smallest priority (none comes last);
    several people there have shares. An assignment ends with its person's last day.

    Args:
        assignments: Contract ``Assignment``.
        above: As ``trees.ancestors`` gives it.
        last_days: ``payee_id``, ``last_day`` (included).

    Returns:
        Contract ``Carer``: one row per account, role, interval and person.
        Intervals of one account and role do not overlap; days without anybody have no row.

    Source:
        Attribution rule 6.
    """
    served = _while_serving(intervals(assignments), last_days)
    reaching = _inherited(served, above)
    pieces = _elementary(reaching)
    found = _nearest(reaching, pieces).sort("account_id", "role", "valid_from", "payee_id")
    return Carer.validate(found.select(Carer.columns()))


def _while_serving(assignments: pl.DataFrame, last_days: pl.DataFrame) -> pl.DataFrame:
    cut = assignments.join(last_days, on="payee_id", how="left", validate="m:1").with_columns(
        valid_to=pl.min_horizontal(
            "valid_to",
            pl.when(pl.col("last_day").dt.year() < 9999).then(pl.col("last_day").dt.offset_by("1d")),  # noqa: PLR2004
        )
    )
    return cut.filter(pl.col("valid_from") < pl.col("valid_to")).select(
        "valid_from", "valid_to", "role", "payee_id", "share",
        above_id="account_id", priority=pl.col("priority").fill_null(LAST),
    )  # fmt: skip


def _inherited(served: pl.DataFrame, above: pl.DataFrame) -> pl.DataFrame:
    reach = above.select("account_id", "above_id", "steps", _from="valid_from", _to="valid_to")
    joined = reach.join(served, on="above_id", how="inner")  # many accounts below, many people above
    return joined.with_columns(
        valid_from=pl.max_horizontal("valid_from", "_from"), valid_to=pl.min_horizontal("valid_to", "_to")
    ).filter(pl.col("valid_from") < pl.col("valid_to")).drop("_from", "_to")  # fmt: skip


def _elementary(reaching: pl.DataFrame) -> pl.DataFrame:
    """Intervals of each account and role within which nothing changes."""
    ends = [reaching.select("account_id", "role", piece_from=end) for end in ("valid_from", "valid_to")]
    points = pl.concat(ends).unique().sort("account_id", "role", "piece_from")
    return points.with_columns(piece_to=pl.col("piece_from").shift(-1).over("account_id", "role")).drop_nulls(
        "piece_to"
    )


def _nearest(reaching: pl.DataFrame, pieces: pl.DataFrame) -> pl.DataFrame:
    inside = pieces.join(reaching, on=["account_id", "role"], how="inner").filter(
        (pl.col("valid_from") <= pl.col("piece_from")) & (pl.col("piece_from") < pl.col("valid_to"))
    )
    rank = pl.col("steps").cast(pl.Int64) * (LAST + 1) + pl.col("priority")
    nearest = inside.filter(rank == rank.min().over("account_id", "role", "piece_from"))
    return nearest.select(
        "account_id", "role", "payee_id", "share", "steps",
        valid_from="piece_from", valid_to="piece_to", found_on="above_id",
    )  # fmt: skip
