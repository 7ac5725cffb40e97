"""What stands between an approved period and its close: open findings, adjustments that came later, a period that still runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.closing.differences import approved_since
from pipelines.closing.draft import Draft
from pipelines.closing.entries import entries_in
from pipelines.ledger import Decision, Ledger


class CloseRefused(RuntimeError):
    """Something has to be decided or mended before the period can close; says what, one a line."""


@dataclass(frozen=True)
class Question:
    """One finding that is still open.

    Attributes:
        key: What it is called in a decision: ``house_revenue/18700``.
        severity: ``blocking`` or ``warning``.
        detail: What was found, in words.
    """

    key: str
    severity: str
    detail: str

    @property
    def is_blocking(self) -> bool:
        """Whether no decision helps, only mending it."""
        return self.severity == "blocking"


def open_questions(findings: pl.DataFrame, end: date, ledger: Ledger | None) -> list[Question]:
    """Blocking findings, and warnings that nobody has decided on, of days before the period's end.

    Args:
        findings: Contract ``Finding``.
        end: The period's end (excluded); findings without a day count to every period.
        ledger: Where decisions are; one holds for its finding (``code/subject``), or for all of a code (``code``), from
            then on.
    """
    decided = set() if ledger is None else set(ledger.entries(Decision)["finding"])
    texts = findings.filter(pl.col("event_date").is_null() | (pl.col("event_date") < end))
    texts = texts.select(pl.col("code", "subject_id", "severity", "detail").cast(pl.String)).unique(maintain_order=True)
    found = []
    for code, subject, severity, detail in texts.rows():
        key = f"{code}/{subject}"
        if severity == "blocking" or (severity == "warning" and not decided & {code, key}):
            found.append(Question(key, severity, detail))
    return sorted(found, key=lambda one: (not one.is_blocking, one.key))


def require_closable(draft: Draft, ledger: Ledger, today: date) -> None:
    """Raise unless nothing stands in the way of closing a draft; who approved what is the ledger's to check.

    Raises:
        CloseRefused: lists everything that stands in the way, and what to do.
    """
    reasons = list(_reasons(draft, ledger, today))
    if reasons:
        raise CloseRefused("\n".join([f"{draft.period} cannot be closed yet:", *reasons]))


def _reasons(draft: Draft, ledger: Ledger, today: date) -> Iterator[str]:
    if today < draft.end:
        yield f"- it runs to {draft.end} (excluded), and today is {today}. Close it from that day on."
    if [closing.seal for closing in ledger.closings()] != list(draft.seals):
        yield f"- another period was closed since the draft was made. Put it aside anew: `creditdue propose {draft.period} --submit`."
    since = sorted({*entries_in(ledger, draft.period)} - {*draft.entries})
    if since:
        yield (
            f"- recorded or approved since the draft was made: {', '.join(since)}. Put it aside anew: "
            f"`creditdue propose {draft.period} --submit`."
        )
    for subject in approved_since(draft, ledger):
        yield f"- {subject} was approved since the draft was made. Put it aside anew: `creditdue propose {draft.period} --submit`."
    for one in open_questions(draft.findings, draft.end, ledger):
        advice = (
            "Mend it and propose again."
            if one.is_blocking
            else f"Decide: `creditdue decide {draft.period} {one.key} --reason …`."
        )
        yield f"- {one.severity} {one.key}: {one.detail} {advice}"
