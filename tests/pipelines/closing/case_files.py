"""Cases of the close as a controller writes them, and the exports and rule files that they stand for.

Several cases share one company: every id of a case gets its own prefix, so each is also a neighbour that must not matter.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from schemas.contract import CONTRACT

CASES = Path(__file__).parent / "cases"
SHORT = {
    "order": "order_id", "account": "account_id", "payee": "payee_id", "return": "return_id", "line": "order_line_id",
    "deal": "opportunity_id", "product": "product_id", "invoice": "invoice_id", "payment": "payment_id", "from": "valid_from",
    "to": "valid_to", "hired": "hire_date", "left": "termination_date", "manager": "manager_id", "owner": "owner_id",
    "rep": "sales_rep_id", "family": "product_family", "name": "payee_name", "draw": "draw_amount", "cancelled": "cancelled_date",
    "parent": "parent_account_id",
}  # fmt: skip
"""What a case may call a contract column."""

OWN = {"orders": {"date": "order_date", "amount": "net_amount"}, "returns": {"date": "return_date"}}
EVERYWHERE = {
    "orders": {"account_id": "A", "currency": "EUR", "status": "confirmed", "product_id": "X", "quantity": "1"},
    "payees": {"role": "sales_rep", "currency": "EUR", "hire_date": "2020-01-01"},
    "accounts": {"account_name": "Acme"},
    "products": {"product_name": "Thing", "product_family": "things"},
    "assignments": {"role": "sales_rep", "valid_from": "2020-01-01"},
    "plan_assignments": {"valid_from": "2020-01-01"},
    "quotas": {"measure": "new_business", "currency": "EUR", "set_by": "a", "approved_by": "b"},
    "opportunities": {"account_id": "A", "stage": "won"},
    "opportunity_splits": {"split_type": "revenue"},
}
"""What a row says where its case says nothing."""

REQUIRED = ("accounts", "payees", "products", "orders", "order_lines")
QUARTERS = [f"{year}-Q{number}" for year in (2025, 2026) for number in (1, 2, 3, 4)]
COMPANY = {
    "company": "Small", "currency": "EUR", "time_zone": "Europe/Berlin", "starts": "2025-01-01",
    "fiscal_calendar": {"kind": "months", "year_starts": 1}, "refusals": {"max_share_of_rows": "0.5", "max_share_of_money": "0.5"},
    "attribution": [
        {"version": "1", "valid_from": "2020-01-01", "decided_on": "2019-12-01", "entered_by": "a", "approved_by": "b",
         "source": "§1", "new_business_months": 12, "win_back_months": 18}
    ],
}  # fmt: skip
VERSION = {
    "version": "1", "valid_from": "2020-01-01", "decided_on": "2019-12-01", "entered_by": "a", "approved_by": "b",
    "source": {"title": "Plan"},
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Case:
    """One case: its rule, its key (the prefix of its ids), and its steps."""

    key: str
    rule: str
    given: dict

    @property
    def steps(self):
        return self.given["steps"]

    @property
    def firm(self):
        """What its company says otherwise; cases with the same share a company, one that says ``alone`` has its own."""
        alone = [self.key] if self.given.get("alone") else []
        return json.dumps([self.given.get("company", {}), alone], sort_keys=True, default=str)

    @property
    def tables(self):
        """The contract tables that it fills."""
        own = ["quotas"] if "quota" in self.given else []
        return {
            *REQUIRED,
            "assignments",
            "plan_assignments",
            *own,
            *(name for step in self.steps for name in step if name in CONTRACT),
        }

    @property
    def plans(self):
        """The plans that it names."""
        rows = [row for step in self.steps for row in rows_of(step.get("plan_assignments", "plan"))]
        return {self.given.get("plan", "flat_10"), *(row["plan"] for row in rows)}

    def own(self, name):
        """An id, in the case's own room."""
        return f"{self.key}-{name}" if name else name

    def bare(self, name):
        """An id as the case writes it."""
        return name.removeprefix(f"{self.key}-") if name else ""


def read_cases():
    """Every case of the folder, in order of file and place."""
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for number, given in enumerate(_read(path) if path.stem != "plans" else (), 1):
            found.append(Case(f"{path.stem[0]}{number:02}", given["rule"], given))
    assert len({case.key for case in found}) == len(found)
    return found


def rows_of(text):
    """The rows of a table drawn with bars, its first line the header."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    assert all(len(line) == len(lines[0]) for line in lines), text
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


class Exports:
    """The export files of one case: what its nights said so far."""

    def __init__(self, case):
        self.case = case
        plan = case.given.get("plan", "flat_10")
        self.tables = {
            "accounts": [{"account": "A"}],
            "products": [{"product": "X"}],
            "payees": [{"payee": "R1"}],
            "orders": [],
        }
        self.tables |= {"assignments": [{"account": "A", "payee": "R1"}]}
        self._plan, self._quota, self.begun = plan, case.given.get("quota"), False

    def say(self, step):
        """Take over the tables that a step names; the others stay as they were."""
        self.begun = True
        self.tables |= {name: rows_of(text) for name, text in step.items() if name in CONTRACT}

    def contract(self):
        """Rows of contract tables, ids in the case's own room; none before its first night."""
        if not self.begun:
            return {}
        tables = dict(self.tables)
        people = list(dict.fromkeys(row["payee"] for row in tables["payees"]))
        tables.setdefault("plan_assignments", [{"payee": payee, "plan": self._plan} for payee in people])
        if self._quota:
            quarters = [
                {"payee": payee, "period": period, "amount": self._quota} for payee in people for period in QUARTERS
            ]
            tables.setdefault("quotas", quarters)
        whole = {name: [self._whole(name, row) for row in rows] for name, rows in tables.items()}
        whole["order_lines"] = self._lines(whole["orders"])
        return {name: [self._placed(name, row) for row in rows] for name, rows in whole.items()}

    def _whole(self, table, row):
        long = {OWN.get(table, {}).get(name, SHORT.get(name, name)): value for name, value in row.items()}
        if table == "payees":
            long.setdefault("payee_name", f"Seller {self.case.key} {long['payee_id']}")
        return {**EVERYWHERE.get(table, {}), **long}

    def _lines(self, orders):
        """One line for each row of the orders table; an order with several rows has several lines."""
        numbers, lines = {}, []
        for row in orders:
            number = numbers[row["order_id"]] = numbers.get(row["order_id"], 0) + 1
            lines.append({**row, "line_number": str(number), "order_line_id": f"{row['order_id']}-{number}"})
        return lines

    def _placed(self, table, row):
        fields = CONTRACT[table].fields()
        unknown = [name for name in row if name not in fields and table not in ("orders", "order_lines")]
        assert not unknown, f"{self.case.rule}: {table} has no column {unknown}"
        kept = {name: value for name, value in row.items() if name in fields}
        return {name: self.case.own(value) if fields[name]["kind"] == "id" else value for name, value in kept.items()}


def write_exports(folder, exports):
    """The exports of all cases, one file a table; a table that none of them has is not there."""
    tables = {name: [] for name in REQUIRED}
    for one in exports:
        for name, rows in one.contract().items():
            tables.setdefault(name, []).extend(rows)
    for name, rows in tables.items():
        columns = [column for column in CONTRACT[name].fields() if any(column in row for row in rows)]
        unique = list({tuple(row.get(column, "") for column in columns): None for row in rows})
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([columns, *unique])


def write_company(folder, changes, tables, plans):
    """company.yaml, a source for each of the contract tables, and the plans by name."""
    for name in ("sources", "plans"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "company.yaml").write_text(yaml.safe_dump({**COMPANY, **changes}))
    for table in tables:
        source = {"table": table, "from": {"files": f"{table}.csv", "optional": table not in REQUIRED}}
        (folder / "sources" / f"{table}.yaml").write_text(yaml.safe_dump(source))
    for name, said in plans.items():
        write_plan(folder, name, said)


def write_plan(folder, name, said):
    """A plan file: what a case says of it, and what every plan has."""
    given = dict(said)
    versions = given.pop("versions", None) or [{key: given.pop(key) for key in PARTS if key in given}]
    whole = {
        "plan": name,
        "label": name,
        "currency": "EUR",
        **given,
        "versions": [{**VERSION, **one} for one in versions],
    }
    (folder / "plans" / f"{name}.yaml").write_text(yaml.safe_dump(whole, sort_keys=False).replace("'null'", "null"))


PARTS = ("components", "bonuses", "pools", "guarantee", "settlement")


def read_plans():
    """The plans that the cases are on, by name."""
    return _read(CASES / "plans.yaml")


def _read(path):
    """Every scalar as the text that it is written as."""
    return yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506  # builds nothing but texts, lists and mappings
