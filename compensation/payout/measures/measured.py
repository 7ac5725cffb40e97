"""Measures: how much of each credit moves the position of each term that takes it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from compensation.counted import counted
from compensation.money import running_total
from compensation.payout.errors import MissingFigure
from compensation.payout.measures.conversion import with_units
from compensation.payout.measures.factors import with_factors
from compensation.payout.measures.line_figures import FIGURES, Facts, events_of, lines_of, parts_of
from compensation.payout.measures.orders_and_customers import with_occasions
from compensation.payout.placing import NONE_IGNORED
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows
from schemas.rules.company import Company

Variant = tuple[str, str | None]
"""What a measure counts, and what a sale below cost does."""

NEEDS = {
    "margin": {"cost": "cost"},
    "up_to_target": {"cost": "cost", "target": "target price"},
    "above_target": {"cost": "cost", "target": "target price"},
    "units": {"quantity": "quantity"},
}
"""What each measure reads of the order line, in words."""

REMEDY = {
    "cost": "Give the line a 'cost_amount' (0.00 where it costs nothing), map one from products.unit_cost, or narrow the component with 'only'",
    "target": "Give its product a 'target_price', or narrow the component with 'only'",
    "quantity": "The line is not in order_lines; give the facts that the credits were made from",
}


@dataclass(frozen=True)
class Measured:
    """Rows with their ``units``, and what terms ignore as sold below cost: ``credit`` and ``payee``, once for every such term."""

    rows: pl.DataFrame
    ignored: pl.DataFrame


def measured(
    rows: pl.DataFrame, credits: pl.DataFrame, facts: Facts, terms: Terms, company: Company, windows: Windows
) -> Measured:
    """How much each credit moves the position: money, units, or whether its order or customer is a new one.

    A return takes back by the measure that took its sale, whatever its component counts by then.

    Args:
        rows: One row per credit × term, with ``credit``, ``payee``, ``term``, ``place`` and ``segment``; and ``sold_under``,
            the term that took the sale, where it may be another.
        credits: Contract ``Credit``, in payout order.
        facts: Contract tables.
        terms: Terms of all plans.
        company: Its currency, and how old a rate may be.
        windows: The fiscal calendar in numbers.

    Returns:
        The rows with ``units`` (``Int64``): minor units of the plan's currency, thousandths of a unit, or 1, 0, −1 for orders
        and customers; and, where a factor changes pay and quota unlike, ``pay_part`` and ``pay_whole``: pay credit is quota
        credit × part ÷ whole (empty where 1).

    Raises:
        MissingFigure: a line lacks its cost or target price; counts the credits, names the first line, payee and component.
        MissingRate: a plan currency has no rate on a sale's day.
        NotConserved: parts that do not add up to their line.

    Source:
        ``docs/plans.md``, measures; ``docs/plans/measures.md``.
    """
    if terms.all_count_whole_credits:
        return Measured(with_units(rows, credits, terms, facts["fx_rates"], company), NONE_IGNORED)
    rows = rows if "sold_under" in rows.columns else rows.with_columns(sold_under="term")
    counted = _counted(rows, credits, facts, terms, company, windows)
    is_ignored = pl.col("units").is_null()
    kept = with_factors(counted.filter(~is_ignored), credits, facts, terms).drop("sold_under")
    return Measured(kept, counted.filter(is_ignored).select("credit", "payee"))


def _counted(
    rows: pl.DataFrame, credits: pl.DataFrame, facts: Facts, terms: Terms, company: Company, windows: Windows
) -> pl.DataFrame:
    """Rows with the ``units`` of their measures, before factors; empty where a sale below cost is ignored."""
    kinds = [(term.component.measure.of, term.component.measure.below_cost) for term in terms.terms]
    variants: list[Variant] = list(dict.fromkeys(kinds))
    number = pl.lit(pl.Series([variants.index(kind) for kind in kinds], dtype=pl.Int32)).gather(pl.col("sold_under"))
    groups = {variant: rows.filter(number == place) for place, variant in enumerate(variants)}
    groups = {variant: group for variant, group in groups.items() if not group.is_empty()}
    parts = _parts([(of, group) for (of, _), group in groups.items() if of in NEEDS], credits, facts, company)
    done = []
    for variant, group in groups.items():
        if variant[0] == "revenue":
            done.append(with_units(group, credits, terms, facts["fx_rates"], company))
        elif variant[0] in ("orders", "customers"):
            done.append(with_occasions(group, variant[0], credits, facts, terms, company, windows))
        else:
            done.append(_of_lines(group, variant, parts, credits, facts, terms, company))
    return pl.concat(done) if done else rows.with_columns(units=pl.lit(None, dtype=pl.Int64))


def _parts(
    groups: Sequence[tuple[str, pl.DataFrame]], credits: pl.DataFrame, facts: Facts, company: Company
) -> pl.DataFrame:
    """What the lines of all rows say, shared out over their credits."""
    if not groups:
        return pl.DataFrame()
    figures = [name for name in FIGURES if any(name in NEEDS[of] for of, _ in groups)]
    lines = lines_of(credits, pl.concat([group["credit"] for _, group in groups]), company)
    return parts_of(lines, events_of(lines, facts, company, figures), figures)


def _of_lines(
    rows: pl.DataFrame, variant: Variant, parts: pl.DataFrame, credits: pl.DataFrame, facts: Facts, terms: Terms,
    company: Company,
) -> pl.DataFrame:  # fmt: skip
    """``units`` of a measure that reads the order line."""
    of, below_cost = variant
    for name, words in NEEDS[of].items():
        _require_figure(rows, parts.filter(pl.col(name).is_null()), name, words, credits, terms)
    if of == "units":
        units = parts.select("credit", units="quantity")
        return rows.join(units, on="credit", how="left", validate="m:1", maintain_order="left")
    figures = with_states(parts, [*NEEDS[of]]).select("credit", figure=changes(of, below_cost))
    figure = pl.repeat(None, credits.height, dtype=pl.Int64, eager=True).scatter(figures["credit"], figures["figure"])
    ignored = rows.filter(pl.lit(figure).gather(pl.col("credit")).is_null())
    taken = rows.filter(pl.lit(figure).gather(pl.col("credit")).is_not_null())
    counted = with_units(taken, credits, terms, facts["fx_rates"], company, figure)
    return pl.concat([counted, ignored.with_columns(units=pl.lit(None, dtype=pl.Int64))])


def with_states(parts: pl.DataFrame, figures: Sequence[str]) -> pl.DataFrame:
    """What is left of each credit's price, cost and target after it and the returns so far, and of its whole line.

    Args:
        parts: As ``parts_of`` gives them.
        figures: ``cost``, and ``target`` where it counts.
    """
    names = {"price": "amount", **{f"{name}_left": name for name in figures}}
    states = parts.with_columns(**{name: running_total(pl.col(part), pl.col("group")) for name, part in names.items()})
    return states.with_columns(**{f"line_{name}": pl.col(name).sum().over("event") for name in names})


def changes(of: str, below_cost: str | None) -> pl.Expr:
    """What each credit adds to the measure in minor units of company currency: its state less the one before.

    Whether a price lies above cost or target is asked of the whole line, so that the credits of a line agree.

    Args:
        of: ``margin``, ``up_to_target`` or ``above_target``.
        below_cost: ``mirrored``; ``floored`` (counts as 0, and so does a target below cost); ``ignored`` (empty for all credits
            of a line that was sold below cost).
    """
    price, cost, target = pl.col("price"), pl.col("cost_left"), pl.col("target_left")
    line_price, line_cost, line_target = pl.col("line_price"), pl.col("line_cost_left"), pl.col("line_target_left")
    is_above = line_price > line_target
    state = {
        "margin": price - cost,
        "up_to_target": pl.when(is_above).then(target).otherwise(price) - cost,
        "above_target": pl.when(is_above).then(price - target).otherwise(0),
    }[of]
    if below_cost == "floored":
        lowest = pl.min_horizontal(line_price, line_target) if of == "up_to_target" else line_price
        state = pl.when(lowest < line_cost).then(0).otherwise(state)
    begins = (pl.col("group") != pl.col("group").shift(1)).fill_null(value=True)
    change = state - pl.when(begins).then(0).otherwise(state.shift(1))
    if below_cost == "ignored":
        sold_below = ((line_price < line_cost) & ~pl.col("is_return")).any().over("line")
        change = pl.when(~sold_below).then(change)
    return change


def _require_figure(
    rows: pl.DataFrame, lacking: pl.DataFrame, name: str, words: str, credits: pl.DataFrame, terms: Terms
) -> None:
    """Check that no row's line lacks a figure.

    Raises:
        MissingFigure: counts the credits and names the first.
    """
    lost = rows.join(lacking.select("credit"), on="credit", how="semi").sort("credit", "term")
    if lost.is_empty():
        return
    first, term = credits.row(lost["credit"][0], named=True), terms.terms[lost["term"][0]]
    raise MissingFigure(
        f"{counted(lost.height, 'credit', 'has', 'have')} no {words} on the order line, which {term.component.measure.of} needs. First: order "
        f"line {first['order_line_id']}, payee {first['payee_id']}, component {term.component.component} of plan {term.plan.plan}. "
        f"{REMEDY[name]}; it is never taken as 0."
    )
