"""Two sets of plans on the same facts: what each costs, who gains, who loses, and by which part of which plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from compensation.modelling.changes import Changed, changed_parts
from compensation.payout.pay import Paid
from schemas.dtypes import MONEY
from schemas.rules.plan import Plan

KEY = ["payee_id", "plan", "component", "fiscal_period", "currency"]
DIFFERENCE = pl.col("other") - pl.col("base")
MOST_CAUSES = 3


@dataclass(frozen=True)
class Side:
    """One set of plans and what it pays."""

    plans: Sequence[Plan]
    paid: Paid


@dataclass(frozen=True)
class Comparison:
    """What two sets of plans pay: each frame with ``base``, ``other`` and ``difference`` in plan currency.

    Attributes:
        totals: One row per ``currency``.
        people: One row per ``payee_id`` and ``currency``, with ``why``; the largest differences first.
        components: One row per ``plan``, ``component`` and ``currency``, with ``payees`` whose pay it changes.
        periods: One row per ``fiscal_period`` and ``currency``.
        changed: What the rules of each plan's part say differently, by plan and part.
    """

    totals: pl.DataFrame
    people: pl.DataFrame
    components: pl.DataFrame
    periods: pl.DataFrame
    changed: dict[tuple[str, str], Changed]


def comparison(base: Side, other: Side) -> Comparison:
    """Compare what two sets of plans pay for the same credits.

    Both are sums of earnings and of what no credit earns (bonuses, pools, guarantees, carried excess), in the currency of each
    plan; currencies are never added up.
    """
    both = _both(base.paid, other.paid)
    changed = changed_parts(base.plans, other.plans)
    return Comparison(
        totals=_summed(both, ["currency"]).sort("currency"),
        people=_people(both, changed),
        components=_components(both),
        periods=_summed(both, ["currency", "fiscal_period"]).sort("currency", "fiscal_period"),
        changed=changed,
    )


def money_paid(paid: Paid) -> pl.DataFrame:
    """What is paid by payee, plan, part of it, period and currency: ``amount``."""
    texts = pl.col(KEY).cast(pl.String)
    earned = paid.earnings.select(texts, amount=pl.col("earned"))
    other = paid.bonuses.select(texts, "amount")
    return pl.concat([earned, other]).group_by(KEY).agg(pl.col("amount").sum().cast(MONEY))


def _both(base: Paid, other: Paid) -> pl.DataFrame:
    sides = [money_paid(paid).rename({"amount": name}) for paid, name in ((base, "base"), (other, "other"))]
    joined = sides[0].join(sides[1], on=KEY, how="full", coalesce=True, validate="1:1")
    return joined.with_columns(pl.col("base", "other").fill_null(Decimal(0)).cast(MONEY))


def _summed(both: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    sums = both.group_by(by).agg(pl.col("base", "other").sum().cast(MONEY))
    return sums.with_columns(difference=DIFFERENCE.cast(MONEY))


def _components(both: pl.DataFrame) -> pl.DataFrame:
    by = ["plan", "component", "currency"]
    touched = _summed(both, ["payee_id", *by]).filter(pl.col("difference") != 0)
    payees = touched.group_by(by).agg(payees=pl.col("payee_id").n_unique().cast(pl.Int64))
    sums = _summed(both, by).join(payees, on=by, how="left", validate="1:1")
    return sums.with_columns(pl.col("payees").fill_null(0)).sort("currency", "plan", "component")


def _people(both: pl.DataFrame, changed: dict[tuple[str, str], Changed]) -> pl.DataFrame:
    by = ["payee_id", "currency"]
    parts = _summed(both, ["payee_id", "plan", "component", "currency"]).sort(
        pl.col("difference").abs(), "plan", "component", descending=[True, False, False]
    )
    causes: dict[tuple[str, str], list[tuple[str, str, Decimal]]] = {}
    rows = parts.filter(pl.col("difference") != 0).select(*by, "plan", "component", "difference").rows()
    for payee, currency, plan, part, difference in rows:
        causes.setdefault((payee, currency), []).append((plan, part, difference))
    people = _summed(both, by).sort(pl.col("difference").abs(), "payee_id", descending=[True, False])
    whys = ["; ".join(_why(causes.get(key, ()), changed)) for key in people.select(by).rows()]
    return people.with_columns(why=pl.Series(whys, dtype=pl.String))


def _why(causes: Sequence[tuple[str, str, Decimal]], changed: dict[tuple[str, str], Changed]) -> Iterator[str]:
    """The parts that moved somebody's pay, the largest first, each with what its rules say differently."""
    for plan, part, difference in causes[:MOST_CAUSES]:
        reason = (
            changed[plan, part].reason if (plan, part) in changed else "its rules are the same, what they count is not"
        )
        yield f"{part} {difference:+,.2f} ({reason})"
    if len(causes) > MOST_CAUSES:
        yield f"and {len(causes) - MOST_CAUSES} more"
