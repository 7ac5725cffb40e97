"""``creditdue run``: the nightly job, now."""

import sys
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipelines.command_line.console import company_option, ends_well, err, exports_option, out, table_of

if TYPE_CHECKING:
    from pipelines.run import RunOutcome

LATEST_SHOWN = 12


def _day(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

    from schemas.rules.values import Day  # noqa: PLC0415

    try:
        return TypeAdapter(Day).validate_python(value)
    except ValidationError:
        raise click.BadParameter(f"'{value}' is no date; write 2026-10-31") from None


@click.command(name="run")
@company_option
@exports_option()
@click.option(
    "--store", required=True, help="Folder that keeps tables, statements and the record of runs; made where missing."
)
@click.option(
    "--as-of",
    callback=_day,
    help="Day that the run is made for, e.g. 2026-10-31. Default: today, in the company's time zone.",
)
@click.option(
    "--period",
    "periods",
    multiple=True,
    help="Issue only this fiscal period (from the first to the last given). Default: all.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@ends_well
def command(
    company: Path, exports: Path, store: str, as_of: date | None, periods: tuple[str, ...], *, quiet: bool
) -> None:
    """Run the nightly job: take the exports in, calculate everything, issue the statements that changed.

    \b
    Example:
      creditdue run --company examples/demo --exports examples/demo/exports --store out/demo --as-of 2026-10-31
      creditdue run --company examples/demo --exports examples/demo/exports --store out/demo --as-of 2026-10-31 --period 2026-P09

    The same job runs on its schedule under `dagster dev` or a Dagster daemon. Where it stops, nothing that was published
    changes, and running it again is all there is to do once the cause is mended.
    """
    from pipelines.defs.periods import WrongPeriod  # noqa: PLC0415
    from pipelines.run import run_nightly  # noqa: PLC0415
    from pipelines.run_progress import Silent, on_console  # noqa: PLC0415

    with nullcontext(Silent()) if quiet else on_console(err) as progress:
        try:
            outcome = run_nightly(company, exports, store, as_of=as_of, periods=periods or None, progress=progress)
        except WrongPeriod as error:
            raise click.BadParameter(str(error), param_hint="--period") from None
    show(outcome)
    sys.exit(outcome.exit_code)


def show(outcome: "RunOutcome") -> None:
    """How the run ended and what to look at."""
    if outcome.failure is not None:
        err.print(Text(f"The run stopped at {outcome.failure.step}: {outcome.failure.message}", style="bold red"))
    else:
        latest = outcome.periods[-LATEST_SHOWN:]
        rows = [(one.period, one.files, "issued" if one.is_changed else "unchanged", str(one.folder)) for one in latest]
        older = len(outcome.periods) - len(latest)
        title = f"Statements after {outcome.seconds:.0f} s" + (f" ({older} older periods not shown)" if older else "")
        out.print(table_of(title, ["period", "files", "this run", "folder"], rows, ["files"]))
    for sentence in outcome.look_at():
        out.print(Text(sentence))
