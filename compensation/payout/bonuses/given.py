"""Pay that no credit earns, line by line, and the tables that it becomes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from compensation.conservation import ADVICE, NotConserved
from compensation.currency import minor_unit_digits
from compensation.payout.bonuses.presence import ONE_DAY, PayWindow, Presence, Who
from compensation.payout.bonuses.shown import amount_of, rate_of, shown_amount, shown_figure
from schemas.core.attribution import Finding
from schemas.core.payout import BonusPart, ReadingTaken


@dataclass(frozen=True)
class Given:
    """What bonuses, pools or guarantees give: each frame valid under the contract of its name.

    Attributes:
        parts: Contract ``BonusPart``.
        readings: Contract ``ReadingTaken``.
        findings: Contract ``Finding``.
    """

    parts: pl.DataFrame
    readings: pl.DataFrame
    findings: pl.DataFrame


@dataclass(frozen=True)
class Line:
    """One part of pay. ``base`` and ``amount`` are minor units of the plan currency."""

    who: Who
    window: PayWindow
    component: str
    kind: str
    part: str
    base: int
    amount: int
    detail: str
    weight: Fraction | None = None
    value: Fraction | None = None
    score: Fraction | None = None

    @property
    def digits(self) -> int:
        """Decimals of the plan currency."""
        return minor_unit_digits(self.who.currency)


@dataclass(frozen=True)
class Taken:
    """One reading of one payee: who looked at it, what it was (none: not there yet), and what followed."""

    presence: Presence[Any]
    component: str
    used_by: str
    words: str
    value: Fraction | None
    effect: Fraction | None


def parts_frame(lines: Iterable[Line]) -> pl.DataFrame:
    """Contract ``BonusPart``, in the order of its key."""
    rows = [
        {
            **{name: getattr(line.who, name) for name in ("payee_id", "plan", "plan_version", "currency")},
            "component": line.component,
            "kind": line.kind,
            "part": line.part,
            "window": line.window.label,
            "fiscal_period": line.window.fiscal_period,
            "base": amount_of(line.base, line.digits),
            **{name: _rate(getattr(line, name)) for name in ("weight", "value", "score")},
            "amount": amount_of(line.amount, line.digits),
            "detail": line.detail,
        }
        for line in lines
    ]
    return BonusPart.validate(pl.DataFrame(rows, schema=BonusPart.dtypes()).sort(BonusPart.key()))


def readings_frame(taken: Iterable[Taken]) -> pl.DataFrame:
    """Contract ``ReadingTaken``, by payee, plan, component, window and who looked."""
    rows = [
        {
            "payee_id": one.presence.payee_id,
            "plan": one.presence.plan.plan,
            "component": one.component,
            "window": one.presence.window.label,
            "used_by": one.used_by,
            "reading": one.words,
            "until": one.presence.window.known_end - ONE_DAY,
            "value": _rate(one.value),
            "effect": _rate(one.effect),
        }
        for one in taken
    ]
    frame = pl.DataFrame(rows, schema=ReadingTaken.dtypes())
    return ReadingTaken.validate(frame.sort("plan", "component", "window", "payee_id", "used_by"))


def findings_frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Contract ``Finding``; columns not given are empty."""
    filled = [{**dict.fromkeys(Finding.columns()), **row} for row in rows]
    return Finding.validate(pl.DataFrame(filled, schema=Finding.dtypes()).sort("code", "subject_id", "detail"))


def shown_result(exact: Fraction, amount: int, digits: int) -> str:
    """The right side of a computation in a sentence: the amount, after what it was before rounding where that is another.

    Args:
        exact: Minor units, exact.
        amount: Minor units, as they are paid: the difference of two rounded running totals.
        digits: Decimals of the currency.
    """
    paid = shown_amount(amount, digits)
    return paid if exact == amount else f"{shown_figure(exact / 10**digits)}, by rounded running totals {paid}"


def require_whole(what: str, lines: Sequence[Line], whole: int) -> Sequence[Line]:
    """Return the lines if their amounts add up to the whole.

    Raises:
        NotConserved: names the part, its window and both amounts.
    """
    total = sum(line.amount for line in lines)
    if lines and total != whole:
        first = lines[0]
        raise NotConserved(
            f"{what} of {first.component} in plan {first.who.plan}, {first.window.label}, do not add up: "
            f"{shown_amount(total, first.digits)} instead of {shown_amount(whole, first.digits)}. {ADVICE}"
        )
    return lines


def _rate(value: Fraction | None) -> Any:
    return None if value is None else rate_of(value)
