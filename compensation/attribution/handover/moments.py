"""The day on which a customer's existing business begins to pass to the account manager, by the rule of the policy."""

import polars as pl

from compensation.attribution import agreements, trees
from compensation.attribution.key_accounts import key_spans
from compensation.in_force import on_day
from schemas.rules.attribution import AttributionPolicy, HandOver

Facts = dict[str, pl.DataFrame]

NO_DAY = pl.lit(None, dtype=pl.Date)


def with_moments(
    orders: pl.DataFrame, policy: AttributionPolicy, facts: Facts, care: pl.DataFrame, above: pl.DataFrame
) -> pl.DataFrame:
    """The orders with ``hand_over_date``: the day from which the account manager takes over; null where none is known.

    Args:
        orders: ``account_id``, ``order_date``, ``relationship_start`` and any other columns.
        policy: The version in force on their dates; it has a ``hand_over``.
        facts: Contract tables ``accounts``, ``account_tiers`` and ``agreements``.
        care: As ``carers.carers`` gives it.
        above: As ``trees.ancestors`` gives it.

    Source:
        ``docs/attribution.md``, hand-over.
    """
    rule: HandOver | None = policy.hand_over
    if rule is None or rule.when == "date":
        return orders.with_columns(hand_over_date=pl.lit(rule.day if rule else None, dtype=pl.Date))
    if rule.when == "after_months":
        return orders.with_columns(hand_over_date=pl.col("relationship_start").dt.offset_by(f"{rule.months}mo"))
    if rule.when == "first_renewal":
        return _first_renewals(orders, facts, above, policy.renewal_lapse_months)
    spans = key_spans(facts, above, policy.key_account_tiers) if rule.when == "key_account" else managed_spans(care)
    begun = joined(spans).with_columns(hand_over_date="valid_from")
    return on_day(orders, begun, by="account_id", on="order_date")


def managed_spans(care: pl.DataFrame) -> pl.DataFrame:
    """When each account has an account manager, whoever it is: ``account_id``, ``valid_from``, ``valid_to``."""
    return care.filter(pl.col("role") == "account_manager").select("account_id", "valid_from", "valid_to").unique()


def joined(spans: pl.DataFrame, by: tuple[str, ...] = ("account_id",)) -> pl.DataFrame:
    """Spans that touch or overlap, as one; of each ``by``, in order."""
    ordered = spans.sort(*by, "valid_from", "valid_to")
    reached = pl.col("valid_to").cum_max().shift(1).over(by)
    begins = (reached.is_null() | (pl.col("valid_from") > reached)).cast(pl.Int32)
    numbered = ordered.with_columns(_run=begins.cum_sum())
    runs = numbered.group_by(*by, "_run").agg(pl.col("valid_from").min(), pl.col("valid_to").max())
    return runs.drop("_run").sort(*by, "valid_from")


def _first_renewals(orders: pl.DataFrame, facts: Facts, above: pl.DataFrame, lapse_months: int) -> pl.DataFrame:
    """The start of the customer's first agreement that renews another, whichever of its accounts signed it."""
    customer_on = trees.customers(above)
    renewed = agreements.chained(facts, lapse_months).filter(pl.col("renews_agreement_id").is_not_null())
    signed = on_day(renewed.select("account_id", "start_date"), customer_on, by="account_id", on="start_date")
    first = signed.group_by("customer_id").agg(hand_over_date=pl.col("start_date").min())
    known = on_day(orders, customer_on.rename({"customer_id": "_customer_id"}), by="account_id", on="order_date")
    found = known.join(
        first, left_on="_customer_id", right_on="customer_id", how="left", validate="m:1", maintain_order="left"
    )
    return found.drop("_customer_id")
