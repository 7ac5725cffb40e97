"""From earned to paid on statements, where there is a ledger: the figures, who gets one, and the walk down to source lines."""

from decimal import Decimal

import polars as pl
import pytest

from compensation.calculate import periods_of
from compensation.explanation.figure import explain
from compensation.statement.settled import FIGURES, WAITS, with_settlement
from compensation.statement.state import Stated, StatementDoesNotAdd
from schemas.core.statement import FigureInput, Statement, StatementLine
from tests.compensation.statement.settled_world import OPEN, P1, rows, settled_company, tables
from tests.compensation.statement.statement_world import COMPANY, PLANS, calculated


@pytest.fixture(scope="module")
def company():
    return settled_company()


def figures(company, payee, period, *names):
    lines = company[1]["statement_lines"].filter(
        (pl.col("payee_id") == payee) & (pl.col("fiscal_period") == period) & pl.col("figure").is_in(names or FIGURES)
    )
    return {row["figure"]: row["amount"] for row in lines.rows(named=True)}


def explained(company, payee, period, figure=None):
    given, results = company
    lazy = {name: frame.lazy() for name, frame in {**given, **results}.items()}
    return list(_texts(explain(payee, period, lazy, PLANS, "EUR", figure=figure)))


def _texts(node):
    yield node.text
    for child in node.children:
        yield from _texts(child)


def test_the_steps_lead_from_the_opening_balance_to_what_is_paid(company):
    own = figures(company, "E-1042", OPEN)
    assert own == {
        "opening": 0, "settled_earned": Decimal("80.08"), "corrected": Decimal("487.66"), "corrected_sales": 500,
        "corrected_clawback": Decimal("-12.34"), "adjusted": 300, "guaranteed": 0, "drawn": 0, "recovered": 0, "held": Decimal("-8.01"),
        "released": 250, "net_payable": Decimal("1109.73"), "carried_forward": 0, "still_held": Decimal("8.01"), "draw_debt": 0,
        "above_draw": 0,
    }  # fmt: skip


def test_draw_debt_and_what_is_above_the_draw_are_two_figures_and_no_part_of_the_sum(company):
    own = figures(company, "E-1043", OPEN)
    assert (own["recovered"], own["guaranteed"], own["net_payable"]) == (-100, 150, 50)
    assert (own["draw_debt"], own["above_draw"]) == (630, 150)


def test_who_did_nothing_but_draws_owes_or_waits_has_a_statement(company):
    """Scenario 32."""
    statements = company[1]["statements"]
    reasons = dict(
        statements.filter(pl.col("fiscal_period") == OPEN).select(pl.col("payee_id", "reason").cast(pl.String)).rows()
    )
    assert reasons["E-1046"] == "balance"  # on no plan
    assert figures(company, "E-1045", OPEN, "drawn", "net_payable") == {"drawn": 800, "net_payable": 800}
    assert figures(company, "E-1044", OPEN, "opening", "net_payable", "carried_forward") == {
        "opening": -4483, "net_payable": 0, "carried_forward": -4483,
    }  # fmt: skip
    assert figures(company, "E-1046", OPEN, "opening", "earned", "credited_revenue", "earned_before", "net_payable") == {
        "opening": -500, "earned": 0, "credited_revenue": 0, "earned_before": 0, "net_payable": 0,
    }  # fmt: skip


def test_who_has_only_held_pay_has_a_statement():
    given, results = calculated()
    only = {
        **tables(),
        "held": tables()["held"].with_columns(payee_id=pl.lit("E-1046"), fiscal_period=pl.lit(OPEN)).head(1),
    }
    stated = with_settlement(_stated(results), only, periods_of(given, COMPANY), OPEN)
    assert stated.statements.filter((pl.col("payee_id") == "E-1046") & (pl.col("fiscal_period") == OPEN)).height == 1


def test_a_period_after_the_open_one_earns_and_pays_nothing_yet(company):
    lines = company[1]["statement_lines"].filter(pl.col("fiscal_period") == "2026-P04")
    assert set(lines["figure"]).isdisjoint(set(FIGURES) - {"net_payable"})
    net = lines.filter(pl.col("figure") == "net_payable")
    assert set(net["label"]) == {WAITS}
    assert set(net["amount"]) == {0}
    assert figures(company, "E-1042", "2026-P04", "earned") == {"earned": Decimal("419.99")}


def test_tables_fulfil_their_contracts(company):
    for name, contract in (
        ("statements", Statement),
        ("statement_lines", StatementLine),
        ("figure_inputs", FigureInput),
    ):
        contract.validate(company[1][name])


def test_every_posting_is_the_input_of_exactly_one_figure(company):
    results = company[1]
    edges = results["figure_inputs"].filter(pl.col("input_table") == "postings")
    key = ["payee_id", "currency", "order_line_id", "return_id", "credit_number", "earning_period"]
    named = edges.select(*key, "figure", kind="input_part", component="input_component", posting_period="fiscal_period")
    posted = results["postings"].select(*key, "kind", "component", "posting_period", "amount")
    both = posted.join(
        named, on=[*key, "kind", "component", "posting_period"], how="full", nulls_equal=True, coalesce=True
    )
    assert both.height == posted.height == named.height
    sums = both.group_by("payee_id", "posting_period", "figure").agg(pl.col("amount").sum()).rows()
    printed = {
        (payee, period, figure): amount
        for payee, period, figure, amount in results["statement_lines"].select("payee_id", "fiscal_period", "figure", "amount").rows()
    }  # fmt: skip
    assert all(
        amount == (-printed[key] if key[2] == "net_payable" else printed[key])
        for *key, amount in sums
        for key in [tuple(key)]
    )


def test_a_correction_is_explained_down_to_file_and_line(company):
    texts = explained(company, "E-1042", OPEN)
    assert "500.00 EUR corrected for line SO-1-1, 2026-P01: credited 50,000.00 → 60,000.00" in texts
    assert "order SO-1 line 1: order_lines.csv:2" in texts
    assert "return: returns.csv:2" in texts
    assert any(
        text.startswith("300.00 EUR adjusted for ADJ-1, 2026-P02, line SO-2-1: Helped to win it") for text in texts
    )
    assert "250.00 EUR released for 2026-P01: 2026-P01: holdback released" in texts


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("payee", ["E-1042", "E-1043", "E-1044", "E-1045"])
def test_every_zero_has_a_reason(company, payee, figure):
    texts = explained(company, payee, OPEN, figure)
    assert len(texts) > 2, texts
    if figures(company, payee, OPEN, figure)[figure] == 0 and figure != "net_payable":
        assert texts[2].startswith("Zero: ")


def test_a_debt_is_followed_through_the_periods_to_the_draw(company):
    texts = explained(company, "E-1043", OPEN, "draw_debt")
    assert "730.00 EUR drawn for draw, 2026-P01: 1,000.00 draw, 270.00 earned: to be recovered" in texts


def test_what_waits_says_so(company):
    assert explained(company, "E-1042", "2026-P04")[1] == f"{WAITS}: 0.00 EUR"


def test_a_balance_that_its_postings_do_not_make_is_refused():
    given, results = calculated()
    wrong = tables()
    wrong["balances"] = wrong["balances"].with_columns(
        corrected=pl.when(pl.col("fiscal_period") == OPEN)
        .then(pl.col("corrected") + 1)
        .otherwise("corrected")
        .cast(pl.Decimal(38, 3))
    )
    with pytest.raises(StatementDoesNotAdd, match=r"E-1042 in 2026-P03: 488\.660 EUR corrected"):
        with_settlement(_stated(results), wrong, periods_of(given, COMPANY), OPEN)


def test_without_a_posting_nothing_but_zeros_is_added():
    given, results = calculated()
    empty = {name: frame.clear() for name, frame in tables().items()}
    stated = with_settlement(_stated(results), empty, periods_of(given, COMPANY), P1)
    own = stated.statement_lines.filter(pl.col("section") == "settlement")
    assert set(own["amount"]) == {0}
    assert stated.statements.height == results["statements"].height
    assert rows(Statement, []).columns == stated.statements.columns


def _stated(results):
    return Stated(*(results[name] for name in ("statements", "statement_lines", "figure_inputs")))
