"""Who looks after an account in each role on a day, and why everybody else who was ever assigned to it does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from compensation.attribution import trees
from compensation.explanation.node import Node, Row, Tables, name_of, place_of, rows_of
from compensation.explanation.tried import carers_on
from compensation.in_force import ALWAYS, FOREVER

ROLES = {
    "sales_rep": "sales representative",
    "account_manager": "account manager",
    "sales_coordinator": "sales coordinator",
}


@dataclass(frozen=True)
class Care:
    """One account on one day.

    Attributes:
        account_id: Which.
        day: When.
        above: The accounts of its tree from itself upwards: id and steps (0 = itself).
    """

    account_id: str
    day: date
    above: dict[str, int]

    @property
    def customer_id(self) -> str:
        """The root of its tree on the day."""
        return max(self.above, key=lambda account: self.above[account])


def care_of(account_id: str, day: date, tables: Tables) -> Care:
    """The account's place in the tree of the day, from the dated parents and merges as they came."""
    edges = trees.parents(tables["accounts"].collect(), tables["account_parents"].collect())
    today = edges.filter((pl.col("valid_from") <= day) & (pl.col("valid_to") > day))
    parent = dict(today.select("account_id", "parent_id").rows())
    above: dict[str, int] = {}
    account: str | None = account_id
    while account is not None and account not in above:
        above[account] = len(above)
        account = parent.get(account)
    return Care(account_id, day, above)


def add_roles(root: Node, care: Care, tables: Tables) -> None:
    """Below an account: each role with who has it, since when, found where; then everybody else with why not."""
    for role, words in ROLES.items():
        people = carers_on(care.account_id, role, care.day, tables)
        node = root.add(
            f"{words.capitalize()}: {', '.join(_carer_words(one, care, tables) for one in people) or 'nobody'}"
        )
        for sentence in not_caring(care, role, tables):
            node.add(sentence)
        if not people and not node.children:
            node.add("Nobody was ever assigned to it or to an account above it in this role; add a row to assignments.")


def _carer_words(carer: Row, care: Care, tables: Tables) -> str:
    share = "" if carer["share"] is None else f" with {carer['share'].normalize():f} %"
    where = "" if carer["found_on"] == care.account_id else f", assigned to {carer['found_on']} above it"
    row = next(iter(_assignments(care, carer["role"], tables, payee=carer["payee_id"])), None)
    source = f" ({place_of(row)})" if row else ""
    return f"{name_of(tables, carer['payee_id'])}{share}, {span_words(_since(carer, tables), carer['valid_to'])}{where}{source}"


def _since(carer: Row, tables: Tables) -> date:
    """The first day from which the person has looked after the account without a gap, over all pieces of it."""
    rows = rows_of(tables, "carers", account_id=carer["account_id"], role=carer["role"], payee_id=carer["payee_id"])
    ends = {row["valid_to"]: row["valid_from"] for row in rows}
    first: date = carer["valid_from"]
    while first in ends and ends[first] < first:
        first = ends[first]
    return first


def span_words(first: date, end: date | None) -> str:
    """``since 2024-01-01, to before 2025-01-01``; always and for ever are left out."""
    since = "from the beginning" if first is None or first <= ALWAYS else f"since {first}"
    return since if end is None or end >= FOREVER else f"{since}, to before {end}"


def not_caring(care: Care, role: str, tables: Tables) -> Iterator[str]:
    """Everybody assigned in a role, to the account or above it, who does not have it that day: each with the reason."""
    have = {row["payee_id"] for row in carers_on(care.account_id, role, care.day, tables)}
    for row in _assignments(care, role, tables):
        if row["payee_id"] not in have:
            yield f"not {name_of(tables, row['payee_id'])}: {_why_not(row, care, role, tables)}, {place_of(row)}"


def why_payee_does_not_care(payee_id: str, care: Care, role: str, tables: Tables) -> str:
    """Why one person does not look after the account in a role on the day; says what other role they have of it."""
    rows = list(_assignments(care, role, tables, payee=payee_id))
    if rows:
        return "; ".join(_why_not(row, care, role, tables) for row in rows)
    others = [
        words
        for other, words in ROLES.items()
        if other != role and list(_assignments(care, other, tables, payee=payee_id))
    ]
    beside = f", only as {' and '.join(others)}" if others else ""
    return f"never assigned to {care.account_id} or an account above it as {ROLES[role]}{beside}"


def _why_not(row: Row, care: Care, role: str, tables: Tables) -> str:
    last_day = last_day_of(row["payee_id"], tables)
    where = "it" if row["account_id"] == care.account_id else f"{row['account_id']} above it"
    if row["valid_from"] is not None and row["valid_from"] > care.day:
        return f"assigned to {where} only from {row['valid_from']}"
    if row["valid_to"] is not None and row["valid_to"] <= care.day:
        return f"assigned to {where} only to before {row['valid_to']}"
    if last_day is not None and last_day < care.day:
        return f"assigned to {where}, but the last day of service was {last_day}"
    return f"assigned to {where}, but {_beaten(row, care, role, tables)}"


def _beaten(row: Row, care: Care, role: str, tables: Tables) -> str:
    """By whom an assignment in force is passed over: somebody on a nearer account, or with a smaller priority."""
    winners = carers_on(care.account_id, role, care.day, tables)
    if not winners:
        return "the results were made from other assignments; calculate them again"
    who = ", ".join(name_of(tables, one["payee_id"]) for one in winners)
    found_on = winners[0]["found_on"]
    if care.above.get(found_on, 0) < care.above.get(row["account_id"], 0):
        return f"{who} is assigned nearer to it, to {found_on}"
    first = next(iter(_assignments(care, role, tables, payee=winners[0]["payee_id"])), row)
    covers = f", as cover to before {first['valid_to']}" if first["valid_to"] else ""
    return f"with priority {_priority(row)}, and {who} has priority {_priority(first)}{covers}"


def _priority(row: Row) -> str:
    return "none (which comes last)" if row["priority"] is None else str(row["priority"])


def _assignments(care: Care, role: str, tables: Tables, payee: str | None = None) -> Iterator[Row]:
    """Assignments of a role to the account or above it, those in force that day first, nearest and smallest priority first."""
    keys = {"role": role} if payee is None else {"role": role, "payee_id": payee}
    near = dict(tables)
    near["assignments"] = tables["assignments"].filter(pl.col("account_id").is_in(list(care.above)))

    def place(row: Row) -> tuple[bool, int, int, str]:
        in_force = (row["valid_from"] or ALWAYS) <= care.day < (row["valid_to"] or FOREVER)
        last = 2**31
        return (
            not in_force,
            care.above[row["account_id"]],
            last if row["priority"] is None else row["priority"],
            row["payee_id"],
        )

    yield from sorted(rows_of(near, "assignments", **keys), key=place)


def last_day_of(payee_id: str, tables: Tables) -> date | None:
    """Somebody's last day of service, included; None where none is known."""
    days = [row["termination_date"] for row in rows_of(tables, "payees", payee_id=payee_id) if row["termination_date"]]
    return min(days, default=None)
