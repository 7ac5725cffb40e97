"""``creditdue release``: give free what was held."""

from decimal import Decimal
from pathlib import Path

import click
from rich.text import Text

from pipelines.command_line.amounts import amount_given
from pipelines.command_line.console import ends_well, out
from pipelines.command_line.ledger_options import as_option, existing_ledger, store_option


@click.command(name="release")
@click.argument("hold")
@click.argument("period")
@click.option("--reference", required=True, help="What it is called, once in the ledger: FREE-1.")
@click.option("--reason", required=True, help="Why; the payee reads it.")
@click.option(
    "--amount", callback=amount_given, help="Only so much of it. Default: all that is left, and the hold ends."
)
@store_option
@as_option
@ends_well
def command(
    hold: str, period: str, reference: str, reason: str, amount: Decimal | None, store: Path, who: str | None
) -> None:  # fmt: skip
    """Give free what HOLD keeps, in PERIOD (2026-P03), once somebody else approves it (`creditdue approve`).

    \b
    Example:
      creditdue release HOLD-1 2025-P02 --reference FREE-1 --reason "The customer accepted" --store out/demo --as p.meyer
      creditdue release HOLD-2 2025-P02 --reference FREE-2 --reason "Half is agreed" --amount 250.00 --store out/demo --as p.meyer

    Whoever is paid by it, or earns an override on what it is about, cannot approve it. The same reference again adds nothing.
    """
    from pipelines.closing.holding import hold_named  # noqa: PLC0415
    from pipelines.ledger import Release, WrongEntry, acting  # noqa: PLC0415

    person, ledger = acting(who), existing_ledger(store)
    of = hold_named(ledger, hold)
    if of is None:
        raise WrongEntry(f"'{hold}' is no hold in the ledger. `creditdue hold --help` says how one is recorded.")
    ledger.append(Release(person, reference, hold, period, of.currency, reason, amount))
    what = "all that is left" if amount is None else f"{amount:,.2f} {of.currency}"
    out.print(
        Text(
            f"{reference} is recorded by {person.name}: {what} of {hold} is released for {of.payee_id} in {period}. Next: somebody else, "
            f"not {of.payee_id}, approves it (`creditdue approve {reference}`)."
        )
    )
