"""What the writers need to know: plain frozen data, made from the calculated tables by ``assemble``."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl

from compensation.statement.tiers import TierLine
from pipelines.workbooks.account_rows import AccountRows
from pipelines.workbooks.settled.rows import NOTHING, SettledRows
from pipelines.workbooks.settled.standing import Standing
from schemas.dtypes import FX_RATE, MONEY

Figure = dict[str, Any]
"""A row of ``statement_lines`` by column."""

LAYOUT = 2
"""Raise by one when a change of the look should re-issue every statement as a new revision."""


@dataclass(frozen=True)
class SourceFile:
    """One file as it came."""

    name: str
    table: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """Where the figures come from; it is printed, and never decides whether a statement has changed."""

    snapshot_id: str
    data_as_of: date
    made_at: datetime
    """Moment of the snapshot, UTC: the only time in a file, so that the same snapshot gives the same bytes."""
    rules_hash: str
    engine: str
    files: tuple[SourceFile, ...] = ()

    @property
    def short_id(self) -> str:
        """Enough of the snapshot's id for a footer; sheet About has all of it."""
        return self.snapshot_id[:12]


@dataclass(frozen=True)
class PeriodInfo:
    """One fiscal period; ``end`` is excluded."""

    key: str
    start: date
    end: date
    before: str | None = None
    before_key: str | None = None

    @property
    def last_day(self) -> date:
        """The last day, included."""
        return self.end - timedelta(days=1)

    @property
    def label(self) -> str:
        """``October 2026`` for a calendar month, else the key."""
        is_month = (
            self.start.day == 1 and (self.end - timedelta(days=1)).month == self.start.month and self.end.day == 1
        )
        return f"{MONTHS[self.start.month - 1]} {self.start.year}" if is_month else self.key

    @property
    def days(self) -> str:
        """``1 – 31 October 2026``, with as much as both ends differ in."""
        first, last = self.start, self.last_day
        end = f"{last.day} {MONTHS[last.month - 1]} {last.year}"
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} – {end}"
        year = "" if first.year == last.year else f" {first.year}"
        return f"{first.day} {MONTHS[first.month - 1]}{year} – {end}"


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class CurveSheet:
    """One curve that lines of the statement were paid by: a component in one version, window and quota."""

    letter: str
    plan: str
    label: str
    version: str
    window: str
    quota: Decimal | None
    currency: str
    words: str
    source: str
    source_href: str | None
    lines: tuple[TierLine, ...]
    incentive: Decimal | None = None
    """Target incentive of the window, prorated."""
    factor: Decimal | None = None
    """Product of gates and multipliers; none where the curve knows none."""
    readings: tuple[str, ...] = ()
    """What was read, and what followed."""
    counts_pieces: bool = False
    """Whether the rate is money for each piece counted instead of a share of money."""

    def number_of_tiers(self) -> int:
        """How many tiers it has."""
        return len(self.lines)


PAYMENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "payee_id": pl.String, "plan": pl.String, "converted_on": pl.Date, "currency": pl.String, "plan_rate": FX_RATE, "pay_rate": FX_RATE,
    "pay_currency": pl.String, "earned": MONEY, "amount": MONEY,
}  # fmt: skip


@dataclass(frozen=True)
class StatementData:
    """All that one statement shows.

    ``bonuses`` are its ``BonusPart`` rows with ``label``, ``rules`` what its bonuses, pools and guarantee say in words.
    ``lines`` are its ``StatementLine`` rows, ``details`` its ``StatementDetail`` rows with ``curve`` (a letter),
    ``history`` up to twelve periods of each currency: credited, earned, position, quota, attainment, net and carried forward.
    """

    payee_id: str
    payee_name: str
    role: str
    manager_name: str
    company: str
    period: PeriodInfo
    currencies: tuple[str, ...]
    plan_labels: str
    lines: pl.DataFrame
    details: pl.DataFrame
    curves: tuple[CurveSheet, ...]
    bonuses: pl.DataFrame
    rules: tuple[tuple[str, str], ...]
    history: pl.DataFrame
    history_of: str
    questions_to: str = ""
    paper: str = "a4"
    payments: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PAYMENTS))
    """Of plans that pay in another currency, one row a plan and day of conversion; see ``pay_sheet``."""
    standing: Standing = Standing.NO_LEDGER
    """Where its period stands: whether it is settled."""
    settled: SettledRows = NOTHING
    """What the sheets of settlement list."""

    @cached_property
    def figures(self) -> dict[tuple[str, str], list[Figure]]:
        """The printed figures by currency and name, in printed order."""
        found: dict[tuple[str, str], list[Figure]] = {}
        for row in self.lines.sort("row").rows(named=True):
            found.setdefault((row["currency"], row["figure"]), []).append(row)
        return found

    def rows_of(self, currency: str, figure: str) -> list[Figure]:
        """The rows of one figure, in printed order."""
        return self.figures.get((currency, figure), [])

    def beside(self, row: Figure, figure: str) -> Figure | None:
        """Another figure of the same component and window."""
        same = ("plan", "component", "measure", "window")
        for other in self.rows_of(row["currency"], figure):
            if all(other[name] == row[name] for name in same):
                return other
        return None

    def amount(self, currency: str, figure: str) -> Decimal:
        """An amount that the statement has once per currency; 0 where it has none."""
        rows = self.rows_of(currency, figure)
        return rows[0]["amount"] if rows else Decimal(0)


REGISTER: dict[str, pl.DataType | type[pl.DataType]] = {
    "payee_id": pl.String,
    "payee_name": pl.String,
    "role": pl.String,
    "currency": pl.String,
    "credited": MONEY,
    "sales": MONEY,
    "clawback": MONEY,
    "bonus": MONEY,
    "guarantee": MONEY,
    "earned": MONEY,
    "opening": MONEY,
    "converted": MONEY,
    "corrected": MONEY,
    "adjusted": MONEY,
    "guaranteed": MONEY,
    "drawn": MONEY,
    "recovered": MONEY,
    "draw": MONEY,
    "held": MONEY,
    "released": MONEY,
    "still_held": MONEY,
    "draw_debt": MONEY,
    "carried": MONEY,
    "net": MONEY,
    "paid_in": pl.String,
    "before": MONEY,
    "revision": pl.Int64,
    "file": pl.String,
}
"""One row a payee and currency: what the period pays; ``before`` is what the period before paid, ``draw`` what was drawn less recovered."""

BRIDGE: dict[str, pl.DataType | type[pl.DataType]] = {
    "part": pl.String,
    "currency": pl.String,
    "rows": pl.Int64,
    "amount": MONEY,
}
"""One row per step and currency of the reconciliation of a period; see ``reconcile``."""

EXCEPTIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "severity": pl.String,
    "check": pl.String,
    "place": pl.String,
    "what": pl.String,
    "amount": MONEY,
    "currency": pl.String,
}
"""One row per refused record or finding."""

CLOSED: dict[str, pl.DataType | type[pl.DataType]] = {
    "period": pl.String, "currency": pl.String, "postings": pl.Int64, "amount": MONEY, "closed": MONEY,
}  # fmt: skip
"""One row a closed period and currency: what the ledger has of it, payments aside, and what its sealed balances say."""

MOST_EXCEPTIONS = 5_000
"""How many exceptions a workbook lists; the rest are counted."""


@dataclass(frozen=True)
class PeriodData:
    """All that a period workbook shows.

    ``register`` as ``REGISTER``, ``bridge`` as ``BRIDGE``, ``exceptions`` as ``EXCEPTIONS`` (at most ``MOST_EXCEPTIONS``);
    ``received`` and ``received_amounts`` are the contract tables. ``proof`` holds what the engine counts on another way
    than the register, by check and currency.
    """

    company: str
    period: PeriodInfo
    currencies: tuple[str, ...]
    company_currency: str
    register: pl.DataFrame
    bridge: pl.DataFrame
    received: pl.DataFrame
    received_amounts: pl.DataFrame
    exceptions: pl.DataFrame
    exceptions_in_all: int
    blocking: int
    proof: dict[str, Decimal] = field(default_factory=dict)
    standing: Standing = Standing.NO_LEDGER
    """Where the period stands: whether it is settled."""
    settled: SettledRows = NOTHING
    """What the sheets of settlement list, of all payees."""
    closed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CLOSED))
    """Closed periods; see ``settled.accrual_sheet``."""
    moved: pl.DataFrame | None = None
    """What moved since each statement's revision before; None where all are first revisions."""
    counts_revenue: bool = True
    """Whether every component counts the whole revenue of its payees' own credits."""
    paper: str = "a4"
    accounts: AccountRows | None = None
    """The key accounts' year; None where the last day known lies in another period."""
