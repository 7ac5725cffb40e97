"""One asset per table: how each is described, grouped and owned, in one place."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

import dagster as dg
import polars as pl

from pipelines.defs.night import AsTheyCame, Night
from pipelines.defs.shown import column_schema, totals
from pipelines.store import TABLES
from schemas.contract import CONTRACT
from schemas.table import Table

IO = "tables_of_the_store"
ENGINEERING, OPERATIONS, FINANCE = "team:engineering", "team:revenue-operations", "team:finance"
OWNERS = {
    "received": [OPERATIONS],
    "contract": [OPERATIONS],
    "attribution": [OPERATIONS, FINANCE],
    "accounts": [OPERATIONS],
    "payout": [FINANCE],
    "settlement": [FINANCE],
    "statements": [FINANCE],
}

Frames = Mapping[str, pl.DataFrame]


def outs(group: str, contracts: Mapping[str, type[Table]], *, code: str) -> dict[str, dg.AssetOut]:
    """An output per table: the contract's own words and columns, its layer as the group.

    Args:
        group: Layer: ``received``, ``contract``, ``attribution``, ``accounts``, ``payout``, ``settlement`` or ``statements``.
        contracts: Tables by name.
        code: Where the rule is written that makes them, for the page.
    """
    return {
        name: dg.AssetOut(
            key=name,
            description=f"{cleandoc(contract.__doc__ or name)}\n\nMade by `{code}`. Contract: `{contract.__name__}`.",
            group_name=group,
            io_manager_key=IO,
            kinds={"polars", "deltalake"},
            owners=OWNERS[group],
            metadata=column_schema(contract),
        )
        for name, contract in contracts.items()
    }


def ins(*names: str) -> dict[str, dg.AssetIn]:
    """An input per table name."""
    return {name: dg.AssetIn(key=name) for name in names}


class FactsOnDemand(AsTheyCame):
    """The contract tables that a step declares, and any other as soon as the calculation asks for it.

    Closed days are as they were at their close. What a step declares is what the lineage shows; a test compares it with what is
    asked for.
    """

    def __init__(self, tables: Frames, night: Night) -> None:
        super().__init__(night)
        self.update({name: tables[name] for name in CONTRACT if name in tables})
        self.update(night.standing.held)


def checked(tables: Frames) -> dict[str, pl.DataFrame]:
    """The same tables, after each was held to its contract; none is written unless all are.

    Raises:
        ContractBroken: names contract, column and rows.
    """
    for name, frame in tables.items():
        TABLES[name].validate(frame)
    return dict(tables)


def outputs(tables: Frames, extra: Mapping[str, Mapping[str, Any]] | None = None) -> list[dg.Output[pl.DataFrame]]:
    """An output per table with its control totals, and what else belongs on its page."""
    more = extra or {}
    return [
        dg.Output(frame, output_name=name, metadata={**totals(name, frame), **more.get(name, {})})
        for name, frame in tables.items()
    ]
