"""Write the demo company's exports, the same bytes every time: ``python examples/demo/make_exports.py [FOLDER]``.

The CRM writes as a German one does (windows-1252, semicolons, decimal comma, dates as 31.12.2026, last days
included), the ERP as ISO CSV, one file a year, and finance keeps its quotas in a workbook. The story is told
in ``story.py``; this file adds the monthly orders of the small customers and a few records that are broken
on purpose. Draws come from a hash of what is drawn for, so that no library version can move them.
"""

import csv
import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import story
from openpyxl import Workbook

SEED = "lindenau-1"
MONTHS = [(year, month) for year in (2025, 2026) for month in range(1, 13) if (year, month) <= (2026, 10)]
SMALL_BASKET = (("C-100", 250), ("C-200", 500), ("S-100", 1_000), ("I-100", 4_000))
MADE_ON = datetime(2026, 11, 2, 6, 0)  # noqa: DTZ001  a workbook keeps no time zone

Row = Sequence[str]


def draw(below: int, *about: object) -> int:
    """A number from 0 up to, not including, ``below`` that depends only on the seed and what it is drawn for."""
    text = "/".join(str(part) for part in (SEED, *about))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % below


def small_orders() -> list[story.Order]:
    """Orders of the small customers, month by month, numbered in order of date and customer."""
    drawn = sorted(
        (date(year, month, 1 + draw(28, "day", account, year, month)).isoformat(), account, rep)
        for account, _name, rep in story.SMALL_CUSTOMERS
        for year, month in MONTHS
        if draw(100, "orders", account, year, month) < 72  # noqa: PLR2004  about three months in four
    )
    return [
        story.Order(str(50_001 + index), day, account, small_basket(account, day), rep=named(account, day, rep))
        for index, (day, account, rep) in enumerate(drawn)
    ]


def small_basket(account: str, day: str) -> tuple[tuple[str, int, str], ...]:
    """One or two items of what small customers buy."""
    lines = []
    for position in range(1 + draw(2, "lines", account, day)):
        item, price = SMALL_BASKET[draw(len(SMALL_BASKET), "item", account, day, position)]
        pieces = 1 if price >= 4_000 else 1 + draw(4, "pieces", account, day, position)  # noqa: PLR2004
        lines.append((item, pieces, f"{pieces * price}.00"))
    return tuple(lines)


def named(account: str, day: str, rep: str) -> str:
    """The representative whom order entry wrote on the order: every other time nobody."""
    carer = "R105" if account == "20007" and day >= "2026-03-01" else rep
    return carer if draw(2, "named", account, day) else ""


def unit_of(currency: str) -> str:
    """How an amount of nothing looks in a currency."""
    return "0" if currency == "JPY" else "0.00"


def order_rows(orders: Iterable[story.Order]) -> list[Row]:
    """Order headers as the ERP exports them."""
    return [
        (o.order_id, o.date, o.account, o.rep, o.deal, o.agreement, o.currency, o.status, o.cancelled) for o in orders
    ]


def line_rows(orders: Iterable[story.Order]) -> list[Row]:
    """Order positions as the ERP exports them, numbered 10, 20, …; cost is three fifths of the price."""
    rows: list[Row] = []
    for order in orders:
        for index, (item, pieces, amount) in enumerate(order.lines, start=1):
            rows.append((order.order_id, str(10 * index), item, str(pieces), amount, cost_of(amount)))
    return rows


def cost_of(amount: str) -> str:
    """Three fifths of the price, exact because prices are round; empty where the price cannot be read."""
    whole, _, cents = amount.partition(".")
    if not whole.isdigit():
        return ""
    return f"{int(whole) * 3 // 5}.00" if cents else str(int(whole) * 3 // 5)


def delimited(header: Row, rows: Iterable[Row], delimiter: str = ",", broken: Sequence[str] = ()) -> str:
    """A text file with a header; ``broken`` lines are appended as they stand."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue() + "".join(f"{line}\r\n" for line in broken)


def crm_files() -> dict[str, bytes]:
    """What the CRM exports: semicolons, decimal comma, German dates, windows-1252."""
    accounts = [
        *story.ACCOUNTS,
        *((number, name, "", "small", "DE", "EUR") for number, name, _rep in story.SMALL_CUSTOMERS),
    ]
    team = [
        *story.TEAM,
        *(
            (number, rep, "Account Owner", "01.01.2025", "")
            for number, _n, rep in story.SMALL_CUSTOMERS
            if number != "20007"
        ),
    ]
    users = [(*user[:2], mail_of(user[1]), *user[2:]) for user in story.USERS]
    files = {
        "crm_accounts": (("Account Number", "Account Name", "Parent", "Segment", "Country", "Currency"), accounts),
        "crm_users": (("User", "Full Name", "E-Mail", "Title", "Manager", "Hired", "Last Day"), users),
        "crm_account_team": (("Account Number", "User", "Team Role", "From", "Until"), team),
        "crm_key_accounts": (("Account Number", "From", "Until"), story.KEY_ACCOUNTS),
        "crm_deals": (
            (
                "Deal",
                "Account Number",
                "Owner",
                "Stage",
                "Close Date",
                "Lead Source",
                "Type",
                "Amount",
                "Currency",
                "Lost Because",
            ),
            story.DEALS,
        ),
        "crm_deal_splits": (("Deal", "User", "Kind", "Percent"), story.SPLITS),
        "crm_contacts": (("Contact", "Account Number", "Buying Role", "Last Contact"), story.CONTACTS),
        "crm_account_plans": (
            ("Account Number", "Family", "Year", "Revenue Target", "Margin Target"),
            story.ACCOUNT_PLANS,
        ),
        "crm_account_actions": (("Action", "Account Number", "What", "Owner", "Due", "State"), story.ACCOUNT_ACTIONS),
    }
    return {f"{name}.csv": delimited(header, rows, ";").encode("cp1252") for name, (header, rows) in files.items()}


def mail_of(name: str) -> str:
    """The e-mail address of a user."""
    plain = name.lower().replace(" ", ".").replace("á", "a")
    return f"{plain}@lindenau.example"


def erp_files() -> dict[str, bytes]:
    """What the ERP exports: ISO dates, decimal point, commas, UTF-8, one file a year for orders and positions."""
    files: dict[str, str] = {}
    for year in ("2025", "2026"):
        orders = [order for order in (*story.ORDERS, *small_orders()) if order.date.startswith(year)]
        orders.sort(key=lambda order: (order.date, order.order_id))
        header = (
            "Order",
            "Date",
            "Customer",
            "Taken By",
            "CRM Deal",
            "Agreement",
            "Currency",
            "Status",
            "Cancelled On",
        )
        files[f"erp_orders_{year}"] = delimited(header, order_rows(orders), broken=BROKEN_ORDERS.get(year, ()))
        lines = line_rows(orders)
        repeated = [",".join(row) for row in lines if year == "2026" and row[0] == "30505"]
        header = ("Order", "Position", "Item", "Pieces", "Net", "Cost")
        files[f"erp_positions_{year}"] = delimited(header, lines, broken=(*repeated, *BROKEN_POSITIONS.get(year, ())))
    rates = [(code, day, rate) for day, usd, jpy in story.RATES for code, rate in (("USD", usd), ("JPY", jpy))]
    items = [(item, name, family, f"{price}.00", f"{cost}.00") for item, name, family, price, cost in story.ITEMS]
    others = {
        "erp_credit_notes": (("Credit Note", "Order", "Position", "Date", "Amount", "Pieces"), story.CREDIT_NOTES),
        "erp_items": (("Item", "Name", "Family", "List Price", "Unit Cost"), items),
        "erp_rates": (("Currency", "From", "EUR per Unit"), rates),
        "erp_agreements": (
            ("Agreement", "Customer", "Family", "From", "To", "Annual Value", "Currency"),
            story.AGREEMENTS,
        ),
        "hr_plan_assignments": (("payee_id", "plan", "valid_from", "valid_to"), story.PLAN_ASSIGNMENTS),
        "corrections": (
            ("correction_id", "table", "key", "column", "value", "reason", "entered_by"),
            story.CORRECTIONS,
        ),
    }
    files |= {name: delimited(header, rows) for name, (header, rows) in others.items()}
    return {f"{name}.csv": text.encode() for name, text in files.items()}


BROKEN_ORDERS = {"2026": ("30956,2026-09-02,20010",)}  # cut off in the middle: its position is held back with it
BROKEN_POSITIONS = {"2026": ("30956,10,S-100,1,1000.00,600.00",)}


def quarters_from(first: str, last: str) -> list[str]:
    """Quarter names such as ``2025-Q1``, both ends included."""
    every = [f"{year}-Q{quarter}" for year in range(2025, 2028) for quarter in range(1, 5)]
    return [quarter for quarter in every if first <= quarter <= last]


def quota_workbook() -> bytes:
    """The quota sheet of finance, as a workbook with fixed times so that its bytes never change."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Quotas"
    sheet.append(["Representative", "Measure", "Period", "Quota", "Currency", "Set By", "Approved By"])
    for payee, amount, first, last in story.QUARTERLY_QUOTAS:
        for period in quarters_from(first, last):
            sheet.append([payee, "new_business", period, amount, "EUR", "g.sommer", "h.vogel"])
    book.properties.creator = "g.sommer"
    book.properties.created = MADE_ON
    buffer = io.BytesIO()
    book.save(buffer)
    return with_fixed_times(buffer.getvalue())


def with_fixed_times(workbook: bytes) -> bytes:
    """The same workbook, stored without compression, every time in it set to ``MADE_ON``."""
    stamp = f"{MADE_ON:%Y-%m-%dT%H:%M:%SZ}".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as read, zipfile.ZipFile(buffer, "w") as written:
        for name in sorted(read.namelist()):
            content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, read.read(name))
            written.writestr(zipfile.ZipInfo(name, MADE_ON.timetuple()[:6]), content)
    return buffer.getvalue()


def make_exports(folder: Path) -> None:
    """Write every export into ``folder``; files of that name are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**crm_files(), **erp_files(), "quotas.xlsx": quota_workbook()}.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "exports"
    make_exports(target)
    print(f"wrote {len(list(target.iterdir()))} files to {target}")
