"""The figures of a statement, one builder per section; each returns rows with the columns of ``StatementLine``."""

import polars as pl

from compensation.money import divided, share_of, thousandths
from compensation.statement.due import STATEMENT
from compensation.statement.labels import COMPONENT_KEY
from schemas.core.statement import StatementLine
from schemas.dtypes import MONEY, RATE

COMPONENT = [*STATEMENT, "plan", "component", "measure"]
COUNTED_OTHERWISE = "Revenue behind what is counted otherwise"
ONE = 10**6
"""A rate of 1 in the millionths that ``Decimal(38, 6)`` counts."""


def component_totals(
    earnings: pl.DataFrame,
    bonuses: pl.DataFrame,
    attainment: pl.DataFrame,
    due: pl.DataFrame,
    previous: dict[str, str],
) -> pl.DataFrame:
    """One row per statement, plan, component and measure: credited, earned, earned one period before, rows.

    A component without an earning is there too, with zeros, when the payee stands somewhere on it or earned on it
    in the period before. Bonuses, pools, guarantees and carried excess are components without a measure, that count nothing.

    Args:
        earnings: ``Earning`` rows of the periods and of the period before each.
        bonuses: ``BonusPart`` rows of the same.
        attainment: ``Attainment`` rows of the periods.
        due: ``Statement`` rows.
        previous: The period that comes after each: ``{"2026-P02": "2026-P03"}``.
    """
    by_credits = earnings.group_by(COMPONENT).agg(
        pl.col("credited").sum().cast(MONEY), pl.col("earned").sum(), rows=pl.len().cast(pl.Int64)
    )
    without = bonuses.group_by(COMPONENT[:-1]).agg(earned=pl.col("amount").sum(), rows=pl.len().cast(pl.Int64))
    nothing = without.with_columns(measure=pl.lit(None, dtype=pl.String), credited=pl.lit(0, dtype=MONEY))
    now = pl.concat([by_credits, nothing.select(by_credits.columns)])
    before = now.with_columns(
        pl.col("fiscal_period").replace_strict(previous, default=None, return_dtype=pl.String)
    ).drop_nulls("fiscal_period")
    keys = pl.concat([frame.select(COMPONENT) for frame in (now, attainment, before)]).unique()
    zero = pl.lit(0, dtype=MONEY)
    return (
        keys.join(due.select(STATEMENT), on=STATEMENT, how="semi")
        .join(now, on=COMPONENT, how="left", nulls_equal=True, validate="1:1")
        .join(
            before.select(*COMPONENT, earned_before="earned"),
            on=COMPONENT,
            how="left",
            nulls_equal=True,
            validate="1:1",
        )
        .with_columns(pl.col("credited", "earned", "earned_before").fill_null(zero), pl.col("rows").fill_null(0))
    )


def component_lines(totals: pl.DataFrame) -> pl.DataFrame:
    """Credited, average rate, commission, the period before and the change, per component; ``totals`` with labels."""
    ordered = totals.sort(*STATEMENT, "place", "label", "measure").with_columns(
        row=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(STATEMENT)
    )
    amounts = {
        "component_credited": pl.col("credited"),
        "component_earned": pl.col("earned"),
        "component_earned_before": pl.col("earned_before"),
        "component_change": pl.col("earned") - pl.col("earned_before"),
    }
    lines = [
        _lines(ordered, figure, "components", amount=amount, counted=figure == "component_credited")
        for figure, amount in amounts.items()
    ]
    return pl.concat([*lines, _lines(ordered, "component_rate", "components", rate=average_rate())])


def average_rate() -> pl.Expr:
    """Commission ÷ revenue, for printing; empty where there is no revenue."""
    rate = share_of(thousandths(pl.col("earned")), pl.lit(ONE), thousandths(pl.col("credited")))
    return pl.when(pl.col("credited") != 0).then(rate.cast(pl.Int128).reinterpret(dtype=RATE))


def revenue_lines(
    totals: pl.DataFrame, unpaid: pl.DataFrame, again: pl.DataFrame, otherwise: pl.DataFrame, due: pl.DataFrame
) -> pl.DataFrame:
    """Credited revenue, each credit once, and what leads from the components that count it to it.

    Components of revenue + credits that earn nothing + credits that only components of something else count − credits that a
    second component counts again = credited revenue.
    """
    summed = (
        due.select(STATEMENT)
        .join(_sum(totals.filter(pl.col("counted").is_null()), "credited"), on=STATEMENT, how="left", validate="1:1")
        .join(_sum(unpaid, "amount", rows=True), on=STATEMENT, how="left", validate="1:1")
        .join(_sum(again, "again"), on=STATEMENT, how="left", validate="1:1")
        .join(_sum(otherwise, "otherwise"), on=STATEMENT, how="left", validate="1:1")
        .with_columns(
            pl.col("credited", "amount", "again", "otherwise").fill_null(pl.lit(0, dtype=MONEY)),
            pl.col("rows").fill_null(0),
        )
    )
    whole = pl.col("credited") + pl.col("amount") + pl.col("otherwise") - pl.col("again")
    blank = summed.with_columns(plan=None, component=None, measure=None)
    others = blank.filter(pl.col("otherwise") != 0)
    return pl.concat([
        _lines(blank, "credited_revenue", "summary", amount=whole, row=1, rows=None, label="Credited revenue"),
        _lines(blank, "unpaid_revenue", "components", amount=pl.col("amount"), row=9001, label="In no component"),
        _lines(blank, "counted_again", "components", amount=-pl.col("again"), row=9002, rows=None, label="Counted by a second component"),
        _lines(others, "counted_otherwise", "components", amount=pl.col("otherwise"), row=9003, rows=None, label=COUNTED_OTHERWISE),
    ])  # fmt: skip


def bridge_lines(
    earnings: pl.DataFrame, bonuses: pl.DataFrame, due: pl.DataFrame, previous: dict[str, str]
) -> pl.DataFrame:
    """From earned to paid: sales, clawbacks, bonuses and guarantee where there are any, earned, what a negative result carries forward, net payable."""
    returned = pl.col("return_id").is_not_null()
    sums = earnings.group_by(STATEMENT).agg(
        sales=pl.col("earned").filter(~returned).sum(), clawback=pl.col("earned").filter(returned).sum(),
        sale_rows=(~returned).sum().cast(pl.Int64), return_rows=returned.sum().cast(pl.Int64),
    )  # fmt: skip
    is_guarantee = pl.col("kind") == "guarantee"
    others = bonuses.group_by(STATEMENT).agg(
        bonus=pl.col("amount").filter(~is_guarantee).sum(), guarantee=pl.col("amount").filter(is_guarantee).sum(),
        bonus_rows=(~is_guarantee).sum().cast(pl.Int64), guarantee_rows=is_guarantee.sum().cast(pl.Int64),
    )  # fmt: skip
    zero, parts = pl.lit(0, dtype=MONEY), ("sales", "clawback", "bonus", "guarantee")
    sums = sums.join(others, on=STATEMENT, how="full", coalesce=True, validate="1:1").with_columns(
        pl.col(parts).fill_null(zero)
    )
    sums = sums.with_columns(earned=pl.sum_horizontal(parts).cast(MONEY))
    before = sums.select(
        "payee_id",
        pl.col("fiscal_period").replace_strict(previous, default=None, return_dtype=pl.String),
        "currency",
        before="earned",
    )
    counts = ("sale_rows", "return_rows", "bonus_rows", "guarantee_rows")
    all_due = (
        due.select(STATEMENT)
        .join(sums, on=STATEMENT, how="left", validate="1:1")
        .join(before.drop_nulls("fiscal_period"), on=STATEMENT, how="left", validate="1:1")
        .with_columns(
            pl.col(*parts, "earned", "before").fill_null(zero),
            pl.col(counts).fill_null(0),
        )
        .with_columns(plan=None, component=None, measure=None)
    )
    earned, nothing = pl.col("earned"), pl.lit(None, dtype=pl.Int64)
    steps = (
        ("earned_on_sales", "Commission earned on sales", pl.col("sales"), pl.col("sale_rows")),
        ("clawback", "Clawbacks for returns", pl.col("clawback"), pl.col("return_rows")),
        ("bonus", "Bonuses and pools", pl.col("bonus"), pl.col("bonus_rows")),
        ("guarantee", "Guarantee", pl.col("guarantee"), pl.col("guarantee_rows")),
        ("earned", "Commission earned", earned, pl.sum_horizontal(counts)),
        ("carried_forward", "Negative result carried forward, not paid", pl.min_horizontal(earned, zero), nothing),
        ("net_payable", "Net payable", pl.max_horizontal(earned, zero), nothing),
        ("earned_before", "Commission earned, period before", pl.col("before"), nothing),
    )
    where = {figure: pl.col(f"{figure}_rows") > 0 for figure in ("bonus", "guarantee")}
    return pl.concat(
        _lines(
            all_due.filter(where.get(figure, True)), figure, "bridge", amount=amount, row=row, rows=rows, label=label
        )
        for row, (figure, label, amount, rows) in enumerate(steps, start=1)
    )


def attainment_lines(attainment: pl.DataFrame) -> pl.DataFrame:
    """Quota, position, attainment, distance to the next tier and rate, per position, the newest window of each first."""
    order = [*STATEMENT, "place", "label", "measure", "window"]
    ordered = attainment.sort(order, descending=[name == "window" for name in order]).with_columns(
        row=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(STATEMENT),
        label=pl.format("{} · {}", "label", "window"),
        rows=pl.lit(None, dtype=pl.Int64),
    )
    distance = divided((pl.col("next_tier_at") - pl.col("position")).to_physical(), ONE).reinterpret(dtype=MONEY)
    first_quota = ordered.filter(pl.col("attainment").is_not_null()).unique(
        STATEMENT, keep="first", maintain_order=True
    )
    lines = [
        _lines(ordered, "position", "attainment", amount=pl.col("position"), counted=True),
        _lines(ordered.drop_nulls("quota"), "quota", "attainment", amount=pl.col("quota"), counted=True),
        _lines(ordered.drop_nulls("next_tier_at"), "to_next_tier", "attainment", amount=distance, counted=True),
        _lines(ordered.drop_nulls("attainment"), "attainment", "attainment", rate=pl.col("attainment")),
        _lines(ordered, "tier_rate", "attainment", rate=pl.col("tier_rate")),
        _lines(first_quota, "headline_attainment", "summary", rate=pl.col("attainment"), row=2),
    ]
    return pl.concat(lines)


def _sum(frame: pl.DataFrame, column: str, *, rows: bool = False) -> pl.DataFrame:
    count = {"rows": pl.len().cast(pl.Int64)} if rows else {}
    return frame.group_by(STATEMENT).agg(pl.col(column).sum().cast(MONEY), **count)


def _lines(
    frame: pl.DataFrame, figure: str, section: str, *, amount: pl.Expr | None = None, rate: pl.Expr | None = None,
    row: int | None = None, rows: pl.Expr | str | None = "rows", label: str | None = None, counted: bool = False,
) -> pl.DataFrame:  # fmt: skip
    """Rows of one figure in the columns of ``StatementLine``."""
    given = {
        "figure": pl.lit(figure),
        "section": pl.lit(section),
        "row": pl.col("row") if row is None else pl.lit(row, dtype=pl.Int32),
        "label": pl.col("label") if label is None else pl.lit(label),
        "amount": pl.lit(None, dtype=MONEY) if amount is None else amount.cast(MONEY),
        "rate": pl.lit(None, dtype=RATE) if rate is None else rate.cast(RATE),
        "rows": pl.lit(None, dtype=pl.Int64) if rows is None else (pl.col(rows) if isinstance(rows, str) else rows),
        "counted": pl.col("counted") if counted else pl.lit(None, dtype=pl.String),
        "window": pl.col("window") if "window" in frame.columns else pl.lit(None, dtype=pl.String),
    }
    kept = [pl.col(name).cast(pl.String) for name in (*STATEMENT, *COMPONENT_KEY)]
    return frame.select(*kept, **given).select(StatementLine.columns())
