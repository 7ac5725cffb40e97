"""``creditdue adjust``: record an award or a deduction outside the plans."""

from decimal import Decimal
from pathlib import Path

import click
from rich.text import Text

from pipelines.command_line.amounts import amount_given
from pipelines.command_line.console import ends_well, out
from pipelines.command_line.ledger_options import as_option, store_option


@click.command(name="adjust", context_settings={"ignore_unknown_options": True})
@click.argument("period")
@click.argument("payee")
@click.argument("amount", callback=amount_given)
@click.argument("currency")
@click.option("--reference", required=True, help="What it is called, once in the ledger: ADJ-1.")
@click.option("--reason", required=True, help="Why; the payee reads it.")
@click.option("--plan", default="adjustment", show_default=True, help="Plan that it belongs to.")
@click.option("--order-line", help="Order line that it is about.")
@click.option(
    "--counts-to", "measure", help="Measure whose quota it counts to as well: new_business. Default: to none."
)
@click.option("--document", help="Reference of the paper that it rests on.")
@store_option
@as_option
@ends_well
def command(
    period: str, payee: str, amount: Decimal, currency: str, reference: str, reason: str, plan: str, order_line: str | None,
    measure: str | None, document: str | None, store: Path, who: str | None,
) -> None:  # fmt: skip
    """Record AMOUNT CURRENCY for PAYEE, to be paid in PERIOD (2026-P03) once somebody else approves it.

    \b
    Example:
      creditdue adjust 2025-P01 R101 250.00 EUR --reference ADJ-1 --reason "Helped to win D-1002" --store out/demo --as p.meyer
      creditdue adjust 2025-P01 R101 -80.00 EUR --reference ADJ-2 --reason "Paid twice by hand" --store out/demo --as p.meyer
      creditdue adjust 2025-P01 R101 500.00 EUR --reference ADJ-3 --reason "Deal of a partner" --counts-to new_business --store out/demo --as p.meyer

    With --counts-to the amount also moves the payee's position on what counts that measure, from the first day of the period; there
    it earns nothing by itself. The same reference again adds nothing, and nothing recorded is changed: a wrong adjustment is answered
    by another one.
    """
    from pipelines.closing.interested import require_payee  # noqa: PLC0415
    from pipelines.ledger import Adjustment, acting, ledger_address, open_ledger  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    person = acting(who)
    require_payee(Store.at(store), payee)
    entry = Adjustment(
        person, reference, period, payee, currency.upper(), amount, plan, reference, reason, order_line,
        counts_to_quota=measure is not None, document=document, measure=measure,
    )  # fmt: skip
    open_ledger(ledger_address(store)).append(entry)
    out.print(
        Text(
            f"{reference} is recorded by {person.name}: {amount:,.2f} {entry.currency} for {payee} in {period}. Next: somebody else, "
            f"not {payee}, approves it (`creditdue approve {reference}`)."
        )
    )
