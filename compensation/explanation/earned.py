"""One earning explained: its sentence, what was read for it, and the credit and order line it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from compensation.explanation.node import Node, Row, Tables, credit_of, money_text, one_of, places_of
from compensation.explanation.pay_parts import add_why_of_earning, explained_earning
from schemas.rules.plan import Plan


@dataclass(frozen=True)
class Asked:
    """What the sentences need: the plans, the company currency, how many lines to show."""

    plans: Sequence[Plan]
    currency: str
    lines: int


def earning_of(edge: Row, tables: Tables) -> Row:
    """The earning that an edge names."""
    key = {name: edge[name] for name in ("order_line_id", "return_id", "credit_number", "slice_number")}
    return one_of(
        tables,
        "earnings",
        payee_id=edge["payee_id"],
        **key,
        plan=edge["input_plan"] or edge["plan"],
        component=edge["input_component"] or edge["component"],
    )


def add_earning(node: Node, edge: Row, tables: Tables, asked: Asked) -> None:
    """One earning below a figure, down to its order line."""
    earning = earning_of(edge, tables)
    what = (
        f"return {edge['return_id']} of line {edge['order_line_id']}"
        if edge["return_id"]
        else f"line {edge['order_line_id']}"
    )
    child = node.add(
        f"{money_text(earning['earned'], earning['currency'])} for {what}: {explained_earning(earning, tables, asked.plans)}"
    )
    add_why_of_earning(child, earning, tables, asked.plans)
    add_origin(child, edge, tables, asked)


def add_origin(node: Node, edge: Row, tables: Tables, asked: Asked) -> None:
    """The credit of a line, its order line and return, with file and line of each; what is gone is said to be."""
    credit = credit_of(tables, edge)
    if not credit:
        _add_line_alone(node, edge, tables)
        return
    node.add(
        f"credit of {money_text(credit['amount'], asked.currency)}, {credit['motion'].replace('_', ' ')}, dated {credit['event_date']}, by {credit['rule'].replace('_', ' ')}"
    )
    source = one_of(tables, "order_lines", order_line_id=edge["order_line_id"])
    node.add(f"order {credit['order_id']} line {credit['line_number']}: {places_of(tables, 'order_lines', source)}")
    if edge["return_id"]:
        node.add(f"return: {places_of(tables, 'returns', one_of(tables, 'returns', return_id=edge['return_id']))}")


def _add_line_alone(node: Node, edge: Row, tables: Tables) -> None:
    source = one_of(tables, "order_lines", order_line_id=edge["order_line_id"])
    if source:
        said = f"order {source['order_id']} line {source['line_number']}: {places_of(tables, 'order_lines', source)}"
        node.add(said if edge["credit_number"] is None else f"{said}; it credits nobody now")
    else:
        node.add(f"order line {edge['order_line_id']} is in no export any more")
