"""Who is on which plan, which credits a component takes, currencies, and what stops a payout."""

from decimal import Decimal

import polars as pl
import pytest
from payout_world import company, component, credits_of, earned_by_credit, facts, pay_world, plan, version

from compensation.calendar import OutsideCalendar
from compensation.conservation import NotConserved
from compensation.money import AmountsTooLarge
from compensation.payout import pay, pricing
from compensation.payout.conservation import require_conserved, require_each_credit_once, require_same_takers
from compensation.payout.errors import (
    MissingQuota,
    MissingRate,
    OverlappingPlans,
    UnknownPlan,
    UnorderedCredits,
)
from schemas.core.payout import Attainment, Earning, Unpaid

FLAT = version(component())
ON_QUOTA = component(
    quota={"measure": "new_business"},
    curve={
        "shape": "marginal",
        "of": "attainment",
        "tiers": [{"from": "0", "to": "1", "rate": "0.05"}, {"from": "1", "to": None, "rate": "0.08"}],
    },
)
REP = {"payee_id": "rep"}


def sale(on="2026-01-10", amount="1000", **more):
    return {"on": on, "amount": amount, **more}


def reasons(paid):
    return paid.unpaid["reason"].to_list()


def test_the_role_of_the_day_chooses_the_plan():
    people = [{"payee_id": "rep"}, {"payee_id": "rep", "valid_from": "2026-02-01", "role": "account_manager"}]
    managers = plan(
        version(component(curve={"shape": "flat", "rate": "0.01"})), plan="managers", for_roles=["account_manager"]
    )
    credits = credits_of([sale(), sale("2026-02-01")])
    paid = pay_world(credits, plan(FLAT), managers, payees=people)
    assert earned_by_credit(paid, credits) == [Decimal("100"), Decimal("10")]


def test_an_assignment_wins_over_the_role_while_it_lasts():
    other = plan(version(component(curve={"shape": "flat", "rate": "0.01"})), plan="other", for_roles=[])
    credits = credits_of([sale("2026-03-31"), sale("2026-04-01"), sale("2026-04-02")])
    assigned = [{"payee_id": "rep", "plan": "other", "valid_from": "2026-04-01", "valid_to": "2026-04-02"}]
    paid = pay_world(credits, plan(FLAT), other, plan_assignments=assigned)
    assert earned_by_credit(paid, credits) == [Decimal("100"), Decimal("10"), Decimal("100")]


def test_a_day_between_two_assignments_has_no_plan_and_blocks():
    named = plan(FLAT, for_roles=[])
    assigned = [
        {"payee_id": "rep", "plan": "plan", "valid_from": "2026-01-01", "valid_to": "2026-04-01"},
        {"payee_id": "rep", "plan": "plan", "valid_from": "2026-04-02"},
    ]
    credits = credits_of([sale("2026-03-31"), sale("2026-04-01", "70.00"), sale("2026-04-02")])
    paid = pay_world(credits, named, plan_assignments=assigned)
    assert reasons(paid) == ["no_plan"]
    finding = paid.findings.row(0, named=True)
    assert (finding["severity"], finding["subject_id"], finding["amount"]) == ("blocking", "rep", Decimal("70"))
    assert finding["detail"] == (
        "1 credits of payee rep, the first on 2026-04-01, are on no plan. Assign one in plan_assignments "
        "('none' is an answer too), or put the role in a plan's for_roles."
    )


def test_the_plan_none_is_an_answer_and_does_not_block():
    assigned = [{"payee_id": "rep", "plan": "none", "valid_from": "2026-01-01"}]
    paid = pay_world(credits_of([sale()]), plan(FLAT), plan_assignments=assigned)
    assert reasons(paid) == ["plan_none"]
    assert paid.findings.is_empty()


def test_an_ended_plan_pays_nobody_and_says_which_version_is_missing():
    ended = plan(
        FLAT, version(version="2", valid_from="2026-02-01", decided_on="2026-01-15", ended="true"), for_roles=[]
    )
    assigned = [{"payee_id": "rep", "plan": "plan", "valid_from": "2026-01-01"}]
    paid = pay_world(credits_of([sale(), sale("2026-02-01")]), ended, plan_assignments=assigned)
    assert reasons(paid) == ["no_plan"]
    assert "are on a plan that has no version in force that day" in paid.findings["detail"][0]


def test_house_and_excluded_earn_nothing_and_say_so():
    credits = credits_of([sale(payee="HOUSE"), sale(payee="EXCLUDED"), sale(kind="growth")])
    paid = pay_world(credits, plan(FLAT), payees=[REP])
    assert reasons(paid) == ["house", "excluded", "not_in_plan"]
    assert paid.earnings.is_empty()
    assert paid.findings.is_empty()


def test_every_credit_is_earned_or_unpaid_never_both():
    rows = [
        sale(payee=payee, kind=kind)
        for payee in ("rep", "HOUSE", "nobody")
        for kind in ("new_logo", "upsell", "repeat")
    ]
    credits = credits_of(
        [*rows, sale("2026-05-01", "-10", of=2), sale("2026-05-01", "-10", of=1), sale("2026-05-01", "-10", of=7)]
    )
    paid = pay_world(credits, plan(version(component(measure={"credits": ["new_logo"]}))), payees=[REP])
    key = ["order_line_id", "return_id"]
    earned, unpaid = set(paid.earnings.select(key).rows()), set(paid.unpaid.select(key).rows())
    assert earned.isdisjoint(unpaid)
    assert earned | unpaid == set(credits.select(key).rows())
    assert {
        row["return_id"]: row["reason"] for row in paid.unpaid.filter(pl.col("return_id").is_not_null()).to_dicts()
    } == {
        "return-00010": "not_in_plan",
        "return-00012": "no_plan",
    }


def test_separate_positions_climb_a_curve_each_and_together_one():
    curve = {
        "shape": "marginal",
        "of": "amount",
        "tiers": [{"from": "0", "to": "100", "rate": "0.1"}, {"from": "100", "to": None, "rate": "0.2"}],
    }
    credits = credits_of([sale(amount="100", kind="retention"), sale(amount="100", kind="growth")])
    for positions, earned, measures in (
        ("separate", ["10", "10"], {"retention", "growth"}),
        ("together", ["10", "20"], {"retention+growth"}),
    ):
        taking = component(measure={"credits": ["retention", "growth"], "positions": positions}, curve=curve)
        paid = pay_world(credits, plan(version(taking)))
        assert earned_by_credit(paid, credits) == [Decimal(value) for value in earned]
        assert set(paid.earnings["measure"].cast(pl.String)) == measures


def test_two_components_take_one_credit_and_each_pays():
    both = version(
        component(),
        component(component="bonus", curve={"shape": "flat", "rate": "0.01"}, measure={"credits": "new_logo"}),
    )
    credits = credits_of([sale()])
    paid = pay_world(credits, plan(both))
    assert paid.earnings.select(pl.col("component").cast(pl.String), "earned").rows() == [
        ("commission", Decimal("100")),
        ("bonus", Decimal("10")),
    ]


def test_a_return_after_a_change_of_plan_is_taken_once():
    """Whatever plan its payee is on by then, and whatever that plan says of returns: the plan of the sale takes it back."""
    for first in ("as_corrected", "as_negative"):
        for second in ("as_corrected", "as_negative", None):
            old = plan(version(component(clawback=first)), plan="old", for_roles=[])
            cheap = component(clawback=second or "as_negative", curve={"shape": "flat", "rate": "0.01"})
            new = plan(version(cheap), plan="new", for_roles=[])
            credits = credits_of([sale(), sale("2026-03-01", "-1000", of=1)])
            assigned = one_after_the_other(("old", "2026-01-01"), ("new" if second else "none", "2026-02-01"))
            paid = pay_world(credits, old, new, plan_assignments=assigned)
            assert earned_by_credit(paid, credits) == [100, -100], (first, second)
            assert paid.unpaid.is_empty()


def one_after_the_other(*plans):
    """Plan assignments of ``rep``: each plan from its day until the next."""
    ends = [*(day for _, day in plans[1:]), None]
    return [
        {"payee_id": "rep", "plan": name, "valid_from": day, "valid_to": end}
        for (name, day), end in zip(plans, ends, strict=True)
    ]


def test_each_component_takes_back_its_own_part_in_its_own_way():
    words = [component(component=name, clawback=name, window="quarter") for name in ("as_corrected", "as_negative")]
    for other in ("as_corrected", "as_negative"):
        old = plan(version(*words), plan="old", for_roles=[])
        new = plan(version(component(component=other, clawback=other)), plan="new", for_roles=[])
        credits = credits_of([sale(), sale("2026-08-01", "-1000", of=1)])
        assigned = one_after_the_other(("old", "2026-01-01"), ("new", "2026-07-01"))
        paid = pay_world(credits, old, new, plan_assignments=assigned)
        assert earned_by_credit(paid, credits) == [200, -200]
        back = paid.earnings.filter(pl.col("return_id").is_not_null())
        assert back.select(pl.col("component", "window", "plan").cast(pl.String)).rows() == [
            ("as_corrected", "2026-Q1", "old"),
            ("as_negative", "2026-Q3", "old"),
        ]


def test_a_sale_that_earned_nothing_is_not_taken_back():
    for clawback in ("as_corrected", "as_negative"):
        later = plan(version(component(clawback=clawback), valid_from="2026-05-01"))
        paid = pay_world(credits_of([sale(), sale("2026-08-01", "-1000", of=1)]), later)
        assert paid.earnings.is_empty()
        assert reasons(paid) == ["no_plan", "no_plan"]


def test_coming_back_to_a_plan_inside_a_window_starts_again_from_0():
    tiers = [{"from": "0", "to": "1000", "rate": "0.05"}, {"from": "1000", "to": None, "rate": "0.20"}]
    climbing = version(component(curve={"shape": "marginal", "of": "amount", "tiers": tiers}))
    one, other = (plan(climbing, plan=name, for_roles=[]) for name in ("one", "other"))
    credits = credits_of([sale("2026-02-01"), sale("2026-05-01"), sale("2026-09-01", "500"), sale("2026-10-01")])
    assigned = one_after_the_other(("one", "2026-01-01"), ("other", "2026-04-01"), ("one", "2026-07-01"))
    paid = pay_world(credits, one, other, plan_assignments=assigned)
    assert earned_by_credit(paid, credits) == [50, 50, 25, 125]
    standing = paid.attainment.filter(pl.col("plan") == "one").select(
        pl.col("fiscal_period").cast(pl.String), "position"
    )
    assert dict(standing.rows()) == {
        **{f"2026-P0{month}": 1000 for month in range(2, 7)},
        "2026-P07": 0,
        "2026-P08": 0,
        "2026-P09": 500,
        "2026-P10": 1500,
    }


def test_two_assignments_to_one_plan_in_a_row_are_one():
    tiers = [{"from": "0", "to": "1000", "rate": "0.05"}, {"from": "1000", "to": None, "rate": "0.20"}]
    climbing = plan(version(component(curve={"shape": "marginal", "of": "amount", "tiers": tiers})))
    credits = credits_of([sale("2026-02-01"), sale("2026-05-01"), sale("2026-09-01")])
    assigned = one_after_the_other(("plan", "2026-01-01"), ("plan", "2026-04-01"))
    assigned[1]["valid_to"] = "2026-07-01"
    assert earned_by_credit(pay_world(credits, climbing, plan_assignments=assigned), credits) == [50, 200, 200]


def test_a_sale_enters_the_plans_currency_at_its_rate_and_a_return_at_its_sales():
    rates = [
        {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.9"},
        {"currency": "USD", "valid_from": "2026-02-01", "rate": "0.5"},
    ]
    credits = credits_of(
        [
            sale(amount="100.00"),
            sale("2026-02-10", "-33.33", of=1),
            sale("2026-02-11", "-66.67", of=1),
            sale("2026-02-12", "100.00"),
        ]
    )
    paid = pay_world(credits, plan(version(component()), currency="USD"), fx_rates=rates)
    credited = [Decimal("111.11"), Decimal("-37.03"), Decimal("-74.08"), Decimal("200")]
    assert paid.earnings["credited"].to_list() == credited
    assert paid.earnings["earned"].to_list() == [Decimal("11.11"), Decimal("-3.70"), Decimal("-7.41"), Decimal("20")]
    assert set(paid.earnings["currency"].cast(pl.String)) == {"USD"}


def test_a_yen_plan_of_a_euro_company_counts_whole_yen():
    rates = [{"currency": "JPY", "valid_from": "2026-01-01", "rate": "0.006"}]
    credits = credits_of([sale(amount="100.00")])
    paid = pay_world(credits, plan(version(component()), currency="JPY"), fx_rates=rates)
    assert paid.earnings.select("credited", "earned").row(0) == (Decimal("16667"), Decimal("1667"))


def test_a_missing_rate_names_the_first_credit():
    with pytest.raises(MissingRate) as error:
        pay_world(credits_of([sale()]), plan(version(component()), currency="USD"))
    assert str(error.value) == (
        "1 credit has no rate to enter a plan in USD. First: payee rep, sale of 2026-01-10. "
        "Add a row for USD to fx_rates that starts on or before that day."
    )


def test_a_rate_too_old_for_the_company_is_no_rate():
    rates = [{"currency": "USD", "valid_from": "2026-01-01", "rate": "0.9"}]
    with pytest.raises(MissingRate, match="at most 5 days old"):
        pay_world(
            credits_of([sale()]),
            plan(version(component()), currency="USD"),
            firm=company(fx_max_age_days="5"),
            fx_rates=rates,
        )


@pytest.mark.parametrize(
    ("quotas", "said"),
    [
        ([], "2026: there is none. Add a row to quotas for that period, or for a longer or shorter one."),
        (
            [{"period": "2026", "amount": "0"}],
            "the quota is 0. Correct it, or say in the component what no quota pays: no_quota: first_tier or last_tier.",
        ),
        (
            [{"period": "2026", "amount": "5", "currency": "USD"}],
            "it is in USD, the plan in EUR. Give the quota in the plan's currency.",
        ),
    ],
)
def test_a_quota_that_cannot_be_used_says_what_to_do(quotas, said):
    with pytest.raises(MissingQuota) as error:
        pay_world(credits_of([sale()]), plan(version(ON_QUOTA)), quotas=quotas)
    assert str(error.value).startswith(
        "1 payee lacks a quota that the plan needs. First: payee rep, plan plan, component commission, measure new_business, 2026"
    )
    assert str(error.value).endswith(said)


def test_quotas_that_leave_a_gap_are_added_and_reported():
    quotas = [{"period": "2026-Q1", "amount": "100"}, {"period": "2026-Q2", "amount": "100"}]
    paid = pay_world(credits_of([sale(amount="300")]), plan(version(ON_QUOTA)), quotas=quotas)
    assert paid.earnings["earned"].sum() == Decimal("18")
    assert paid.findings.select("code", "severity", "subject_id").row(0) == ("quota_incomplete", "warning", "rep")
    assert "do not cover all of 2026" in paid.findings["detail"][0]


def test_a_quota_for_no_fiscal_period_is_reported():
    paid = pay_world(credits_of([sale()]), plan(FLAT), quotas=[{"period": "Q1 2026", "amount": "100"}])
    assert paid.findings.select("code", "severity", "subject_id", "detail").row(0) == (
        "quota_period",
        "warning",
        "rep",
        (
            "The new_business quota of rep is for period 'Q1 2026', which is no fiscal period, so nobody's window uses it. "
            "Write 2026, 2026-H1, 2026-Q1 or 2026-01."
        ),
    )


def test_an_assignment_to_an_unknown_plan_names_it():
    assigned = [{"payee_id": "rep", "plan": "plam", "valid_from": "2026-01-01"}]
    with pytest.raises(UnknownPlan, match=r"payee rep, plan 'plam' from 2026-01-01\. Known plans: none, plan\."):
        pay_world(credits_of([sale()]), plan(FLAT), plan_assignments=assigned)


def test_two_assignments_on_one_day_are_refused():
    assigned = [
        {"payee_id": "rep", "plan": "plan", "valid_from": "2026-01-01"},
        {"payee_id": "rep", "plan": "none", "valid_from": "2026-03-01"},
    ]
    with pytest.raises(
        OverlappingPlans,
        match=r"payee rep is on plan and from 2026-03-01 also on none\. Give the earlier one a valid_to of 2026-03-01",
    ):
        pay_world(credits_of([sale()]), plan(FLAT), plan_assignments=assigned)


def test_two_plans_for_one_role_are_refused_while_both_are_in_force():
    other = plan(version(component(), valid_from="2026-02-01"), plan="other")
    with pytest.raises(OverlappingPlans, match="plans other and plan are both for role 'sales_rep' on 2026-02-01"):
        pay_world(credits_of([sale()]), plan(FLAT), other)


def test_credits_without_a_place_of_their_own_are_refused():
    credits = credits_of([sale(), sale()]).with_columns(sequence=pl.lit(0, dtype=pl.UInt32))
    with pytest.raises(UnorderedCredits, match="order line line-00002, sequence 0"):
        pay_world(credits, plan(FLAT))


def test_a_credit_outside_the_calendar_is_refused():
    with pytest.raises(
        OutsideCalendar, match="2040-01-01; the fiscal calendar given runs from 2023-01-01 to 2029-01-01"
    ):
        pay_world(credits_of([sale("2040-01-01")]), plan(FLAT))


def test_amounts_that_cannot_be_counted_are_refused():
    rows = [sale(amount="9" * 16) for _ in range(6)]
    with pytest.raises(AmountsTooLarge):
        pay_world(credits_of(rows), plan(FLAT))


def test_no_credits_give_empty_tables_of_the_contract():
    paid = pay_world(credits_of([]), plan(FLAT))
    assert paid.earnings.schema == Earning.empty_frame().schema
    assert paid.attainment.schema == Attainment.empty_frame().schema
    assert paid.unpaid.schema == Unpaid.empty_frame().schema


def test_no_plans_leave_every_credit_without_one():
    credits = credits_of([sale()])
    firm = company()
    from compensation.calendar import fiscal_periods  # noqa: PLC0415

    calendar = fiscal_periods(firm.fiscal_calendar, credits["event_date"][0], credits["event_date"][0])
    assert reasons(pay(credits, facts(), [], firm, calendar)) == ["no_plan"]


def test_lines_that_do_not_add_up_stop_everything(monkeypatch):
    def broken(slices, *rest):
        return require_conserved(slices.with_columns(rounded_after=pl.col("rounded_after") + 1), *rest)

    monkeypatch.setattr(pricing, "require_conserved", broken)
    with pytest.raises(
        NotConserved,
        match=r"payee rep, 2026: lines earn 10001 minor units, the curve gives 10000 over 100000 of credit",
    ):
        pay_world(credits_of([sale()]), plan(FLAT))


def test_a_credit_that_is_nowhere_or_twice_stops_everything():
    times = pl.Series([2, 0, 1], dtype=pl.Int32)
    numbers = {
        name: pl.Series(of, dtype=pl.UInt32) for name, of in {"all": [2, 0, 0], "lost": [1], "one": [2, 0]}.items()
    }
    require_each_credit_once(numbers["all"], numbers["lost"], times)
    with pytest.raises(
        NotConserved, match=r"1 credit .* First: credit 0 in payout order is there 1 times instead of 2"
    ):
        require_each_credit_once(numbers["one"], numbers["lost"], times)
    with pytest.raises(NotConserved, match="credit 1 in payout order is there 2 times instead of 1"):
        require_each_credit_once(numbers["all"], pl.concat([numbers["lost"]] * 2), times)


def test_a_return_that_others_take_back_stops_everything():
    credits = credits_of([sale(), sale("2026-03-01", "-10", of=1)])
    rows = pl.DataFrame({"credit": [0, 1], "payee": [0, 0], "term": [0, 0]}, schema_overrides={"credit": pl.UInt32})
    slots = pl.Series([0, 1], dtype=pl.Int32)
    assert require_same_takers(rows, credits, slots) is rows
    for broken in (rows.head(1), rows[[0, 1, 1]], rows.with_columns(term=pl.Series([0, 1])), rows.tail(1)):
        with pytest.raises(
            NotConserved, match=r"1 returns .* First: return return-00002 of order line line-00001, payee rep"
        ):
            require_same_takers(broken, credits, slots)


def test_a_credit_lost_on_the_way_stops_everything(monkeypatch):
    placed = pay.__globals__["placed"]
    monkeypatch.setitem(pay.__globals__, "placed", lambda *given: placed(*given).head(1))
    with pytest.raises(NotConserved, match="credit 1 in payout order is there 0 times instead of 1"):
        pay_world(credits_of([sale(), sale()]), plan(FLAT))
