"""``creditdue calculate``: the engine without Dagster, for what-if, benchmarks and second opinions."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path

import click

from pipelines.command_line.options import company_option, ends_well, exports_option
from pipelines.memory import kept_memory
from pipelines.start_up import without_generators


@click.command(name="calculate")
@company_option
@exports_option()
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write Parquet to.",
)
@click.option(
    "--tables",
    default="",
    help="Only these, separated by commas, e.g. credits,earnings. Default: all, and the contract tables.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@ends_well
def command(company: Path, exports: Path, target: Path, tables: str, *, quiet: bool) -> None:
    """Compute everything and write each table as Parquet, without Dagster.

    \b
    Example:
      creditdue calculate --company examples/demo --exports examples/demo/exports --out out/demo-tables
      creditdue calculate --company examples/demo --exports examples/demo/exports --out out/two --tables credits,earnings

    The same exports and rules give the same bytes. calculation.json, written last, says what the tables were made from.
    """
    with kept_memory(), without_generators():
        _calculate(company, exports, target, tables, quiet=quiet)


def _calculate(company: Path, exports: Path, target: Path, tables: str, *, quiet: bool) -> None:
    from compensation.together import together  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415
    from pipelines.intake import take_in  # noqa: PLC0415
    from pipelines.parquet import tables_aside, written_behind  # noqa: PLC0415
    from pipelines.wanted import RESULT_TABLES, Wanted  # noqa: PLC0415

    step = _steps(quiet=quiet)
    wanted = Wanted.of([name.strip() for name in tables.split(",") if name.strip()])
    folder = load_company(company)
    with step("reading and validating exports"):
        intake, _ = together(lambda: take_in(folder, exports), _load_the_calculation)
    from pipelines.results import computed, manifest_of  # noqa: PLC0415

    manifest, refused = manifest_of(intake, folder), intake.quarantine.height
    rows: dict[str, int] = {}
    with step("attributing, paying and writing"), tables_aside(target) as aside:
        with written_behind(aside) as write:
            if not tables:
                for name, fact in intake.facts.items():
                    write(f"contract/{name}", fact)
            made = computed(intake, folder, wanted)
            del intake  # its tables are let go as soon as nothing needs them
            for name, table in made:
                write(name, table)
                rows[name] = table.height
        aside.publish(manifest)
    if not quiet:
        _show(target, {name: rows[name] for name in RESULT_TABLES if name in rows}, refused, (company, exports))


def _load_the_calculation() -> None:
    """Load what calculates beside the reading of exports, which leaves a processor idle for as long as that takes."""
    import_module("pipelines.results")
    import_module("schemas.table").get_ready()


def _steps(*, quiet: bool) -> Callable[[str], AbstractContextManager[None]]:
    """Shows a step while it runs; where nothing is to be shown, rich is not loaded."""
    if quiet:
        return lambda _: nullcontext()
    from pipelines.command_line.console import Progress  # noqa: PLC0415

    return Progress().step


def _show(target: Path, rows: Mapping[str, int], refused: int, given: tuple[Path, Path]) -> None:
    from pipelines.command_line.console import out, table_of  # noqa: PLC0415

    out.print(table_of(f"Tables in {target}", ["table", "rows"], list(rows.items()), numbers=["rows"]))
    if refused:
        company, exports = given
        out.print(
            f"{refused:,} records were refused; `creditdue check --company {company} --exports {exports}` lists why."
        )
