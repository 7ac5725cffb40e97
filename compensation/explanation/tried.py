"""The rules of attribution behind one credit, in the order in which they were tried: what each found, and which decided."""

from collections.abc import Iterator

from compensation.explanation.node import Node, Row, Tables, name_of, rows_of

NEW_BUSINESS = ("opportunity_split", "opportunity_owner", "order_representative", "account_representative")
EXISTING_BUSINESS = ("account_manager", "order_representative", "account_representative")
NOT_HANDED_OVER = ("account_manager", "order_representative", "account_representative", "account_manager")

STEP_WORDS = {
    "opportunity_split": "split of the opportunity",
    "opportunity_owner": "owner of the opportunity",
    "order_representative": "representative named on the order",
    "account_manager": "account manager",
    "account_representative": "account's sales representative",
}

FOUND_WORDS = {
    "none_named": "none",
    "unknown_payee": "not among the payees",
    "not_a_sales_rep": "no sales representative on that day",
    "after_last_day": "had left by that day",
    "not_a_key_account": "not a key account on that day",
    "share_unassigned": "part of the shares is assigned to nobody on that day",
    "not_handed_over": "not handed over to them on that day",
    "shared_until_handed_over": "on that day the representatives keep a share",
}

CARER_ROLE = {"account_manager": "account_manager", "account_representative": "sales_rep"}


def steps_of(credit: Row) -> tuple[str, ...]:
    """The rules for this kind of business, in their order; before a hand-over the account manager comes last as well."""
    if credit["motion"] == "new_business":
        return NEW_BUSINESS
    waits = found_of(credit).get("account_manager") in ("not_handed_over", "shared_until_handed_over")
    return NOT_HANDED_OVER if waits else EXISTING_BUSINESS


def found_of(credit: Row) -> dict[str, str]:
    """What each rule before the deciding one found, by its name: ``tried`` of a credit read back."""
    return dict(step.split(": ") for step in (credit["tried"] or "").split("; ") if step)


def add_tried(node: Node, credit: Row, order: Row, tables: Tables) -> None:
    """Below a credit: every rule that was tried, numbered, with whom it found, and the one that decided.

    Args:
        node: The credit's own sentence.
        credit: Row of ``credits``.
        order: The order of its line.
        tables: Contract and result tables by name.
    """
    told = node.add("Rules tried, in order")
    for number, sentence in enumerate(_sentences(credit, order, tables), start=1):
        told.add(f"{number}. {sentence}")


def _sentences(credit: Row, order: Row, tables: Tables) -> Iterator[str]:
    rule, found = credit["rule"], found_of(credit)
    if rule == "excluded_account":
        yield "accounts that the attribution policy excludes: this is one, which decides; no other rule is asked"
        return
    yield "accounts that the attribution policy excludes: this is none"
    if rule == "credit_transfer":
        yield from _transferred(credit, tables)
        return
    seen: set[str] = set()
    for step in steps_of(credit):
        if step == rule:
            yield f"{STEP_WORDS[step]}: {_person(step, credit, order, tables, decides=True)}: decides"
            return
        if step not in seen:
            yield f"{STEP_WORDS[step]}: {_found(step, found, credit, order, tables)}"
        seen.add(step)
        if rule == "unknown_payee" and found.get(step) == "unknown_payee":
            yield "whoever is unknown passes the share to nobody: the house, which decides"
            return
    yield "nobody is left: the house, which decides"


def _transferred(credit: Row, tables: Tables) -> Iterator[str]:
    """The transfers that gave the receiver their part; what the giver had was decided by the rules at the giver's credit."""
    giver = credit["named_payee_id"]
    yield f"the rules gave it to {name_of(tables, giver)}"
    for row in rows_of(
        tables, "credit_transfers", order_line_id=credit["order_line_id"], to_payee_id=credit["payee_id"]
    ):
        yield (
            f"transfer {row['transfer_id']} of {row['date']} moves {row['percent'].normalize():f} % from "
            f"{name_of(tables, row['from_payee_id'])}: {row['reason']}, entered by {row['entered_by']}, approved by {row['approved_by']}"
        )


def _found(step: str, found: dict[str, str], credit: Row, order: Row, tables: Tables) -> str:
    if step not in found or found[step] == "none_named":
        return "none"
    who = _person(step, credit, order, tables, decides=False)
    return f"{who}: {FOUND_WORDS[found[step]]}" if who else FOUND_WORDS[found[step]]


def _person(step: str, credit: Row, order: Row, tables: Tables, *, decides: bool) -> str:
    """Whom a rule found: the receiver where it decides, else whoever the facts name at this place."""
    if decides:
        return name_of(tables, credit["payee_id"])
    if step == "opportunity_split":
        return name_of(tables, credit["named_payee_id"]) if credit["named_payee_id"] else ""
    if step == "opportunity_owner":
        deals = rows_of(tables, "opportunities", opportunity_id=order["opportunity_id"])
        return name_of(tables, deals[0]["owner_id"]) if deals and deals[0]["owner_id"] else ""
    if step == "order_representative":
        return name_of(tables, order["sales_rep_id"]) if order["sales_rep_id"] else ""
    people = carers_on(order["account_id"], CARER_ROLE[step], order["order_date"], tables)
    return ", ".join(name_of(tables, row["payee_id"]) for row in people)


def carers_on(account_id: str, role: str, day: object, tables: Tables) -> list[Row]:
    """Who looks after an account in a role on a day: rows of contract ``Carer``, by payee."""
    rows = rows_of(tables, "carers", account_id=account_id, role=role)
    inside = [row for row in rows if row["valid_from"] <= day < row["valid_to"]]
    return sorted(inside, key=lambda row: row["payee_id"])
