"""Edges from the figures of settlement to the postings and figures that they are made of."""

from collections.abc import Sequence

import polars as pl

from compensation.statement.due import STATEMENT
from schemas.core.statement import FigureInput

POSTED_AS = {
    "earning": "settled_earned", "adjustment": "adjusted", "guarantee": "guaranteed", "draw": "drawn", "recovery": "recovered",
    "hold": "held", "release": "released", "payment": "net_payable",
}  # fmt: skip
"""Figure that a kind of posting is part of; corrections are in one of two."""

MADE_OF = {
    "corrected": ("corrected_sales", "corrected_clawback"),
    "net_payable": (
        "opening", "settled_earned", "corrected", "adjusted", "guaranteed", "drawn", "recovered", "held", "released", "carried_forward",
    ),
    "above_draw": ("settled_earned", "corrected", "guaranteed"),
    "draw_debt": ("drawn", "recovered"),
    "still_held": ("held", "released"),
}  # fmt: skip
"""Figures made of figures of the same statement."""

ONLY_ABOVE_ZERO = ("above_draw", "draw_debt")
"""Figures whose zero has nothing to do with what was earned and drawn."""

FROM_PERIOD_BEFORE = {"opening": "carried_forward", "draw_debt": "draw_debt", "still_held": "still_held"}
"""Figures made of a figure of the statement before."""


def settled_inputs(lines: pl.DataFrame, postings: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """All edges, one row each (``FigureInput``).

    Args:
        lines: ``StatementLine`` rows of settlement.
        postings: ``PeriodPosting`` rows.
        order: Fiscal periods, in order.
    """
    keys = lines.select(*STATEMENT, "figure", "amount")
    edges = [_of_postings(keys, postings), _of_period_before(keys, order)]
    edges += [_of_statement(keys, figure, inputs) for figure, inputs in MADE_OF.items()]
    return pl.concat(edges)


def _of_postings(keys: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
    corrected = pl.when(pl.col("return_id").is_null()).then(pl.lit("corrected_sales")).otherwise(pl.lit("corrected_clawback"))  # fmt: skip
    figure = pl.col("kind").replace_strict(POSTED_AS, default=None, return_dtype=pl.String)
    named = postings.rename({"posting_period": "fiscal_period"}).with_columns(
        figure=pl.coalesce(figure, corrected), input_part="kind", input_plan="plan", input_component="component"
    )
    own = named.join(keys, on=[*STATEMENT, "figure"], how="semi")
    return _complete(own.drop("plan", "component"), "postings")


def _of_statement(keys: pl.DataFrame, figure: str, inputs: tuple[str, ...]) -> pl.DataFrame:
    """Only inputs that are not 0: a zero is explained where it is asked for."""
    sources = keys.filter(pl.col("figure").is_in(inputs), pl.col("amount") != 0).select(
        *STATEMENT, input_figure="figure"
    )
    is_asked = pl.col("amount") != 0 if figure in ONLY_ABOVE_ZERO else pl.lit(True)
    targets = keys.filter(pl.col("figure") == figure, is_asked).select(*STATEMENT, "figure")
    # a statement has several inputs
    edges = targets.join(sources, on=STATEMENT, how="inner", maintain_order="left_right")
    return _complete(edges, "statement_lines")


def _of_period_before(keys: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    before = dict(zip(order[1:], order, strict=False))
    rows = keys.filter(pl.col("figure").is_in(list(FROM_PERIOD_BEFORE))).with_columns(
        input_figure=pl.col("figure").replace_strict(FROM_PERIOD_BEFORE, default=None, return_dtype=pl.String),
        input_period=pl.col("fiscal_period").replace_strict(before, default=None, return_dtype=pl.String),
    )
    there = keys.filter(pl.col("amount") != 0).select(
        "payee_id", "currency", input_figure="figure", input_period="fiscal_period"
    )
    on = ["payee_id", "currency", "input_figure", "input_period"]
    return _complete(rows.join(there, on=on, how="semi", maintain_order="left"), "statement_lines")


def _complete(rows: pl.DataFrame, input_table: str) -> pl.DataFrame:
    types = FigureInput.dtypes()
    named = rows.with_columns(input_table=pl.lit(input_table))
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in types.items() if name not in named.columns]
    return named.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in types.items())
