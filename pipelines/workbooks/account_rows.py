"""What sheet ``Key accounts`` lists: risks, figures and agreements, with names beside ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from compensation.accounts.ratios import added_up
from compensation.currency import minor_unit_digits

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


def account_rows(tables: Tables, currency: str) -> AccountRows | None:
    """The lists of the fiscal year to date; None where no account is watched.

    Args:
        tables: ``account_figures``, ``account_risks``, ``agreement_figures``, ``accounts`` and ``payees``.
        currency: Company currency.
    """
    figures = tables["account_figures"]
    if figures.is_empty():
        return None
    year = figures.filter(pl.col("span") == figures["span"].first())
    by_customer = added_up(year, ["customer_id", "carer_id"], minor_unit_digits(currency))
    own = pl.lit(currency).alias("currency")
    last_day = pl.select(year["span_end"].max()).to_series().dt.offset_by("-1d").item()
    return AccountRows(
        str(year["span"].first()), last_day,
        _named(tables["account_risks"].with_columns(own, pl.col("risk").str.replace_all("_", " ")), tables),
        _named(by_customer.with_columns(own), tables),
        _named(tables["agreement_figures"], tables),
    )  # fmt: skip


def _named(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    accounts = tables["accounts"].select(customer_id="account_id", _account="account_name")
    latest = tables["payees"].sort("valid_from").group_by("payee_id", maintain_order=True).last()
    people = latest.select(carer_id="payee_id", carer="payee_name")
    both = rows.join(accounts, on="customer_id", how="left", validate="m:1", maintain_order="left").join(
        people, on="carer_id", how="left", validate="m:1", maintain_order="left"
    )
    return both.with_columns(
        account=pl.coalesce("_account", "customer_id"), carer=pl.coalesce("carer", "carer_id").fill_null("nobody")
    ).drop("_account")
