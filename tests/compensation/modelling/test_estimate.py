from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from compensation.modelling.deal import NotEstimable, Wished, deal_of
from tests.compensation.modelling.deal_world import LAST, deal_plans, deal_world, estimated


def _gains(found):
    return {(gain.payee_id, gain.component): (gain.on_deal, gain.elsewhere) for gain in found.gains}


def test_owner_split_and_manager_each_have_their_part_and_a_gate_that_opens_pays_what_came_before():
    """R1 stands at 80,000 of 100,000: 36,000 earn 20,000 × 10 % + 16,000 × 20 %; the gate opens for all 116,000."""
    found = estimated(deal_world())
    assert _gains(found) == {
        ("R1", "commission"): (Decimal("5200.00"), 0),
        ("R1", "extra"): (Decimal("360.00"), Decimal("800.00")),
        ("R2", "commission"): (Decimal("2400.00"), 0),
        ("R2", "extra"): (0, 0),
        ("M", "override"): (Decimal("600.00"), 0),
    }


def test_positions_attainment_and_tiers_are_said():
    gain = next(
        gain for gain in estimated(deal_world()).gains if (gain.payee_id, gain.component) == ("R1", "commission")
    )
    (place,) = gain.places
    assert (place["position_before"], place["position_after"]) == (80000, 116000)
    assert (place["attainment_before"], place["attainment_after"]) == (Decimal("0.8"), Decimal("1.16"))
    assert (place["rate_before"], place["rate_after"]) == (Decimal("0.1"), Decimal("0.2"))
    assert gain.sentences[0].startswith("20,000.00 of revenue in the tier from 0 % of quota × 10 % = 2,000.00")
    assert gain.sentences[1].startswith("16,000.00 of revenue in the tier from 100 % of quota × 20 % = 3,200.00")


def test_a_gate_that_opens_is_among_what_moves():
    moved = {(row["payee_id"], row["used_by"]): row for row in estimated(deal_world()).moved}
    gate = moved["R1", "gate 1"]
    assert (gate["value_before"], gate["value"]) == (Decimal("0.8"), Decimal("1.16"))
    assert (gate["effect_before"], gate["effect"]) == (0, 1)


def test_another_amount_moves_only_as_far():
    found = estimated(deal_world(), Wished(amount=Decimal(10000)))
    assert _gains(found)["R1", "commission"] == (Decimal("600.00"), 0)
    assert _gains(found)["R1", "extra"] == (0, 0)
    assert "the amount is yours; the CRM has 60,000.00 EUR" in found.notes


def test_what_is_paid_at_the_payment_is_estimated_as_if_paid():
    found = estimated(deal_world(), plans=deal_plans(event="payment"))
    assert _gains(found)["R2", "commission"] == (Decimal("2400.00"), 0)
    assert "invoiced and paid on the day of the order" in found.notes


def test_the_facts_stay_as_they_are():
    world = deal_world()
    before = {name: frame.clone() for name, frame in world.items()}
    estimated(world)
    assert all(frame.equals(before[name]) for name, frame in world.items())


@pytest.mark.parametrize(
    ("deal", "day", "note"),
    [
        ({}, date(2026, 3, 20), None),
        ({"close_date": None}, LAST, "it has no close date, so it counts on the last day of the exports"),
        ({"close_date": "2026-01-01"}, LAST, "its close date 2026-01-01 is past, so it counts on the last day"),
    ],
)
def test_it_is_won_on_its_close_date_or_now(deal, day, note):
    found = deal_of(deal_world(**deal), "D1", Wished(), LAST)
    assert found.day == day
    assert any(each.startswith(note) for each in found.notes) if note else not any("last day" in n for n in found.notes)


@pytest.mark.parametrize(
    ("deal", "wished", "words"),
    [
        ({"stage": "Closed Won"}, {}, "opportunity D1 is closed (Closed Won); only an open one can be estimated"),
        ({"stage": "5 - Lost", "loss_reason": "price"}, {}, "is closed (5 - Lost, because of: price)"),
        ({"amount": None}, {}, "has no amount; enter one in the CRM, or say --amount 50000.00"),
        ({"currency": None}, {}, "has no currency; enter it in the CRM"),
        ({"amount": "0"}, {}, "an amount of 0.000 would be no order"),
        ({}, {"amount": Decimal("1.001")}, "1.001 has more decimals than EUR (2)"),
        ({}, {"family": "G"}, "no product is of family 'G'; there are F"),
    ],
)
def test_a_deal_that_cannot_be_estimated_says_why_and_what_to_do(deal, wished, words):
    with pytest.raises(NotEstimable) as refused:
        deal_of(deal_world(**deal), "D1", Wished(**wished), LAST)
    assert words in str(refused.value)


def test_a_deal_that_an_order_names_is_won():
    world = deal_world()
    orders = world["orders"].with_columns(opportunity_id=world["opportunities"]["opportunity_id"][0:1])
    with pytest.raises(NotEstimable, match="won already: order O1 of 2026-02-15 names it; `creditdue why O1-1` says"):
        deal_of(world | {"orders": orders}, "D1", Wished(), LAST)


def test_an_unknown_deal_names_open_ones():
    with pytest.raises(NotEstimable, match=r"no opportunity 'D9' came \(1 did; open are e.g. D1\)"):
        deal_of(deal_world(), "D9", Wished(), LAST)


def test_a_currency_without_a_rate_books_nothing():
    with pytest.raises(NotEstimable, match="would book nothing: there is no exchange rate for USD on 2026-03-20"):
        estimated(deal_world(currency="USD"))


def test_margin_needs_the_cost_that_the_asker_says():
    """R2's 40 % of a margin of 60,000 − 35,000 are 10,000, at 10 %."""
    measure = {"credits": "new_business", "of": "margin", "below_cost": "mirrored"}
    plans = deal_plans(measure=measure)
    world = deal_world()
    world["order_lines"] = world["order_lines"].with_columns(cost_amount=pl.lit(Decimal(30000)).cast(pl.Decimal(38, 3)))
    assert _gains(estimated(world, Wished(cost=Decimal(35000)), plans))["R2", "commission"] == (Decimal("1000.00"), 0)
    with pytest.raises(NotEstimable, match="estimate-of-D1-1 stands in for the deal: say --cost or --family"):
        estimated(world, plans=plans)
