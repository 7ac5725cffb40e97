from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from compensation.attribution.motion import fiscal_year_of, fiscal_years
from compensation.calendar import OutsideCalendar, fiscal_periods, with_period
from compensation.in_force import intervals, on_day, until_next
from schemas.rules.company import MonthCalendar, TableCalendar, WeekCalendar

WEEKS = WeekCalendar(kind="4-4-5", year_starts="01-01", weekday="monday")


def _period(calendar, day):
    periods = fiscal_periods(calendar, day, day)
    return with_period(pl.DataFrame({"day": [day]}), periods, on="day").row(0, named=True)


def test_months_are_named_after_the_calendar_year_the_fiscal_year_ends_in():
    july = MonthCalendar(kind="months", year_starts=7)
    assert _period(july, date(2025, 7, 1))["fiscal_period"] == "2026-P01"
    assert _period(july, date(2026, 6, 30))["quarter"] == "2026-Q4"


def test_in_a_4_4_5_calendar_the_period_table_decides_not_the_month():
    """Controller's scenario 14: an order of 31 January belongs to fiscal February."""
    assert _period(WEEKS, date(2026, 1, 25))["fiscal_period"] == "2026-P01"
    assert _period(WEEKS, date(2026, 1, 31))["fiscal_period"] == "2026-P02"


def test_the_fifty_third_week_joins_the_last_period():
    last = _period(WEEKS, date(2027, 1, 3))
    assert last["fiscal_period"] == "2026-P12"
    assert (last["period_end"] - last["period_start"]).days == 6 * 7


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.sampled_from(["nearest", "on_or_after", "on_or_before"]),
    st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]),
)
def test_every_day_lies_in_one_period_of_whole_weeks(day, rule, kind):
    calendar = WeekCalendar(kind=kind, year_starts="02-01", weekday="sunday", rule=rule)
    periods = fiscal_periods(calendar, day, day)
    inside = periods.filter((pl.col("period_start") <= day) & (pl.col("period_end") > day))
    assert inside.height == 1
    assert periods["period_start"].slice(1).to_list() == periods["period_end"].head(-1).to_list()
    assert {start.weekday() for start in periods["period_start"]} == {6}
    assert len(periods) == 12


def test_a_calendar_written_out_ends_where_it_says():
    table = TableCalendar(kind="table", periods=[{"year": 2026, "month": 1, "starts": "2026-01-01"}], ends="2026-02-01")
    assert _period(table, date(2026, 1, 31))["fiscal_period"] == "2026-P01"
    with pytest.raises(
        OutsideCalendar, match=r"runs from 2026-01-01 to 2026-02-01.*Add the missing periods to 'fiscal_calendar'"
    ):
        fiscal_periods(table, date(2026, 1, 1), date(2026, 2, 1))


def test_periods_written_out_must_rise():
    rows = [{"year": 2026, "month": 1, "starts": "2026-02-01"}, {"year": 2026, "month": 2, "starts": "2026-01-01"}]
    with pytest.raises(ValidationError, match="period 2026-2 starts on 2026-01-01, not after 2026-02-01"):
        TableCalendar(kind="table", periods=rows, ends="2026-03-01")


def _table(*months):
    """A calendar written out, with a first of the month for each (year, month)."""
    rows = [
        {"year": year, "month": month, "starts": date(2026 + number // 12, number % 12 + 1, 1)}
        for number, (year, month) in enumerate(months)
    ]
    return TableCalendar(kind="table", periods=rows, ends=date(2030, 1, 1))


@pytest.mark.parametrize(
    ("months", "message"),
    [
        ([(2026, 1), (2026, 3)], "after period 2026-1 comes 2026-2 or 2027-1, not 2026-3"),
        ([(2026, 2), (2026, 1)], "after period 2026-2 comes 2026-3 or 2027-1, not 2026-1"),
        ([(2026, 1), (2026, 1)], "after period 2026-1 comes 2026-2 or 2027-1, not 2026-1"),
        ([(2026, 12), (2028, 1)], "after period 2026-12 comes 2026-13 or 2027-1, not 2028-1"),
        ([(2026, 13), (2027, 2)], "after period 2026-13 comes 2027-1, not 2027-2"),
        ([(2027, 12), (2026, 1)], "after period 2027-12 comes 2027-13 or 2028-1, not 2026-1"),
    ],
)
def test_no_month_and_no_year_is_left_out_or_out_of_order(months, message):
    with pytest.raises(ValidationError, match=message):
        _table(*months)


def test_a_first_year_may_begin_later_and_a_short_year_end_early():
    table = _table((2026, 11), (2026, 12), (2026, 13), (2027, 1), (2027, 2), (2028, 1))
    periods = fiscal_periods(table, date(2026, 1, 1), date(2026, 6, 1))
    assert periods["fiscal_year"].to_list() == [2026, 2026, 2026, 2027, 2027, 2028]
    years = fiscal_years(periods)
    days = pl.DataFrame({"day": [date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 1)]})
    assert days.select(fiscal_year_of(pl.col("day"), years)).to_series().to_list() == [2026, 2027, 2028]


def test_a_year_that_is_a_slip_of_the_pen_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 1900"):
        _table((26, 1))


def test_a_date_outside_the_periods_is_named():
    periods = fiscal_periods(MonthCalendar(kind="months"), date(2026, 1, 1), date(2026, 12, 31))
    with pytest.raises(OutsideCalendar, match=r"1 dates in 'day' lie in no fiscal period. First: 2027-01-01"):
        with_period(pl.DataFrame({"day": [date(2027, 1, 1)]}), periods, on="day")


def _dated(*rows):
    return pl.DataFrame(
        rows, schema={"key": pl.String, "valid_from": pl.Date, "valid_to": pl.Date, "value": pl.String}, orient="row"
    )


def test_an_empty_interval_hides_nothing():
    """An as-of join would pick it and hide the one before."""
    day = date(2026, 3, 1)
    dated = intervals(_dated(("a", None, None, "always"), ("a", day, day, "never")))
    rows = pl.DataFrame({"key": ["a"], "on": [day + timedelta(days=1)]})
    assert on_day(rows, dated, by="key", on="on")["value"].to_list() == ["always"]


def test_ends_are_excluded_and_gaps_have_nothing():
    dated = intervals(_dated(("a", date(2026, 1, 1), date(2026, 2, 1), "x"), ("a", date(2026, 3, 1), None, "y")))
    days = [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 1)]
    rows = pl.DataFrame({"key": ["a"] * 4, "on": days})
    assert on_day(rows, dated, by="key", on="on")["value"].to_list() == [None, "x", None, "y"]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=20),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=8, unique=True),
)
def test_what_is_in_force_is_the_latest_start(rows, starts):
    first = date(2026, 1, 1)
    dated = pl.DataFrame(
        [(key, first + timedelta(days=day), f"{key}{day}") for key, day in starts],
        schema={"key": pl.String, "valid_from": pl.Date, "value": pl.String},
        orient="row",
    )
    asked = pl.DataFrame(
        [(key, first + timedelta(days=day)) for key, day in rows],
        schema={"key": pl.String, "on": pl.Date},
        orient="row",
    )
    found = on_day(asked, until_next(dated, "key"), by="key", on="on")["value"].to_list()
    expected = []
    for key, day in rows:
        begun = [start for name, start in starts if name == key and start <= day]
        expected.append(f"{key}{max(begun)}" if begun else None)
    assert found == expected
