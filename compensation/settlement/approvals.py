"""Differences of closed periods that somebody must approve before they are posted: rules changed, not facts."""

import hashlib
from collections.abc import Iterator

import polars as pl

from schemas.dtypes import MONEY

DIFFERENCE, REDUCTION = "difference", "reduction"
GROUP = ["payee_id", "currency", "plan", "component", "earning_period"]
HASHED = ["order_line_id", "return_id", "credit_number", "amount", "due"]
TEXTS = ("subject", "what", "content_hash", "rules")
NUMBERS: dict[str, pl.DataType] = {"amount": MONEY, "lines": pl.Int64()}
QUESTION = pl.Schema(
    {
        **{name: pl.String() for name in TEXTS},
        **NUMBERS,
        **{name: pl.String() for name in GROUP},
        "is_approved": pl.Boolean(),
    }
)


def needs_approval(proposals: pl.DataFrame, approvals: pl.DataFrame) -> pl.DataFrame:
    """What must be approved: differences behind which a quota, plan version, target, gate or result changed.

    Args:
        proposals: Contract ``Proposal``.
        approvals: ``what``, ``subject``, ``content_hash`` and ``document``, as the ledger keeps them.

    Returns:
        One row per payee, plan, component and earning period: ``subject`` (these four), ``what`` (``reduction`` where it lowers
        pay, which needs a document; else ``difference``), ``content_hash`` of its lines, ``rules``, ``amount``, ``lines`` and
        ``is_approved``. An approval lapses when a line changes, since the hash does.

    Source:
        ``docs/close.md``: what flows when a named person approves.
    """
    asked = proposals.filter(pl.col("approval").is_not_null())
    whole = proposals.join(asked.select(GROUP).unique(), on=GROUP, how="semi")
    given = {
        (what, subject, content)
        for what, subject, content, document in approvals.select("what", "subject", "content_hash", "document").rows()
        if what == DIFFERENCE or document
    }
    return pl.DataFrame(list(_questions(whole, given)), schema=QUESTION)


def _questions(rows: pl.DataFrame, given: set[tuple[str, str, str]]) -> Iterator[dict[str, object]]:
    ordered = rows.sort(*GROUP, *HASHED, nulls_last=False)
    for key, lines in ordered.group_by(GROUP, maintain_order=True):
        payee, _, plan, component, period = key
        subject = f"{payee}/{plan}/{component}/{period}"
        content = hashlib.sha256(repr((key, lines.select(HASHED).rows())).encode()).hexdigest()
        amount = lines["amount"].sum()
        what = REDUCTION if amount < 0 else DIFFERENCE
        rules = ", ".join(sorted({rule for text in lines["approval"].drop_nulls() for rule in text.split(", ")}))
        is_approved = (what, subject, content) in given
        yield {
            "subject": subject, "what": what, "content_hash": content, "rules": rules, "amount": amount, "lines": lines.height,
            **dict(zip(GROUP, key, strict=True)), "is_approved": is_approved,
        }  # fmt: skip


def ready(proposals: pl.DataFrame, approvals: pl.DataFrame) -> pl.DataFrame:
    """The proposals that may be posted: those that need no approval, and those that have it.

    Args:
        proposals: Contract ``Proposal``.
        approvals: See ``needs_approval``.
    """
    waiting = needs_approval(proposals, approvals).filter(~pl.col("is_approved"))
    return proposals.join(waiting.select(GROUP), on=GROUP, how="anti", maintain_order="left")
