"""Disputes on statements: each on every statement that shows it, while it is open and once it is answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from schemas.core.attribution import Finding
from schemas.core.settlement import Dispute

OPEN = "open"


@dataclass(frozen=True)
class Closed:
    """A closed period and the instant of its close, as the ledger writes it."""

    period: str
    at: str


def disputes_shown(
    disputes: pl.DataFrame, answers: pl.DataFrame, closed: Sequence[Closed], open_period: str
) -> pl.DataFrame:  # fmt: skip
    """Contract ``Dispute``: who disputes what, by the statement that shows it.

    A period shows what is open at its close, and what was answered since the close before; the open one what is so now.

    Args:
        disputes: ``reference``, ``period``, ``payee_id``, ``figure``, ``order_line_id``, ``claim``, ``by`` and ``at``.
        answers: ``dispute``, ``outcome``, ``text``, ``by`` and ``at``; at most one a dispute.
        closed: Closed periods, in order.
        open_period: The period after them.
    """
    given = {row["dispute"]: row for row in answers.rows(named=True)}
    rows = [
        shown
        for dispute in disputes.rows(named=True)
        for shown in _shown(dispute, given.get(dispute["reference"]), closed, open_period)
    ]
    return Dispute.validate(pl.DataFrame(rows, schema=Dispute.dtypes()).sort("fiscal_period", "reference"))


def _shown(
    dispute: dict[str, Any], answer: dict[str, Any] | None, closed: Sequence[Closed], open_period: str
) -> Iterator[dict[str, Any]]:  # fmt: skip
    before = ""
    for period, until in [*((one.period, one.at) for one in closed), (open_period, None)]:
        is_raised = until is None or dispute["at"] <= until
        was_told = answer is not None and answer["at"] <= before
        if is_raised and not was_told:
            known = answer if answer is not None and (until is None or answer["at"] <= until) else None
            yield _row(dispute, known, period)
        before = until or before


def _row(dispute: dict[str, Any], answer: dict[str, Any] | None, period: str) -> dict[str, Any]:
    said = answer or {}
    return {
        "payee_id": dispute["payee_id"], "fiscal_period": period, "reference": dispute["reference"],
        "disputed_period": dispute["period"], "figure": dispute["figure"], "order_line_id": dispute["order_line_id"],
        "claim": dispute["claim"], "raised_by": dispute["by"], "raised_on": _day(dispute["at"]),
        "state": said.get("outcome", OPEN), "answer": said.get("text"), "answered_by": said.get("by"),
        "answered_on": _day(said["at"]) if answer else None,
    }  # fmt: skip


def _day(at: str) -> date:
    return date.fromisoformat(at[:10])


def open_disputes(shown: pl.DataFrame, open_period: str) -> pl.DataFrame:
    """A warning for each dispute that is still open (contract ``Finding``): an owner decides whether the period may close.

    Args:
        shown: Contract ``Dispute``.
        open_period: The open period.
    """
    rows = []
    for row in shown.filter((pl.col("fiscal_period") == open_period) & (pl.col("state") == OPEN)).rows(named=True):
        about = f"order line {row['order_line_id']}" if row["order_line_id"] else f"the figure {row['figure']}"
        detail = (
            f"{row['payee_id']} disputes {about} of {row['disputed_period']}: {row['claim']} Answer it: "
            f"`creditdue dispute answer {row['reference']} upheld|rejected|explained --text …`."
        )
        found = {
            "code": "dispute_open",
            "severity": "warning",
            "subject_table": "disputes",
            "subject_id": row["reference"],
        }
        rows.append({**dict.fromkeys(Finding.columns()), **found, "detail": detail})
    return Finding.validate(pl.DataFrame(rows, schema=Finding.dtypes()))
