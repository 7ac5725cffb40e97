"""The second case's exports: small random companies whose trees, teams, shares, agreements and plans change by date."""

import random
from datetime import date, timedelta
from typing import Any

import polars as pl

from schemas.rules.company import Company
from tests import worlds

FIRST, LAST = date(2021, 1, 1), date(2025, 12, 31)
ACCOUNTS = [f"A{number:02}" for number in range(12)]
SELLERS, MANAGERS = [f"R{number}" for number in range(5)], [f"M{number}" for number in range(4)]
FAMILIES = ("F", "G", "H")

BASES: list[dict[str, Any]] = [
    {"base": "last_fiscal_year", "base_by": "family"},
    {"base": "last_fiscal_year", "base_by": "customer"},
    {"base": "trailing_twelve_months", "base_by": "family"},
    {"base": "account_plan", "base_by": "family"},
    {"base": "agreement", "base_by": "family"},
]
BY_DAY = {"falls": "by_day", "months": 5}
IN_STEPS = {
    "falls": "in_steps",
    "steps": [{"months": 4, "representative": "66.67%"}, {"months": 3, "representative": "33.33%"}],
}
HAND_OVERS: list[dict[str, Any]] = [
    {"when": "after_months", "months": 20, "transition": BY_DAY},
    {"when": "first_renewal", "transition": IN_STEPS},
    {"when": "key_account", "transition": BY_DAY},
    {"when": "assigned", "transition": IN_STEPS},
    {"when": "date", "day": "2023-08-10", "transition": BY_DAY},
]


def policy_of(seed: int) -> dict[str, Any]:
    """What the policy of a seed says: 25 seeds meet every base with every rule of hand-over."""
    return {
        **BASES[seed % len(BASES)], "hand_over": HAND_OVERS[seed // len(BASES) % len(HAND_OVERS)],
        "new_business_months": 6 + seed % 7, "win_back_months": 18, "renewal_lapse_months": 2,
    }  # fmt: skip


def world(seed: int) -> tuple[dict[str, pl.DataFrame], Company]:
    """Facts and company of a seed."""
    rng = random.Random(seed)  # noqa: S311 - a seed, no secret
    agreements = _agreements(rng)
    orders = _orders(rng, agreements)
    facts = worlds.small_world(
        orders, returns=_returns(rng, orders), accounts=_accounts(rng), payees=_payees(rng), account_parents=_parents(rng),
        agreements=agreements, account_tiers=_tiers(rng), account_plans=_plans(rng),
    )  # fmt: skip
    facts["assignments"] = worlds.table("assignments", _assignments(rng))
    return facts, worlds.company(policies=[policy_of(seed)], starts=FIRST)


def _day(rng: random.Random, first: date = FIRST, last: date = LAST) -> date:
    return first + timedelta(rng.randrange((last - first).days + 1))


def _accounts(rng: random.Random) -> list[dict[str, Any]]:
    above = {"A03": "A00", "A04": "A07", "A05": rng.choice(("A01", "A08")), "A06": "A09"}
    rows = [
        {"account_id": account, "parent_account_id": above.get(account), "segment": rng.choice((None, "key", "small"))}
        for account in ACCOUNTS
    ]
    rows[10] |= {"merged_into_account_id": "A02", "merged_date": str(_day(rng))}
    return rows


def _parents(rng: random.Random) -> list[dict[str, Any]]:
    """Three accounts whose parent changes once or twice, with and without gaps between."""
    rows = []
    for account in ("A07", "A08", "A09"):
        days = sorted({_day(rng, date(2020, 6, 1)) for _ in range(rng.randrange(1, 4))})
        for number, day in enumerate(days):
            ends = [day + timedelta(rng.randrange(30, 900)), None][rng.randrange(2)]
            parent = rng.choice(("A00", "A01", "A02", None))
            rows.append({"account_id": account, "valid_from": str(day), "valid_to": str(ends) if ends else None, "parent_account_id": parent})  # fmt: skip
            del number
    return rows


def _payees(rng: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "payee_id": payee, "payee_name": payee, "role": role, "currency": "EUR",
            "termination_date": str(_day(rng, date(2022, 6, 1))) if rng.random() < 0.35 else None,
        }
        for role, group in (("sales_rep", SELLERS), ("account_manager", MANAGERS)) for payee in group
    ]  # fmt: skip


def _assignments(rng: random.Random) -> list[dict[str, Any]]:
    """Of most accounts one person or two with shares, then others, with temporary cover by priority."""
    rows: list[dict[str, Any]] = []
    for account in ACCOUNTS:
        for role, group in (("sales_rep", SELLERS), ("account_manager", MANAGERS)):
            if rng.random() < 0.3:
                continue
            starts = _day(rng, date(2020, 2, 1), date(2022, 6, 1))
            changes = starts + timedelta(rng.randrange(200, 1200))
            gap = timedelta(rng.choice((0, 0, 45)))
            for start, end in ((starts, changes), (changes + gap, None)):
                rows += _together(rng, account, role, group, start, end)
            cover = changes + timedelta(rng.randrange(60, 300))
            rows.append({**_assigned(account, rng.choice(group), role, cover, cover + timedelta(20)), "priority": 1})
    return rows


def _together(
    rng: random.Random, account: str, role: str, group: list[str], start: date, end: date | None
) -> list[dict[str, Any]]:
    one, other = rng.sample(group, 2)
    kind = rng.randrange(4)
    if kind == 0:
        share = rng.choice(("33.333333", "60", "12.5"))
        rest = {"33.333333": "66.666667", "60": "40", "12.5": "87.5"}[share]
        both = ((one, share), (other, rest))
        return [{**_assigned(account, who, role, start, end), "share": part} for who, part in both]
    if kind == 1:
        return [{**_assigned(account, one, role, start, end), "share": "80"}]
    return [_assigned(account, one, role, start, end)]


def _assigned(account: str, payee: str, role: str, start: date, end: date | None) -> dict[str, Any]:
    return {
        "account_id": account, "payee_id": payee, "role": role, "valid_from": str(start), "valid_to": str(end) if end else None,
    }  # fmt: skip


def _tiers(rng: random.Random) -> list[dict[str, Any]]:
    rows = []
    for account in ("A00", "A02", "A05", "A07", "A11"):
        days = sorted({_day(rng, date(2020, 6, 1)) for _ in range(rng.randrange(1, 4))})
        rows += [
            {"account_id": account, "tier": rng.choice(("key", "key", "other")), "valid_from": str(day)} for day in days
        ]
    return rows


def _plans(rng: random.Random) -> list[dict[str, Any]]:
    return [
        {"account_id": account, "product_family": family, "fiscal_year": year, "revenue_target": f"{rng.randrange(0, 9000)}.{rng.randrange(100):02}", "currency": "EUR"}
        for account in ACCOUNTS for family in FAMILIES for year in range(2022, 2026) if rng.random() < 0.4
    ]  # fmt: skip


def _agreements(rng: random.Random) -> list[dict[str, Any]]:
    """Chains that follow early, at once, late, or after a lapse; some cancelled and signed again."""
    rows: list[dict[str, Any]] = []
    for account in ("A00", "A02", "A03", "A05", "A07", "A10", "A11"):
        family, day = rng.choice((None, "F")), _day(rng, FIRST, date(2022, 6, 1))
        for _ in range(rng.randrange(1, 5)):
            ends = day + timedelta(rng.choice((365, 366, 548, 730, 200)))
            status = "cancelled" if rng.random() < 0.2 else "active"
            rows.append(
                {
                    "agreement_id": f"G{len(rows):02}", "account_id": account, "product_family": family, "start_date": str(day),
                    "end_date": str(ends), "annual_value": f"{rng.randrange(100, 5000)}.{rng.randrange(100):02}", "currency": "EUR",
                    "status": status,
                }
            )  # fmt: skip
            day = (
                day + timedelta(10)
                if status == "cancelled"
                else ends + timedelta(rng.choice((-120, -30, 0, 0, 40, 90)))
            )
    return rows


def _orders(rng: random.Random, agreements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    orders = []
    for number in range(170):
        account = rng.choice(ACCOUNTS)
        mine = [row["agreement_id"] for row in agreements if row["account_id"] == account]
        lines = [
            {"net_amount": f"{rng.randrange(0, 900)}.{rng.randrange(1, 100):02}", "family": rng.choice(FAMILIES)}
            for _ in range(rng.randrange(1, 4))
        ]
        orders.append(
            {
                "id": f"O{number:03}", "account": account, "date": str(_day(rng)), "lines": lines,
                "agreement_id": rng.choice(mine) if mine and rng.random() < 0.5 else None,
                "sales_rep_id": rng.choice([*SELLERS, *MANAGERS]) if rng.random() < 0.2 else None,
                "status": "cancelled" if rng.random() < 0.05 else "confirmed",
            }
        )  # fmt: skip
    return orders


def _returns(rng: random.Random, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for order in orders:
        for number, line in enumerate(order["lines"], start=1):
            cents = int(line["net_amount"].replace(".", ""))
            parts = [cents // 3, cents - cents // 3] if rng.random() < 0.5 else [cents // 2]
            if rng.random() < 0.2 and min(parts) > 0:
                start = date.fromisoformat(order["date"])
                days = sorted(start + timedelta(rng.randrange(0, 90)) for _ in parts)
                rows += [
                    {"id": f"T{order['id']}{number}{nth}", "line": f"{order['id']}-{number}", "date": str(min(day, LAST)), "amount": f"{part // 100}.{part % 100:02}"}
                    for nth, (day, part) in enumerate(zip(days, parts, strict=True))
                ]  # fmt: skip
    return rows
