"""``creditdue review``: sign that a period's draft was reviewed; ``approve`` shares how."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, out
from pipelines.command_line.ledger_options import as_option, existing_ledger, store_option
from pipelines.command_line.propose import show_differences, show_lines

if TYPE_CHECKING:
    from pipelines.closing import Draft
    from pipelines.ledger import Ledger, PeriodState


@click.command(name="review")
@click.argument("period")
@store_option
@as_option
@click.option("--note", help="What you noted; it stays with the signature.")
@click.option("--send-back", is_flag=True, help="Do not sign: send it back to the preparer; needs --note.")
@ends_well
def command(period: str, store: Path, who: str | None, note: str | None, *, send_back: bool) -> None:
    """Sign that the draft of PERIOD (2026-P03) was reviewed; or send a reviewed or approved one back.

    \b
    Example:
      creditdue review 2025-P01 --store out/demo --as k.ito
      creditdue review 2025-P01 --store out/demo --as k.ito --send-back --note "R101: the split of D-1012 is not agreed"

    The draft is in STORE/proposed/PERIOD. Whoever prepared it, or is paid by it, cannot review it.
    """
    from pipelines.ledger import acting, next_steps  # noqa: PLC0415

    person, ledger = acting(who), existing_ledger(store)
    if send_back:
        state = ledger.send_back(period, person, note or "")
        out.print(Text(f"{period} goes back to {state.preparer.name if state.preparer else 'the preparer'}: {note}"))
        return
    draft = looked_at(ledger, store, period)
    state = ledger.review(period, draft.content.hash, person, draft.interested, note)
    signed(draft, state, f"{period} is reviewed by {person.name}.")
    out.print(Text(next_steps(state)))


def looked_at(ledger: "Ledger", store: Path, period: str) -> "Draft":
    """The draft of a period that is not closed yet.

    Raises:
        AlreadyClosed: it is closed.
        NoDraft: nothing is put aside.
    """
    from pipelines.closing import read_draft  # noqa: PLC0415
    from pipelines.closing.close import said_of  # noqa: PLC0415
    from pipelines.ledger import AlreadyClosed  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    closing = ledger.closing_of(period)
    if closing is not None:
        raise AlreadyClosed(said_of(closing), closing)
    return read_draft(Store.at(store), period)


def signed(draft: "Draft", state: "PeriodState", said: str) -> None:
    """Show what was signed."""
    show_lines(draft.period, draft.lines, draft.balances)
    show_differences(draft.differences)
    out.print(Text(f"{said} Content {state.content_hash[:12]}: {draft.folder}"))
