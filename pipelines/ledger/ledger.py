"""The ledger as the rest of the program sees it: read what was recorded, record more, close a period."""

import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import Connection, Engine, select

from pipelines.ledger.chain import Anchor
from pipelines.ledger.connection import engine_of, place_of, reading, writing
from pipelines.ledger.entering import enter, has_approval
from pipelines.ledger.errors import TransitionRefused, WrongEntry, ordinary_errors
from pipelines.ledger.frames import posting_rows, postings_frame, table_frame
from pipelines.ledger.people import Person
from pipelines.ledger.period_life import APPROVED, CALCULATED, CLOSED, IN_REVIEW, OPEN, PeriodState
from pipelines.ledger.period_rows import closing_of, period_events, periods_frame, standing, state_of
from pipelines.ledger.records import Approval, Closing, Entry, PeriodContent
from pipelines.ledger.schema import LATEST, require_known, upgrade, version_of
from pipelines.ledger.tables import CHAINED, LEDGER, PERIOD_EVENTS, POSTINGS
from pipelines.ledger.writer import Writer

Clock = Callable[[], datetime]


def now_in_utc() -> datetime:
    """The instant that an entry is dated with."""
    return datetime.now(UTC)


def open_ledger(address: str, clock: Clock = now_in_utc) -> "Ledger":
    """The ledger at a URL; made where there is none, brought up to date where it is older.

    Args:
        address: ``sqlite:///path/ledger.db`` or ``postgresql://user@host/database``; see ``ledger_address``.
        clock: What time it is.

    Raises:
        WrongLedgerAddress: the URL names no ledger.
        NewerLedger: it was written by a newer program.
        LedgerError: it cannot be opened.
    """
    engine = engine_of(address)
    with ordinary_errors(f"Opening the ledger {place_of(engine)}"):
        with reading(engine) as connection:
            version = version_of(connection)
        if version != LATEST:
            require_known(version, place_of(engine))
            _bring_up_to_date(engine, clock)
    return Ledger(engine, clock)


def _bring_up_to_date(engine: Engine, clock: Clock) -> None:
    with writing(engine) as connection:
        version = version_of(connection)  # another process may have been quicker
        if version == LATEST:
            return
        upgrade(connection)
        if version is None:
            Writer(connection, _text(clock)).append(LEDGER, {"ledger_id": str(uuid.uuid4()), "by": "creditdue"})


def _text(clock: Clock) -> str:
    return clock().astimezone(UTC).isoformat(timespec="microseconds")


class Ledger:
    """One company's ledger. Whatever is recorded is recorded whole, once, and stays."""

    def __init__(self, engine: Engine, clock: Clock = now_in_utc) -> None:
        self.engine = engine
        self._clock = clock

    @property
    def place(self) -> str:
        """Where it is, for people; without a password."""
        return place_of(self.engine)

    # Reading

    def postings(self, period: str | None = None) -> pl.DataFrame:
        """Everything posted, or what was posted on one period: contract ``Posting``, in the order of posting."""
        with self._reading() as connection:
            return postings_frame(connection, period)

    def periods(self) -> pl.DataFrame:
        """One row a period that has left ``open``, in order.

        ``period, state, content_hash, preparer, reviewer, approver, closed_by, closed_at, seal`` (text; the latter five
        empty until then).
        """
        with self._reading() as connection:
            return periods_frame(connection)

    def state_of(self, period: str) -> PeriodState:
        """Where a period stands and who brought it there; ``open`` where nothing is recorded."""
        with self._reading() as connection:
            return state_of(connection, period)

    def closing_of(self, period: str) -> Closing | None:
        """The record of a period's close; None where it is not closed."""
        with self._reading() as connection:
            return closing_of(connection, period)

    def closings(self) -> list[Closing]:
        """The records of all closes, in the order of the periods."""
        with self._reading() as connection:
            closed = connection.execute(select(PERIOD_EVENTS.c.closed_once).order_by(PERIOD_EVENTS.c.closed_once))
            found = (closing_of(connection, period) for period in closed.scalars().all() if period is not None)
            return [closing for closing in found if closing is not None]

    def history(self, period: str) -> pl.DataFrame:
        """Every step that a period took, in order: the columns of ``period_events``."""
        with self._reading() as connection:
            return period_events(connection, period)

    def entries(self, kind: type[Entry]) -> pl.DataFrame:
        """Everything recorded of a kind, in order: the entry's fields, ``number``, ``by`` and ``at``; ``amount`` exact."""
        with self._reading() as connection:
            return table_frame(connection, CHAINED[kind.table])

    def is_approved(self, what: str, subject: str, content_hash: str) -> bool:
        """Whether somebody approved exactly this content of it."""
        with self._reading() as connection:
            return has_approval(connection, what, subject, content_hash)

    def anchor(self) -> Anchor:
        """Length and last hash of the chain: print it and keep it elsewhere."""
        with self._reading() as connection:
            return Writer(connection, "").anchor

    # Recording

    def append(self, entry: Entry, interested: Collection[str] = ()) -> int:
        """Record an entry; the same one again adds nothing.

        Args:
            entry: Approval (of anything but a period), adjustment, hold, release, dispute, answer or decision.
            interested: For an approval or an answer: payee ids or names of those whom it pays, or whose override counts on it.

        Returns:
            Its number in its table.

        Raises:
            WrongEntry: it is incomplete, or refers to what is not there.
            AlreadyRecorded: another entry has this reference.
            AlreadyClosed: its period is closed.
            TransitionRefused: whoever approves or answers proposed it, is paid by it, or earns an override on it.
        """
        with self._writing() as (connection, writer):
            return enter(connection, writer, entry, interested)

    def calculated(self, content: PeriodContent, by: Person, note: str | None = None) -> PeriodState:
        """Record what a period would be closed with; the same content again adds nothing, another starts anew.

        Raises:
            AlreadyClosed: the period is closed.
        """
        hashed = content.hash
        with self._writing() as (connection, writer):
            current = standing(connection, content.period, CALCULATED, by, hashed)
            if current.state == OPEN or current.content_hash != hashed:
                self._step(writer, content, hashed, CALCULATED, by, note=note)
            return state_of(connection, content.period)

    def review(
        self, period: str, content_hash: str, by: Person, interested: Collection[str] = (), note: str | None = None
    ) -> PeriodState:
        """Record that a calculated period was reviewed, by somebody who did not prepare it and is not paid by it.

        Args:
            period: Fiscal period.
            content_hash: The content that was looked at.
            by: The reviewer.
            interested: Payee ids, or names, whom the period pays or whose override counts on it.
            note: What they noted.

        Raises:
            TransitionRefused: see ``period_life.require_step``.
            AlreadyClosed: the period is closed.
        """
        return self._sign(period, content_hash, IN_REVIEW, "reviewer", by, interested, note)

    def approve(
        self, period: str, content_hash: str, by: Person, interested: Collection[str] = (), note: str | None = None
    ) -> PeriodState:
        """Record that a reviewed period is approved, by a third person who is not paid by it; as ``review``."""
        return self._sign(period, content_hash, APPROVED, "approver", by, interested, note)

    def send_back(self, period: str, by: Person, note: str) -> PeriodState:
        """Take a reviewed or approved period back to ``calculated``, with the reason; the content stays as it is.

        Raises:
            TransitionRefused: it is neither in review nor approved.
            WrongEntry: no reason is given.
        """
        if not note.strip():
            raise WrongEntry(f"{period} is sent back without a reason. Say why: the preparer reads it.")
        with self._writing() as (connection, writer):
            current = standing(connection, period, CALCULATED, by, "")
            if current.state not in (IN_REVIEW, APPROVED):
                raise TransitionRefused(
                    f"{period} is {current.state}: only a reviewed or approved period is sent back."
                )
            self._repeat(connection, writer, period, CALCULATED, by, note)
            return state_of(connection, period)

    def close(
        self, content: PeriodContent, seal: str, by: Person, document: str | None = None, note: str | None = None
    ) -> Closing:
        """Close an approved period and post its lines, in one transaction; of two at once one wins.

        Args:
            content: What was approved: its hash must be the approved one.
            seal: SHA-256 of the sealed folder's manifest (``seal_period``).
            by: Who closes.
            document: Reference of the paper that the close is filed under.
            note: Anything else worth knowing.

        Raises:
            AlreadyClosed: it was closed before; comes with the record of that close, and whether it is the same content.
            TransitionRefused: it is not approved, the content is another by now, or a later period is closed already.
            WrongEntry: a posting cannot be kept.
        """
        hashed, lines = content.hash, content.lines
        with self._writing() as (connection, writer):
            standing(connection, content.period, CLOSED, by, hashed)
            number = self._step(writer, content, hashed, CLOSED, by, seal=seal, document=document, note=note)
            writer.append_all(POSTINGS, posting_rows(lines, content.period, number))
            return Closing(
                content.period, hashed, content.calculation_id, content.snapshot_id, content.plan_set_hash, seal, by.name,
                writer.at, lines.height, writer.anchor,
            )  # fmt: skip

    def _sign(
        self, period: str, hashed: str, state: str, role: str, by: Person, interested: Collection[str], note: str | None
    ) -> PeriodState:
        with self._writing() as (connection, writer):
            standing(connection, period, state, by, hashed, interested)
            signed = Approval.of("period", period, hashed, by=by, role=role, note=note)
            enter(connection, writer, signed, interested, is_step=True)
            self._repeat(connection, writer, period, state, by, note)
            return state_of(connection, period)

    def _step(
        self, writer: Writer, content: PeriodContent, hashed: str, state: str, by: Person, **more: str | None
    ) -> int:
        of_content = {
            "period": content.period, "content_hash": hashed, "calculation_id": content.calculation_id,
            "snapshot_id": content.snapshot_id, "plan_set_hash": content.plan_set_hash,
        }  # fmt: skip
        closed = content.period if state == CLOSED else None
        step = {"state": state, "by": by.name, "by_payee": by.payee_id, "closed_once": closed}
        return writer.append(PERIOD_EVENTS, {**of_content, **step, **more})

    def _repeat(
        self, connection: Connection, writer: Writer, period: str, state: str, by: Person, note: str | None
    ) -> None:
        """Append the last step's content with another state."""
        last = period_events(connection, period).row(-1, named=True)
        step = {"state": state, "by": by.name, "by_payee": by.payee_id, "note": note}
        writer.append(PERIOD_EVENTS, {**last, "seal": None, "document": None, **step})

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with ordinary_errors(f"Reading the ledger {self.place}"), reading(self.engine) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, Writer]]:
        with ordinary_errors(f"Writing to the ledger {self.place}"), writing(self.engine) as connection:
            yield connection, Writer(connection, _text(self._clock))
