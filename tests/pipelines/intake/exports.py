"""A small clean set of exports in the contract's own form, to break on purpose."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.rules.company import Company
from schemas.rules.source import Source

CLEAN = {
    "accounts.csv": """account_id,account_name,parent_account_id,segment,country
A1,Alpha,,key,DE
A2,Beta,A1,small,DE
A3,Gamma,,small,FR
A4,Müller,,small,US
""",
    "payees.csv": """payee_id,payee_name,email,role,manager_id,currency,hire_date,termination_date
P1,Rhea Rep,rhea@example.com,sales_rep,P3,USD,2023-01-01,
P2,Amos Manager,amos@example.com,account_manager,P3,USD,2023-01-01,
P3,Max Boss,max@example.com,manager,,USD,2022-01-01,
P4,Lea Left,lea@example.com,sales_rep,P3,USD,2022-01-01,2025-06-30
""",
    "assignments.csv": """account_id,payee_id,role,valid_from,valid_to
A1,P1,sales_rep,2024-01-01,
A1,P2,account_manager,2024-01-01,2025-01-01
A1,P2,account_manager,2025-01-01,
A3,P1,sales_rep,2024-01-01,
""",
    "products.csv": """product_id,product_name,product_family
X1,Drill,Tools
X2,Oil,Supplies
""",
    "opportunities.csv": """opportunity_id,account_id,owner_id,stage,close_date,amount,currency
D1,A1,P1,closed_won,2025-01-10,1000.00,USD
D2,A3,P1,closed_won,2025-02-10,2000.00,EUR
D3,A3,P4,closed_lost,2025-02-20,10.00,EUR
""",
    "opportunity_splits.csv": """opportunity_id,payee_id,split_type,percent
D1,P1,revenue,60
D1,P4,revenue,40
""",
    "orders.csv": """order_id,account_id,opportunity_id,order_date,currency,status,version,total_amount
O1,A1,D1,2025-01-10,USD,confirmed,1,1500.00
O2,A2,,2025-02-10,USD,confirmed,1,250.50
O3,A3,D2,2025-03-10,EUR,confirmed,1,99.99
O4,A3,,2025-03-15,JPY,confirmed,1,5000
O5,A4,,2025-04-01,USD,cancelled,1,10.00
O6,A1,,2025-05-05,USD,confirmed,1,700.00
""",
    "order_lines.csv": """order_line_id,order_id,line_number,product_id,quantity,net_amount,cost_amount,unit_price
L1,O1,1,X1,10,1000.00,600.00,100.00
L2,O1,2,X2,5,500.00,100.00,100.00
L3,O2,1,X1,1,250.50,,250.50
L4,O3,1,X2,3,99.99,50.00,33.33
L5,O4,1,X1,5,5000,4000,1000
L6,O5,1,X1,1,10.00,,10.00
L7,O6,1,X1,7,700.00,420.00,100.00
""",
    "returns.csv": """return_id,order_line_id,return_date,amount
R1,L1,2025-02-01,100.00
R2,L1,2025-03-01,50.00
""",
    "fx_rates.csv": """currency,valid_from,rate
EUR,2025-01-01,1.10
EUR,2025-02-01,1.12
EUR,2025-03-01,1.08
JPY,2025-03-01,0.0067
""",
    "quotas.csv": """payee_id,measure,period,amount,currency
P1,new_business,2025,100000.00,USD
P2,growth,2025,50000.00,USD
""",
    "adjustments.csv": """adjustment_id,payee_id,period,amount,currency,reason,entered_by,approved_by,counts_to_quota
J1,P1,2025-01,-20.00,USD,Travel advance,ops,finance,false
""",
    "corrections.csv": None,
}

COMPANY = {
    "company": "Test Company",
    "currency": "USD",
    "time_zone": "Europe/Berlin",
    "starts": "2024-01-01",
    "horizon_years": "30",
    "fiscal_calendar": {"kind": "months"},
    "refusals": {"max_share_of_rows": "1", "max_share_of_money": "1"},
    "attribution": [
        {
            "version": "1", "valid_from": "2024-01-01", "decided_on": "2023-12-01", "entered_by": "a", "approved_by": "b",
            "source": "test", "win_back_months": "18", "new_business_months": "12",
        }
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Folder:
    """A company without plans."""

    company: Company
    sources: tuple[Source, ...]
    path: Path = Path("company")


@dataclass
class Exports:
    """Files to write, and the sources that read them."""

    files: dict[str, str | bytes] = field(default_factory=lambda: {name: text for name, text in CLEAN.items() if text})
    company: dict[str, Any] = field(default_factory=lambda: dict(COMPANY))
    sources: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            name.split(".")[0]: {
                "table": name.split(".")[0],
                "from": {"files": f"{name.split('.')[0]}.*", "optional": "true"},
            }
            for name in CLEAN
        }
    )
    more_sources: list[dict[str, Any]] = field(default_factory=list)

    def edit(self, name: str, old: str, new: str) -> "Exports":
        """Replace text that stands exactly once in a file."""
        text = self.files[name]
        assert isinstance(text, str)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.files[name] = text.replace(old, new)
        return self

    def folder(self) -> Folder:
        """The company as intake takes it."""
        sources = [*self.sources.values(), *self.more_sources]
        return Folder(Company.model_validate(self.company), tuple(Source.model_validate(source) for source in sources))

    def write(self, folder: Path) -> Path:
        """Write every file; gives the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder
