"""Where a period leaves every account, and the identity that must hold exactly."""

from collections.abc import Collection
from typing import Any

import polars as pl

from compensation.conservation import ADVICE, NotConserved
from compensation.currency import minor_unit_digits
from compensation.payout.bonuses.shown import amount_of
from compensation.settlement.draws import Draws
from compensation.settlement.terms import Period
from schemas.core.attribution import Finding
from schemas.core.settlement import Balance
from schemas.dtypes import MONEY

KINDS = {
    "earned": "earning", "corrected": "correction", "adjusted": "adjustment", "guaranteed": "guarantee", "drawn": "draw",
    "recovered": "recovery", "held": "hold", "released": "release", "paid": "payment",
}  # fmt: skip
"""The kind of posting that each column of a balance adds up."""

SPENT = ("recovered", "held", "paid")
"""Columns whose postings are below 0."""

ACCOUNT = ["payee_id", "currency"]


def balances_of(postings: pl.DataFrame, posted: pl.DataFrame, period: Period, draws: Draws) -> pl.DataFrame:
    """Everybody with a posting in the period or a balance from before: contract ``Balance``.

    Args:
        postings: What the period posts.
        posted: Contract ``Posting``: everything before.
        period: The open one.
        draws: Its draws, for what is owed of them.

    Raises:
        NotConserved: the identity does not hold for somebody.
    """
    zero = pl.lit(0, dtype=MONEY)
    sums = [
        (-_sum(kind) if name in SPENT else _sum(kind)).alias(name)
        for name, kind in KINDS.items()
    ]  # fmt: skip
    opening = posted.group_by(ACCOUNT).agg(opening=pl.col("amount").sum(), _kept=_sum("hold") + _sum("release"))
    here = postings.group_by(ACCOUNT).agg(*sums, _posts=pl.len())
    both = here.join(opening, on=ACCOUNT, how="full", coalesce=True, validate="1:1")
    filled = both.with_columns(pl.col("opening", "_kept", *KINDS).fill_null(zero))
    ever = filled.filter(_has_anything(draws))
    gained = pl.sum_horizontal("opening", *[name for name in KINDS if name not in SPENT])
    whole = ever.with_columns(carried_forward=gained - pl.sum_horizontal(*SPENT), fiscal_period=pl.lit(period.name))
    owed = {"draw_debt": draws.debts, "above_draw": draws.above}
    columns = [
        pl.Series(name, [amount_of(max(0, values.get((who, code), 0)), minor_unit_digits(code)) for who, code in whole.select(ACCOUNT).rows()], dtype=MONEY)
        for name, values in owed.items()
    ]  # fmt: skip
    stated = whole.with_columns(columns).select(Balance.columns()).cast(pl.Schema(Balance.dtypes()))
    moved = postings.group_by(ACCOUNT).agg(_moved=pl.col("amount").sum())
    checked = stated.join(moved, on=ACCOUNT, how="left", validate="1:1").with_columns(pl.col("_moved").fill_null(zero))
    return _require_identity(checked.with_columns(_ends=pl.col("opening") + pl.col("_moved")).sort(ACCOUNT))


def _sum(kind: str) -> pl.Expr:
    return pl.col("amount").filter(pl.col("kind") == kind).sum()


def _has_anything(draws: Draws) -> pl.Expr:
    """Accounts with a posting, though all add up to nothing, or a balance from before; or pay that is held, or a draw owed, still."""
    debtors = [f"{payee_id}\n{code}" for (payee_id, code), units in sorted(draws.debts.items()) if units > 0]
    owes = pl.concat_str(*ACCOUNT, separator="\n").is_in(debtors)
    return (pl.col("opening") != 0) | (pl.col("_kept") != 0) | pl.col("_posts").is_not_null() | owes


def _require_identity(balances: pl.DataFrame) -> pl.DataFrame:
    """What is carried forward by the identity is what all postings add up to."""
    wrong = balances.filter(pl.col("carried_forward") != pl.col("_ends"))
    if not wrong.is_empty():
        first = wrong.row(0, named=True)
        raise NotConserved(
            f"{wrong.height:,} accounts do not add up. First: payee {first['payee_id']}, {first['currency']}: "
            f"{first['carried_forward']} carried forward, but its postings add up to {first['_ends']}. {ADVICE}"
        )
    return Balance.validate(balances.select(Balance.columns()))


def below_nothing(balances: pl.DataFrame, gone: Collection[str], recovers: Collection[str]) -> pl.DataFrame:
    """Who owes: leavers, a receivable that nobody deducts without deciding, and balances carried below 0 (contract ``Finding``).

    Args:
        balances: Contract ``Balance`` of the period.
        gone: Payees whose last day of service has passed by its end.
        recovers: Payees from whom their plan recovers after that day too.
    """
    rows = []
    for row in balances.rows(named=True):
        below = -min(row["carried_forward"], 0)
        owes, has_left = row["draw_debt"] + below, row["payee_id"] in gone
        if has_left and owes > 0:
            done = "It is taken from what is still released" if row["payee_id"] in recovers else "Nothing is deducted"
            rows.append(_finding("leaver_owes", "warning", row["payee_id"], (
                f"{row['payee_id']} has left and owes {owes} {row['currency']} ({row['draw_debt']} of draws). {done}: "
                "decide whether it is claimed or forgiven."
            )))  # fmt: skip
        elif below > 0:
            rows.append(_finding("balance_below_zero", "note", row["payee_id"], (
                f"{row['payee_id']} is paid nothing and carries {below} {row['currency']} below 0 into the next period, where it is "
                "taken from what is earned."
            )))  # fmt: skip
    return Finding.validate(pl.DataFrame(rows, schema=Finding.dtypes()))


def _finding(code: str, severity: str, payee_id: str, detail: str) -> dict[str, Any]:
    said = {"code": code, "severity": severity, "subject_table": "payees", "subject_id": payee_id, "detail": detail}
    return {**dict.fromkeys(Finding.columns()), **said}
