"""Teams: who reports to whom on a day, directly or through others."""

import polars as pl

from compensation.in_force import until_next
from compensation.payout.errors import MissingQuota

DEEPEST = 64
"""No hierarchy is deeper; loops are refused at intake."""


def reports_on(payees: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Everybody who reports to a manager on the last day of a window, directly or through others.

    Args:
        payees: Contract ``Payee``.
        asked: ``payee_id`` of the manager, and ``day``: the day after the last one.

    Returns:
        One row per manager, day and member: ``manager_id``, ``day``, ``payee_id`` of the member.
    """
    dated = until_next(payees, "payee_id").select("payee_id", "manager_id", "valid_from", "valid_to")
    days = asked.select("day").unique()
    # every payee on every day asked for
    edges = dated.join(days, how="cross").filter(
        (pl.col("valid_from") < pl.col("day")) & (pl.col("valid_to") >= pl.col("day"))
    )
    edges = edges.select("day", "payee_id", boss="manager_id").drop_nulls("boss")
    nearest = asked.select("day", manager_id="payee_id", boss="payee_id").unique()
    found = [nearest.select("manager_id", "day", payee_id="manager_id")]
    for _ in range(DEEPEST):
        # a boss has several reports
        reports = nearest.join(edges, on=["day", "boss"], how="inner").select("manager_id", "day", "payee_id")
        new = reports.join(pl.concat(found), on=["manager_id", "day", "payee_id"], how="anti").unique()
        if new.is_empty():
            break
        found.append(new)
        nearest = new.rename({"payee_id": "boss"})
    return pl.concat(found[1:]) if len(found) > 1 else found[0].clear()


def require_one_currency(members: pl.DataFrame, quotas: pl.DataFrame) -> pl.DataFrame:
    """Return the members' quotas if nobody has one of the measure and window in other currencies only.

    Args:
        members: With ``payee_id``, ``measure``, ``window``, ``currency`` and ``quota`` (null where none).
        quotas: Quotas in force.

    Raises:
        MissingQuota: names the first member, both currencies, and what to do.
    """
    others = quotas.select("payee_id", "measure", "window", other="currency").unique()
    keys = ["payee_id", "measure", "window"]
    # a member may have quotas in several currencies
    lost = members.filter(pl.col("quota").is_null()).join(others, on=keys, how="inner").sort(*keys)
    if not lost.is_empty():
        first = lost.row(0, named=True)
        raise MissingQuota(
            f"{lost['payee_id'].n_unique():,} members of teams have a {first['measure']} quota in another currency than their "
            f"manager's plan. First: payee {first['payee_id']}, quota in {first['other']}, plan in {first['currency']}. "
            f"Give the quota in {first['currency']}."
        )
    return members
