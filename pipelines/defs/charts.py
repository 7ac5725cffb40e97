"""Two small pictures for Dagster's pages: where booked revenue went, and what was earned. Sums only."""

import base64
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import dagster as dg
import polars as pl

from pipelines.defs.shown import FEWEST_PAYEES
from schemas.core.attribution import EXCLUDED, HOUSE

NAVY, BLUE, PALE, GREY, TEXT = "#1F3864", "#2F5597", "#8FAADC", "#BFBFBF", "#262626"
COLOURS = (NAVY, BLUE, PALE, "#70AD47", "#C55A11", "#7F7F7F")


def bridge_chart(credits: pl.DataFrame, currency: str) -> dg.MarkdownMetadataValue:
    """Booked revenue, step by step, to what people, the house and excluded accounts were credited."""
    steps = bridge_steps(credits)
    figure, axes = _figure(f"From booked to credited revenue ({currency})")
    base = Decimal(0)
    for number, (label, amount) in enumerate(steps):
        is_total = number == 0
        low = Decimal(0) if is_total else base - amount
        axes.bar(
            number,
            float(amount),
            bottom=float(low),
            color=NAVY if is_total else (GREY if label in ("House", "Excluded") else BLUE),
            width=0.62,
        )
        axes.annotate(
            f"{amount:,.0f}",
            (number, float(max(low + amount, low))),
            ha="center",
            va="bottom",
            fontsize=8,
            color=TEXT,
            xytext=(0, 2),
            textcoords="offset points",
        )
        base = amount if is_total else low
    axes.set_xticks(range(len(steps)), [label for label, _ in steps], fontsize=8)
    words = "; ".join(f"{label} {amount:,.2f}" for label, amount in steps)
    return _picture(figure, f"Bridge in {currency}: {words}")


def bridge_steps(credits: pl.DataFrame) -> list[tuple[str, Decimal]]:
    """Booked revenue and its parts: people by motion, house, excluded."""
    receiver = (
        pl.when(pl.col("payee_id") == HOUSE)
        .then(pl.lit("House"))
        .when(pl.col("payee_id") == EXCLUDED)
        .then(pl.lit("Excluded"))
    )
    names = {"new_business": "New business", "retention": "Retention", "growth": "Growth"}
    parts = credits.group_by(part=receiver.otherwise(pl.col("motion").cast(pl.String).replace(names))).agg(
        pl.col("amount").sum()
    )
    sums = dict(parts.rows())
    found = [(label, sums.get(label, Decimal(0))) for label in (*names.values(), "House", "Excluded")]
    return [("Booked", sum((amount for _, amount in found), Decimal(0))), *found]


def earnings_chart(earnings: pl.DataFrame) -> dg.MarkdownMetadataValue | None:
    """Earnings by component and fiscal period, the last twelve; a bar needs five payees, or it would tell somebody's pay."""
    shown = earnings_shown(earnings)
    if shown.is_empty():
        return None
    currency = shown["currency"][0]
    periods = shown["fiscal_period"].unique().sort().to_list()
    figure, axes = _figure(f"Earned by component and fiscal period ({currency})")
    below = dict.fromkeys(periods, Decimal(0))
    for number, component in enumerate(shown["component"].unique().sort().to_list()):
        rows = dict(shown.filter(pl.col("component") == component).select("fiscal_period", "earned").rows())
        heights = [rows.get(period, Decimal(0)) for period in periods]
        axes.bar(
            range(len(periods)),
            _floats(heights),
            bottom=_floats(below[period] for period in periods),
            label=component.replace("_", " "),
            color=COLOURS[number % len(COLOURS)],
            width=0.7,
        )
        below = {period: below[period] + height for period, height in zip(periods, heights, strict=True)}
    axes.set_xticks(range(len(periods)), [period[2:] for period in periods], fontsize=8)
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    return _picture(
        figure, f"Earnings in {currency} by fiscal period; sums over fewer than {FEWEST_PAYEES} people are left out"
    )


def earnings_shown(earnings: pl.DataFrame) -> pl.DataFrame:
    """Sums by component and period that five or more people share; the rest is pooled where that is five people or more.

    The currency that most rows are in; its last twelve periods.
    """
    rows = earnings.select("payee_id", "earned", pl.col("currency", "component", "fiscal_period").cast(pl.String))
    if rows.is_empty():
        return pl.DataFrame(
            schema={
                "currency": pl.String,
                "component": pl.String,
                "fiscal_period": pl.String,
                "earned": rows.schema["earned"],
            }
        )
    main = rows["currency"].value_counts(sort=True).sort("count", "currency", descending=[True, False])["currency"][0]
    last = rows["fiscal_period"].unique().sort()[-12:]
    kept = rows.filter((pl.col("currency") == main) & pl.col("fiscal_period").is_in(last.to_list()))
    people = pl.col("payee_id").n_unique()
    is_wide = people.over("component", "fiscal_period") >= FEWEST_PAYEES
    pooled = kept.with_columns(
        component=pl.when(is_wide)
        .then("component")
        .otherwise(pl.lit("all components (each of fewer than five people)"))
    )
    sums = pooled.group_by("currency", "component", "fiscal_period").agg(pl.col("earned").sum(), payees=people)
    return sums.filter(pl.col("payees") >= FEWEST_PAYEES).drop("payees").sort("component", "fiscal_period")


def paid_chart(balances: pl.DataFrame) -> dg.MarkdownMetadataValue | None:
    """What was paid by fiscal period, the last twelve; the open one, paler, as it would be. A bar needs five payees."""
    shown = paid_shown(balances)
    if shown.is_empty():
        return None
    currency, periods = shown["currency"][0], shown["fiscal_period"].to_list()
    figure, axes = _figure(f"Paid by fiscal period ({currency})")
    colours = [*[NAVY] * (len(periods) - 1), PALE if periods[-1] == balances["fiscal_period"].max() else NAVY]
    axes.bar(range(len(periods)), _floats(shown["paid"]), color=colours, width=0.7)
    axes.set_xticks(range(len(periods)), [period[2:] for period in periods], fontsize=8)
    words = f"Paid in {currency} by fiscal period, the open one as it would be; sums over fewer than {FEWEST_PAYEES} people are left out"
    return _picture(figure, words)


def paid_shown(balances: pl.DataFrame) -> pl.DataFrame:
    """Sums by period that five or more people share, in the currency that most rows are in; its last twelve periods."""
    paid = balances.filter(pl.col("paid") != 0)
    if paid.is_empty():
        return paid.select("currency", "fiscal_period", "paid")
    main = paid["currency"].value_counts(sort=True).sort("count", "currency", descending=[True, False])["currency"][0]
    sums = paid.filter(pl.col("currency") == main).group_by("currency", "fiscal_period").agg(
        pl.col("paid").sum(), payees=pl.col("payee_id").n_unique()
    )  # fmt: skip
    return sums.filter(pl.col("payees") >= FEWEST_PAYEES).drop("payees").sort("fiscal_period").tail(12)


def risk_chart(risks: pl.DataFrame, currency: str) -> dg.MarkdownMetadataValue | None:
    """Customers with the most revenue at stake, each by its largest risk; at most ten."""
    if risks.is_empty():
        return None
    largest = risks.group_by("customer_id", maintain_order=True).first().head(10).reverse()
    figure, axes = _figure(f"Revenue at stake with key accounts ({currency})")
    axes.barh(range(largest.height), _floats(largest["revenue_at_stake"]), color=BLUE, height=0.62)
    labels = [f"{who}, {risk.replace('_', ' ')}" for who, risk in largest.select("customer_id", "risk").rows()]
    axes.set_yticks(range(largest.height), labels, fontsize=8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color="#E3E7EE", linewidth=0.7)
    words = "; ".join(
        f"{label} {stake:,.2f}"
        for label, stake in zip(labels[::-1], largest["revenue_at_stake"].reverse(), strict=True)
    )
    return _picture(figure, f"Revenue at stake in {currency}: {words}")


def _floats(amounts: Any) -> Sequence[float]:
    return [float(amount) for amount in amounts]


def _figure(title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415  - half a second that only runs with a chart need

    figure = Figure(figsize=(7.2, 2.9), dpi=96, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10, loc="left", color=NAVY, fontweight="bold")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", labelsize=8, length=0)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y", color="#E3E7EE", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.margins(y=0.15)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure, axes


def _picture(figure: Any, words: str) -> dg.MarkdownMetadataValue:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return dg.MetadataValue.md(
        f"![{words}](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})\n\n{words}."
    )
