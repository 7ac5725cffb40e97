"""Holds by hand: an amount, or everything that they name, until somebody releases it and somebody else approves that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_units_of
from compensation.payout.bonuses.shown import amount_of
from compensation.settlement.kept import MANUAL, Kept
from compensation.settlement.lines import HELD, LINE, NO_PLAN
from compensation.settlement.terms import Period
from schemas.dtypes import MONEY

NAMED = ("payee_id", "currency", "plan", "component", "order_line_id")
"""What a hold may name; what it leaves empty is any."""

HOLDS = pl.Schema(
    {
        "reference": pl.String(), "period": pl.String(), "payee_id": pl.String(), "currency": pl.String(), "amount": MONEY, "plan": pl.String(),
        "component": pl.String(), "order_line_id": pl.String(), "reason": pl.String(), "release_on": pl.String(), "by": pl.String(),
    }
)  # fmt: skip
"""Manual holds as the ledger keeps them."""

RELEASES = pl.Schema(
    {
        "reference": pl.String(), "hold": pl.String(), "period": pl.String(), "amount": MONEY, "reason": pl.String(), "by": pl.String(),
        "approved_by": pl.String(),
    }
)  # fmt: skip
"""Approved releases of manual holds."""


@dataclass(frozen=True)
class ByHand:
    """What manual holds change in a period, and what of each line they keep.

    Attributes:
        kept: One for each hold that changes.
        lines: ``LINE`` and ``due``: what is kept, below 0, to be taken off what is due.
    """

    kept: tuple[Kept, ...]
    lines: pl.DataFrame


@dataclass
class Free:
    """A line's pay of one posting period, and how much of it no hold keeps yet; minor units."""

    line: tuple[Any, ...]
    place: int
    units: int
    taken: int = field(default=0)


def held_by_hand(
    holds: pl.DataFrame, releases: pl.DataFrame, free: pl.DataFrame, posted: pl.DataFrame, period: Period
) -> ByHand:  # fmt: skip
    """What each hold should keep, less what it keeps already.

    A hold keeps what it names of pay posted from its period on: all of it, or as much as its amount. What one hold keeps, no
    later one keeps as well. What is released of it stays free.

    Args:
        holds: ``HOLDS``; an empty amount is everything that it names.
        releases: ``RELEASES``; an empty amount is all that is left.
        free: What was put free: ``LINE``, ``posting_period`` and ``amount``, less what waits for cash.
        posted: Contract ``Posting``.
        period: The open one.
    """
    place = {name: number for number, name in enumerate(period.order)}
    known = [hold for hold in holds.sort("reference").rows(named=True) if place[hold["period"]] <= place[period.name]]
    lines = _free_lines([hold["payee_id"] for hold in known], free, place)
    before = _kept_before(posted)
    kept = []
    for hold in known:
        given = _released(releases, hold, period, place)
        named = [one for one in lines if _is_named(one, hold, place)]
        keeps = _keeps(hold, given, named)
        name, digits = f"{MANUAL}{hold['reference']}", minor_unit_digits(hold["currency"])
        change = minor_units_of(before.get((hold["currency"], name), Decimal(0)), digits) - keeps
        if change:
            cause = _cause(hold, given, is_release=change > 0)
            account = (hold["payee_id"], hold["currency"], hold["plan"] or NO_PLAN)
            kept.append(Kept(*account, name, hold["period"], change, cause))
    return ByHand(tuple(kept), _taken(lines))


def _free_lines(payee_ids: list[str], free: pl.DataFrame, place: Mapping[str, int]) -> list[Free]:
    own = free.filter(pl.col("payee_id").is_in(payee_ids))
    sums = (
        own.group_by(*LINE, "posting_period")
        .agg(pl.col("amount").sum())
        .sort(*LINE, "posting_period", nulls_last=False)
    )
    return [
        Free(row[:-2], place[row[-2]], minor_units_of(row[-1], minor_unit_digits(row[1])))
        for row in sums.rows()
    ]  # fmt: skip


def _kept_before(posted: pl.DataFrame) -> dict[tuple[str, str], Decimal]:
    """What each manual hold keeps already, per currency and component."""
    own = posted.filter(pl.col("kind").is_in(HELD) & pl.col("component").str.starts_with(MANUAL))
    sums = own.group_by("currency", "component").agg(-pl.col("amount").sum())
    return {(currency, component): amount for currency, component, amount in sums.rows()}


def _released(
    releases: pl.DataFrame, hold: Mapping[str, Any], period: Period, place: Mapping[str, int]
) -> list[dict[str, Any]]:  # fmt: skip
    own = releases.filter(pl.col("hold") == hold["reference"]).sort("reference")
    return [row for row in own.rows(named=True) if place[row["period"]] <= place[period.name]]


def _is_named(line: Free, hold: Mapping[str, Any], place: Mapping[str, int]) -> bool:
    own = dict(zip(LINE, line.line, strict=True))
    return line.place >= place[hold["period"]] and all(hold[name] in (None, own[name]) for name in NAMED)


def _keeps(hold: Mapping[str, Any], given: list[dict[str, Any]], named: list[Free]) -> int:
    """What a hold keeps of the lines that it names; it is taken from them, in their order."""
    digits = minor_unit_digits(hold["currency"])
    whole = sum(one.units - one.taken for one in named)
    if whole <= 0 or any(row["amount"] is None for row in given):
        return 0
    released = sum((minor_units_of(row["amount"], digits) for row in given), 0)
    most = whole if hold["amount"] is None else minor_units_of(hold["amount"], digits)
    keeps = min(whole, max(0, most - released))
    if keeps == whole:
        for one in named:
            one.taken = one.units
        return keeps
    rest = keeps
    for one in named:
        part = max(0, min(rest, one.units - one.taken))
        one.taken, rest = one.taken + part, rest - part
    return keeps


def _cause(hold: Mapping[str, Any], given: list[dict[str, Any]], *, is_release: bool) -> str:
    if is_release and given:
        last = given[-1]
        return (
            f"hold {hold['reference']}: {last['reason']} (released by {last['by']}, approved by {last['approved_by']})"
        )
    return f"hold {hold['reference']}: {hold['reason']} (held by {hold['by']})"


def _taken(lines: list[Free]) -> pl.DataFrame:
    rows = [
        (*one.line, -amount_of(one.taken, minor_unit_digits(one.line[1])))
        for one in lines
        if one.taken
    ]  # fmt: skip
    kinds = dict.fromkeys(LINE, pl.String()) | {"credit_number": pl.Int16()}
    return pl.DataFrame(rows, schema={**kinds, "due": MONEY}, orient="row")


def nothing_by_hand() -> ByHand:
    """Where nobody holds anything."""
    return ByHand((), _taken([]))


def holds_in_force(holds: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each hold under the component of its postings."""
    for hold in holds.rows(named=True):
        yield f"{MANUAL}{hold['reference']}", hold
