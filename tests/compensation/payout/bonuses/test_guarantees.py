"""Guarantees: the difference to what is earned, prorated, and only while they last."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from bonus_world import NOTHING_EARNED, Results, World, amounts, people, plan_with
from payout_world import component, credits_of, pay_world, plan, version

from compensation.payout.bonuses.guarantees import earned_in_periods
from compensation.payout.bonuses.presence import months_later

MONTHLY = {"incentive": {"amount": "3000.00", "per": "month"}}
MANY = (date(2026, 1, 1), date(2026, 12, 31))


def earned(*rows):
    """``(period, amount)`` or ``(period, amount, payee, plan)``."""
    whole = [(period, amount, *(who or ("rep", "plan"))) for period, amount, *who in rows]
    columns = zip(*whole, strict=True)
    frame = pl.DataFrame(dict(zip(("fiscal_period", "amount", "payee_id", "plan"), columns, strict=True)))
    return frame.with_columns(pl.col("amount").str.to_decimal(scale=3).cast(pl.Decimal(38, 3))).select(
        NOTHING_EARNED.columns
    )


def guaranteed(guarantee, *rows, days=None, **tables):
    given = {"days": days} if days else {}
    world = World(plan_with(guarantee=guarantee), **given, **tables)
    return world.guarantees(earned(*rows) if rows else NOTHING_EARNED)


def by_period(given):
    return {
        period: f"{amount:.2f}" for period, amount in given.parts.select("fiscal_period", "amount").rows() if amount
    }


def test_what_is_missing_to_the_guarantee_is_added():
    given = guaranteed(
        MONTHLY, ("2026-P01", "1000.00"), ("2026-P01", "200.01"), ("2026-P02", "3000.00"), ("2026-P03", "3000.01")
    )
    assert amounts(given) == ["1799.99", "0.00", "0.00"]
    assert given.parts["detail"].to_list() == [
        "3,000.00 guaranteed − 1,200.01 earned = 1,799.99",
        "3,000.00 guaranteed − 3,000.00 earned = 0.00",
        "3,000.00 guaranteed − 3,000.01 earned, which is more than guaranteed: 0.00",
    ]
    assert given.parts["kind"].unique().to_list() == ["guarantee"]


def test_what_was_taken_back_is_made_up_for_too():
    assert by_period(guaranteed(MONTHLY, ("2026-P01", "-500.00"), days=(date(2026, 1, 1), date(2026, 1, 31)))) == {
        "2026-P01": "3500.00"
    }


def test_pay_on_other_plans_and_of_other_payees_does_not_count():
    given = guaranteed(MONTHLY, ("2026-P01", "900.00", "rep", "other"), ("2026-P01", "900.00", "somebody", "plan"))
    assert by_period(given)["2026-P01"] == "3000.00"


def test_a_guarantee_counts_the_days_of_service():
    given = guaranteed(MONTHLY, payees=people("rep", hire_date="2026-01-22", termination_date="2026-02-07"))
    assert by_period(given) == {"2026-P01": "967.74", "2026-P02": "750.00"}  # 10 of 31 days, 7 of 28


def test_a_guarantee_for_a_quarter_is_spread_over_its_months():
    quarterly = {"incentive": {"amount": "10000.00", "per": "quarter"}}
    assert amounts(guaranteed(quarterly)) == ["3333.33", "3333.34", "3333.33"]


def test_a_guarantee_of_the_first_months_of_service_ends_in_the_middle_of_one():
    ramp = MONTHLY | {"months_of_service": "3"}
    given = guaranteed(ramp, payees=people("rep", hire_date="2026-01-15"), days=MANY)
    assert by_period(given) == {
        "2026-P01": "1645.16", "2026-P02": "3000.00", "2026-P03": "3000.00", "2026-P04": "1400.00",
    }  # fmt: skip
    assert given.findings.is_empty()


def test_a_guarantee_of_the_first_months_needs_a_hire_date():
    given = guaranteed(MONTHLY | {"months_of_service": "3"}, days=MANY)
    assert given.parts.is_empty()
    assert given.findings.select("code", "severity", "subject_id").rows() == [("hire_date_missing", "warning", "rep")]
    assert given.findings["detail"][0] == (
        "Plan plan guarantees pay in the first 3 months of service, and payee rep has no hire_date, so nothing is "
        "guaranteed from 2026-01-01 on. Add it to payees."
    )


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-15", 3, "2026-04-15"), ("2026-10-31", 4, "2027-03-01"), ("2024-11-30", 3, "2025-03-01"),
        ("2026-12-01", 1, "2027-01-01"), ("2023-08-29", 6, "2024-02-29"),
    ],
)  # fmt: skip
def test_months_of_service_end_on_the_day_of_the_month(day, months, later):
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)


def test_a_guarantee_ends_with_the_version_that_has_it():
    bare = component()
    since = plan(version(bare, guarantee=MONTHLY), version(bare, version="2", valid_from="2026-02-15"))
    assert by_period(World(since).guarantees()) == {"2026-P01": "3000.00", "2026-P02": "1500.00"}


def test_only_periods_that_have_begun_have_a_guarantee_and_the_open_one_has_all_of_it():
    given = guaranteed(MONTHLY, days=(date(2026, 2, 20), date(2026, 3, 2)))
    assert by_period(given) == {"2026-P02": "3000.00", "2026-P03": "3000.00"}


def test_earnings_bonuses_and_pool_shares_count_against_it():
    card = {
        "bonus": "card", "label": "Card", "window": "month", "incentive": {"amount": "400.00", "per": "month"},
        "objectives": [
            {"objective": "csat", "label": "CSAT", "weight": "100%", "score": {"shape": "flat", "rate": "1"},
             "reading": {"of": "kpi", "kpi": "csat", "scope": "month"}}
        ],
    }  # fmt: skip
    pot = {"pool": "pot", "label": "Pot", "window": "quarter", "holds": {"amount": "90.00"}, "shared": "equally"}
    own = plan(version(component(), bonuses=[card], pools=[pot], guarantee=MONTHLY))
    credits = credits_of([{"on": "2026-03-05", "amount": "5000.00"}])
    earnings = pay_world(credits, plan(version(component()))).earnings
    world = World(own, results=Results(csat="1"))
    total = earned_in_periods(earnings, world.bonuses().parts, world.pools().parts)
    given = world.guarantees(total)
    assert amounts(given) == ["2600.00", "2600.00", "2010.00"]
    assert total["amount"].sum() == Decimal("500") + 3 * Decimal("400") + 90
