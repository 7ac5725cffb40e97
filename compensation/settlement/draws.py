"""Draws: what a plan pays whatever is earned, and how it is taken back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_units_of, rounded_fraction
from compensation.payout.bonuses.shown import shown_amount
from compensation.settlement.lines import HELD, OWED, line_of, units_by
from compensation.settlement.terms import Period, Terms, draw_of
from schemas.rules.settlement import Draw

DRAW, FORGIVEN, NOT_OWED = "draw", "draw_forgiven", "draw_not_recoverable"
"""Components of the postings of draws."""

Key = tuple[str, str]
PLAN = ("payee_id", "currency", "plan")


@dataclass(frozen=True)
class Draws:
    """Draws and recoveries of a period.

    Attributes:
        rows: Postings.
        advances: What was paid at the start of the period, per payee and currency; minor units, as all that follows.
        debts: What is still to be recovered after it.
        above: What was earned above the draw.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    advances: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    debts: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    above: dict[Key, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True)
class State:
    """One payee's plan before its draw: the draw, what is earned, what holds change, and what is owed; minor units."""

    terms: Terms
    draw: int
    earned: int
    held: int
    debt: int
    left: date | None

    @property
    def digits(self) -> int:
        """Decimals of the currency."""
        return minor_unit_digits(self.terms.currency)


def draws_of(
    terms: Sequence[Terms], base: pl.DataFrame, posted: pl.DataFrame, payees: pl.DataFrame, period: Period, left: Mapping[str, date]
) -> Draws:  # fmt: skip
    """Each plan's draw against what is earned on it.

    Args:
        terms: Settlement terms.
        base: Postings of the period so far: earnings, corrections, guarantees, holds and releases.
        posted: Contract ``Posting``.
        payees: Contract ``Payee``.
        period: The open one.
        left: Last day of service of each payee who has one.
    """
    earned = units_by(base.filter(pl.col("kind").is_in(OWED)), PLAN)
    held = units_by(base.filter(pl.col("kind").is_in(HELD)), PLAN)
    debt = _debts(posted)
    hired = dict(payees.group_by("payee_id").agg(pl.col("hire_date").min()).rows())
    found = Draws()
    for (payee_id, currency, _), owes in debt.items():
        found.debts[payee_id, currency] += owes
    for one in terms:
        key, gone = (one.payee_id, one.currency, one.plan), left.get(one.payee_id)
        amount = draw_of(one, period, hired.get(one.payee_id), gone)
        state = State(one, amount, earned.get(key, 0), held.get(key, 0), debt.get(key, 0), gone)
        if one.settlement.draw is not None:
            _draw_one(state, one.settlement.draw, period, found)
    return found


def _draw_one(state: State, rule: Draw, period: Period, found: Draws) -> None:
    one, digits = state.terms, state.digits
    who, compared = (one.payee_id, one.currency), state.earned + (state.held if rule.measure == "payable" else 0)
    said = f"{shown_amount(state.draw, digits)} draw, {shown_amount(compared, digits)} {rule.measure}"
    drawn = max(0, state.draw - compared) if state.draw else 0
    if drawn:
        cause = f"{said}: {'to be recovered' if rule.recoverable else 'not recovered'}"
        found.rows.append(line_of(*who, one.plan, DRAW if rule.recoverable else NOT_OWED, "draw", drawn, cause, period.name))  # fmt: skip
    taken = _recovered(state, rule, compared, period)
    if taken:
        cause = f"{said}: {shown_amount(taken, digits)} of {shown_amount(state.debt, digits)} owed recovered"
        found.rows.append(line_of(*who, one.plan, DRAW, "recovery", -taken, cause, period.name))
    owes = state.debt + (drawn if rule.recoverable else 0) - taken
    forgiven = owes if rule.forgiven_on and rule.forgiven_on < period.end else 0
    if forgiven > 0:
        cause = f"{shown_amount(forgiven, digits)} of draws forgiven on {rule.forgiven_on}"
        for kind, units in (("recovery", -forgiven), ("draw", forgiven)):
            found.rows.append(line_of(*who, one.plan, FORGIVEN, kind, units, cause, period.name))
    found.debts[who] += owes - max(0, forgiven) - state.debt
    found.above[who] += max(0, compared - state.draw)
    if rule.kind == "advance" and state.draw:
        found.advances[who] += state.draw


def _recovered(state: State, rule: Draw, compared: int, period: Period) -> int:
    """What is taken back of earlier draws: a share of what is earned above the draw, at most the cap, what is owed, and what leaves the draw."""
    has_left = state.left is not None and state.left < period.end
    if state.debt <= 0 or (has_left and not state.terms.settlement.recovers_from_leavers):
        return 0
    recovery = rule.recovery
    if recovery and recovery.starts and recovery.starts >= period.end:
        return 0
    above = max(0, min(compared, state.earned + state.held) - state.draw)
    share = rounded_fraction(Fraction(recovery.share) * Fraction(above, 1), 0) if recovery else above
    cap = recovery.cap if recovery else None
    most = share if cap is None else min(share, minor_units_of(cap, state.digits))
    return min(state.debt, most)


def _debts(posted: pl.DataFrame) -> dict[tuple[str, ...], int]:
    """What is owed of recoverable draws per payee, currency and plan."""
    drawn = (pl.col("kind") == "draw") & (pl.col("component") == DRAW)
    return units_by(posted.filter(drawn | (pl.col("kind") == "recovery")), PLAN)
