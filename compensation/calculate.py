"""The whole calculation on one page: facts and rules in, results out.

An auditor reads this page first. It has no clock, no file and no memory: the same facts and rules give the same
results, whatever the order of rows, the number of threads or how often it ran.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from compensation.accounts.year import AccountYear, account_year
from compensation.attribution.attribute import Attributed, attribute
from compensation.attribution.bases import Books
from compensation.attribution.findings import BookedAndCredited, findings
from compensation.calendar import fiscal_periods
from compensation.payout.measures.additional import with_additional
from compensation.payout.pay import Paid, reckon
from compensation.payout.reckoned import Reckoned
from compensation.rules import Rules
from compensation.statement.state import Stated, state
from schemas.core import ACCOUNT_RESULTS, ATTRIBUTION_RESULTS, PAYOUT_RESULTS, STATEMENT_RESULTS
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]

HAPPENINGS = {"orders": "order_date", "returns": "return_date", "invoices": "date", "payments": "date"}
"""What happens to an order, and where its date stands: something may be earned on any of them."""


def calculate(facts: Facts, rules: Rules) -> dict[str, pl.DataFrame]:
    """Attribute, pay and state everything that the facts hold.

    Args:
        facts: Every contract table by name (``schemas.contract.CONTRACT``); optional ones may be empty.
        rules: The company and its plans.

    Returns:
        Each result table by name, valid under its contract in ``schemas.core``.

    Raises:
        NotConserved: an amount got lost or was invented on the way; nothing may be published.
    """
    periods = periods_of(facts, rules.company)
    attributed = attributed_step(facts, rules, periods)
    books = Books(attributed.bookings, attributed.carers)
    paid = paid_step(attributed.credits, facts, rules, periods, books)
    stated = stated_step(paid, facts, rules, periods, attributed.credits)
    return {
        **attributed_tables(attributed),
        **account_tables(accounts_step(books, facts, rules, periods)),
        **paid_tables(paid),
        **stated_tables(stated),
        "findings": findings_step(facts, rules, attributed, paid),
    }


def periods_of(facts: Facts, company: Company) -> pl.DataFrame:
    """The fiscal years, as periods, from the company's first day to the last date of what happened to orders."""
    first, last = first_and_last_day(facts, company)
    return fiscal_periods(company.fiscal_calendar, first, last)


def first_and_last_day(facts: Facts, company: Company) -> tuple[date, date]:
    """The company's first day, or the first order's where that is earlier, and the last date of ``HAPPENINGS``."""
    days = [facts[table][column] for table, column in HAPPENINGS.items()]
    known = [day for series in days for day in (series.min(), series.max()) if isinstance(day, date)]
    return min([*known, company.starts]), max([*known, company.starts])


def attributed_step(facts: Facts, rules: Rules, periods: pl.DataFrame) -> Attributed:
    """Bookings, motions and credits; every amount of every accepted line and return is in one of them, exactly."""
    return attribute(facts, rules.company, periods)


def accounts_step(books: Books, facts: Facts, rules: Rules, periods: pl.DataFrame) -> AccountYear:
    """Key accounts against base, plan and agreement up to the last day known, and where they are at risk."""
    _, last = first_and_last_day(facts, rules.company)
    return account_year(books, facts, rules.company, periods, last)


def paid_step(
    credits: pl.DataFrame, facts: Facts, rules: Rules, periods: pl.DataFrame, books: Books | None = None
) -> Paid:
    """Earnings, attainment and the credits that earn nothing, from the arguments of ``reckoned_step``."""
    return Paid.of(reckoned_step(credits, facts, rules, periods, books))


def reckoned_step(
    credits: pl.DataFrame, facts: Facts, rules: Rules, periods: pl.DataFrame, books: Books | None = None
) -> Reckoned:
    """What every credit earns; it is in earnings or in unpaid. Each table is made when it is first asked for.

    Args:
        credits: Contract ``Credit``.
        facts: Contract tables.
        rules: The company and its plans.
        periods: Fiscal periods that cover all credits.
        books: Bookings and who looks after whom; plans that read NRR or GRR (``reads_bases``) need them.
    """
    _, last = first_and_last_day(facts, rules.company)
    every = with_additional(credits, facts, rules.plans, rules.company)
    return reckon(every, facts, rules.plans, rules.company, periods, last, books)


def stated_step(
    paid: Paid, facts: Facts, rules: Rules, periods: pl.DataFrame, credits: pl.DataFrame | None = None
) -> Stated:
    """Statements of every period up to the one of the last order or return; plans that ``needs_credits`` need the credits."""
    _, last = first_and_last_day(facts, rules.company)
    begun = periods.filter((pl.col("period_start") <= last) & (pl.col("period_end") > rules.company.starts))
    return state(paid, facts, rules.plans, rules.company, begun, credits)


def findings_step(facts: Facts, rules: Rules, attributed: BookedAndCredited, paid: Paid) -> pl.DataFrame:
    """What somebody should know or decide, from attribution and from payout."""
    return together_in_order([findings(facts, attributed, rules.company.attribution), paid.findings])


def together_in_order(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Findings of several steps as one table, in its order."""
    return pl.concat(parts).sort("code", "subject_table", "subject_id", "event_date", maintain_order=True)


def attributed_tables(attributed: Attributed) -> dict[str, pl.DataFrame]:
    """The tables of attribution by name."""
    return {name: getattr(attributed, name) for name in ATTRIBUTION_RESULTS}


def account_tables(year: AccountYear) -> dict[str, pl.DataFrame]:
    """The tables of the account manager's year by name."""
    return {name: getattr(year, name) for name in ACCOUNT_RESULTS}


def paid_tables(paid: Paid) -> dict[str, pl.DataFrame]:
    """The tables of payout by name."""
    return {name: getattr(paid, name) for name in PAYOUT_RESULTS}


def stated_tables(stated: Stated) -> dict[str, pl.DataFrame]:
    """The tables of statements by name."""
    return {name: getattr(stated, name) for name in STATEMENT_RESULTS}
