"""Settlement explained: each posting with its cause and the line that it is for, and why a step is zero."""

from collections.abc import Iterator, Sequence
from typing import Any

from compensation.explanation.earned import Asked, add_origin
from compensation.explanation.node import Node, Row, Tables, money_text, rows_of
from compensation.explanation.pay_parts import add_why_of_earning, explained_earning
from schemas.rules.plan import Plan, PlanVersion

POSTING = ("payee_id", "currency", "order_line_id", "return_id", "credit_number", "earning_period")
LINE = ("order_line_id", "return_id", "credit_number")
WORDS = {
    "earning": "earned", "correction": "corrected", "adjustment": "adjusted", "guarantee": "guaranteed", "draw": "drawn",
    "recovery": "recovered", "hold": "held", "release": "released", "payment": "paid",
}  # fmt: skip
LATER = "Nothing is payable yet: the periods before it are not closed."
ZEROS = {
    "settled_earned": "No line, bonus or pool earned anything in this period.",
    "opening": "Nothing was carried forward from the period before.",
    "corrected": "Nothing of a closed period is earned otherwise than it was posted.",
    "corrected_sales": "No sale or bonus of a closed period is earned otherwise than it was posted.",
    "corrected_clawback": "No return of a closed period takes back otherwise than it was posted.",
    "adjusted": "No award or deduction was approved for it.",
    "released": "Nothing that was held is released in this period.",
    "still_held": "Nothing is held at the end of the period.",
    "carried_forward": "All of it is paid.",
}
"""Why a step is 0 where no plan has a say in it."""


def add_postings(node: Node, edges: list[Row], tables: Tables, asked: Asked) -> None:
    """The postings below a figure, each with its cause, down to order lines."""
    for edge in edges[: asked.lines]:
        for posting in _postings_of(edge, tables):
            _add_posting(node, posting, tables, asked)
    if len(edges) > asked.lines:
        node.add(f"… and {len(edges) - asked.lines:,} more postings (show them with --lines {len(edges)})")


def add_reason(node: Node, row: Row, tables: Tables, asked: Asked) -> None:
    """Below a figure of settlement: why it is 0, or what a balance that is carried forward means."""
    figure, amount = row["figure"], row["amount"]
    if figure == "carried_forward" and amount:
        node.add(
            "Below 0: the payee owes it; later periods take it off."
            if amount < 0
            else "Less than the least that is paid out; it is paid with a later period."
        )
    elif figure == "net_payable" and not amount and not node.children:
        node.add(LATER if _waits(row, tables) else "Nothing was earned, and nothing was carried forward.")
    elif not amount and figure != "net_payable":
        node.add(f"Zero: {_why_zero(row, tables, asked.plans)}")


def _waits(row: Row, tables: Tables) -> bool:
    key = {name: row[name] for name in ("payee_id", "fiscal_period", "currency")}
    return not rows_of(tables, "statement_lines", **key, figure="opening")


def _postings_of(edge: Row, tables: Tables) -> list[Row]:
    key: dict[str, Any] = {name: edge[name] for name in POSTING}
    return rows_of(
        tables, "postings", **key, posting_period=edge["fiscal_period"], kind=edge["input_part"], plan=edge["input_plan"],
        component=edge["input_component"],
    )  # fmt: skip


def _add_posting(node: Node, posting: Row, tables: Tables, asked: Asked) -> None:
    amount, words = money_text(posting["amount"], posting["currency"]), WORDS[posting["kind"]]
    child = node.add(f"{amount} {words} for {_subject(posting)}: {posting['cause']}")
    if posting["kind"] in ("earning", "correction", "guarantee"):
        _add_now(child, posting, tables, asked)
    if posting["order_line_id"]:
        add_origin(child, posting, tables, asked)


def _subject(posting: Row) -> str:
    """What a posting is for: a line, a return, a part of a plan, an adjustment, a hold, the payment."""
    if posting["return_id"]:
        return f"return {posting['return_id']} of line {posting['order_line_id']}, {posting['earning_period']}"
    if posting["kind"] == "adjustment":
        of = f", line {posting['order_line_id']}" if posting["order_line_id"] else ""
        return f"{posting['component']}, {posting['earning_period']}{of}"
    if posting["order_line_id"]:
        return f"line {posting['order_line_id']}, {posting['earning_period']}"
    if posting["kind"] in ("hold", "release", "payment"):
        return str(posting["earning_period"])
    return f"{str(posting['component']).replace('_', ' ')}, {posting['earning_period']}"


def _add_now(node: Node, posting: Row, tables: Tables, asked: Asked) -> None:
    """What the line of a posting earns as known now."""
    key = {"payee_id": posting["payee_id"], "plan": posting["plan"], "component": posting["component"]}
    period = {"fiscal_period": posting["earning_period"]}
    if posting["order_line_id"] is None:
        for part in rows_of(tables, "bonuses", **key, **period):
            node.add(f"now {money_text(part['amount'], part['currency'])}: {part['detail']}")
        return
    earnings = rows_of(tables, "earnings", **key, **period, **{name: posting[name] for name in LINE})
    for earning in sorted(earnings, key=lambda one: one["slice_number"]):
        amount = money_text(earning["earned"], earning["currency"])
        child = node.add(f"now {amount}: {explained_earning(earning, tables, asked.plans)}")
        add_why_of_earning(child, earning, tables, asked.plans)
    if not earnings:
        node.add("now it earns nothing in this period")


def _why_zero(row: Row, tables: Tables, plans: Sequence[Plan]) -> str:
    figure = row["figure"]
    if figure in ZEROS:
        return ZEROS[figure]
    versions = list(_versions(row, tables, plans))
    has_draw = any(version.settlement and version.settlement.draw for version in versions)
    if figure in ("drawn", "recovered", "draw_debt", "above_draw"):
        return _why_no_draw(figure, has_draw=has_draw)
    if figure == "guaranteed":
        has_guarantee = any(version.guarantee for version in versions)
        return "Nothing is missing to the guarantee." if has_guarantee else "No plan of the payee guarantees anything."
    waits = any(part.release.on != "booking" for version in versions for part in version.components)
    holdback = any(version.settlement and version.settlement.holdback for version in versions)
    named = "its plan holds back" if holdback or waits else "no plan of the payee holds anything back"
    return f"Nothing more is held in this period; {named}, and no hold was placed on it."


def _why_no_draw(figure: str, *, has_draw: bool) -> str:
    if not has_draw:
        return "No plan of the payee has a draw."
    return {
        "drawn": "At least the draw was earned, or the draw does not run in this period.",
        "recovered": "No draw is owed, nothing was earned above the draw, or recovery has not begun.",
        "draw_debt": "No draw is owed after this period.",
        "above_draw": "No more than the draw was earned.",
    }[figure]


def _versions(row: Row, tables: Tables, plans: Sequence[Plan]) -> Iterator[PlanVersion]:
    """All versions of the plans that the payee's statements of the period, or postings so far, name."""
    payee = {"payee_id": row["payee_id"]}
    named = {one["plan"] for one in rows_of(tables, "plan_assignments", **payee)}
    named |= {one["plan"] for one in rows_of(tables, "statement_lines", **payee, fiscal_period=row["fiscal_period"])}
    named |= {one["plan"] for one in rows_of(tables, "postings", **payee)}
    for plan in plans:
        if plan.plan in named:
            yield from plan.versions
