"""A plan that pays in another currency: the statement says what is paid, by which rates, and so do explain and the register."""

from decimal import Decimal

import openpyxl
import pytest

from compensation.calculate import calculate
from compensation.explanation.figure import explain
from compensation.rules import Rules
from pipelines.workbooks import write_period_statements
from schemas.rules.plan import Plan
from tests.compensation.statement.statement_world import COMPANY, DAY, RETROACTIVE, facts, table, version
from tests.pipelines.workbooks.conftest import needs_libreoffice, provenance
from tests.pipelines.workbooks.recalculated import differences, recalculated

PLAN = {"plan": "small", "label": "Small business", "currency": "EUR", "pays_in": {"currency": "GBP", "converted_on": "event"},
        "versions": [version([RETROACTIVE])]}  # fmt: skip
RULES = Rules(COMPANY, (Plan.model_validate(PLAN),))


@pytest.fixture(scope="module")
def calculated():
    rates = [
        {"currency": "GBP", "valid_from": DAY(day), "rate": Decimal(rate)}
        for day, rate in (("2026-01-01", "1.25"), ("2026-01-15", "1.16"))
    ]
    given = {**facts(), "fx_rates": table("fx_rates", rates)}
    kept = given["plan_assignments"]["plan"].is_in(["small"])
    given["plan_assignments"] = given["plan_assignments"].filter(kept)
    return given, calculate(given, RULES)


@pytest.fixture(scope="module")
def folder(calculated, tmp_path_factory):
    given, results = calculated
    out = tmp_path_factory.mktemp("pounds")
    write_period_statements(out, results, given, RULES, ["2026-P01", "2026-P02"], provenance())
    return out


def rows(sheet):
    return [tuple(value for value in row if value is not None) for row in sheet.iter_rows(values_only=True)]


def test_what_is_paid_stands_under_the_net_payable_with_the_rates_by_day(folder):
    book = openpyxl.load_workbook(folder / "2026-P01" / "E-1043_2026-P01_r01.xlsx", data_only=True)
    shown = rows(book["Statement"])
    # 8 January: 10 000.00 at 4 % = 400.00; 20 January: 22 345.67 at 5 % in all = 1 117.28, so 717.28 more
    [place] = [place for place, row in enumerate(shown) if row[:1] == ("Paid in GBP",)]
    assert shown[place - 1][:3] == ("Net payable", 1117.28, 1117.28)
    assert shown[place] == ("Paid in GBP", 938.34, 938.34, 0, "Rates by day →")
    days = [row for row in rows(book["Pay currency"]) if row[:1] == ("small",)]
    assert [row[2:] for row in days] == [
        (400, "EUR", 1, 1.25, 320, "GBP", 320),
        (717.28, "EUR", 1, 1.16, 618.34, "GBP", 618.34),
    ]


def test_a_negative_result_is_no_payment(folder):
    book = openpyxl.load_workbook(folder / "2026-P02" / "E-1043_2026-P02_r01.xlsx", data_only=True)
    labels = [row[0] for row in rows(book["Statement"]) if row]
    assert "Carried forward, in GBP" in labels
    assert "Paid in GBP" not in labels


def test_a_statement_in_its_own_currency_has_no_such_sheet(folder):
    book = openpyxl.load_workbook(folder / "2026-P01" / "E-1046_2026-P01_r01.xlsx")
    assert "Pay currency" not in book.sheetnames


def test_the_register_shows_it(folder):
    register = openpyxl.load_workbook(folder / "2026-P01" / "close_2026-P01_r01.xlsx", data_only=True)["Register"]
    heads = [cell.value for cell in register[4]]
    bob = next(row for row in register.iter_rows(min_row=5, values_only=True) if row[0] == "E-1043")
    assert bob[heads.index("Paid in")].startswith("GBP ")


def test_explain_walks_the_days_and_their_rates(calculated):
    given, results = calculated
    tables = {name: frame.lazy() for name, frame in {**given, **results}.items()}
    [net] = explain("E-1043", "2026-P01", tables, RULES.plans, "EUR").children
    paid = next(node for node in net.children if node.text.startswith("Paid in GBP: "))
    assert [child.text.split(":")[0] for child in paid.children] == ["2026-01-08, plan small", "2026-01-20, plan small"]
    assert "EUR × 1 ÷ 1.16 = " in paid.children[1].text


@needs_libreoffice
def test_every_formula_gives_what_the_engine_wrote_beside_it(folder, tmp_path):
    paths = [folder / "2026-P01" / "E-1043_2026-P01_r01.xlsx", folder / "2026-P01" / "close_2026-P01_r01.xlsx"]
    for original, (computed, formulas) in recalculated(paths, tmp_path).items():
        wrong, compared = differences(original, computed)
        assert wrong == []
        assert compared == formulas
