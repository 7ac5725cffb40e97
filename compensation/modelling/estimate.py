"""What a deal would pay: the calculation with it less the calculation without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from compensation.attribution.bases import Books
from compensation.calculate import attributed_step, first_and_last_day, periods_of
from compensation.modelling.comparison import money_paid
from compensation.modelling.deal import Deal, Facts, NotEstimable, waits_for_money, with_deal
from compensation.payout.errors import PayoutError
from compensation.payout.pay import Paid, pay
from compensation.rules import Rules
from compensation.statement.labels import counted_by
from compensation.statement.sentences import component_named, earning_sentence, version_named
from schemas.dtypes import MONEY
from schemas.rules.plan import Plan

PART = ["payee_id", "plan", "component", "currency"]
PLACE = ["payee_id", "plan", "component", "measure", "window"]
SLICE = ["payee_id", "plan", "component", "credit_number", "slice_number"]
READ = ["payee_id", "plan", "component", "window", "used_by"]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Gain:
    """What one payee would be paid for the deal by one component (or bonus, pool, guarantee).

    Attributes:
        on_deal: Earned on the deal itself.
        elsewhere: Earned more, or less, on everything else: a gate that opens, a cap that cuts, a bonus.
        sentences: How the deal's own part is computed, one for each tier.
        places: Where the positions would stand: ``position_before``, ``position_after``, ``attainment_before``,
            ``attainment_after``, ``quota``, ``next_tier_at`` and what they belong to.
    """

    payee_id: str
    plan: str
    component: str
    currency: str
    on_deal: Decimal
    elsewhere: Decimal
    sentences: tuple[str, ...]
    places: tuple[Row, ...]


@dataclass(frozen=True)
class Estimate:
    """What a deal would pay.

    Attributes:
        gains: Payee by payee, who gains most first.
        credits: Whom the deal's revenue would be credited to: ``payee_id``, ``motion``, ``amount`` (company currency), ``rule``.
        moved: Readings that the deal moves: gates, multipliers, objectives, with ``value`` and ``effect`` before and after.
        unpaid: Credits of the deal that earn nothing: ``payee_id``, ``amount``, ``reason``.
        notes: What was assumed.
    """

    gains: tuple[Gain, ...]
    credits: tuple[Row, ...]
    moved: tuple[Row, ...]
    unpaid: tuple[Row, ...]
    notes: tuple[str, ...]


def estimate(facts: Facts, rules: Rules, deal: Deal) -> Estimate:
    """What a deal would pay its owner, those who share it, and their managers, if it were won as it stands.

    Both calculations cover the same periods, so that nothing but the deal makes a difference.

    Raises:
        NotEstimable: the deal's order would book nothing, such as for a missing exchange rate, or lacks a figure that a plan
            counts, such as its cost.
        PayoutError: as ``pay``.
    """
    more = with_deal(facts, deal, rules.plans)
    periods = periods_of(more, rules.company)
    last = first_and_last_day(more, rules.company)[1]
    paid, credits = [], []
    for known in (facts, more):
        attributed = attributed_step(known, rules, periods)
        books = Books(attributed.bookings, attributed.carers)
        if known is more:
            _require_booked(attributed.not_booked, deal)
        credits.append(attributed.credits)
        paid.append(_paid(attributed.credits, known, rules, periods, last, books, deal))
    is_deal = pl.col("order_line_id").cast(pl.String) == deal.line_id
    own = credits[1].filter(is_deal).select(pl.col("payee_id", "motion", "rule").cast(pl.String), "amount")
    unpaid = paid[1].unpaid.filter(is_deal).select(pl.col("payee_id", "reason").cast(pl.String), "amount")
    notes = (*deal.notes, *(("invoiced and paid on the day of the order",) if waits_for_money(rules.plans) else ()))
    return Estimate(
        gains=_gains(paid[0], paid[1], deal, rules.plans),
        credits=tuple(own.rows(named=True)),
        moved=_moved(paid[0].readings, paid[1].readings),
        unpaid=tuple(unpaid.rows(named=True)),
        notes=notes,
    )


def _paid(
    credits: pl.DataFrame,
    facts: Facts,
    rules: Rules,
    periods: pl.DataFrame,
    last: date,
    books: Books,
    deal: Deal,
) -> Paid:
    """As ``pay``; where the deal's own line stops it, the message says what the asker can add."""
    try:
        return pay(credits, facts, rules.plans, rules.company, periods, last, books)
    except PayoutError as error:
        if deal.line_id not in str(error):
            raise
        raise NotEstimable(f"{error} {deal.line_id} stands in for the deal: say --cost or --family.") from None


def _require_booked(not_booked: pl.DataFrame, deal: Deal) -> None:
    lost = (
        not_booked.filter(pl.col("order_line_id").cast(pl.String) == deal.line_id)["reason"].cast(pl.String).to_list()
    )
    if lost:
        what = {
            "fx_missing": f"there is no exchange rate for {deal.currency} on {deal.day}; add one, or say another --close-date"
        }.get(lost[0], lost[0].replace("_", " "))
        raise NotEstimable(f"opportunity {deal.opportunity['opportunity_id']} would book nothing: {what}")


def _gains(before: Paid, after: Paid, deal: Deal, plans: Sequence[Plan]) -> tuple[Gain, ...]:
    """Differences by payee and component; what the deal's own line earns is told apart from what else moves."""
    texts = pl.col(PART).cast(pl.String)
    earned = after.earnings.filter(pl.col("order_line_id") == deal.line_id)
    own = earned.select(texts, on_deal="earned").group_by(PART).agg(pl.col("on_deal").sum().cast(MONEY))
    sides = [
        money_paid(paid).group_by(PART).agg(pl.col("amount").sum().cast(MONEY).alias(name))
        for paid, name in ((before, "before"), (after, "after"))
    ]
    both = (
        sides[0]
        .join(sides[1], on=PART, how="full", coalesce=True, validate="1:1")
        .join(own, on=PART, how="left", validate="1:1")
    )
    both = both.with_columns(pl.col("before", "after", "on_deal").fill_null(Decimal(0)).cast(MONEY))
    both = both.with_columns(
        elsewhere=(pl.col("after") - pl.col("before") - pl.col("on_deal")).cast(MONEY),
        gained=(pl.col("after") - pl.col("before")).cast(MONEY),
        is_on_deal=pl.struct(PART).is_in(own.select(pl.struct(PART)).to_series().implode()),
    ).filter((pl.col("gained") != 0) | pl.col("is_on_deal"))
    whole = pl.col("gained").sum().over("payee_id")
    descending = [True, False, True, False, False, False]
    rows = both.sort(whole, "payee_id", "gained", *PART[1:], descending=descending).rows(named=True)
    return tuple(_gain(row, earned, before, after, plans) for row in rows)


def _gain(row: Row, earned: pl.DataFrame, before: Paid, after: Paid, plans: Sequence[Plan]) -> Gain:
    """The difference in one component, with the sentences of the deal's earnings and where the payee would stand."""
    part = [pl.col(name).cast(pl.String) == row[name] for name in ("payee_id", "plan", "component")]
    lines = earned.filter(*part).sort("credit_number", "slice_number")
    changes = after.earning_changes.filter(*part, pl.col("order_line_id") == earned["order_line_id"].first())
    sentences = []
    for line in lines.rows(named=True):
        own = [each for each in changes.rows(named=True) if all(str(each[n]) == str(line[n]) for n in SLICE)]
        sentences.append(earning_sentence(line, plans, own))
    places = lines.group_by(PLACE, maintain_order=True).agg(
        pl.col("fiscal_period").last(), pl.col("position_before").first(), pl.col("position_after").last()
    )
    counts = _counted(lines.row(0, named=True), plans) if lines.height else None
    told = tuple({**place, **_standing(place, before, after), "counted": counts} for place in places.rows(named=True))
    return Gain(
        payee_id=row["payee_id"], plan=row["plan"], component=row["component"], currency=row["currency"],
        on_deal=row["on_deal"], elsewhere=row["elsewhere"], sentences=tuple(sentences), places=told,
    )  # fmt: skip


def _counted(line: Row, plans: Sequence[Plan]) -> str:
    """What the component of an earning counts: ``revenue``, ``units``, ``team margin``."""
    version = version_named(plans, str(line["plan"]), str(line["plan_version"]))
    return counted_by(component_named(version, str(line["component"])))


def _standing(place: Row, before: Paid, after: Paid) -> dict[str, Any]:
    """Attainment at the end of the deal's period without it and with it, and where the next tier starts."""
    names = [*PLACE, "fiscal_period"]
    found = [
        paid.attainment.filter(*(pl.col(name).cast(pl.String) == str(place[name]) for name in names)).rows(named=True)
        for paid in (before, after)
    ]
    without, with_it = ((rows[0] if rows else {}) for rows in found)
    return {
        "attainment_before": without.get("attainment"),
        "attainment_after": with_it.get("attainment"),
        "rate_before": without.get("tier_rate"),
        "rate_after": with_it.get("tier_rate"),
        "quota": with_it.get("quota"),
        "next_tier_at": with_it.get("next_tier_at"),
    }


def _moved(before: pl.DataFrame, after: pl.DataFrame) -> tuple[Row, ...]:
    """Readings whose value or effect the deal changes, as they stand last."""
    sides = [
        frame.with_columns(pl.col(READ).cast(pl.String)).unique(READ, keep="last", maintain_order=True)
        for frame in (before, after)
    ]
    figures = sides[0].select(*READ, value_before="value", effect_before="effect")
    joined = sides[1].join(figures, on=READ, how="left", validate="1:1", maintain_order="left")
    moved = pl.col("value").ne_missing(pl.col("value_before")) | pl.col("effect").ne_missing(pl.col("effect_before"))
    return tuple(joined.filter(moved).sort(READ).rows(named=True))
