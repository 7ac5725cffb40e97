"""Examples on the pages about plans: plans, what the tables say, and what it earns, as tests can run them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from payout_world import (
    accounts_of,
    books_of,
    company,
    credits_of,
    earned_by_component,
    earned_by_credit,
    given_by_part,
    line_facts,
    paid_by_credit,
    pay_world,
)

from pipelines.rule_files import load_rule_file
from schemas.rules.plan import Plan

DOCS = Path(__file__).parents[3] / "docs"
PAGES = (DOCS / "plans.md", *sorted((DOCS / "plans").glob("*.md")))

FACT_OF = {
    "Payee": "payee", "Amount": "amount", "Quantity": "quantity", "Cost": "cost", "List price": "list", "Family": "family",
    "Product": "product", "Order": "order", "Deal": "deal", "Customer": "customer", "Since": "since", "Currency": "currency",
}  # fmt: skip
"""Columns of a table of credits that say what its order line states."""

BLOCK = re.compile(
    r"^```yaml\n(?P<plan>plan: [\s\S]*?)^```$|(?:^`(?P<name>\w+)`:?\n\n)?(?P<table>(?:^\|.*\|\n)+)|^(?P<heading>#+ .*)$"
    r"|^(?P<fact>(?:Quota of|Known up to|Company currency:) .*)$",
    re.MULTILINE,
)


@dataclass
class Example:
    """One or more plans, the facts they meet, and the figures that a page says they give."""

    page: str
    plans: list[str] = field(default_factory=list)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sales: list[dict[str, str]] = field(default_factory=list)
    given: list[dict[str, str]] | None = None
    sentences: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The plans' names."""
        return "+".join(re.match(r"plan: (\w+)", text)[1] for text in self.plans)

    @property
    def is_complete(self) -> bool:
        """Whether figures are given."""
        return bool(self.sales) or self.given is not None


def examples_of(page: Path) -> list[Example]:
    """The examples of one page, each up to the next plan or heading after its figures."""
    found: list[Example] = [Example(page.name)]
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["heading"] or (block["plan"] and found[-1].is_complete):
            found.append(Example(page.name))
        if block["plan"]:
            found[-1].plans.append(block["plan"])
        elif block["fact"]:
            found[-1].sentences.append(block["fact"])
        elif block["table"] and found[-1].plans:
            _take_table(found[-1], block["name"], list(_rows(block["table"])))
    return [example for example in found if example.plans]


def _rows(table: str) -> Iterator[dict[str, str]]:
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()]
    for cells in lines[2:]:
        yield dict(zip(lines[0], cells, strict=True))


def _take_table(example: Example, name: str | None, rows: list[dict[str, str]]) -> None:
    if name:
        example.facts[name] = [{key: value or None for key, value in row.items()} for row in rows]
    elif "Earns" in rows[0]:
        example.sales = rows
    elif "Pays" in rows[0]:
        example.given = rows


def ran(example: Example, folder: Path) -> None:
    """Run an example; every figure of the page is asserted.

    Raises:
        AssertionError: a figure is another one.
    """
    plans = [_plan(text, folder) for text in example.plans]
    sales = [_sale(row) for row in example.sales]
    credits = credits_of(sales)
    tables = _tables(example, plans, sales)
    told = "\n".join(example.sentences)
    paid = pay_world(
        credits,
        *plans,
        firm=_company(told),
        last_day=_last_day(told),
        books=_books(tables.pop("bookings", None)),
        **tables,
    )
    if sales:
        assert earned_by_credit(paid, credits) == [Decimal(row["Earns"]) for row in example.sales]
        for column in (name for name in example.sales[0] if name.startswith("`")):
            expected = [Decimal(row[column] or 0) for row in example.sales]
            assert earned_by_component(paid, credits, column.strip("`")) == expected, column
    if sales and "Paid" in example.sales[0]:
        assert paid_by_credit(paid, credits) == [Decimal(row["Paid"]) for row in example.sales]
    given = {(row.get("Payee", "rep"), row["Part"], row["Period"]): Decimal(row["Pays"]) for row in example.given or []}
    assert given_by_part(paid) == {key: amount for key, amount in given.items() if amount}


def _plan(text: str, folder: Path) -> Plan:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rule_file(path, Plan)


def _sale(row: dict[str, str]) -> dict[str, Any]:
    """A credit as ``credits_of`` and ``line_facts`` take it."""
    back = re.fullmatch(r"return of (\d+)", row["Credit"])
    given = {fact: row[column] for column, fact in FACT_OF.items() if row.get(column)}
    if row.get("Service"):
        given["service"] = tuple(row["Service"].split(" to "))
    return {"on": row["Date"], **given, **({"of": int(back[1])} if back else {"kind": row["Credit"]})}


def _tables(example: Example, plans: list[Plan], sales: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    role = next((plan.for_roles[0] for plan in plans if plan.for_roles), "sales_rep")
    payees = sorted({sale.get("payee", "rep") for sale in sales}) or ["rep"]
    told = "\n".join(example.sentences)
    quotas = [
        {"measure": measure, "payee_id": who or "rep", "period": period, "amount": amount}
        for measure, who, period, amount in re.findall(r"Quota of (\w+)(?: of (\w+))? for ([\w-]+): ([\d.]+)", told)
    ]
    lines = line_facts(sales)
    known = {row["product_id"] for row in example.facts.get("products", [])}
    products = [row for row in lines["products"] if row["product_id"] not in known]
    return {
        "payees": [{"payee_id": payee, "role": role} for payee in payees],
        "quotas": quotas,
        **lines,
        **example.facts,
        "products": [*example.facts.get("products", []), *products],
        "accounts": [*lines["accounts"], *accounts_of(example.facts.get("bookings", []))],
    }


def _company(told: str) -> Any:
    currency = re.search(r"Company currency: ([A-Z]{3})", told)
    return company(currency=currency[1]) if currency else company()


def _last_day(told: str) -> date | None:
    known = re.search(r"Known up to (\d{4}-\d\d-\d\d)", told)
    return date.fromisoformat(known[1]) if known else None


def _books(bookings: list[dict[str, Any]] | None) -> Any:
    """Bookings of customers whom ``rep`` looks after, unless ``payee`` says another."""
    if bookings is None:
        return None
    return books_of(bookings, {row["customer"]: row.get("payee") or "rep" for row in bookings})


def all_examples() -> list[Example]:
    """Those of every page."""
    return [example for page in PAGES for example in examples_of(page)]


def whole_text() -> str:
    """All pages about plans."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
