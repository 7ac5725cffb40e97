"""A row refers to rows of other tables: to none that exist, to one that was refused, or rightly."""

import polars as pl

from pipelines.intake.batch import Batch
from pipelines.intake.rules.world import World
from schemas.contract import CONTRACT

REASONS = {
    ("opportunity_splits", "opportunity_id"): "orphan_split",
    ("returns", "order_line_id"): "orphan_credit",
    ("accounts", "parent_account_id"): "orphan_parent",
}
"""Codes of references that have a name of their own; others are ``unknown_`` and what is meant."""


def reason_of(table: str, column: str, parent: str) -> str:
    """The code for a reference that finds nothing."""
    singular = "opportunity" if parent == "opportunities" else parent.removesuffix("s")
    return REASONS.get((table, column), f"unknown_{singular}")


def require_references(world: World, table: str, *, without: tuple[str, ...] = ()) -> None:
    """Refuse rows whose references find nothing, and rows whose parent was refused."""
    for column, entry in CONTRACT[table].fields().items():
        target = entry.get("refers_to")
        if target is None or column in without:
            continue
        parent, key = target.split(".")
        require_reference(world, table, column, (parent, key))


def require_reference(world: World, table: str, column: str, target: tuple[str, str]) -> None:
    """Refuse rows whose ``column`` names no row of the parent table, or one that is out of the facts."""
    parent, key = target
    child = world.tables[table]
    if not child.height:
        return
    rows = world.linked(table, column, parent, key)
    values = child.frame[column]
    if rows.null_count() > values.null_count():
        unknown = (rows.is_null() & values.is_not_null()).arg_true()
        sentence = pl.format(
            f"{column} '{{}}' is not in {parent}; add it there, or correct the reference", pl.col(column)
        )
        child.refuse(unknown, reason_of(table, column, parent), sentence, column=column)
    follow(child, rows, world.tables[parent], column=column, reason=f"{parent}_refused")


def follow(child: Batch, parent_rows: pl.Series, parent: Batch, *, column: str, reason: str) -> None:
    """Refuse rows whose parent is out of the facts, naming the record that held them back."""
    if not parent.has_refusals():
        return
    gone = ~parent.is_alive()
    held = gone.gather(parent_rows).fill_null(value=False).arg_true()
    if held.len():
        causes = parent.places(parent_rows.gather(held))
        sentence = pl.format(
            f"held back with the record of {parent.table} that {column} '{{}}' names; it comes in once that one does",
            pl.col(column),
        )
        child.refuse(held, reason, sentence, column=column, caused_by=causes)
