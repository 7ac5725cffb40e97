"""What is still held at the end of a period, with what releases it and when, as far as anybody knows."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import polars as pl

from compensation.payout.bonuses.shown import shown_percent
from compensation.settlement.holdback import released_in
from compensation.settlement.kept import HOLDBACK, MANUAL
from compensation.settlement.lines import HELD, LINE
from compensation.settlement.terms import Period, Terms
from schemas.core.settlement import Held

OWN = ["payee_id", "currency", "plan", "component", "earning_period"]


def held_at_end(
    postings: pl.DataFrame, terms: Sequence[Terms], cash: pl.DataFrame, holds: pl.DataFrame, period: Period
) -> pl.DataFrame:  # fmt: skip
    """Contract ``Held``: holds less releases of all postings, what each waits for, and in which period it is expected.

    Args:
        postings: Everything posted, and what the open period posts (``lines.LINES`` at least).
        terms: Settlement terms.
        cash: As ``cash.cash_of`` gives it.
        holds: Manual holds, ``manual.HOLDS``.
        period: The open one.
    """
    own = postings.filter(pl.col("kind").is_in(HELD))
    parts = [
        _of_lines(own.filter(pl.col("order_line_id").is_not_null()), cash),
        _of_accounts(own, terms, holds, period),
    ]
    whole = pl.concat(parts).with_columns(fiscal_period=pl.lit(period.name))
    stated = whole.select(Held.columns()).cast(pl.Schema(Held.dtypes()))
    return Held.validate(stated.sort(Held.key(), nulls_last=False))


def _of_lines(own: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    """Lines that wait for cash or a guard period."""
    sums = own.group_by(LINE).agg(amount=-pl.col("amount").sum()).filter(pl.col("amount") != 0)
    key = ["plan", "component", "order_line_id"]
    known = sums.join(cash, on=key, how="left", validate="m:1")
    return known.select(
        *LINE, "amount", hold=pl.col("on").fill_null("booking"), condition=pl.col("words").fill_null("no longer known"),
        expected_period="expected",
    )  # fmt: skip


def _of_accounts(own: pl.DataFrame, terms: Sequence[Terms], holds: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Holdbacks, and holds by hand."""
    sums = own.filter(pl.col("order_line_id").is_null()).group_by(OWN).agg(amount=-pl.col("amount").sum())
    kept = sums.filter(pl.col("amount") != 0).sort(OWN)
    by_plan = {(one.payee_id, one.plan): one for one in terms}
    by_hand = {f"{MANUAL}{hold['reference']}": hold for hold in holds.rows(named=True)}
    rows = [
        _by_hand(row, by_hand.get(row["component"]))
        if row["component"].startswith(MANUAL)
        else _back(row, by_plan.get((row["payee_id"], row["plan"])), period)
        for row in kept.rows(named=True)
    ]
    schema = {name: Held.dtypes()[name] for name in (*LINE, "amount", "hold", "condition", "expected_period")}
    return pl.DataFrame(rows, schema=schema)


def _by_hand(row: dict[str, Any], hold: dict[str, Any] | None) -> dict[str, Any]:
    said = hold or {}
    released = said.get("release_on") or "somebody releases it, and somebody else approves that"
    return {
        **dict.fromkeys(LINE), **row, "component": said.get("component"), "order_line_id": said.get("order_line_id"),
        "hold": row["component"].removeprefix(MANUAL), "condition": f"{said.get('reason', 'held by hand')}; until {released}",
        "expected_period": None,
    }  # fmt: skip


def _back(row: dict[str, Any], terms: Terms | None, period: Period) -> dict[str, Any]:
    rule = terms.settlement.holdback if terms else None
    expected = released_in(rule, row["earning_period"], period) if rule else None
    return {
        **dict.fromkeys(LINE), **row, "component": None, "hold": HOLDBACK, "expected_period": expected,
        "condition": " ".join(_holdback_words(rule.share if rule else None, rule.release_on if rule else None, expected)),
    }  # fmt: skip


def _holdback_words(share: Any, on: str | None, expected: str | None) -> Iterator[str]:
    yield "holdback" if share is None else f"{shown_percent(Fraction(share))} held back"
    if on:
        yield f"until {on}"
    elif expected:
        yield f"until {expected}"
