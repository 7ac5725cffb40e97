"""The months of docs/plans/settlement.md come out as the page says."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from compensation.settlement.cash import cash_of
from compensation.settlement.settle import NOTHING_WAITS
from compensation.settlement.terms import Terms
from schemas.rules.plan import Plan
from tests.compensation.settlement.settlement_world import Months, earned, period
from tests.worlds import small_world

PAGE = (Path(__file__).parents[2] / "docs" / "plans" / "settlement.md").read_text()
COLUMNS = ("earned", "held", "released", "drawn", "recovered", "paid", "draw_debt")
ROWS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in re.findall(r"^\| 2026-P\d\d .*\|$", PAGE, re.MULTILINE)
]


@pytest.fixture(scope="module")
def settled():
    plan = Plan.model_validate(yaml.load(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1], yaml.BaseLoader))  # noqa: S506  # text only
    facts = small_world(
        [{"id": "J", "date": "2026-01-10", "lines": ["5000"]}, {"id": "F", "date": "2026-02-10", "lines": ["30000"]}],
        payments=[
            {"payment_id": "1", "order_id": "J", "date": "2026-01-15", "amount": "5000"},
            {"payment_id": "2", "order_id": "F", "date": "2026-02-20", "amount": "30000"},
        ],
    )
    months = Months((Terms("R1", plan.plan, "EUR", plan.versions[0].settlement),))
    lines = {1: earned("500", 1, line="J-1"), 2: earned("3000", 2, line="F-1")}
    for number in range(1, len(ROWS) + 1):
        own = [
            line.with_columns(plan=lines[number]["plan"].replace("plan", plan.plan))
            for line in [lines.get(number)]
            if line is not None
        ]
        months.settle(number, *own, waits=replace(NOTHING_WAITS, cash=cash_of([plan], facts, period(number))))
    return months.results


@pytest.mark.parametrize("number", range(1, len(ROWS) + 1))
def test_each_month_of_the_page_is_what_is_settled(settled, number):
    name, *figures = ROWS[number - 1]
    row = settled[number - 1].balances.row(0, named=True)
    assert row["fiscal_period"] == name
    assert {column: row[column] for column in COLUMNS} == dict(zip(COLUMNS, map(Decimal, figures), strict=True))


def test_the_page_has_months():
    assert len(ROWS) > 4
