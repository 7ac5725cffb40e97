"""The tables of the ledger: whole numbers and text only, so that a row reads back exactly as it was hashed.

Instants are text in UTC, money is whole minor units beside the number of decimals that they have, yes and no are 1 and 0.
Every table is append-only: see the triggers in ``migrations``.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, MetaData, SmallInteger, Table, Text

METADATA = MetaData()
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite keeps rows by a column of exactly this type."""


def _table(name: str, *columns: Column[str] | Column[int] | CheckConstraint) -> Table:
    own = Column("number", NUMBER, primary_key=True, autoincrement=False)
    return Table(name, METADATA, own, *columns, Column("by", Text, nullable=False), Column("at", Text, nullable=False))


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _maybe(name: str) -> Column[str]:
    return Column(name, Text)


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _small(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False)


def _once(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional, unique=True)


LEDGER = _table("ledger", _once("ledger_id"))
"""One row: which ledger this is. The chain begins with it, so no two ledgers have the same chain."""

PERIOD_EVENTS = _table(
    "period_events",
    _text("period"),
    _text("state"),
    _maybe("by_payee"),
    _text("content_hash"),
    _text("calculation_id"),
    _text("snapshot_id"),
    _text("plan_set_hash"),
    _maybe("seal"),
    _maybe("document"),
    _maybe("note"),
    _once("closed_once", optional=True),
)
"""One row a step of a period. ``closed_once`` is the period on its close and empty else: there is one close or none."""

POSTINGS = Table(
    "postings",
    METADATA,
    Column("posting_number", NUMBER, primary_key=True, autoincrement=False),
    Column("event_number", NUMBER, ForeignKey("period_events.number"), nullable=False, index=True),
    Column("posting_period", Text, nullable=False, index=True),
    _text("payee_id"),
    _text("currency"),
    _text("plan"),
    _text("component"),
    _text("kind"),
    _text("earning_period"),
    _maybe("order_line_id"),
    _maybe("return_id"),
    Column("credit_number", SmallInteger),
    _whole("amount_minor"),
    _small("minor_digits"),
    _text("cause"),
    _maybe("basis"),
    _once("line_once"),
)
"""One row a posting. ``line_once`` is a hash of period and line: no line is posted twice on one period."""

APPROVALS = _table(
    "approvals",
    _text("what"),
    _text("subject"),
    _text("content_hash"),
    _text("role"),
    _maybe("by_payee"),
    _maybe("document"),
    _maybe("note"),
    _once("reference"),
)

ADJUSTMENTS = _table(
    "adjustments",
    _once("reference"),
    _text("period"),
    _text("payee_id"),
    _text("currency"),
    _whole("amount_minor"),
    _small("minor_digits"),
    _text("plan"),
    _text("component"),
    _text("reason"),
    _maybe("order_line_id"),
    _small("counts_to_quota"),
    _maybe("document"),
    _maybe("measure"),
)

HOLDS = _table(
    "holds",
    _once("reference"),
    _text("period"),
    _text("payee_id"),
    _text("currency"),
    Column("amount_minor", BigInteger),
    _small("minor_digits"),
    _maybe("plan"),
    _maybe("component"),
    _maybe("order_line_id"),
    _text("reason"),
    _maybe("release_on"),
)

RELEASES = _table(
    "releases",
    _once("reference"),
    Column("hold", Text, ForeignKey("holds.reference"), nullable=False, index=True),
    _text("period"),
    Column("amount_minor", BigInteger),
    _small("minor_digits"),
    _text("reason"),
)

DISPUTES = _table(
    "disputes",
    _once("reference"),
    _text("period"),
    _text("payee_id"),
    _text("figure"),
    _maybe("order_line_id"),
    _text("claim"),
)

ANSWERS = _table(
    "answers",
    _once("reference"),
    Column("dispute", Text, ForeignKey("disputes.reference"), nullable=False, index=True),
    _text("outcome"),
    _text("text"),
)

DECISIONS = _table(
    "decisions",
    _once("reference"),
    _text("period"),
    _text("finding"),
    _text("decision"),
    _text("reason"),
)
"""What an owner decided on a warning."""

CHAIN = Table(
    "chain",
    METADATA,
    Column("sequence", NUMBER, primary_key=True, autoincrement=False),
    _text("table_name"),
    _whole("row_key"),
    _text("row_hash"),
    _text("previous_hash"),
    _text("hash"),
    _text("at"),
)
"""One link a row of any other table, in the order in which they were written."""

CHAINED = {
    table.name: table
    for table in (
        LEDGER, PERIOD_EVENTS, POSTINGS, APPROVALS, ADJUSTMENTS, HOLDS, RELEASES, DISPUTES, ANSWERS, DECISIONS
    )
}  # fmt: skip
"""Every table whose rows are links of the chain."""


def key_of(table: Table) -> str:
    """Name of the column that numbers the rows of a table."""
    return table.primary_key.columns[0].name
