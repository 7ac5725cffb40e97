"""NRR, GRR and growth of any set of customers and families, from figures that add up."""

from collections.abc import Sequence

import polars as pl

from compensation.money import minor_units, ratio_of

AMOUNTS = ("booked", "existing", "base", "retained", "margin", "booked_without_cost", "revenue_target", "margin_target")


def added_up(figures: pl.DataFrame, by: Sequence[str], digits: int) -> pl.DataFrame:
    """Figures of one span added up by customer, family or whoever looks after them.

    Args:
        figures: Contract ``AccountFigure``, of one span.
        by: Columns of it; none for everything.
        digits: Decimals of the company currency.

    Returns:
        One row per ``by``, in its order: sums of all amounts (a target is empty where nobody has one), and as fractions
        ``nrr`` and ``grr`` (empty without a base), ``growth`` (of the base), ``margin_share`` (of what has a cost) and
        ``reached`` (of the revenue target).

    Source:
        ``docs/accounts.md``.
    """
    has_base = pl.col("base").sum().over("customer_id") > 0
    kept = figures.with_columns(_of_base=pl.when(has_base).then("existing").otherwise(0))
    names = [*AMOUNTS, "_of_base"]
    sums = [_sum(name) for name in names]
    added = kept.group_by(list(by), maintain_order=True).agg(sums) if by else kept.select(sums)
    units = {name: minor_units(pl.col(name), digits) for name in names}
    with_cost = units["booked"] - units["booked_without_cost"]
    ratios = {
        "nrr": ratio_of(units["_of_base"], units["base"]),
        "grr": ratio_of(units["retained"], units["base"]),
        "growth": ratio_of(units["existing"] - units["base"], units["base"]),
        "margin_share": ratio_of(units["margin"], with_cost),
        "reached": ratio_of(units["booked"], units["revenue_target"]),
    }
    return (
        added.with_columns(**ratios).drop("_of_base").sort(*by) if by else added.with_columns(**ratios).drop("_of_base")
    )


def _sum(name: str) -> pl.Expr:
    if name.endswith("target"):
        return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
    return pl.col(name).sum()
