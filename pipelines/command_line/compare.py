"""``creditdue compare``: two sets of plans on the same facts."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl
from rich.text import Text

from pipelines.command_line.console import Progress, company_option, ends_well, exports_option, out, table_of

if TYPE_CHECKING:
    from compensation.modelling.comparison import Comparison
    from pipelines.company_folder import CompanyFolder
    from pipelines.intake import Intake
    from schemas.rules.plan import Plan

FIGURES = ["base", "other", "difference"]


@click.command(name="compare")
@click.argument("base")
@click.argument("other")
@company_option
@exports_option()
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write comparison.xlsx and comparison.html here.",
)
@click.option("--rows", default=20, show_default=True, help="People shown, the largest differences first.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@ends_well
def command(
    base: str, other: str, company: Path, exports: Path, target: Path | None, rows: int, *, quiet: bool
) -> None:
    """Compute the plans of BASE and of OTHER on the same credits: what each costs, who gains, who loses, and why.

    A side is a company folder or a folder of plan files (these plans and no others), a plan file (it replaces the company's
    plan of that name), or plan@version (that version in force all along). Nothing is stored, and nobody's pay changes.

    \b
    Example:
      creditdue compare account_executive@2025.1 account_executive@2026.1 --company examples/demo --exports examples/demo/exports
      creditdue compare examples/demo drafts/plans --company examples/demo --exports examples/demo/exports --out out/comparison
    """
    from pipelines.company_folder import load_company  # noqa: PLC0415
    from pipelines.intake import take_in  # noqa: PLC0415
    from pipelines.modelling.comparison_files import provenance_of, write_comparison  # noqa: PLC0415
    from pipelines.modelling.comparison_sheets import Compared  # noqa: PLC0415
    from pipelines.modelling.sides import plans_meant  # noqa: PLC0415

    progress = Progress(quiet=quiet)
    folder = load_company(company)
    meant = plans_meant(base, folder), plans_meant(other, folder)
    with progress.step("reading and validating exports"):
        intake = take_in(folder, exports)
    found = compared((base, other), meant, folder, intake, progress)
    names = dict(intake.facts["payees"].select("payee_id", "payee_name").rows())
    show(found, base, other, names, rows)
    if target is None:
        return
    with progress.step("writing"):
        shown = Compared(found, base, other, folder.company.company, names)
        written = write_comparison(target, shown, provenance_of(intake, folder, *meant))
    for path in written:
        out.print(f"wrote {path}")


def compared(
    given: tuple[str, str],
    meant: "tuple[tuple[Plan, ...], tuple[Plan, ...]]",
    folder: "CompanyFolder",
    intake: "Intake",
    progress: Progress,
) -> "Comparison":
    """One attribution, paid twice."""
    from compensation.attribution.bases import Books  # noqa: PLC0415
    from compensation.calculate import attributed_step, paid_step, periods_of  # noqa: PLC0415
    from compensation.modelling.comparison import Side, comparison  # noqa: PLC0415
    from compensation.rules import Rules  # noqa: PLC0415

    periods = periods_of(intake.facts, folder.company)
    with progress.step("attributing"):
        attributed = attributed_step(intake.facts, folder.rules, periods)
    books, sides = Books(attributed.bookings, attributed.carers), []
    for name, plans in zip(given, meant, strict=True):
        with progress.step(f"paying by {name}"):
            rules = Rules(folder.company, plans)
            sides.append(Side(plans, paid_step(attributed.credits, intake.facts, rules, periods, books)))
    return comparison(*sides)


def show(found: "Comparison", base: str, other: str, names: dict[str, str], rows: int) -> None:
    """The comparison on the terminal."""
    out.print(Text(f"Base: {base}\nOther: {other}\n"))
    out.print(table_of("In all", ["", *FIGURES], _cells(found.totals, ["currency"]), FIGURES))
    for currency in found.totals["currency"]:
        own = found.people.filter(pl.col("currency") == currency)["difference"]
        gain, lose = int((own > 0).sum()), int((own < 0).sum())
        out.print(f"{currency}: {gain} gain, {lose} lose, {own.len() - gain - lose} are paid the same.\n")
    moved = found.components.filter(pl.col("difference") != 0)
    periods = found.periods.filter(pl.col("difference") != 0)
    if moved.is_empty() and periods.is_empty():
        out.print("Both sides pay everybody the same.")
        return
    if moved.is_empty():
        out.print("In all nobody is paid more or less, but in other periods.\n")
    else:
        _show_components(found, moved)
        _show_people(found, names, rows)
    out.print(table_of("By period", ["", "period", *FIGURES], _cells(periods, ["currency", "fiscal_period"]), FIGURES))


def _show_components(found: "Comparison", moved: pl.DataFrame) -> None:
    cells = _cells(moved, ["plan", "component", "currency"])
    for row, (plan, part) in zip(cells, moved.select("plan", "component").rows(), strict=True):
        row.append(found.changed[plan, part].reason if (plan, part) in found.changed else "what it counts differs")
    out.print(table_of("By component", ["plan", "component", "", *FIGURES, "why"], cells, FIGURES))


def _show_people(found: "Comparison", names: dict[str, str], rows: int) -> None:
    people = found.people.filter(pl.col("difference") != 0)
    shown = _cells(people.head(rows), ["payee_id", "currency"])
    for row, why in zip(shown, people["why"].head(rows), strict=True):
        row.insert(1, names.get(row[0], ""))
        row.append(why)
    out.print()
    out.print(table_of("Who gains and who loses", ["payee", "name", "", *FIGURES, "why"], shown, FIGURES))
    if people.height > rows:
        out.print(
            f"… and {people.height - rows:,} more; --rows {people.height} shows all, --out writes them to a workbook."
        )
    out.print()


def _cells(frame: pl.DataFrame, keys: list[str]) -> list[list[str]]:
    from compensation.currency import minor_unit_digits  # noqa: PLC0415

    rows = []
    for row in frame.rows(named=True):
        digits = minor_unit_digits(row["currency"])
        rows.append(
            [row[key] for key in keys]
            + [f"{row[name]:,.{digits}f}" for name in ("base", "other")]
            + [f"{row['difference']:+,.{digits}f}"]
        )
    return rows
