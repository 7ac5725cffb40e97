"""How much of each order is invoiced or paid: what releases an earning that waits for it."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from compensation.money import thousandths
from schemas.rules.component import Release
from schemas.rules.plan import Plan

Facts = dict[str, pl.DataFrame]
CASH = pl.Schema(
    {
        "plan": pl.String, "component": pl.String, "order_line_id": pl.String, "paid": pl.Int64, "owed": pl.Int64, "words": pl.String
    }
)  # fmt: skip


def cash_of(plans: Sequence[Plan], facts: Facts, until: date) -> pl.DataFrame:
    """For every component that waits for invoices or payments: how much of each line's order came, and is owed at all.

    Owed is what confirmed lines come to, less returns; what came is counted ``guard_days`` after its date. A payment below 0 is
    one that was returned. Both are of the order, in its currency, in thousandths.

    Args:
        plans: All plans; a component's rule is that of its last version.
        facts: Contract tables ``orders``, ``order_lines``, ``returns``, ``invoices`` and ``payments``.
        until: First day that is not known: the end of the period.

    Returns:
        ``plan``, ``component``, ``order_line_id``, ``paid``, ``owed`` and ``words``; no row where nothing waits.

    Source:
        ``docs/plans/modifiers.md``.
    """
    rules = _rules(plans)
    if not rules:
        return pl.DataFrame(schema=CASH)
    owed = _owed(facts, until)
    parts = []
    for (plan, component), release in rules.items():
        came = _came(facts, release, until)
        both = owed.join(came, on="order_id", how="left", validate="m:1", maintain_order="left")
        parts.append(
            both.select(
                "order_line_id", "owed", plan=pl.lit(plan), component=pl.lit(component), paid=pl.col("paid").fill_null(0),
                words=pl.lit(f"released by {release.on}, in proportion to what came"),
            ).select(CASH.names()).cast(CASH)
        )  # fmt: skip
    return pl.concat(parts)


def _rules(plans: Sequence[Plan]) -> dict[tuple[str, str], Release]:
    found = {}
    for plan in plans:
        for version in sorted(plan.versions, key=lambda one: (one.valid_from, one.decided_on)):
            for part in version.components:
                found[plan.plan, part.component] = part.release
    return {key: release for key, release in found.items() if release.on != "booking"}


def _owed(facts: Facts, until: date) -> pl.DataFrame:
    """``order_line_id`` and ``order_id`` of every line, with what its whole order owes."""
    lines = facts["order_lines"].select(
        "order_line_id", "order_id", units=thousandths(pl.col("net_amount")).cast(pl.Int64)
    )
    confirmed = facts["orders"].filter(pl.col("status") == "confirmed").select("order_id")
    booked = lines.join(confirmed, on="order_id", how="semi")
    back = (
        facts["returns"]
        .filter(pl.col("return_date") < until)
        .join(lines, on="order_line_id", how="inner", validate="m:1")
    )
    returned = back.select("order_id", units=-thousandths(pl.col("amount")).cast(pl.Int64))
    sums = (
        pl.concat([booked.select("order_id", "units"), returned]).group_by("order_id").agg(owed=pl.col("units").sum())
    )
    return lines.join(sums, on="order_id", how="left", validate="m:1").with_columns(pl.col("owed").fill_null(0))


def _came(facts: Facts, release: Release, until: date) -> pl.DataFrame:
    invoices = facts["invoices"].select("invoice_id", "order_id", "date", "amount")
    if release.on == "invoice":
        rows = invoices
    else:
        payments, of = facts["payments"], invoices.select("invoice_id", _order="order_id")
        known = payments.join(of, on="invoice_id", how="left", validate="m:1", maintain_order="left")
        rows = known.with_columns(order_id=pl.coalesce("order_id", "_order"))
    counted = rows.filter(pl.col("date") + pl.duration(days=release.guard_days) < until)
    return counted.group_by("order_id").agg(paid=thousandths(pl.col("amount")).sum().cast(pl.Int64))
