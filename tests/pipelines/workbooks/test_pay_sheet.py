"""A plan that pays in another currency: the statement says what is paid, by which rates, and so do explain and the register."""

from decimal import Decimal

import openpyxl
import polars as pl
import pytest

from compensation.calculate import calculate, periods_of
from compensation.explanation.figure import explain
from compensation.rules import Rules
from compensation.statement.settled import with_settlement
from compensation.statement.state import Stated
from pipelines.workbooks import write_period_statements
from schemas.core.settlement import Balance, PeriodPosting
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
def settled(calculated, tmp_path_factory):
    """January is open in a ledger: what is earned in EUR is posted, and paid, in GBP."""
    given, results = calculated
    january = results["pay_amounts"].filter(pl.col("fiscal_period") == "2026-P01")
    texts = {
        name: pl.col(name).cast(pl.String) for name in ("payee_id", "plan", "component", "order_line_id", "return_id")
    }
    lines = january.group_by(
        **texts, currency=pl.col("pay_currency").cast(pl.String), credit_number="credit_number"
    ).agg(pl.col("amount").sum())
    earned = lines.with_columns(kind=pl.lit("earning"), cause=pl.lit("earned in this period"))
    paid = sum(january["amount"], Decimal(0))
    net = {
        "payee_id": "E-1043",
        "currency": "GBP",
        "plan": "settlement",
        "component": "net",
        "kind": "payment",
        "amount": -paid,
        "cause": "net payable",
    }
    rows_of = [*earned.rows(named=True), net]
    place = {"posting_period": "2026-P01", "earning_period": "2026-P01"}
    types, more = PeriodPosting.dtypes(), Balance.dtypes()
    postings = pl.DataFrame([{name: {**place, **row}.get(name) for name in types} for row in rows_of], schema=types)
    balance = {"payee_id": "E-1043", "fiscal_period": "2026-P01", "currency": "GBP", "earned": paid, "paid": paid}
    balances = pl.DataFrame([{name: balance.get(name, Decimal(0)) for name in more}], schema=more)
    own = {"postings": postings, "balances": balances}
    stated = Stated(*(results[name] for name in ("statements", "statement_lines", "figure_inputs")))
    stated = with_settlement(stated, own, periods_of(given, COMPANY))
    out = tmp_path_factory.mktemp("settled_pounds")
    tables = {**results, **own, **stated._asdict()}
    write_period_statements(out, tables, given, RULES, ["2026-P01"], provenance())
    return out / "2026-P01"


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


def test_settled_each_currency_is_a_section_and_what_is_converted_leads_from_one_to_the_other(settled):
    shown = rows(openpyxl.load_workbook(settled / "E-1043_2026-P01_r01.xlsx", data_only=True)["Statement"])
    assert ("Converted and paid in GBP", -1117.28, -1117.28, 0, 2, "Pay currency →") in shown
    assert ("Earned in EUR, converted", 938.34, 938.34, 0, 2, "Pay currency →") in shown
    net = [row for row in shown if row[:1] == ("Net payable",) and len(row) > 3 and row[-1] == "✓ re-adds"]
    assert [row[1] for row in net] == [0, 938.34]
    close = rows(openpyxl.load_workbook(settled / "close_2026-P01_r01.xlsx", data_only=True)["Close"])
    assert ("All checks", "✓ ALL AGREE") in close
    assert "E-1043,Bob Barker,GBP,938.34,0.00" in (settled / "payroll.csv").read_text()
    assert "E-1043,Bob Barker,EUR" not in (settled / "payroll.csv").read_text()


@needs_libreoffice
def test_every_formula_gives_what_the_engine_wrote_beside_it(folder, settled, tmp_path):
    paths = [
        folder / "2026-P01" / "E-1043_2026-P01_r01.xlsx", folder / "2026-P01" / "close_2026-P01_r01.xlsx",
    ]  # fmt: skip
    other = tmp_path / "settled"
    other.mkdir()
    for name in ("E-1043_2026-P01_r01.xlsx", "close_2026-P01_r01.xlsx"):
        paths.append(other / f"settled_{name}")
        paths[-1].write_bytes((settled / name).read_bytes())
    for original, (computed, formulas) in recalculated(paths, tmp_path).items():
        wrong, compared = differences(original, computed)
        assert wrong == []
        assert compared == formulas
