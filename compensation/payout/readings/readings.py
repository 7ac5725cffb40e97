"""Readings: the figures that gates, multipliers, matrices, objectives and pools look at, exactly."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

import polars as pl

from compensation.attribution.bases import Bases, Books
from compensation.currency import minor_unit_digits
from compensation.payout.errors import PayoutError
from compensation.payout.quotas.uses import QuotaBook
from compensation.payout.readings.counting import Counting, Returns, Wanted, digits_of, reporting
from compensation.payout.readings.interval_quotas import IntervalQuotas
from compensation.payout.terms import Terms
from compensation.payout.windows import KINDS, Windows
from schemas.rules.company import Company
from schemas.rules.plan import Plan
from schemas.rules.reading import POSITIONS, RATIOS_OF_BASES, Reading, Scope, whole_scope
from schemas.rules.values import Rule

TO_DATE = "_to_date"
OF_WHOM = {"own": "", "direct_reports": " of direct reports", "team": " of the team"}
SPOKEN = {"margin_share": "margin share", "nrr": "NRR", "grr": "GRR"}


class MissingBooks(PayoutError):
    """NRR or GRR is asked for and the bookings were not given."""


@dataclass(frozen=True)
class Asked:
    """One figure wanted: of whom, in which currency, from the first day to the end (excluded)."""

    payee_id: str
    currency: str
    first: date
    end: date


@dataclass(frozen=True)
class Readings:
    """Takes readings of payees.

    Attributes:
        credits: Contract ``Credit``, in payout order.
        facts: Contract tables; ``payees``, ``fx_rates``, ``kpi_results`` and ``accounts`` are read, and what margin and
            units are measured by.
        company: Its currency, and the attribution policy.
        windows: The fiscal calendar in numbers.
        quotas: Quotas and what each term makes of them; or as ``quotas.quotas_in_force`` gives them, which then count in full.
        last_day: The last day that is known.
        books: What attribution knows of customers, for NRR and GRR.
        terms: Terms of all plans: an attainment measures against a quota as the component of the payee's plan does that has it.
    """

    credits: pl.DataFrame
    facts: dict[str, pl.DataFrame]
    company: Company
    windows: Windows
    quotas: QuotaBook | pl.DataFrame
    last_day: date
    books: Books | None = None
    terms: Terms | None = None

    def values(
        self, reading: Reading, asked: Sequence[Asked], *, returns: Returns = "as_corrected"
    ) -> list[Fraction | None]:
        """The reading of each payee and interval asked for, exactly; None where there is no such figure (yet).

        Money is in major units of the currency asked for, a ratio is a fraction (1 is 100 %).

        Args:
            reading: What to read; its scope has been turned into the intervals asked for by ``interval_of``.
            asked: Payees and intervals; any number, one pass over the credits for all of them.
            returns: Whether a return counts on its sale's day or on its own: as the component that asks places it.

        Raises:
            MissingQuota: attainment without a quota above zero in that currency; names payee, measure and interval.
            MissingBooks: NRR or GRR without the bookings.
            MissingRate: no exchange rate on a sale's day.

        Source:
            ``docs/plans/modifiers.md``; ``docs/plans/bonuses.md``.
        """
        columns = {name: [getattr(one, name) for one in asked] for name in _ASKED}
        frame = pl.DataFrame(columns, schema=_ASKED)
        if frame.is_empty():
            return []
        parts = self._parts(reading, frame, returns)
        return [None if below is None else Fraction(above, below) for above, below in parts.rows()]

    def running(self, reading: Reading, at: pl.DataFrame, *, returns: Returns = "as_corrected") -> pl.DataFrame:
        """The reading after each credit: from the interval's start to and including it, in payout order.

        Args:
            reading: What to read.
            at: One row a credit at which it is read: ``credit`` (its place in the credits), ``payee_id``, ``currency``,
                ``first`` and ``end`` (excluded) of the interval.
            returns: As in ``values``.

        Returns:
            The same rows, in the same order, with ``numerator`` and ``denominator`` (``Int64``, above 0): the value is
            their quotient; both null where there is no such figure (yet). NRR and GRR are those of the end of the
            credit's day; a result in ``kpi_results`` is the same at each credit.

        Raises:
            MissingQuota: see ``values``; the quota is the one in force on the day of the credit.
        """
        dated = at.with_columns(event_date=pl.lit(self.credits["event_date"]).gather(pl.col("credit")))
        return pl.concat([at, self._parts(reading, dated, returns)], how="horizontal")

    def _parts(self, reading: Reading, frame: pl.DataFrame, returns: Returns) -> pl.DataFrame:
        """``numerator`` and ``denominator`` of each row; with an ``event_date``, as it stands there after the row's ``credit``."""
        if reading.of in POSITIONS:
            totals = self._totals(reading.of, reading, frame, returns)
            return _fractions(totals, self._units(reading.of, frame))
        if reading.of == "attainment":
            totals = self._totals("revenue", reading, frame, returns)
            return _fractions(totals, self._attained.quotas_of(str(reading.quota), frame))
        if reading.of == "margin_share":
            totals = self._totals("revenue", reading, frame, returns)
            return _fractions(self._totals("margin", reading, frame, returns), totals)
        if reading.of == "growth":
            return self._growth(reading, frame, returns)
        return self._kept(reading, frame) if reading.of in RATIOS_OF_BASES else self._results(reading, frame)

    def _totals(self, of: str, reading: Reading, frame: pl.DataFrame, returns: Returns) -> pl.Series:
        wanted = _wanted(of, reading, returns)
        if "credit" in frame.columns:
            return self._counting.running_totals(wanted, frame)
        return self._counting.totals(wanted, frame)

    def _units(self, of: str, frame: pl.DataFrame) -> pl.Series:
        """How many of what is counted make one: cents of a euro."""
        ones = {code: 10 ** digits_of(of, code) for code in frame["currency"].unique()}
        return frame["currency"].replace_strict(ones, return_dtype=pl.Int64)

    def _growth(self, reading: Reading, frame: pl.DataFrame, returns: Returns) -> pl.DataFrame:
        spans = frame.select("first", "end").unique(maintain_order=True)
        earlier = [interval_before(reading.scope, first, end, self.windows) for first, end in spans.rows()]
        nothing = (self.windows.first_day, self.windows.first_day)
        bounds = pl.DataFrame(
            [span or nothing for span in earlier], schema={"_first": pl.Date, "_end": pl.Date}, orient="row"
        )
        placed = frame.select("payee_id", "currency", "first", "end").join(
            spans.hstack(bounds), on=["first", "end"], how="left", validate="m:1", maintain_order="left"
        )
        of_credit = frame.select(name for name in ("credit", "event_date") if name in frame.columns)
        shifted = placed.select("payee_id", "currency", first="_first", end="_end").hstack(of_credit)
        before = self._totals("revenue", reading, shifted, returns)
        return _fractions(self._totals("revenue", reading, frame, returns) - before, before)

    def _results(self, reading: Reading, frame: pl.DataFrame) -> pl.DataFrame:
        """Results of the scope's whole interval, by its name."""
        days = frame["first"].unique().to_list()
        names = {day: self.windows.labels[window_on(reading.scope, day, self.windows)] for day in days}
        named = frame.select("payee_id", period=pl.col("first").replace_strict(names, return_dtype=pl.String))
        results = self.facts["kpi_results"].filter(pl.col("kpi") == reading.kpi).select(
            payee_id="subject_id",
            period=pl.col("period").str.strip_chars().str.replace(r"^(\d{4})-(\d{2})$", "${1}-P${2}"),
            result=pl.col("value").to_physical().cast(pl.Int64),
        )  # fmt: skip
        found = named.join(results, on=["payee_id", "period"], how="left", validate="m:1", maintain_order="left")
        return _fractions(found["result"], pl.Series([MILLION]).new_from_index(0, found.height))

    def _kept(self, reading: Reading, frame: pl.DataFrame) -> pl.DataFrame:
        """What customers with a base bought, or kept of it, and the base."""
        if (bases := self._bases) is None:
            raise MissingBooks(
                f"a plan reads {words(reading)}, which needs every booking and who looks after whom: "
                "give Readings books=Books(bookings, carers) from attribution."
            )
        until = pl.col("event_date") + timedelta(days=1) if "event_date" in frame.columns else pl.col("end")
        spans = frame.select("payee_id", "first", end=pl.min_horizontal(until, "end"))
        has_base = pl.col("base").sum().over("payee_id", "customer_id") > 0
        of_base = pl.when(has_base).then("actual")
        kept = of_base if reading.of == "nrr" else pl.min_horizontal("actual", "base")
        parts = []
        for first, end in spans.select("first", "end").unique().sort("first", "end").rows():
            on = max(min(end - timedelta(days=1), self.last_day), first)
            people = self._people(reading, spans.filter(first=first, end=end)["payee_id"], on)
            figures = bases.figures(people, first, end, on)
            counted = figures.with_columns(kept=kept)
            sums = counted.group_by("payee_id").agg(pl.col("kept", "base").sum())
            parts.append(sums.with_columns(first=pl.lit(first), end=pl.lit(end)))
        found = spans.join(pl.concat(parts), on=spans.columns, how="left", validate="m:1", maintain_order="left")
        return _fractions(found["kept"], found["base"])

    def _people(self, reading: Reading, payee_ids: pl.Series, on: date) -> pl.DataFrame:
        """Each payee with those whose customers count on a day."""
        people = reporting(self.facts["payees"], payee_ids.unique(), reading.whose)
        holds = (pl.col("valid_from") <= on) & (pl.lit(on) < pl.col("valid_to"))
        return people.filter(holds).select(
            pl.col("payee_id").cast(pl.String), carer_id=pl.col("member_id").cast(pl.String)
        )

    @cached_property
    def _attained(self) -> IntervalQuotas:
        return IntervalQuotas(self.quotas, self.windows, self.last_day, self.terms)

    @cached_property
    def _counting(self) -> Counting:
        return Counting(self.credits, self.facts, self.company, self.windows)

    @cached_property
    def _bases(self) -> Bases | None:
        digits = minor_unit_digits(self.company.currency)
        policies, periods = self.company.attribution, self.windows.periods
        return None if self.books is None else Bases(self.books, self.facts, policies, periods, digits)


_ASKED = {"payee_id": pl.String, "currency": pl.String, "first": pl.Date, "end": pl.Date}
MILLION = 1_000_000
"""Results have six decimals."""


def reads_bases(plans: Iterable[Plan]) -> bool:
    """Whether any plan reads NRR or GRR, which need every booking and who looks after whom."""
    return any(reading.of in RATIOS_OF_BASES for plan in plans for reading in readings_in(plan))


def readings_in(part: object) -> Iterator[Reading]:
    """Every reading inside a rule, however deep."""
    if isinstance(part, Reading):
        yield part
    elif isinstance(part, Rule):
        for _, value in part:
            yield from readings_in(value)
    elif isinstance(part, tuple):
        for value in part:
            yield from readings_in(value)


def words(reading: Reading) -> str:
    """The reading as a phrase for people: ``attainment of new_business, year to date``."""
    what = str(reading.kpi) if reading.of == "kpi" else SPOKEN.get(reading.of, reading.of)
    of_what = f" of {' and '.join(reading.credits)}" if reading.credits else ""
    quota = f" against quota {reading.quota}" if reading.quota and reading.credits != (reading.quota,) else ""
    return f"{what}{of_what}{OF_WHOM[reading.whose]}{quota}, {reading.scope.replace('_', ' ')}"


def interval_of(scope: Scope, window: str, windows: Windows) -> tuple[date, date]:
    """First day and end (excluded) of what a reading with this scope covers, for a component's window.

    Args:
        scope: ``month`` … ``year`` is the whole interval around the window's last day; ``…_to_date`` is that interval
            up to the window's end.
        window: Label of the component's window: ``2026``, ``2026-H1``, ``2026-Q1`` or ``2026-P03``.
        windows: The fiscal calendar in numbers.

    Raises:
        ValueError: no window of the calendar has this label.
    """
    known = windows.labels.index_of(window)
    bounds = windows.bounds()
    if known is None or known >= bounds.height:
        raise ValueError(
            f"{window!r} is no window of the fiscal calendar; use interval_ending for a window that is an order"
        )
    return interval_ending(scope, bounds["window_end"][known], windows)


def interval_ending(scope: Scope, end: date, windows: Windows) -> tuple[date, date]:
    """As ``interval_of``, for a component's window that ends before the day ``end``: for an order, the day after it."""
    first, whole = _bounds(window_on(scope, end - timedelta(days=1), windows), windows)
    return first, end if scope.endswith(TO_DATE) else whole


def interval_before(scope: Scope, first: date, end: date, windows: Windows) -> tuple[date, date] | None:
    """The interval of equal kind before one: the window before, up to as many fiscal months (and days) as this one has.

    None where the calendar has no window before.
    """
    here = window_on(scope, first, windows)
    start, whole = _bounds(here, windows)
    if start <= windows.first_day:
        return None
    first_before, end_before = _bounds(window_on(scope, start - timedelta(days=1), windows), windows)
    if end >= whole:
        return first_before, end_before
    begun, gone = _months_gone(start, end, windows)
    months = windows.periods.filter(pl.col("period_start") >= first_before)
    reached: date = months["period_start"][min(begun, months.height - 1)]
    return first_before, min(reached + gone, end_before)


def window_on(scope: Scope, day: date, windows: Windows) -> int:
    """Number of the window of the scope's kind that a day lies in."""
    kind = list(KINDS).index(scope.removesuffix(TO_DATE))
    return int(windows.of_period[kind * windows.periods.height + windows.period_on(day)])


def _months_gone(start: date, end: date, windows: Windows) -> tuple[int, timedelta]:
    """How many whole fiscal months lie between two days, and how many days more."""
    inside = windows.periods.filter(pl.col("period_start") >= start, pl.col("period_start") <= end)
    return inside.height - 1, end - inside["period_start"][-1]


def _bounds(window: int, windows: Windows) -> tuple[date, date]:
    start, end = windows.bounds().filter(window=window).select("window_start", "window_end").row(0)
    return start, end


def _wanted(of: str, reading: Reading, returns: Returns) -> Wanted:
    return Wanted(of, reading.credits, reading.whose, whole_scope(reading.scope), returns)


def _fractions(above: pl.Series, below: pl.Series) -> pl.DataFrame:
    """``numerator`` and ``denominator``; both null where there is nothing to divide by, or nothing to divide."""
    parts = pl.DataFrame({"numerator": above.cast(pl.Int64), "denominator": below.cast(pl.Int64)})
    known = (pl.col("denominator") > 0) & pl.col("numerator").is_not_null()
    return parts.with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in parts.columns)
