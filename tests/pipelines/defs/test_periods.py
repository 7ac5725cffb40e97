"""Fiscal periods as partitions: named strictly, in order, whenever they turn up."""

from datetime import date

import dagster as dg
import pytest

from pipelines.defs.periods import PERIODS, WrongPeriod, periods_until, range_tags, register, require_period


@pytest.mark.parametrize("key", ["2026-P03", "1999-P13", "2026-P01"])
def test_fiscal_periods_pass(key):
    assert require_period(key) == key


@pytest.mark.parametrize(
    "key",
    ["../../etc/x", "2026-P3", "2026-P00", "2026-P14", "2026-03", "2026-P03\n", "2026-P03/..", "２０２６-P03", ""],
)
def test_everything_else_is_refused_before_it_becomes_a_path(key):
    with pytest.raises(WrongPeriod, match=r"is no fiscal period\. Periods are named like 2026-P03"):
        require_period(key)


def test_the_open_period_is_the_one_of_the_day(demo):
    assert periods_until(demo.company, date(2026, 10, 31))[0] == "2025-P01"
    assert periods_until(demo.company, date(2026, 10, 31))[-1] == "2026-P10"
    assert periods_until(demo.company, date(2026, 11, 1))[-1] == "2026-P11"


def test_a_day_before_the_company_began_is_its_first_period(demo):
    assert periods_until(demo.company, date(2020, 1, 1)) == ["2025-P01"]


def test_periods_are_known_in_order_also_when_an_earlier_one_turns_up():
    with dg.DagsterInstance.ephemeral() as instance:
        register(instance, ["2026-P02", "2026-P03"])
        register(instance, ["2026-P04"])
        register(instance, ["2025-P12", "2026-P01"])
        assert instance.get_dynamic_partitions(PERIODS.name) == [
            "2025-P12",
            "2026-P01",
            "2026-P02",
            "2026-P03",
            "2026-P04",
        ]


def test_a_range_names_first_and_last():
    assert range_tags(["2026-P01", "2026-P02", "2026-P03"]) == {
        "dagster/asset_partition_range_start": "2026-P01",
        "dagster/asset_partition_range_end": "2026-P03",
    }
