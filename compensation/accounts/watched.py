"""Which customers are watched: key accounts, and everybody whom an account manager looks after."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from compensation.attribution import trees
from compensation.attribution.bases import Books
from compensation.attribution.key_accounts import key_spans
from compensation.attribution.policies import policy_on
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Watched:
    """The watched customers on a day.

    Attributes:
        on: The day.
        customers: One row per customer: ``customer_id``, ``carer_id`` (the account manager, else the sales representative, else
            empty), ``has_manager``.
        accounts: One row per account of theirs: ``account_id``, ``customer_id``.
    """

    on: date
    customers: pl.DataFrame
    accounts: pl.DataFrame

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of watched customers, with ``customer_id`` in place of ``account_id``."""
        return rows.join(self.accounts, on="account_id", how="inner", validate="m:1").drop("account_id")


def watched(books: Books, facts: Facts, company: Company, on: date) -> Watched:
    """Customers of whom an account is a key account, or has an account manager, on the day; excluded ones never.

    Args:
        books: Bookings and carers, as attribution made them.
        facts: Contract tables ``accounts``, ``account_parents`` and ``account_tiers``.
        company: Its attribution policy.
        on: The day that decides who is a key account, whose it is, and which customer an account belongs to.

    Source:
        ``docs/accounts.md``.
    """
    policy = policy_on(company.attribution, on)
    above = trees.ancestors(trees.parents(facts["accounts"], facts["account_parents"]))
    today = above.filter(_holds(on))
    excluded = today.filter(pl.col("above_id").is_in(policy.excluded_accounts))["account_id"]
    roots = today.filter("is_root", ~pl.col("account_id").is_in(excluded.implode()))
    accounts = roots.select("account_id", customer_id="above_id")
    key = key_spans(facts, above, policy.key_account_tiers).filter(_holds(on))["account_id"]
    care = books.carers.filter(_holds(on))
    managed = care.filter(pl.col("role") == "account_manager")["account_id"]
    chosen = accounts.filter(pl.col("account_id").is_in(pl.concat([key, managed]).implode()))["customer_id"].unique()
    kept = accounts.filter(pl.col("customer_id").is_in(chosen.implode())).sort("account_id")
    return Watched(on, _customers(kept, care), kept)


def _customers(accounts: pl.DataFrame, care: pl.DataFrame) -> pl.DataFrame:
    """Each customer with whoever looks after its root account, else after the first of its accounts that somebody does."""
    people = accounts.join(
        care.select("account_id", "payee_id", is_manager=pl.col("role") == "account_manager"),
        on="account_id",
        how="left",
    )
    is_other = pl.col("account_id") != pl.col("customer_id")
    ranked = people.sort("customer_id", pl.col("is_manager").fill_null(value=False).not_(), is_other, "account_id", "payee_id", nulls_last=True)  # fmt: skip
    return ranked.group_by("customer_id", maintain_order=True).agg(
        carer_id=pl.col("payee_id").first(), has_manager=pl.col("is_manager").fill_null(value=False).any()
    )


def _holds(day: date) -> pl.Expr:
    return (pl.col("valid_from") <= day) & (pl.lit(day) < pl.col("valid_to"))
