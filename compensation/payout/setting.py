"""The setting of a payout: what stays the same for every credit, and how it is numbered."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from compensation.in_force import ALWAYS
from compensation.payout.quotas.incentives import Incentives
from compensation.payout.quotas.uses import QuotaBook
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows


@dataclass(frozen=True)
class Setting:
    """Payees in the order of their numbers, terms, calendar, quotas, and how many credits there are.

    A position is numbered ``group = ((slot × windows + window) × payees + payee) × segments + segment``, and a credit's
    place in it ``key = group × turns + turn``: one whole number to sort by, which still says all of it. The turn of a
    credit is its number; where some credits count by invoice or payment, a credit has several ``entries`` (in the order of
    their days: ``credit``, ``day`` on which it is posted, ``place`` that says its window), and the turn is the entry's number.
    ``book`` is what components make of quotas, ``closings`` where each position stood at the end of its window, for those
    that measure against it, ``returns`` those that a clawback with words of its own takes back (``measures.taken_back``), ``moves`` how far adjustments
    move positions (``moved.MOVES``), where any does.
    """

    payee_ids: pl.Series
    terms: Terms
    windows: Windows
    book: QuotaBook
    incentives: Incentives
    credits: int
    stays: pl.DataFrame
    entries: pl.DataFrame | None = None
    closings: pl.DataFrame | None = None
    returns: pl.DataFrame | None = None
    moves: pl.DataFrame | None = None

    @cached_property
    def change_days(self) -> pl.Series:
        """Days from which another quota or assigned incentive holds, the first from always."""
        quotas = self.book.quotas.filter(pl.col("valid_from") > ALWAYS)["valid_from"]
        later = pl.concat([quotas, self.incentives.change_days()]).unique().sort()
        return pl.concat([pl.Series([ALWAYS], dtype=pl.Date), later]).rename("date")

    @cached_property
    def segments(self) -> int:
        """No payee has more segments than this."""
        last = self.stays["segment"].max()
        return 1 + last if isinstance(last, int) else 1

    @property
    def turns(self) -> int:
        """How many turns there are in the payout order."""
        return self.credits if self.entries is None else self.entries.height

    @property
    def turn_name(self) -> str:
        """The column of rows that holds their turn: ``credit``, or ``entry`` where credits have several."""
        return "credit" if self.entries is None else "entry"

    @property
    def largest_key(self) -> int:
        """No key reaches this."""
        slots = self.terms.table["slot"].n_unique()
        return slots * len(self.windows.labels) * len(self.payee_ids) * self.segments * self.turns

    def group_of(self, slot: pl.Expr, window: pl.Expr) -> pl.Expr:
        """The position of a row, from its slot, window, ``payee`` and ``segment``."""
        payee = (slot.cast(pl.Int64) * len(self.windows.labels) + window) * len(self.payee_ids) + pl.col("payee")
        return payee * self.segments + self._segment_of(slot)

    def _segment_of(self, slot: pl.Expr) -> pl.Expr:
        """The segment of a row; 0 where a component's position goes on after a change of plan (``restart: false``)."""
        segment = pl.col("segment")
        if self.segments == 1 or all(self.restarts):
            return segment
        return pl.when(pl.lit(self.restarts).gather(slot)).then(segment).otherwise(0)

    @cached_property
    def restarts(self) -> pl.Series:
        """Whether the position of each slot starts again after a change of plan."""
        slots = self.terms.table["slot"].to_list()
        said = {slot: term.component.restart for slot, term in zip(slots, self.terms.terms, strict=True)}
        return pl.Series([said[slot] for slot in sorted(said)], dtype=pl.Boolean)

    def key(self, slot: pl.Expr, window: pl.Expr) -> pl.Expr:
        """Sort key of a row, from its slot, window, ``payee``, ``segment`` and turn."""
        return self.group_of(slot, window) * self.turns + pl.col(self.turn_name).cast(pl.Int64)

    def group(self) -> pl.Expr:
        """The position that a ``key`` belongs to."""
        return pl.col("key") // self.turns

    def credit(self) -> pl.Expr:
        """The credit of a ``key``."""
        turn = self.turn()
        return turn if self.entries is None else pl.lit(self.entries["credit"]).gather(turn)

    def turn(self) -> pl.Expr:
        """The turn of a ``key`` in the payout order."""
        return (pl.col("key") % self.turns).cast(pl.UInt32)

    def day(self, credits: pl.DataFrame) -> pl.Expr:
        """The day (number) on which a ``key`` is posted: its credit's event date, or its entry's day."""
        days = credits.select(self.windows.day("event_date")) if self.entries is None else self.entries.select("day")
        return pl.lit(days.to_series()).gather(self.turn())

    def parts_of_group(self) -> dict[str, pl.Expr]:
        """``segment``, ``payee``, ``window`` and ``slot`` of a ``group``."""
        whole = pl.col("group") // self.segments
        rest = whole // len(self.payee_ids)
        return {
            "segment": (pl.col("group") % self.segments).cast(pl.Int32),
            "payee": (whole % len(self.payee_ids)).cast(pl.Int32),
            "window": (rest % len(self.windows.labels)).cast(pl.Int32),
            "slot": (rest // len(self.windows.labels)).cast(pl.Int32),
        }

    def payee(self) -> pl.Expr:
        """The payee of a ``key``."""
        return ((self.group() // self.segments) % len(self.payee_ids)).cast(pl.Int32)

    def window(self) -> pl.Expr:
        """The window of a ``key``."""
        position = self.group() // self.segments // len(self.payee_ids)
        return position % len(self.windows.labels)

    def of_term(self, name: str, term: pl.Expr) -> pl.Expr:
        """A column of the terms table by term number."""
        return pl.lit(self.terms.table[name]).gather(term)

    def name_of_term(self, name: str, term: pl.Expr) -> pl.Expr:
        """A text of the terms table by term number, as ``Categorical``."""
        return pl.lit(self.terms.table[name].cast(pl.Categorical)).gather(term)

    def name_of_window(self, window: pl.Expr) -> pl.Expr:
        """The label of a window number, as ``Categorical``."""
        return pl.lit(self.windows.labels.cast(pl.Categorical)).gather(window)

    def of_period(self, name: str, period: pl.Expr) -> pl.Expr:
        """A column of the calendar by period number; a text as ``Categorical``."""
        column = self.windows.periods[name]
        return pl.lit(column.cast(pl.Categorical) if column.dtype == pl.String else column).gather(period)

    def position_digits(self, term: pl.Expr) -> pl.Expr:
        """Decimals that each row's position is counted in: one number where all plans agree."""
        digits = self.terms.table["position_digits"]
        return pl.lit(digits[0]) if digits.n_unique() == 1 else pl.lit(digits).gather(term)

    def digits(self, term: pl.Expr) -> pl.Expr:
        """Decimals of each row's currency: one number where all plans agree, which they nearly always do."""
        digits = self.terms.table["digits"]
        return pl.lit(digits[0]) if digits.n_unique() == 1 else pl.lit(digits).gather(term)
