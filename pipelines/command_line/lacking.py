"""Order lines that lack what a plan needs, said before a calculation stops at the first of them."""

from typing import TYPE_CHECKING

import polars as pl
from rich.text import Text

from pipelines.command_line.console import Progress, out

if TYPE_CHECKING:
    from pipelines.company_folder import CompanyFolder

PART = ["plan", "part", "figure", "reads"]
FIRST_LINES = 5


def lacking_of(facts: dict[str, pl.DataFrame], folder: "CompanyFolder") -> pl.DataFrame | None:
    """The order lines that would stop a calculation (``lacking_lines``), or nothing.

    Credits are worked out only where a plan needs a figure that some order line lacks.
    """
    from compensation.calculate import attributed_step, periods_of  # noqa: PLC0415
    from compensation.modelling.lacking import any_line_lacks, lacking_lines, needs_figures  # noqa: PLC0415
    from compensation.rules import Rules  # noqa: PLC0415

    if not needs_figures(folder.plans) or not any_line_lacks(facts):
        return None
    with Progress().step("looking for order lines that plans cannot use"):
        periods = periods_of(facts, folder.company)
        credits = attributed_step(facts, Rules(folder.company, folder.plans), periods).credits
        found = lacking_lines(credits, facts, folder.plans, periods)
    return None if found.is_empty() else found


def show_lacking(lacking: pl.DataFrame) -> None:
    """Each part of a plan with how many lines it cannot use, the first of them with file and line, and what to do."""
    out.print()
    out.print(Text("Order lines that lack what a plan needs; a calculation stops at them", style="bold"))
    for (plan, part, figure, reads), lines in lacking.group_by(PART, maintain_order=True):
        out.print(Text(f"  {plan}, {part} ({reads}): {said_of(lines.height, str(figure))}"), soft_wrap=True)
        for file, number, line in lines.head(FIRST_LINES).select("source_file", "source_line", "order_line_id").rows():
            out.print(Text.assemble("    ", (f"{file}:{number} ", "bold"), f"order line {line}"), soft_wrap=True)
        if lines.height > FIRST_LINES:
            out.print(f"    … and {lines.height - FIRST_LINES:,} more")
        out.print(Text(f"    {remedy_of(str(figure), str(reads))}"), soft_wrap=True)


def said_of(count: int, figure: str) -> str:
    """``12 order lines have no list price (list_amount is empty or 0)``."""
    from compensation.modelling.lacking import FIGURES  # noqa: PLC0415

    what = "1 order line has" if count == 1 else f"{count:,} order lines have"
    return f"{what} {FIGURES[figure].lacks}"


def remedy_of(figure: str, reads: str) -> str:
    """What to do about it, as a sentence."""
    from compensation.modelling.lacking import FIGURES  # noqa: PLC0415

    ways = [FIGURES[figure].remedy]
    if reads.startswith("factor"):
        ways.append("say with 'otherwise' what such a line counts")
    if not reads.startswith("reading"):
        ways.append("narrow the component with 'only'")
    text = ", or ".join(ways)
    return f"{text[0].upper()}{text[1:]}; it is never taken as 0."
