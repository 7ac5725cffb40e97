"""The account manager's year in one step: figures, agreements and risks of watched customers."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from compensation.accounts.agreements import agreements_of
from compensation.accounts.figures import figures_of
from compensation.accounts.known import ONE_DAY, Known, twelve_months_before
from compensation.accounts.risks import risks_of
from compensation.accounts.trade import between, by_day, trade_of
from compensation.accounts.watched import Facts, watched
from compensation.attribution.bases import Books
from compensation.currency import minor_unit_digits
from compensation.money import minor_units
from schemas.rules.company import Company


@dataclass(frozen=True)
class AccountYear:
    """Contracts ``AccountFigure``, ``AgreementFigure`` and ``AccountRisk``."""

    account_figures: pl.DataFrame
    agreement_figures: pl.DataFrame
    account_risks: pl.DataFrame


def account_year(books: Books, facts: Facts, company: Company, periods: pl.DataFrame, on: date) -> AccountYear:
    """What key accounts did up to a day, against base, plan and agreement, and where they are at risk.

    Args:
        books: Bookings and carers, as attribution made them.
        facts: Contract tables.
        company: Its currency, attribution policy and watch.
        periods: Fiscal periods that cover the bookings and the day.
        on: The last day known; what happened after it does not count.

    Source:
        ``docs/accounts.md``.
    """
    customers = watched(books, facts, company, on)
    trade = trade_of(books, facts, company, customers)
    figures = figures_of(by_day(trade), customers, facts, company, periods)
    agreements = agreements_of(trade, customers, facts)
    known = Known(customers, trade, figures, agreements, _booked_by_all(books, company, on), facts, company)
    return AccountYear(figures, agreements, risks_of(known))


def _booked_by_all(books: Books, company: Company, on: date) -> int:
    """What the company booked in the twelve months up to the day, in minor units."""
    year = between(books.bookings, twelve_months_before(on), on + ONE_DAY)
    units = minor_units(pl.col("booked_amount"), minor_unit_digits(company.currency))
    return int(year.select(units.sum()).item() or 0)
