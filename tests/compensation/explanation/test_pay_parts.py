"""Explanations go through gates, multipliers, caps, bonuses and overrides, down to a result's source line; zeros say why."""

from decimal import Decimal

import polars as pl
import pytest

from compensation.calculate import calculate
from compensation.explanation.figure import explain
from compensation.explanation.line import why
from compensation.explanation.node import Node
from compensation.explanation.pay_parts import add_bonus
from schemas.core.payout import BonusPart
from schemas.rules.plan import Plan
from tests.compensation.statement.statement_world import table, version
from tests.pipelines.workbooks.everything import everything


def texts(node):
    return [node.text, *(text for child in node.children for text in texts(child))]


@pytest.fixture(scope="module")
def world():
    given, rules = everything()
    tables = {**given, **calculate(given, rules)}
    return {name: frame.lazy() for name, frame in tables.items()}, rules


def explained(world, payee, period, figure):
    tables, rules = world
    return texts(explain(payee, period, tables, rules.plans, "EUR", figure=figure, lines=100))


def told(world, line):
    tables, rules = world
    return texts(why(line, tables, rules.company, rules.plans))


def has(lines, *parts):
    return any(all(part in text for part in parts) for text in lines)


def test_a_closed_gate_says_what_it_read_and_why_the_line_is_zero(world):
    lines = explained(world, "E-1042", "2026-P01", "component_earned:gated")
    assert has(lines, "gate 1 read attainment of new business, quarter, up to", "effect 0 (closed)")
    assert has(lines, "Zero: gate 1 makes it nothing")


def test_a_cap_is_part_of_the_sentence(world):
    lines = explained(world, "E-1042", "2026-P01", "component_earned:capped")
    assert has(lines, "− 2,000.00 by the cap per deal", "− 1,000.00 by the cap per month", "in all 3,000.00")


def test_a_bonus_goes_down_to_the_line_of_its_result(world):
    lines = explained(world, "E-1042", "2026-P03", "bonus")
    assert has(lines, "552.00 EUR for csat in 2026-Q1: 1,000.00 × 60 %")
    assert has(lines, "Result csat of 2026-Q1: 9.2, confirmed by k.ito, kpi_results.csv:2")
    assert has(lines, "attained read attainment of new business, quarter")


def test_a_bonus_without_a_result_says_so(world):
    lines = explained(world, "E-1045", "2026-P03", "bonus")
    assert has(lines, "Zero: there is no result yet")
    assert has(lines, "No result csat of 2026-Q1 came; add it to kpi_results")


@pytest.mark.parametrize(("scope", "window", "period"), [
    ("month", "2026-P01", "2026-01"), ("month", "2026-P01", "2026-P01"), ("quarter", "2026-Q1", "2026-Q1"), ("year_to_date", "2026-Q1", "2026"),
])  # fmt: skip
def test_a_result_is_found_under_the_period_that_its_reading_takes(scope, window, period):
    rows = [result(period, "0.9"), result("2025-01", "0.5"), result("2026-02", "0.7")]
    lines = bonus_told(scope, window, rows)
    assert has(lines, f"Result csat of {period}: 0.9, kpi_results.csv:2")
    assert not has(lines, "No result")
    assert not has(lines, "of 2025-01: ")


def test_a_result_of_another_period_is_named_where_the_wanted_one_is_missing():
    lines = bonus_told("month", "2026-P01", [result("2026-02", "0.7")])
    assert has(lines, "No result csat of 2026-P01 came; there is one of 2026-02; add it to kpi_results")


def result(period, value):
    return {"subject_id": "E-1042", "kpi": "csat", "period": period, "value": Decimal(value)}


def bonus_told(scope, window, results):
    """What is told of Ada's objective csat with another scope, in a window."""
    objective = {
        "objective": "csat",
        "label": "Customer satisfaction",
        "weight": "100%",
        "score": {"shape": "flat", "rate": "100%"},
    }
    bonus = {"bonus": "quality", "label": "Quality bonus", "window": "month", "incentive": {"amount": "1000.00", "per": "quarter"}, "objectives": [
        {**objective, "reading": {"of": "kpi", "kpi": "csat", "scope": scope}}]}  # fmt: skip
    plan = Plan.model_validate(
        {"plan": "executive", "label": "One", "currency": "EUR", "versions": [version([], bonuses=[bonus])]}
    )
    part = {
        "payee_id": "E-1042", "plan": "executive", "plan_version": "2026.1", "component": "quality", "kind": "objective", "part": "csat",
        "window": window, "fiscal_period": "2026-P01", "base": Decimal(1000), "weight": Decimal(1), "value": Decimal("0.9"),
        "score": Decimal("0.9"), "amount": Decimal(900), "currency": "EUR", "detail": "by hand",
    }  # fmt: skip
    tables = {
        "bonuses": pl.DataFrame([part], schema=BonusPart.dtypes()).lazy(),
        "kpi_results": table("kpi_results", results).lazy(),
    }
    root = Node("bonus")
    edge = {**part, "input_plan": None, "input_component": None, "input_part": "csat"}
    add_bonus(root, edge, tables, (plan,))
    return texts(root)


def test_a_guarantee_that_gives_nothing_says_why(world):
    assert has(explained(world, "E-1042", "2026-P03", "guarantee"), "Zero: what was earned reaches the guarantee")


def test_net_payable_reaches_everything(world):
    lines = explained(world, "E-1042", "2026-P03", "net_payable")
    for part in ("Bonuses and pools", "Team pool", "order_lines.csv:", "kpi_results.csv:2"):
        assert has(lines, part), part


def test_why_lists_everyone_it_paid_and_what_did_not_take_it(world):
    lines = told(world, "SO-3-1")
    assert has(lines, "to E-1043 (Bob Barker)", "for override")
    assert has(lines, "Override on the credit of E-1042 (Ada Lovelace)")
    assert has(lines, "For each licence does not take it: it takes sales from 2026-01-01 to before 2026-03-01")


def test_units_are_told_as_units(world):
    assert has(told(world, "SO-1-1"), "1 unit × 25.00 = 25.00")


PARTS = ("earned_on_sales", "clawback", "bonus", "guarantee")


def test_what_stands_under_a_sum_adds_up_to_it(world):
    tables, rules = world
    lines = tables["statement_lines"].filter(pl.col("figure").is_in(PARTS), pl.col("amount") != 0).collect()
    assert set(lines["figure"]) == set(PARTS)
    for row in lines.iter_rows(named=True):
        root = explain(row["payee_id"], row["fiscal_period"], tables, rules.plans, "EUR", figure=row["figure"], lines=9)
        [own] = [node for node in root.children if node.text.endswith(f" {row['currency']}")]
        amounts = [amount_of(child.text) for child in own.children]
        assert sum(amounts) == row["amount"], (row["payee_id"], row["fiscal_period"], own.text, amounts)


def amount_of(text):
    """The amount at the end of ``Label: 1,234.00 EUR``."""
    return Decimal(text.rsplit(": ", 1)[1].split()[0].replace(",", ""))


def test_every_component_of_the_plan_pays_somebody(world):
    """So that what is shown of each is more than zeros; the budget scales, and the running gate is closed at first."""
    tables, rules = world
    paid = tables["earnings"].filter(pl.col("earned") != 0).collect()
    names = {part.component for plan in rules.plans for version in plan.versions for part in version.components}
    assert names - set(paid["component"].cast(pl.String)) == {"gated"}, "its gate is closed"
    assert "budget" in set(tables["earning_changes"].collect()["kind"].cast(pl.String))
    running = tables["curves"].filter(pl.col("component").cast(pl.String) == "gated_running").collect()
    assert set(running["factor"]) == {Decimal(0), Decimal(1)}


def test_a_running_gate_a_wider_window_and_a_budget_are_told(world):
    lines = explained(world, "E-1042", "2026-P01", "component_earned:gated_running")
    assert has(
        lines, "gate 1 is read at each credit: it pays only while attainment of new business, quarter is at least 50 %"
    )
    closed = explained(world, "E-1042", "2026-P04", "component_earned:gated_running")
    assert has(closed, "Zero: what is read at each credit made it nothing then")
    assert has(
        explained(world, "E-1042", "2026-P01", "component_earned:campaign"), "by the budget that all payees share"
    )
    assert has(explained(world, "E-1042", "2026-P01", "component_earned:wider"), "of revenue", "× 1 %")
    assert has(explained(world, "E-1042", "2026-P01", "component_earned:matrix"), "of revenue")
