"""Entries into the ledger: once each, complete, about something that is there, and by somebody who may."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Table, select

from compensation.currency import minor_unit_digits
from pipelines.ledger.errors import AlreadyClosed, AlreadyRecorded, TransitionRefused, WrongEntry
from pipelines.ledger.people import Person
from pipelines.ledger.records import Adjustment, Answer, Approval, Decision, Entry, Hold, Release, row_content
from pipelines.ledger.tables import ADJUSTMENTS, ANSWERS, APPROVALS, CHAINED, DISPUTES, HOLDS, PERIOD_EVENTS, RELEASES
from pipelines.ledger.writer import Writer

OF_OPEN_PERIODS = (Adjustment, Hold, Release, Decision)
RECORDED = {"adjustment": ADJUSTMENTS, "release": RELEASES}
"""What is recorded by one person and approved by another."""


def enter(
    connection: Connection, writer: Writer, entry: Entry, interested: Collection[str] = (), *, is_step: bool = False
) -> int:
    """Append an entry, or find it: the number of its row.

    Args:
        connection: The only writer's.
        writer: Its writer.
        entry: What to record.
        interested: For an approval or an answer: payee ids or names of those whom it pays, or whose override counts on it.
        is_step: It signs a step of a period, and goes with it; nothing else may.

    Raises:
        WrongEntry, AlreadyRecorded, AlreadyClosed, TransitionRefused: see ``Ledger.append``.
    """
    table, row = CHAINED[entry.table], entry.row()
    before = connection.execute(select(table).where(table.c.reference == entry.reference)).mappings().one_or_none()
    if before is not None and not is_step:
        return _found(table, entry, dict(before), row)
    if isinstance(entry, OF_OPEN_PERIODS):
        _require_open(connection, entry)
    _require_referred(connection, entry)
    if isinstance(entry, Approval) and not is_step:
        _require_may_approve(connection, entry, frozenset(interested))
    if isinstance(entry, Answer):
        _require_may_answer(connection, entry, frozenset(interested))
    if before is not None:  # signed before, sent back, and signed again
        row["reference"] = f"{entry.reference}/{writer.sequence}"
    return writer.append(table, row)


def _found(table: Table, entry: Entry, before: dict[str, Any], row: dict[str, Any]) -> int:
    differing = [name for name, value in row.items() if before[name] != value]
    if differing:
        raise AlreadyRecorded(
            f"'{entry.reference}' is in '{table.name}' already, recorded by {before['by']} at {before['at']} with another "
            f"'{differing[0]}'. Nothing in the ledger is changed: record this under a reference of its own."
        )
    return int(before["number"])


def _require_open(connection: Connection, entry: Entry) -> None:
    period = getattr(entry, "period", "")
    closed = connection.execute(select(PERIOD_EVENTS.c.at).where(PERIOD_EVENTS.c.closed_once == period)).scalar()
    if closed is not None:
        raise AlreadyClosed(
            f"{type(entry).__name__} '{entry.reference}': {period} was closed at {closed} and stays so. Name the open period."
        )


def _require_referred(connection: Connection, entry: Entry) -> None:
    if isinstance(entry, Release):
        hold = _row(connection, HOLDS, entry, entry.hold)
        if hold["minor_digits"] != minor_unit_digits(entry.currency) or hold["currency"] != entry.currency:
            raise WrongEntry(f"Release '{entry.reference}' is in {entry.currency}, its hold in {hold['currency']}.")
        if entry.period < hold["period"]:
            raise WrongEntry(
                f"Release '{entry.reference}' is of {entry.period}, and its hold '{entry.hold}' begins in {hold['period']}. Name that "
                "period or a later one."
            )
    if isinstance(entry, Answer):
        _row(connection, DISPUTES, entry, entry.dispute)


def _row(connection: Connection, table: Table, entry: Entry, reference: str) -> dict[str, Any]:
    row = connection.execute(select(table).where(table.c.reference == reference)).mappings().one_or_none()
    if row is None:
        raise WrongEntry(
            f"{type(entry).__name__} '{entry.reference}' refers to '{reference}', which is not in '{table.name}'. Name one "
            "that is recorded there."
        )
    return dict(row)


def _require_may_approve(connection: Connection, approval: Approval, interested: frozenset[str]) -> None:
    if approval.what == "period":
        raise WrongEntry(f"{approval.subject}: a period is reviewed and approved by `creditdue review` and `approve`.")
    if approval.what in RECORDED:
        interested |= _payee_of(connection, approval)
    if approval.by.is_among(interested):
        raise TransitionRefused(
            f"{approval.by.name} is paid by the {approval.what} '{approval.subject}', or earns an override on it, and so cannot "
            "approve it. Somebody else has to."
        )


def _payee_of(connection: Connection, approval: Approval) -> frozenset[str]:
    """Whom an adjustment or a release pays, once it is sure that it is the one recorded, by somebody else."""
    row = _row(connection, RECORDED[approval.what], approval, approval.subject)
    if row_content(row) != approval.content_hash:
        raise TransitionRefused(
            f"What {approval.by.name} approves is not the {approval.what} '{approval.subject}' as it is recorded. Look at it again."
        )
    if Person(row["by"]).is_same(approval.by):
        raise TransitionRefused(
            f"{approval.by.name} recorded the {approval.what} '{approval.subject}' and so cannot approve it. Somebody else has to."
        )
    paid = row if approval.what == "adjustment" else _row(connection, HOLDS, approval, row["hold"])
    return frozenset({paid["payee_id"]})


def _require_may_answer(connection: Connection, answer: Answer, interested: frozenset[str]) -> None:
    dispute = _row(connection, DISPUTES, answer, answer.dispute)
    before = connection.execute(select(ANSWERS).where(ANSWERS.c.dispute == answer.dispute)).mappings().first()
    if before is not None:
        raise AlreadyRecorded(
            f"Dispute '{answer.dispute}' was answered by {before['by']} at {before['at']} ({before['outcome']}). Nothing in the ledger "
            "is changed: raise another dispute where there is more to say."
        )
    if Person(dispute["by"]).is_same(answer.by):
        raise TransitionRefused(
            f"{answer.by.name} raised the dispute '{answer.dispute}' and so cannot answer it. Somebody else has to."
        )
    if answer.by.is_among(interested | {dispute["payee_id"]}):
        raise TransitionRefused(
            f"{answer.by.name} is paid by what '{answer.dispute}' is about, or earns an override on it, and so is an interested party "
            "and cannot answer it. Somebody else has to."
        )


def has_approval(connection: Connection, what: str, subject: str, content_hash: str) -> bool:
    """Whether there is an approval of exactly this content."""
    column = APPROVALS.c
    same = (column.what == what) & (column.subject == subject) & (column.content_hash == content_hash)
    return connection.execute(select(column.number).where(same).limit(1)).first() is not None
