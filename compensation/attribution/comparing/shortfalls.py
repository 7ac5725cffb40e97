"""Bases that were not reached: a measure of what was lost, and never a credit."""

from datetime import date, timedelta

import polars as pl

from compensation.attribution import motion
from compensation.attribution.comparing.compared import Compared, Sold
from compensation.attribution.handover.protection import protected
from compensation.attribution.policies import policy_on
from compensation.in_force import on_day
from compensation.money import money_of
from schemas.core.attribution import Shortfall
from schemas.rules.company import Company

NO_TEXT = pl.lit(None, dtype=pl.String)


def shortfalls(beside: Compared, sold: Sold, care: pl.DataFrame, company: Company, digits: int) -> pl.DataFrame:
    """Contract ``Shortfall``: every base of a window that is over which existing business did not reach.

    A window is over when something happened on or after its last day. What was reached is the position at its end, so
    new business and returns do not count; what an account that moved away had reached by then went with it.

    Args:
        beside: As ``compared.compared`` gives it.
        sold: What it was made of.
        care: As ``carers.carers`` gives it.
        company: Its attribution policy.
        digits: Decimals of the company currency.

    Source:
        Attribution rule 5: a base not reached is a measure; ``docs/attribution/bases.md``.
    """
    days = [sold.orders["order_date"].max(), sold.returns["return_date"].max()]
    last = max((day for day in days if isinstance(day, date)), default=date.min)
    existing = beside.work.filter(~pl.col("is_new_business")).select("base_key", "booked")
    reached = pl.concat([existing, beside.moves.select("base_key", "booked").cast(existing.schema)])
    reached = reached.group_by("base_key").agg(reached=pl.col("booked").sum())
    over = _at_their_end(beside, sold).filter(pl.col("window_end") <= last + timedelta(days=1))
    found = over.join(reached, on="base_key", how="left", validate="m:1").with_columns(pl.col("reached").fill_null(0))
    lost = found.filter(pl.col("reached") < pl.col("base"))
    return _stated(_with_managers(lost, care, company), digits)


def _at_their_end(beside: Compared, sold: Sold) -> pl.DataFrame:
    """Every base as it stands on the last day of its window, and whose it is."""
    customers = sold.tree.select("customer_code", "customer_id").unique()
    codes = sold.lines.select("family_code", product_family=pl.col("product_family").cast(pl.String)).unique()
    spans = beside.windows.select("fiscal_year", window_start="year_start", window_end="year_end")
    own = beside.base.filter((pl.col("base_key") >= 0) & (pl.col("base") > 0))
    keyed = own.with_columns(**motion.parts_of_key(pl.col("base_key"))).rename({"account_code": "customer_code"})
    named = (
        keyed.join(spans, on="fiscal_year", how="inner", validate="m:1")
        .filter(pl.col("valid_to") == pl.col("window_end"))
        .join(customers, on="customer_code", how="inner", validate="m:1")
        .join(codes, on="family_code", how="left", validate="m:1")
    )  # fmt: skip
    columns = ["base_key", "base", "customer_id", "product_family", "agreement_id", "window_start", "window_end"]
    plain = named.with_columns(agreement_id=NO_TEXT).select(columns)
    return plain if beside.agreements is None else pl.concat([plain, _of_agreements(beside, sold).select(columns)])


def _of_agreements(beside: Compared, sold: Sold) -> pl.DataFrame:
    first = beside.work.filter("is_called_off")["order_date"].min()
    years = (beside.agreements if beside.agreements is not None else pl.DataFrame()).filter(pl.col("units") > 0)
    years = years.filter(pl.col("year_end") > first) if isinstance(first, date) else years
    last = years.with_columns(_last=pl.col("year_end").dt.offset_by("-1d"))
    placed = on_day(
        last, sold.tree.select("account_id", "valid_from", "valid_to", "customer_id"), by="account_id", on="_last"
    )
    return placed.rename({"units": "base", "year_start": "window_start", "year_end": "window_end"})


def _with_managers(lost: pl.DataFrame, care: pl.DataFrame, company: Company) -> pl.DataFrame:
    """The same rows with each account manager of the customer on the window's last day, and whether they are protected."""
    last = pl.col("window_end").dt.offset_by("-1d")
    managed = care.filter(pl.col("role") == "account_manager").select(
        "payee_id", "valid_from", "valid_to", customer_id="account_id"
    )
    each = lost.with_columns(_last=last).join(managed, on="customer_id", how="inner")  # customers × their managers
    held = each.filter((pl.col("valid_from") <= pl.col("_last")) & (pl.col("_last") < pl.col("valid_to")))
    held = held.drop("valid_from", "valid_to")
    new = [_protected_on(day, care, company) for day in held["_last"].unique().sort()]
    known = pl.concat([_NOBODY, *new])
    marked = held.join(known, on=["customer_id", "payee_id", "_last"], how="left", validate="m:1")
    alone = lost.join(held, on=["base_key", "window_start"], how="anti").with_columns(payee_id=NO_TEXT)
    both = pl.concat([marked.drop("_last"), alone], how="diagonal")
    return both.with_columns(pl.col("is_protected").fill_null(value=False))


_NOBODY = pl.DataFrame(
    schema={"customer_id": pl.String, "payee_id": pl.String, "is_protected": pl.Boolean, "_last": pl.Date}
)


def _protected_on(day: date, care: pl.DataFrame, company: Company) -> pl.DataFrame:
    rule = policy_on(company.attribution, day).hand_over
    if rule is None or not rule.protection_months:
        return _NOBODY
    new = protected(care, rule.protection_months, day)
    return new.select("payee_id", "is_protected", customer_id="account_id", _last=pl.lit(day)).select(_NOBODY.columns)


def _stated(lost: pl.DataFrame, digits: int) -> pl.DataFrame:
    kind = pl.when(pl.col("reached") <= 0).then(pl.lit("churn")).otherwise(pl.lit("downsell"))
    table = lost.select(
        "customer_id", "product_family", "agreement_id", "window_start", "window_end", "payee_id", "is_protected",
        kind=kind, base_amount=money_of(pl.col("base"), digits), reached_amount=money_of(pl.col("reached"), digits),
        shortfall_amount=money_of(pl.col("base") - pl.col("reached"), digits),
    ).select(Shortfall.columns())  # fmt: skip
    return Shortfall.validate(table.sort(Shortfall.key(), nulls_last=True))
