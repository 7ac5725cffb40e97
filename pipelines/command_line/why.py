"""``creditdue why``: what became of one order line."""

from pathlib import Path

import click

from pipelines.command_line.console import ends_well, fail
from pipelines.command_line.explain import show, source_options, tables_of
from pipelines.exit_codes import STOPPED


@click.command(name="why")
@click.argument("order_line")
@source_options
@ends_well
def command(order_line: str, company: Path, exports: Path | None, results: Path | None, store: Path | None) -> None:
    """Show what became of ORDER_LINE: what it booked, whom it paid and by which rule, or why it paid nobody.

    \b
    Example:
      creditdue why SO-1001-1 --company examples/demo --exports examples/demo/exports
      creditdue why SO-1001-1 --company examples/demo --results out/demo-tables
    """
    from compensation.explanation.line import why  # noqa: PLC0415
    from compensation.explanation.node import NotFound  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415

    folder = load_company(company)
    tables = tables_of(folder, exports, results, store)
    try:
        show(why(order_line, tables, folder.company, folder.plans))
    except NotFound as error:
        fail(str(error), STOPPED)
