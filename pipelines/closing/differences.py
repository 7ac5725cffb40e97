"""Answer the differences of a draft: approve them, with a document where they lower pay, or decline them with a reason."""

import fnmatch
from collections.abc import Sequence
from typing import Any

import polars as pl

from compensation.settlement.approvals import APPROVED, DECLINED
from pipelines.closing.answers import PREFIX
from pipelines.closing.draft import Draft, NoDraft, read_draft
from pipelines.ledger import Approval, Decision, Ledger, Person, TransitionRefused, WrongEntry
from pipelines.store import Store

MOST_SHOWN = 10
Rows = list[dict[str, Any]]


def draft_with_differences(store: Store, ledger: Ledger) -> Draft:
    """The draft that is put aside and not closed yet.

    Raises:
        NoDraft: there is none; says how to make one.
    """
    folder = store.root / "proposed"
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
    for name in names:
        if ledger.closing_of(name) is None:
            return read_draft(store, name)
    raise NoDraft(
        f"{folder}: no draft is put aside, so no difference can be looked at. Make one with company, exports and store: "
        "`creditdue propose --submit`."
    )


def approve_differences(
    draft: Draft, ledger: Ledger, pattern: str, by: Person, document: str | None = None, note: str | None = None
) -> Rows:
    """Approve every difference of a draft that fits, or none: the rows of ``Draft.differences``.

    Args:
        draft: The draft in which they wait.
        ledger: The ledger.
        pattern: A subject as ``propose`` shows it, payee/plan/component/period; ``*`` stands for any text.
        by: Who approves.
        document: Reference of the paper that announces it; a reduction needs one.
        note: Anything else worth knowing.

    Raises:
        WrongEntry: none fits, or a reduction comes without document.
        TransitionRefused: whoever approves is paid by one, or prepared the draft.
    """
    rows = _found(draft, pattern)
    entries = [
        Approval.of(row["what"], row["subject"], row["content_hash"], by=by, role="approver", document=document, note=note)
        for row in rows
    ]  # fmt: skip
    _require_may_answer(draft, ledger, rows, by)
    for entry in entries:
        entry.require_complete()
    for row, entry in zip(rows, entries, strict=True):
        ledger.append(entry, draft.named(row["interested"]))
    return rows


def decline_differences(
    draft: Draft, ledger: Ledger, pattern: str, by: Person, reason: str
) -> Rows:  # fmt: skip
    """Decline every difference of a draft that fits: it is not posted and stays visible with the reason.

    Args and raises as ``approve_differences``; also refused where one was approved already.
    """
    rows = _found(draft, pattern)
    _require_may_answer(draft, ledger, rows, by)
    approved = [row["subject"] for row in rows if ledger.is_approved(row["what"], row["subject"], row["content_hash"])]
    if approved:
        raise TransitionRefused(
            f"{approved[0]} is approved already and will be posted in {draft.period}. To take it back, change the rule back: the "
            "difference is then proposed the other way round."
        )
    for row in rows:
        reference = f"{PREFIX}{row['subject']}/{row['content_hash']}"
        finding = f"{PREFIX}{row['subject']}"
        ledger.append(Decision(by, reference, draft.period, finding, DECLINED, reason))
    return rows


def _found(draft: Draft, pattern: str) -> Rows:
    rows = [row for row in draft.differences.rows(named=True) if fnmatch.fnmatchcase(row["subject"], pattern)]
    if not rows:
        there = draft.differences["subject"].to_list()
        known = f"It has {', '.join(there[:MOST_SHOWN])}" if there else "It has none"
        more = f" and {len(there) - MOST_SHOWN} more" if len(there) > MOST_SHOWN else ""
        raise WrongEntry(
            f"'{pattern}' fits no difference of the draft of {draft.period} that waits for an approval. {known}{more}. Name one as "
            "`creditdue propose` shows it: payee/plan/component/period; * stands for any text."
        )
    return rows


def _require_may_answer(draft: Draft, ledger: Ledger, rows: Sequence[dict[str, Any]], by: Person) -> None:
    preparer = ledger.state_of(draft.period).preparer
    if preparer is not None and by.is_same(preparer):
        raise TransitionRefused(
            f"{by.name} prepared the draft of {draft.period} and so answers no difference in it. Somebody else has to."
        )
    for row in rows:
        interested = draft.named(row["interested"])
        if by.is_among(interested):
            raise TransitionRefused(
                f"{by.name} is paid by {row['subject']}, or earns an override on it, and so cannot answer it. Somebody else has to."
            )


def approved_since(draft: Draft, ledger: Ledger) -> list[str]:
    """Subjects of differences that were approved after the draft was put aside, and so are not in its lines."""
    waiting = draft.differences.filter(pl.col("state") != APPROVED)
    return [
        row["subject"]
        for row in waiting.rows(named=True)
        if ledger.is_approved(row["what"], row["subject"], row["content_hash"])
    ]


def is_subject(text: str) -> bool:
    """Whether a text names a difference: payee/plan/component/period."""
    return "/" in text
