"""The steps of periods as they lie in the ledger, read back as states and records."""

from collections.abc import Collection
from typing import NoReturn

import polars as pl
from sqlalchemy import Connection, func, select

from pipelines.ledger.chain import Anchor
from pipelines.ledger.errors import AlreadyClosed, TransitionRefused
from pipelines.ledger.frames import table_frame
from pipelines.ledger.people import Person
from pipelines.ledger.period_life import CLOSED, Event, PeriodState, require_step, state_after
from pipelines.ledger.records import Closing
from pipelines.ledger.tables import CHAIN, PERIOD_EVENTS, POSTINGS
from pipelines.workbooks.files import require_safe_name

COLUMNS = (
    "period", "state", "content_hash", "preparer", "reviewer", "approver", "closed_by", "closed_at", "seal"
)  # fmt: skip


def period_events(connection: Connection, period: str | None = None) -> pl.DataFrame:
    """Steps of a period, or of all of them, in the order in which they were taken."""
    return table_frame(connection, PERIOD_EVENTS, period)


def state_of(connection: Connection, period: str) -> PeriodState:
    """Where a period stands."""
    return _state(period, period_events(connection, period))


def _state(period: str, events: pl.DataFrame) -> PeriodState:
    steps = (
        Event(row["state"], Person(row["by"], row["by_payee"]), row["content_hash"], row["at"])
        for row in events.iter_rows(named=True)
    )
    return state_after(period, steps)


def periods_frame(connection: Connection) -> pl.DataFrame:
    """One row a period: ``COLUMNS``, in the order of the periods."""
    rows = []
    for (period,), events in period_events(connection).group_by("period", maintain_order=True):
        state, last = _state(str(period), events), events.row(-1, named=True)
        closed = [last["by"], last["at"], last["seal"]] if state.state == CLOSED else [None] * 3
        people = [person and person.name for person in (state.preparer, state.reviewer, state.approver)]
        rows.append([period, state.state, state.content_hash, *people, *closed])
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String()), orient="row").sort("period")


def closing_of(connection: Connection, period: str) -> Closing | None:
    """The record of a period's close, with the anchor of the moment after it; None where it is not closed."""
    events = PERIOD_EVENTS.c
    row = connection.execute(select(PERIOD_EVENTS).where(events.closed_once == period)).mappings().one_or_none()
    if row is None:
        return None
    posted = select(func.count()).select_from(POSTINGS).where(POSTINGS.c.event_number == row["number"])
    postings: int = connection.execute(posted).scalar_one()
    is_own = (CHAIN.c.table_name == PERIOD_EVENTS.name) & (CHAIN.c.row_key == row["number"])
    first = select(CHAIN.c.sequence).where(is_own).scalar_subquery()
    last = connection.execute(select(CHAIN.c.sequence, CHAIN.c.hash).where(CHAIN.c.sequence == first + postings))
    sequence, hashed = last.one_or_none() or (0, "")
    return Closing(
        period, row["content_hash"], row["calculation_id"], row["snapshot_id"], row["plan_set_hash"], row["seal"] or "",
        row["by"], row["at"], postings, Anchor(sequence, hashed),
    )  # fmt: skip


def standing(
    connection: Connection, period: str, state: str, by: Person, content_hash: str, interested: Collection[str] = ()
) -> PeriodState:
    """Where a period stands, once it is sure that it may take this step.

    Raises:
        AlreadyClosed: it is closed; with the record of its close.
        TransitionRefused: the step is not allowed, or a later period is closed already.
    """
    current = state_of(connection, require_safe_name(period))
    if current.state == CLOSED:
        _refuse_closed(connection, period, content_hash)
    require_step(current, state, by, content_hash, interested)
    later = connection.execute(select(func.max(PERIOD_EVENTS.c.closed_once))).scalar()
    if state == CLOSED and later is not None and later > period:
        raise TransitionRefused(
            f"{period} cannot be closed, because {later} is closed already: what is posted there was computed without it. "
            "What belongs to it is posted in the open period."
        )
    return current


def _refuse_closed(connection: Connection, period: str, content_hash: str) -> NoReturn:
    closing = closing_of(connection, period)
    if closing is None:
        raise AlreadyClosed(f"{period} is closed and stays so.")
    is_same = closing.content_hash == content_hash
    rest = (
        "It is the same content: nothing is left to do."
        if is_same
        else "What changed about it since is posted in the open period."
    )
    raise AlreadyClosed(
        f"{period} was closed by {closing.by} at {closing.at} with {closing.postings:,} postings (content "
        f"{closing.content_hash[:12]}, seal {closing.seal[:12]}) and stays so; nothing was posted. {rest}",
        closing,
        is_same=is_same,
    )
