"""From credits to pay, in the order the rules apply."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import polars as pl

from compensation.attribution.bases import Books
from compensation.counted import counted
from compensation.money import require_countable
from compensation.payout.conservation import require_each_credit_once, require_same_takers
from compensation.payout.errors import UnorderedCredits
from compensation.payout.measures.additional import is_revenue
from compensation.payout.measures.commission import commission_rows
from compensation.payout.measures.events import Dated, dated_by_event
from compensation.payout.measures.measured import Measured, measured
from compensation.payout.measures.taken_back import taken_back
from compensation.payout.measures.team import own_firsts, paid_people, takers_of_all, with_team_rows
from compensation.payout.moved import moves_of, with_moves
from compensation.payout.placing import numbered, placed, times_taken, unpaid_reasons
from compensation.payout.positions import closing_positions, positioned
from compensation.payout.pricing import Priced, priced
from compensation.payout.quotas.incentives import Incentives, incentives_of_terms
from compensation.payout.quotas.uses import quota_book
from compensation.payout.readings.readings import Readings
from compensation.payout.reckoned import Reckoned
from compensation.payout.setting import Setting
from compensation.payout.standing import Standings, standings_of
from compensation.payout.terms import Terms, terms_of
from compensation.payout.windows import Windows, require_inside, windows_of, with_orders
from compensation.together import together
from schemas.rules.company import Company
from schemas.rules.plan import Plan


@dataclass(frozen=True)
class Paid:
    """What payout makes: each frame valid under the contract of its name."""

    earnings: pl.DataFrame
    earning_changes: pl.DataFrame
    clawbacks: pl.DataFrame
    curves: pl.DataFrame
    readings: pl.DataFrame
    bonuses: pl.DataFrame
    pay_amounts: pl.DataFrame
    attainment: pl.DataFrame
    unpaid: pl.DataFrame
    findings: pl.DataFrame

    @classmethod
    def of(cls, reckoned: Reckoned) -> "Paid":
        """Every table of what was reckoned."""
        together(lambda: reckoned.earnings, lambda: reckoned.attainment)
        return cls(**{table.name: getattr(reckoned, table.name) for table in fields(cls)})


def pay(
    credits: pl.DataFrame,
    facts: dict[str, pl.DataFrame],
    plans: Sequence[Plan],
    company: Company,
    calendar: pl.DataFrame,
    last_day: date | None = None,
    books: Books | None = None,
) -> Paid:
    """Earnings of every credit, where every payee stands, and why some credits earn nothing.

    A credit earns ``round(F(position after)) − round(F(position before))`` on the curve of each component that takes
    it; so lines add up to the window, and a return undoes its sale.

    Args:
        credits: Contract ``Credit``; amounts in company currency.
        facts: Contract tables; ``payees``, ``plan_assignments``, ``quotas`` and ``fx_rates`` are read.
        plans: All plans of the company.
        company: Its currency, and how old an exchange rate may be.
        calendar: Fiscal periods (``compensation.calendar.fiscal_periods``) that cover all event and sale dates.
        last_day: Day in the last period that is stated: attainment is carried that far. That of the last credit where
            nothing is said.
        books: Bookings and who looks after whom, for plans that read NRR or GRR.

    Returns:
        The tables of payout, each valid under its contract.

    Raises:
        PayoutError: a rule file or fact stops the payout (see ``compensation.payout.errors``).
        OutsideCalendar: a credit lies outside the calendar.
        AmountsTooLarge: amounts that cannot be counted exactly.
        NotConserved: lines that do not add up to their window, a credit that is nowhere or twice, a return that is not
            taken back by what took its sale.

    Source:
        ``docs/plans.md`` and ``docs/plans/curves.md``.
    """
    return Paid.of(reckon(credits, facts, plans, company, calendar, last_day, books))


def reckon(
    credits: pl.DataFrame,
    facts: dict[str, pl.DataFrame],
    plans: Sequence[Plan],
    company: Company,
    calendar: pl.DataFrame,
    last_day: date | None = None,
    books: Books | None = None,
) -> Reckoned:
    """``pay``, whose tables are put together one by one, as they are asked for.

    What guards money is checked here: every credit is in ``earnings`` or ``unpaid``, lines add up, and so do returns.
    """
    credits = in_payout_order(credits)
    windows = windows_of(calendar)
    require_inside(credits, windows)
    terms = terms_of(plans)
    windows = with_orders(windows, credits, terms.table["kind"])
    payee_ids = paid_people(credits, facts["payees"], terms)
    standings = standings_of(payee_ids, facts, plans, terms, windows)
    numbers = numbered(credits, payee_ids, standings, windows, terms)

    rows = placed(numbers, standings, terms)
    rows = with_team_rows(rows, numbers, facts["payees"], payee_ids, terms, standings, windows)
    (counted, dated), book = together(
        lambda: _counted_and_dated(rows, credits, facts, terms, company, standings, windows),
        lambda: quota_book(facts, terms, windows, payee_ids, standings.stays),
    )
    lost = unpaid_reasons(numbers, terms, counted.ignored)
    incentives = Incentives(windows, book.service, facts["plan_assignments"], incentives_of_terms(terms))
    back = taken_back(dated.rows, credits, facts, terms)
    setting = Setting(
        payee_ids, terms, windows, book, incentives, max(credits.height, 1), standings.stays, dated.entries,
        returns=back.returns,
    )  # fmt: skip
    setting = replace(setting, moves=moves_of(facts["adjustments"], setting))
    known = last_known_day(credits, last_day)
    readings = Readings(credits, facts, company, windows, book, known, books, terms)
    found, setting = _in_positions(back.rows, credits, facts, setting, readings)
    others = commission_rows(found, numbers, facts["payees"], setting, standings)
    if not others.is_empty():
        every = pl.concat([back.rows, others], how="diagonal")
        found, setting = _in_positions(every, credits, facts, setting, readings)
    reckoned = Reckoned(
        credits,
        facts,
        plans,
        company,
        calendar,
        found,
        setting,
        readings,
        lost if terms.narrowing is None else _of_revenue(lost, credits),
        last_day=last_day,
        known=known,
    )
    taken = times_taken(numbers, terms, counted.ignored)
    together(
        lambda: require_each_credit_once(own_firsts(found.slices, found.runs, numbers, setting), lost["credit"], taken),
        lambda: reckoned.earnings,
    )
    return reckoned


def _of_revenue(lost: pl.DataFrame, credits: pl.DataFrame) -> pl.DataFrame:
    """Without the additional credits among them: those pay only where a plan takes them, and are owed no reason."""
    types = credits["credit_type"].gather(lost["credit"])
    return lost.filter(lost.select(types).select(is_revenue()).to_series())


def _counted_and_dated(
    rows: pl.DataFrame, credits: pl.DataFrame, facts: dict[str, pl.DataFrame], terms: Terms, company: Company,
    standings: Standings, windows: Windows,
) -> tuple[Measured, Dated]:  # fmt: skip
    """What each row counts, and the day on which it counts."""
    counted = measured(rows, credits, facts, terms, company, windows)
    units = require_countable(require_same_takers(counted.rows, credits, terms.table["slot"]), "units")
    return counted, dated_by_event(units, credits, facts, terms, takers_of_all(terms), standings, windows)


def _in_positions(
    rows: pl.DataFrame, credits: pl.DataFrame, facts: dict[str, pl.DataFrame], setting: Setting, readings: Readings
) -> tuple[Priced, Setting]:
    ordered = with_moves(positioned(rows, setting), credits, setting)
    setting = replace(setting, closings=closing_positions(ordered, setting))
    return priced(ordered, credits, facts["orders"], setting, readings), setting


def last_known_day(credits: pl.DataFrame, last_day: date | None) -> date:
    """The last day that anything is known of: that of the last credit, or the one given where it is later."""
    days = [day for day in (credits["event_date"].max(), last_day) if isinstance(day, date)]
    return max(days, default=date.min)


def in_payout_order(credits: pl.DataFrame) -> pl.DataFrame:
    """Credits sorted by their ``sequence``.

    Raises:
        UnorderedCredits: two credits have the same place.
    """
    ordered = credits if credits["sequence"].is_sorted() else credits.sort("sequence")
    twice = ordered.filter(pl.col("sequence") == pl.col("sequence").shift(1))
    if not twice.is_empty():
        first = twice.row(0, named=True)
        raise UnorderedCredits(
            f"{counted(twice.height, 'credit', 'shares its', 'share their')} place in the payout order with another. First: order line "
            f"{first['order_line_id']}, sequence {first['sequence']}. Every credit needs a 'sequence' of its own."
        )
    return ordered
