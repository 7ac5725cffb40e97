"""Small worlds for payout tests: credits, facts and plans written as short lists, as contract frames."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from compensation.calendar import fiscal_periods
from compensation.payout import Paid, pay
from schemas.contract import CONTRACT
from schemas.core.attribution import Credit
from schemas.rules.company import Company
from schemas.rules.plan import Plan

SUB_MOTION = {"new_business": "new_logo", "retention": "repeat", "growth": "upsell"}
MOTION = {
    "new_logo": "new_business",
    "win_back": "new_business",
    "repeat": "retention",
    "cross_sell": "growth",
    "upsell": "growth",
}


def company(**given: Any) -> Company:
    """A company in EUR on calendar months, unless said otherwise."""
    policy = {
        "version": "1", "valid_from": "2020-01-01", "decided_on": "2019-12-01", "entered_by": "ann", "approved_by": "bob",
        "source": "policy", "win_back_months": "18", "new_business_months": "12",
    }  # fmt: skip
    return Company.model_validate(
        {
            "company": "Example Works", "currency": "EUR", "time_zone": "Europe/Berlin", "starts": "2020-01-01",
            "fiscal_calendar": {"kind": "months"}, "attribution": [policy], **given,
        }
    )  # fmt: skip


def component(**given: Any) -> dict[str, Any]:
    """One component on new business over the year at a flat 10 %, unless said otherwise."""
    return {
        "component": "commission", "label": "Commission", "measure": {"credits": "new_business"}, "window": "year",
        "curve": {"shape": "flat", "rate": "0.10"}, **given,
    }  # fmt: skip


def version(*components: dict[str, Any], **given: Any) -> dict[str, Any]:
    """One plan version from 2020."""
    return {
        "version": "1", "valid_from": "2020-01-01", "decided_on": "2019-12-01", "entered_by": "ann", "approved_by": "bob",
        "source": {"title": "Example plan"}, "components": list(components), **given,
    }  # fmt: skip


def plan(*versions: dict[str, Any], **given: Any) -> Plan:
    """A plan in EUR for sales representatives."""
    return Plan.model_validate(
        {
            "plan": "plan",
            "label": "Plan",
            "currency": "EUR",
            "for_roles": ["sales_rep"],
            "versions": list(versions),
            **given,
        }
    )


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a contract table; columns not given are empty."""
    dtypes = CONTRACT[table].dtypes()
    filled = [{**dict.fromkeys(dtypes), "source_file": "test", "source_line": 1, **row} for row in rows]
    return typed(filled, dtypes)


def typed(rows: list[dict[str, Any]], dtypes: dict[str, pl.DataType]) -> pl.DataFrame:
    """Rows with amounts and dates as text, in the types given."""
    columns = {}
    for name, dtype in dtypes.items():
        values = [row[name] for row in rows]
        if dtype.is_decimal():
            columns[name] = pl.Series(name, [None if v is None else Decimal(str(v)) for v in values], dtype=dtype)
        elif dtype == pl.Date:
            columns[name] = pl.Series(
                name, [date.fromisoformat(v) if isinstance(v, str) else v for v in values], dtype=dtype
            )
        else:
            columns[name] = pl.Series(name, values, dtype=pl.String if dtype == pl.Categorical else dtype).cast(dtype)
    return pl.DataFrame(columns)


def facts(**tables: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """Contract tables; ``rep`` is a sales representative unless payees are given."""
    people = tables.pop("payees", [{"payee_id": "rep"}])
    known = [{"payee_name": "Rep", "role": "sales_rep", "currency": "EUR", **person} for person in people]
    quotas = [
        {"currency": "EUR", "measure": "new_business", "payee_id": "rep", **quota} for quota in tables.pop("quotas", [])
    ]
    given = {**tables, "payees": known, "quotas": quotas}
    return {name: frame(name, given.get(name, [])) for name in CONTRACT}


def credits_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Credits in the order given; ``of`` names the sale (its place in the list, from 1) that a return takes back.

    A credit is ``{on: date, amount: …}`` and, where it matters, ``payee``, ``kind`` (motion or sub-motion), ``of``.
    """
    whole = [_credit(number, row, rows) for number, row in enumerate(rows, start=1)]
    order = sorted(range(len(whole)), key=lambda i: (whole[i]["event_date"], whole[i]["return_id"] is not None, i))
    for sequence, place in enumerate(order):
        whole[place]["sequence"] = sequence
    return typed(whole, Credit.dtypes())


def _credit(number: int, row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    sale = rows[row["of"] - 1] if "of" in row else row
    kind = sale.get("kind", "new_business")
    line = f"line-{row.get('of', number):05}"
    return {
        **dict.fromkeys(Credit.columns()),
        "order_line_id": line, "return_id": f"return-{number:05}" if "of" in row else None, "credit_number": 1,
        "order_id": line, "line_number": 1, "event_date": str(row["on"]), "sale_date": str(sale["on"]), "account_id": "account",
        "product_family": "family", "motion": MOTION.get(kind, kind), "sub_motion": SUB_MOTION.get(kind, kind),
        "payee_id": sale.get("payee", "rep"), "amount": row["amount"], "credit_type": "direct", "share_percent": "100",
        "rule": "opportunity_owner", "relationship_start": str(sale["on"]),
    }  # fmt: skip


def pay_world(credits: pl.DataFrame, *plans: Plan, firm: Company | None = None, **tables: Any) -> Paid:
    """Pay the credits; the calendar covers 2023 to 2028."""
    firm = firm or company()
    calendar = fiscal_periods(firm.fiscal_calendar, date(2023, 7, 1), date(2028, 7, 1))
    return pay(credits, facts(**tables), plans, firm, calendar)


def earned_by_credit(paid: Paid, credits: pl.DataFrame) -> list[Decimal]:
    """What each credit earned over all components, in the order of the frame; 0 where nothing."""
    key = ["order_line_id", "return_id", "credit_number"]
    sums = paid.earnings.group_by(key).agg(pl.col("earned").sum())
    found = credits.select(key).join(sums, on=key, how="left", nulls_equal=True, maintain_order="left")
    return found["earned"].fill_null(Decimal(0)).to_list()
