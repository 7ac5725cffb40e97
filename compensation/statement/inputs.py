"""Edges of the explanation: from each printed figure to the figures or rows that it was made of.

``component_credited`` has the rows of ``component_earned``; they are listed once, under the latter.
"""

import polars as pl

from compensation.statement.due import STATEMENT
from compensation.statement.labels import GUARANTEE
from schemas.core.statement import FigureInput

MADE_OF = {
    "credited_revenue": ("component_credited", "unpaid_revenue", "counted_again", "counted_otherwise"),
    "counted_again": ("component_credited",),
    "counted_otherwise": ("component_credited",),
    "earned_on_sales": ("component_earned",),
    "clawback": ("component_earned",),
    "bonus": ("component_earned",),
    "guarantee": ("component_earned",),
    "earned": ("earned_on_sales", "clawback", "bonus", "guarantee"),
    "carried_forward": ("earned",),
    "net_payable": ("earned",),
    "headline_attainment": ("attainment",),
}
"""Figures that are made of figures of the same statement."""

_BY_CREDITS = pl.col("measure").is_not_null()
_IS_GUARANTEE = pl.col("component") == GUARANTEE
_WHICH: dict[str, pl.Expr | bool] = {
    "credited_revenue": pl.col("counted").is_null(),
    "counted_otherwise": ~pl.col("counted").is_in(["nothing", "commission"])
    & ~pl.col("counted").str.starts_with("team "),
    "counted_again": pl.col("counted").is_null(),
    "earned_on_sales": _BY_CREDITS,
    "clawback": _BY_CREDITS,
    "bonus": ~_BY_CREDITS & ~_IS_GUARANTEE,
    "guarantee": ~_BY_CREDITS & _IS_GUARANTEE,
}
"""Which of those figures, where not all: components that credits earn on have a measure; bonuses have none."""

MADE_OF_OWN_COMPONENT = {
    "component_credited": ("component_earned",),
    "component_rate": ("component_earned", "component_credited"),
    "component_change": ("component_earned", "component_earned_before"),
}
"""Figures that are made of figures of the same statement and component."""

FROM_PERIOD_BEFORE = {"component_earned_before": "component_earned", "earned_before": "earned"}
STANDING = ("quota", "position", "attainment", "to_next_tier", "tier_rate")
FIGURE_KEY = [*STATEMENT, "figure", "plan", "component", "measure", "window"]


def figure_inputs(
    lines: pl.DataFrame,
    earnings: pl.DataFrame,
    bonuses: pl.DataFrame,
    unpaid: pl.DataFrame,
    untouched: pl.DataFrame,
    before: dict[str, str],
) -> pl.DataFrame:
    """All edges, one row each (``FigureInput``).

    Args:
        lines: ``StatementLine`` rows.
        earnings: ``Earning`` rows of the periods.
        bonuses: ``BonusPart`` rows of the periods.
        unpaid: ``Unpaid`` rows with ``fiscal_period`` and ``currency``.
        untouched: ``Attainment`` rows at position 0, which payout does not have: their quota comes from ``quotas``.
        before: The period that comes before each.
    """
    keyed = lines.select(*FIGURE_KEY, "counted")
    edges = [
        _complete(earnings, figure="component_earned", input_table="earnings"),
        _complete(bonuses.with_columns(input_part="part"), figure="component_earned", input_table="bonuses"),
        _complete(unpaid, figure="unpaid_revenue", input_table="unpaid"),
        *_standing(keyed, untouched),
        _from_period_before(keyed, before),
        *(_of_statement(keyed, figure, inputs) for figure, inputs in MADE_OF.items()),
        *(_of_component(keyed, figure, inputs) for figure, inputs in MADE_OF_OWN_COMPONENT.items()),
    ]
    return pl.concat(edges)


def _standing(lines: pl.DataFrame, untouched: pl.DataFrame) -> list[pl.DataFrame]:
    on = ["payee_id", "fiscal_period", "plan", "component", "measure", "window"]
    figures = lines.filter(pl.col("figure").is_in(STANDING))
    touched = figures.join(untouched.select(on), on=on, how="anti", maintain_order="left")
    at_zero = figures.join(untouched.select(on), on=on, how="semi", maintain_order="left")
    quotas = at_zero.filter(pl.col("figure") == "quota")
    others = at_zero.filter(~pl.col("figure").is_in(["quota", "position"])).with_columns(
        input_figure=pl.lit("position"), input_plan="plan", input_component="component"
    )
    return [
        _complete(touched, input_table="attainment"),
        _complete(quotas, input_table="quotas"),
        _complete(others, input_table="statement_lines"),
    ]


def _from_period_before(lines: pl.DataFrame, before: dict[str, str]) -> pl.DataFrame:
    known = lines.filter(pl.col("figure").is_in(list(FROM_PERIOD_BEFORE)) & pl.col("fiscal_period").is_in(list(before)))
    inputs = known.with_columns(
        input_figure=pl.col("figure").replace_strict(FROM_PERIOD_BEFORE, return_dtype=pl.String),
        input_period=pl.col("fiscal_period").replace_strict(before, default=None, return_dtype=pl.String),
        input_plan="plan",
        input_component="component",
    )
    there = lines.select(
        "payee_id", "currency", "plan", "component", "measure", input_figure="figure", input_period="fiscal_period"
    )
    on = ["payee_id", "currency", "plan", "component", "measure", "input_figure", "input_period"]
    return _complete(
        inputs.join(there, on=on, how="semi", nulls_equal=True, maintain_order="left"), input_table="statement_lines"
    )


def _of_statement(lines: pl.DataFrame, figure: str, inputs: tuple[str, ...]) -> pl.DataFrame:
    targets = lines.filter(pl.col("figure") == figure)
    sources = (
        lines.filter(pl.col("figure").is_in(inputs), _WHICH.get(figure, True))
        .select(*STATEMENT, input_figure="figure", input_plan="plan", input_component="component")
        .unique(maintain_order=True)
    )  # separate positions of a component are one input
    edges = targets.join(
        sources, on=STATEMENT, how="inner", maintain_order="left_right"
    )  # a figure has many inputs, an input many figures
    return _complete(edges, input_table="statement_lines")


def _of_component(lines: pl.DataFrame, figure: str, inputs: tuple[str, ...]) -> pl.DataFrame:
    targets = lines.filter(pl.col("figure") == figure)
    edges = [
        targets.with_columns(input_figure=pl.lit(name), input_plan="plan", input_component="component")
        for name in inputs
    ]
    return _complete(pl.concat(edges), input_table="statement_lines")


def _complete(rows: pl.DataFrame, **given: str) -> pl.DataFrame:
    types = FigureInput.dtypes()
    named = rows.with_columns(**{name: pl.lit(value) for name, value in given.items()})
    if given["input_table"] in ("earnings", "bonuses", "unpaid"):
        named = named.with_columns(window=None)  # a figure of components has no window
    missing = [pl.lit(None, dtype=types[name]).alias(name) for name in types if name not in named.columns]
    return named.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in types.items())
