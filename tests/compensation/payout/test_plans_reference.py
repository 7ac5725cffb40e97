"""Every example in docs/plans.md is a plan that loads, and earns what the page says."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from payout_world import credits_of, earned_by_credit, pay_world

from pipelines.rule_files import load_rule_file
from schemas.rules.curve import SHAPES
from schemas.rules.plan import Plan

PAGE = (Path(__file__).parents[3] / "docs" / "plans.md").read_text()
EXAMPLES = re.findall(
    r"```yaml\n(plan: (\w+)\n.*?)```\n(.*?)\| --- \| --- \| --- \| --- \|\n(.*?)\n\n", PAGE, flags=re.S
)


def rows_of(table):
    rows = []
    for line in table.splitlines():
        on, credit, amount, earns = (cell.strip() for cell in line.strip("|").split("|"))
        back = re.fullmatch(r"return of (\d+)", credit)
        rows.append(
            {"on": on, "amount": amount, "earns": earns, **({"of": int(back[1])} if back else {"kind": credit})}
        )
    return rows


@pytest.mark.parametrize(("text", "name", "between", "table"), EXAMPLES, ids=[name for _, name, _, _ in EXAMPLES])
def test_an_example_earns_what_the_page_says(tmp_path, text, name, between, table):
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    plan = load_rule_file(path, Plan)
    rows = rows_of(table)
    quotas = [
        {"measure": measure, "period": period, "amount": amount}
        for measure, period, amount in re.findall(r"Quota of (\w+) for ([\w-]+): ([\d.]+)", between)
    ]
    credits = credits_of([{key: value for key, value in row.items() if key != "earns"} for row in rows])
    paid = pay_world(credits, plan, payees=[{"payee_id": "rep", "role": plan.for_roles[0]}], quotas=quotas)
    assert earned_by_credit(paid, credits) == [Decimal(row["earns"]) for row in rows]


def test_every_yaml_block_is_an_example_with_figures():
    assert len(EXAMPLES) == PAGE.count("```yaml")


def test_every_shape_has_an_example():
    assert set(SHAPES) <= set(re.findall(r"shape: (\w+)", PAGE))


def test_every_key_of_a_plan_file_is_explained():
    from schemas.rules.component import Component  # noqa: PLC0415
    from schemas.rules.plan import PlanVersion  # noqa: PLC0415

    keys = {*Plan.model_fields, *PlanVersion.model_fields, *Component.model_fields}
    assert {key for key in keys if f"`{key}`" not in PAGE} == set()
