"""Explain: how a statement, or one figure of it, came about, down to source file and line."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from compensation.explanation.earned import Asked, add_earning, add_origin, earning_of
from compensation.explanation.node import Node, NotFound, Row, Tables, money_text, name_of, one_of, rows_of
from compensation.explanation.pay_parts import add_bonus, add_pay_currency
from compensation.explanation.settled import add_postings, add_reason
from compensation.statement.labels import counted_by, counts_pieces
from compensation.statement.sentences import unpaid_sentence
from schemas.rules.plan import Plan

FIGURE_KEY = ("payee_id", "fiscal_period", "currency", "figure", "plan", "component", "measure", "window")

EARNED_BY_CREDITS = {"earned_on_sales": True, "clawback": True, "bonus": False, "guarantee": False}
"""Figures made of what credits earn of a component, or of what it pays beside that; the former has a measure."""


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
        _add_figure(root, row, tables, Asked(plans, currency, lines))
    return root


def _no_statement(payee_id: str, fiscal_period: str, tables: Tables) -> str:
    statements = tables["statements"].filter(pl.col("payee_id") == payee_id).collect()
    if statements.is_empty():
        some = tables["statements"].select(pl.col("payee_id").unique().sort()).head(8).collect()["payee_id"]
        return f"nobody called '{payee_id}' has a statement; payees are e.g. {', '.join(some)}"
    periods = statements["fiscal_period"].sort()
    known = f"there are statements from {periods[0]} to {periods[-1]}"
    if len(fiscal_period) == len(periods[-1]) and fiscal_period > periods[-1]:
        last = tables["statements"].select(pl.col("fiscal_period").max()).collect().item()
        known += (
            f"; what came goes up to {last}, and bonuses, pools and guarantees of a window that is still open stand in its last "
            "period so far"
        )
    return f"{payee_id} has no statement for '{fiscal_period}'; {known} (write 2026-P03)"


def _add_figure(parent: Node, row: Row, tables: Tables, asked: Asked) -> None:
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
            _add_standing(node, row, tables, asked.plans)
    add_postings(node, [one for one in inputs if one["input_table"] == "postings"], tables, asked)
    if row["figure"] == "net_payable":
        add_pay_currency(node, row, tables)
    _add_earnings(node, [one for one in inputs if one["input_table"] == "earnings"], tables, asked)
    if row["section"] == "settlement":
        add_reason(node, row, tables, asked)
    elif not node.children:
        node.add("Nothing was credited or earned for it in this period.")


def _add_part(node: Node, row: Row, tables: Tables, asked: Asked, *, of: str) -> None:
    """A figure below another; sales and clawbacks each show only their own lines of a component."""
    if of not in ("earned_on_sales", "clawback"):
        _add_figure(node, row, tables, asked)
        return
    edges = rows_of(tables, "figure_inputs", **{name: row[name] for name in FIGURE_KEY}, input_table="earnings")
    own = [edge for edge in edges if (edge["return_id"] is not None) == (of == "clawback")]
    if own:
        earned = sum(earning_of(edge, tables)["earned"] for edge in own)
        child = node.add(f"{row['label']}: {money_text(earned, row['currency'])}")
        _add_earnings(child, own, tables, asked)


def _add_earnings(node: Node, edges: list[Row], tables: Tables, asked: Asked) -> None:
    for edge in edges[: asked.lines]:
        add_earning(node, edge, tables, asked)
    if len(edges) > asked.lines:
        node.add(f"… and {len(edges) - asked.lines:,} more lines (show them with --lines {len(edges)})")


def _value(row: Row) -> str:
    if row["amount"] is not None:
        return _amount_text(row["amount"], row["currency"], row.get("counted"))
    return f"{row['rate'] * 100:.2f} %" if row["rate"] is not None else "–"


def _figures_named(edge: Row, row: Row, tables: Tables) -> list[Row]:
    key: dict[str, Any] = {
        "payee_id": edge["payee_id"], "currency": edge["currency"],
        "fiscal_period": edge["input_period"] or edge["fiscal_period"], "figure": edge["input_figure"],
    }  # fmt: skip
    found = rows_of(tables, "statement_lines", **key)
    same = [one for one in found if (one["plan"], one["component"]) == (edge["input_plan"], edge["input_component"])]
    if row["component"] is not None:
        return [one for one in same if one["measure"] == row["measure"]]
    by_credits = EARNED_BY_CREDITS.get(row["figure"])
    return [one for one in same if by_credits is None or (one["measure"] is not None) == by_credits]


def _add_unpaid(node: Node, edge: Row, tables: Tables, asked: Asked) -> None:
    lost = one_of(tables, "unpaid", **{name: edge[name] for name in ("order_line_id", "return_id", "credit_number")})
    child = node.add(
        f"line {edge['order_line_id']}, {money_text(lost['amount'], asked.currency)}: earns nothing: {unpaid_sentence(lost['reason'])}"
    )
    add_origin(child, edge, tables, asked)


def _add_standing(node: Node, row: Row, tables: Tables, plans: Sequence[Plan]) -> None:
    key = {
        name: row[name] for name in ("payee_id", "fiscal_period", "plan", "component", "measure", "window") if row[name]
    }
    for standing in rows_of(tables, "attainment", **key):
        counted, currency = _counted_by(standing, plans), standing["currency"]
        position, rate = _amount_text(standing["position"], currency, counted), standing["tier_rate"]
        quota = (
            "" if standing["quota"] is None else f" of a quota of {_amount_text(standing['quota'], currency, counted)}"
        )
        pays = f"{rate.normalize():f} {currency} each" if counts_pieces(counted) else f"{rate * 100:.2f} %"
        node.add(f"{standing['component']} stands at {position}{quota} in {standing['window']}, rate there {pays}")


def _counted_by(standing: Row, plans: Sequence[Plan]) -> str | None:
    """What the component of a position counts, as its plan's newest version has it."""
    parts = [
        part for plan in plans if plan.plan == standing["plan"]
        for version in sorted(plan.versions, key=lambda version: version.valid_from)
        for part in version.components if part.component == standing["component"]
    ]  # fmt: skip
    return counted_by(parts[-1]) if parts else None


def _amount_text(amount: Any, currency: str, counted: str | None) -> str:
    return f"{amount.normalize():f} {counted}" if counts_pieces(counted) else money_text(amount, currency)
