"""The ledger: postings, steps of periods, approvals, adjustments, holds, disputes, decisions, and their chain."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from pipelines.ledger.migrations.append_only import append_only

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHOLE, SMALL = sa.BigInteger(), sa.SmallInteger()


def _text(name: str, *, optional: bool = False, once: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=optional, unique=once or None)


def _texts(*names: str, optional: bool = False) -> "list[sa.Column[str]]":
    return [_text(name, optional=optional) for name in names]


def _number(name: str, kind: "sa.types.TypeEngine[int]", *, optional: bool = False) -> "sa.Column[int]":
    return sa.Column(name, kind, nullable=optional)


def _refers(name: str, to: str, kind: "sa.types.TypeEngine[Any]") -> "sa.Column[Any]":
    return sa.Column(name, kind, sa.ForeignKey(to), nullable=False, index=True)


def _make(name: str, *columns: "sa.Column[str] | sa.Column[int] | sa.Column[Any]") -> None:
    op.create_table(
        name, sa.Column("number", NUMBER, primary_key=True, autoincrement=False), *columns, *_texts("by", "at")
    )
    append_only(name, "number")


def upgrade() -> None:
    """Make every table and its triggers."""
    _make("ledger", _text("ledger_id", once=True))
    _periods()
    _make(
        "approvals", *_texts("what", "subject", "content_hash", "role"),
        *_texts("by_payee", "document", "note", optional=True), _text("reference", once=True),
    )  # fmt: skip
    _settlement()
    _make("disputes", _text("reference", once=True), *_texts("period", "payee_id", "figure"),
          _text("order_line_id", optional=True), _text("claim"))  # fmt: skip
    _make("answers", _text("reference", once=True), _refers("dispute", "disputes.reference", sa.Text()),
          *_texts("outcome", "text"))  # fmt: skip
    _make("decisions", _text("reference", once=True), *_texts("period", "finding", "decision", "reason"))
    _chain()


def downgrade() -> None:
    """Nothing: a ledger does not go back."""
    raise NotImplementedError("The ledger does not go back to an older version; restore a backup instead.")


def _periods() -> None:
    _make(
        "period_events", *_texts("period", "state"), _text("by_payee", optional=True),
        *_texts("content_hash", "calculation_id", "snapshot_id", "plan_set_hash"),
        *_texts("seal", "document", "note", optional=True), _text("closed_once", optional=True, once=True),
    )  # fmt: skip
    op.create_table(
        "postings",
        sa.Column("posting_number", NUMBER, primary_key=True, autoincrement=False),
        _refers("event_number", "period_events.number", NUMBER),
        sa.Column("posting_period", sa.Text(), nullable=False, index=True),
        *_texts("payee_id", "currency", "plan", "component", "kind", "earning_period"),
        *_texts("order_line_id", "return_id", optional=True),
        _number("credit_number", SMALL, optional=True),
        _number("amount_minor", WHOLE),
        _number("minor_digits", SMALL),
        _text("cause"),
        _text("basis", optional=True),
        _text("line_once", once=True),
    )
    append_only("postings", "posting_number")


def _settlement() -> None:
    _make(
        "adjustments", _text("reference", once=True), *_texts("period", "payee_id", "currency"),
        _number("amount_minor", WHOLE), _number("minor_digits", SMALL), *_texts("plan", "component", "reason"),
        _text("order_line_id", optional=True), _number("counts_to_quota", SMALL), _text("document", optional=True),
    )  # fmt: skip
    _make(
        "holds", _text("reference", once=True), *_texts("period", "payee_id", "currency"),
        _number("amount_minor", WHOLE, optional=True), _number("minor_digits", SMALL),
        *_texts("plan", "component", "order_line_id", optional=True), _text("reason"), _text("release_on", optional=True),
    )  # fmt: skip
    _make(
        "releases", _text("reference", once=True), _refers("hold", "holds.reference", sa.Text()), _text("period"),
        _number("amount_minor", WHOLE, optional=True), _number("minor_digits", SMALL), _text("reason"),
    )  # fmt: skip


def _chain() -> None:
    op.create_table(
        "chain",
        sa.Column("sequence", NUMBER, primary_key=True, autoincrement=False),
        _text("table_name"),
        _number("row_key", WHOLE),
        *_texts("row_hash", "previous_hash", "hash", "at"),
    )
    append_only("chain", "sequence")
