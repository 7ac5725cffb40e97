"""Explain: how a statement, or one figure of it, came about, down to source file and line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from compensation.explanation.node import Node, NotFound, Row, Tables, money_text, name_of, one_of, places_of, rows_of
from compensation.explanation.pay_parts import add_bonus, add_why_of_earning, explained_earning
from compensation.statement.curve_words import ONE_OF
from compensation.statement.sentences import unpaid_sentence
from schemas.rules.plan import Plan

FIGURE_KEY = ("payee_id", "fiscal_period", "currency", "figure", "plan", "component", "measure", "window")


@dataclass(frozen=True)
class _Asked:
    """What the sentences need: the plans, the company currency, how many lines to show."""

    plans: Sequence[Plan]
    currency: str
    lines: int


def explain(
    payee_id: str,
    fiscal_period: str,
    tables: Tables,
    plans: Sequence[Plan],
    currency: str,
    *,
    figure: str | None = None,
    lines: int = 10,
) -> Node:
    """The tree of a statement, or of one figure of it.

    Args:
        payee_id: Whose statement.
        fiscal_period: Which, e.g. ``2026-P03``.
        tables: Contract and result tables by name.
        plans: The plans, for the sentences.
        currency: The company's, in which credits are counted.
        figure: A figure of ``statement_lines``, or ``figure:component``; the net payable where none.
        lines: How many order lines to show under each figure; the rest is counted.

    Raises:
        NotFound: there is no such statement or figure; says which there are.
    """
    printed = rows_of(tables, "statement_lines", payee_id=payee_id, fiscal_period=fiscal_period)
    if not printed:
        raise NotFound(_no_statement(payee_id, fiscal_period, tables))
    name, _, component = (figure or "net_payable").partition(":")
    wanted = [row for row in printed if row["figure"] == name and (not component or row["component"] == component)]
    if not wanted:
        known = sorted({row["figure"] + (f":{row['component']}" if row["component"] else "") for row in printed})
        raise NotFound(
            f"the statement of {payee_id} for {fiscal_period} has no figure '{figure}'; it has {', '.join(known)}"
        )
    root = Node(f"Statement of {name_of(tables, payee_id)} for {fiscal_period}")
    for row in wanted:
        _add_figure(root, row, tables, _Asked(plans, currency, lines))
    return root


def _no_statement(payee_id: str, fiscal_period: str, tables: Tables) -> str:
    statements = tables["statements"].filter(pl.col("payee_id") == payee_id).collect()
    if statements.is_empty():
        some = tables["statements"].select(pl.col("payee_id").unique().sort()).head(8).collect()["payee_id"]
        return f"nobody called '{payee_id}' has a statement; payees are e.g. {', '.join(some)}"
    periods = statements["fiscal_period"].sort()
    return f"{payee_id} has no statement for '{fiscal_period}'; there are statements from {periods[0]} to {periods[-1]} (write 2026-P03)"


def _add_figure(parent: Node, row: Row, tables: Tables, asked: "_Asked") -> None:
    node = parent.add(f"{row['label']}: {_value(row)}")
    inputs = rows_of(tables, "figure_inputs", **{name: row[name] for name in FIGURE_KEY})
    for one in inputs:
        if one["input_table"] == "statement_lines":
            for source in _figures_named(one, row, tables):
                _add_part(node, source, tables, asked, of=row["figure"])
        elif one["input_table"] == "bonuses":
            add_bonus(node, one, tables, asked.plans)
        elif one["input_table"] == "unpaid":
            _add_unpaid(node, one, tables, asked)
        elif one["input_table"] == "attainment":
            _add_standing(node, row, tables)
    _add_earnings(node, [one for one in inputs if one["input_table"] == "earnings"], tables, asked)
    if not node.children:
        node.add("Nothing was credited or earned for it in this period.")


def _add_part(node: Node, row: Row, tables: Tables, asked: "_Asked", *, of: str) -> None:
    """A figure below another; sales and clawbacks each show only their own lines of a component."""
    if of not in ("earned_on_sales", "clawback"):
        _add_figure(node, row, tables, asked)
        return
    edges = rows_of(tables, "figure_inputs", **{name: row[name] for name in FIGURE_KEY}, input_table="earnings")
    own = [edge for edge in edges if (edge["return_id"] is not None) == (of == "clawback")]
    if own:
        earned = sum(_earning_of(edge, tables)["earned"] for edge in own)
        child = node.add(f"{row['label']}: {money_text(earned, row['currency'])}")
        _add_earnings(child, own, tables, asked)


def _add_earnings(node: Node, edges: list[Row], tables: Tables, asked: "_Asked") -> None:
    for edge in edges[: asked.lines]:
        _add_earning(node, edge, tables, asked)
    if len(edges) > asked.lines:
        node.add(f"… and {len(edges) - asked.lines:,} more lines (show them with --lines {len(edges)})")


def _value(row: Row) -> str:
    if row["amount"] is not None and row.get("counted") in ONE_OF:
        return f"{row['amount'].normalize():f} {row['counted']}"
    if row["amount"] is not None:
        return money_text(row["amount"], row["currency"])
    return f"{row['rate'] * 100:.2f} %" if row["rate"] is not None else "–"


def _figures_named(edge: Row, row: Row, tables: Tables) -> list[Row]:
    key: dict[str, Any] = {
        "payee_id": edge["payee_id"], "currency": edge["currency"],
        "fiscal_period": edge["input_period"] or edge["fiscal_period"], "figure": edge["input_figure"],
    }  # fmt: skip
    found = rows_of(tables, "statement_lines", **key)
    same = [one for one in found if (one["plan"], one["component"]) == (edge["input_plan"], edge["input_component"])]
    return [one for one in same if one["measure"] in (row["measure"], None) or row["measure"] is None]


def _earning_of(edge: Row, tables: Tables) -> Row:
    key = {name: edge[name] for name in ("order_line_id", "return_id", "credit_number", "slice_number")}
    return one_of(
        tables,
        "earnings",
        payee_id=edge["payee_id"],
        **key,
        plan=edge["input_plan"] or edge["plan"],
        component=edge["input_component"] or edge["component"],
    )


def _add_earning(node: Node, edge: Row, tables: Tables, asked: "_Asked") -> None:
    earning = _earning_of(edge, tables)
    what = (
        f"return {edge['return_id']} of line {edge['order_line_id']}"
        if edge["return_id"]
        else f"line {edge['order_line_id']}"
    )
    child = node.add(
        f"{money_text(earning['earned'], earning['currency'])} for {what}: {explained_earning(earning, tables, asked.plans)}"
    )
    add_why_of_earning(child, earning, tables, asked.plans)
    _add_origin(child, edge, tables, asked)


def _add_unpaid(node: Node, edge: Row, tables: Tables, asked: "_Asked") -> None:
    lost = one_of(tables, "unpaid", **{name: edge[name] for name in ("order_line_id", "return_id", "credit_number")})
    child = node.add(
        f"line {edge['order_line_id']}, {money_text(lost['amount'], asked.currency)}: earns nothing: {unpaid_sentence(lost['reason'])}"
    )
    _add_origin(child, edge, tables, asked)


def _add_standing(node: Node, row: Row, tables: Tables) -> None:
    key = {
        name: row[name] for name in ("payee_id", "fiscal_period", "plan", "component", "measure", "window") if row[name]
    }
    for standing in rows_of(tables, "attainment", **key):
        quota = (
            "" if standing["quota"] is None else f" of a quota of {money_text(standing['quota'], standing['currency'])}"
        )
        position = money_text(standing["position"], standing["currency"])
        node.add(
            f"{standing['component']} stands at {position}{quota} in {standing['window']}, rate there {standing['tier_rate'] * 100:.2f} %"
        )


def _add_origin(node: Node, edge: Row, tables: Tables, asked: "_Asked") -> None:
    credit = one_of(tables, "credits", **{name: edge[name] for name in ("order_line_id", "return_id", "credit_number")})
    node.add(
        f"credit of {money_text(credit['amount'], asked.currency)}, {credit['motion'].replace('_', ' ')}, dated {credit['event_date']}, by {credit['rule'].replace('_', ' ')}"
    )
    source = one_of(tables, "order_lines", order_line_id=edge["order_line_id"])
    node.add(f"order {credit['order_id']} line {credit['line_number']}: {places_of(tables, 'order_lines', source)}")
    if edge["return_id"]:
        node.add(f"return: {places_of(tables, 'returns', one_of(tables, 'returns', return_id=edge['return_id']))}")
