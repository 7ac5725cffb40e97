"""Which period is open: periods close in order, from the first that pays anybody."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from compensation.calculate import Facts, periods_of
from compensation.calendar import fiscal_periods
from pipelines.ledger import Ledger, LedgerError, ledger_address, open_ledger
from pipelines.store import Store
from schemas.rules.company import Company


class WrongOrder(ValueError):
    """A period that is not the one to close next."""


@dataclass(frozen=True)
class OpenPeriod:
    """The period that is open.

    Attributes:
        period: Fiscal period, such as ``2026-P03``.
        first: Its first day.
        end: Its end (excluded).
    """

    period: str
    first: date
    end: date


def known_ledger(store: Store, environment: Mapping[str, str] = os.environ) -> Ledger | None:
    """The ledger of a store, or None where nobody has begun one; it is not made.

    Raises:
        LedgerError: it cannot be opened, or periods are sealed here and the ledger that closed them is gone.
    """
    address = ledger_address(store.root, environment)
    if address.startswith("sqlite:///") and not Path(address.removeprefix("sqlite:///")).is_file():
        _require_none_sealed(store, address)
        return None
    return open_ledger(address)


def _require_none_sealed(store: Store, address: str) -> None:
    folder = store.root / "closed"
    sealed = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
    if sealed:
        raise LedgerError(
            f"{address.removeprefix('sqlite:///')}: the ledger is gone, but {len(sealed)} periods are sealed in {folder}, the last "
            f"{sealed[-1]}. Nothing is computed without it: restore it (`creditdue ledger restore`), or name where it is "
            "(CREDITDUE_LEDGER)."
        )


def closed_periods(store: Store) -> frozenset[str]:
    """Periods of a store that are closed: nothing of theirs is issued again."""
    ledger = known_ledger(store)
    return frozenset() if ledger is None else frozenset(closing.period for closing in ledger.closings())


def calendar_for(facts: Facts, company: Company, closed: Sequence[str]) -> pl.DataFrame:
    """Fiscal periods that reach over all facts, and to the one after the last that is closed.

    Raises:
        OutsideCalendar: a calendar written out ends before that.
    """
    periods = periods_of(facts, company)
    while closed and closed[-1] >= periods["fiscal_period"][-1]:
        periods = fiscal_periods(company.fiscal_calendar, periods["period_start"][0], periods["period_end"][-1])
    return periods


def open_period(calendar: pl.DataFrame, closed: Sequence[str], paid: pl.Series, company: Company) -> OpenPeriod:
    """The period after the last closed one; before any close, the first that pays anybody, from ``starts`` on.

    Args:
        calendar: Fiscal periods in order.
        closed: Closed periods in order.
        paid: Fiscal periods that something is earned in.
        company: The company; pay of periods before its first day is history.
    """
    rows = calendar.filter(pl.col("period_end") > company.starts)
    if closed:
        rows = calendar.filter(pl.col("fiscal_period") > closed[-1])
    elif not paid.is_empty():
        rows = rows.filter(pl.col("fiscal_period") >= pl.lit(paid.min()))
    first = rows.row(0, named=True)
    return OpenPeriod(first["fiscal_period"], first["period_start"], first["period_end"])
