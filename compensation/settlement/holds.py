"""What is earned and not yet released: what each hold should keep, less what it keeps already."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_by_row, minor_units_of, money_by_row, rounded_fraction, share_of
from compensation.payout.bonuses.shown import shown_percent
from compensation.settlement.terms import Period, Terms
from schemas.dtypes import MONEY

LINE = [
    "payee_id", "currency", "plan", "component", "earning_period", "order_line_id", "return_id", "credit_number"
]  # fmt: skip
HELD = ("hold", "release")
HOLDBACK, MANUAL = "holdback", "hold:"


@dataclass(frozen=True)
class Kept:
    """What one hold changes in a period: below 0 it keeps more, above 0 it releases."""

    payee_id: str
    currency: str
    plan: str
    component: str
    earning_period: str
    units: int
    cause: str


def held_by_cash(due: pl.DataFrame, posted: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    """Holds and releases of lines that wait for an invoice or a payment.

    A line is released ``round(due × min(1, paid ÷ owed))``, all of it where nothing is owed; each posting is the difference of
    two such figures, so a returned payment takes back, and an over-payment gives nothing more.

    Args:
        due: One row a line: ``LINE`` and ``due``, everything earned for it so far.
        posted: Contract ``Posting``.
        cash: ``plan``, ``component``, ``order_line_id``, ``paid``, ``owed`` (whole minor units) and ``words``; as
            ``cash.cash_of`` gives it.

    Returns:
        ``LINE``, ``kind``, ``amount`` and ``cause``; lines that do not change have no row.

    Source:
        ``docs/plans/modifiers.md``.
    """
    key = ["plan", "component", "order_line_id"]
    digits = pl.col("currency").replace_strict(
        {code: minor_unit_digits(code) for code in due["currency"].unique()}, return_dtype=pl.Int32
    )
    waiting = due.join(cash, on=key, how="inner", validate="m:1").with_columns(_digits=digits)
    units, owed = minor_by_row(pl.col("due"), pl.col("_digits")), pl.col("owed")
    paid = pl.min_horizontal(pl.col("paid").clip(lower_bound=0), owed)
    free = pl.when(owed <= 0).then(units).otherwise(share_of(units, paid, owed))
    is_held = pl.col("kind").is_in(HELD) & pl.col("order_line_id").is_not_null()
    before = posted.filter(is_held).group_by(LINE).agg(_posted=pl.col("amount").sum())
    both = waiting.with_columns(_keeps=units - free).join(
        before, on=LINE, how="left", validate="1:1", nulls_equal=True, maintain_order="left"
    )
    kept = minor_by_row(pl.col("_posted").fill_null(pl.lit(0, dtype=MONEY)), pl.col("_digits"))
    moved = both.with_columns(_change=-kept - pl.col("_keeps")).filter(pl.col("_change") != 0)
    kind = pl.when(pl.col("_change") < 0).then(pl.lit("hold")).otherwise(pl.lit("release"))
    amount = money_by_row(pl.col("_change"), pl.col("_digits"))
    return moved.select(*LINE, kind=kind, amount=amount, cause="words")


def held_back(terms: Sequence[Terms], due: pl.DataFrame, posted: pl.DataFrame, period: Period, left: set[str]) -> Iterator[Kept]:  # fmt: skip
    """The holdback of each earning period: its share of what is due for it, until it is released.

    Args:
        terms: Settlement terms.
        due: One row a line: ``LINE`` and ``due``, less what waits for cash.
        posted: Contract ``Posting``.
        period: The open one.
        left: Payees whose last day of service has passed by the end of the period.
    """
    place = {name: number for number, name in enumerate(period.order)}
    earned = _sums(due, "due")
    kept = _sums(posted.filter(pl.col("kind").is_in(HELD) & (pl.col("component") == HOLDBACK)), "amount")
    for one in terms:
        rule = one.settlement.holdback
        for key in sorted({key for key in earned | kept if key[:3] == (one.payee_id, one.currency, one.plan)}):
            before = -kept.get(key, 0)
            free = rule is None or place[period.name] >= place[key[3]] + rule.release_after
            free = free or (rule is not None and rule.released_to_leavers and one.payee_id in left)
            share = Fraction(0) if rule is None or free else Fraction(rule.share)
            keeps = rounded_fraction(share * Fraction(earned.get(key, 0), 1), 0)
            words = f"{shown_percent(Fraction(rule.share))} held back" if rule else "no longer held back"
            cause = f"{key[3]}: holdback released" if free else f"{key[3]}: {words}"
            if keeps != before:
                yield Kept(one.payee_id, one.currency, one.plan, HOLDBACK, key[3], before - keeps, cause)


def _sums(rows: pl.DataFrame, amount: str) -> dict[tuple[str, ...], int]:
    """Minor units per payee, currency, plan and earning period."""
    sums = rows.group_by("payee_id", "currency", "plan", "earning_period").agg(pl.col(amount).sum())
    return {row[:4]: minor_units_of(row[4], minor_unit_digits(row[1])) for row in sums.rows()}


def held_by_hand(holds: pl.DataFrame, releases: pl.DataFrame, free: pl.DataFrame, posted: pl.DataFrame, period: Period) -> Iterator[Kept]:  # fmt: skip
    """Manual holds: an amount, or everything that they name and that is free otherwise, until released.

    Args:
        holds: ``reference``, ``period``, ``payee_id``, ``currency``, ``amount`` (empty: everything), ``plan``, ``component``,
            ``order_line_id`` (empty: any) and ``reason``.
        releases: ``hold``, ``period``, ``amount`` (empty: all that is left) and ``reason``.
        free: What was put free: ``LINE``, ``posting_period`` and ``amount``, holds already taken off.
        posted: Contract ``Posting``.
        period: The open one.
    """
    place = {name: number for number, name in enumerate(period.order)}
    reached = place[period.name]
    for hold in holds.sort("reference").rows(named=True):
        if place[hold["period"]] > reached:
            continue
        digits, name = minor_unit_digits(hold["currency"]), f"{MANUAL}{hold['reference']}"
        own = pl.col("kind").is_in(HELD) & (pl.col("component") == name)
        before = -_units(posted.filter(own)["amount"].sum(), digits)
        total = hold["amount"] if hold["amount"] is not None else _named_by(hold, free, place)["amount"].sum()
        given = [
            row for row in releases.rows(named=True)
            if row["hold"] == hold["reference"] and place[row["period"]] <= reached
        ]  # fmt: skip
        all_free = any(row["amount"] is None for row in given)
        released = sum((row["amount"] for row in given if row["amount"] is not None), Decimal(0))
        keeps = 0 if all_free else max(0, _units(total, digits) - _units(released, digits))
        if keeps != before:
            reason = given[-1]["reason"] if given and keeps < before else hold["reason"]
            cause = f"hold {hold['reference']}: {reason}"
            yield Kept(hold["payee_id"], hold["currency"], hold["plan"] or "settlement", name, period.name, before - keeps, cause)  # fmt: skip


def _named_by(hold: dict[str, Any], free: pl.DataFrame, place: dict[str, int]) -> pl.DataFrame:
    since = [name for name, number in place.items() if number >= place[hold["period"]]]
    names = [name for name in ("payee_id", "currency", "plan", "component", "order_line_id") if hold[name] is not None]
    same = [pl.col(name) == hold[name] for name in names]
    return free.filter(pl.col("posting_period").is_in(since), *same)


def _units(amount: Any, digits: int) -> int:
    return minor_units_of(Decimal(amount), digits)
