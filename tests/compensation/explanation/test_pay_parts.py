"""Explanations go through gates, multipliers, caps, bonuses and overrides, down to a result's source line; zeros say why."""

import pytest

from compensation.calculate import calculate
from compensation.explanation.figure import explain
from compensation.explanation.line import why
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
    assert has(lines, "− 2000.00 by the cap per deal", "− 1000.00 by the cap per month", "in all 3000.00")


def test_a_bonus_goes_down_to_the_line_of_its_result(world):
    lines = explained(world, "E-1042", "2026-P03", "bonus")
    assert has(lines, "552.00 EUR for csat in 2026-Q1: 1,000.00 × 60 %")
    assert has(lines, "Result csat of 2026-Q1: 9.2, confirmed by k.ito, kpi_results.csv:2")
    assert has(lines, "attained read attainment of new business, quarter")


def test_a_bonus_without_a_result_says_so(world):
    lines = explained(world, "E-1045", "2026-P03", "bonus")
    assert has(lines, "Zero: there is no result yet")
    assert has(lines, "No result csat of 2026-Q1 came; add it to kpi_results")


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
    assert has(told(world, "SO-1-1"), "1 unit × 25.000000 = 25.00")
