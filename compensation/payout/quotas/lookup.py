"""Looking quotas up by name: what a payee's component was measured against, for statements that print it."""

from collections.abc import Sequence

import polars as pl

from compensation.payout.quotas.uses import quota_book, quota_on
from compensation.payout.standing import standings_of
from compensation.payout.terms import Terms, terms_of
from compensation.payout.windows import Windows
from schemas.rules.plan import Plan

OF_COMPONENT = ["plan", "plan_version", "component"]
NOWHERE = -1
"""A segment that no stay has: the quota counts for all days of service."""


def quotas_of_components(
    rows: pl.DataFrame, facts: dict[str, pl.DataFrame], plans: Sequence[Plan], windows: Windows
) -> pl.Series:
    """The quota that each row's component is measured against, spread, ramped and cut as payout does it.

    Args:
        rows: With ``payee_id``, ``plan``, ``component``, ``window`` (its number) and ``date``, the day that places the credit or on
            which the quota is asked for; the stay on the plan is the one of that day, and so is the version where no
            ``plan_version`` is given.
        facts: Contract tables; ``payees``, ``plan_assignments``, ``absences`` and ``quotas`` are read.
        plans: All plans of the company.
        windows: The fiscal calendar in numbers.

    Returns:
        ``quota`` in minor units of the plan's currency, in the order of the rows; null where there is none, where the
        component has no ``quota``, and where it is measured against the window before.
    """
    terms = terms_of(plans)
    payee_ids = pl.concat([rows["payee_id"].cast(pl.String), facts["payees"]["payee_id"]]).unique().sort()
    standings = standings_of(payee_ids, facts, plans, terms, windows)
    book = quota_book(facts, terms, windows, payee_ids, standings.stays)
    texts = [name for name in ("payee_id", *OF_COMPONENT) if name in rows.columns]
    named = rows.select("window", "date", *(pl.col(name).cast(pl.String) for name in texts)).with_row_index("place")
    named = named if "plan_version" in rows.columns else _with_version(named, plans)
    known = named.join(_numbers(terms), on=OF_COMPONENT, how="inner", validate="m:1")
    one = ["payee_id", "term", "window", "date"]
    found = quota_on(_with_segment(known.unique(one), book.service.stays), book).select(*one, "quota")
    quotas = known.join(found, on=one, how="left", validate="m:1").select("place", "quota")
    return named.join(quotas, on="place", how="left", validate="1:1", maintain_order="left")["quota"]


def _with_version(rows: pl.DataFrame, plans: Sequence[Plan]) -> pl.DataFrame:
    """The rows with the ``plan_version`` in force on their date; null where none is."""
    by_name = {plan.plan: plan for plan in plans}
    days = rows.select("plan", "date").unique().sort("plan", "date")
    versions = [by_name[name].version_on(day) if name in by_name else None for name, day in days.rows()]
    names = pl.Series("plan_version", [each and each.version for each in versions], dtype=pl.String)
    return rows.join(days.with_columns(names), on=["plan", "date"], how="left", validate="m:1", maintain_order="left")


def _numbers(terms: Terms) -> pl.DataFrame:
    """The first term of each component that has a quota: ``term``, ``measure``, ``currency``."""
    table = terms.table.select(*OF_COMPONENT, "term", "currency", measure="quota_measure").drop_nulls("measure")
    return table.unique(OF_COMPONENT, keep="first", maintain_order=True)


def _with_segment(rows: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """The rows with the ``segment`` of the stay on their plan that their date lies in."""
    known = stays.select("payee_id", "segment", "stay_from", stay_on="plan").sort("stay_from")
    found = rows.sort("date").join_asof(
        known, left_on="date", right_on="stay_from", by="payee_id", strategy="backward", check_sortedness=False
    )
    is_there = pl.col("stay_on") == pl.col("plan")
    segment = pl.when(is_there).then(pl.col("segment").cast(pl.Int32)).otherwise(NOWHERE)
    return found.with_columns(segment=segment)
