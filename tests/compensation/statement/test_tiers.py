"""A curve as straight lines gives the money that payout gives, tier by tier, though it is worked out apart from it."""

from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest

from compensation.currency import minor_unit_digits
from compensation.statement.sentences import component_named, version_named
from compensation.statement.tiers import piece_lines, tier_lines
from schemas.rules.component import Component
from tests.compensation.statement.statement_world import MARGINAL, PLANS, RETROACTIVE, calculated


def component(curve, **more):
    return Component.model_validate(
        {"component": "c", "label": "C", "window": "year", "measure": {"credits": "growth"}, "curve": curve, **more}
    )


def money(lines, tier, position):
    line = next(line for line in lines if line.number == tier)
    return line.fixed + line.rate * position


def test_marginal_tiers_on_attainment_meet_at_bound_times_quota():
    lines = tier_lines(Component.model_validate(MARGINAL), Decimal("33333.33"))
    assert [(line.floor, line.ceiling, line.rate) for line in lines] == [
        (0, Decimal("33333.33"), Decimal("0.05")),
        (Decimal("33333.33"), None, Decimal("0.08")),
    ]
    assert lines[1].fixed == Decimal("-999.9999")
    assert money(lines, 1, lines[1].floor) == money(lines, 2, lines[1].floor)


def test_retroactive_tiers_run_through_zero_and_jump():
    lines = tier_lines(Component.model_validate(RETROACTIVE), None)
    assert [line.fixed for line in lines] == [0, 0, 0]
    assert money(lines, 2, Decimal(10000)) - money(lines, 1, Decimal(10000)) == 100


def test_a_marginal_tier_stands_on_top_of_a_retroactive_one():
    tiers = [
        {"from": "0", "to": "100", "rate": "0.01", "mode": "marginal"},
        {"from": "100", "to": "200", "rate": "0.02", "mode": "retroactive"},
        {"from": "200", "to": None, "rate": "0.10", "mode": "marginal"},
    ]
    lines = tier_lines(component({"shape": "mixed", "of": "amount", "tiers": tiers}), None)
    assert [money(lines, line.number, Decimal(300)) for line in lines] == [3, 6, 14]  # 200 × 2 % + 100 × 10 %


@pytest.mark.parametrize(("words", "number", "rate"), [("first_tier", 1, "0.05"), ("last_tier", 2, "0.08")])
def test_without_a_quota_the_tier_that_the_plan_names_pays_everything(words, number, rate):
    part = Component.model_validate({**MARGINAL, "quota": {"measure": "new_business", "no_quota": words}})
    assert [(line.number, line.rate, line.fixed) for line in tier_lines(part, Decimal(0))] == [
        (number, Decimal(rate), 0)
    ]


def test_the_lines_price_every_earning_as_payout_did():
    _, results = calculated()
    quotas = {"quarter_commission": Decimal(100000)}
    rows = results["earnings"].cast({pl.Categorical: pl.String}).rows(named=True)
    assert len(rows) > 20
    for row in rows:
        part = component_named(version_named(PLANS, row["plan"], row["plan_version"]), row["component"])
        exact = money(
            tier_lines(part, quotas.get(row["component"])),
            row["tier_number"],
            max(row["position_after"], row["position_before"]),
        )
        upper = row["rounded_after"] if row["credited"] >= 0 else row["rounded_before"]
        unit = Decimal(1).scaleb(-minor_unit_digits(row["currency"]))
        assert exact.quantize(unit, ROUND_HALF_UP) == upper, row


def piece(number, start, slope, fixed, divisor):
    return {"tier_number": number, "starts_at": None if start is None else Decimal(start), "slope": slope, "fixed": fixed, "divisor": divisor}  # fmt: skip


def test_pieces_that_end_are_plain_decimals_without_a_divisor():
    lines = piece_lines([piece(1, "50000", "0", "1000", "2"), piece(0, None, "1", "0", "20")])
    assert [(line.number, line.floor, line.ceiling, line.rate, line.fixed, line.divisor) for line in lines] == [
        (0, 0, 50000, Decimal("0.05"), 0, 1),
        (1, 50000, None, 0, 500, 1),
    ]


def test_pieces_that_never_end_keep_whole_numbers_over_a_divisor():
    [line] = piece_lines([piece(1, None, "2", "5", "21")])
    assert (line.rate, line.fixed, line.divisor) == (2, 5, 21)


def test_a_tier_mirrored_below_zero_has_its_own_number():
    starts = [(1, None), (0, "-49999.99"), (1, "50000")]
    lines = piece_lines([piece(number, start, "0", "0", "1") for number, start in starts])
    assert [(line.number, line.floor) for line in lines] == [
        (-1, Decimal("-50000.99")),
        (0, Decimal("-49999.99")),
        (1, 50000),
    ]
