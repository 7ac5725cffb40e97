"""``creditdue approve``: sign a reviewed period, a difference that waits, or somebody else's adjustment or release."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, out, table_of
from pipelines.command_line.ledger_options import as_option, existing_ledger, store_option
from pipelines.command_line.propose import DIFFERENCE, difference_row
from pipelines.command_line.review import looked_at, signed

if TYPE_CHECKING:
    from pipelines.ledger import Adjustment, Hold, Ledger, Person, Release

PERIOD = re.compile(r"[0-9]{4}-P[0-9]{2}")


@click.command(name="approve")
@click.argument("subject")
@store_option
@as_option
@click.option("--document", help="Reference of the paper that it rests on; a difference that lowers pay needs one.")
@click.option("--note", help="What you noted; it stays with the signature.")
@click.option("--decline", is_flag=True, help="For a difference: it is not posted, and stays visible with --note.")
@ends_well
def command(
    subject: str, store: Path, who: str | None, document: str | None, note: str | None, *, decline: bool
) -> None:  # fmt: skip
    """Approve SUBJECT: a reviewed period (2026-P03), a difference (R101/sales/commission/2026-P01), or an adjustment or release (ADJ-1).

    \b
    Example:
      creditdue approve 2025-P01 --store out/demo --as c.roth
      creditdue approve R101/sales/commission/2025-P01 --store out/demo --as k.ito --document "Letter of 2025-02-14"
      creditdue approve "*/sales/*/2025-P01" --store out/demo --as k.ito --decline --note "Agreed from April on only"
      creditdue approve ADJ-1 --store out/demo --as k.ito --document "Mail of 2026-03-30"

    A period is approved by a third person, neither preparer nor reviewer. A difference waits in a draft because a quota, plan,
    assignment or result of a closed period was decided anew; * stands for any text. An adjustment, or the release of a hold, is approved by
    anybody but who recorded it. Nobody approves what pays them, or an override on it. An approval lapses when what was approved changes.
    """
    from pipelines.closing.differences import is_subject  # noqa: PLC0415
    from pipelines.ledger import WrongEntry, acting, next_steps  # noqa: PLC0415

    person, ledger = acting(who), existing_ledger(store)
    if is_subject(subject):
        _answer_differences(ledger, store, subject, person, document, note, decline=decline)
        return
    if decline:
        raise WrongEntry(
            f"'{subject}' is no difference, and only differences are declined. Send a period back with `creditdue review {subject} "
            "--send-back --note …`; an adjustment that nobody approves is not paid."
        )
    if not PERIOD.fullmatch(subject):
        _approve_recorded(ledger, store, subject, person, document, note)
        return
    draft = looked_at(ledger, store, subject)
    state = ledger.approve(subject, draft.content.hash, person, draft.interested, note)
    signed(draft, state, f"{subject} is approved by {person.name}.")
    out.print(Text(next_steps(state)))


def _answer_differences(
    ledger: "Ledger", store: Path, pattern: str, person: "Person", document: str | None, note: str | None, *, decline: bool
) -> None:  # fmt: skip
    from pipelines.closing.differences import (  # noqa: PLC0415
        approve_differences,
        decline_differences,
        draft_with_differences,
    )
    from pipelines.ledger import WrongEntry  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    draft = draft_with_differences(Store.at(store), ledger)
    if decline and not (note or "").strip():
        raise WrongEntry(f"{pattern} is declined without a reason. Say why: --note. It stays with the difference.")
    if decline:
        rows = decline_differences(draft, ledger, pattern, person, note or "")
    else:
        rows = approve_differences(draft, ledger, pattern, person, document, note)
    word = "declined" if decline else "approved"
    shown = [
        difference_row({**row, "state": word, "answered_by": person.name, "answer": note or document}) for row in rows
    ]
    out.print(table_of(f"Differences {word} by {person.name} ({len(rows)})", DIFFERENCE, shown, ["amount"]))
    rest = (
        "What was declined is not posted, and stays in every draft with its reason."
        if decline
        else f"Put the draft aside anew, so that {draft.period} posts it: `creditdue propose {draft.period} --submit`."
    )
    out.print(Text(rest))


def _approve_recorded(
    ledger: "Ledger", store: Path, reference: str, person: "Person", document: str | None, note: str | None
) -> None:  # fmt: skip
    """Approve an adjustment, or the release of a hold, as it is recorded."""
    from pipelines.closing.adjustments import adjustment_named  # noqa: PLC0415
    from pipelines.closing.holding import release_named  # noqa: PLC0415
    from pipelines.closing.interested import interested_in  # noqa: PLC0415
    from pipelines.ledger import Approval, WrongEntry, entry_hash  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    adjustment, released = adjustment_named(ledger, reference), release_named(ledger, reference)
    if adjustment is not None:
        entry: Adjustment | Release = adjustment
        about: Adjustment | Hold = adjustment
    elif released is not None:
        entry, about = released
    else:
        raise WrongEntry(
            f"'{reference}' is neither a period, as in 2026-P03, nor a difference, as in R101/sales/commission/2026-P01, nor an adjustment "
            "or a release in the ledger."
        )
    what = "release" if adjustment is None else "adjustment"
    interested = interested_in(Store.at(store), ledger, about.payee_id, about.order_line_id, alone=True)
    signature = Approval.of(
        what, reference, entry_hash(entry), by=person, role="approver", document=document, note=note
    )
    ledger.append(signature, interested)
    amount = "all that is left" if entry.amount is None else f"{entry.amount:,.2f} {entry.currency}"
    out.print(
        Text(
            f"{reference} is approved by {person.name}: {amount} for {about.payee_id} in {entry.period}. It is in the next draft of "
            f"{entry.period}."
        )
    )
