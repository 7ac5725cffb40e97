"""What attribution noticed and somebody should know: nothing here changes a figure."""

from collections.abc import Sequence
from typing import Protocol

import polars as pl
import polars.selectors as cs

from compensation.attribution.agreements import CANCELLED
from compensation.attribution.attribute import Facts
from compensation.attribution.carers import carers
from compensation.attribution.key_accounts import own_key_spans
from compensation.attribution.people import last_days
from compensation.attribution.transfers import MOVED
from compensation.attribution.trees import ancestors, parents
from schemas.core.attribution import HOUSE, Finding
from schemas.rules.attribution import AttributionPolicy

WORDS = cs.categorical() | cs.enum()
LARGEST_LISTED = 20
"""Accounts with revenue for the house that are listed one by one."""

NO_DAY = pl.lit(None, dtype=pl.Date)
NO_MONEY = pl.lit(None, dtype=Finding.dtypes()["amount"])


class BookedAndCredited(Protocol):
    """What findings read of attribution, wherever it is kept."""

    @property
    def bookings(self) -> pl.DataFrame:
        """Contract ``Booking``."""

    @property
    def credits(self) -> pl.DataFrame:
        """Contract ``Credit``."""


def findings(facts: Facts, attributed: BookedAndCredited, policies: Sequence[AttributionPolicy]) -> pl.DataFrame:
    """Contract ``Finding``: orders without lines, deals that are missing or differ, early and missing people."""
    found = [
        orders_without_lines(facts),
        missing_opportunities(facts),
        differing_opportunities(facts, attributed.bookings),
        credited_before_hire(facts, attributed.credits),
        house_revenue(attributed.credits),
        accounts_without_manager(facts, attributed.credits, policies),
        agreements_missing(facts, policies),
        overlays_not_credited(facts, policies),
        transfers_of_nothing(facts, attributed.credits),
        tables_not_used(facts),
    ]
    return Finding.validate(pl.concat(found).sort("code", "subject_id", "event_date"))


def orders_without_lines(facts: Facts) -> pl.DataFrame:
    """Orders that have no line: accepted, they book nothing and start nothing."""
    empty = facts["orders"].join(facts["order_lines"].select("order_id").unique(), on="order_id", how="anti")
    detail = pl.lit(
        "The order has no line, so it books nothing and starts no relationship. Nothing to do unless lines are missing."
    )
    return _rows(empty, "order_without_lines", "note", "orders", pl.col("order_id"), detail, day=pl.col("order_date"))


def missing_opportunities(facts: Facts) -> pl.DataFrame:
    """Orders that name an opportunity which did not come."""
    named = facts["orders"].filter(pl.col("opportunity_id").is_not_null())
    lost = named.join(facts["opportunities"], on="opportunity_id", how="anti")
    detail = pl.format(
        "The order names opportunity {}, which is not in the CRM export; it counts as naming none. "
        "Send the opportunity, or correct 'opportunity_id'.",
        "opportunity_id",
    )
    return _rows(lost, "opportunity_missing", "warning", "orders", pl.col("order_id"), detail, day=pl.col("order_date"))


def differing_opportunities(facts: Facts, bookings: pl.DataFrame) -> pl.DataFrame:
    """Deals whose amount is not what their orders book, in the same currency: the order decides."""
    sold = bookings.filter(pl.col("return_id").is_null() & pl.col("opportunity_id").is_not_null())
    ordered = sold.group_by("opportunity_id", currency="order_currency").agg(
        ordered=pl.col("order_amount").sum().cast(Finding.dtypes()["amount"]), event_date=pl.col("event_date").max()
    )
    deals = facts["opportunities"].select("opportunity_id", "currency", "amount").drop_nulls()
    differ = ordered.join(deals, on=["opportunity_id", "currency"], how="inner", validate="1:1").filter(
        pl.col("ordered") != pl.col("amount")
    )
    detail = pl.format(
        "The CRM says {} {}, its orders {}; the orders decide.",
        pl.col("amount").cast(pl.String),
        "currency",
        pl.col("ordered").cast(pl.String),
    )
    return _rows(
        differ,
        "opportunity_amount_differs",
        "note",
        "opportunities",
        pl.col("opportunity_id"),
        detail,
        day=pl.col("event_date"),
    )


def credited_before_hire(facts: Facts, credits: pl.DataFrame) -> pl.DataFrame:
    """People credited with sales before their hire date, which exports carry."""
    hired = facts["payees"].group_by("payee_id").agg(pl.col("hire_date").min()).drop_nulls()
    early = (
        _sales(credits)
        .join(hired, on="payee_id", how="inner", validate="m:1")
        .filter(pl.col("sale_date") < pl.col("hire_date"))
    )
    people = _added_up(early, "payee_id", pl.col("hire_date").first())
    detail = pl.format(
        "{} sales before the hire date {}, the first on {}; they are credited. Check the hire date.",
        "count",
        "hire_date",
        "first",
    )
    return _rows(
        people,
        "before_hire_date",
        "warning",
        "payees",
        pl.col("payee_id"),
        detail,
        day=pl.col("first"),
        amount=pl.col("total"),
    )


def house_revenue(credits: pl.DataFrame) -> pl.DataFrame:
    """Revenue that nobody was found for: the largest accounts one by one, all others together."""
    lost = _sales(credits).filter(pl.col("payee_id") == HOUSE)
    accounts = _added_up(lost, "account_id", pl.col("rule").first()).sort(
        "total", "account_id", descending=[True, False]
    )
    rest = accounts.slice(LARGEST_LISTED)
    together = rest.select(
        pl.format("{} other accounts", pl.len()).alias("account_id"), pl.col("count").sum(), pl.col("first").min(),
        pl.col("total").sum().cast(Finding.dtypes()["amount"]), pl.lit("house").alias("rule"),
    ).head(min(rest.height, 1))  # fmt: skip
    listed = pl.concat([accounts.head(LARGEST_LISTED), together.select(accounts.columns)])
    detail = pl.format(
        "Sales that went to house since {}: {}. Nobody eligible was named or assigned ({}). Assign somebody, or leave it to the house.",
        "first",
        "count",
        "rule",
    )
    return _rows(
        listed,
        "house_revenue",
        "warning",
        "accounts",
        pl.col("account_id"),
        detail,
        day=pl.col("first"),
        amount=pl.col("total"),
    )


def accounts_without_manager(
    facts: Facts, credits: pl.DataFrame, policies: Sequence[AttributionPolicy]
) -> pl.DataFrame:
    """Key accounts that nobody looks after as account manager on the last day of sales, with what they buy meanwhile.

    Source:
        Attribution rule 6: a key account without an account manager is listed.
    """
    last = credits["sale_date"].max()
    today = pl.lit(last, dtype=pl.Date)
    in_force = (pl.col("valid_from") <= today) & (today < pl.col("valid_to"))
    above = ancestors(parents(facts["accounts"], facts["account_parents"]))
    managed = carers(facts["assignments"], above, last_days(facts["payees"])).filter(
        in_force & (pl.col("role") == "account_manager")
    )
    tiers = tuple({tier for policy in policies for tier in policy.key_account_tiers})
    alone = own_key_spans(facts, tiers).filter(in_force).join(managed, on="account_id", how="anti")
    missing = pl.col("tried").str.contains("account_manager: none_named", literal=True).fill_null(value=False)
    lost = _added_up(_sales(credits).filter(missing), "account_id")
    listed = alone.select("account_id").unique().join(lost, on="account_id", how="left", validate="1:1")
    detail = pl.format(
        "The key account has no account manager on {}; {} sales of existing business passed to somebody else. Assign one.",
        today.cast(pl.String),
        pl.col("count").fill_null(0),
    )
    return _rows(
        listed, "key_account_without_manager", "warning", "accounts", pl.col("account_id"), detail,
        day=today, amount=pl.col("total"),
    )  # fmt: skip


def agreements_missing(facts: Facts, policies: Sequence[AttributionPolicy]) -> pl.DataFrame:
    """Orders that name an agreement which did not come or is cancelled, where agreements are a base."""
    asked = any(policy.base == "agreement" for policy in policies)
    named = facts["orders"].filter(pl.col("agreement_id").is_not_null() & asked)
    lost = named.join(facts["agreements"].filter(pl.col("status") != CANCELLED), on="agreement_id", how="anti")
    detail = pl.format(
        "The order names agreement {}, which did not come or is cancelled; it is compared as under none. "
        "Send the agreement, or correct 'agreement_id'.",
        "agreement_id",
    )
    return _rows(lost, "agreement_missing", "warning", "orders", pl.col("order_id"), detail, day=pl.col("order_date"))


def overlays_not_credited(facts: Facts, policies: Sequence[AttributionPolicy]) -> pl.DataFrame:
    """Overlay splits, where no version of the policy credits them."""
    idle = not any("overlay" in policy.additional_credits for policy in policies)
    overlays = facts["opportunity_splits"].filter((pl.col("split_type") == "overlay") & idle)
    detail = pl.format(
        "{} has an overlay share of {} %; overlays are taken in but credit nobody. "
        "Add overlay to the policy's 'additional_credits', or leave it.",
        "payee_id",
        pl.col("percent").cast(pl.String),
    )
    return _rows(
        overlays, "overlay_not_credited", "warning", "opportunities", pl.col("opportunity_id"), detail, day=NO_DAY
    )


def transfers_of_nothing(facts: Facts, credits: pl.DataFrame) -> pl.DataFrame:
    """Approved transfers that moved nothing, because the giver is credited with nothing on the line."""
    moved = credits.filter(pl.col("rule").cast(pl.String) == MOVED).select(
        "order_line_id", from_payee_id=pl.col("named_payee_id").cast(pl.String), to_payee_id=pl.col("payee_id").cast(pl.String)
    )  # fmt: skip
    idle = facts["credit_transfers"].join(moved, on=moved.columns, how="anti")
    detail = pl.format(
        "{} is credited with nothing on order line {}, so nothing passes to {}. Correct the transfer, or remove it.",
        "from_payee_id", "order_line_id", "to_payee_id",
    )  # fmt: skip
    return _rows(
        idle, "transfer_of_nothing", "warning", "credit_transfers", pl.col("transfer_id"), detail, day=pl.col("date")
    )


def tables_not_used(facts: Facts) -> pl.DataFrame:
    """Tables that change pay where they are used, and that no rule reads yet: said aloud rather than left out."""
    held = [(table, facts[table].height) for table in ("absences",) if facts[table].height]
    rows = pl.DataFrame(held, schema={"table": pl.String, "count": pl.Int64}, orient="row")
    detail = pl.format(
        "{} rows of {} came; no rule applies them yet, so nobody's pay changes by them.", "count", "table"
    )
    return rows.select(
        code=pl.lit("table_not_used"), severity=pl.lit("warning"), subject_table="table", subject_id="table",
        event_date=NO_DAY, amount=NO_MONEY, detail=detail,
    )  # fmt: skip


def _sales(credits: pl.DataFrame) -> pl.DataFrame:
    """Credits of sales, their words as plain text: here they meet other tables."""
    columns = ["payee_id", "account_id", "sale_date", "amount", "rule", "tried"]
    return credits.filter(pl.col("return_id").is_null()).select(columns).cast({WORDS: pl.String})


def _added_up(credits: pl.DataFrame, by: str, *more: pl.Expr) -> pl.DataFrame:
    return credits.group_by(by).agg(
        pl.len().alias("count"),
        pl.col("sale_date").min().alias("first"),
        pl.col("amount").sum().cast(Finding.dtypes()["amount"]).alias("total"),
        *more,
    )


def _rows(
    rows: pl.DataFrame, code: str, severity: str, table: str, subject: pl.Expr, detail: pl.Expr,
    *, day: pl.Expr, amount: pl.Expr = NO_MONEY,
) -> pl.DataFrame:  # fmt: skip
    return rows.select(
        code=pl.lit(code), severity=pl.lit(severity), subject_table=pl.lit(table), subject_id=subject, event_date=day,
        amount=amount, detail=detail,
    )  # fmt: skip
