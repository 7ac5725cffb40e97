"""What every line earns as known now, and what it is computed from: one row a line, its basis as JSON."""

from collections.abc import Mapping

import polars as pl

from compensation.settlement.splice import Facts

LINE = [
    "payee_id",
    "currency",
    "plan",
    "component",
    "earning_period",
    "order_line_id",
    "return_id",
    "credit_number",
]
"""What a posting is for: one line of one component, in the period that it belongs to."""

CREDIT = ["order_line_id", "return_id", "credit_number"]
TEXTS = ("currency", "plan", "plan_version", "component", "window")
ORDER = ("plan", "component", "payee_id", *CREDIT, "position_before", "slice_number")
BASIS = (
    "order", "event_date", "sale_date", "date_source", "amount", "amount_source", "motion", "rule", "plan_version", "window",
    "quota", "incentive", "factor", "credited", "position_before", "position_after", "tier_rate", "changed", "value", "detail",
)  # fmt: skip


def due_lines(
    earnings: pl.DataFrame,
    bonuses: pl.DataFrame,
    *,
    credits: pl.DataFrame | None = None,
    attainment: pl.DataFrame | None = None,
    curves: pl.DataFrame | None = None,
    changes: pl.DataFrame | None = None,
    facts: Facts | None = None,
    corrections: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """What every line earns as known now: slices added up, and pay that no credit earns.

    Args:
        earnings: Contract ``Earning``.
        bonuses: Contract ``BonusPart``.
        credits: Contract ``Credit``; with it the basis names dates, amount, motion and order.
        attainment: Contract ``Attainment``; with it the quota.
        curves: Contract ``CurvePiece``; with it the target incentive and the factor of gates and multipliers.
        changes: Contract ``EarningChange``; with it what caps and factors changed.
        facts: Contract tables; with them file and line of dates and amounts.
        corrections: Contract ``AppliedCorrection``; with it the corrections of operations behind those.

    Returns:
        One row a line: ``LINE``, ``due`` and ``basis`` (JSON of what it was computed from, keys in order).
    """
    own = earnings.with_columns(pl.col(name).cast(pl.String) for name in ("payee_id", "fiscal_period", *TEXTS))
    lines = own.sort(*ORDER).group_by(_named(LINE), maintain_order=True).agg(
        due=pl.col("earned").sum(), plan_version=pl.col("plan_version").last(), window=pl.col("window").last(),
        credited=pl.col("credited").sum(), position_before=pl.col("position_before").first(),
        position_after=pl.col("position_after").last(), tier_rate=pl.col("tier_rate").last(),
    )  # fmt: skip
    parts = bonuses.group_by("payee_id", "currency", "plan", "component", "fiscal_period", maintain_order=True).agg(
        due=pl.col("amount").sum(), plan_version=pl.col("plan_version").last(), window=pl.col("window").last(),
        value=pl.col("value").cast(pl.String).str.join("; "), detail=pl.col("detail").str.join("; "),
        incentive=pl.col("base").sum(),
    )  # fmt: skip
    sides = {
        "credits": credits,
        "attainment": attainment,
        "curves": curves,
        "changes": changes,
        "corrections": corrections,
    }
    given = {name: table for name, table in sides.items() if table is not None}
    both = pl.concat([_joined(lines, given, facts), parts], how="diagonal")
    whole = both.rename({"fiscal_period": "earning_period"})
    names = [pl.col(name).cast(pl.String) for name in BASIS if name in whole.columns]
    return whole.select(*LINE, "due", basis=pl.struct(names).struct.json_encode())


def _named(line: list[str]) -> list[str]:
    """The columns of a line as earnings call them."""
    return ["fiscal_period" if name == "earning_period" else name for name in line]


def _joined(lines: pl.DataFrame, given: Mapping[str, pl.DataFrame], facts: Facts | None) -> pl.DataFrame:
    """Lines with the facts and rules behind them, of the tables that are given."""
    window = ["payee_id", "plan", "component", "window"]
    sides: list[tuple[list[str], pl.DataFrame]] = []
    if "credits" in given:
        names = ("event_date", "sale_date", "amount", "motion", "rule")
        texts = [pl.col(name).cast(pl.String) for name in names]
        sides.append((CREDIT, given["credits"].select(*CREDIT, *texts, order=pl.col("order_id"))))
    if facts is not None:
        sides.append((["order_line_id", "return_id"], _sources(facts, given.get("corrections"))))
    if "attainment" in given:
        sides.append((window, _last(given["attainment"], window, "quota")))
    if "curves" in given:
        sides.append((window, _last(given["curves"], window, "incentive", "factor")))
    if "changes" in given:
        key = ["payee_id", "plan", "component", *CREDIT]
        sides.append((key, given["changes"].group_by(key).agg(changed=pl.col("change").sum())))
    found = lines
    for key, side in sides:
        found = found.join(side, on=key, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    return found


def _sources(facts: Facts, corrections: pl.DataFrame | None) -> pl.DataFrame:
    """File and line of the amount and of the date of each order line and return, and the corrections that were laid over them."""
    orders = _placed(facts, "orders", "order_id", corrections).select("order_id", date_source="place")
    lines = _placed(facts, "order_lines", "order_line_id", corrections).select(
        "order_line_id", "order_id", amount_source="place"
    )
    sales = lines.join(orders, on="order_id", how="left", validate="m:1").with_columns(return_id=pl.lit(None, dtype=pl.String))  # fmt: skip
    returns = _placed(facts, "returns", "return_id", corrections).with_columns(
        amount_source="place", date_source="place"
    )
    names = ["order_line_id", "return_id", "amount_source", "date_source"]
    return pl.concat([sales.select(names), returns.select(names)])


def _placed(facts: Facts, table: str, key: str, corrections: pl.DataFrame | None) -> pl.DataFrame:
    """A table with ``place``: ``order_lines.csv:17``, or ``order_lines.csv:17, correction C1``."""
    placed = facts[table].with_columns(place=pl.format("{}:{}", pl.col("source_file").cast(pl.String), "source_line"))
    own = None if corrections is None else corrections.filter(pl.col("table").cast(pl.String) == table)
    if own is None or own.is_empty():
        return placed
    ids = own.group_by(pl.col("record_key").cast(pl.String).alias(key)).agg(
        _fixed=pl.format(", correction {}", pl.col("correction_id").sort().str.join(" and "))
    )
    found = placed.join(ids, on=key, how="left", validate="m:1", maintain_order="left")
    return found.with_columns(place=pl.concat_str("place", pl.col("_fixed").fill_null("")))


def _last(rows: pl.DataFrame, key: list[str], *names: str) -> pl.DataFrame:
    """The last of each figure in the order of the table, per payee, plan, component and window."""
    texts = rows.with_columns(pl.col(key).cast(pl.String))
    return texts.group_by(key, maintain_order=True).agg(pl.col(name).drop_nulls().last() for name in names)
