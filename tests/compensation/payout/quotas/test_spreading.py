"""Weights over fiscal years of 12 and 13 periods."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest

from compensation.calendar import PERIOD_COLUMNS
from compensation.payout.errors import WrongWeights
from compensation.payout.quotas.spreading import (
    MONTH,
    WHOLE_WINDOW,
    cells_of,
    require_weights,
    weighted_fits,
    year_shares,
)
from compensation.payout.windows import windows_of

SEASON = tuple(map(Decimal, ("0.2", "0.2", "0.2", "0.4")))


@pytest.fixture
def thirteen():
    """One fiscal year of 13 periods of four weeks; the last quarter has four of them."""
    first = date(2026, 1, 1)
    rows = [
        (f"2026-P{n:02}", 2026, f"2026-H{min(2, (n + 5) // 6)}", f"2026-Q{min(4, (n + 2) // 3)}", n,
         first + timedelta(weeks=4 * (n - 1)), first + timedelta(weeks=4 * n))
        for n in range(1, 14)
    ]  # fmt: skip
    return windows_of(pl.DataFrame(rows, schema=PERIOD_COLUMNS, orient="row"))


def shares_of(windows, frame):
    labels = windows.labels.to_list()
    return {
        labels[row["window"]]: Fraction(row["after"] - row["before"], row["parts"]) for row in frame.rows(named=True)
    }


def test_a_quarter_of_four_periods_divides_its_weight_by_four(thirteen):
    assert year_shares(thirteen, SEASON) == [Fraction(1, 15)] * 9 + [Fraction(1, 10)] * 4


def test_windows_have_the_weights_of_the_periods_in_them(thirteen):
    found = shares_of(thirteen, weighted_fits(thirteen, SEASON))
    assert {name: found[name] for name in ("2026-P01", "2026-P13", "2026-Q1", "2026-Q4", "2026-H1", "2026-H2")} == {
        "2026-P01": Fraction(1, 15),
        "2026-P13": Fraction(1, 10),
        "2026-Q1": Fraction(1, 5),
        "2026-Q4": Fraction(2, 5),
        "2026-H1": Fraction(2, 5),
        "2026-H2": Fraction(3, 5),
    }


@pytest.mark.parametrize("weights", [(), SEASON])
def test_the_months_of_every_window_make_it_whole(thirteen, weights):
    cells = cells_of(thirteen, ((), weights), [(1, WHOLE_WINDOW, MONTH)])
    sums = cells.group_by("window").agg(pl.col("weight").sum(), pl.col("total").unique())
    assert all(total == [weight] for weight, total in sums.select("weight", "total").rows())


def test_a_half_year_without_any_weight_is_divided_evenly(thirteen):
    nothing = (Decimal(0), Decimal(1))
    cells = cells_of(thirteen, ((), nothing), [(1, WHOLE_WINDOW, MONTH)])
    half = cells.filter(pl.col("window") == thirteen.labels.to_list().index("2026-H1"))
    assert half.select("weight", "total").rows() == [(1, 6)] * 6


def test_thirteen_periods_need_thirteen_weights_or_those_of_longer_intervals(thirteen):
    twelve = (Decimal("0.05"),) * 11 + (Decimal("0.45"),)
    with pytest.raises(WrongWeights, match="12 weights spread the quota, and the fiscal year 2026 has 13 periods"):
        require_weights(twelve, thirteen, "plan p, component c")
    by_period = (*twelve[:11], Decimal("0.2"), Decimal("0.25"))
    assert require_weights(by_period, thirteen, "plan p, component c") == by_period
    assert require_weights(SEASON, thirteen, "plan p, component c") == SEASON
