"""Who is on a bonus, pool or guarantee of a plan, on which days of which window, and in which period that is posted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Generic, TypeVar

import polars as pl

from compensation.in_force import ALWAYS, FOREVER
from compensation.payout.setting import Setting
from compensation.payout.windows import Windows, kind_number
from schemas.rules.bonus import Bonus, Guarantee, Pool
from schemas.rules.plan import Plan, PlanVersion

Part = TypeVar("Part", Bonus, Pool, Guarantee)

PartsOf = Callable[[PlanVersion], Sequence[tuple[str, str, Part]]]
"""Name, kind of window and part, for each of the parts that a version has."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class PayWindow:
    """A window of the calendar that has begun.

    Attributes:
        number: Its number in ``Windows``.
        label: Its name, such as ``2026-Q1``.
        first: Its first day.
        end: The day after its last.
        last_period: Number of its last fiscal period.
        fiscal_period: Where it is posted: its last fiscal period, or the one of the last day known.
        known_end: The day after its last day that is known.
    """

    number: int
    label: str
    first: date
    end: date
    last_period: int
    fiscal_period: str
    known_end: date

    @property
    def is_over(self) -> bool:
        """Whether all of its days are known."""
        return self.known_end == self.end


@dataclass(frozen=True)
class Days:
    """Days of one stay on a plan: ``first`` included, ``end`` not."""

    segment: int
    first: date
    end: date


@dataclass(frozen=True)
class Who:
    """Whom a part of pay belongs to, and by which version of which plan."""

    payee_id: str
    plan: str
    plan_version: str
    currency: str


@dataclass(frozen=True)
class Presence(Generic[Part]):
    """A payee on one part of a plan in one window; the version is the one of their last day on it in the window."""

    payee: int
    payee_id: str
    plan: Plan
    version: PlanVersion
    name: str
    part: Part
    window: PayWindow
    days: tuple[Days, ...]

    @property
    def who(self) -> Who:
        """The payee, and the plan version."""
        return Who(self.payee_id, self.plan.plan, self.version.version, self.plan.currency)

    @property
    def is_there_at_the_end(self) -> bool:
        """Whether they are on it on the last day of the window, or on the last one known."""
        return self.days[-1].end >= self.window.known_end


@dataclass(frozen=True)
class _Terms(Generic[Part]):
    """A version that has the part, from a day until the next version starts."""

    version: PlanVersion
    part: Part
    first: date
    end: date


def windows_begun(windows: Windows, kind: str, first_day: date, last_day: date) -> list[PayWindow]:
    """The windows of a kind that are not over before the first day and have begun by the last, in order."""
    numbers = windows.of_period[kind_number(kind) * windows.periods.height :][: windows.periods.height]
    periods = windows.periods.select("period_start", "period_end", "fiscal_period", window=numbers)
    known = periods.with_row_index("period").group_by("window", maintain_order=True)
    found = known.agg(pl.col("period_start").first(), pl.col("period_end").last(), pl.col("period").last())
    begun = found.filter((pl.col("period_start") <= last_day) & (pl.col("period_end") > first_day))
    names, current = periods["fiscal_period"], windows.period_on(last_day)
    return [
        PayWindow(
            number=row["window"],
            label=windows.labels[row["window"]],
            first=row["period_start"],
            end=row["period_end"],
            last_period=row["period"],
            fiscal_period=names[min(row["period"], current)],
            known_end=min(row["period_end"], last_day + ONE_DAY),
        )
        for row in begun.rows(named=True)
    ]


def presences(
    plans: Sequence[Plan],
    parts_of: PartsOf[Part],
    setting: Setting,
    payees: pl.DataFrame,
    days: tuple[date, date],
) -> list[Presence[Part]]:
    """Everybody who is on a part of a plan for at least one known day of a window of it.

    Days count while the payee is in service, on the plan, and its version in force has the part. So a bonus that a
    version adds or drops inside a window counts for the days on which it stands in the plan.

    Args:
        plans: All plans of the company.
        parts_of: Name, kind of window and part, for each of the parts of a version.
        setting: Stays on plans, and the calendar.
        payees: Contract ``Payee``: hire and termination.
        days: First and last day of what is stated.

    Returns:
        In the order plan, part, window, payee id.
    """
    stays = _stays_in_service(setting, payees)
    found: list[Presence[Part]] = []
    for plan in sorted(plans, key=lambda plan: plan.plan):
        own = [stay for stay in stays if stay["plan"] == plan.plan]
        for name, kind in dict.fromkeys((name, kind) for v in plan.versions for name, kind, _ in parts_of(v)):
            terms = list(_terms(plan, parts_of, name, kind))
            for window in windows_begun(setting.windows, kind, *days):
                found += _present(plan, name, terms, own, window)
    return found


def _terms(plan: Plan, parts_of: PartsOf[Part], name: str, kind: str) -> Iterator[_Terms[Part]]:
    """The part as each version in force has it, from the day that one starts until the next one does."""
    starts: list[date] = sorted({version.valid_from for version in plan.versions})
    for first, end in zip(starts, [*starts[1:], FOREVER], strict=True):
        version = plan.version_on(first)
        if version is not None and not version.ended:
            own = [part for own_name, own_kind, part in parts_of(version) if (own_name, own_kind) == (name, kind)]
            yield from (_Terms(version, part, first, end) for part in own)


def _present(
    plan: Plan, name: str, terms: Sequence[_Terms[Part]], stays: Sequence[dict[str, Any]], window: PayWindow
) -> list[Presence[Part]]:
    """One presence a payee: their days in the window, under the terms of the last one."""
    by_payee: dict[int, list[tuple[_Terms[Part], Days]]] = {}
    for stay in stays:
        for term in terms:
            first = max(stay["first"], term.first, window.first)
            end = min(stay["end"], term.end, window.end)
            if first < end and first < window.known_end:
                by_payee.setdefault(stay["payee"], []).append((term, Days(stay["segment"], first, end)))
    names = {stay["payee"]: stay["payee_id"] for stay in stays}
    return [
        Presence(payee, names[payee], plan, held[-1][0].version, name, held[-1][0].part, window, _joined(held))
        for payee, held in sorted(by_payee.items(), key=lambda item: names[item[0]])
    ]


def _joined(held: Sequence[tuple[_Terms[Part], Days]]) -> tuple[Days, ...]:
    """The days as runs: versions that follow each other in one stay are one."""
    runs: list[Days] = []
    for _, days in held:
        last = runs[-1] if runs else None
        if last and last.segment == days.segment and last.end == days.first:
            runs[-1] = Days(days.segment, last.first, days.end)
        else:
            runs.append(days)
    return tuple(runs)


def _stays_in_service(setting: Setting, payees: pl.DataFrame) -> list[dict[str, Any]]:
    """``payee``, ``payee_id``, ``segment``, ``plan``, ``first`` and ``end`` of every stay on a plan, cut at hire and termination."""
    ids = pl.DataFrame({"payee_id": setting.payee_ids}).with_columns(payee=pl.int_range(pl.len(), dtype=pl.Int32))
    known = setting.stays.filter(pl.col("plan").fill_null("") != "").join(ids, on="payee", how="left", validate="m:1")
    served = known.join(service(payees), on="payee_id", how="left", validate="m:1").select(
        "payee", "payee_id", "segment", "plan",
        first=pl.max_horizontal("valid_from", pl.col("hired").fill_null(ALWAYS)),
        end=pl.min_horizontal("valid_to", pl.col("left").fill_null(FOREVER)),
    )  # fmt: skip
    return served.filter(pl.col("first") < pl.col("end")).sort("payee_id", "first").rows(named=True)


def service(payees: pl.DataFrame) -> pl.DataFrame:
    """``payee_id``, the day they were ``hired`` and the day after they ``left``; empty where not known, or not yet."""
    ordered = payees.sort("payee_id", "valid_from", nulls_last=False)
    return ordered.group_by("payee_id", maintain_order=True).agg(
        hired=pl.col("hire_date").min(), left=pl.col("termination_date").last() + pl.duration(days=1)
    )


def part_there(presence: Presence[Any], prorate: str, windows: Windows) -> Fraction:
    """The part of the window that a payee is on a part of the plan.

    Args:
        presence: Their days.
        prorate: ``days_actual`` by days; ``months`` by fiscal months of equal weight, each by its days; ``30_360`` by days
            of months of 30; ``none`` all of it.
        windows: The fiscal calendar in numbers.
    """
    window = presence.window
    cells = [(window.first, window.end)]
    if prorate == "none":
        return Fraction(1)
    if prorate == "months":
        months = windows.periods.filter(pl.col("period_start").is_between(window.first, window.end, closed="left"))
        cells = months.select("period_start", "period_end").rows()
    count = _days_of_360 if prorate == "30_360" else _days_between
    parts = [
        Fraction(sum(count(max(first, days.first), min(end, days.end)) for days in presence.days), count(first, end))
        for first, end in cells
    ]
    return sum(parts, Fraction(0)) / len(cells)


def _days_between(first: date, end: date) -> int:
    return max((end - first).days, 0)


def _days_of_360(first: date, end: date) -> int:
    return max(_day_of_360(end) - _day_of_360(first), 0)


def _day_of_360(day: date) -> int:
    """How many days lie before a day where every month has 30: a 31st counts nothing, a month's last day fills it up."""
    last = day - ONE_DAY
    in_month = 30 if day.day == 1 else min(last.day, 30)
    return last.year * 360 + last.month * 30 + in_month


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the first of the month after where that month has no such day."""
    number = day.year * 12 + day.month - 1 + months
    start, following = (date(month // 12, month % 12 + 1, 1) for month in (number, number + 1))
    return min(start + timedelta(days=day.day - 1), following)
