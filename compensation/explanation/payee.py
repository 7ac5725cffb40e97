"""Why a line is, or is not, somebody's: a straight answer, what each rule said about them, and what it would have taken."""

from collections.abc import Sequence

from compensation.explanation.around import around_line
from compensation.explanation.line import RULE_WORDS, without_line
from compensation.explanation.named import Asker, add_rules
from compensation.explanation.near import require_known
from compensation.explanation.node import Node, Row, Tables, money_text, name_of, one_of, place_of, rows_of
from compensation.explanation.not_taken import plans_of, would_not_take
from compensation.explanation.pay_parts import add_why_of_earning, explained_earning
from compensation.statement.sentences import unpaid_sentence
from schemas.core.attribution import REVENUE_TYPES
from schemas.rules.company import Company
from schemas.rules.plan import Plan

Credits = list[Row]

AS_WHAT = {"overlay": " as overlay", "roll_up": " as roll-up", "team": " for the team"}


def whose(order_line_id: str, payee_id: str, tables: Tables, company: Company, plans: Sequence[Plan]) -> Node:
    """The tree of one order line as one person sees it.

    Args:
        order_line_id: The line.
        payee_id: Who asks.
        tables: Contract, intake and result tables by name.
        company: Its currency and attribution policy.
        plans: The plans, for what they take and the sentences.

    Raises:
        NotFound: there is no such line or payee; says which are near.
    """
    require_known(payee_id, "payees", "payee_id", "payee", tables)
    everything, tables = tables, around_line(order_line_id, tables)
    line = one_of(tables, "order_lines", order_line_id=order_line_id)
    if not line:
        told = without_line(order_line_id, everything)
        return Node(f"Not yours, {name_of(tables, payee_id)}: {told.text}", told.children)
    order = one_of(tables, "orders", order_id=line["order_id"])
    asker = Asker(payee_id, order, tables, company)
    credits = _credits(order_line_id, tables)
    root = Node(_answer(asker, credits, line))
    root.add(f"Order line {order_line_id} of {order['order_date']}, account {order['account_id']}, {place_of(line)}")
    if credits:
        _add_own(root, asker, credits, plans)
        add_rules(root.add("Rules tried, in order, and what each says about you"), asker, credits)
        _add_plans(root, asker, credits, plans)
    return root


def _credits(order_line_id: str, tables: Tables) -> Credits:
    """Credits of the sale, those beside the revenue last."""
    tables_of = ("credits", "additional_credits")
    rows = [row for table in tables_of for row in rows_of(tables, table, order_line_id=order_line_id, return_id=None)]
    return sorted(rows, key=lambda row: row["credit_number"])


def _answer(asker: Asker, credits: Credits, line: Row) -> str:
    """``Yours: …`` or ``Not yours: …``, with the figures that say so."""
    who, tables, currency = name_of(asker.tables, asker.payee_id), asker.tables, asker.company.currency
    if not credits:
        lost = one_of(tables, "not_booked", order_line_id=line["order_line_id"], return_id=None)
        reason = lost["reason"] if lost else "it is not booked"
        return f"Not yours, {who}: nobody's, since it books nothing ({reason}; the order is {asker.order['status']})"
    own = [row for row in credits if row["payee_id"] == asker.payee_id and row["share_percent"]]
    paid = _paid_words(asker, line["order_line_id"])
    if own:
        parts = ", ".join(
            f"{money_text(row['amount'], currency)} of {row['motion'].replace('_', ' ')}{AS_WHAT.get(row['credit_type'], '')}"
            for row in own
        )
        return f"Yours, {who}: you are credited with {parts}; {paid or 'it earns you nothing'}"
    if paid:
        return f"Not yours, {who}, but you are paid on it: {paid}, on what others are credited with"
    revenue = [row for row in credits if row["credit_type"] in REVENUE_TYPES and row["share_percent"]]
    others = list(dict.fromkeys(_has_it(row, asker) for row in revenue))
    nothing = "your share is 0 %; " if any(row["payee_id"] == asker.payee_id for row in credits) else ""
    return f"Not yours, {who}: {nothing}{'; '.join(others)}"


def _has_it(credit: Row, asker: Asker) -> str:
    percent = credit["share_percent"].normalize()
    part = "" if credit["credit_type"] == "direct" else f"{percent:f} % of "
    motion = credit["motion"].replace("_", " ")
    return f"{part}the {motion} went to {name_of(asker.tables, credit['payee_id'])} ({RULE_WORDS[credit['rule']]})"


def _paid_words(asker: Asker, order_line_id: str) -> str:
    """What it earned the person in all, sales and returns, by currency; empty where there is no earning."""
    totals: dict[str, list[Row]] = {}
    for row in rows_of(asker.tables, "earnings", order_line_id=order_line_id, payee_id=asker.payee_id):
        totals.setdefault(row["currency"], []).append(row)
    sums = [f"{money_text(sum(row['earned'] for row in rows), code)}" for code, rows in totals.items()]
    return f"it earned you {' and '.join(sums)}" if sums else ""


def _add_own(root: Node, asker: Asker, credits: Credits, plans: Sequence[Plan]) -> None:
    """What the person earned on the line, and why a credit of theirs earned nothing."""
    tables, line = asker.tables, credits[0]["order_line_id"]
    for earning in rows_of(tables, "earnings", order_line_id=line, payee_id=asker.payee_id):
        amount = money_text(earning["earned"], earning["currency"])
        on = f" for return {earning['return_id']}" if earning["return_id"] else ""
        child = root.add(
            f"{amount} in {earning['fiscal_period']} for {earning['component']}{on}: {explained_earning(earning, tables, plans)}"
        )
        add_why_of_earning(child, earning, tables, plans)
    numbers = {row["credit_number"] for row in credits if row["payee_id"] == asker.payee_id}
    for unpaid in rows_of(tables, "unpaid", order_line_id=line):
        if unpaid["credit_number"] in numbers:
            on = f"return {unpaid['return_id']}" if unpaid["return_id"] else "your credit"
            root.add(f"{on} earns nothing: {unpaid_sentence(unpaid['reason'])}")


def _add_plans(root: Node, asker: Asker, credits: Credits, plans: Sequence[Plan]) -> None:
    """The person's plan on the day, and for each kind of business in the line what of it would not take it."""
    tables, payee, day = asker.tables, asker.payee_id, credits[0]["sale_date"]
    named = plans_of(payee, day, tables, plans)
    if not named:
        root.add(
            f"You are on no plan on {day}, or on the plan 'none', so that even a credit of yours would pay nothing; "
            "a row of plan_assignments, or the role of a plan's for_roles, would put you on one"
        )
        return
    node = root.add(f"Your plan on {day}: {', '.join(plan.plan for plan in named)}")
    for plan in named:
        if plan.version_on(day) is None:
            first = min(version.valid_from for version in plan.versions)
            node.add(f"{plan.plan} has no version in force on {day}; its first is valid from {first}")
    kinds = {(row["motion"], row["sub_motion"]): row for row in reversed(credits)}
    for (motion, sub), credit in reversed(kinds.items()):
        taking, left = would_not_take(credit, payee, tables, plans)
        words = f"{motion.replace('_', ' ')} ({sub.replace('_', ' ')})"
        child = node.add(f"{words}: {', '.join(taking) or 'no component'} would take a credit of yours")
        for label, reason in left:
            child.add(f"{label} does not take it: {reason}")
