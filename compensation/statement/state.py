"""State: from earnings to statements, every printed figure with what it was made of."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import polars as pl
import polars.selectors as cs

from compensation.calendar import fiscal_periods, with_period
from compensation.statement.due import NOBODY, STATEMENT, statements_due
from compensation.statement.figures import (
    attainment_lines,
    bridge_lines,
    component_lines,
    component_totals,
    revenue_lines,
)
from compensation.statement.inputs import figure_inputs
from compensation.statement.labels import COMPONENT_KEY, revenue_components, with_labels
from compensation.statement.otherwise import counted_otherwise
from compensation.statement.untouched import untouched_standing
from schemas.core.statement import FigureInput, Statement, StatementLine
from schemas.dtypes import MONEY
from schemas.rules.company import Company
from schemas.rules.plan import Plan

CREDIT = ["order_line_id", "return_id", "credit_number"]


class StatementDoesNotAdd(ValueError):
    """The components of a statement do not add up to the earnings and bonuses of its payee and period."""


class PaidTables(Protocol):
    """What payout hands over."""

    @property
    def earnings(self) -> pl.DataFrame:
        """``Earning`` rows."""

    @property
    def bonuses(self) -> pl.DataFrame:
        """``BonusPart`` rows."""

    @property
    def attainment(self) -> pl.DataFrame:
        """``Attainment`` rows."""

    @property
    def unpaid(self) -> pl.DataFrame:
        """``Unpaid`` rows."""


class Stated(NamedTuple):
    """Statements as tables: who gets one, each printed figure, and each edge of the explanation."""

    statements: pl.DataFrame
    statement_lines: pl.DataFrame
    figure_inputs: pl.DataFrame


def state(
    paid: PaidTables, facts: dict[str, pl.DataFrame], plans: Sequence[Plan], company: Company, periods: pl.DataFrame,
    credits: pl.DataFrame | None = None,
) -> Stated:  # fmt: skip
    """Make every statement of the periods.

    A payee with a plan, an attainment, a credit, an earning or a bonus in a period has exactly one statement per
    currency, also when all of it is zero.

    Args:
        paid: What payout made: earnings, bonuses, attainment, unpaid credits.
        facts: Contract tables; ``payees`` and ``plan_assignments`` are read.
        plans: Plans of the company.
        company: Whose currency credits that earn nothing are shown in.
        periods: Fiscal periods to state, in order and without a gap (``fiscal_periods``).

        credits: Contract ``Credit``; needed where a component counts something else than revenue (``needs_credits``).

    Returns:
        ``Statement``, ``StatementLine`` and ``FigureInput`` tables.

    Raises:
        CreditsMissing: a component counts something else than revenue, and there are no credits.
        StatementDoesNotAdd: a statement's components differ from the earnings and bonuses of its payee and period.
    """
    keys = periods["fiscal_period"].to_list()
    earnings = as_text(paid.earnings).filter(pl.col("fiscal_period").is_in(keys))
    bonuses = as_text(paid.bonuses).filter(pl.col("fiscal_period").is_in(keys))
    standing = as_text(paid.attainment).filter(pl.col("fiscal_period").is_in(keys))
    unpaid = unpaid_in(paid.unpaid, company, periods)
    untouched = untouched_standing(standing, facts, plans, periods, _whole_years(company, periods), paid.earnings)
    standing = pl.concat([standing, untouched])
    due = statements_due(earnings, bonuses, standing, unpaid, facts, plans, periods)
    previous = dict(pairwise(keys))
    totals = with_labels(component_totals(earnings, bonuses, standing, due, previous), plans, periods)
    otherwise = counted_otherwise(earnings, credits, facts["fx_rates"], plans, company)
    lines = pl.concat([
        revenue_lines(totals, unpaid, counted_again(_of_revenue(earnings, plans)), otherwise, due),
        component_lines(totals),
        bridge_lines(earnings, bonuses, due, previous),
        attainment_lines(with_labels(standing, plans, periods)),
    ])  # fmt: skip
    ordered = lines.sort("fiscal_period", "payee_id", "currency", "section", "row", "figure", *COMPONENT_KEY, "window")
    require_adding_up(ordered, earnings, bonuses)
    edges = figure_inputs(
        ordered, earnings, bonuses, unpaid, untouched, {after: before for before, after in previous.items()}
    )
    return Stated(
        due.select(Statement.columns()),
        ordered.select(StatementLine.columns()),
        edges.select(FigureInput.columns()),
    )


def _whole_years(company: Company, periods: pl.DataFrame) -> pl.DataFrame:
    """The fiscal years around the periods: a window may reach beyond them."""
    last_day = periods["period_start"][-1]
    return fiscal_periods(company.fiscal_calendar, periods["period_start"][0], last_day)


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with plain text where payout keeps words as categories: tables meet here whose categories differ."""
    return frame.cast({cs.categorical() | cs.enum(): pl.String})


def unpaid_in(unpaid: pl.DataFrame, company: Company, periods: pl.DataFrame) -> pl.DataFrame:
    """Credits of people that earn nothing, with the fiscal period of their date; those outside ``periods`` are left out."""
    first, last = periods["period_start"].min(), periods["period_end"].max()
    inside = unpaid.filter(
        ~pl.col("payee_id").is_in(NOBODY) & (pl.col("event_date") >= first) & (pl.col("event_date") < last)
    )
    return with_period(
        inside, periods.select("fiscal_period", "period_start", "period_end"), on="event_date"
    ).with_columns(currency=pl.lit(company.currency))


def counted_again(earnings: pl.DataFrame) -> pl.DataFrame:
    """Revenue that a second component of the same currency counts once more, per statement: one row each.

    Where each credit is in one component, which a count shows, there is nothing to look for.
    """
    firsts = earnings.filter(pl.col("slice_number") == 1).select(*CREDIT, *COMPONENT_KEY)
    if firsts.select(pl.struct(CREDIT).n_unique()).item() in (firsts.height, 0):
        return pl.DataFrame(schema={**dict.fromkeys(STATEMENT, pl.String), "again": MONEY})
    ordered = (
        firsts.unique().sort(*CREDIT, *COMPONENT_KEY).with_columns(again=pl.struct(CREDIT).is_first_distinct().not_())
    )
    marked = earnings.join(ordered, on=[*CREDIT, *COMPONENT_KEY], how="left", nulls_equal=True, validate="m:1")
    return marked.filter(pl.col("again")).group_by(STATEMENT).agg(again=pl.col("credited").sum().cast(MONEY))


def _of_revenue(earnings: pl.DataFrame, plans: Sequence[Plan]) -> pl.DataFrame:
    """The earnings of components that count the payee's own revenue."""
    those, are_all = revenue_components(plans)
    return earnings if are_all else earnings.join(those, on=those.columns, how="semi")


def require_adding_up(lines: pl.DataFrame, earnings: pl.DataFrame, bonuses: pl.DataFrame) -> None:
    """Raise unless the component figures of each statement are its payee's earnings and bonuses of period and currency, exactly.

    Raises:
        StatementDoesNotAdd: names the first statement that differs.
    """
    stated = lines.filter(pl.col("figure") == "component_earned").group_by(STATEMENT).agg(stated=pl.col("amount").sum())
    made = pl.concat([earnings.select(*STATEMENT, "earned"), bonuses.select(*STATEMENT, earned="amount")])
    earned = made.group_by(STATEMENT).agg(earned=pl.col("earned").sum())
    both = earned.join(stated, on=STATEMENT, how="full", coalesce=True, validate="1:1").with_columns(
        pl.col("stated", "earned").fill_null(pl.lit(0, dtype=MONEY))
    )
    wrong = both.filter(pl.col("stated") != pl.col("earned")).sort(STATEMENT)
    if not wrong.is_empty():
        first = wrong.row(0, named=True)
        raise StatementDoesNotAdd(
            f"{wrong.height:,} of {both.height:,} statements do not add up to their earnings. First: payee {first['payee_id']} in "
            f"{first['fiscal_period']}: components {first['stated']} {first['currency']}, earnings {first['earned']}. "
            "Nothing is published; the last statements stay. Compare 'earnings', 'bonuses' and 'statement_lines' of that payee."
        )
