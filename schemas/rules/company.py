"""``company.yaml``: what a company is before any export arrives."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from schemas.rules.accounts import AccountWatch
from schemas.rules.attribution import AttributionPolicy
from schemas.rules.values import AmountText, CurrencyText, Day, Rule, ShareText

WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)

MOST_MONTHS = 13
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Fiscal years and a company's first day lie between these; anything else is a slip of the pen."""


class MonthCalendar(Rule):
    """Fiscal months are calendar months; the year starts with one of them."""

    kind: Literal["months"]
    year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    named_after: Literal["start", "end"] = "end"


class WeekCalendar(Rule):
    """Fiscal months are 4, 4 and 5 weeks (in the order stated); the 53rd week joins the last month.

    The year starts on ``weekday``, the one nearest to (or first on or after, or last on or before)
    the day ``year_starts`` (``MM-DD``). It is named after the calendar year of that day, or the next.
    """

    kind: Literal["4-4-5", "4-5-4", "5-4-4"]
    year_starts: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    rule: Literal["nearest", "on_or_after", "on_or_before"] = "nearest"
    named_after: Literal["start", "end"] = "start"

    @field_validator("year_starts")
    @classmethod
    def is_a_day_of_every_year(cls, value: str) -> str:
        """A day that each year has."""
        try:
            date.fromisoformat(f"2025-{value}")
        except ValueError:
            raise ValueError(f"{value} is no day of every year; write MM-DD such as 02-01") from None
        return value


class PeriodRow(Rule):
    """One fiscal month in a calendar written out."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    month: Annotated[int, Field(ge=1, le=MOST_MONTHS)]
    starts: Day


class TableCalendar(Rule):
    """Fiscal months written out; each runs to the next, the last to ``ends`` (excluded).

    The first year may begin with a later month than 1, and a short fiscal year may end before month 12.
    """

    kind: Literal["table"]
    periods: Annotated[tuple[PeriodRow, ...], Field(min_length=1)]
    ends: Day

    @model_validator(mode="after")
    def periods_follow_each_other(self) -> Self:
        """Starts rise, and no month and no year is left out, given twice or out of order."""
        for one, next_one in pairwise(self.periods):
            if one.starts >= next_one.starts:
                raise ValueError(
                    f"period {next_one.year}-{next_one.month} starts on {next_one.starts}, not after {one.starts}"
                )
            follows = [(one.year, one.month + 1)] * (one.month < MOST_MONTHS) + [(one.year + 1, 1)]
            if (next_one.year, next_one.month) not in follows:
                expected = " or ".join(f"{year}-{month}" for year, month in follows)
                raise ValueError(
                    f"after period {one.year}-{one.month} comes {expected}, not {next_one.year}-{next_one.month}; "
                    "leave no month and no year out, and write each once"
                )
        if self.ends <= self.periods[-1].starts:
            raise ValueError(f"ends {self.ends} is not after the last start {self.periods[-1].starts}")
        return self


FiscalCalendar = Annotated[MonthCalendar | WeekCalendar | TableCalendar, Field(discriminator="kind")]


class Refusals(Rule):
    """How much of what came may be refused before the run stops instead of going on without it."""

    max_share_of_rows: ShareText = Decimal("0.02")
    max_share_of_money: ShareText = Decimal("0.01")


class Company(Rule):
    """A company: currency, calendar, time zone, titles, tolerances, attribution policy."""

    company: str
    currency: CurrencyText
    time_zone: str
    starts: Day
    horizon_years: Annotated[int, Field(ge=1, le=100)] = 30
    fiscal_calendar: FiscalCalendar
    roles: dict[Literal["sales_rep", "account_manager", "sales_coordinator", "manager", "other"], tuple[str, ...]] = {}
    refusals: Refusals = Refusals()
    fx_max_age_days: Annotated[int, Field(ge=0, le=3660)] | None = None
    largest_amount: AmountText = Decimal("999999999999999")
    nightly: Annotated[str, Field(pattern=r"^[0-9*,/ -]+$")] = "30 2 * * *"
    questions_to: str | None = None
    accounts: AccountWatch = AccountWatch()
    attribution: Annotated[tuple[AttributionPolicy, ...], Field(min_length=1)]

    @field_validator("starts")
    @classmethod
    def is_in_our_time(cls, value: date) -> date:
        """A first day that calendars can be laid around."""
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValueError(f"a company starts between {FIRST_YEAR} and {LAST_YEAR}")
        return value

    @field_validator("time_zone")
    @classmethod
    def is_known_time_zone(cls, value: str) -> str:
        """Only IANA names, so that daylight saving is right."""
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Berlin")
        ZoneInfo(value)
        return value

    @model_validator(mode="after")
    def policy_covers_every_day(self) -> Self:
        """The first policy version starts no later than the company, and no two start on one day undecided."""
        first = min(version.valid_from for version in self.attribution)
        if first > self.starts:
            raise ValueError(
                f"the first attribution version starts on {first}, after the company's first day {self.starts}"
            )
        keys = [(version.valid_from, version.decided_on) for version in self.attribution]
        if len(set(keys)) < len(keys):
            raise ValueError("two attribution versions share valid_from and decided_on; say which was decided last")
        return self

    @model_validator(mode="after")
    def a_title_means_one_role(self) -> Self:
        """No title is listed under two roles."""
        titles = [title for group in self.roles.values() for title in group]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f"title {twice[0]!r} is listed under two roles; keep one")
        return self
