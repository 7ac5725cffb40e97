"""Beside the position: what returns take of their own line's earning, and what they may not do to others'."""

from decimal import Decimal

import pytest
from payout_world import component, credits_of, earned_by_credit, line_facts, pay_world, plan, version

from compensation.money import AmountsTooLarge

THIRD = {"affects_attainment": "false", "share": {"by": "age_days", "bands": [{"from": "0", "to": None, "share": "0.333333"}]}}  # fmt: skip


def paid(rows, *components, **tables):
    credits = credits_of(rows)
    return credits, pay_world(credits, plan(version(*components)), **line_facts(rows), **tables)


def test_a_line_that_reaches_a_retroactive_tier_gives_back_what_it_carries():
    tiers = [{"from": "0", "to": "1000", "rate": "5%"}, {"from": "1000", "to": None, "rate": "10%"}]
    part = component(
        curve={"shape": "retroactive", "of": "amount", "tiers": tiers}, clawback={"affects_attainment": "false"}
    )
    rows = [
        {"on": "2026-01-10", "amount": "900.00"},
        {"on": "2026-02-10", "amount": "100.00"},
        {"on": "2026-03-10", "amount": "-900.00", "of": 1},
        {"on": "2026-04-10", "amount": "-100.00", "of": 2},
    ]
    credits, found = paid(rows, part)
    assert earned_by_credit(found, credits) == [Decimal(each) for each in ("45.00", "55.00", "-45.00", "-55.00")]
    assert set(found.attainment["position"]) == {Decimal(900), Decimal(1000)}


def test_parts_of_a_return_give_back_its_share_to_the_cent():
    rows = [{"on": "2026-01-10", "amount": "1000.00"}]
    rows += [{"on": f"2026-0{month}-10", "amount": "-250.00", "of": 1} for month in (2, 3, 4, 5)]
    credits, found = paid(rows, component(clawback=THIRD))
    assert earned_by_credit(found, credits) == [Decimal(each) for each in ("100", "-8.33", "-8.34", "-8.33", "-8.33")]
    kinds = found.earning_changes.select("kind", "total_before", "total_after").rows()
    assert kinds[0] == ("clawback", Decimal(100), Decimal("91.67"))
    assert kinds[-1] == ("clawback", Decimal("75.00"), Decimal("66.67"))


def test_a_line_of_nothing_gives_nothing_back():
    rows = [
        {"on": "2026-01-10", "amount": "0.00"},
        {"on": "2026-02-10", "amount": "0.00", "of": 1},
        {"on": "2026-02-11", "amount": "10.00"},
    ]
    credits, found = paid(rows, component(clawback={"affects_attainment": "false"}))
    assert earned_by_credit(found, credits) == [0, 0, 1]


def test_figures_that_cannot_be_multiplied_exactly_are_refused():
    rows = [
        {"on": "2026-01-10", "amount": "90000000000000.00"},
        {"on": "2026-02-10", "amount": "-90000000000000.00", "of": 1},
    ]
    with pytest.raises(AmountsTooLarge, match="write its shares with fewer decimals"):
        paid(rows, component(clawback=THIRD, curve={"shape": "flat", "rate": "0.5"}))
