"""How frames get from step to step: through the store, by version."""

from typing import Any

import dagster as dg
import polars as pl

from pipelines.defs.night import Night
from pipelines.store import Calculation


class TablesOfTheStore(dg.IOManager):
    """Writes a step's table in one commit, and reads it as this run made it (or as it was published)."""

    def __init__(self, night: Night) -> None:
        self.night = night

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame) -> None:
        """Write the table that the asset's key names."""
        made = self.night.write(context.asset_key.path[-1], obj)
        context.add_output_metadata({
            "dagster/row_count": made.rows,
            "delta version": made.version,
            "content": made.content[:16],
            "changed": made.is_new,
        })  # fmt: skip

    def load_input(self, context: dg.InputContext) -> pl.DataFrame:
        """Read the table that the upstream asset's key names."""
        return self.night.read(context.asset_key.path[-1])


class PublishedCalculation(dg.IOManager):
    """Hands on which calculation to read: the one this run published, else the one published when it began."""

    def __init__(self, night: Night) -> None:
        self.night = night

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Nothing to do: the record in the store is the output."""

    def load_input(self, context: dg.InputContext) -> Calculation:
        """The calculation, resolved once a run."""
        del context
        return self.night.calculation or self.night.base


@dg.io_manager(required_resource_keys={"night"}, description="Delta tables, one atomic commit per table and change.")
def tables_of_the_store(context: dg.InitResourceContext) -> TablesOfTheStore:
    """One a run."""
    return TablesOfTheStore(context.resources.night)


@dg.io_manager(
    required_resource_keys={"night"}, description="The record that says which table versions belong together."
)
def published_calculation(context: dg.InitResourceContext) -> PublishedCalculation:
    """One a run."""
    return PublishedCalculation(context.resources.night)
