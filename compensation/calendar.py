"""Fiscal periods: which period, quarter, half and year a business date belongs to.

The company's calendar decides, never the month of a date.
"""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from schemas.rules.company import WEEKDAYS, MonthCalendar, TableCalendar, WeekCalendar

PERIOD_COLUMNS = {
    "fiscal_period": pl.String,
    "fiscal_year": pl.Int32,
    "half": pl.String,
    "quarter": pl.String,
    "month": pl.Int8,
    "period_start": pl.Date,
    "period_end": pl.Date,
}

Calendar = MonthCalendar | WeekCalendar | TableCalendar
Start = tuple[int, int, date]


class OutsideCalendar(ValueError):
    """A date lies outside the fiscal calendar."""


def fiscal_periods(calendar: Calendar, first_day: date, last_day: date) -> pl.DataFrame:
    """All fiscal periods of the fiscal years from the one with ``first_day`` to the one with ``last_day``.

    Args:
        calendar: ``fiscal_calendar`` of the company.
        first_day: A day in the first fiscal year wanted.
        last_day: A day in the last fiscal year wanted.

    Returns:
        One row a fiscal period, in order: ``fiscal_period`` (``2026-P03``), ``fiscal_year``, ``half`` (``2026-H1``),
        ``quarter`` (``2026-Q1``), ``month`` (1 to 12, 13 where a table has it), ``period_start``, ``period_end`` (excluded).

    Raises:
        OutsideCalendar: a calendar written out does not reach one of the days.
    """
    starts = _starts(calendar, first_day, last_day)
    rows = [
        (
            f"{year}-P{month:02}",
            year,
            f"{year}-H{min(2, (month + 5) // 6)}",
            f"{year}-Q{min(4, (month + 2) // 3)}",
            month,
            start,
            end,
        )
        for (year, month, start), (_, _, end) in pairwise(starts)
    ]
    periods = pl.DataFrame(rows, schema=PERIOD_COLUMNS, orient="row")
    years = periods.filter((pl.col("period_start") <= last_day) & (pl.col("period_end") > first_day))["fiscal_year"]
    return periods.filter(pl.col("fiscal_year").is_between(years.min(), years.max()))


def with_period(rows: pl.DataFrame, periods: pl.DataFrame, *, on: str) -> pl.DataFrame:
    """The same rows, in the same order, with the columns of the fiscal period that the date ``on`` lies in.

    Raises:
        OutsideCalendar: a date before the first or after the last period; names the first such date.
    """
    days = rows.select(pl.col(on).unique().sort())
    table = days.join_asof(periods, left_on=on, right_on="period_start", strategy="backward")
    lost = table.filter(pl.col("period_end").is_null() | (pl.col(on) >= pl.col("period_end")))
    if not lost.is_empty():
        first, end = periods["period_start"][0], periods["period_end"][-1]
        raise OutsideCalendar(
            f"{lost.height:,} dates in '{on}' lie in no fiscal period. First: {lost[on][0]}. "
            f"The calendar runs from {first} to {end} (excluded)."
        )
    return rows.join(table, on=on, how="left", validate="m:1", maintain_order="left")


def _starts(calendar: Calendar, first_day: date, last_day: date) -> list[Start]:
    if isinstance(calendar, TableCalendar):
        return _written_starts(calendar, first_day, last_day)
    years = range(first_day.year - 1, last_day.year + 3)
    one_year = _month_starts if isinstance(calendar, MonthCalendar) else _week_starts
    return [start for year in years for start in one_year(calendar, year)]  # type: ignore[arg-type]


def _written_starts(calendar: TableCalendar, first_day: date, last_day: date) -> list[Start]:
    first = calendar.periods[0].starts
    if first_day < first or last_day >= calendar.ends:
        raise OutsideCalendar(
            f"the fiscal calendar runs from {first} to {calendar.ends} (excluded); {first_day} to {last_day} is needed. "
            "Add the missing periods to 'fiscal_calendar' in company.yaml."
        )
    return [(row.year, row.month, row.starts) for row in calendar.periods] + [(0, 0, calendar.ends)]


def _month_starts(calendar: MonthCalendar, year: int) -> list[Start]:
    named = year + 1 if calendar.named_after == "end" and calendar.year_starts > 1 else year
    months = [(year * 12 + calendar.year_starts - 1 + offset) for offset in range(12)]
    return [(named, number, date(month // 12, month % 12 + 1, 1)) for number, month in enumerate(months, start=1)]


def _week_starts(calendar: WeekCalendar, year: int) -> list[Start]:
    start = _first_day_of_weeks(calendar, year)
    weeks = [int(part) for part in calendar.kind.split("-")] * 4
    named = year + 1 if calendar.named_after == "end" else year
    before = [sum(weeks[:number]) for number in range(12)]
    return [(named, number, start + timedelta(weeks=gone)) for number, gone in enumerate(before, start=1)]


def _first_day_of_weeks(calendar: WeekCalendar, year: int) -> date:
    month, day = (int(part) for part in calendar.year_starts.split("-"))
    anchor = date(year, month, day)
    ahead = (WEEKDAYS.index(calendar.weekday) - anchor.weekday()) % 7
    back = {"on_or_after": False, "on_or_before": ahead > 0, "nearest": ahead > 3}[calendar.rule]  # noqa: PLR2004
    return anchor + timedelta(days=ahead - 7 if back else ahead)
