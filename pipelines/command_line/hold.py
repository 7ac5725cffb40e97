"""``creditdue hold``: keep pay back until somebody releases it."""

from decimal import Decimal
from pathlib import Path

import click
from rich.text import Text

from pipelines.command_line.amounts import amount_given
from pipelines.command_line.console import ends_well, out
from pipelines.command_line.ledger_options import as_option, store_option


@click.command(name="hold")
@click.argument("period")
@click.argument("payee")
@click.argument("currency")
@click.option("--reference", required=True, help="What it is called, once in the ledger: HOLD-1.")
@click.option("--reason", required=True, help="Why; the payee reads it.")
@click.option(
    "--amount", callback=amount_given, help="At most so much. Default: everything that the other options name."
)
@click.option("--plan", help="Only pay of this plan.")
@click.option("--component", help="Only pay of this component.")
@click.option("--order-line", help="Only pay of this order line.")
@click.option("--release-on", help="What it waits for, in words: the payee reads it.")
@store_option
@as_option
@ends_well
def command(
    period: str, payee: str, currency: str, reference: str, reason: str, amount: Decimal | None, plan: str | None,
    component: str | None, order_line: str | None, release_on: str | None, store: Path, who: str | None,
) -> None:  # fmt: skip
    """Keep back pay of PAYEE in CURRENCY from PERIOD (2026-P03) on, until it is released.

    \b
    Example:
      creditdue hold 2025-P01 R101 EUR --reference HOLD-1 --order-line 30001-10 --reason "Delivery is disputed" --release-on "the customer accepts it" --store out/demo --as p.meyer
      creditdue hold 2025-P01 R101 EUR --reference HOLD-2 --amount 500.00 --reason "Car not returned" --store out/demo --as p.meyer

    A hold keeps what is posted from PERIOD on, as soon as it is recorded, and never more than there is; what was paid before stays
    paid. It is ended by `creditdue release`. The same reference again adds nothing.
    """
    from pipelines.closing.interested import require_payee  # noqa: PLC0415
    from pipelines.ledger import Hold, acting, ledger_address, open_ledger  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    person = acting(who)
    require_payee(Store.at(store), payee)
    entry = Hold(
        person, reference, period, payee, currency.upper(), reason, amount, plan, component, order_line, release_on
    )
    open_ledger(ledger_address(store)).append(entry)
    named = [
        f"{word} {name}"
        for word, name in (("plan", plan), ("component", component), ("order line", order_line))
        if name
    ]
    what = "everything" if amount is None else f"up to {amount:,.2f}"
    of = f" of {', '.join(named)}" if named else ""
    out.print(
        Text(
            f"{reference} is recorded by {person.name}: {what}{of} is held for {payee}, {entry.currency}, from {period} on. It is in "
            f"the next draft of {period}. To end it: `creditdue release {reference}`."
        )
    )
