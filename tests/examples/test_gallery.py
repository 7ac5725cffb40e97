"""The gallery: every plan is accepted, and its people earn what the README works out by hand."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from compensation.calculate import calculate
from pipelines.command_line import main
from pipelines.company_folder import load_company
from pipelines.intake import take_in

GALLERY = Path(__file__).parents[2] / "examples" / "gallery"
README = (GALLERY / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def results():
    folder = load_company(GALLERY)
    return calculate(take_in(folder, GALLERY / "exports").facts, folder.rules)


def earned(results, payee, component, **of):
    rows = results["earnings"].filter(
        pl.col("payee_id").cast(pl.String) == payee, pl.col("component").cast(pl.String) == component
    )
    for column, value in of.items():
        rows = rows.filter(pl.col(column).cast(pl.String).eq_missing(pl.lit(value)))
    return rows["earned"].sum()


def given(results, payee, component):
    rows = results["bonuses"].filter(pl.col("payee_id") == payee, pl.col("component") == component)
    sums = rows.group_by("fiscal_period").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    return dict(sums.rows())


@pytest.mark.parametrize(
    ("payee", "component", "of", "amount"),
    [
        ("A1", "new_business_commission", {"order_line_id": "O5-1", "return_id": None}, "3600.00"),
        ("A1", "new_business_commission", {"order_line_id": "O6-1"}, "840.00"),
        ("A1", "new_business_commission", {"order_line_id": "O10-1"}, "90.00"),
        ("A1", "new_business_commission", {"return_id": "R1", "fiscal_period": "2026-P04"}, "-225.00"),
        ("A1", "scanner_campaign", {}, "333.33"),
        ("A2", "scanner_campaign", {}, "166.67"),
        ("A2", "new_business_commission", {}, "900.00"),
        ("K1", "retention_incentive", {}, "5000.00"),
        ("K1", "growth_commission", {}, "840.00"),
        ("S1", "margin_commission", {"order_line_id": "O8-1"}, "144.00"),
        ("S1", "margin_commission", {"order_line_id": "O9-1"}, "-24.00"),
        ("M1", "team_override", {"fiscal_period": "2026-P03"}, "1170.00"),
        ("M1", "team_override", {"fiscal_period": "2026-P04"}, "-200.00"),
    ],
)
def test_sales_earn_what_the_readme_works_out(results, payee, component, of, amount):
    assert earned(results, payee, component, **of) == Decimal(amount)
    assert f"{abs(Decimal(amount)):,.2f}" in README


@pytest.mark.parametrize(
    ("payee", "component", "amounts"),
    [
        ("A2", "guarantee", {"2026-P02": "2500.00", "2026-P03": "1433.33", "2026-P04": "2500.00"}),
        ("K1", "account_bonus", {"2026-P03": "2300.00"}),
        ("D1", "monthly_bonus", {"2026-P01": "1140.00", "2026-P03": "1000.00"}),
        ("C1", "coordinators", {"2026-P03": "1000.00"}),
        ("C2", "coordinators", {"2026-P03": "500.00"}),
    ],
)
def test_results_earn_what_the_readme_works_out(results, payee, component, amounts):
    assert given(results, payee, component) == {period: Decimal(amount) for period, amount in amounts.items()}


def test_nobody_else_earns_anything(results):
    assert set(results["earnings"]["payee_id"].cast(pl.String)) == {"A1", "A2", "K1", "M1", "S1"}
    assert set(results["bonuses"]["payee_id"]) == {"A2", "K1", "D1", "C1", "C2"}


def test_every_plan_is_in_the_readme():
    plans = sorted(path.stem for path in (GALLERY / "plans").glob("*.yaml"))
    assert len(plans) == 6
    assert [name for name in plans if f"[{name}](plans/{name}.yaml)" not in README] == []


def test_nothing_blocks_the_close(results):
    assert results["findings"].filter(pl.col("severity") == "blocking").is_empty()


def test_the_company_is_accepted():
    shown = CliRunner().invoke(main, ["check", "--company", str(GALLERY), "--exports", str(GALLERY / "exports")])
    assert shown.exit_code == 0, shown.output
    assert "11 sources and 6 plans can be used" in shown.output
