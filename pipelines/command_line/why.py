"""``creditdue why``: what became of one order line, why it is (not) somebody's, or who looks after an account on a day."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.command_line.console import ends_well, fail
from pipelines.command_line.explain import show, source_options, tables_of
from pipelines.exit_codes import STOPPED

if TYPE_CHECKING:
    from compensation.explanation.node import Node, Tables
    from pipelines.company_folder import CompanyFolder


@click.command(name="why")
@click.argument("order_line", required=False)
@click.option("--payee", help="Why ORDER_LINE is, or is not, this payee's.")
@click.option("--account", help="Who looks after this account, in place of ORDER_LINE; needs --on.")
@click.option("--on", "day", help="The day that --account is asked for, as 2026-03-31.")
@source_options
@ends_well
def command(
    order_line: str | None, payee: str | None, account: str | None, day: str | None, company: Path, exports: Path | None,
    results: Path | None, store: Path | None,
) -> None:  # fmt: skip
    """Show what became of ORDER_LINE: every rule tried, in order, whom it paid, or why it paid nobody.

    With --payee: why the line is, or is not, that person's, and what it would have taken. With --account and --on: who looks
    after an account on a day and why others do not, and who would get its business by which rule.

    \b
    Example:
      creditdue why 30034-10 --company examples/demo --exports examples/demo/exports
      creditdue why 30034-10 --company examples/demo --results out/demo-tables
      creditdue why 30034-10 --payee R101 --company examples/demo --results out/demo-tables
      creditdue why --account 10010 --on 2026-03-31 --company examples/demo --results out/demo-tables
    """
    from compensation.explanation.node import NotFound  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415

    asked_day = _asked(order_line, payee, account, day)
    folder = load_company(company)
    tables = tables_of(folder, exports, results, store)
    try:
        show(_answer(order_line, payee, account, asked_day, folder, tables))
    except NotFound as error:
        fail(str(error), STOPPED)


def _asked(order_line: str | None, payee: str | None, account: str | None, day: str | None) -> date | None:
    """The day asked for, where the question is about an account.

    Raises:
        click.UsageError: it is no question that has an answer; says what to write.
    """
    if (order_line is None) == (account is None):
        raise click.UsageError("Ask for an ORDER_LINE, or for --account ACCOUNT --on DATE; one of the two.")
    if account is None:
        if day is not None:
            raise click.UsageError("--on is the day of --account; an order line has its own dates. Leave it out.")
        return None
    if payee is not None:
        raise click.UsageError("--payee belongs to an ORDER_LINE; --account names everybody. Leave it out.")
    if day is None:
        raise click.UsageError("--account needs a day: --on 2026-03-31.")
    try:
        return datetime.strptime(day, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        raise click.UsageError(f"--on '{day}' is no day; write it as 2026-03-31.") from None


def _answer(
    order_line: str | None, payee: str | None, account: str | None, day: date | None, folder: "CompanyFolder", tables: "Tables"
) -> "Node":  # fmt: skip
    if account is not None and day is not None:
        from compensation.explanation.account import account_on  # noqa: PLC0415

        return account_on(account, day, tables, folder.company)
    line = str(order_line)
    if payee is not None:
        from compensation.explanation.payee import whose  # noqa: PLC0415

        return whose(line, payee, tables, folder.company, folder.plans)
    from compensation.explanation.line import why  # noqa: PLC0415

    return why(line, tables, folder.company, folder.plans)
