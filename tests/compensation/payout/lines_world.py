"""Small worlds with order lines: what was sold with its cost, list amount and quantity, who is credited, and what came back."""

from decimal import Decimal
from typing import Any

import polars as pl
from payout_world import MOTION, SUB_MOTION, component, pay_world, plan, typed, version

from compensation.payout import Paid
from schemas.core.attribution import Credit


class World:
    """Lines and returns as they are added; ``pay`` pays them."""

    def __init__(self, **tables: list[dict[str, Any]]) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {"orders": [], "order_lines": [], "returns": [], **tables}
        self.tables.setdefault("products", [{"product_id": "thing", "product_family": "family"}])
        self.rows: list[dict[str, Any]] = []

    def sell(
        self,
        line: str,
        net: str,
        *,
        on: str = "2026-01-10",
        order: str | None = None,
        credits: list[dict[str, Any]] | None = None,
        currency: str = "EUR",
        account: str = "account",
        since: str | None = None,
        family: str = "family",
        **figures: Any,
    ) -> "World":
        """A line; ``credits`` are ``{amount, payee, kind, share, type}``, one of the whole line to ``rep`` unless given; ``since``: the customer's first day."""
        order = order or f"order-{line}"
        if all(known["order_id"] != order for known in self.tables["orders"]):
            known = {
                "order_id": order,
                "order_date": on,
                "currency": currency,
                "status": "confirmed",
                "account_id": account,
            }
            self.tables["orders"].append(known)
        self.tables["order_lines"].append(
            {
                "order_line_id": line,
                "order_id": order,
                "line_number": 1,
                "product_id": "thing",
                "net_amount": net,
                "quantity": "1",
                **figures,
            }
        )
        for number, credit in enumerate(credits or [{"amount": net}], start=1):
            kind = credit.get("kind", "new_business")
            self.rows.append(
                {
                    **dict.fromkeys(Credit.columns()),
                    "order_line_id": line,
                    "credit_number": number,
                    "order_id": order,
                    "line_number": 1,
                    "event_date": on,
                    "sale_date": on,
                    "account_id": account,
                    "product_family": family,
                    "motion": MOTION.get(kind, kind),
                    "sub_motion": SUB_MOTION.get(kind, kind),
                    "payee_id": credit.get("payee", "rep"),
                    "amount": credit["amount"],
                    "credit_type": credit.get("type", "direct"),
                    "share_percent": credit.get("share", "100"),
                    "rule": "opportunity_owner",
                    "relationship_start": since or on,
                }
            )
        return self

    def give_back(
        self, line: str, amount: str, *, on: str, credits: list[str] | None = None, **figures: Any
    ) -> "World":
        """A return of a line; ``credits`` are the amounts that each credit loses, in their order."""
        number = f"return-{len(self.tables['returns']) + 1}"
        self.tables["returns"].append(
            {"return_id": number, "order_line_id": line, "return_date": on, "amount": amount, **figures}
        )
        sold = [row for row in self.rows if row["order_line_id"] == line and row["return_id"] is None]
        for row, lost in zip(sold, credits or [amount], strict=True):
            self.rows.append({**row, "return_id": number, "event_date": on, "amount": str(-Decimal(lost))})
        return self

    def credits(self) -> pl.DataFrame:
        """Contract ``Credit`` in payout order."""
        ordered = sorted(
            self.rows,
            key=lambda row: (
                row["event_date"],
                row["return_id"] or "",
                row["order_id"],
                row["order_line_id"],
                row["credit_number"],
            ),
        )
        numbered = [{**row, "sequence": place} for place, row in enumerate(ordered)]
        return typed(numbered, Credit.dtypes())

    def pay(self, *components: dict[str, Any], firm: Any = None, **plan_words: Any) -> Paid:
        """Pay one plan of the components."""
        return self.pay_plans(plan(version(*components), **plan_words), firm=firm)

    def pay_plans(self, *plans: Any, firm: Any = None) -> Paid:
        """Pay several plans."""
        return pay_world(self.credits(), *plans, firm=firm, **{name: list(rows) for name, rows in self.tables.items()})


def counting(of: str, *, curve: dict[str, Any] | None = None, **measure: Any) -> dict[str, Any]:
    """A component on a measure, at 10 % of money or 10.00 for each of what is counted, unless said otherwise."""
    shapes = {"units": {"shape": "per_unit", "amount": "10"}, "orders": {"shape": "per_event", "amount": "10"}}
    shapes["customers"] = shapes["orders"]
    more = {
        name: measure.pop(name) for name in ("window", "clawback", "component", "dates", "quota") if name in measure
    }
    return component(
        measure={"credits": "new_business", "of": of, **measure},
        curve=curve or shapes.get(of, {"shape": "flat", "rate": "0.10"}),
        **more,
    )


def rows_of(paid: Paid, name: str) -> list[Decimal]:
    """A figure of each credit's earnings (several slices added up), in the order of line, return and credit."""
    key = ["order_line_id", "return_id", "credit_number", "component"]
    return paid.earnings.group_by(key).agg(pl.col(name).sum()).sort(key, nulls_last=False)[name].to_list()


def money(*amounts: str) -> list[Decimal]:
    """Amounts to compare with."""
    return [Decimal(amount) for amount in amounts]
