"""``creditdue explain`` and what it shares with ``why``: where the tables come from, and how a tree is shown."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from rich.text import Text
from rich.tree import Tree

from pipelines.command_line.console import Progress, company_option, ends_well, exports_option, fail, out
from pipelines.exit_codes import STOPPED

if TYPE_CHECKING:
    import polars as pl

    from compensation.explanation.node import Node
    from pipelines.company_folder import CompanyFolder

Command = TypeVar("Command", bound=Callable[..., object])


def source_options(command: Command) -> Command:
    """``--company`` with ``--exports`` (computed now), ``--results`` (what ``calculate`` wrote) or ``--store`` (what a run published)."""
    results = click.option(
        "--results",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Folder that `creditdue calculate` wrote; quicker than --exports.",
    )
    store = click.option(
        "--store",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Store of the nightly run: what it published last, with postings and balances where there is a ledger.",
    )
    return company_option(exports_option(required=False)(results(store(command))))


def tables_of(
    folder: "CompanyFolder", exports: Path | None, results: Path | None, store: Path | None = None
) -> "Mapping[str, pl.LazyFrame]":
    """Contract, intake and result tables, read or computed."""
    if store is not None:
        from pipelines.store.reading import published_tables  # noqa: PLC0415

        return published_tables(store, folder)
    if results is not None:
        from pipelines.results_read import read_results, require_made_with  # noqa: PLC0415

        require_made_with(folder, results)
        return read_results(results)
    if exports is None:
        raise click.UsageError(
            "Say where to look: --results FOLDER (written by calculate), --store FOLDER (of the nightly run) or --exports FOLDER."
        )
    from pipelines.intake import take_in  # noqa: PLC0415
    from pipelines.results import compute  # noqa: PLC0415
    from pipelines.wanted import Wanted  # noqa: PLC0415

    with Progress().step("computing from the exports"):
        intake = take_in(folder, exports)
        tables = {**intake.facts, **compute(intake, folder, Wanted.of(()))}
    return {name: table.lazy() for name, table in tables.items()}


def show(node: "Node") -> None:
    """Print a tree."""
    tree = Tree(Text(node.text, style="bold"), guide_style="dim")
    _grow(tree, node)
    out.print(tree)


def _grow(tree: Tree, node: "Node") -> None:
    for child in node.children:
        _grow(tree.add(Text(child.text)), child)


@click.command(name="explain")
@click.argument("payee")
@click.argument("period")
@source_options
@click.option(
    "--figure", help="One figure, e.g. attainment or component_earned:new_business_commission. Default: net_payable."
)
@click.option("--lines", default=10, show_default=True, help="Order lines shown under each figure.")
@ends_well
def command(
    payee: str, period: str, company: Path, exports: Path | None, results: Path | None, store: Path | None, figure: str | None, lines: int
) -> None:  # fmt: skip
    """Show how the statement of PAYEE for PERIOD (2026-P03), or one figure of it, came about, down to file and line.

    \b
    Example:
      creditdue explain E-101 2026-P03 --company examples/demo --exports examples/demo/exports
      creditdue explain E-101 2026-P03 --company examples/demo --results out/demo-tables --figure component_earned --lines 3
      creditdue explain R101 2025-P03 --company examples/demo --store out/demo --figure corrected
    """
    from compensation.explanation.figure import explain  # noqa: PLC0415
    from compensation.explanation.node import NotFound  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415

    folder = load_company(company)
    tables = tables_of(folder, exports, results, store)
    try:
        show(explain(payee, period, tables, folder.plans, folder.company.currency, figure=figure, lines=lines))
    except NotFound as error:
        fail(str(error), STOPPED)
