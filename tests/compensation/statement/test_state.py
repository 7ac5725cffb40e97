"""Statements: who gets one, what it says, and that every figure can be computed again from what it names."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl
import pytest

from compensation.calculate import calculate, periods_of
from compensation.statement import StatementDoesNotAdd, state, statement_details
from compensation.statement.otherwise import CreditsMissing
from compensation.statement.state import require_adding_up
from schemas.core.payout import BonusPart, EarningChange
from schemas.core.statement import FigureInput, Statement, StatementDetail, StatementLine
from schemas.rules.plan import Plan
from tests.compensation.statement.statement_world import (
    COMPANY,
    DAY,
    LOGO_BONUS,
    MARGINAL,
    PLANS,
    RULES,
    UNITS,
    calculated,
    facts,
    table,
    version,
)

STATEMENT = ["payee_id", "fiscal_period", "currency"]


PAID = ("earnings", "bonuses", "attainment", "unpaid")


@dataclass(frozen=True)
class Tables:
    earnings: pl.DataFrame
    bonuses: pl.DataFrame
    attainment: pl.DataFrame
    unpaid: pl.DataFrame


@pytest.fixture(scope="module")
def world():
    return calculated()


@pytest.fixture(scope="module")
def results(world):
    return world[1]


def figure(results, payee, period, name, column="amount", **where):
    rows = results["statement_lines"].filter(
        pl.col("payee_id") == payee, pl.col("fiscal_period") == period, pl.col("figure") == name,
        *[pl.col(key) == value for key, value in where.items()],
    )  # fmt: skip
    assert rows.height == 1, f"{name} of {payee} in {period} is printed {rows.height} times"
    return rows[column][0]


def test_the_tables_keep_their_contracts(world):
    given, results = world
    Statement.validate(results["statements"])
    StatementLine.validate(results["statement_lines"])
    FigureInput.validate(results["figure_inputs"])
    periods = periods_of(given, COMPANY)
    StatementDetail.validate(statement_details(results, given, COMPANY, periods))


def test_everybody_with_a_plan_a_credit_or_an_earning_has_one_statement(results):
    january = results["statements"].filter(pl.col("fiscal_period") == "2026-P01").sort("payee_id")
    assert january.select("payee_id", "currency", "reason").rows() == [
        ("E-1042", "EUR", "earning"),
        ("E-1043", "EUR", "earning"),
        ("E-1044", "JPY", "earning"),
        ("E-1045", "EUR", "attainment"),  # on a plan, nothing sold
        ("E-1046", "EUR", "credit"),  # sold, on no plan
    ]


def test_nobody_gets_a_statement_without_a_reason(results):
    assert "E-1046" not in results["statements"].filter(pl.col("fiscal_period") == "2026-P02")["payee_id"]
    assert set(results["statements"]["payee_id"]).isdisjoint({"HOUSE", "EXCLUDED"})


def test_whoever_has_left_gets_no_more_statements():
    given = facts()
    left = given["payees"].with_columns(
        termination_date=pl.when(pl.col("payee_id") == "E-1045")
        .then(pl.lit(DAY("2026-02-15")))
        .otherwise("termination_date")
    )
    due = calculate({**given, "payees": left}, RULES)["statements"].filter(pl.col("payee_id") == "E-1045")
    assert due["fiscal_period"].to_list() == ["2026-P01", "2026-P02"]


def test_of_two_last_days_the_earlier_one_counts_as_in_attribution():
    given = facts()
    dee = given["payees"].filter(pl.col("payee_id") == "E-1045")
    versions = [
        dee.with_columns(valid_from=pl.lit(DAY(start)), termination_date=pl.lit(DAY(last)))
        for start, last in (("2026-01-01", "2026-02-15"), ("2026-02-01", "2026-04-10"))
    ]
    payees = pl.concat([given["payees"].filter(pl.col("payee_id") != "E-1045"), *versions])
    due = calculate({**given, "payees": payees}, RULES)["statements"].filter(pl.col("payee_id") == "E-1045")
    assert due["fiscal_period"].to_list() == ["2026-P01", "2026-P02"]


def test_a_plan_for_a_role_holds_on_days_without_an_assignment():
    given = facts()
    plans = (*PLANS[:2], PLANS[2].model_copy(update={"for_roles": ("sales_rep",)}))
    assigned = [
        {"payee_id": "E-1045", "plan": "none", "valid_from": DAY("2026-01-01"), "valid_to": DAY("2026-03-01")},
        {"payee_id": "E-1042", "plan": "executive", "valid_from": DAY("2026-01-01")},
    ]
    changed = {**given, "plan_assignments": table("plan_assignments", assigned)}
    rules = type(RULES)(COMPANY, plans)
    due = calculate(changed, rules)["statements"]
    dee = due.filter(pl.col("payee_id") == "E-1045")
    assert dee["fiscal_period"].to_list() == ["2026-P03", "2026-P04"]
    assert set(due.filter(pl.col("payee_id") == "E-1042")["currency"]) == {"EUR"}


def test_a_quarter_on_marginal_tiers_is_stated_as_worked_by_hand(results):
    # 115 000.17 sold by 10 February: 5 000.00 up to the quota, 1 200.01 above; the return of 20 000.00 takes back 1 450.00
    assert figure(results, "E-1042", "2026-P02", "component_earned", component="quarter_commission") == Decimal(
        "1750.01"
    )
    assert figure(results, "E-1042", "2026-P02", "earned_on_sales") == Decimal(
        "3750.01"
    )  # with 1 % for new logos: 550.00
    assert figure(results, "E-1042", "2026-P02", "clawback") == Decimal("-1650.00")
    assert figure(results, "E-1042", "2026-P02", "net_payable") == Decimal("2100.01")
    assert figure(results, "E-1042", "2026-P02", "headline_attainment", "rate") == Decimal("0.950002")
    assert figure(results, "E-1042", "2026-P02", "to_next_tier", component="quarter_commission") == Decimal("4999.83")


def test_a_credit_that_two_components_pay_is_revenue_once(results):
    assert figure(results, "E-1042", "2026-P01", "credited_revenue") == Decimal("60000.07")
    assert figure(results, "E-1042", "2026-P01", "counted_again") == Decimal("-60000.07")
    credited = results["credits"].filter(pl.col("payee_id") == "E-1042", pl.col("event_date") < DAY("2026-02-01"))
    assert credited["amount"].sum() == Decimal("60000.07")


def test_a_negative_result_is_carried_forward_and_not_paid(results):
    assert figure(results, "E-1043", "2026-P02", "earned") == Decimal("-365.87")
    assert figure(results, "E-1043", "2026-P02", "carried_forward") == Decimal("-365.87")
    assert figure(results, "E-1043", "2026-P02", "net_payable") == 0


def test_a_plan_in_yen_is_stated_in_yen(results):
    assert figure(results, "E-1044", "2026-P01", "net_payable") == Decimal("5977")
    assert figure(results, "E-1044", "2026-P01", "net_payable", "currency") == "JPY"


def test_revenue_that_no_plan_pays_is_shown(results):
    assert figure(results, "E-1046", "2026-P01", "unpaid_revenue") == Decimal("500.00")
    assert figure(results, "E-1046", "2026-P01", "credited_revenue") == Decimal("500.00")
    assert figure(results, "E-1046", "2026-P01", "net_payable") == 0


def test_a_quota_without_a_sale_is_shown_with_attainment_zero(results):
    assert figure(results, "E-1045", "2026-P01", "quota", component="quarter_commission") == Decimal("100000")
    assert figure(results, "E-1045", "2026-P01", "position", component="quarter_commission") == 0
    assert figure(results, "E-1045", "2026-P01", "headline_attainment", "rate") == 0
    assert figure(results, "E-1045", "2026-P01", "to_next_tier", component="quarter_commission") == Decimal("100000")


def test_the_newest_window_leads_where_a_return_corrects_an_older_one(results):
    assert figure(results, "E-1042", "2026-P04", "headline_attainment", "window") == "2026-Q2"
    assert figure(results, "E-1042", "2026-P04", "headline_attainment", "rate") == Decimal("0.07")


def test_components_add_up_to_the_earnings_of_payee_and_period(results):
    stated = (
        results["statement_lines"]
        .filter(pl.col("figure") == "component_earned")
        .group_by(STATEMENT)
        .agg(pl.col("amount").sum())
    )
    earned = results["earnings"].cast({pl.Categorical: pl.String}).group_by(STATEMENT).agg(pl.col("earned").sum())
    both = earned.join(stated, on=STATEMENT, how="left")
    assert both["earned"].to_list() == both["amount"].to_list()


def test_a_statement_that_does_not_add_up_stops_the_run(results):
    earnings = results["earnings"].cast({pl.Categorical: pl.String})
    wrong = earnings.with_columns(
        earned=pl.col("earned") + pl.when(pl.col("payee_id") == "E-1043").then(Decimal("0.01")).otherwise(0)
    )
    with pytest.raises(StatementDoesNotAdd) as raised:
        require_adding_up(results["statement_lines"], wrong, results["bonuses"])
    assert str(raised.value) == (
        "2 of 16 statements do not add up to their earnings. First: payee E-1043 in 2026-P01: components 1117.280 EUR, "
        "earnings 1117.330. Nothing is published; the last statements stay. Compare 'earnings', 'bonuses' and 'statement_lines' of that payee."
    )


def test_the_order_of_rows_changes_nothing(world):
    given, results = world
    periods = periods_of(given, COMPANY)
    mixed = Tables(*(results[name].sample(fraction=1, shuffle=True, seed=7) for name in PAID))
    one = state(Tables(*(results[name] for name in PAID)), given, PLANS, COMPANY, periods)
    other = state(mixed, given, PLANS, COMPANY, periods)
    assert one.statement_lines.equals(other.statement_lines)
    assert one.statements.equals(other.statements)
    keys = FigureInput.columns()
    assert one.figure_inputs.sort(keys, nulls_last=True).equals(other.figure_inputs.sort(keys, nulls_last=True))


FIGURE = ["payee_id", "fiscal_period", "currency", "figure", "plan", "component", "measure", "window"]
SUMS = {"credited_revenue": 1, "earned": 1}


def test_every_sum_can_be_computed_again_from_what_it_names(results):
    lines, edges = results["statement_lines"], results["figure_inputs"]
    named = lines.select(
        *STATEMENT, input_figure="figure", input_plan="plan", input_component="component", value="amount"
    )
    on = [*STATEMENT, "input_figure", "input_plan", "input_component"]
    inputs = edges.filter(pl.col("figure").is_in(list(SUMS))).join(named, on=on, how="left", nulls_equal=True)
    again = inputs.group_by([*STATEMENT, "figure"]).agg(pl.col("value").sum())
    printed = lines.filter(pl.col("figure").is_in(list(SUMS))).join(again, on=[*STATEMENT, "figure"], how="left")
    assert printed["amount"].to_list() == printed["value"].to_list()


def test_every_component_can_be_computed_again_from_its_earnings(results):
    rows = results["earnings"].cast({pl.Categorical: pl.String})
    key = ["order_line_id", "return_id", "credit_number", "slice_number", "plan", "component"]
    edges = results["figure_inputs"].filter(pl.col("input_table") == "earnings")
    found = edges.join(rows.select(*key, "earned", "credited"), on=key, how="left", nulls_equal=True, validate="1:1")
    again = found.group_by([*STATEMENT, "plan", "component"]).agg(pl.col("earned").sum(), pl.col("credited").sum())
    for figure_name, column in (("component_earned", "earned"), ("component_credited", "credited")):
        printed = results["statement_lines"].filter(pl.col("figure") == figure_name, pl.col("rows") > 0)
        both = printed.join(again, on=[*STATEMENT, "plan", "component"], how="left", validate="1:1")
        assert [Decimal(value) for value in both["amount"]] == [Decimal(value) for value in both[column]]


def test_every_figure_that_is_not_zero_names_an_input(results):
    own_rows = results["statement_lines"].filter((pl.col("amount") != 0) | (pl.col("rate") != 0))
    on = FIGURE
    without = own_rows.join(results["figure_inputs"].select(on), on=on, how="anti", nulls_equal=True)
    assert without.is_empty(), without


def only(given, *orders):
    """The same facts with no orders but these, and no returns."""
    kept = pl.col("order_id").is_in(list(orders))
    return {
        **given,
        "orders": given["orders"].filter(kept),
        "order_lines": given["order_lines"].filter(kept),
        "returns": given["returns"].clear(),
    }


def test_a_company_of_one_period_has_statements():
    statements = calculate(only(facts(), "SO-1", "SO-10"), RULES)["statements"]
    assert statements["fiscal_period"].unique().to_list() == ["2026-P01"]


def test_a_period_without_a_single_earning_has_statements():
    results = calculate(only(facts(), "SO-30"), RULES)
    assert results["earnings"].is_empty()
    assert results["statements"]["payee_id"].to_list() == ["E-1042", "E-1043", "E-1044", "E-1045", "E-1046"]
    assert set(results["statement_lines"].filter(pl.col("figure") == "net_payable")["amount"]) == {Decimal(0)}


def part(payee, component, kind, amount, *, name=None, plan="executive", period="2026-P02"):
    return {
        "payee_id": payee, "plan": plan, "plan_version": "2026.1", "component": component, "kind": kind, "part": name or component,
        "window": "2026-Q1", "fiscal_period": period, "base": Decimal(1000), "weight": None, "value": None, "score": None,
        "amount": Decimal(amount), "currency": "EUR", "detail": "by hand",
    }  # fmt: skip


@pytest.fixture(scope="module")
def with_bonuses(world):
    """Ada has a bonus of two objectives and a carried excess; Dee, who has sold nothing, a guarantee; Fay a pool and no plan."""
    given, results = world
    parts = [
        part("E-1042", "renewals", "objective", "300.00", name="nrr"),
        part("E-1042", "renewals", "objective", "-40.00", name="csat"),
        part("E-1042", "quarter_commission", "cap_excess", "12.50", name="carried_month"),
        part("E-1045", "guarantee", "guarantee", "1000.00"),
        part("E-1046", "team_pool", "pool", "55.55"),
    ]
    bonuses = BonusPart.validate(pl.DataFrame(parts, schema=BonusPart.dtypes()))
    paid = Tables(**{**{name: results[name] for name in PAID}, "bonuses": bonuses})
    return state(paid, given, PLANS, COMPANY, periods_of(given, COMPANY))


def stated(stated, payee, name, column="amount", **where):
    return figure({"statement_lines": stated.statement_lines}, payee, "2026-P02", name, column, **where)


def test_bonuses_are_components_that_no_credit_earns(with_bonuses):
    own = pl.col("payee_id") == "E-1042", pl.col("fiscal_period") == "2026-P02", pl.col("figure") == "component_earned"
    rows = with_bonuses.statement_lines.filter(*own, pl.col("measure").is_null())
    assert rows.select("label", "amount", "rows").rows() == [
        ("Commission on new business: carried over by its cap", Decimal("12.50"), 1),
        ("renewals", Decimal("260.00"), 2),
    ]


def test_the_bridge_shows_bonuses_and_guarantee_apart_and_only_where_there_are_any(with_bonuses):
    assert stated(with_bonuses, "E-1042", "bonus") == Decimal("272.50")
    assert stated(with_bonuses, "E-1042", "earned") == Decimal("2100.01") + Decimal("272.50")
    assert stated(with_bonuses, "E-1045", "guarantee") == stated(with_bonuses, "E-1045", "net_payable") == Decimal(1000)
    figures = with_bonuses.statement_lines.filter(pl.col("fiscal_period") == "2026-P01")["figure"]
    assert set(figures).isdisjoint({"bonus", "guarantee"})


def test_a_bonus_alone_makes_a_statement(with_bonuses):
    due = with_bonuses.statements.filter(pl.col("fiscal_period") == "2026-P02", pl.col("payee_id") == "E-1046")
    assert due["reason"].to_list() == ["bonus"]
    assert stated(with_bonuses, "E-1046", "net_payable") == Decimal("55.55")


def test_a_bonus_names_its_parts_and_the_period_after_what_came_before(with_bonuses):
    edges = with_bonuses.figure_inputs.filter(pl.col("input_table") == "bonuses", pl.col("payee_id") == "E-1042")
    assert sorted(edges.select("component", "input_part").rows()) == [
        ("quarter_commission", "carried_month"), ("renewals", "csat"), ("renewals", "nrr"),
    ]  # fmt: skip
    bonus = with_bonuses.figure_inputs.filter(pl.col("figure") == "bonus", pl.col("payee_id") == "E-1042")
    assert sorted(bonus["input_component"]) == ["quarter_commission", "renewals"]
    later = {"statement_lines": with_bonuses.statement_lines}
    assert figure(later, "E-1045", "2026-P03", "component_earned_before", component="guarantee") == Decimal(1000)
    assert figure(later, "E-1045", "2026-P03", "component_change", component="guarantee") == Decimal(-1000)


def test_what_counts_units_is_no_revenue():
    plan = Plan.model_validate(
        {"plan": "executive", "label": "Units", "currency": "EUR", "versions": [version([UNITS, LOGO_BONUS])]}
    )
    results = calculate(only(facts(), "SO-1"), type(RULES)(COMPANY, (plan, *PLANS[1:])))
    lines = results["statement_lines"].filter(pl.col("payee_id") == "E-1042", pl.col("fiscal_period") == "2026-P01")
    credited = {
        row["component"]: (row["amount"], row["counted"])
        for row in lines.filter(pl.col("figure") == "component_credited").rows(named=True)
    }
    assert credited["per_unit"] == (2, "units")
    assert credited["logo_bonus"] == (Decimal("60000.07"), None)
    assert lines.filter(pl.col("figure") == "credited_revenue")["amount"].to_list() == [Decimal("60000.07")]
    assert lines.filter(pl.col("figure") == "earned")["amount"].to_list() == [Decimal("50.00") + Decimal("600.00")]


def test_a_factor_or_cap_stands_beside_the_curve_in_the_line_list(world):
    given, results = world
    row = (
        results["earnings"]
        .cast({pl.Categorical: pl.String})
        .filter(pl.col("order_line_id") == "SO-11-1", pl.col("return_id").is_null())
    )
    first = row.row(0, named=True)
    change = {
        **{name: first[name] for name in ("payee_id", "plan", "component", "order_line_id", "return_id", "credit_number", "slice_number", "currency")},
        "kind": "cap_month", "total_before": Decimal(500), "total_after": Decimal(400), "change": Decimal(-100),
    }  # fmt: skip
    changes = EarningChange.validate(pl.DataFrame([change], schema=EarningChange.dtypes()))
    details = statement_details({**results, "earning_changes": changes}, given, COMPANY, periods_of(given, COMPANY))
    changed = details.filter(pl.col("changed").is_not_null())
    assert changed.select("order_line_id", "slice_number", "changed").rows() == [
        ("SO-11-1", first["slice_number"], Decimal(-100))
    ]


def of_units(currency="EUR", *more):
    """The small company with Ada on a plan that pays for each licence, and whatever more it is given."""
    plan = {"plan": "executive", "label": "Licences", "currency": currency, "versions": [version([UNITS, *more])]}
    given = facts()
    rules = type(RULES)(COMPANY, (Plan.model_validate(plan), *PLANS[1:]))
    return given, rules, calculate(given, rules)


def test_a_plan_purely_on_units_states_the_revenue_credited():
    _, _, results = of_units()
    assert figure(results, "E-1042", "2026-P01", "component_credited") == 2  # two lines of one licence
    assert figure(results, "E-1042", "2026-P01", "credited_revenue") == Decimal("60000.07")
    assert figure(results, "E-1042", "2026-P01", "counted_otherwise") == Decimal("60000.07")
    assert figure(results, "E-1042", "2026-P02", "credited_revenue") == Decimal("35000.10")  # 55 000.10 less a return
    assert figure(results, "E-1042", "2026-P01", "earned") == Decimal("50.00")
    FigureInput.validate(results["figure_inputs"])


def test_revenue_that_units_and_revenue_count_stands_once():
    _, _, results = of_units("EUR", MARGINAL)
    assert figure(results, "E-1042", "2026-P01", "credited_revenue") == Decimal("60000.07")
    lines = results["statement_lines"].filter(pl.col("payee_id") == "E-1042")
    assert "counted_otherwise" not in lines["figure"]


def test_revenue_behind_units_is_stated_in_the_currency_of_the_plan():
    _, _, results = of_units("USD")
    # 60 000.00 ÷ 0.875 = 68 571.428…, 0.07 ÷ 0.875 = 0.08
    assert figure(results, "E-1042", "2026-P01", "credited_revenue") == Decimal("68571.51")


def test_the_revenue_behind_units_leads_to_the_component_that_counts_them():
    _, _, results = of_units()
    edges = results["figure_inputs"].filter(
        pl.col("payee_id") == "E-1042", pl.col("fiscal_period") == "2026-P01", pl.col("figure") == "counted_otherwise"
    )
    assert edges.select("input_figure", "input_component").rows() == [("component_credited", "per_unit")]


def test_a_plan_on_units_is_not_stated_without_the_credits():
    given, rules, results = of_units()
    paid = Tables(*(results[name] for name in PAID))
    with pytest.raises(CreditsMissing, match="give state\\(\\) the credits of the calculation"):
        state(paid, given, rules.plans, COMPANY, periods_of(given, COMPANY))
