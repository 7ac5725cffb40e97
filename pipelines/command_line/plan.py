"""``creditdue plan``: check plan files, and show a plan as a page."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipelines.command_line.console import Progress, ends_well, fail, out, table_of
from pipelines.command_line.lacking import PART, lacking_of, remedy_of, said_of
from pipelines.command_line.run import _day
from pipelines.exit_codes import WRONG_USE

if TYPE_CHECKING:
    import polars as pl

    from compensation.modelling.plan_page import PlanPage
    from compensation.modelling.remarks import Remark
    from schemas.rules.plan import Plan


@click.group(name="plan")
def command() -> None:
    """Check plan files, and show a plan as a readable page with its curves drawn.

    \b
    Example:
      creditdue plan check examples/demo/plans/account_executive.yaml
      creditdue plan show examples/demo/plans/account_executive.yaml
    """


@command.command(name="check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--company", type=click.Path(path_type=Path, file_okay=False), help="Check all plans of this company folder."
)
@click.option(
    "--exports",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="With --company: also look for people, quotas and results that the plans need.",
)
@ends_well
def check(files: tuple[Path, ...], company: Path | None, exports: Path | None) -> None:
    """Read plan FILES, or all plans of a company, and say what is wrong as file:line: what, and what is worth a look.

    \b
    Example:
      creditdue plan check examples/demo/plans/account_executive.yaml
      creditdue plan check --company examples/demo --exports examples/demo/exports

    Ends with 0 when the plans can be used (also with things worth a look), with 2 when one cannot.
    """
    if bool(files) == (company is not None):
        raise click.UsageError("Say what to check: plan files, or --company FOLDER (not both).")
    if exports and company is None:
        raise click.UsageError("--exports needs --company, which says how they are read.")
    remarks = _of_company(company, exports) if company else _of_files(files)
    shown = [(file, line, words) for file, found in remarks.items() for line, words in _with_lines(file, found)]
    for file, line, words in shown:
        out.print(Text.assemble((f"{file}:{line}: ", "bold"), words), soft_wrap=True)
    what = f"{len(remarks)} plan{'s' if len(remarks) != 1 else ''} can be used"
    out.print(f"{what}; worth a look: {len(shown)}." if shown else f"{what}, and nothing catches the eye.")


def _of_files(files: tuple[Path, ...]) -> "dict[Path, list[Remark]]":
    from compensation.modelling.remarks import remarks_on  # noqa: PLC0415

    return {file: remarks_on(plan) for file, plan in _plans(files).items()}


def _plans(files: tuple[Path, ...]) -> "dict[Path, Plan]":
    """Each file's plan.

    Raises:
        RuleFileError: all faults of all files.
    """
    from pipelines.rule_files import RuleFileError, load_rule_file  # noqa: PLC0415
    from schemas.rules.plan import Plan  # noqa: PLC0415

    plans, faults = {}, []
    for file in files:
        try:
            plans[file] = load_rule_file(file, Plan)
        except RuleFileError as error:
            faults.append(str(error))
    if faults:
        raise RuleFileError("\n".join(faults))
    return plans


def _of_company(company: Path, exports: Path | None) -> "dict[Path, list[Remark]]":
    from compensation.modelling.remarks import remarks_on, remarks_on_all, remarks_on_people  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415
    from pipelines.intake import take_in  # noqa: PLC0415

    folder = load_company(company)
    plans = _plans(tuple(sorted((company / "plans").glob("*.yaml"))))
    if not plans:
        fail(f"{company / 'plans'}: no plan files; write one (docs/plans.md)", WRONG_USE)
    found = {file: remarks_on(plan) for file, plan in plans.items()}
    sources = {source.table for source in folder.sources}
    together = remarks_on_all({str(file): plan for file, plan in plans.items()}, sources, folder.company.currency)
    for file in plans:
        found[file] += together[str(file)]
    if exports:
        with Progress().step("reading and validating exports"):
            facts = take_in(folder, exports).facts
        for file, plan in plans.items():
            found[file] += remarks_on_people(plan, facts)
        if (lacking := lacking_of(facts, folder)) is not None:
            for file, plan in plans.items():
                found[file] += _on_lines(plan, lacking)
    return found


def _on_lines(plan: "Plan", lacking: "pl.DataFrame") -> "Iterator[Remark]":
    """What the order lines lack that a plan's parts need, at the place of the part in its last version."""
    from compensation.modelling.remarks import Remark, place_of  # noqa: PLC0415

    for (_, part, figure, reads), lines in lacking.filter(plan=plan.plan).group_by(PART, maintain_order=True):
        file, number, line = lines.select("source_file", "source_line", "order_line_id").row(0)
        yield Remark(
            place_of(plan, str(part)),
            f"{part} ({reads}): {said_of(lines.height, str(figure))}, which stops the calculation. First: {file}:{number}, order "
            f"line {line}. {remedy_of(str(figure), str(reads))}",
        )


def _with_lines(file: Path, remarks: "list[Remark]") -> list[tuple[int, str]]:
    from pipelines.rule_files import read_strict_yaml  # noqa: PLC0415

    _, lines = read_strict_yaml(file)
    return sorted((_line(lines, remark.at), remark.words) for remark in remarks)


def _line(lines: Mapping[tuple[str | int, ...], int], at: tuple[str | int, ...]) -> int:
    return next(lines[at[:size]] for size in range(len(at), -1, -1) if at[:size] in lines)


def amount_given(_: click.Context, parameter: click.Parameter, value: str | None) -> Decimal | None:
    """An amount from an option, exact; none where it is not given."""
    from schemas.rules.values import exact_decimal  # noqa: PLC0415

    if value is None:
        return None
    try:
        number = exact_decimal(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if not isinstance(number, Decimal) or number <= 0:
        raise click.BadParameter(f"{parameter.name} must be above 0; write e.g. 100000")
    return number


@command.command(name="show")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--on", "day", callback=_day, help="The version in force on this day. Default: the one that starts last.")
@click.option(
    "--quota", default="100000", show_default=True, callback=amount_given, help="Quota of a component's window."
)
@click.option(
    "--incentive",
    default="20000",
    show_default=True,
    callback=amount_given,
    help="Target incentive of a year, where the plan takes it from plan_assignments.",
)
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it to page.md, page.html or curve.svg, by how the name ends.",
)
@ends_well
def show(file: Path, day: date | None, quota: Decimal, incentive: Decimal, target: Path | None) -> None:
    """Show the plan in FILE as a page: whom it is for, each part in words, each curve drawn, and what it pays.

    Attainment runs from 0 to 200 %, amounts over the plan's bounds. Figures are exact, and rounded once.

    \b
    Example:
      creditdue plan show examples/demo/plans/account_executive.yaml --on 2026-03-31 --quota 100000
      creditdue plan show examples/demo/plans/account_executive.yaml --out out/account_executive.html
    """
    from compensation.modelling.drawn_curve import Assumed  # noqa: PLC0415
    from compensation.modelling.plan_page import plan_page  # noqa: PLC0415
    from pipelines.modelling.plan_pages import html_of_page, markdown_of_page, svg_of_page  # noqa: PLC0415

    plan = _plans((file,))[file]
    page = plan_page(plan, day, Assumed(quota, incentive))
    if target is None:
        print_page(page)
        return
    writers = {".md": markdown_of_page, ".html": html_of_page, ".svg": svg_of_page}
    if target.suffix not in writers:
        raise click.BadParameter(f"'{target.name}' ends in none of .md, .html, .svg", param_hint="--out")
    if target.suffix == ".svg" and not any(part.curves for part in page.parts):
        fail(
            f"{file}: version on that day has no component, so there is no curve to draw; write .md or .html", WRONG_USE
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(writers[target.suffix](page), encoding="utf-8")
    out.print(f"wrote {target}")


def print_page(page: "PlanPage") -> None:
    """The page on the terminal."""
    from pipelines.modelling.plan_pages import KINDS, chart_in_characters, payout_table  # noqa: PLC0415

    out.print(Text(page.title, style="bold"))
    for label, words in page.facts:
        out.print(Text(f"  {label:<10}{words}"))
    for part in page.parts:
        out.print()
        out.print(Text(f"{part.label} ({KINDS[part.kind].lower()} {part.name})", style="bold"))
        out.print(Text(part.words))
        if part.curves:
            out.print()
            out.print(Text(chart_in_characters(part.curves)), soft_wrap=True)
            heads, rows = payout_table(part.curves, page.currency)
            out.print(table_of(f"\n{part.assumed}" if part.assumed else "", heads, rows, heads))
