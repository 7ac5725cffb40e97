"""What sheet ``Accounts`` lists: risks, figures and agreements, with names beside ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from compensation.accounts.ratios import added_up
from compensation.currency import minor_unit_digits
from schemas.core.accounts import AccountFigure

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class AccountRows:
    """The lists, each as the sheet shows it.

    Attributes:
        span: Fiscal year that the figures are of.
        known: The last day known.
        risks: Contract ``AccountRisk`` with ``account`` and ``carer`` as people read them, and ``currency``.
        figures: One row a customer: what ``ratios.added_up`` gives, with the same names.
        agreements: Contract ``AgreementFigure`` with ``account`` and ``carer``.
    """

    span: str
    known: date
    risks: pl.DataFrame
    figures: pl.DataFrame
    agreements: pl.DataFrame


def account_rows(tables: Tables, facts: Tables, currency: str, first: date, end: date) -> AccountRows | None:
    """The lists of the fiscal year to date, for the period that the last day known lies in.

    Args:
        tables: ``account_figures``, ``account_risks`` and ``agreement_figures``.
        facts: Contract tables ``accounts`` and ``payees``.
        currency: Company currency.
        first: First day of the period.
        end: Its end, excluded.

    Returns:
        None for another period, and where no account is watched.
    """
    figures = tables.get("account_figures", AccountFigure.empty_frame())
    known = figures["span_end"].max()
    if not isinstance(known, date) or not first < known <= end:
        return None
    year = figures.filter(pl.col("span") == figures["span"].first())
    by_customer = added_up(year, ["customer_id", "carer_id"], minor_unit_digits(currency))
    own = pl.lit(currency).alias("currency")
    return AccountRows(
        str(year["span"].first()), known - timedelta(days=1),
        _named(tables["account_risks"].with_columns(own, pl.col("risk").str.replace_all("_", " ")), facts),
        _named(by_customer.with_columns(own), facts),
        _named(tables["agreement_figures"], facts),
    )  # fmt: skip


def _named(rows: pl.DataFrame, facts: Tables) -> pl.DataFrame:
    accounts = facts["accounts"].select(customer_id="account_id", _account="account_name")
    latest = facts["payees"].sort("valid_from").group_by("payee_id", maintain_order=True).last()
    people = latest.select(carer_id="payee_id", carer="payee_name")
    both = rows.join(accounts, on="customer_id", how="left", validate="m:1", maintain_order="left").join(
        people, on="carer_id", how="left", validate="m:1", maintain_order="left"
    )
    return both.with_columns(
        account=pl.coalesce("_account", "customer_id"), carer=pl.coalesce("carer", "carer_id").fill_null("nobody")
    ).drop("_account")
