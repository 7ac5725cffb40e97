"""``creditdue check``: are the exports and the rule files fit to be calculated with?"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl
from rich.text import Text

from pipelines.command_line.console import (
    Progress,
    company_option,
    ends_well,
    exports_option,
    fail,
    out,
    table_of,
)
from pipelines.command_line.lacking import lacking_of, show_lacking
from pipelines.exit_codes import STOPPED

if TYPE_CHECKING:
    from pipelines.company_folder import CompanyFolder
    from pipelines.intake import Intake


@click.command(name="check")
@company_option
@exports_option(required=False)
@click.option("--rows", default=20, show_default=True, help="Refused records shown one by one.")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Write every refused record to this CSV file."
)
@ends_well
def command(company: Path, exports: Path | None, rows: int, report: Path | None) -> None:
    """Read exports and plans and say what is wrong, without computing pay. Without --exports only the rule files are read.

    \b
    Example:
      creditdue check --company examples/demo --exports examples/demo/exports
      creditdue check --company examples/demo --exports examples/demo/exports --report out/refused.csv

    Ends with 0 when a calculation can run (also where single records are refused within the tolerance), with 1 when
    what came stops it (order lines that lack what a plan needs are named, all of them), with 2 when a rule file cannot be used.
    """
    from pipelines.company_folder import load_company  # noqa: PLC0415
    from pipelines.intake import IntakeStopped, take_in  # noqa: PLC0415

    folder = load_company(company)
    out.print(
        f"Rule files of {folder.company.company}: {len(folder.sources)} sources and {len(folder.plans)} plans can be used."
    )
    if exports is None:
        return
    try:
        with Progress().step("reading and validating exports"):
            intake = take_in(folder, exports)
    except IntakeStopped as stopped:
        if stopped.intake is not None:
            show(stopped.intake, rows, report)
        fail(str(stopped), STOPPED)
        return
    show(intake, rows, report)
    show_people_without_plan(intake, folder)
    lacking = lacking_of(intake.facts, folder)
    if lacking is not None:
        show_lacking(lacking)
        sys.exit(STOPPED)


def show(intake: "Intake", rows: int, report: Path | None) -> None:
    """What came, what was refused and why, what was changed on the way."""
    columns = ["source_file", "table", "rows", "accepted", "quarantined", "superseded", "state"]
    out.print(table_of("What came", columns, intake.received.select(columns).rows(), columns[2:6]))
    if intake.quarantine.height:
        _show_refused(intake.quarantine, rows)
    if intake.notes.height:
        noted = intake.notes.select("code", "table", "source_file", "rows", "detail").rows()
        out.print()
        out.print(table_of("Noticed, nothing to do", ["what", "table", "file", "rows", "detail"], noted, ["rows"]))
    if intake.applied_corrections.height:
        out.print()
        out.print(
            table_of("Corrections applied", intake.applied_corrections.columns, intake.applied_corrections.rows())
        )
    if report is not None:
        write_report(intake.quarantine, report)
        out.print(f"\n{intake.quarantine.height:,} refused records are in {report}.")


def _show_refused(quarantine: pl.DataFrame, rows: int) -> None:
    reasons = quarantine.group_by("table", "reason").agg(records=pl.len().cast(pl.Int64)).sort("table", "reason")
    out.print()
    out.print(table_of("Refused, by reason (docs/reason_codes.md)", reasons.columns, reasons.rows(), ["records"]))
    out.print()
    causes_first = quarantine.sort("caused_by", "source_file", "source_line", nulls_last=False)
    for row in causes_first.head(rows).iter_rows(named=True):
        where, what = f"{row['source_file']}:{row['source_line']} ", f"{row['reason']}: {row['detail']}"
        out.print(Text.assemble((where, "bold"), what))
    if quarantine.height > rows:
        out.print(
            f"… and {quarantine.height - rows:,} more; --rows {quarantine.height} shows all, --report FILE writes them to a file."
        )


def write_report(quarantine: pl.DataFrame, path: Path) -> None:
    """Every refused record as CSV; text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [name for name, kind in quarantine.schema.items() if kind == pl.String]
    risky = pl.col(texts).str.contains(r"^[=+\-@\t\r]")
    safe = quarantine.with_columns(
        pl.when(risky).then(pl.lit("'") + pl.col(texts)).otherwise(pl.col(texts)).name.keep()
    )
    safe.write_csv(path)


def show_people_without_plan(intake: "Intake", folder: "CompanyFolder") -> None:
    """Names the payees whom no plan is for, before anybody wonders about a zero."""
    roles = {role for plan in folder.plans for role in plan.for_roles}
    assigned = intake.facts["plan_assignments"]["payee_id"]
    lost = intake.facts["payees"].filter(
        ~pl.col("role").is_in(sorted(roles)) & ~pl.col("payee_id").is_in(assigned.implode())
    )
    people = lost["payee_id"].unique().sort().to_list()
    if people:
        out.print(
            f"\nNo plan is for {len(people):,} of the payees (e.g. {', '.join(people[:5])}); credits of theirs would earn nothing."
        )
