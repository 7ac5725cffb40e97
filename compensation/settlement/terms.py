"""What each payee's plan says of settlement in a period."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.in_force import intervals, until_next
from compensation.money import rounded_fraction
from schemas.rules.plan import Plan
from schemas.rules.settlement import Draw, Settlement

Facts = dict[str, pl.DataFrame]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """The open fiscal period.

    Attributes:
        name: Such as ``2026-P03``.
        first: Its first day.
        end: Its end (excluded).
        order: All fiscal periods, in order.
        ends: The end (excluded) of each of them.
    """

    name: str
    first: date
    end: date
    order: tuple[str, ...]
    ends: tuple[date, ...]

    @classmethod
    def of(cls, name: str, calendar: pl.DataFrame) -> "Period":
        """A period of a calendar as ``fiscal_periods`` gives it."""
        order, ends = (tuple(calendar[column].to_list()) for column in ("fiscal_period", "period_end"))
        place = order.index(name)
        return cls(name, calendar["period_start"][place], ends[place], order, ends)

    def after(self, name: str, periods: int) -> str | None:
        """The fiscal period so many periods after another; none where the calendar ends before."""
        place = self.order.index(name) + periods
        return self.order[place] if place < len(self.order) else None


@dataclass(frozen=True)
class Terms:
    """What one payee's plan says of settlement.

    Attributes:
        payee_id: Payee.
        plan: Plan.
        currency: What the plan pays in.
        settlement: Its words in force at the end of the period; none where it has none.
        draw_amount: The payee's own draw, from ``plan_assignments``.
        on_plan: Whether the payee is on the plan in the period; else only what is left of it is settled.
    """

    payee_id: str
    plan: str
    currency: str
    settlement: Settlement
    draw_amount: Decimal | None = None
    on_plan: bool = True


def terms_of(plans: Sequence[Plan], facts: Facts, owed: pl.DataFrame, period: Period) -> tuple[Terms, ...]:
    """Settlement terms of everybody who is on a plan in the period, or of whose plan something is posted.

    Args:
        plans: All plans.
        facts: Contract tables ``payees`` and ``plan_assignments``.
        owed: Any frame with ``payee_id`` and ``plan``: proposals and postings.
        period: The open one.

    Returns:
        One for each payee and plan that has ``settlement`` on the last day of the period, in order of payee and plan.
    """
    known = {plan.plan: plan for plan in plans}
    last = period.end - ONE_DAY
    assigned = _assigned(facts, period)
    on = set(assigned) | set(_by_role(plans, facts, {who for who, _ in assigned}, period))
    everybody = on | set(owed.select(pl.col("payee_id", "plan").cast(pl.String)).unique().rows())
    found = []
    for payee_id, name in sorted(everybody):
        plan = known.get(name)
        version = plan.version_on(last) if plan else None
        if plan and version and version.settlement:
            currency = plan.pays_in.currency if plan.pays_in else plan.currency
            draw = assigned.get((payee_id, name))
            found.append(Terms(payee_id, name, currency, version.settlement, draw, (payee_id, name) in on))
    return tuple(found)


def _assigned(facts: Facts, period: Period) -> dict[tuple[str, str], Decimal | None]:
    rows = intervals(facts["plan_assignments"]).filter(
        (pl.col("valid_from") < period.end) & (pl.col("valid_to") > period.first)
    )
    ordered = rows.sort("payee_id", "plan", "valid_from")
    return {(who, plan): draw for who, plan, draw in ordered.select("payee_id", "plan", "draw_amount").rows()}


def _by_role(
    plans: Sequence[Plan], facts: Facts, assigned: set[str], period: Period
) -> Iterator[tuple[str, str]]:  # fmt: skip
    roles = until_next(facts["payees"], "payee_id")
    here = roles.filter((pl.col("valid_from") < period.end) & (pl.col("valid_to") > period.first))
    for payee_id, role in here.select("payee_id", "role").unique().rows():
        if payee_id not in assigned:
            yield from ((payee_id, plan.plan) for plan in plans if role in plan.for_roles)


def draw_of(terms: Terms, period: Period, hired: date | None, left: date | None) -> int:
    """The draw of the period in minor units: days of service in it, rounded once; 0 where there is none.

    Args:
        terms: What the plan says.
        period: The open one.
        hired: First day of service, where known.
        left: Last day of service (included), where known.
    """
    draw, days = terms.settlement.draw, (period.end - period.first).days
    amount = _amount(draw, terms) if draw else None
    if draw is None or amount is None or not terms.on_plan or not _runs(draw, period):
        return 0
    start = max(period.first, hired or period.first)
    end = min(period.end, left + ONE_DAY if left else period.end)
    there = max(0, (end - start).days)
    return rounded_fraction(Fraction(amount) * Fraction(there, days), minor_unit_digits(terms.currency))


def _amount(draw: Draw, terms: Terms) -> Decimal | None:
    return draw.amount if draw.amount is not None else terms.draw_amount


def _runs(draw: Draw, period: Period) -> bool:
    return (draw.first is None or draw.first < period.end) and (draw.end is None or period.first < draw.end)
