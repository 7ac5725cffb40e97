"""What stands behind one earning or one bonus part: changes, readings, the source of a result, whose credit an override is on."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from compensation.currency import minor_unit_digits
from compensation.explanation.node import Node, Row, Tables, credit_of, money_text, name_of, one_of, places_of, rows_of
from compensation.statement.clawback_words import returned_words
from compensation.statement.curve_words import reading_words
from compensation.statement.rule_words import gate_words
from compensation.statement.sentences import component_named, earning_sentence, version_named
from schemas.rules.bonus import Bonus
from schemas.rules.component import Component
from schemas.rules.plan import Plan
from schemas.rules.reading import Reading, whole_scope

EARNING = ("payee_id", "order_line_id", "return_id", "credit_number", "plan", "component", "slice_number")
RETURN = ("payee_id", "plan", "component", "order_line_id", "return_id", "credit_number")
YEAR_DIGITS = 4
NOTHING_BY_RATE = "the curve pays nothing at this position"


def explained_earning(earning: Row, tables: Tables, plans: Sequence[Plan]) -> str:
    """The sentence of an earning with every factor, cap and budget that changed it."""
    changes = rows_of(tables, "earning_changes", **{name: earning[name] for name in EARNING})
    return earning_sentence(earning, plans, changes)


def add_why_of_earning(node: Node, earning: Row, tables: Tables, plans: Sequence[Plan]) -> None:
    """Below an earning: whose credit an override is on, what its component read, and why it is zero."""
    credit = credit_of(tables, earning)
    component = component_named(version_named(plans, earning["plan"], earning["plan_version"]), earning["component"])
    if credit and credit["payee_id"] != earning["payee_id"]:
        base = "what was earned on it" if component.measure.base == "commission" else "the credit"
        node.add(f"Override on {base} of {name_of(tables, credit['payee_id'])}")
    if earning["return_id"] is not None:
        node.add(f"Taken back: {_taken_back(earning, tables, plans)}")
    add_readings(node, tables, earning, earning["window"])
    for sentence in _read_at_each_credit(component, earning["currency"]):
        node.add(sentence)
    if earning["earned"] == 0:
        node.add(f"Zero: {_why_zero(earning, tables, component)}")


def _read_at_each_credit(component: Component, currency: str) -> Iterator[str]:
    """Gates and multipliers that each credit saw as they stood then; no table has a row for each of them."""
    for number, gate in enumerate(component.gates, start=1):
        if gate.reads == "running":
            yield f"gate {number} is read at each credit: it pays only while {gate_words(gate, currency)}"
    for number, multiplier in enumerate(component.multipliers, start=1):
        if multiplier.reads == "running":
            yield f"multiplier {number} is read at each credit: {reading_words(multiplier.reading)}"


def _taken_back(earning: Row, tables: Tables, plans: Sequence[Plan]) -> str:
    """Which clawback took a return back, and how much of it: that of the version which took the sale."""
    row = one_of(tables, "clawbacks", **{name: earning[name] for name in RETURN})
    version = version_named(plans, earning["plan"], row["plan_version"] if row else earning["plan_version"])
    return returned_words(component_named(version, earning["component"]).takes_back, row or None)


def add_readings(node: Node, tables: Tables, part: Row, window: str, used_by: str | None = None) -> None:
    """What a component, bonus or pool of a payee read in a window, each with what followed."""
    key = {name: part[name] for name in ("payee_id", "plan", "component")}
    rows = rows_of(tables, "readings", **key, window=window)
    for row in sorted(rows, key=lambda row: (row["used_by"], row["until"])):
        if used_by is None or row["used_by"] == used_by or row["used_by"].startswith(("gate", "multiplier")):
            node.add(reading_sentence(row))


def reading_sentence(row: Row) -> str:
    """``gate 1 read attainment of new business, quarter, up to 2026-03-31: 0.963347; effect 0 (closed)``."""
    value = "nothing yet" if row["value"] is None else f"{row['value'].normalize():f}"
    text = f"{row['used_by']} read {row['reading'].replace('_', ' ')}, up to {row['until']}: {value}"
    if row["effect"] is None:
        return text
    closed = {0: " (closed)", 1: " (open)"}.get(row["effect"], "") if row["used_by"].startswith("gate") else ""
    return f"{text}; effect {row['effect'].normalize():f}{closed}"


def add_bonus(parent: Node, edge: Row, tables: Tables, plans: Sequence[Plan]) -> None:
    """One part of a bonus, a pool share, a guarantee or a carried excess, down to the result's source line."""
    parts = rows_of(
        tables, "bonuses", payee_id=edge["payee_id"], fiscal_period=edge["fiscal_period"],
        plan=edge["input_plan"] or edge["plan"], component=edge["input_component"] or edge["component"],
        part=edge["input_part"],
    )  # fmt: skip
    for part in parts:
        named = part["part"].replace("_", " ")
        node = parent.add(
            f"{money_text(part['amount'], part['currency'])} for {named} in {part['window']}: {part['detail']}"
        )
        add_readings(node, tables, part, part["window"], part["part"])
        _add_result(node, part, tables, plans)
        if part["amount"] == 0:
            node.add(f"Zero: {_why_no_bonus(part)}")


def add_pay_currency(parent: Node, statement: Row, tables: Tables) -> None:
    """What a statement's plans pay in another currency: the sum, and each day of conversion with both rates."""
    rows = rows_of(
        tables, "pay_amounts", **{name: statement[name] for name in ("payee_id", "fiscal_period", "currency")}
    )
    days: dict[tuple[Any, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["pay_currency"], row["plan"], row["converted_on"])):
        days.setdefault((row["pay_currency"], row["plan"], row["converted_on"]), []).append(row)
    for code in dict.fromkeys(day[0] for day in days):
        total = sum(row["amount"] for row in rows if row["pay_currency"] == code)
        said = "Carried forward, in" if total < 0 else "Paid in"
        node = parent.add(f"{said} {code}: {money_text(total, code)}")
        for (own, plan, day), parts in days.items():
            if own == code:
                earned, paid = (sum(row[name] for row in parts) for name in ("earned", "amount"))
                rates = f"{parts[0]['plan_rate'].normalize():f} ÷ {parts[0]['pay_rate'].normalize():f}"
                node.add(
                    f"{day}, plan {plan}: {money_text(earned, statement['currency'])} × {rates} = {money_text(paid, code)}"
                )


def _add_result(node: Node, part: Row, tables: Tables, plans: Sequence[Plan]) -> None:
    """The rows of ``kpi_results`` that an objective reads in its window, with their source."""
    bonus = _bonus_of(part, plans)
    reading = next((one.reading for one in bonus.objectives if one.objective == part["part"]), None) if bonus else None
    if reading is None or reading.kpi is None:
        return
    results = rows_of(tables, "kpi_results", subject_id=part["payee_id"], kpi=reading.kpi)
    rows = [row for row in results if _is_result_of(row, reading, part)]
    for row in rows:
        confirmed = f", confirmed by {row['confirmed_by']}" if row.get("confirmed_by") else ""
        node.add(
            f"Result {row['kpi']} of {row['period']}: {row['value'].normalize():f}{confirmed}, {places_of(tables, 'kpi_results', row)}"
        )
    if not rows:
        known = sorted(row["period"] for row in results)
        others = f"; there is one of {', '.join(known[-5:])}" if known else ""
        node.add(f"No result {reading.kpi} of {_interval_words(reading, part)} came{others}; add it to kpi_results")


KIND_OF_SCOPE = {"month": "-P", "quarter": "-Q", "half_year": "-H", "year": ""}


def _is_result_of(row: Row, reading: Reading, part: Row) -> bool:
    """Whether a result is what the reading took in the part's window; ``2026-01`` stands for the fiscal month ``2026-P01``."""
    period: str = re.sub(r"^(\d{4})-(\d{2})$", r"\1-P\2", row["period"].strip())
    window, kind = str(part["window"]), KIND_OF_SCOPE[whole_scope(reading.scope)]
    if not kind:
        return period == window[:YEAR_DIGITS]
    if kind in window:
        return period == window
    is_near = period.startswith(window[:YEAR_DIGITS] + kind)
    return is_near and part["value"] is not None and bool(row["value"] == part["value"])


def _interval_words(reading: Reading, part: Row) -> str:
    """The period that a result is wanted of, as far as the window says it."""
    window, scope = part["window"], whole_scope(reading.scope)
    kind = KIND_OF_SCOPE[scope]
    if not kind:
        return str(window[:YEAR_DIGITS])
    return str(window) if kind in window else f"the {scope.replace('_', '-')} of {window}"


def _bonus_of(part: Row, plans: Sequence[Plan]) -> Bonus | None:
    version = version_named(plans, part["plan"], part["plan_version"])
    return next((bonus for bonus in version.bonuses if bonus.bonus == part["component"]), None)


def _why_no_rate(earning: Row, tables: Tables, component: Component) -> str:
    """The curve's own doing, or that of what is read at each credit."""
    key = {name: earning[name] for name in ("payee_id", "plan", "component", "window")}
    made_nothing = any(row["factor"] == 0 for row in rows_of(tables, "curves", **key))
    if made_nothing and any(_read_at_each_credit(component, earning["currency"])):
        return "what is read at each credit made it nothing then"
    return NOTHING_BY_RATE


def _why_zero(earning: Row, tables: Tables, component: Component) -> str:
    key = {name: earning[name] for name in ("payee_id", "plan", "component")}
    closed = [
        row for row in rows_of(tables, "readings", **key, window=earning["window"])
        if row["effect"] == 0 and row["used_by"].startswith(("gate", "multiplier"))
    ]  # fmt: skip
    if closed:
        last = max(closed, key=lambda row: row["until"])
        return f"{last['used_by']} makes it nothing ({reading_sentence(last)})"
    changes = rows_of(tables, "earning_changes", **{name: earning[name] for name in EARNING})
    if changes:
        return f"{changes[-1]['kind'].replace('_', ' ')} leaves nothing of it"
    if earning["credited"] == 0:
        return f"nothing of the {'return is taken back' if earning['return_id'] else 'credit counts'}"
    if earning["tier_rate"] == 0:
        return _why_no_rate(earning, tables, component)
    by_curve = earning["credited"] * earning["tier_rate"]
    if abs(by_curve) < Decimal(1).scaleb(-minor_unit_digits(earning["currency"])):
        return f"{by_curve.normalize():f} {earning['currency']} changes no rounded running total"
    return (
        f"by running totals, {earning['rounded_before']} before and {earning['rounded_after']} after, nothing is added"
    )


def _why_no_bonus(part: Row) -> str:
    if part["kind"] == "guarantee":
        return "what was earned reaches the guarantee"
    if part["value"] is None and part["kind"] == "objective":
        return "there is no result yet"
    if part["score"] is not None and part["score"] == 0:
        return "the result scores nothing"
    return "earlier periods of the window have all of it, or nothing is due"
