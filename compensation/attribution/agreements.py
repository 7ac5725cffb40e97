"""Agreements and which of them renews which: the chain of a customer's long-term supply agreements."""

import polars as pl

from compensation.in_force import ALWAYS

Facts = dict[str, pl.DataFrame]

CANCELLED = "cancelled"
"""An agreement of this status was never one: nothing renews it, and what took its place is no renewal of it."""


def chained(facts: Facts, lapse_months: int) -> pl.DataFrame:
    """Every agreement that holds, with the one that it renews.

    An agreement renews the latest one that began before it, of the same account and product family, unless that had ended
    more than ``lapse_months`` before: then it is a new one. Of several that could renew the same one the first does,
    by start and id; so no old value counts twice. A cancelled agreement is none: what is booked again under another id
    renews what the cancelled one would have renewed, and not the cancelled one. A merged account's agreements
    are, from the merge on, those of the account it was merged into.

    Args:
        facts: Contract tables ``agreements`` and ``accounts``.
        lapse_months: How long after an agreement's end another one still renews it.

    Returns:
        ``agreement_id``, ``account_id``, ``product_family`` (null = all), ``start_date``, ``end_date``, ``annual_value``,
        ``currency``, and ``renews_agreement_id``, null where it is new; sorted by start and id.

    Source:
        ``docs/attribution.md``, base ``agreement``.
    """
    holding = _holding(facts)
    later = holding.select("agreement_id", "start_date", "product_family", "_root", "_since")
    earlier = holding.select(
        "product_family",
        "_root",
        _old="agreement_id",
        _old_start="start_date",
        _old_end="end_date",
        _old_since="_since",
    )
    pairs = later.join(
        earlier, on=["product_family", "_root"], how="inner", nulls_equal=True
    )  # agreements of an account
    known = pl.max_horizontal("_since", "_old_since") <= pl.col("start_date")
    in_time = pl.col("start_date") <= pl.col("_old_end").dt.offset_by(f"{lapse_months}mo")
    pairs = pairs.filter((pl.col("_old_start") < pl.col("start_date")) & known & in_time)
    latest = pairs.sort("_old_start", "_old").unique("agreement_id", keep="last", maintain_order=True)
    once = latest.sort("start_date", "agreement_id").unique("_old", keep="first", maintain_order=True)
    renewals = once.select("agreement_id", renews_agreement_id="_old")
    found = holding.drop("_root", "_since").join(renewals, on="agreement_id", how="left", validate="1:1")
    return found.sort("start_date", "agreement_id")


def _holding(facts: Facts) -> pl.DataFrame:
    """Agreements that are not cancelled, with the account that they belong to in the end and since when they do."""
    terms = facts["agreements"].filter(pl.col("status") != CANCELLED).select(
        "agreement_id", "account_id", "product_family", "start_date", "end_date", "annual_value", "currency",
        _root="account_id", _since=pl.lit(ALWAYS),
    )  # fmt: skip
    merged = facts["accounts"].filter(pl.col("merged_into_account_id").is_not_null()).select(
        _root="account_id", _into="merged_into_account_id", _day=pl.col("merged_date").fill_null(ALWAYS)
    )  # fmt: skip
    for _ in range(merged.height):
        moved = terms.join(merged, on="_root", how="left", validate="m:1")
        if moved["_into"].null_count() == moved.height:
            break
        terms = moved.with_columns(
            _root=pl.coalesce("_into", "_root"), _since=pl.max_horizontal("_since", pl.col("_day").fill_null(ALWAYS))
        ).select(terms.columns)
    return terms
