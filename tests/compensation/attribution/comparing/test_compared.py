"""Bases of every policy: their sum stays when accounts move or merge, and a policy changes them only with a fiscal year."""

import random
from datetime import date, timedelta

import polars as pl
import pytest

from compensation.attribution.attribute import attribute
from compensation.attribution.comparing.compared import Sold, compared
from compensation.attribution.comparing.windows import BaseChangesInsideYear
from compensation.calculate import periods_of
from tests import worlds

BASES = ("last_fiscal_year", "trailing_twelve_months", "account_plan")


def _random_world(rng, accounts):
    orders = [
        {
            "id": f"O{number}", "account": rng.choice(accounts), "date": str(date(2022, 1, 1) + timedelta(rng.randrange(1200))),
            "lines": [{"net_amount": f"{rng.randrange(1, 50000)}.{rng.randrange(100):02}", "family": rng.choice("FGH")}],
        }
        for number in range(120)
    ]  # fmt: skip
    plans = [
        {"account_id": account, "product_family": family, "fiscal_year": 2024, "revenue_target": f"{rng.randrange(9000)}", "currency": "EUR"}
        for account in accounts for family in "FG" if rng.random() < 0.5
    ]  # fmt: skip
    return orders, plans


def _sums(facts, company):
    """The sum of all customers' bases in force, by window of the base and day."""
    periods = periods_of(facts, company)
    made = attribute(facts, company, periods)
    found = compared(Sold(made.orders, made.lines, made.returns, made.tree, periods), facts, company).base
    dated = found.with_columns(window=pl.col("base_key") % 2**15)
    days = [date(2022, 1, 1) + timedelta(step) for step in range(0, 1400, 17)]
    return [
        dated.filter((pl.col("valid_from") <= day) & (pl.lit(day) < pl.col("valid_to")))
        .group_by("window").agg(pl.col("base").sum()).sort("window").rows()
        for day in days
    ]  # fmt: skip


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("by", ["family", "customer"])
def test_the_sum_of_bases_stays_when_accounts_move_and_merge(base, by):
    rng = random.Random(f"{base} {by}")  # noqa: S311 - a seed, no secret
    accounts = [f"A{number}" for number in range(8)]
    orders, plans = _random_world(rng, accounts)
    company = worlds.company(policies=[{"base": base, "base_by": by}])
    flat = worlds.small_world(orders, accounts=accounts, account_plans=plans)
    moved = [
        {"account_id": account, "valid_from": str(date(2022, 1, 1) + timedelta(rng.randrange(1300))), "parent_account_id": rng.choice(accounts[:3])}
        for account in accounts[3:7]
    ]  # fmt: skip
    merged = {"account_id": "A7", "merged_into_account_id": "A0", "merged_date": "2024-02-17"}
    tree = worlds.small_world(orders, accounts=[*accounts[:7], merged], account_parents=moved, account_plans=plans)
    assert _sums(tree, company) == _sums(flat, company)
    assert any(total for day in _sums(flat, company) for _, total in day)


def _two_versions(second_starts):
    changes = {"version": "2", "valid_from": second_starts, "decided_on": date(2023, 1, 1), "base_by": "customer"}
    facts = worlds.small_world(
        [{"id": "O1", "date": "2023-01-01", "lines": ["1.00"]}, {"id": "O2", "date": "2025-01-01", "lines": ["1.00"]}]
    )
    company = worlds.company(policies=[{}, changes])
    return attribute(facts, company, periods_of(facts, company))


def test_a_base_changes_only_with_a_fiscal_year():
    with pytest.raises(
        BaseChangesInsideYear,
        match=r"attribution version 2 changes the base on 2024-03-01 from last_fiscal_year by family to last_fiscal_year by customer, inside a fiscal year.* start with a fiscal year: 2024-01-01 or 2025-01-01",
    ):
        _two_versions(date(2024, 3, 1))
    assert _two_versions(date(2024, 1, 1)).credits.height == 2
    assert _two_versions(date(2030, 5, 1)).credits.height == 2
