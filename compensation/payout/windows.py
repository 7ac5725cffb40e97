"""Windows: which month, quarter, half and year of the fiscal calendar each day lies in, as whole numbers; or which order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from compensation.calendar import OutsideCalendar

KINDS = {"month": "fiscal_period", "quarter": "quarter", "half_year": "half", "year": "fiscal_year"}
"""Each kind of window, and the calendar column that names it."""

TRANSACTION = len(KINDS)
"""The kind of a window that is one order."""


def kind_number(window: str) -> int:
    """The number of a component's kind of window: its place in ``KINDS``, or ``TRANSACTION``."""
    return TRANSACTION if window == "transaction" else list(KINDS).index(window)


@dataclass(frozen=True)
class Windows:
    """A fiscal calendar in numbers: day → period → window of each kind.

    ``labels`` names the windows; ``of_period`` gives the window of a period, at ``kind × periods + period``. Where a plan
    pays by the order, every order is a window too, after those of the calendar: ``of_credit`` is the one of each credit.
    """

    periods: pl.DataFrame
    first_day: date
    period_of_day: pl.Series
    labels: pl.Series
    of_period: pl.Series
    of_credit: pl.Series | None = None

    def day(self, on: str) -> pl.Expr:
        """Number of the date ``on``, from 0 on the calendar's first day."""
        return (pl.col(on) - pl.lit(self.first_day)).dt.total_days().cast(pl.Int32)

    def period(self, day: pl.Expr) -> pl.Expr:
        """Number of the fiscal period of a day number."""
        return pl.lit(self.period_of_day).gather(day)

    def period_on(self, day: date) -> int:
        """Number of the fiscal period of a day; the first or last one for a day outside the calendar."""
        number = min(max((day - self.first_day).days, 0), len(self.period_of_day) - 1)
        return int(self.period_of_day[number])

    def window(self, kind: pl.Expr, period: pl.Expr) -> pl.Expr:
        """Number of the window of a kind (place in ``KINDS``) that a period lies in."""
        return pl.lit(self.of_period).gather(kind.cast(pl.Int32) * self.periods.height + period)

    def window_of(self, kind: pl.Expr, day: pl.Expr, credit: pl.Expr) -> pl.Expr:
        """Number of the window of a kind that a credit moves on a day: the period's, or its order's on any day."""
        if self.of_credit is None:
            return self.window(kind, self.period(day))
        of_calendar = self.window(pl.min_horizontal(kind, pl.lit(TRANSACTION - 1)), self.period(day))
        return pl.when(kind == TRANSACTION).then(pl.lit(self.of_credit).gather(credit)).otherwise(of_calendar)

    def is_order(self, window: pl.Expr) -> pl.Expr:
        """Whether a window is an order."""
        first = self.of_period.max()
        return window > (first if isinstance(first, int) else -1)

    def table(self) -> pl.DataFrame:
        """One row per kind of the calendar, window and period in it: ``kind``, ``window``, ``period``."""
        count = self.periods.height
        numbers = pl.DataFrame({"window": self.of_period}).with_row_index("place")
        return numbers.select(kind=pl.col("place") // count, window="window", period=pl.col("place") % count).cast(
            pl.Int32
        )

    def bounds(self) -> pl.DataFrame:
        """One row per window of the calendar, in order: ``window``, ``window_start`` and ``window_end`` (excluded)."""
        dates = self.periods.select("period_start", "period_end", period=pl.int_range(pl.len(), dtype=pl.Int32))
        known = self.table().join(dates, on="period", how="left", validate="m:1")
        return (
            known.group_by("window")
            .agg(window_start=pl.col("period_start").min(), window_end=pl.col("period_end").max())
            .sort("window")
        )


def windows_of(calendar: pl.DataFrame) -> Windows:
    """The calendar in numbers.

    Args:
        calendar: Fiscal periods as ``compensation.calendar.fiscal_periods`` gives them.
    """
    periods = calendar.sort("period_start")
    names = [periods[column].cast(pl.String) for column in KINDS.values()]
    labels = pl.concat([name.unique(maintain_order=True) for name in names]).rename("window")
    days = (periods["period_end"] - periods["period_start"]).dt.total_days()
    by_day = pl.DataFrame({"period": pl.int_range(periods.height, eager=True, dtype=pl.Int32), "days": days})
    numbers = pl.concat(names).cast(pl.Enum(labels)).to_physical().cast(pl.Int32)
    return Windows(
        periods=periods,
        first_day=periods["period_start"][0],
        period_of_day=by_day.select(pl.col("period").repeat_by("days").explode()).to_series(),
        labels=labels,
        of_period=numbers,
    )


def with_orders(windows: Windows, credits: pl.DataFrame, kinds: Iterable[int]) -> Windows:
    """The same windows, and one more for every order where a component's window is one; a return's is its sale's.

    Args:
        windows: The fiscal calendar in numbers.
        credits: Contract ``Credit``, in payout order.
        kinds: The kind of window of every term.

    Source:
        ``docs/plans.md``: `transaction`.
    """
    if TRANSACTION not in kinds:
        return windows
    orders = credits.select(pl.col("order_id").cast(pl.String))
    names = orders.unique(maintain_order=True)
    number = pl.int_range(len(windows.labels), len(windows.labels) + pl.len(), dtype=pl.Int32)
    found = orders.join(
        names.with_columns(number=number), on="order_id", how="left", validate="m:1", maintain_order="left"
    )
    labels = pl.concat([windows.labels, names["order_id"].rename("window")])
    return replace(windows, labels=labels, of_credit=found["number"])


def require_inside(credits: pl.DataFrame, windows: Windows) -> None:
    """Check that the calendar covers every event and sale date.

    Raises:
        OutsideCalendar: names the earliest or latest date outside.
    """
    last_day = windows.periods["period_end"][-1]
    for name in ("event_date", "sale_date"):
        first, last = credits[name].min(), credits[name].max()
        outside = [day for day in (first, last) if day is not None and not windows.first_day <= day < last_day]  # type: ignore[operator]
        if outside:
            raise OutsideCalendar(
                f"a credit has '{name}' {outside[0]!s}; the fiscal calendar given runs from {windows.first_day} "
                f"to {last_day} (excluded). Give the calendar of all years that the orders cover."
            )
