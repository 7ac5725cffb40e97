"""Numbers and days for the second opinion: exact rounding, fiscal months, and how much of a window somebody is there."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from math import floor

LENGTH = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
LETTER = {"month": "P", "quarter": "Q", "half_year": "H", "year": ""}


def rounded(amount: Fraction, digits: int) -> Fraction:
    """Half away from zero."""
    size = floor(abs(amount) * 10**digits + Fraction(1, 2))
    return Fraction(size if amount >= 0 else -size, 10**digits)


def shared(whole: Fraction, weights: Iterable[Fraction], digits: int) -> list[Fraction]:
    """A figure divided by weights: differences of rounded running totals, so that the parts add up to it."""
    weights = list(weights)
    total, upto, parts = sum(weights, Fraction(0)), Fraction(0), []
    for weight in weights:
        before, upto = upto, upto + weight
        parts.append(rounded(whole * upto / total, digits) - rounded(whole * before / total, digits))
    return parts


def first_of_month(months: int) -> date:
    """First day of the month so many months after January of year 0."""
    return date(months // 12, months % 12 + 1, 1)


class Calendar:
    """Fiscal years that start with a calendar month and are named after the year they end in."""

    def __init__(self, starts: int = 1):
        self.starts = starts

    def window(self, day: date, kind: str) -> tuple[date, date]:
        """First day and end (excluded) of the window of a kind that a day lies in."""
        months = day.year * 12 + day.month - 1
        into = (months - (self.starts - 1)) % 12
        first = months - into % LENGTH[kind]
        return first_of_month(first), first_of_month(first + LENGTH[kind])

    def label(self, day: date, kind: str) -> str:
        """Name of that window: ``2026``, ``2026-H1``, ``2026-Q3``, ``2026-P07``."""
        months = day.year * 12 + day.month - 1
        into = (months - (self.starts - 1)) % 12
        year = first_of_month(months - into + 11).year
        number = into // LENGTH[kind] + 1
        return f"{year}" + (
            f"-{LETTER[kind]}{number:02}" if kind == "month" else f"-{LETTER[kind]}{number}" if LETTER[kind] else ""
        )

    def inside(self, first: date, end: date, kind: str) -> list[tuple[date, date]]:
        """The windows of a kind from one day up to another (excluded)."""
        found = []
        while first < end:
            found.append(self.window(first, kind))
            first = found[-1][1]
        return found


def days_of(first: date, end: date, runs: list[tuple[date, date]], basis: str) -> Fraction:
    """Days from ``first`` up to ``end`` (excluded) that lie in the runs, as the basis counts them."""
    cut = [(max(first, one), min(end, other)) for one, other in runs]
    count = sum((day_of_360(b) - day_of_360(a) if basis == "30_360" else (b - a).days) for a, b in cut if a < b)
    return Fraction(count)


def day_of_360(day: date) -> int:
    """Days before a day where every month has 30: the last day of a month fills it up."""
    last = day - timedelta(days=1)
    is_end = (last + timedelta(days=1)).month != last.month
    return last.year * 360 + last.month * 30 + (30 if is_end else last.day)


def month_of_service(day: date, hired: date) -> int:
    """Which month of service a day lies in, from 1, also before the first day of service."""
    months = (day.year - hired.year) * 12 + day.month - hired.month
    is_end = (day + timedelta(days=1)).month != day.month
    return max(1, months + (1 if day.day >= hired.day or is_end else 0))
