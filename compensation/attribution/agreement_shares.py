"""Whose an agreement's annual value is: by the days of each of its years, and the shares in force on them."""

from collections.abc import Sequence

import polars as pl

from compensation.attribution import people, relationship, who
from compensation.attribution.agreements import chained
from compensation.attribution.comparing.agreement_years import agreement_years
from compensation.attribution.comparing.standing import in_company_currency
from compensation.attribution.handover.shares import with_kept_shares
from compensation.in_force import on_day
from compensation.money import money_of, running_total, share_of
from schemas.core.attribution import AgreementShare
from schemas.rules.attribution import AttributionPolicy
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]
YEAR = ["agreement_id", "year_start"]
PARTS = 10**4
"""A day's share is counted in units of ``money.WHOLE`` ÷ this, so that the shares of a year's days add up in 64 bits."""


def agreement_shares(
    orders: pl.DataFrame, facts: Facts, care: pl.DataFrame, tree: pl.DataFrame, above: pl.DataFrame, company: Company, digits: int
) -> pl.DataFrame:  # fmt: skip
    """Contract ``AgreementShare``: the value of every year of every agreement, divided by days.

    Each day belongs to whom an order of the account on that day would belong: the representatives while it is new business
    or not handed over, both during a transition, the account manager from then on; as assignments are known now. A year's
    value is the agreement's annual value, of a year that its end or its renewal cuts short the part for its days.

    Args:
        orders: Orders with customers and relationships, as attribution has them.
        facts: Contract tables.
        care: As ``carers.carers`` gives it.
        tree: As ``trees.customers`` gives it.
        above: As ``trees.ancestors`` gives it.
        company: Its currency and attribution policy.
        digits: Decimals of the company currency.

    Source:
        ``docs/attribution/hand_over.md``, annual values.
    """
    if facts["agreements"].is_empty():
        return AgreementShare.empty_frame()
    policies = company.attribution
    years = _valued(facts, company, max(policy.renewal_lapse_months for policy in policies))
    days = _with_relationships(_by_day(years), orders, tree, policies)
    kept = with_kept_shares(days, facts, care, above, policies)
    given = who.shares(kept, facts, care, above, people.standings(facts["payees"]), policies)
    each = given.join(days.select("order_index", *YEAR), on="order_index", how="left", validate="m:1")
    sums = (
        each.group_by(*YEAR, "payee_id", "rule")
        .agg(units=(pl.col("share") // PARTS).sum())
        .sort(*YEAR, "payee_id", "rule")
    )
    whole = sums.group_by(YEAR).agg(_whole=pl.col("units").sum())
    valued = sums.join(years, on=YEAR, how="left", validate="m:1").join(whole, on=YEAR, how="left", validate="m:1")
    upto = running_total(pl.col("units"), pl.struct(YEAR).rle_id())
    divided = valued.with_columns(_upto=upto).with_columns(
        amount=money_of(
            share_of(pl.col("value"), pl.col("_upto"), pl.col("_whole"))
            - share_of(pl.col("value"), pl.col("_upto") - pl.col("units"), pl.col("_whole")),
            digits,
        )
    )  # fmt: skip
    return AgreementShare.validate(divided.select(AgreementShare.columns()))


def _valued(facts: Facts, company: Company, lapse_months: int) -> pl.DataFrame:
    """Years of agreements with ``value``: the annual value for the days of the year, in minor units of company currency."""
    terms = chained(facts, lapse_months).select("agreement_id", "start_date", "annual_value", "currency")
    years = agreement_years(facts, lapse_months, company).join(terms, on="agreement_id", how="left", validate="m:1")
    priced = in_company_currency(years.drop("units"), "annual_value", "year_start", facts, company)
    full = pl.col("start_date").dt.offset_by(pl.format("{}y", pl.col("year_number") + 1))
    days, whole = ((end - pl.col("year_start")).dt.total_days() for end in (pl.col("year_end"), full))
    lasting = priced.filter(pl.col("year_start") < pl.col("year_end"))
    return lasting.select(*YEAR, "year_end", "account_id", value=share_of(pl.col("units").fill_null(0), days, whole))


def _by_day(years: pl.DataFrame) -> pl.DataFrame:
    """One row per year and day, in the shape of an order: ``order_index``, ``account_id``, ``order_date``."""
    days = pl.date_ranges("year_start", "year_end", closed="left").alias("order_date")
    each = years.select(*YEAR, "account_id", days).explode("order_date").sort("order_date", *YEAR)
    no_text = pl.lit(None, dtype=pl.String)
    return each.with_columns(opportunity_id=no_text, sales_rep_id=no_text).with_row_index("order_index")


def _with_relationships(
    days: pl.DataFrame, orders: pl.DataFrame, tree: pl.DataFrame, policies: Sequence[AttributionPolicy]
) -> pl.DataFrame:
    """The days with the relationship that the customer's last order on or before them lies in; without one, new business."""
    located = on_day(
        days, tree.select("account_id", "valid_from", "valid_to", "customer_code"), by="account_id", on="order_date"
    )
    begun = orders.filter(pl.col("relationship_start").is_not_null()).select(
        "customer_code", "relationship_start", "order_date"
    )
    found = located.sort("order_date", maintain_order=True).join_asof(
        begun.sort("order_date"), on="order_date", by="customer_code", strategy="backward", check_sortedness=False
    )
    ends = relationship.after_months(pl.col("relationship_start"), "new_business_months", policies)
    is_new = (pl.col("order_date") < ends).fill_null(value=True)
    return found.with_columns(is_new_business=is_new).drop("customer_code").sort("order_index")
