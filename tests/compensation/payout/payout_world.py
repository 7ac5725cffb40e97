"""Small worlds for payout tests: credits, facts and plans written as short lists, as contract frames."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from compensation.attribution.bases import Books
from compensation.calendar import fiscal_periods
from compensation.payout import Paid, pay
from schemas.contract import CONTRACT
from schemas.core.attribution import Booking, Carer, Credit
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

    A credit is ``{on: date, amount: …}`` and, where it matters, ``payee``, ``kind`` (motion or sub-motion), ``of``,
    ``order``, ``customer``, ``since`` (first day of the customer's relationship, that of the sale unless said) and ``family``; ``line_facts`` says what more its order line may state.
    """
    whole = [_credit(number, row, rows) for number, row in enumerate(rows, start=1)]
    order = sorted(range(len(whole)), key=lambda i: (whole[i]["event_date"], whole[i]["return_id"] is not None, i))
    for sequence, place in enumerate(order):
        whole[place]["sequence"] = sequence
    return typed(whole, Credit.dtypes())


def _credit(number: int, row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    sale = rows[row["of"] - 1] if "of" in row else row
    kind = sale.get("kind", "new_business")
    line = line_id(row.get("of", number))
    return {
        **dict.fromkeys(Credit.columns()),
        "order_line_id": line, "return_id": return_id(number) if "of" in row else None, "credit_number": 1,
        "order_id": sale.get("order", line), "line_number": row.get("of", number), "event_date": str(row["on"]),
        "sale_date": str(sale["on"]), "account_id": sale.get("customer", "account"), "product_family": sale.get("family", "family"),
        "motion": MOTION.get(kind, kind), "sub_motion": SUB_MOTION.get(kind, kind),
        "payee_id": sale.get("payee", "rep"), "amount": row["amount"], "credit_type": "direct", "share_percent": "100",
        "rule": "opportunity_owner", "relationship_start": str(sale.get("since", sale["on"])),
    }  # fmt: skip


def line_id(number: int) -> str:
    """The order line of the credit at a place in the list."""
    return f"line-{number:05}"


def return_id(number: int) -> str:
    """The return of the credit at a place in the list."""
    return f"return-{number:05}"


def line_facts(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Orders, lines, returns, products and accounts under credits given as for ``credits_of``.

    A line may state ``quantity`` (1 unless said), ``cost``, ``list``, ``product``, ``target_price``, ``deal``, ``service``
    (first and last day); a return ``quantity`` and ``cost``. Amounts are in ``currency``, EUR unless said.
    """
    tables: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in LINE_TABLES}
    for number, row in enumerate(rows, start=1):
        if "of" in row:
            back = {
                "amount": str(row["amount"]).removeprefix("-"),
                "quantity": row.get("quantity"),
                "cost_amount": row.get("cost"),
            }
            own = {"return_id": return_id(number), "order_line_id": line_id(row["of"]), "return_date": str(row["on"])}
            tables["returns"][return_id(number)] = {**own, **back}
        else:
            _add_line(tables, number, row)
    return {name: list(known.values()) for name, known in tables.items()}


LINE_TABLES = ("accounts", "products", "orders", "order_lines", "returns")


def _add_line(tables: dict[str, dict[str, dict[str, Any]]], number: int, row: dict[str, Any]) -> None:
    order, account, family = (
        row.get("order", line_id(number)),
        row.get("customer", "account"),
        row.get("family", "family"),
    )
    product = row.get("product", f"a {family}")
    service = row.get("service") or (None, None)
    tables["accounts"][account] = {"account_id": account, "account_name": account}
    tables["products"][product] = {
        "product_id": product,
        "product_name": product,
        "product_family": family,
        "target_price": row.get("target_price"),
    }
    tables["orders"][order] = {
        "order_id": order, "account_id": account, "order_date": str(row["on"]), "status": "confirmed",
        "currency": row.get("currency", "EUR"), "opportunity_id": row.get("deal"),
    }  # fmt: skip
    tables["order_lines"][line_id(number)] = {
        "order_line_id": line_id(number), "order_id": order, "line_number": number, "product_id": product,
        "quantity": row.get("quantity", "1"), "net_amount": row["amount"], "cost_amount": row.get("cost"),
        "list_amount": row.get("list"), "service_start": service[0], "service_end": service[1],
    }  # fmt: skip


def pay_world(
    credits: pl.DataFrame,
    *plans: Plan,
    firm: Company | None = None,
    last_day: date | None = None,
    books: Books | None = None,
    **tables: Any,
) -> Paid:
    """Pay the credits; the calendar covers 2023 to 2028."""
    firm = firm or company()
    calendar = fiscal_periods(firm.fiscal_calendar, date(2023, 7, 1), date(2028, 7, 1))
    return pay(credits, facts(**tables), plans, firm, calendar, last_day, books)


def earned_by_credit(paid: Paid, credits: pl.DataFrame) -> list[Decimal]:
    """What each credit earned over all components, in the order of the frame; 0 where nothing."""
    key = ["order_line_id", "return_id", "credit_number"]
    sums = paid.earnings.group_by(key).agg(pl.col("earned").sum())
    found = credits.select(key).join(sums, on=key, how="left", nulls_equal=True, maintain_order="left")
    return found["earned"].fill_null(Decimal(0)).to_list()


def books_of(bookings: list[dict[str, Any]], carers: dict[str, str]) -> Books:
    """Bookings given as ``{on, customer, family, amount}``, all existing business; ``carers``: customer → account manager."""
    rows = [
        {
            **dict.fromkeys(Booking.columns()),
            "order_line_id": f"booking-{number:05}", "order_id": f"booking-{number:05}", "line_number": 1, "event_date": row["on"],
            "sale_date": row["on"], "account_id": row["customer"], "customer_id": row["customer"],
            "product_id": f"a {row.get('family', 'family')}", "product_family": row.get("family", "family"),
            "order_currency": "EUR", "order_amount": row["amount"], "booked_amount": row["amount"], "relationship_number": 1,
            "relationship_start": "2020-01-01", "is_new_business": row.get("kind") == "new_business",
        }
        for number, row in enumerate(bookings, start=1)
    ]  # fmt: skip
    care = [
        {
            "account_id": customer, "role": "account_manager", "payee_id": payee, "share": None, "steps": 0,
            "valid_from": "0001-01-01", "valid_to": "9999-12-31", "found_on": customer,
        }
        for customer, payee in carers.items()
    ]  # fmt: skip
    return Books(typed(rows, Booking.dtypes()), typed(care, Carer.dtypes()))


def accounts_of(bookings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An account of each customer in bookings."""
    return [{"account_id": name, "account_name": name} for name in sorted({row["customer"] for row in bookings})]


def earned_by_component(paid: Paid, credits: pl.DataFrame, component: str) -> list[Decimal]:
    """What each credit earned in one component, in the order of the frame; 0 where nothing."""
    only = paid.earnings.filter(pl.col("component") == component)
    return earned_by_credit(dataclasses.replace(paid, earnings=only), credits)


def paid_by_credit(paid: Paid, credits: pl.DataFrame) -> list[Decimal]:
    """What each credit is paid in the currency that its plan pays in, in the order of the frame; 0 where nothing."""
    return earned_by_credit(
        dataclasses.replace(paid, earnings=paid.pay_amounts.rename({"earned": "_", "amount": "earned"})), credits
    )


def given_by_part(paid: Paid) -> dict[tuple[str, str, str], Decimal]:
    """What bonuses, pools and guarantees give: payee, component and fiscal period → amount, where it is not 0."""
    sums = paid.bonuses.group_by("payee_id", "component", "fiscal_period").agg(pl.col("amount").sum())
    return {(who, what, when): amount for who, what, when, amount in sums.rows() if amount}
