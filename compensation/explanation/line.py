"""Why: what became of one order line, up to everyone it paid, or why it paid nobody."""

from collections.abc import Sequence
from datetime import date

from compensation.explanation.around import around_line
from compensation.explanation.attributed import hand_over_sentence, motion_sentence
from compensation.explanation.missed import add_agreement_shares, add_shortfalls
from compensation.explanation.near import near_ids
from compensation.explanation.node import (
    Node,
    NotFound,
    Row,
    Tables,
    money_text,
    name_of,
    one_of,
    place_of,
    places_of,
    rows_of,
)
from compensation.explanation.not_taken import takes_not
from compensation.explanation.pay_parts import add_why_of_earning, explained_earning
from compensation.explanation.tried import add_tried
from compensation.in_force import FOREVER
from compensation.statement.sentences import unpaid_sentence
from schemas.core.attribution import ADDITIONAL_TYPES
from schemas.rules.company import Company
from schemas.rules.plan import Plan

RULE_WORDS = {
    "opportunity_split": "has a split of the opportunity",
    "opportunity_owner": "owns the opportunity",
    "order_representative": "is the representative named on the order",
    "account_manager": "is the account manager",
    "account_representative": "is the account's sales representative",
    "house": "nobody eligible was named or assigned",
    "unknown_payee": "the person named is not among the payees, and the share passes to nobody",
    "excluded_account": "the account is excluded by the attribution policy",
    "credit_transfer": "an approved transfer gives them a part of another's credit",
    "opportunity_overlay": "has an overlay share of the opportunity",
    "manager": "stands above whoever is credited, on the day of the sale",
    "account_coordinator": "coordinates the account on that day",
}


def why(order_line_id: str, tables: Tables, company: Company, plans: Sequence[Plan]) -> Node:
    """The tree of one order line.

    Args:
        order_line_id: Id of the line (or of an order that has one line) as the contract knows it.
        tables: Contract, intake and result tables by name.
        company: Its currency.
        plans: The plans, for the sentences.

    Raises:
        NotFound: no line, quarantined or accepted, has the id; says what is near.
    """
    everything, tables = tables, around_line(order_line_id, tables)
    line = one_of(tables, "order_lines", order_line_id=order_line_id)
    if not line:
        return without_line(order_line_id, everything)
    order = one_of(tables, "orders", order_id=line["order_id"])
    product = one_of(tables, "products", product_id=line["product_id"])
    root = Node(
        f"Order line {order_line_id}: {product.get('product_name') or line['product_id']}, "
        f"{money_text(line['net_amount'], order['currency'])}, order {order['order_id']} of {order['order_date']}"
    )
    _add_sources(root, line, order, tables)
    for lost in rows_of(tables, "not_booked", order_line_id=order_line_id, return_id=None):
        root.add(f"Books nothing and pays nobody: {_not_booked_sentence(lost, order, company)}")
    for booking in rows_of(tables, "bookings", order_line_id=order_line_id):
        _add_booking(root, booking, tables, company, plans)
    for lost in rows_of(tables, "not_booked", order_line_id=order_line_id):
        if lost["return_id"]:
            root.add(f"Return {lost['return_id']} of {lost['event_date']} takes nothing back: {lost['reason']}")
    _add_carers(root, order, tables)
    return root


def without_line(order_line_id: str, tables: Tables) -> Node:
    """What there is to say where no accepted line has an id: it was refused, it is gone, or nothing came at all.

    Raises:
        NotFound: nothing, refused, posted or accepted, has the id; says what is near.
    """
    for refused in rows_of(tables, "quarantine", record_key=order_line_id):
        return _refused(refused)
    posted = rows_of(tables, "postings", order_line_id=order_line_id)
    if posted:
        return _gone(order_line_id, posted)
    raise NotFound(_no_line(order_line_id, tables))


def _refused(refused: Row) -> Node:
    node = Node(
        f"{refused['table']} {refused['record_key']} was refused ({refused['reason']}): it books nothing and pays nobody"
    )
    node.add(f"Came from {place_of(refused)}")
    node.add(refused["detail"])
    if refused["amount"] is not None:
        node.add(f"Holds back {refused['amount']} {refused['currency'] or ''}".rstrip())
    if refused["caused_by"]:
        node.add(f"Held back by {refused['caused_by']}")
    return node


def _gone(order_line_id: str, posted: list[Row]) -> Node:
    """A line of which only the ledger knows."""
    node = Node(f"Order line {order_line_id} is in no export any more; this is what was posted for it")
    for row in posted:
        amount = money_text(row["amount"], row["currency"])
        node.add(f"{row['posting_period']}: {amount} to {row['payee_id']}, {row['kind']}: {row['cause']}")
    return node


def _no_line(order_line_id: str, tables: Tables) -> str:
    """What to ask for instead: the lines of an order, the line of a return, ids that are near."""
    of_order = [row["order_line_id"] for row in rows_of(tables, "order_lines", order_id=order_line_id)]
    if of_order:
        return f"'{order_line_id}' is an order; ask for one of its lines: {', '.join(of_order[:10])}"
    returned = one_of(tables, "returns", return_id=order_line_id)
    if returned:
        return f"'{order_line_id}' is a return; ask for the line that it returns: {returned['order_line_id']}"
    near = near_ids(order_line_id, "order_lines", "order_line_id", tables)
    hint = f" Near: {', '.join(near)}." if near else ""
    return f"no order line '{order_line_id}' came, neither accepted nor refused.{hint} Ids are as the contract knows them (docs/sources.md)."


def _not_booked_sentence(lost: Row, order: Row, company: Company) -> str:
    """Why a line books nothing, and what would change that."""
    if lost["reason"] == "order_not_confirmed":
        return (
            f"order_not_confirmed (the order is {order['status']}); it books once its order is confirmed or fulfilled"
        )
    if lost["reason"] == "fx_missing":
        return (
            f"fx_missing: there is no rate from {order['currency']} to {company.currency} that is fresh enough on "
            f"{order['order_date']}; add it to fx_rates"
        )
    return f"{lost['reason']} (the order is {order['status']})"


def _add_sources(root: Node, line: Row, order: Row, tables: Tables) -> None:
    node = root.add(f"Came from {places_of(tables, 'order_lines', line)}")
    node.add(f"Order: {places_of(tables, 'orders', order)}, account {order['account_id']}, status {order['status']}")
    deal = one_of(tables, "opportunities", opportunity_id=order["opportunity_id"]) if order["opportunity_id"] else {}
    if order["opportunity_id"]:
        told = f"owner {name_of(tables, deal['owner_id'])}, {place_of(deal)}" if deal else "which did not come"
        node.add(f"Opportunity {order['opportunity_id']}: {told}")
    if order["sales_rep_id"]:
        node.add(f"Representative named on the order: {name_of(tables, order['sales_rep_id'])}")


def _add_booking(root: Node, booking: Row, tables: Tables, company: Company, plans: Sequence[Plan]) -> None:
    node = root.add(_booking_sentence(booking, tables, company))
    key = {"order_line_id": booking["order_line_id"], "return_id": booking["return_id"]}
    if not booking["return_id"]:
        node.add(_relationship_sentence(booking))
        node.add(_policy_sentence(booking, company))
        for handed in rows_of(tables, "hand_overs", order_id=booking["order_id"]):
            node.add(hand_over_sentence(handed))
        for motion in rows_of(tables, "motions", **key):
            if motion["base_amount"] is not None:
                node.add(motion_sentence(motion, booking, tables, company))
        add_shortfalls(node, booking, tables, company)
        add_agreement_shares(node, booking, tables, company)
    for table in ("credits", "additional_credits"):
        for credit in sorted(rows_of(tables, table, **key), key=lambda row: row["credit_number"]):
            _add_credit(node, credit, table, tables, (company, plans))


def _booking_sentence(booking: Row, tables: Tables, company: Company) -> str:
    amount = money_text(booking["order_amount"], booking["order_currency"])
    booked = money_text(booking["booked_amount"], company.currency)
    same = booking["order_currency"] == company.currency
    worth = amount if same else f"{amount} = {booked} at the rate of {booking['sale_date']}"
    if booking["return_id"]:
        source = one_of(tables, "returns", return_id=booking["return_id"])
        return f"Return {booking['return_id']} of {booking['event_date']}: {worth}, from {places_of(tables, 'returns', source)}"
    return f"Booked {worth}, family {booking['product_family']}, customer {booking['customer_id']}"


def _relationship_sentence(booking: Row) -> str:
    kind = "new business" if booking["is_new_business"] else "existing business"
    return f"{kind}: relationship no. {booking['relationship_number']} of the customer began on {booking['relationship_start']}"


def _policy_sentence(booking: Row, company: Company) -> str:
    started = [policy for policy in company.attribution if policy.valid_from <= booking["sale_date"]]
    policy = max(started, key=lambda one: (one.valid_from, one.decided_on))
    return f"by attribution policy version {policy.version} ({policy.source})"


def _add_credit(node: Node, credit: Row, table: str, tables: Tables, rules: tuple[Company, Sequence[Plan]]) -> None:
    company, plans = rules
    share = "" if credit["credit_type"] == "direct" else f", {credit['share_percent'].normalize():f} %"
    text = f"{money_text(credit['amount'], company.currency)} of {credit['motion']}{share} {_as_what(credit)} {name_of(tables, credit['payee_id'])}"
    child = node.add(f"{text}: {RULE_WORDS[credit['rule']]}")
    if credit["return_id"]:
        child.add("As the sale was credited: a return undoes the credits of its line")
    elif table == "credits":
        add_tried(child, credit, one_of(tables, "orders", order_id=credit["order_id"]), tables)
    if credit["named_payee_id"] not in (None, credit["payee_id"]):
        child.add(f"First named: {name_of(tables, credit['named_payee_id'])}")
    key = {name: credit[name] for name in ("order_line_id", "return_id", "credit_number")}
    earnings = rows_of(tables, "earnings", **key)
    for earning in sorted(earnings, key=lambda row: row["payee_id"] != credit["payee_id"]):
        earned = money_text(earning["earned"], earning["currency"])
        to = "" if earning["payee_id"] == credit["payee_id"] else f" to {name_of(tables, earning['payee_id'])}"
        paid = child.add(
            f"{earned}{to} in {earning['fiscal_period']} for {earning['component']}: {explained_earning(earning, tables, plans)}"
        )
        add_why_of_earning(paid, earning, tables, plans)
    for label, reason in takes_not(
        credit, tables, plans, {(earning["payee_id"], earning["component"]) for earning in earnings}
    ):
        child.add(f"{label} does not take it: {reason}")
    for unpaid in rows_of(tables, "unpaid", **key):
        child.add(f"earns nothing: {unpaid_sentence(unpaid['reason'])}")
    if credit["credit_type"] in ADDITIONAL_TYPES and not earnings:
        kind = credit["credit_type"].replace("_", " ")
        child.add(f"earns nothing: no component of their plan on that day takes {kind} credits")


def _as_what(credit: Row) -> str:
    """``credited to``, or for a credit beside the revenue how it stands there."""
    words = {"overlay": "beside it as overlay to", "roll_up": "rolled up to", "team": "beside it for the team to"}
    return words.get(credit["credit_type"], "credited to")


def _add_carers(root: Node, order: Row, tables: Tables) -> None:
    """Who looks after the account on the order's day, and who does now: often what somebody wonders about."""
    everyone = rows_of(tables, "carers", account_id=order["account_id"])
    node = Node(f"Who looks after account {order['account_id']}")
    for carer in sorted(everyone, key=lambda row: (row["role"], row["valid_from"], row["payee_id"])):
        on_the_day = carer["valid_from"] <= order["order_date"] < carer["valid_to"]
        if on_the_day or carer["valid_to"] == FOREVER:
            node.add(_carer_sentence(carer, order, tables, on_the_day=on_the_day))
    if everyone:
        root.children.append(node)


def _carer_sentence(carer: Row, order: Row, tables: Tables, *, on_the_day: bool) -> str:
    when = f"on {order['order_date']}" if on_the_day else "at present"
    where = "" if carer["found_on"] == order["account_id"] else f", assigned to {carer['found_on']} above it"
    since = "" if carer["valid_from"] <= date(1, 1, 1) else f", since {carer['valid_from']}"
    return f"{carer['role'].replace('_', ' ')} {when}: {name_of(tables, carer['payee_id'])}{where}{since}"
