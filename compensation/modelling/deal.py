"""An open opportunity as if it were won: who may be asked about, and the order that stands in for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from schemas.contract import CONTRACT
from schemas.rules.plan import Plan

Facts = dict[str, pl.DataFrame]

CLOSED = re.compile(r"\b(won|lost)\b", re.IGNORECASE)
"""How stages of a closed deal read in every CRM seen; an order that names the deal, or a loss reason, says the same."""

PREFIX = "estimate-of-"
"""Ids of what stands in for a deal begin with it; nothing that has it is ever stored."""

NO_FAMILY = "family not said"


class NotEstimable(ValueError):
    """An opportunity that is closed, unknown, or lacks what an estimate needs."""


@dataclass(frozen=True)
class Wished:
    """What the asker says beside or instead of the opportunity: amount and cost in its currency, day, product family."""

    amount: Decimal | None = None
    day: date | None = None
    family: str | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class Deal:
    """The order that an opportunity would be.

    Attributes:
        opportunity: Its row in the contract.
        amount: In ``currency``.
        day: The order's date.
        family: Product family of its one line.
        notes: What was assumed, in words.
        cost: What is sold costs so much, for plans that count margin.
    """

    opportunity: Mapping[str, Any]
    amount: Decimal
    currency: str
    day: date
    family: str
    notes: tuple[str, ...]
    cost: Decimal | None = None

    @property
    def order_id(self) -> str:
        """Of the order that stands in for it."""
        return f"{PREFIX}{self.opportunity['opportunity_id']}"

    @property
    def line_id(self) -> str:
        """Of its one line."""
        return f"{self.order_id}-1"


def deal_of(facts: Facts, opportunity_id: str, wished: Wished, last_day: date) -> Deal:
    """The order that an opportunity would be if it were won as it stands.

    Without a day it is won on its close date; where that is missing or past, on the last day that anything is known of.

    Raises:
        NotEstimable: it is unknown, won or lost already, or has no amount or currency; says what to do.
    """
    found = facts["opportunities"].filter(pl.col("opportunity_id") == opportunity_id).rows(named=True)
    if not found:
        raise NotEstimable(_unknown(facts, opportunity_id))
    opportunity = found[0]
    _require_open(facts, opportunity)
    currency = opportunity["currency"]
    amount = opportunity["amount"] if wished.amount is None else wished.amount
    if amount is None:
        raise NotEstimable(
            f"opportunity {opportunity_id} has no amount; enter one in the CRM, or say --amount 50000.00"
        )
    if currency is None:
        raise NotEstimable(f"opportunity {opportunity_id} has no currency; enter it in the CRM, and export again")
    _require_amount(opportunity_id, amount, currency)
    day, about_day = _day(opportunity, wished, last_day)
    family, about_family = _family(facts, wished)
    about_amount = () if wished.amount is None else (f"the amount is yours; the CRM has {_told(opportunity)}",)
    return Deal(opportunity, amount, currency, day, family, (*about_amount, *about_day, *about_family), wished.cost)


def with_deal(facts: Facts, deal: Deal, plans: tuple[Plan, ...]) -> Facts:
    """The same facts and one order more, of one line and one product; invoiced and paid at once where a plan looks at that."""
    own = {name: deal.opportunity[name] for name in ("account_id", "opportunity_id")}
    amount = {"order_id": deal.order_id, "amount": deal.amount, "date": deal.day}
    rows: dict[str, dict[str, Any]] = {
        "products": {"product_id": deal.order_id, "product_family": deal.family},
        "orders": {"order_id": deal.order_id, **own, "order_date": deal.day, "currency": deal.currency, "status": "confirmed"},
        "order_lines": {
            "order_line_id": deal.line_id, "order_id": deal.order_id, "line_number": 1, "product_id": deal.order_id,
            "quantity": Decimal(1), "net_amount": deal.amount, "cost_amount": deal.cost,
        },
    }  # fmt: skip
    if waits_for_money(plans):
        rows["invoices"] = {"invoice_id": deal.order_id, **amount}
        rows["payments"] = {"payment_id": deal.order_id, "invoice_id": deal.order_id, **amount}
    return {**facts, **{table: _with_row(facts, table, row) for table, row in rows.items()}}


def waits_for_money(plans: tuple[Plan, ...]) -> bool:
    """Whether a component counts a credit at its invoice or payment."""
    return any(part.event != "booking" for plan in plans for version in plan.versions for part in version.components)


def _with_row(facts: Facts, table: str, row: Mapping[str, Any]) -> pl.DataFrame:
    schema = CONTRACT[table].dtypes()
    located = {**row, "source_file": f"{PREFIX}{table}", "source_line": 1}
    one = pl.DataFrame(
        {
            name: pl.Series([located.get(name)], dtype=pl.String if dtype == pl.Categorical else dtype, strict=False)
            for name, dtype in schema.items()
        }
    )
    known = facts[table]
    return pl.concat([known, one.select(pl.col(name).cast(known.schema[name]) for name in known.columns)])


def _unknown(facts: Facts, opportunity_id: str) -> str:
    """That there is none of that name, and which open ones there are."""
    deals = facts["opportunities"].join(_orders(facts), on="opportunity_id", how="anti").sort("opportunity_id")
    is_closed = pl.col("stage").str.contains(f"(?i){CLOSED.pattern}") | pl.col("loss_reason").is_not_null()
    known = deals.filter(~is_closed)["opportunity_id"].head(5).to_list()
    there = f"; open are e.g. {', '.join(known)}" if known else ""
    return f"no opportunity '{opportunity_id}' came ({facts['opportunities'].height:,} did{there})"


def _orders(facts: Facts) -> pl.DataFrame:
    """Orders that name a deal and were not cancelled."""
    return facts["orders"].filter(pl.col("opportunity_id").is_not_null() & (pl.col("status") != "cancelled"))


def _require_open(facts: Facts, opportunity: Mapping[str, Any]) -> None:
    """Refuse a deal that its stage, a loss reason or an order says is closed."""
    name, stage = opportunity["opportunity_id"], opportunity["stage"]
    orders = _orders(facts).filter(pl.col("opportunity_id") == name).sort("order_date", "order_id")
    if not orders.is_empty():
        first = orders.row(0, named=True)
        line = facts["order_lines"].filter(pl.col("order_id") == first["order_id"]).sort("line_number")["order_line_id"]
        asked = f"; `creditdue why {line[0]}` says what it paid" if line.len() else ""
        raise NotEstimable(
            f"opportunity {name} ({stage}) is won already: order {first['order_id']} of {first['order_date']} names it{asked}"
        )
    closed = CLOSED.search(stage)
    if closed or opportunity["loss_reason"]:
        why = f", because of: {opportunity['loss_reason']}" if opportunity["loss_reason"] else ""
        raise NotEstimable(
            f"opportunity {name} is closed ({stage}{why}); only an open one can be estimated. If it is open again, correct its "
            "stage in the CRM"
        )


def _require_amount(opportunity_id: str, amount: Decimal, currency: str) -> None:
    if amount <= 0:
        raise NotEstimable(
            f"opportunity {opportunity_id}: an amount of {amount} would be no order; say --amount 50000.00"
        )
    digits = minor_unit_digits(currency)
    if amount != amount.quantize(Decimal(1).scaleb(-digits)):
        raise NotEstimable(f"opportunity {opportunity_id}: {amount} has more decimals than {currency} ({digits})")


def _day(opportunity: Mapping[str, Any], wished: Wished, last_day: date) -> tuple[date, tuple[str, ...]]:
    if wished.day is not None:
        return wished.day, ()
    planned = opportunity["close_date"]
    if planned is not None and planned >= last_day:
        return planned, ()
    why = "it has no close date" if planned is None else f"its close date {planned} is past"
    return last_day, (f"{why}, so it counts on the last day of the exports; --close-date says another",)


def _family(facts: Facts, wished: Wished) -> tuple[str, tuple[str, ...]]:
    families = sorted(set(facts["products"]["product_family"].cast(pl.String).to_list()))
    if wished.family is not None:
        if wished.family not in families:
            raise NotEstimable(f"no product is of family '{wished.family}'; there are {', '.join(families)}")
        return wished.family, ()
    if len(families) == 1:
        return families[0], ()
    told = "no product family is said, so existing business counts as growth; --family says which: "
    return NO_FAMILY, (told + ", ".join(families),)


def _told(opportunity: Mapping[str, Any]) -> str:
    amount, currency = opportunity["amount"], opportunity["currency"]
    return "none" if amount is None else f"{amount:,.{minor_unit_digits(currency)}f} {currency}"
