"""Where watched customers are at risk: each reason with its sentence and with what is at stake."""

import polars as pl

from compensation.accounts.known import FOUND, Known
from compensation.accounts.relationship_risks import no_account_manager, overdue, quiet, thin_coverage
from compensation.accounts.revenue_risks import agreements_that_end, below_base, concentration
from compensation.money import money_of
from schemas.core.accounts import RISKS, AccountRisk

FINDERS = (no_account_manager, below_base, agreements_that_end, quiet, concentration, thin_coverage, overdue)


def risks_of(known: Known) -> pl.DataFrame:
    """Contract ``AccountRisk``: every risk of every watched customer, the largest revenue at stake first.

    Where a risk has no amount of its own, what the customer booked in twelve months is at stake, and its margin.

    Source:
        ``docs/accounts.md``; the figures from which something is a risk are ``accounts`` of ``company.yaml``.
    """
    rows = pl.DataFrame([row for find in FINDERS for row in find(known)], schema=FOUND)
    year = known.year.select("customer_id", "carer_id", _booked="booked", _margin="margin")
    placed = rows.join(year, on="customer_id", how="left", validate="m:1")
    has_own = pl.col("revenue").is_not_null()
    stated = placed.with_columns(
        revenue_at_stake=money_of(pl.coalesce("revenue", "_booked"), known.digits),
        margin_at_stake=money_of(pl.when(has_own).then("margin").otherwise("_margin"), known.digits),
    )
    place = pl.col("risk").replace_strict(RISKS, range(len(RISKS)), return_dtype=pl.Int32)
    ordered = stated.sort(-pl.col("revenue_at_stake"), "customer_id", place, "subject", nulls_last=False)
    return AccountRisk.validate(ordered.select(AccountRisk.columns()).cast(pl.Schema(AccountRisk.dtypes())))
