"""Components that could have taken a credit and did not, each with the reason: those of its payee, and overrides above them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

import polars as pl

from compensation.explanation.node import Row, Tables, name_of, one_of, rows_of
from schemas.core.attribution import REVENUE_TYPES
from schemas.rules.component import Component
from schemas.rules.plan import Plan

WHOSE = {"direct_reports": "direct reports", "team": "everybody below"}

Taken = Collection[tuple[str, str]]
"""Who had an earning of which component: payee id and component."""


def takes_not(credit: Row, tables: Tables, plans: Sequence[Plan], taken: Taken) -> list[tuple[str, str]]:
    """What did not take a credit, as label and reason: components of its payee's plan, then overrides of their managers.

    Plans, managers and versions are those of the day of the sale, which decides what takes a credit and its returns.

    Args:
        credit: Row of ``credits``.
        tables: Result and contract tables.
        plans: All plans.
        taken: Who was paid on it, by which component.
    """
    own = [(part.label, reason) for part, reason in _of_payee(credit, tables, plans, taken)]
    return [*own, *_of_managers(credit, tables, plans, taken)]


def would_not_take(
    credit: Row, payee_id: str, tables: Tables, plans: Sequence[Plan]
) -> tuple[list[str], list[tuple[str, str]]]:
    """What of somebody's plan would take such a credit, were it theirs; and what would not, as label and reason.

    Args:
        credit: Row of ``credits``, whoever has it.
        payee_id: Whose plan is asked.
        tables: Result and contract tables.
        plans: All plans.
    """
    left = list(_of_payee({**credit, "payee_id": payee_id}, tables, plans, ()))
    names = {part.component for part, _ in left}
    every = _components(payee_id, credit["sale_date"], tables, plans)
    return [part.label for part in every if part.component not in names], [(part.label, why) for part, why in left]


def _of_payee(credit: Row, tables: Tables, plans: Sequence[Plan], taken: Taken) -> Iterator[tuple[Component, str]]:
    payee, day = credit["payee_id"], credit["sale_date"]
    for part in _components(payee, day, tables, plans):
        measure = part.measure
        if (payee, part.component) in taken:
            continue
        if measure.whose != "own" and measure.own_deals != "included":
            yield part, f"it takes what {WHOSE[measure.whose]} sell, and this is an own deal"
        elif reason := _reason(part, credit, tables):
            yield part, reason


def _of_managers(credit: Row, tables: Tables, plans: Sequence[Plan], taken: Taken) -> Iterator[tuple[str, str]]:
    for distance, manager in enumerate(managers_of(credit["payee_id"], credit["sale_date"], tables), start=1):
        for part in _components(manager, credit["sale_date"], tables, plans):
            if part.measure.whose == "own" or (manager, part.component) in taken:
                continue
            reason = _reason_of_override(part, credit, tables, manager, distance)
            if reason:
                yield f"{part.label} of {name_of(tables, manager)}", reason


def _reason_of_override(part: Component, credit: Row, tables: Tables, manager: str, distance: int) -> str | None:
    last_day = one_of(tables, "payees", payee_id=manager).get("termination_date")
    if last_day and last_day < credit["sale_date"]:
        return f"the last day of service was {last_day}, and this is a sale of {credit['sale_date']}"
    if part.measure.whose == "direct_reports" and distance > 1:
        return f"it takes the credits of direct reports, and {name_of(tables, credit['payee_id'])} reports to somebody in between"
    if reason := _reason(part, credit, tables):
        return reason
    if part.measure.base == "commission":
        return f"it takes commission, and {name_of(tables, credit['payee_id'])} earned none on this credit"
    return None


def _reason(part: Component, credit: Row, tables: Tables) -> str | None:
    """Why a component leaves out this kind of credit; nothing where it takes it."""
    measure, only = part.measure, part.measure.only
    key = {name: credit[name] for name in ("order_line_id", "return_id")}
    family = one_of(tables, "bookings", **key).get("product_family")
    line = one_of(tables, "order_lines", order_line_id=credit["order_line_id"])
    if credit["motion"] not in measure.credits and credit["sub_motion"] not in measure.credits:
        return f"it takes {', '.join(measure.credits)}"
    if part.dates and not part.dates.first <= credit["sale_date"] < part.dates.end:
        return f"it takes sales from {part.dates.first} to before {part.dates.end}, and this one is of {credit['sale_date']}"
    if only and only.product_family and family not in only.product_family:
        return f"it takes product family {', '.join(only.product_family)} only, and this is {family}"
    types = (only.credit_type if only else ()) or REVENUE_TYPES
    if credit["credit_type"] not in types:
        return f"it takes {', '.join(types)} credits only, and this is {credit['credit_type']}"
    if only and only.first_order and credit["sale_date"] != credit["relationship_start"]:
        return f"it takes a customer's first order only, and this customer began on {credit['relationship_start']}"
    below_cost = (line.get("cost_amount") or 0) > (line.get("net_amount") or 0)
    return "it ignores sales below cost" if measure.below_cost == "ignored" and below_cost else None


def _components(payee_id: str, day: date, tables: Tables, plans: Sequence[Plan]) -> Iterator[Component]:
    """Components of the version in force of the plan that somebody is on: the assigned one, else that of their role."""
    for plan in plans_of(payee_id, day, tables, plans):
        version = plan.version_on(day)
        yield from version.components if version else ()


def plans_of(payee_id: str, day: date, tables: Tables, plans: Sequence[Plan]) -> list[Plan]:
    """The plans that somebody is on, on a day: those assigned to them, else those of their role."""
    assigned = [
        row["plan"] for row in rows_of(tables, "plan_assignments", payee_id=payee_id)
        if (row["valid_from"] is None or row["valid_from"] <= day) and (row["valid_to"] is None or day < row["valid_to"])
    ]  # fmt: skip
    if assigned:
        return [plan for plan in plans if plan.plan in assigned]
    role = str(payee_on(payee_id, day, tables).get("role", ""))
    return [plan for plan in plans if role in plan.for_roles]


def managers_of(payee_id: str, day: date, tables: Tables) -> list[str]:
    """Who somebody reports to on a day, and whom those report to, from the nearest upwards."""
    found: list[str] = []
    manager = payee_on(payee_id, day, tables).get("manager_id")
    while manager and manager not in found:
        found.append(manager)
        manager = payee_on(manager, day, tables).get("manager_id")
    return found


def payee_on(payee_id: str, day: date, tables: Tables) -> Row:
    """The row of ``payees`` that holds on a day; an empty one where there is none."""
    if "payees" not in tables:
        return {}
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= day)
    rows = tables["payees"].filter(pl.col("payee_id") == payee_id, begun).sort("valid_from", nulls_last=False).collect()
    return rows.row(-1, named=True) if rows.height else {}
