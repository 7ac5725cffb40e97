"""A company of one seller whose exports are written by the test, night for night, and closed month for month."""

import csv
import hashlib
from datetime import date
from decimal import Decimal

from pipelines.closing import close_draft, prepare, write_draft
from pipelines.company_folder import load_company
from pipelines.ledger import Person, ledger_address, open_ledger
from pipelines.store import Store

PREPARER, REVIEWER, APPROVER, CLOSER = (Person(name) for name in ("p.meyer", "k.ito", "c.roth", "d.hahn"))
TODAY = date(2027, 6, 1)
TABLES = (
    "accounts",
    "payees",
    "products",
    "assignments",
    "orders",
    "order_lines",
    "returns",
    "plan_assignments",
    "quotas",
)

COMPANY = """
company: Small
currency: EUR
time_zone: Europe/Berlin
starts: 2025-12-01
fiscal_calendar: {kind: months, year_starts: 1}
attribution:
  - {version: "1", valid_from: 2025-01-01, decided_on: 2024-12-01, entered_by: a, approved_by: b, source: "§1", new_business_months: 12, win_back_months: 18}
"""
PLAN = """
plan: sales
label: Sales
currency: EUR
versions:
  - version: "1"
    valid_from: 2025-01-01
    decided_on: 2024-12-01
    entered_by: a
    approved_by: b
    source: {title: "Plan"}
    components:
      - component: commission
        label: Commission
        measure: {credits: [new_business, retention, growth], of: revenue, positions: together}
        window: quarter
        clawback: as_corrected
"""
FLAT = PLAN + "        curve: {shape: flat, rate: 10%}\n"
QUOTA = (
    PLAN
    + """        quota: {measure: new_business}
        curve:
          shape: marginal
          of: attainment
          tiers:
            - {from: 0%, to: 100%, rate: 5%}
            - {from: 100%, to: null, rate: 8%}
"""
)


class World:
    """A company folder, its exports, and a store."""

    def __init__(self, root, plan=FLAT, address=None):
        self.company, self.exports, self.store = root / "company", root / "exports", Store.at(root / "store")
        for folder in (self.company / "sources", self.company / "plans", self.exports):
            folder.mkdir(parents=True)
        (self.company / "company.yaml").write_text(COMPANY)
        (self.company / "plans" / "sales.yaml").write_text(plan)
        for table in TABLES:
            (self.company / "sources" / f"{table}.yaml").write_text(f"table: {table}\nfrom: {{files: {table}.csv}}\n")
        self.store.prepare()
        self.ledger = open_ledger(address or ledger_address(self.store.root, {}))

    def export(self, orders, returns=(), owner="R1", quota="100000.00"):
        """What the source systems say tonight. ``orders``: ``{id: (date, amount)}``; ``returns``: ``(id, order, date, amount)``."""
        self._write("accounts", "account_id,account_name", [("A", "Acme")])
        people = [(payee, f"Seller {payee}", "sales_rep", "EUR", "2020-01-01") for payee in ("R1", "R2")]
        self._write("payees", "payee_id,payee_name,role,currency,hire_date", people)
        self._write("products", "product_id,product_name,product_family", [("X", "Thing", "things")])
        self._write("assignments", "account_id,payee_id,role,valid_from", [("A", owner, "sales_rep", "2025-01-01")])
        dated = [(order, "A", day, "EUR", "confirmed") for order, (day, _) in orders.items()]
        self._write("orders", "order_id,account_id,order_date,currency,status", dated)
        lines = [(f"{order}-1", order, 1, "X", 1, amount) for order, (_, amount) in orders.items()]
        self._write("order_lines", "order_line_id,order_id,line_number,product_id,quantity,net_amount", lines)
        back = [(name, f"{order}-1", day, amount) for name, order, day, amount in returns]
        self._write("returns", "return_id,order_line_id,return_date,amount", back)
        self._write(
            "plan_assignments", "payee_id,plan,valid_from", [(payee, "sales", "2025-01-01") for payee in ("R1", "R2")]
        )
        quotas = [(payee, "new_business", f"{year}-Q{number}", quota, "EUR", "a", "b") for payee in ("R1", "R2") for year in (2025, 2026) for number in (1, 2, 3, 4)]  # fmt: skip
        self._write("quotas", "payee_id,measure,period,amount,currency,set_by,approved_by", quotas)

    def prepared(self, period=None):
        """The open period as tonight's exports have it."""
        return prepare(load_company(self.company), self.exports, self.store, self.ledger, period)

    def lines(self):
        """What the open period would post: ``(earning period, kind, line, amount)``."""
        rows = self.prepared().proposals.select("earning_period", "kind", "return_id", "order_line_id", "amount").rows()
        return [(period, kind, back or line, amount) for period, kind, back, line, amount in rows]

    def submit(self, period):
        """Put the draft aside and have it signed by two more people."""
        draft = write_draft(self.prepared(period), self.store, TODAY)
        self.ledger.calculated(draft.content, PREPARER)
        self.ledger.review(period, draft.content.hash, REVIEWER, draft.interested)
        self.ledger.approve(period, draft.content.hash, APPROVER, draft.interested)
        return draft

    def close(self, *periods):
        """Close periods, one after the other, with tonight's exports."""
        for period in periods:
            self.submit(period)
            closing = close_draft(self.store, self.ledger, period, CLOSER, today=TODAY)
        return closing

    def posted(self, period=None, *kinds):
        """Amounts posted on a period, or on all: earnings and corrections, or of the kinds given."""
        rows = self.ledger.postings(period)
        return rows.filter(rows["kind"].is_in(kinds or ("earning", "correction")))["amount"].to_list()

    def bytes_of_closed(self):
        """SHA-256 of every sealed file and of every issued statement of a closed period."""
        closed = [one.period for one in self.ledger.closings()]
        roots = [folder / period for folder in (self.store.root / "closed", self.store.statements) for period in closed]
        return {
            path.relative_to(self.store.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for root in roots
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def _write(self, table, header, rows):
        with (self.exports / f"{table}.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([header.split(","), *rows])


def euro(text):
    """An exact amount."""
    return Decimal(text)
