"""What goes into the ledger and what comes out: entries of each kind, the content of a period, the record of a close."""

import hashlib
import json
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import polars as pl

from compensation.currency import minor_unit_digits
from pipelines.ledger.chain import ADDED, Anchor
from pipelines.ledger.errors import WrongEntry
from pipelines.ledger.people import Person
from pipelines.store.fingerprint import content_of
from schemas.core.settlement import KINDS, Posting

LINE = (
    "payee_id", "currency", "plan", "component", "kind", "earning_period", "order_line_id", "return_id", "credit_number"
)  # fmt: skip
"""What a posting is for: one line of one component, of one kind, in the period that it belongs to."""

POSTED = [name for name in Posting.columns() if name not in ("posting_number", "posting_period")]
WHATS = ("period", "difference", "reduction", "adjustment", "release")
OUTCOMES = ("upheld", "rejected", "explained")


@dataclass(frozen=True)
class PeriodContent:
    """What a period would be closed with; a review and an approval hold for its hash.

    Attributes:
        period: Fiscal period.
        calculation_id: The calculation that it is part of.
        snapshot_id: SHA-256 over the files that came.
        plan_set_hash: SHA-256 over the company's rule files.
        postings: The lines to be posted: contract ``Proposal``, or ``Posting`` without number and period.
    """

    period: str
    calculation_id: str
    snapshot_id: str
    plan_set_hash: str
    postings: pl.DataFrame

    @cached_property
    def lines(self) -> pl.DataFrame:
        """The postings' own columns, in contract types, sorted by line.

        Raises:
            WrongEntry: a column is missing or has another type, a line is there twice, or a kind is unknown.
        """
        return _checked(self.period, self.postings)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over everything above: what an approval is bound to."""
        parts = [self.period, self.calculation_id, self.snapshot_id, self.plan_set_hash, content_of(self.lines)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _checked(period: str, postings: pl.DataFrame) -> pl.DataFrame:
    dtypes = {name: dtype for name, dtype in Posting.dtypes().items() if name in POSTED}
    for name, dtype in dtypes.items():
        found = postings.schema.get(name)
        if found != dtype:
            raise WrongEntry(
                f"Postings of {period}: column '{name}' is {'missing' if found is None else found}, expected {dtype}. "
                "Nothing was recorded; this is a fault of the step that made them."
            )
    lines = postings.select(POSTED).sort(*LINE, nulls_last=False)
    strange = lines.filter(~pl.col("kind").is_in(KINDS))
    if not strange.is_empty():
        raise WrongEntry(f"Postings of {period}: kind '{strange['kind'][0]}' is none of {', '.join(KINDS)}.")
    twice = lines.filter(pl.struct(LINE).is_duplicated())
    if not twice.is_empty():
        first = ", ".join(
            f"{name}={value}" for name, value in twice.row(0, named=True).items() if name in LINE and value
        )
        raise WrongEntry(
            f"Postings of {period}: {twice.height:,} rows are for the same line as another. First: {first}."
        )
    return lines


@dataclass(frozen=True)
class Closing:
    """The record of a close.

    Attributes:
        period: Fiscal period.
        content_hash: What was closed.
        calculation_id: The calculation it was part of.
        snapshot_id: The files that had come.
        plan_set_hash: The rule files.
        seal: SHA-256 of the sealed folder's manifest.
        by: Who closed.
        at: When, in UTC.
        postings: How many lines were posted.
        anchor: Length and last hash of the chain after it: to be printed and kept elsewhere.
    """

    period: str
    content_hash: str
    calculation_id: str
    snapshot_id: str
    plan_set_hash: str
    seal: str
    by: str
    at: str
    postings: int
    anchor: Anchor


@dataclass(frozen=True)
class Entry:
    """Something recorded by somebody under a reference; the same again adds nothing.

    Attributes:
        by: Who records it.
        reference: What it is called, once in its table.
    """

    table: ClassVar[str]
    money: ClassVar[bool] = False

    by: Person
    reference: str

    def row(self) -> dict[str, Any]:
        """Column values, except number and instant.

        Raises:
            WrongEntry: something is missing.
        """
        self.require_complete()
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["by"] = self.by.name
        if self.money:
            values |= _as_minor(values.pop("amount"), values)
        return values

    def require_complete(self) -> None:
        """Raise ``WrongEntry`` unless every text that must say something does."""
        if not self.by.name.strip():
            raise WrongEntry(f"{self._said()}: nobody is named. Say who records it.")
        optional = {field.name for field in fields(self) if "None" in str(field.type)}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in optional and isinstance(value, str) and not value.strip():
                raise WrongEntry(f"{self._said()}: '{field.name}' is empty. Give it and record it again.")

    def _said(self) -> str:
        return f"{type(self).__name__} '{self.reference}'"

    def _require_above_nothing(self, amount: Decimal | None) -> None:
        if amount is not None and amount <= 0:
            raise WrongEntry(f"{self._said()}: its amount is {amount}. Give one above 0, or none for everything.")

    def _require_one_of(self, name: str, allowed: tuple[str, ...]) -> None:
        if getattr(self, name) not in allowed:
            raise WrongEntry(f"{self._said()}: {name} '{getattr(self, name)}' is none of {', '.join(allowed)}.")


@dataclass(frozen=True)
class Approval(Entry):
    """A signature under exactly one content: a period, a proposed difference, a reduction of pay, an adjustment, a release.

    ``subject`` names it (``2026-P03``, or the reference of the adjustment or release); ``role`` is in what capacity. A reduction, that is
    a drop in pay by a plan or quota that starts in a closed period, needs the document that announces it.
    """

    table: ClassVar[str] = "approvals"

    what: str
    subject: str
    content_hash: str
    role: str
    document: str | None = None
    note: str | None = None

    @classmethod
    def of(
        cls,
        what: str,
        subject: str,
        content_hash: str,
        *,
        by: Person,
        role: str,
        document: str | None = None,
        note: str | None = None,
    ) -> "Approval":
        """An approval whose reference follows from what it approves, so that the same one is recorded once."""
        reference = f"{what}/{subject}/{content_hash}/{role}/{by.key}"
        return cls(by, reference, what, subject, content_hash, role, document, note)

    def require_complete(self) -> None:
        """As for every entry, and what this kind needs besides."""
        super().require_complete()
        self._require_one_of("what", WHATS)
        if self.what == "reduction" and not (self.document or "").strip():
            raise WrongEntry(
                f"The reduction '{self.subject}' lowers pay of a closed period. Name the document that announces it: --document."
            )

    def row(self) -> dict[str, Any]:
        """As for every entry, with the columns of this kind."""
        return {**super().row(), "by_payee": self.by.payee_id}


@dataclass(frozen=True)
class Adjustment(Entry):
    """An award or deduction outside the plans; it is paid once somebody else approves it.

    One that ``counts_to_quota`` moves the position of what counts ``measure`` by its amount as well.
    """

    table: ClassVar[str] = "adjustments"
    money: ClassVar[bool] = True

    period: str
    payee_id: str
    currency: str
    amount: Decimal
    plan: str
    component: str
    reason: str
    order_line_id: str | None = None
    counts_to_quota: bool = False
    document: str | None = None
    measure: str | None = None

    def require_complete(self) -> None:
        """As for every entry, and what this kind needs besides."""
        super().require_complete()
        if not self.amount:
            raise WrongEntry(f"{self._said()}: its amount is 0. Give the amount, below 0 for a deduction.")
        if self.counts_to_quota != bool((self.measure or "").strip()):
            raise WrongEntry(
                f"{self._said()}: one that counts to quota names the measure that it counts to, such as new_business, and no other "
                "does. Give both or neither."
            )

    def row(self) -> dict[str, Any]:
        """As for every entry, with the columns of this kind."""
        return {**super().row(), "counts_to_quota": int(self.counts_to_quota)}


@dataclass(frozen=True)
class Hold(Entry):
    """Pay kept back from ``period`` on until released: at most an amount, or with None everything that the rest names.

    It holds as soon as it is recorded.
    """

    table: ClassVar[str] = "holds"
    money: ClassVar[bool] = True

    period: str
    payee_id: str
    currency: str
    reason: str
    amount: Decimal | None = None
    plan: str | None = None
    component: str | None = None
    order_line_id: str | None = None
    release_on: str | None = None

    def require_complete(self) -> None:
        """As for every entry, and what this kind needs besides."""
        super().require_complete()
        self._require_above_nothing(self.amount)


@dataclass(frozen=True)
class Release(Entry):
    """Pay given free from a hold in ``period``: an amount, or with None all that is left; once somebody else approves it."""

    table: ClassVar[str] = "releases"
    money: ClassVar[bool] = True

    hold: str
    period: str
    currency: str
    reason: str
    amount: Decimal | None = None

    def require_complete(self) -> None:
        """As for every entry, and what this kind needs besides."""
        super().require_complete()
        self._require_above_nothing(self.amount)

    def row(self) -> dict[str, Any]:
        """As for every entry, with the columns of this kind."""
        row = super().row()
        del row["currency"]
        return row


@dataclass(frozen=True)
class Dispute(Entry):
    """What a payee says is wrong with a figure, or an order line, of a statement."""

    table: ClassVar[str] = "disputes"

    period: str
    payee_id: str
    figure: str
    claim: str
    order_line_id: str | None = None


@dataclass(frozen=True)
class Answer(Entry):
    """What became of a dispute: ``upheld``, ``rejected`` or ``explained``, and why."""

    table: ClassVar[str] = "answers"

    dispute: str
    outcome: str
    text: str

    def require_complete(self) -> None:
        """As for every entry, and what this kind needs besides."""
        super().require_complete()
        self._require_one_of("outcome", OUTCOMES)


@dataclass(frozen=True)
class Decision(Entry):
    """What an owner decided on a warning of a period."""

    table: ClassVar[str] = "decisions"

    period: str
    finding: str
    decision: str
    reason: str


ENTRIES: tuple[type[Entry], ...] = (Approval, Adjustment, Hold, Release, Dispute, Answer, Decision)


def entry_hash(entry: Entry) -> str:
    """SHA-256 over an entry, whoever recorded it: what an approval of it is bound to."""
    return row_content(entry.row())


def row_content(row: dict[str, Any]) -> str:
    """The same of an entry's row in the ledger."""
    left_out = {
        "number",
        "by",
        "by_payee",
        "at",
        *(name for names in ADDED.values() for name in names if row.get(name) is None),
    }
    kept = {name: value for name, value in row.items() if name not in left_out}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def minor_of(amount: Decimal, currency: str) -> int:
    """Whole minor units of an amount.

    Raises:
        WrongEntry: it has more decimals than the currency, or is too large to be kept.
    """
    digits = minor_unit_digits(currency)
    units = amount.scaleb(digits)
    if units != units.to_integral_value():
        raise WrongEntry(
            f"{amount} {currency} has more decimals than the currency ({digits}). Round it where it is made."
        )
    if abs(units) >= 2**63:
        raise WrongEntry(f"{amount} {currency} is too large for the ledger.")
    return int(units)


def _as_minor(amount: Decimal | None, values: dict[str, Any]) -> dict[str, Any]:
    currency = values["currency"]
    units = None if amount is None else minor_of(amount, currency)
    return {"amount_minor": units, "minor_digits": minor_unit_digits(currency)}
