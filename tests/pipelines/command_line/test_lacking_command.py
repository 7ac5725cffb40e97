"""Order lines that plans cannot use are named before anything is calculated."""

import shutil

import pytest
from click.testing import CliRunner

from pipelines.command_line import main

RETAINED = "measure: {credits: retention, of: revenue}"
ON_MARGIN = "measure: {credits: retention, of: margin, below_cost: mirrored}"
REMEDY = (
    "Give each line a cost_amount (0.00 where it costs nothing), or map one from products.unit_cost, or narrow the component "
    "with 'only'; it is never taken as 0."
)


@pytest.fixture(scope="module")
def demo(examples, tmp_path_factory):
    """The demo company, where retention pays on margin and every fifth order line of 2026 has no cost."""
    demo = tmp_path_factory.mktemp("lacking") / "demo"
    shutil.copytree(examples / "demo", demo, ignore=shutil.ignore_patterns("store", "dagster", "snapshots"))
    plan = demo / "plans" / "account_manager.yaml"
    plan.write_text(plan.read_text().replace(RETAINED, ON_MARGIN))
    lines = demo / "exports" / "erp_positions_2026.csv"
    head, *rows = lines.read_text().splitlines()
    cut = [f"{row.rpartition(',')[0]}," if number % 5 == 0 else row for number, row in enumerate(rows)]
    lines.write_text("\n".join([head, *cut, ""]))
    return demo


def _ask(*arguments):
    done = CliRunner().invoke(main, [str(part) for part in arguments])
    return done.exit_code, done.stdout


def test_check_names_the_lines_says_what_to_do_and_ends_with_1(demo):
    code, text = _ask("check", "--company", demo, "--exports", demo / "exports")
    assert code == 1
    told = text[text.index("Order lines that lack") :].splitlines()
    assert told == [
        "Order lines that lack what a plan needs; a calculation stops at them",
        "  account_manager, retention_commission (measure of margin): 5 order lines have no cost (cost_amount)",
        "    erp_positions_2026.csv:7 order line 30011-10",
        "    erp_positions_2026.csv:27 order line 30012-10",
        "    erp_positions_2026.csv:67 order line 30104-10",
        "    erp_positions_2026.csv:217 order line 30035-10",
        "    erp_positions_2026.csv:227 order line 30106-10",
        f"    {REMEDY}",
    ]


def test_plan_check_says_it_at_the_component(demo):
    code, text = _ask("plan", "check", "--company", demo, "--exports", demo / "exports")
    assert code == 0
    plan = demo / "plans" / "account_manager.yaml"
    line = plan.read_text().splitlines().index("      - component: retention_commission") + 1
    assert (
        f"{plan}:{line}: retention_commission (measure of margin): 5 order lines have no cost (cost_amount), which stops the "
        "calculation. First: erp_positions_2026.csv:7, order line 30011-10. Give each line a cost_amount"
    ) in text


def test_a_calculation_stops_where_the_check_said(demo, tmp_path):
    done = CliRunner().invoke(
        main, ["calculate", "--company", str(demo), "--exports", str(demo / "exports"), "--out", str(tmp_path)]
    )
    assert done.exit_code == 1
    assert "5 credits have no cost on the order line" in done.stderr
    assert "First: order line 30011-10" in done.stderr
