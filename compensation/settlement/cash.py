"""How much of each order is invoiced or paid, and what is past its guard period: what releases an earning that waits for it."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import thousandths
from compensation.payout.bonuses.shown import shown_amount
from compensation.settlement.terms import Period
from schemas.rules.component import Release
from schemas.rules.plan import Plan

Facts = dict[str, pl.DataFrame]
CASH = pl.Schema(
    {
        "plan": pl.String, "component": pl.String, "order_line_id": pl.String, "on": pl.String, "paid": pl.Int64, "owed": pl.Int64,
        "words": pl.String, "expected": pl.String,
    }
)  # fmt: skip


def cash_of(plans: Sequence[Plan], facts: Facts, period: Period) -> pl.DataFrame:
    """For every component that waits: how much of each line's order came, and is owed at all, by the end of the open period.

    Owed is what confirmed lines come to, less returns. What came counts ``guard_days`` after its date, and ``guard_periods``
    fiscal periods after the one of that day. A payment below 0 is one that was returned. All of it is of the order.

    Args:
        plans: All plans; a component's rule is that of its last version.
        facts: Contract tables ``orders``, ``order_lines``, ``returns``, ``invoices`` and ``payments``.
        period: The open one; what comes after it is not known yet.

    Returns:
        ``plan``, ``component``, ``order_line_id``, ``on`` (what it waits for), ``paid`` and ``owed`` (thousandths, in the order's
        currency), ``words`` and ``expected`` (the period in which more is released by what came already; else empty); no row
        where nothing waits.

    Source:
        ``docs/plans/settlement.md``.
    """
    return _waiting({key: rule for key, rule in _rules(plans).items() if waits(rule)}, facts, period)


def holdback_cash(plans: Iterable[str], on: Mapping[str, str], facts: Facts, period: Period) -> pl.DataFrame:
    """The same for plans whose holdback waits for invoices or payments: ``component`` is empty.

    Args:
        plans: Plans.
        on: What the holdback of each waits for.
        facts: See ``cash_of``.
        period: The open one.
    """
    rules = {(plan, ""): Release.model_validate({"on": on[plan]}) for plan in sorted(set(plans))}
    return _waiting(rules, facts, period)


def waits(release: Release) -> bool:
    """Whether a release keeps pay back at all."""
    return release.on != "booking" or release.guard_days > 0 or release.guard_periods > 0


def _rules(plans: Sequence[Plan]) -> dict[tuple[str, str], Release]:
    found = {}
    for plan in plans:
        for version in sorted(plan.versions, key=lambda one: (one.valid_from, one.decided_on)):
            for part in version.components:
                found[plan.plan, part.component] = part.release
    return found


def _waiting(rules: Mapping[tuple[str, str], Release], facts: Facts, period: Period) -> pl.DataFrame:
    if not rules:
        return pl.DataFrame(schema=CASH)
    owed = _owed(facts, period)
    told = {rule: _told(owed, _came(facts, rule, period), rule, period) for rule in rules.values()}
    parts = [
        told[rule].with_columns(plan=pl.lit(plan), component=pl.lit(component), on=pl.lit(rule.on))
        for (plan, component), rule in rules.items()
    ]
    return pl.concat([part.select(CASH.names()).cast(CASH) for part in parts])


def _owed(facts: Facts, period: Period) -> pl.DataFrame:
    """``order_line_id``, ``order_id`` and ``currency`` of every line, with what its whole order owes."""
    lines = facts["order_lines"].select(
        "order_line_id", "order_id", units=thousandths(pl.col("net_amount")).cast(pl.Int64)
    )
    orders = facts["orders"]
    booked = lines.join(orders.filter(pl.col("status") == "confirmed"), on="order_id", how="semi")
    back = facts["returns"].filter(pl.col("return_date") < period.end)
    back = back.join(lines, on="order_line_id", how="inner", validate="m:1")
    returned = back.select("order_id", units=-thousandths(pl.col("amount")).cast(pl.Int64))
    both = pl.concat([booked.select("order_id", "units"), returned])
    sums = both.group_by("order_id").agg(owed=pl.col("units").sum())
    coded = lines.join(orders.select("order_id", "currency"), on="order_id", how="left", validate="m:1")
    return coded.join(sums, on="order_id", how="left", validate="m:1").with_columns(pl.col("owed").fill_null(0))


def _came(facts: Facts, release: Release, period: Period) -> pl.DataFrame:
    """What came of each order: ``order_id``, ``paid`` so far, and ``next``, the number of the period in which more is released."""
    dated = _happened(facts, release.on).with_columns(on=pl.col("date") + pl.duration(days=release.guard_days))
    placed = _numbered(dated, period).with_columns(place=pl.col("place") + release.guard_periods)
    here = period.order.index(period.name)
    known = placed.filter(pl.col("is_known"))
    paid = known.filter(pl.col("place") <= here).group_by("order_id").agg(paid=pl.col("units").sum())
    later = placed.filter(pl.col("place") > here).group_by("order_id").agg(next=pl.col("place").min())
    return paid.join(later, on="order_id", how="full", coalesce=True, validate="1:1")


def _happened(facts: Facts, on: str) -> pl.DataFrame:
    """What releases: ``order_id``, ``date`` and ``units``; of what is only expected (``is_known`` false) the day it falls due."""
    invoices = facts["invoices"].select("invoice_id", "order_id", "date", "due_date", units=_exact("amount"))
    if on == "booking":
        return facts["orders"].select(
            "order_id", date="order_date", units=pl.lit(WHOLE_ORDER), is_known=pl.lit(value=True)
        )
    if on == "invoice":
        return invoices.select("order_id", "date", "units", is_known=pl.lit(value=True))
    of = invoices.select("invoice_id", _order="order_id")
    known = facts["payments"].join(of, on="invoice_id", how="left", validate="m:1", maintain_order="left")
    paid = known.select(pl.coalesce("order_id", "_order"), "date", units=_exact("amount"), is_known=pl.lit(value=True))
    falls_due = invoices.drop_nulls("due_date").select(
        "order_id", date="due_date", units="units", is_known=pl.lit(value=False)
    )
    return pl.concat([paid, falls_due])


def _exact(name: str) -> pl.Expr:
    return thousandths(pl.col(name)).cast(pl.Int64)


def _numbered(rows: pl.DataFrame, period: Period) -> pl.DataFrame:
    """The same rows with ``place``: the number of the fiscal period with the day ``on``; of one after the last, the next number."""
    ends = pl.DataFrame({"end": period.ends}, schema={"end": pl.Date}).with_row_index("place", offset=1)
    found = rows.sort("on").join_asof(ends, left_on="on", right_on="end", strategy="backward", check_sortedness=False)
    return found.with_columns(pl.col("place").fill_null(0).cast(pl.Int64))


def _told(owed: pl.DataFrame, came: pl.DataFrame, release: Release, period: Period) -> pl.DataFrame:
    """Each line with what came of its order, in words too, and the period in which more is released as far as is known."""
    both = owed.join(came, on="order_id", how="left", validate="m:1", maintain_order="left")
    known = both.with_columns(pl.col("paid").fill_null(0))
    figures = known.select("paid", "owed", "currency").unique()
    said = [_words(release, *row) for row in figures.rows()]
    names = pl.Series([*period.order, None], dtype=pl.String)
    expected = pl.lit(names).gather(pl.min_horizontal(pl.col("next"), len(period.order)))
    told = known.join(
        figures.with_columns(words=pl.Series(said, dtype=pl.String)), on=figures.columns, how="left", validate="m:1",
        nulls_equal=True, maintain_order="left",
    )  # fmt: skip
    return told.with_columns(expected=expected)


def _words(release: Release, paid: int, owed: int, currency: str | None) -> str:
    """What came, and what it is measured against: ``payment: 500.00 of 1,000.00 EUR``."""
    if release.on == "booking":
        return "booking: in its guard period" if paid < owed else "booking: the guard period is over"
    digits = minor_unit_digits(currency) if currency else 3
    came, whole = (shown_amount(units // 10 ** (3 - digits), digits) for units in (paid, owed))
    return f"{release.on}: {came} of {whole} {currency}"


WHOLE_ORDER = 2**61
"""More than any order comes to: a booking that is past its guard period releases all of it."""
