"""What each rule of attribution says about one person and one order, in the order in which the rules are tried."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from compensation.attribution.policies import policy_on
from compensation.explanation.attributed import hand_over_sentence
from compensation.explanation.care import ROLES, Care, care_of, last_day_of, why_payee_does_not_care
from compensation.explanation.node import Node, Row, Tables, name_of, one_of, place_of, rows_of
from compensation.explanation.not_taken import managers_of, payee_on
from compensation.explanation.tried import CARER_ROLE, FOUND_WORDS, STEP_WORDS, carers_on, found_of, steps_of
from schemas.rules.company import Company


@dataclass(frozen=True)
class Asker:
    """Who asks about which order.

    Attributes:
        payee_id: Who.
        order: Row of contract ``Order``.
        tables: Contract and result tables by name.
        company: Its attribution policy.
    """

    payee_id: str
    order: Row
    tables: Tables
    company: Company

    @property
    def day(self) -> date:
        """The order date, which decides."""
        day: date = self.order["order_date"]
        return day

    @cached_property
    def care(self) -> Care:
        """The order's account in the tree of the day."""
        return care_of(self.order["account_id"], self.day, self.tables)

    @cached_property
    def deal(self) -> Row:
        """The order's opportunity; empty where it names none, or none came."""
        named = self.order["opportunity_id"]
        return one_of(self.tables, "opportunities", opportunity_id=named) if named else {}

    def ineligible(self) -> str | None:
        """Why the person cannot receive new business on the day; nothing where they can."""
        standing, last = payee_on(self.payee_id, self.day, self.tables), last_day_of(self.payee_id, self.tables)
        if not standing:
            return f"your role is known only after {self.day}"
        if standing["role"] != "sales_rep":
            return (
                f"your role on {self.day} is {standing['role'].replace('_', ' ')}, and it takes a sales representative"
            )
        return f"your last day of service was {last}" if last is not None and last < self.day else None


def add_rules(root: Node, asker: Asker, credits: Sequence[Row]) -> None:
    """Each rule with what it says about the person; then what it would have taken where nothing named them.

    Args:
        root: Gets a child a rule.
        asker: Who asks.
        credits: Credits of the sale, those beside the revenue last.
    """
    first = credits[0]
    if first["rule"] == "excluded_account":
        root.add("The attribution policy excludes the account: nobody is credited, and no other rule is asked")
        root.add("What it would have taken: an account that 'excluded_accounts' does not name, nor any above it")
        return
    rules = _rules_of(credits)
    for number, rule in enumerate(rules, start=1):
        decided = [row for row in credits if row["rule"] == rule]
        took = f"; it decided for {', '.join(dict.fromkeys(_who(row, asker) for row in decided))}" if decided else ""
        root.add(f"{number}. {STEP_WORDS[rule]}: {_said(rule, asker, credits)}{took}")
    for sentence in (*_beside(asker, credits), *_moved(asker, credits)):
        root.add(sentence)
    if not any(row["payee_id"] == asker.payee_id for row in credits):
        root.add(f"What it would have taken: {_would_take(first, asker)}")


def _rules_of(credits: Sequence[Row]) -> list[str]:
    """The rules for the line's kind of business, each once."""
    return list(dict.fromkeys(rule for row in credits for rule in steps_of(row)))


def _who(credit: Row, asker: Asker) -> str:
    return "you" if credit["payee_id"] == asker.payee_id else name_of(asker.tables, credit["payee_id"])


def _said(rule: str, asker: Asker, credits: Sequence[Row]) -> str:
    if rule == "opportunity_split":
        return _of_split(asker)
    if rule == "opportunity_owner":
        return _of_owner(asker)
    if rule == "order_representative":
        return _of_person(asker.order["sales_rep_id"], "the order names", asker)
    return _of_care(rule, asker, credits)


def _of_split(asker: Asker) -> str:
    named = asker.order["opportunity_id"]
    if not named:
        return "the order names no opportunity, so nobody"
    if not asker.deal:
        return f"opportunity {named} did not come, so nobody"
    rows = rows_of(asker.tables, "opportunity_splits", opportunity_id=named, split_type="revenue")
    own = next((row for row in rows if row["payee_id"] == asker.payee_id), None)
    shares = ", ".join(f"{name_of(asker.tables, row['payee_id'])} {row['percent'].normalize():f} %" for row in rows)
    if own is None:
        return f"opportunity {named} is split to {shares}, not to you" if rows else f"opportunity {named} has no split"
    if own["percent"] == 0:
        return f"opportunity {named} names you with a share of 0 %, {place_of(own)}"
    reason = asker.ineligible()
    return f"opportunity {named} names you with {own['percent'].normalize():f} %{f', but {reason}' if reason else ''}, {place_of(own)}"


def _of_owner(asker: Asker) -> str:
    if not asker.deal:
        return "there is no opportunity, so nobody"
    return _of_person(asker.deal["owner_id"], f"opportunity {asker.deal['opportunity_id']} is owned by", asker)


def _of_person(person: Any, words: str, asker: Asker) -> str:
    if not person:
        return f"{words} nobody"
    if person != asker.payee_id:
        return f"{words} {name_of(asker.tables, person)}, not you"
    reason = asker.ineligible()
    return f"{words} you{f', but {reason}' if reason else ''}"


def _of_care(rule: str, asker: Asker, credits: Sequence[Row]) -> str:
    """What an assignment says, and for an account manager key accounts and the hand-over."""
    role = CARER_ROLE[rule]
    people = carers_on(asker.order["account_id"], role, asker.day, asker.tables)
    own = next((row for row in people if row["payee_id"] == asker.payee_id), None)
    if own is None:
        others = ", ".join(name_of(asker.tables, row["payee_id"]) for row in people)
        reason = why_payee_does_not_care(asker.payee_id, asker.care, role, asker.tables)
        looks = f"is looked after by {others}, not you" if people else "is looked after by nobody"
        return f"account {asker.order['account_id']} {looks}: {reason}"
    if own["share"] is not None and own["share"] == 0:
        return "you look after the account with a share of 0 %"
    share = "" if own["share"] is None else f" with {own['share'].normalize():f} %"
    stopped = next((found for row in credits if (found := found_of(row).get(rule))), None)
    if stopped is None:
        return f"you look after the account{share}"
    handed = one_of(asker.tables, "hand_overs", order_id=asker.order["order_id"])
    why = hand_over_sentence(handed) if handed and stopped != "not_a_key_account" else FOUND_WORDS[stopped]
    return f"you look after the account{share}, but {why[0].lower()}{why[1:]}"


def _beside(asker: Asker, credits: Sequence[Row]) -> Iterator[str]:
    """Credits beside the revenue that the policy gives: overlay, roll-up, team, and what each says about the person."""
    kinds, order, tables = policy_on(asker.company.attribution, asker.day).additional_credits, asker.order, asker.tables
    if "overlay" in kinds:
        rows = rows_of(tables, "opportunity_splits", opportunity_id=order["opportunity_id"], split_type="overlay")
        own = [row for row in rows if row["payee_id"] == asker.payee_id and order["opportunity_id"]]
        yield (
            f"Overlay: the opportunity names you with {own[0]['percent'].normalize():f} %"
            if own
            else ("Overlay: no overlay share of the opportunity names you")
        )
    if "roll_up" in kinds:
        below = [
            row["payee_id"] for row in credits
            if row["credit_type"] in ("direct", "split") and asker.payee_id in managers_of(row["payee_id"], asker.day, tables)
        ]  # fmt: skip
        yield (
            f"Roll-up: you stand above {', '.join(name_of(tables, one) for one in dict.fromkeys(below))}"
            if below
            else (f"Roll-up: you stand above nobody who is credited, on {asker.day}")
        )
    if "team" in kinds:
        people = carers_on(order["account_id"], "sales_coordinator", asker.day, tables)
        own = [row for row in people if row["payee_id"] == asker.payee_id]
        why = "" if own else why_payee_does_not_care(asker.payee_id, asker.care, "sales_coordinator", tables)
        yield "Team: you coordinate the account" if own else f"Team: you do not coordinate the account: {why}"


def _moved(asker: Asker, credits: Sequence[Row]) -> Iterator[str]:
    """Transfers of the line that give to the person or take from them."""
    for row in rows_of(asker.tables, "credit_transfers", order_line_id=credits[0]["order_line_id"]):
        if asker.payee_id in (row["from_payee_id"], row["to_payee_id"]):
            giver, taker = (
                "you" if row[name] == asker.payee_id else name_of(asker.tables, row[name])
                for name in ("from_payee_id", "to_payee_id")
            )
            yield (
                f"Transfer {row['transfer_id']} of {row['date']}: {row['percent'].normalize():f} % from {giver} to {taker}, "
                f"{row['reason']}, {place_of(row)}"
            )


def _would_take(credit: Row, asker: Asker) -> str:
    """The facts that would have made the line theirs, by the rules in their order."""
    order, ways = asker.order, []
    role = payee_on(asker.payee_id, asker.day, asker.tables).get("role")
    last = last_day_of(asker.payee_id, asker.tables)
    if last is not None and last < asker.day:
        return f"to be in service on {asker.day}; your last day was {last}"
    seller = "" if role == "sales_rep" else f", with the role sales representative on {asker.day}"
    if credit["motion"] == "new_business":
        ways.append(
            f"a share in the split of opportunity {order['opportunity_id']}, or to own it where it has no split{seller}"
            if order["opportunity_id"]
            else f"an opportunity on the order that you own or have a share of{seller}"
        )
        ways.append(f"where that names nobody eligible: your name on the order{seller}")
        ways.append(f"or else to be assigned to {order['account_id']} as {ROLES['sales_rep']} on {asker.day}")
    else:
        ways.append(f"to be assigned to {order['account_id']} as {ROLES['account_manager']} on {asker.day}")
        if policy_on(asker.company.attribution, asker.day).account_managers_on == "key_accounts":
            ways[-1] += ", and that it is a key account"
        ways.append(f"where no account manager counts: your name on the order{seller}")
        ways.append(f"or else to be assigned to it as {ROLES['sales_rep']}")
    return "; ".join([*ways, "or an approved transfer of the credit (credit_transfers)"])
