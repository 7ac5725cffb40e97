"""A small company written out by hand, as contract tables and plans: four payees, a plan of each shape.

Ada: marginal tiers on attainment, quarter quota 100 000; Bob: retroactive monthly tiers; Cid: a flat rate in JPY;
Dee: on a plan without a single credit; Eve: credits and no plan.
"""

from datetime import date
from decimal import Decimal

import polars as pl

from compensation.calculate import calculate
from compensation.rules import Rules
from schemas.contract import CONTRACT
from schemas.rules.company import Company
from schemas.rules.plan import Plan

DAY = date.fromisoformat


def version(components, source="Example Sales Plan 2026, §3", **more):
    return {
        "version": "2026.1", "valid_from": "2026-01-01", "decided_on": "2025-11-14", "entered_by": "p.meyer",
        "approved_by": "k.ito", "source": {"title": source, "href": "docs/plans/example-2026.pdf#page=4"},
        "components": components, **more,
    }  # fmt: skip


MARGINAL = {
    "component": "quarter_commission", "label": "Commission on new business", "window": "quarter",
    "measure": {"credits": "new_business"}, "quota": {"measure": "new_business"},
    "curve": {"shape": "marginal", "of": "attainment", "tiers": [
        {"from": "0", "to": "1.00", "rate": "0.05"}, {"from": "1.00", "to": None, "rate": "0.08"}]},
}  # fmt: skip
RETROACTIVE = {
    "component": "monthly_commission", "label": "Commission on the month's orders", "window": "month", "clawback": "as_negative",
    "measure": {"credits": ["new_business", "retention", "growth"], "positions": "together"},
    "curve": {"shape": "retroactive", "of": "amount", "tiers": [
        {"from": "0", "to": "10000.00", "rate": "0.03"}, {"from": "10000.00", "to": "20000.00", "rate": "0.04"},
        {"from": "20000.00", "to": None, "rate": "0.05"}]},
}  # fmt: skip
FLAT = {
    "component": "flat_commission", "label": "Flat commission", "window": "year",
    "measure": {"credits": "new_business"}, "curve": {"shape": "flat", "rate": "0.031250"},
}  # fmt: skip
UNITS = {
    "component": "per_unit", "label": "For each licence", "window": "month",
    "measure": {"credits": "new_business", "of": "units"}, "curve": {"shape": "per_unit", "amount": "25.00"},
}  # fmt: skip
LOGO_BONUS = {
    "component": "logo_bonus", "label": "Extra for new logos", "window": "year",
    "measure": {"credits": "new_logo"}, "curve": {"shape": "flat", "rate": "0.01"},
}  # fmt: skip

PLANS = (
    Plan.model_validate(
        {
            "plan": "executive",
            "label": "Account executive",
            "currency": "EUR",
            "versions": [version([MARGINAL, LOGO_BONUS])],
        }
    ),
    Plan.model_validate(
        {"plan": "small", "label": "Small business", "currency": "EUR", "versions": [version([RETROACTIVE])]}
    ),
    Plan.model_validate({"plan": "tokyo", "label": "Tokyo office", "currency": "JPY", "versions": [version([FLAT])]}),
)

COMPANY = Company.model_validate({
    "company": "Example Works", "currency": "EUR", "time_zone": "Europe/Berlin", "starts": "2026-01-01",
    "fiscal_calendar": {"kind": "months", "year_starts": "1"}, "questions_to": "commissions@example.test",
    "attribution": [{
        "version": "1", "valid_from": "2020-01-01", "decided_on": "2019-12-01", "entered_by": "a", "approved_by": "b",
        "source": "policy", "win_back_months": "18", "new_business_months": "12",
    }],
})  # fmt: skip
RULES = Rules(COMPANY, PLANS)

PAYEES = (
    ("E-1042", "Ada Lovelace"), ("E-1043", "Bob Barker"), ("E-1044", "Cid Cedar"), ("E-1045", "Dee Dawson"), ("E-1046", "Eve Egan"),
)  # fmt: skip
ASSIGNED = (("E-1042", "executive"), ("E-1043", "small"), ("E-1044", "tokyo"), ("E-1045", "executive"))

# order, account, representative, day, currency, amounts of its lines
ORDERS = (
    ("SO-1", "A-1", "E-1042", "2026-01-05", "EUR", ("60000.00", "0.07")),
    ("SO-2", "A-1", "E-1042", "2026-02-10", "EUR", ("55000.10",)),
    ("SO-3", "A-2", "E-1042", "2026-03-02", "EUR", ("1234.56", "99.99")),
    ("SO-4", "A-2", "E-1042", "2026-04-02", "EUR", ("7000.00",)),
    ("SO-10", "A-3", "E-1043", "2026-01-08", "EUR", ("9000.00", "1000.00")),
    ("SO-11", "A-3", "E-1043", "2026-01-20", "EUR", ("12345.67",)),
    ("SO-12", "A-3", "E-1043", "2026-02-03", "EUR", ("150.00",)),
    ("SO-20", "A-4", "E-1044", "2026-01-15", "USD", ("1000.00", "333.33")),
    ("SO-30", "A-5", "E-1046", "2026-01-16", "EUR", ("500.00",)),
)
# return, order line, day, amount
RETURNS = (
    ("R-1", "SO-1-1", "2026-02-20", "20000.00"),
    ("R-2", "SO-11-1", "2026-02-25", "12345.67"),
    ("R-3", "SO-1-2", "2026-04-15", "0.07"),
)


def table(name, rows):
    """Rows as the contract table ``name``; what a row does not give is empty."""
    types = CONTRACT[name].dtypes()
    given = [{"source_file": f"{name}.csv", "source_line": number, **row} for number, row in enumerate(rows, start=2)]
    return pl.DataFrame([{column: row.get(column) for column in types} for row in given], schema=types)


def facts(*, names=(), customers=()):
    """Every contract table; ``names`` and ``customers`` replace what payees and accounts are called."""
    names, customers = dict(names), dict(customers)
    lines = [
        (f"{order}-{number}", order, number, amount)
        for order, _, _, _, _, amounts in ORDERS
        for number, amount in enumerate(amounts, start=1)
    ]
    given = {
        "accounts": [{"account_id": f"A-{n}", "account_name": customers.get(f"A-{n}", f"Customer {n}")} for n in range(1, 6)],
        "payees": [
            {"payee_id": payee, "payee_name": names.get(payee, name), "role": "sales_rep", "currency": "EUR", "title": "Account Executive"}
            for payee, name in PAYEES
        ],
        "plan_assignments": [{"payee_id": payee, "plan": plan, "valid_from": DAY("2026-01-01")} for payee, plan in ASSIGNED],
        "quotas": [
            {"payee_id": payee, "measure": "new_business", "period": f"2026-Q{quarter}", "amount": Decimal("100000"), "currency": "EUR"}
            for payee in ("E-1042", "E-1045") for quarter in (1, 2)
        ],
        "products": [{"product_id": "P-1", "product_name": "Platform – annual", "product_family": "platform"}],
        "orders": [
            {"order_id": order, "account_id": account, "sales_rep_id": payee, "order_date": DAY(day), "currency": currency, "status": "confirmed"}
            for order, account, payee, day, currency, _ in ORDERS
        ],
        "order_lines": [
            {"order_line_id": line, "order_id": order, "line_number": number, "product_id": "P-1", "quantity": Decimal(1), "net_amount": Decimal(amount)}
            for line, order, number, amount in lines
        ],
        "returns": [
            {"return_id": key, "order_line_id": line, "return_date": DAY(day), "amount": Decimal(amount)} for key, line, day, amount in RETURNS
        ],
        "fx_rates": [
            {"currency": "USD", "valid_from": DAY("2026-01-01"), "rate": Decimal("0.875")},
            {"currency": "JPY", "valid_from": DAY("2026-01-01"), "rate": Decimal("0.0061")},
        ],
    }  # fmt: skip
    return {name: table(name, given.get(name, [])) for name in CONTRACT}


def calculated(**more):
    """Facts and the calculated tables."""
    known = facts(**more)
    return known, calculate(known, RULES)
