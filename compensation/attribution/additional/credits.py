"""Additional credits of the revenue credits, by the policy of the order's date."""

from collections.abc import Callable, Sequence

import polars as pl

from compensation.attribution.additional.managers import managers_above
from compensation.attribution.additional.receivers import Facts, coordinators, overlays
from compensation.attribution.policies import versions_by_day
from compensation.currency import minor_unit_digits
from compensation.money import WHOLE, minor_units, money_of, percent_of, running_total, share_of
from schemas.core.attribution import ADDITIONAL_TYPES, EXCLUDED, HOUSE, AdditionalCredit
from schemas.rules.attribution import AttributionPolicy
from schemas.rules.company import Company

RULE_OF = {"overlay": "opportunity_overlay", "roll_up": "manager", "team": "account_coordinator"}
LINE = ["order_line_id", "return_id"]
TEXTS = (
    "account_id",
    "product_family",
    "motion",
    "sub_motion",
    "payee_id",
    "named_payee_id",
    "rule",
    "tried",
    "credit_type",
)


def additional_credits(credits: pl.DataFrame, facts: Facts, company: Company) -> pl.DataFrame:
    """Contract ``AdditionalCredit``: what overlays, managers and teams receive beside the revenue credits.

    They enter no conservation of revenue and change nobody's credit. ``overlay`` and ``team`` receive a share of each motion
    of a line, each rounded for itself, by running totals over the line and its returns, so that what comes back in full is
    undone exactly; ``roll_up`` repeats each credit for everybody above its receiver on the day of the sale.

    Args:
        credits: Contract ``Credit``.
        facts: Contract tables.
        company: Its currency, and the attribution policy whose ``additional_credits`` name the kinds.

    Returns:
        Numbered within their line after its revenue credits; in payout order, with the ``sequence`` of the credit they
        belong to. No rows where no version of the policy asks for any.

    Raises:
        ManagersLoop: see ``managers.managers_above``.

    Source:
        ``docs/attribution/credits.md``.
    """
    policies = company.attribution
    if not any(policy.additional_credits for policy in policies):
        return AdditionalCredit.empty_frame()
    digits = minor_unit_digits(company.currency)
    plain = credits.with_columns(pl.col(TEXTS).cast(pl.String), pl.col("return_id").cast(pl.String))
    known = plain.with_columns(_units=minor_units(pl.col("amount"), digits))
    orders = facts["orders"].select("order_id", "account_id", "order_date", "opportunity_id")
    parts = [
        _shared(_asked(known, policies, "overlay"), lambda: overlays(orders, facts), "overlay"),
        _rolled_up(_asked(known, policies, "roll_up"), facts["payees"]),
        _shared(_asked(known, policies, "team"), lambda: coordinators(orders, facts), "team"),
    ]
    return _stated(pl.concat(parts, how="diagonal"), known, digits)


def _asked(credits: pl.DataFrame, policies: Sequence[AttributionPolicy], kind: str) -> pl.DataFrame:
    """The credits of sales on whose day the policy asks for this kind; excluded accounts never."""
    asked = pl.lit(value=False)
    for policy, start, end in versions_by_day(policies):
        if kind in policy.additional_credits:
            asked = asked | ((pl.col("sale_date") >= start) & (pl.col("sale_date") < end))
    return credits.filter(asked & (pl.col("payee_id") != EXCLUDED))


def _shared(credits: pl.DataFrame, receivers: Callable[[], pl.DataFrame], kind: str) -> pl.DataFrame:
    """Each motion of each line and return, with everybody who receives a share of it."""
    if credits.is_empty():
        return credits.with_columns(_number=pl.col("credit_number"))
    ordered = credits.sort("sequence")
    motions = ordered.group_by(*LINE, "motion", maintain_order=True).agg(
        pl.exclude("_units", *LINE, "motion").first(), pl.col("_units").sum()
    )
    each = (
        motions.drop("payee_id", "share_percent")
        .join(receivers(), on="order_id", how="inner")
        .sort("order_line_id", "motion", "payee_id", "sequence")
    )  # motions × receivers of their order
    group = pl.struct("order_line_id", "motion", "payee_id").rle_id()
    upto = each.with_columns(_upto=running_total(pl.col("_units"), group))
    reached = share_of(pl.col("_upto"), pl.col("share"), WHOLE)
    before = share_of(pl.col("_upto") - pl.col("_units"), pl.col("share"), WHOLE)
    return upto.with_columns(
        _units=reached - before, share_percent=percent_of(pl.col("share")), named_payee_id="payee_id",
        credit_type=pl.lit(kind), rule=pl.lit(RULE_OF[kind]), tried=pl.lit(None, dtype=pl.String), _number="credit_number",
    ).drop("share", "_upto")  # fmt: skip


def _rolled_up(credits: pl.DataFrame, payees: pl.DataFrame) -> pl.DataFrame:
    """Each credit again for everybody above its receiver on the day of the sale."""
    own = credits.filter(pl.col("payee_id") != HOUSE)
    people = own.select("payee_id", day="sale_date").unique()
    above = managers_above(people, payees).rename({"day": "sale_date"})
    each = own.join(above, on=["payee_id", "sale_date"], how="inner")  # credits × managers
    return each.with_columns(
        named_payee_id="payee_id", payee_id="manager_id", credit_type=pl.lit("roll_up"), rule=pl.lit(RULE_OF["roll_up"]),
        tried=pl.lit(None, dtype=pl.String), _number="credit_number",
    ).drop("manager_id")  # fmt: skip


def _stated(found: pl.DataFrame, credits: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Numbered after the line's revenue credits, the same in a return as in its sale."""
    own = credits.group_by("order_line_id").agg(_own=pl.col("credit_number").max())
    kinds = pl.col("credit_type").cast(pl.Enum(ADDITIONAL_TYPES)).to_physical()
    ordered = found.with_columns(_kind=kinds).sort(
        *LINE, "_kind", "_number", "payee_id", nulls_last=False
    ).with_columns(_one=pl.lit(1, dtype=pl.Int64))  # fmt: skip
    place = running_total(pl.col("_one"), pl.struct(LINE).rle_id())
    numbered = ordered.with_columns(_place=place).join(own, on="order_line_id", how="left", validate="m:1")
    table = numbered.with_columns(
        credit_number=(pl.col("_own") + pl.col("_place")).cast(pl.Int16), amount=money_of(pl.col("_units"), digits)
    ).sort("sequence", "credit_number")  # fmt: skip
    return AdditionalCredit.validate(table.select(AdditionalCredit.columns()).cast(AdditionalCredit.dtypes()))  # type: ignore[arg-type]
