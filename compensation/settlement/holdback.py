"""Holdbacks: a share of what each fiscal period earns, kept for a number of periods or until the order is invoiced or paid."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_by_row, money_by_row, rounded_fraction
from compensation.payout.bonuses.shown import shown_percent
from compensation.settlement.kept import HOLDBACK, Kept
from compensation.settlement.lines import HELD, units_by
from compensation.settlement.terms import Period, Terms
from compensation.settlement.waiting import free_part
from schemas.rules.settlement import Holdback

ACCOUNT = ("payee_id", "currency", "plan", "earning_period")


def held_back(
    terms: Sequence[Terms], due: pl.DataFrame, posted: pl.DataFrame, period: Period, left: set[str], cash: pl.DataFrame
) -> Iterator[Kept]:  # fmt: skip
    """The holdback of each earning period: its share of what is due for it, until it is released.

    Args:
        terms: Settlement terms.
        due: One row a line or more: ``LINE`` and ``due``, less what waits or is held by hand already.
        posted: Contract ``Posting``.
        period: The open one.
        left: Payees whose last day of service has passed by the end of the period.
        cash: As ``cash.holdback_cash`` gives it, of plans whose holdback waits for invoices or payments.
    """
    earned = units_by(due, ACCOUNT, "due")
    waits = units_by(_still_waiting(due, cash), ACCOUNT, "due")
    kept = units_by(posted.filter(pl.col("kind").is_in(HELD) & (pl.col("component") == HOLDBACK)), ACCOUNT)
    keys: dict[tuple[str, ...], list[str]] = {}
    for key in sorted(earned.keys() | kept.keys()):
        keys.setdefault(key[:3], []).append(key[3])
    for one in terms:
        rule = one.settlement.holdback
        for earning_period in keys.get((one.payee_id, one.currency, one.plan), ()):
            key = (one.payee_id, one.currency, one.plan, earning_period)
            before, has_left = -kept.get(key, 0), one.payee_id in left
            share, cause = _share(rule, earning_period, period, has_left=has_left)
            of = waits if rule is not None and rule.release_on else earned
            keeps = rounded_fraction(share * Fraction(of.get(key, 0)), 0)
            if keeps != before:
                yield Kept(*key[:3], HOLDBACK, earning_period, before - keeps, cause)


def released_in(rule: Holdback, earning_period: str, period: Period) -> str | None:
    """The fiscal period that releases a holdback; none where cash decides, or the calendar ends before."""
    return period.after(earning_period, rule.release_after) if rule.release_after is not None else None


def _share(rule: Holdback | None, earning_period: str, period: Period, *, has_left: bool) -> tuple[Fraction, str]:
    """The share that is kept now, and why."""
    if rule is None:
        return Fraction(0), f"{earning_period}: no longer held back"
    if rule.released_to_leavers and has_left:
        return Fraction(0), f"{earning_period}: holdback released to who has left"
    released = released_in(rule, earning_period, period)
    if released is not None and period.order.index(released) <= period.order.index(period.name):
        return Fraction(0), f"{earning_period}: holdback released"
    share = Fraction(rule.share)
    until = f", released by {rule.release_on}" if rule.release_on else ""
    return share, f"{earning_period}: {shown_percent(share)} held back{until}"


def _still_waiting(due: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    """What is due of lines, less what the cash that came gives free; pay that no line earns does not wait."""
    key = ["plan", "order_line_id"]
    lines = due.join(cash.drop("component"), on=key, how="inner", validate="m:1", maintain_order="left")
    if lines.is_empty():
        return due.clear()
    digits = {code: minor_unit_digits(code) for code in lines["currency"].unique()}
    sized = lines.with_columns(_digits=pl.col("currency").replace_strict(digits, return_dtype=pl.Int32))
    units = minor_by_row(pl.col("due"), pl.col("_digits"))
    return sized.with_columns(due=money_by_row(units - free_part(units), pl.col("_digits"))).select(due.columns)
