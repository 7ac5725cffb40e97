"""The account manager's year: figures against base and plan, agreements, and each risk with what is at stake."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.accounts.rhythm import rhythm_of
from compensation.accounts.year import AccountYear, account_year
from compensation.attribution.bases import Books
from compensation.calculate import attributed_step
from compensation.calendar import fiscal_periods
from compensation.rules import Rules
from tests.worlds import company, small_world

ON = date(2026, 6, 30)
MANAGED = [["A", "M1", "account_manager", "2020-01-01"]]


def year_of(facts: dict[str, pl.DataFrame], on: date = ON, **changes: Any) -> AccountYear:
    given = company(**changes)
    periods = fiscal_periods(given.fiscal_calendar, date(2020, 1, 1), on)
    made = attributed_step(facts, Rules(given, ()), periods)
    return account_year(Books(made.bookings, made.carers), facts, given, periods, on)


def bought(*orders: tuple[str, str], account: str = "A", family: str = "F", **line: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"{account}{day}", "account": account, "date": day, "lines": [{"net_amount": amount, "family": family, **line}]}
        for day, amount in orders
    ]  # fmt: skip


def figures(year: AccountYear, span: str = "2026") -> list[dict[str, Any]]:
    return year.account_figures.filter(pl.col("span") == span).rows(named=True)


def risks(year: AccountYear, risk: str) -> list[dict[str, Any]]:
    return year.account_risks.filter(pl.col("risk") == risk).rows(named=True)


OLD = ("2023-03-01", "1.00")
"""An order so early that everything after it is existing business."""


class TestFigures:
    def test_a_span_has_what_was_bought_beside_its_base(self):
        facts = small_world(bought(OLD, ("2024-12-01", "1"), ("2025-02-10", "100"), ("2025-08-01", "900"), ("2026-03-01", "130")), assignments=MANAGED)  # fmt: skip
        (row,) = figures(year_of(facts))
        assert (row["booked"], row["existing"], row["base"], row["retained"]) == (
            Decimal(130),
            Decimal(130),
            Decimal(100),
            Decimal(100),
        )

    def test_the_base_of_the_whole_year_counts_once_the_year_is_over(self):
        facts = small_world(
            bought(OLD, ("2025-02-10", "100"), ("2025-08-01", "900"), ("2026-03-01", "130")), assignments=MANAGED
        )
        (row,) = figures(year_of(facts, date(2026, 12, 31)))
        assert row["base"] == Decimal(1000)

    def test_quarters_and_months_that_have_begun_add_up_to_the_year(self):
        facts = small_world(
            bought(OLD, ("2026-01-31", "10"), ("2026-04-01", "20"), ("2026-06-30", "40")), assignments=MANAGED
        )
        made = year_of(facts).account_figures
        by_span = dict(made.group_by("span", maintain_order=True).agg(pl.col("booked").sum()).rows())
        assert by_span["2026"] == by_span["2026-Q1"] + by_span["2026-Q2"] == Decimal(70)
        assert sum(units for name, units in by_span.items() if "-P" in name) == Decimal(70)
        assert "2026-Q3" not in by_span, "a quarter that has not begun has no figures"

    def test_what_happens_after_the_day_does_not_count(self):
        facts = small_world(bought(OLD, ("2026-06-30", "10"), ("2026-07-01", "20")), assignments=MANAGED)
        assert figures(year_of(facts))[0]["booked"] == Decimal(10)

    def test_margin_leaves_out_lines_without_a_cost_and_says_so(self):
        orders = bought(OLD, ("2026-02-01", "100"), cost_amount="60") + bought(("2026-03-01", "50"))
        (row,) = figures(year_of(small_world(orders, assignments=MANAGED)))
        assert (row["margin"], row["booked_without_cost"]) == (Decimal(40), Decimal(50))

    def test_a_return_takes_back_its_part_of_the_cost(self):
        orders = bought(OLD, ("2026-02-01", "100"), cost_amount="60")
        back = [{"id": "R", "line": "A2026-02-01-1", "date": "2026-02-20", "amount": "50"}]
        (row,) = figures(year_of(small_world(orders, back, assignments=MANAGED)))
        assert (row["booked"], row["margin"]) == (Decimal(50), Decimal(20))

    def test_a_target_counts_by_days_up_to_the_last_one_known(self):
        plan = {"account_id": "A", "product_family": "F", "fiscal_year": 2026, "revenue_target": "365", "margin_target": "73", "currency": "EUR"}  # fmt: skip
        facts = small_world(bought(OLD, ("2026-02-01", "100")), assignments=MANAGED, account_plans=[plan])
        year = year_of(facts)
        (row,) = figures(year)
        assert (row["revenue_target"], row["margin_target"]) == (Decimal(181), Decimal("36.20")), (
            "181 days from January to June"
        )
        assert figures(year, "2026-P01")[0]["revenue_target"] == Decimal(31)

    def test_a_planned_family_that_nobody_buys_is_there(self):
        plan = {
            "account_id": "A",
            "product_family": "G",
            "fiscal_year": 2026,
            "revenue_target": "100",
            "currency": "EUR",
        }
        facts = small_world(bought(OLD, ("2026-02-01", "100")), assignments=MANAGED, account_plans=[plan])
        assert [(row["product_family"], row["booked"]) for row in figures(year_of(facts))] == [
            ("F", Decimal(100)),
            ("G", Decimal(0)),
        ]

    def test_a_target_in_another_currency_enters_at_the_rate_of_the_years_first_day(self):
        plan = {
            "account_id": "A",
            "product_family": "F",
            "fiscal_year": 2026,
            "revenue_target": "365",
            "currency": "USD",
        }
        rates = [
            {"currency": "USD", "valid_from": day, "rate": rate}
            for day, rate in (("2025-01-01", "0.5"), ("2026-02-01", "0.9"))
        ]
        facts = small_world(bought(OLD, ("2026-02-01", "1")), assignments=MANAGED, account_plans=[plan], fx_rates=rates)
        assert figures(year_of(facts))[0]["revenue_target"] == Decimal("90.50")

    def test_only_key_accounts_and_those_with_a_manager_are_watched(self):
        accounts = [{"account_id": "A"}, {"account_id": "K", "segment": "key"}, {"account_id": "S"}]
        orders = [order for name in "AKS" for order in bought(OLD, ("2026-02-01", "10"), account=name)]
        made = year_of(small_world(orders, accounts=accounts, assignments=MANAGED))
        assert {row["customer_id"] for row in figures(made)} == {"A", "K"}

    def test_an_excluded_account_is_never_watched(self):
        facts = small_world(bought(OLD, ("2026-02-01", "10")), assignments=MANAGED)
        made = year_of(facts, policies=[{"excluded_accounts": ["A"]}])
        assert made.account_figures.is_empty()
        assert made.account_risks.is_empty()

    def test_a_subsidiary_counts_for_the_customer_above_it(self):
        accounts = [{"account_id": "A"}, {"account_id": "C", "parent_account_id": "A"}]
        orders = bought(OLD, ("2026-02-01", "10")) + bought(("2026-03-01", "5"), account="C")
        (row,) = figures(year_of(small_world(orders, accounts=accounts, assignments=MANAGED)))
        assert (row["customer_id"], row["carer_id"], row["booked"]) == ("A", "M1", Decimal(15))


AGREEMENT = {
    "agreement_id": "AG", "account_id": "A", "product_family": "F", "start_date": "2025-04-01", "end_date": "2027-03-31",
    "annual_value": "365", "currency": "EUR", "status": "active",
}  # fmt: skip


class TestAgreements:
    def one(
        self, orders: list[Any], *agreements: dict[str, Any], on: date = ON, returns: list[Any] = ()
    ) -> AccountYear:
        named = [{**order, "agreement_id": "AG"} for order in orders]
        return year_of(small_world(named, returns, assignments=MANAGED, agreements=list(agreements) or [AGREEMENT]), on)

    def test_the_year_of_agreement_counts_what_was_called_off_since_its_anniversary(self):
        made = self.one(bought(OLD, ("2026-03-31", "7"), ("2026-04-01", "20"), ("2026-06-30", "40")))
        (row,) = made.agreement_figures.rows(named=True)
        assert (row["year_start"], row["called_off"], row["expected"]) == (date(2026, 4, 1), Decimal(60), Decimal(91))

    def test_what_came_back_is_not_called_off(self):
        back = [{"id": "R", "line": "A2026-04-01-1", "date": "2026-05-01", "amount": "15"}]
        assert self.one(bought(OLD, ("2026-04-01", "20")), returns=back).agreement_figures["called_off"].to_list() == [
            Decimal(5)
        ]

    def test_one_that_begins_on_29_february_has_its_anniversary_on_the_28th(self):
        leap = {**AGREEMENT, "start_date": "2024-02-29", "end_date": "2027-02-27", "annual_value": "365"}
        (row,) = self.one(bought(OLD), leap).agreement_figures.rows(named=True)
        assert row["year_start"] == date(2026, 2, 28)

    def test_an_agreement_that_has_ended_or_not_begun_is_left_out(self):
        over = {**AGREEMENT, "end_date": "2026-06-29"}
        later = {**AGREEMENT, "agreement_id": "AH", "start_date": "2026-07-01"}
        assert self.one(bought(OLD), over, later).agreement_figures.is_empty()

    @pytest.mark.parametrize(
        ("starts", "follows"), [("2026-09-16", None), ("2026-09-15", "NEXT"), ("2026-05-01", "NEXT")]
    )
    def test_one_that_ends_soon_is_a_risk_unless_another_leaves_no_day_between(self, starts, follows):
        ending = {**AGREEMENT, "end_date": "2026-09-14"}
        following = {**AGREEMENT, "agreement_id": "NEXT", "start_date": starts, "end_date": "2028-01-01"}
        made = self.one(bought(OLD), ending, following)
        assert made.agreement_figures.filter(pl.col("agreement_id") == "AG")["followed_by"].to_list() == [follows]
        found = risks(made, "agreement_ends")
        assert [row["subject"] for row in found] == ([] if follows else ["AG"])
        if found:
            assert found[0]["revenue_at_stake"] == Decimal(365)
            assert found[0]["detail"] == "AG over 365.00 EUR a year ends on 2026-09-14; none follows."

    @pytest.mark.parametrize(("ends", "is_risk"), [("2026-09-28", True), ("2026-09-29", False)])
    def test_soon_is_what_the_company_says(self, ends, is_risk):
        made = self.one(bought(OLD), {**AGREEMENT, "end_date": ends})
        assert bool(risks(made, "agreement_ends")) is is_risk, "90 days after 30 June is 28 September"


class TestRisks:
    def test_a_family_below_its_base_puts_the_gap_at_stake(self):
        facts = small_world(bought(OLD, ("2025-02-10", "1000"), ("2026-03-01", "899.99")), assignments=MANAGED)
        (row,) = risks(year_of(facts), "below_base")
        assert (row["subject"], row["revenue_at_stake"], row["carer_id"]) == ("F", Decimal("100.01"), "M1")
        assert row["detail"] == "F: 899.99 EUR of a base of 1,000.00 EUR (90%) in 2026 so far."

    def test_a_family_at_the_share_is_no_risk(self):
        facts = small_world(bought(OLD, ("2025-02-10", "1000"), ("2026-03-01", "900")), assignments=MANAGED)
        assert risks(year_of(facts), "below_base") == []

    def test_a_key_account_without_a_manager_is_named(self):
        facts = small_world(bought(OLD, ("2026-03-01", "10")), accounts=[{"account_id": "A", "segment": "key"}])
        (row,) = risks(year_of(facts), "no_account_manager")
        assert (row["customer_id"], row["carer_id"]) == ("A", None)

    @pytest.mark.parametrize(("on", "is_quiet"), [(date(2026, 3, 23), False), (date(2026, 3, 24), True)])
    def test_silence_is_counted_in_the_customers_own_gaps(self, on, is_quiet):
        days = ["2026-01-01", "2026-01-11", "2026-01-21", "2026-01-31", "2026-03-03"]
        facts = small_world(bought(*((day, "10") for day in days)), assignments=MANAGED)
        found = risks(year_of(facts, on), "quiet")
        assert bool(found) is is_quiet
        if found:
            assert found[0]["detail"] == "No order for 21 days; usually one every 10 days."

    def test_too_few_orders_have_no_rhythm(self):
        facts = small_world(
            bought(("2026-01-01", "10"), ("2026-01-02", "10"), ("2026-01-03", "10")), assignments=MANAGED
        )
        assert risks(year_of(facts), "quiet") == []

    def test_much_that_depends_on_one_customer_is_named_with_its_margin(self):
        orders = bought(("2026-02-01", "10"), cost_amount="4") + bought(("2026-02-01", "90"), account="B")
        facts = small_world(orders, accounts=["A", "B"], assignments=MANAGED)
        (row,) = risks(year_of(facts), "concentration")
        assert (row["customer_id"], row["revenue_at_stake"], row["margin_at_stake"]) == ("A", Decimal(10), Decimal(6))
        assert row["detail"] == "10.0% of everything booked in the last twelve months."

    def test_twelve_months_end_with_the_day(self):
        orders = bought(("2025-06-30", "50"), ("2025-07-01", "10")) + bought(("2026-02-01", "90"), account="B")
        facts = small_world(orders, accounts=["A", "B"], assignments=MANAGED)
        (row,) = risks(year_of(facts), "concentration")
        assert row["revenue_at_stake"] == Decimal(10)

    def test_roles_that_nobody_fills_or_that_went_cold_are_named(self):
        contacts = [
            {"contact_id": "1", "account_id": "A", "buying_role": "buyer", "last_contact_date": "2026-01-01"},
            {"contact_id": "2", "account_id": "A", "buying_role": "buyer", "last_contact_date": "2025-01-01"},
            {"contact_id": "3", "account_id": "A", "buying_role": "executive", "last_contact_date": "2025-12-31"},
        ]
        facts = small_world(bought(OLD, ("2026-02-01", "10")), assignments=MANAGED, contacts=contacts)
        (row,) = risks(year_of(facts), "thin_coverage")
        assert (
            row["detail"]
            == "Nobody is known as technical decision maker; the executive was last spoken to on 2025-12-31."
        )

    def test_without_any_contact_nothing_is_said_of_coverage(self):
        assert risks(year_of(small_world(bought(OLD), assignments=MANAGED)), "thin_coverage") == []

    @pytest.mark.parametrize(
        ("due", "state", "is_late"),
        [("2026-06-29", "open", True), ("2026-06-30", "open", False), ("2026-06-01", "done", False)],
    )
    def test_actions_that_were_due_and_are_not_done_are_named(self, due, state, is_late):
        action = {
            "action_id": "T1",
            "account_id": "A",
            "what": "Visit",
            "owner_id": "M1",
            "due_date": due,
            "state": state,
        }
        made = year_of(small_world(bought(OLD), assignments=MANAGED, account_actions=[action]))
        assert [row["subject"] for row in risks(made, "action_overdue")] == (["T1"] if is_late else [])

    def test_the_largest_stake_comes_first(self):
        orders = bought(("2026-02-01", "10")) + bought(("2026-02-01", "90"), account="B")
        managed = [*MANAGED, ["B", "M1", "account_manager", "2020-01-01"]]
        made = year_of(small_world(orders, accounts=["A", "B"], assignments=managed))
        assert made.account_risks["customer_id"].to_list() == ["B", "A"]


@given(st.lists(st.integers(0, 400), min_size=4, max_size=30, unique=True))
def test_the_usual_gap_is_the_middle_one(days):
    dates = sorted(date.fromordinal(738_000 + day) for day in days)
    gaps = sorted((later - earlier).days for earlier, later in pairwise(dates))
    rows = pl.DataFrame({"customer_id": ["C"] * len(dates), "event_date": dates, "return_id": [None] * len(dates)})
    (found,) = rhythm_of(rows.sample(fraction=1, shuffle=True, seed=1), 4).rows(named=True)
    assert (found["last_order"], found["gap"]) == (dates[-1], gaps[len(gaps) // 2])
