"""Overrides: what a manager earns on what those who report to them sell or earn."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from payout_world import component, credits_of, pay_world, plan, version

from compensation.payout.errors import ManagerLoop, MixedCurrencies, PayoutError

TEAM = [f"rep-{n}" for n in range(1, 6)]
SALES = ["75000.00", "60000.00", "67500.00", "52500.00", "45000.00"]


def override(**given: Any) -> dict[str, Any]:
    """3 % of what direct reports sell, over the year."""
    measure = {"credits": "new_business", "whose": "direct_reports", "base": "credit", **given.pop("measure", {})}
    return component(
        **{
            "component": "override",
            "label": "Override",
            "measure": measure,
            "curve": {"shape": "flat", "rate": "0.03"},
            **given,
        }
    )


def plans(*overrides: dict[str, Any], sells: bool = False, **given: Any) -> tuple[Any, ...]:
    """10 % for representatives, and the overrides for managers (who earn 10 % on their own deals too, where they sell)."""
    own = [component(curve={"shape": "flat", "rate": "0.10"})] if sells else []
    leads = plan(version(*own, *(overrides or (override(),))), plan="leads", for_roles=["manager"], **given)
    return plan(version(component())), leads


def people(*managers: str, **reports: str) -> list[dict[str, Any]]:
    """Managers, and who reports to whom."""
    leads = [{"payee_id": name, "role": "manager", "manager_id": reports.pop(name, None)} for name in managers]
    return [*leads, *({"payee_id": name.replace("_", "-"), "manager_id": lead} for name, lead in reports.items())]


def team_of_five() -> list[dict[str, Any]]:
    return people("lead", **dict.fromkeys(TEAM, "lead"))


def team_sales() -> list[dict[str, Any]]:
    return [
        {"on": f"2026-0{n}-10", "amount": amount, "payee": name}
        for n, (name, amount) in enumerate(zip(TEAM, SALES, strict=True), start=1)
    ]


def earned(paid: Any, payee: str) -> list[Decimal]:
    """What a payee earned, credit by credit, in payout order."""
    rows = paid.earnings.filter(pl.col("payee_id").cast(pl.String) == payee)
    by_credit = rows.group_by("period", "order_line_id", "return_id", maintain_order=True).agg(pl.col("earned").sum())
    return by_credit.sort("period", "order_line_id")["earned"].to_list()


def money(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


def test_an_override_pays_a_share_of_what_each_report_sells():
    """Prowi, "Override commission": 3 % of 300,000 is 9,000, beside 10 % for the team."""
    paid = pay_world(credits_of(team_sales()), *plans(), payees=team_of_five())
    assert earned(paid, "lead") == money("2250", "1800", "2025", "1575", "1350")
    assert [sum(earned(paid, name)) for name in TEAM] == money("7500", "6000", "6750", "5250", "4500")
    assert sum(earned(paid, "lead")) == Decimal("9000.00")
    assert paid.unpaid.is_empty()


def test_an_override_above_a_threshold_pays_on_what_lies_above_it():
    """The same with a threshold of 225,000: 3 % of 75,000 is 2,250."""
    tiers = [{"from": "0", "to": "225000", "rate": "0"}, {"from": "225000", "to": None, "rate": "0.03"}]
    above = override(curve={"shape": "marginal", "of": "amount", "tiers": tiers})
    paid = pay_world(credits_of(team_sales()), *plans(above), payees=team_of_five())
    assert earned(paid, "lead") == money("0", "0", "0", "900", "1350")


@pytest.mark.parametrize(("base", "expected"), [("credit", "1000.00"), ("commission", "50.00")])
def test_one_per_cent_of_sales_is_not_one_per_cent_of_commission(base, expected):
    """1 % of 100,000, or of the 5 % that the report earns on it."""
    rate = {"shape": "flat", "rate": "0.01"}
    reps, leads = plans(override(measure={"base": base}, curve=rate))
    reps = plan(version(component(curve={"shape": "flat", "rate": "0.05"})))
    rows = [{"on": "2026-01-10", "amount": "100000.00"}]
    paid = pay_world(credits_of(rows), reps, leads, payees=people("lead", rep="lead"))
    assert earned(paid, "rep") == money("5000")
    assert earned(paid, "lead") == money(expected)


def test_a_line_of_an_override_names_the_manager_and_the_order_line():
    paid = pay_world(credits_of(team_sales()[:1]), *plans(), payees=team_of_five())
    found = paid.earnings.filter(pl.col("component").cast(pl.String) == "override").row(0, named=True)
    names = ("payee_id", "order_line_id", "credit_number", "plan", "credited", "earned", "fiscal_period")
    values = ("lead", "line-00001", 1, "leads", Decimal("75000"), Decimal("2250"), "2026-P01")
    assert tuple(found[name] for name in names) == values


DATED = [
    {"payee_id": "north", "role": "manager"},
    {"payee_id": "south", "role": "manager"},
    {"payee_id": "rep", "manager_id": "north"},
    {"payee_id": "rep", "manager_id": "south", "valid_from": "2026-03-12"},
]
AROUND = [
    {"on": "2026-03-11", "amount": "1000.01"},
    {"on": "2026-03-12", "amount": "2000.02"},
    {"on": "2026-03-13", "amount": "500.00"},
    {"on": "2026-04-01", "amount": "-400.00", "of": 1},
]


def test_a_change_of_manager_divides_the_override_by_order_date():
    """The last day under the first manager and the first under the second; a return goes where its sale went."""
    paid = pay_world(credits_of(AROUND), *plans(), payees=DATED)
    assert earned(paid, "north") == money("30.00", "-12.00")
    assert earned(paid, "south") == money("60.00", "15.00")


def test_override_credits_of_two_managers_add_up_to_the_credits():
    credits = credits_of(AROUND)
    paid = pay_world(credits, *plans(), payees=DATED)
    of_managers = paid.earnings.filter(pl.col("plan").cast(pl.String) == "leads")
    assert of_managers["credited"].sum() == credits["amount"].sum()


def test_each_manager_climbs_their_own_position():
    tiers = [{"from": "0", "to": "2000", "rate": "0.01"}, {"from": "2000", "to": None, "rate": "0.02"}]
    steps = override(curve={"shape": "marginal", "of": "amount", "tiers": tiers})
    paid = pay_world(credits_of(AROUND[:3]), *plans(steps), payees=DATED)
    # South: 2,000 at 1 % and 0.02 at 2 %; 500 at 2 %. North never leaves the first tier.
    assert earned(paid, "north") == money("10.00")
    assert earned(paid, "south") == money("20.00", "10.00")


CHAIN = people("top", "lead", lead="top", rep="lead")


@pytest.mark.parametrize(("whose", "top", "lead"), [("direct_reports", ["9"], ["30"]), ("team", ["9", "30"], ["30"])])
def test_a_team_is_everybody_below_and_direct_reports_the_next_below(whose, top, lead):
    rows = [{"on": "2026-01-10", "amount": "1000.00"}, {"on": "2026-01-09", "amount": "300.00", "payee": "lead"}]
    paid = pay_world(credits_of(rows), *plans(override(measure={"whose": whose})), payees=CHAIN)
    assert sorted(earned(paid, "top")) == money(*top)
    assert earned(paid, "lead") == money(*lead)


@pytest.mark.parametrize(
    ("own_deals", "on_own"), [(None, ["100.00"]), ("excluded", ["100.00"]), ("included", ["100.00", "30.00"])]
)
def test_a_manager_has_no_override_on_their_own_deal_unless_the_plan_says_so(own_deals, on_own):
    rows = [{"on": "2026-01-10", "amount": "1000.00", "payee": "lead"}]
    given = {} if own_deals is None else {"own_deals": own_deals}
    paid = pay_world(credits_of(rows), *plans(override(measure=given), sells=True), payees=CHAIN)
    assert sorted(paid.earnings.filter(pl.col("payee_id").cast(pl.String) == "lead")["earned"]) == sorted(
        money(*on_own)
    )


def test_own_deals_of_a_manager_who_only_has_an_override_are_paid_by_it():
    rows = [
        {"on": "2026-01-10", "amount": "1000.00", "payee": "lead"},
        {"on": "2026-02-10", "amount": "-250.00", "of": 1},
    ]
    paid = pay_world(credits_of(rows), *plans(override(measure={"own_deals": "included"})), payees=people("lead"))
    assert earned(paid, "lead") == money("30.00", "-7.50")
    assert paid.unpaid.is_empty()


def test_a_credit_that_only_pays_an_override_is_unpaid_for_its_seller():
    reps = plan(version(component(measure={"credits": "growth"})))
    _, leads = plans()
    paid = pay_world(credits_of(AROUND[:1]), reps, leads, payees=people("lead", rep="lead"))
    assert earned(paid, "lead") == money("30.00")
    assert paid.unpaid.select("payee_id", "reason").rows() == [("rep", "not_in_plan")]


def test_a_manager_without_a_plan_or_of_another_kind_of_credit_takes_nothing():
    rows = [{"on": "2026-01-10", "amount": "1000.00", "kind": "growth"}]
    on_growth = plan(version(component(measure={"credits": "growth"})))
    _, leads = plans()
    paid = pay_world(credits_of(rows), on_growth, leads, payees=people("lead", rep="lead"))
    assert paid.earnings["payee_id"].cast(pl.String).to_list() == ["rep"]
    nobody = [{"payee_id": "lead", "role": "other"}, {"payee_id": "rep", "manager_id": "lead"}]
    assert pay_world(credits_of(AROUND[:1]), *plans(), payees=nobody).earnings.height == 1


def test_an_override_can_be_narrowed_to_a_family_and_to_dates():
    dates = {"from": "2026-03-12", "to": "2026-03-13"}
    paid = pay_world(credits_of(AROUND[:3]), *plans(override(dates=dates)), payees=people("lead", rep="lead"))
    assert earned(paid, "lead") == money("60.00")
    other = override(measure={"only": {"product_family": "another"}})
    paid = pay_world(credits_of(AROUND[:3]), *plans(other), payees=people("lead", rep="lead"))
    assert earned(paid, "lead") == []


@pytest.mark.parametrize(
    ("clawback", "windows"), [("as_corrected", ["2026-Q1", "2026-Q1"]), ("as_negative", ["2026-Q1", "2026-Q2"])]
)
def test_a_return_moves_the_override_back_as_the_managers_plan_says(clawback, windows):
    rows = [AROUND[0], {"on": "2026-04-01", "amount": "-1000.01", "of": 1}]
    paid = pay_world(
        credits_of(rows), *plans(override(window="quarter", clawback=clawback)), payees=people("lead", rep="lead")
    )
    found = paid.earnings.filter(pl.col("payee_id").cast(pl.String) == "lead")
    assert found["earned"].to_list() == money("30.00", "-30.00")
    assert found["window"].cast(pl.String).to_list() == windows
    assert found["fiscal_period"].cast(pl.String).to_list() == ["2026-P03", "2026-P04"]


def test_attainment_of_a_manager_is_measured_against_the_managers_quota():
    tiers = [{"from": "0", "to": "1", "rate": "0.01"}, {"from": "1", "to": None, "rate": "0.02"}]
    curve = {"shape": "marginal", "of": "attainment", "tiers": tiers}
    on_quota = override(curve=curve, quota={"measure": "team_sales"})
    quotas = [{"payee_id": "lead", "measure": "team_sales", "period": "2026", "amount": "150000.00"}]
    paid = pay_world(credits_of(team_sales()), *plans(on_quota), payees=team_of_five(), quotas=quotas)
    assert sum(earned(paid, "lead")) == Decimal("4500.00")
    last = paid.attainment.filter(pl.col("payee_id") == "lead").row(-1, named=True)
    assert (last["position"], last["attainment"]) == (Decimal("300000"), Decimal("2"))


def test_commission_counts_what_the_lines_of_a_report_say_over_all_components():
    two = plan(
        version(
            component(curve={"shape": "flat", "rate": "0.05"}),
            component(component="extra", curve={"shape": "flat", "rate": "0.0333"}),
        )
    )
    _, leads = plans(override(measure={"base": "commission"}, curve={"shape": "flat", "rate": "0.10"}))
    rows = [*AROUND[:2], AROUND[3]]
    paid = pay_world(credits_of(rows), two, leads, payees=people("lead", rep="lead"))
    # 1,000.01 → 50.00 + 33.30; 2,000.02 → 100.00 + 66.60; −400 → −20.00 − 13.32.
    found = paid.earnings.filter(pl.col("payee_id").cast(pl.String) == "lead")
    assert found["credited"].to_list() == money("83.30", "166.60", "-33.32")
    assert found["earned"].to_list() == money("8.33", "16.66", "-3.33")
    own = paid.earnings.filter(pl.col("payee_id").cast(pl.String) == "rep")
    assert own["earned"].sum() == found["credited"].sum()


def test_commission_counts_what_a_cap_left_of_it():
    capped = plan(version(component(caps=[{"per": "deal", "amount": "60.00", "excess": "lost"}])))
    _, leads = plans(override(measure={"base": "commission"}, curve={"shape": "flat", "rate": "0.10"}))
    paid = pay_world(credits_of(AROUND[:1]), capped, leads, payees=people("lead", rep="lead"))
    assert earned(paid, "rep") == money("60.00")
    assert earned(paid, "lead") == money("6.00")


def test_nobody_is_paid_on_what_another_manager_was_paid():
    on_commission = override(measure={"base": "commission", "whose": "team"}, curve={"shape": "flat", "rate": "0.10"})
    paid = pay_world(credits_of(AROUND[:1]), *plans(on_commission), payees=CHAIN)
    assert earned(paid, "lead") == money("10.00")
    assert earned(paid, "top") == money("10.00")


@pytest.mark.parametrize(("own_deals", "expected"), [("excluded", ["100.00"]), ("included", ["10.00", "100.00"])])
def test_own_commission_counts_where_own_deals_are_included(own_deals, expected):
    rows = [{"on": "2026-01-10", "amount": "1000.00", "payee": "lead"}]
    measure = {"base": "commission", "own_deals": own_deals}
    on_commission = override(measure=measure, curve={"shape": "flat", "rate": "0.10"})
    paid = pay_world(credits_of(rows), *plans(on_commission, sells=True), payees=people("lead"))
    assert sorted(paid.earnings["earned"]) == money(*expected)


def test_an_override_on_credit_is_converted_and_one_on_commission_of_two_currencies_is_refused():
    rates = [{"currency": "USD", "valid_from": "2026-01-01", "rate": "0.80"}]
    reps, leads = plans(currency="USD")
    paid = pay_world(credits_of(AROUND[:1]), reps, leads, payees=people("lead", rep="lead"), fx_rates=rates)
    assert earned(paid, "lead") == money("37.50")  # 1,000.01 EUR is 1,250.01 USD
    _, leads = plans(override(measure={"base": "commission"}), currency="USD")
    with pytest.raises(MixedCurrencies) as raised:
        pay_world(credits_of(AROUND[:1]), reps, leads, payees=people("lead", rep="lead"), fx_rates=rates)
    assert str(raised.value) == (
        "1 credit earns in another currency than the override on them. First: manager lead, plan leads, component override counts "
        "USD, and somebody who reports to them earns EUR. Commission of several currencies is not added up: give both plans one "
        "currency, or write base: credit, which is converted."
    )


def test_a_loop_of_managers_is_refused():
    loop = people("one", "two", one="two", two="one", rep="one")
    with pytest.raises(
        ManagerLoop, match=r"reports to themselves through others.*Correct 'manager_id' in payees"
    ) as raised:
        pay_world(credits_of(AROUND[:1]), *plans(), payees=loop)
    assert isinstance(raised.value, PayoutError)


def test_the_order_of_rows_changes_nothing():
    credits = credits_of([*team_sales(), {"on": "2026-08-01", "amount": "-1000.00", "of": 2}])
    shuffled = credits.sample(fraction=1, shuffle=True, seed=4)
    first, second = (pay_world(each, *plans(), payees=team_of_five()).earnings for each in (credits, shuffled))
    assert first.equals(second)


@pytest.mark.parametrize("base", ["credit", "commission"])
@pytest.mark.parametrize(("day", "is_paid"), [("2026-02-28", True), ("2026-03-10", False)])
def test_a_manager_who_has_left_earns_no_override(base, day, is_paid):
    """Lee's last day is 28 February; Ann still reports to Lee."""
    payees = people("lee", ann="lee")
    payees[0]["termination_date"] = "2026-02-28"
    credits = credits_of([{"on": day, "amount": "10000.00", "payee": "ann"}])
    paid = pay_world(credits, *plans(override(measure={"base": base})), payees=payees)
    assert bool(sum(earned(paid, "lee"))) == is_paid
    assert earned(paid, "ann") == money("1000.00")
    told = paid.findings.filter(pl.col("code").cast(pl.String) == "reports_to_leaver")
    assert told.height == (0 if is_paid else 1)
    if not is_paid:
        assert told["detail"][0] == (
            "Payee ann reports to lee, who is not in service since 2026-03-01: nobody earns that manager's override on sales from "
            "2026-03-10 on. Give the payee their new manager from that day in payees, or correct the manager's termination_date."
        )
