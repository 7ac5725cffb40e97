"""Small worlds for tests: a few words of YAML or Python become every contract table, typed and complete."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from schemas.contract import CONTRACT
from schemas.rules.attribution import AttributionPolicy
from schemas.rules.company import Company

FOREVER_AGO = date(2000, 1, 1)


def policy(**changes: Any) -> AttributionPolicy:
    """The default attribution policy, with changes."""
    given = {
        "version": "1", "valid_from": FOREVER_AGO, "decided_on": FOREVER_AGO, "entered_by": "a", "approved_by": "b",
        "source": "test", "win_back_months": 18, "new_business_months": 12,
    }  # fmt: skip
    return AttributionPolicy.model_validate({**given, **changes})


def company(**changes: Any) -> Company:
    """A company in euro with calendar years, with changes; ``policies`` lists changes of each policy version."""
    policies = [policy(**one) for one in changes.pop("policies", [{}])]
    given = {
        "company": "Test", "currency": "EUR", "time_zone": "UTC", "starts": date(2020, 1, 1),
        "fiscal_calendar": {"kind": "months"}, "attribution": policies,
    }  # fmt: skip
    return Company.model_validate({**given, **changes})


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a contract table: what is not given is null, text becomes the column's type exactly."""
    contract = CONTRACT[name]
    known = set(contract.columns())
    unknown = {key for row in rows for key in row} - known
    assert not unknown, f"{name} has no column {unknown}"
    columns = {
        column: pl.Series(column, [_typed(row.get(column), dtype) for row in rows], dtype=dtype, strict=True)
        for column, dtype in contract.dtypes().items()
        if column not in ("source_file", "source_line")
    }
    frame = pl.DataFrame(columns) if rows else contract.empty_frame().drop("source_file", "source_line")
    located = frame.with_columns(
        source_file=pl.lit(f"{name}.csv", dtype=pl.Categorical),
        source_line=pl.int_range(2, pl.len() + 2, dtype=pl.UInt32),
    )
    return contract.validate(located.select(contract.columns()))


def _typed(value: Any, dtype: Any) -> Any:
    if value is None:
        return None
    if isinstance(dtype, pl.Decimal):
        return Decimal(str(value))
    if dtype == pl.Date and isinstance(value, str):
        return date.fromisoformat(value)
    return value


def facts(**tables: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """Every contract table; those not given are empty."""
    return {name: table(name, tables.get(name, [])) for name in CONTRACT}


def small_world(
    orders: list[dict[str, Any]], returns: list[dict[str, Any]] = (), accounts: list[Any] = ("A",), payees: list[Any] = ("R1", "R2", "R3", "M1"),
    assignments: list[list[Any]] = (), **more: list[dict[str, Any]],
) -> dict[str, pl.DataFrame]:  # fmt: skip
    """Facts from short forms.

    ``accounts``: ids or rows. ``payees``: ids (M… are account managers, all others sales representatives) or rows.
    ``assignments``: ``[account, payee, role, from, to?]``. ``orders``: ``{id, account?, date, lines: [amount | {…}], …}``;
    the line ids are ``<order>-1``, …, the product is its family. ``returns``: ``{id, line, date, amount}``.
    """
    if "opportunities" in more:
        more["opportunities"] = [{"account_id": "A", **deal} for deal in more["opportunities"]]
    lines = [_line(order, number, line) for order in orders for number, line in enumerate(order["lines"], start=1)]
    families = sorted({line.pop("family") for line in lines})
    return facts(
        accounts=[one if isinstance(one, dict) else {"account_id": one} for one in accounts],
        payees=[one if isinstance(one, dict) else _payee(one) for one in payees],
        assignments=[dict(zip(("account_id", "payee_id", "role", "valid_from", "valid_to"), one, strict=False)) for one in assignments],
        products=[{"product_id": family, "product_family": family} for family in families],
        orders=[_order(order) for order in orders],
        order_lines=lines,
        returns=[{"return_id": one["id"], "order_line_id": one["line"], "return_date": one["date"], "amount": one["amount"]} for one in returns],
        **more,
    )  # fmt: skip


def _payee(payee_id: str) -> dict[str, Any]:
    role = "account_manager" if payee_id.startswith("M") else "sales_rep"
    return {"payee_id": payee_id, "payee_name": payee_id, "role": role, "currency": "EUR"}


def _order(order: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in order.items() if key not in ("id", "account", "date", "lines")}
    return {
        "order_id": order["id"], "account_id": order.get("account", "A"), "order_date": order["date"], "currency": "EUR",
        "status": "confirmed", **given,
    }  # fmt: skip


def _line(order: dict[str, Any], number: int, line: Any) -> dict[str, Any]:
    given = dict(line) if isinstance(line, dict) else {"net_amount": line}
    family = given.pop("family", "F")
    return {
        "order_line_id": f"{order['id']}-{number}", "order_id": order["id"], "line_number": number, "product_id": family,
        "quantity": 1, "family": family, **given,
    }  # fmt: skip
