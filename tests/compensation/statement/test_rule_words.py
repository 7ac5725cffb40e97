"""Rules in words: every shape, measure, quota use, modifier and bonus in short exact sentences."""

import re

import pytest

from compensation.statement.bonus_words import bonus_sentence, guarantee_sentence, pool_sentence
from compensation.statement.rule_words import component_sentence
from schemas.rules.bonus import Bonus, Guarantee, Pool
from schemas.rules.component import Component

FLAT = {"shape": "flat", "rate": "5%"}
READING = {"of": "attainment", "credits": "growth", "quota": "growth", "scope": "year_to_date"}


def words(curve=FLAT, currency="EUR", **more):
    given = {
        "component": "c",
        "label": "C",
        "window": "quarter",
        "measure": {"credits": "growth"},
        "curve": curve,
        **more,
    }
    return component_sentence(Component.model_validate(given), currency)


UNITS = {"credits": "growth", "of": "units"}
POINTS = [{"at": "50%", "pays": "0%"}, {"at": "100%", "pays": "100%"}]
INCENTIVE = {"amount": "20000.00", "per": "year", "prorate": "months", "source": "§5"}


@pytest.mark.parametrize(
    ("curve", "more", "said"),
    [
        ({"shape": "per_unit", "amount": "25"}, {"measure": UNITS}, "Units credited for growth add up over the fiscal quarter. Each unit pays 25.00."),
        ({"shape": "per_event", "amount": "250"}, {"measure": {"credits": "growth", "of": "customers"}}, "Each customer pays 250.00."),
        ({"shape": "marginal", "of": "units", "tiers": [{"from": "0", "to": "10", "amount": "5"}, {"from": "10", "to": None, "amount": "7.5"}]},
         {"measure": UNITS}, "5.00 each from 0 to 10, 7.50 each from 10 upwards; each rate pays only the units inside its tier."),
        ({"shape": "stepped", "of": "amount", "tiers": [{"from": "100.00", "to": None, "pays": "9.00", "source": "§2"}]}, {},
         "It pays 9.00 from 100.00 upwards (§2); what the step reached states, not multiplied, and nothing below the first."),
        ({"shape": "target", "incentive": INCENTIVE, "payout": {"shape": "interpolated", "points": POINTS, "below_first": "nothing"}},
         {"quota": {"measure": "growth"}},
         ("It pays 20,000.00 a year (for a part of the window by months) (§5) × the payout of the attainment of the growth quota: 0 % at 50 %, 100 % at 100 %; "
         "straight lines between these points, nothing below the first, the last value above the last.")),
        ({"shape": "matrix", "incentive": {"assigned": "50%"}, "lookup": "stepped", "rows": ["80%", "100%"],
          "columns": {"reading": {"of": "margin_share", "credits": "growth", "scope": "quarter"}, "at": ["0%", "20%"]},
          "cells": [["0%", "50%"], ["80%", "110%"]]},
         {"quota": {"measure": "growth"}}, "at attainment 80 %: 0 % at 0 %, 50 % at 20 %; at attainment 100 %: 80 % at 0 %, 110 % at 20 %"),
    ],
)  # fmt: skip
def test_a_curve_is_told(curve, more, said):
    assert said in words(curve, **more)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"dates": {"from": "2026-03-01", "to": "2026-04-01"}}, "Only sales from 2026-03-01 to 2026-03-31 count."),
        ({"event": {"booking": "60%", "payment": "40%"}}, "Of a credit 60 % at booking, 40 % at payment counts."),
        ({"event": "payment"}, "A credit counts on the day of its payment."),
        ({"window": "transaction"}, "Revenue credited for growth adds up over each order."),
        ({"measure": {"credits": "growth", "only": {"product_family": ["hardware", "software"]}}}, "Only product family hardware or software counts."),
        ({"measure": {"credits": "new_logo", "only": {"first_order": True}}}, "over the fiscal quarter. Only what a customer orders on the first day of the relationship counts."),
        ({"measure": {"credits": "growth", "of": "margin", "below_cost": "floored"}}, "A sale below cost counts as 0."),
        ({"measure": {"credits": "growth", "whose": "direct_reports", "base": "commission"}}, "Commission that direct reports earn on growth adds up"),
        ({"measure": {"credits": "growth", "whose": "team", "base": "credit", "own_deals": "included"}},
         "Revenue credited to everybody below the payee and to the payee for growth adds up"),
        ({"measure": {"credits": "growth", "factors": [{"by": "discount", "counts": "pay", "bands": [
            {"from": None, "to": "20%", "factor": "1"}, {"from": "20%", "to": None, "factor": "0.5"}]}]}},
         "By discount, what is paid on is multiplied: 1 below 20 %, 0.5 from 20 %."),
        ({"gates": [{"reading": READING, "at_least": "100%", "source": "§3"}]},
         "It pays only while attainment of growth, year to date is at least 100 % (§3)."),
        ({"multipliers": [{"reading": {"of": "kpi", "kpi": "csat", "scope": "quarter"}, "reads": "running",
                           "payout": {"shape": "stepped", "tiers": [{"from": "9", "to": None, "pays": "110%"}]}}]},
         "The money is multiplied by csat, quarter, as it stands at each credit: 110 % from 9 upwards;"),
        ({"caps": [{"per": "deal", "amount": "5000", "soft": "25%"}]}, "At most 5,000.00 a deal; of what exceeds it 25 % is paid."),
        ({"caps": [{"per": "month", "amount": "5000", "excess": "carried"}]}, "At most 5,000.00 a fiscal month; what exceeds it goes to the next period."),
        ({"budget": {"amount": "9000"}}, "All payees together get at most 9,000.00 a window; over it everybody is scaled down alike."),
        ({"floor": "true"}, "A window never earns less than 0."),
        ({"restart": "false"}, "After a change of plan the position goes on where it stood."),
        ({"source": "§3.2"}, "Source: §3.2."),
    ],
)  # fmt: skip
def test_what_else_a_component_says_is_told(more, said):
    assert said in words(**more)


@pytest.mark.parametrize(
    ("quota", "said"),
    [
        ({"weights": ["10%", "20%", "30%", "40%"]}, "The year's quota is spread over its quarters: 10 %, 20 %, 30 %, 40 %."),
        ({"ramp": ["25%", "50%"]}, "In the first months of service the quota is 25 %, 50 % of itself, then all of it."),
        ({"of": "team"}, "The growth quota is that of everybody together who reports to the payee, directly or through others, on the last day of the window."),
        ({"of": "previous_window"}, "The quota is the payee's own position at the end of the window before."),
        ({"prorate": "30_360"}, "For a part of the window the quota counts by the 30/360 convention."),
        ({"no_quota": "last_tier"}, "Without a quota everything is paid by the last tier."),
    ],
)  # fmt: skip
def test_a_quota_is_told(quota, said):
    tiers = {"shape": "marginal", "of": "attainment", "tiers": [{"from": "0", "to": None, "rate": "5%"}]}
    assert said in words(tiers, quota={"measure": "growth", **quota})


def test_the_tier_of_a_wider_window_is_told():
    tiers = {"shape": "retroactive", "of": "amount", "tiers": [{"from": "0", "to": None, "rate": "5%"}]}
    assert "The tier is the one that the fiscal year has reached by the end of the window" in words(
        tiers, tier_window="year"
    )


def test_a_bonus_a_pool_and_a_guarantee_are_told():
    objective = {"objective": "csat", "label": "Satisfaction", "weight": "100%", "threshold": "7", "cap": "120%", "score": {"shape": "flat", "rate": "10%"},
                 "reading": {"of": "kpi", "kpi": "csat", "scope": "year"}}  # fmt: skip
    bonus = Bonus.model_validate({"bonus": "b", "label": "B", "window": "year", "incentive": {"amount": "900", "per": "year"}, "objectives": [objective], "source": "§4"})  # fmt: skip
    assert bonus_sentence(bonus, "EUR") == (
        "Once a fiscal year: 900.00 a year (for a part of the window by days) × the sum of weight × score. Satisfaction, weight 100 %: "
        "csat, year scores 10 % of the result (below 7 it scores 0, at most 120 %). Source: §4."
    )
    pool = Pool.model_validate({"pool": "p", "label": "P", "window": "month", "holds": {"amount": "100"}, "shared": "by_role", "weights": {"sales_rep": "2"}})  # fmt: skip
    assert (
        pool_sentence(pool, "EUR")
        == "Once a fiscal month 100.00 is shared by everybody on the plan on its last day, by role: sales rep 2."
    )
    guarantee = Guarantee.model_validate({"incentive": {"amount": "3000", "per": "month"}, "months_of_service": "6"})
    assert guarantee_sentence(guarantee, "EUR") == (
        "At least 3,000.00 a month (for a part of the window by days) is paid each fiscal period in the first 6 months of service: "
        "what components, bonuses and pools of the plan pay less in it is added."
    )


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", ".00"), ("JPY", ""), ("KWD", ".000")])
def test_amounts_of_a_rule_have_the_decimals_of_the_plans_currency(currency, decimals):
    """Wherever a rule has money: tiers, steps, points, incentives, caps, budgets, bounds of readings; numbers have none."""
    steps = [{"from": "5000", "to": None, "pays": "1500"}]
    points = [{"at": "0", "pays": "0"}, {"at": "5000", "pays": "1500"}]
    read = {"reading": {"of": "revenue", "credits": "growth", "scope": "year"}, "at_least": "5000"}
    paid = {"amount": "1500", "per": "year"}
    columns = {"reading": {"of": "revenue", "credits": "growth", "scope": "year"}, "at": ["0", "5000"]}
    quota = {"measure": "growth"}
    some = [
        words({"shape": "marginal", "of": "amount", "tiers": [{"from": "0", "to": "5000", "rate": "1%"}, {"from": "5000", "to": None, "rate": "2%"}]}, currency),
        words({"shape": "stepped", "of": "amount", "tiers": steps}, currency, gates=[read], caps=[{"per": "year", "amount": "1500"}]),
        words({"shape": "interpolated", "of": "amount", "points": points}, currency, budget={"amount": "1500"}),
        words({"shape": "per_unit", "amount": "1500"}, currency, measure=UNITS),
        words({"shape": "target", "incentive": paid, "payout": {"shape": "flat", "rate": "1"}}, currency, quota=quota),
        words({"shape": "matrix", "incentive": paid, "lookup": "stepped", "rows": ["1"], "columns": columns, "cells": [["1", "2"]]}, currency, quota=quota),
        pool_sentence(Pool.model_validate({"pool": "p", "label": "P", "window": "month", "holds": {"amount": "1500"}, "shared": "equally", "gates": [read]}), currency),
        guarantee_sentence(Guarantee.model_validate({"incentive": paid}), currency),
    ]  # fmt: skip
    for text in some:
        told = re.findall(r"[15],[05]00(?:\.\d+)?", text)
        assert told, text
        assert {amount[5:] for amount in told} == {decimals}, text


def test_a_number_of_pieces_has_no_decimals_of_money():
    tiers = [{"from": "0", "to": "100", "amount": "2"}, {"from": "100", "to": None, "amount": "3.5"}]
    assert "2.000 each from 0 to 100, 3.500 each from 100 upwards" in words(
        {"shape": "marginal", "of": "units", "tiers": tiers}, "KWD", measure=UNITS
    )
