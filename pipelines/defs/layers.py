"""What the steps of the calculation have in common as assets: tables in, one step, tables checked and written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from pipelines.defs.failures import said_in_words
from pipelines.defs.night import Night
from pipelines.defs.tables import FactsOnDemand, Frames, checked, ins, outputs, outs
from schemas.table import Table

Step = Callable[[Night, FactsOnDemand, Frames], dict[str, pl.DataFrame]]
"""From the run, its facts and the tables that it reads to the tables that it makes."""

Shown = Callable[[Night, Frames], Mapping[str, Mapping[str, Any]]]
"""What else belongs on the page of each table, by its name."""


def nothing_more(_: Night, __: Frames) -> Mapping[str, Mapping[str, Any]]:
    """Totals only."""
    return {}


def layer(
    name: str, group: str, contracts: Mapping[str, type[Table]], step: Step, *, reads: Sequence[str], code: str, words: str,
    asks: Sequence[str] = (), shows: Shown = nothing_more, shows_pay: bool = False,
) -> dg.AssetsDefinition:  # fmt: skip
    """A step of the calculation as an asset with an output per table.

    Args:
        name: Name of the step.
        group: Layer that its tables are in.
        contracts: The tables that it makes; all are held to their contracts before any is written.
        step: Makes them.
        reads: Tables that it reads in any case: the lineage.
        asks: Tables that it reads only where it needs them: lineage too.
        code: Where the rule is written, for the page.
        words: What it does, for the page.
        shows: What else belongs on the pages of its tables.
        shows_pay: Whether amounts that do not add up would be somebody's pay; then that message is not shown.
    """

    @dg.multi_asset(
        name=name, ins=ins(*reads), deps=[*asks], outs=outs(group, contracts, code=code), required_resource_keys={"night"}, description=words
    )  # fmt: skip
    def made_by_step(context: dg.AssetExecutionContext, **tables: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
        night: Night = context.resources.night
        with said_in_words(name, night, shows_pay=shows_pay):
            made = checked(step(night, FactsOnDemand(tables, night), tables))
            more = shows(night, made)
        yield from outputs(made, more)

    return made_by_step
