"""``creditdue approve``: sign a reviewed period, or somebody else's adjustment."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, out
from pipelines.command_line.ledger_options import as_option, existing_ledger, store_option
from pipelines.command_line.review import looked_at, signed

if TYPE_CHECKING:
    from pipelines.ledger import Ledger, Person

PERIOD = re.compile(r"[0-9]{4}-P[0-9]{2}")


@click.command(name="approve")
@click.argument("subject")
@store_option
@as_option
@click.option("--document", help="For an adjustment: reference of the paper that it rests on.")
@click.option("--note", help="What you noted; it stays with the signature.")
@ends_well
def command(subject: str, store: Path, who: str | None, document: str | None, note: str | None) -> None:
    """Approve SUBJECT: a reviewed period (2026-P03), or an adjustment by its reference (ADJ-1).

    \b
    Example:
      creditdue approve 2025-P01 --store out/demo --as c.roth
      creditdue approve ADJ-1 --store out/demo --as k.ito --document "Mail of 2026-03-30"

    A period is approved by a third person, neither preparer nor reviewer; an adjustment by anybody but who recorded it. Nobody
    approves what pays them. An approval of a period lapses when another content of it is submitted.
    """
    from pipelines.ledger import acting, next_steps  # noqa: PLC0415

    person, ledger = acting(who), existing_ledger(store)
    if not PERIOD.fullmatch(subject):
        _approve_adjustment(ledger, subject, person, document, note)
        return
    draft = looked_at(ledger, store, subject)
    state = ledger.approve(subject, draft.content.hash, person, draft.interested, note)
    signed(draft, state, f"{subject} is approved by {person.name}.")
    out.print(Text(next_steps(state)))


def _approve_adjustment(
    ledger: "Ledger", reference: str, person: "Person", document: str | None, note: str | None
) -> None:
    from pipelines.closing.adjustments import adjustment_named  # noqa: PLC0415
    from pipelines.ledger import Approval, WrongEntry, entry_hash  # noqa: PLC0415

    entry = adjustment_named(ledger, reference)
    if entry is None:
        raise WrongEntry(f"'{reference}' is neither a period, as in 2026-P03, nor an adjustment in the ledger.")
    signature = Approval.of(
        "adjustment", reference, entry_hash(entry), by=person, role="approver", document=document, note=note
    )
    ledger.append(signature)
    out.print(
        Text(
            f"{reference} is approved by {person.name}: {entry.amount:,.2f} {entry.currency} for {entry.payee_id} in {entry.period}. "
            f"It is in the next draft of {entry.period}."
        )
    )
