"""The life of a period: open → calculated → in_review → approved → closed, and never back from closed.

Pure: events in, state out. A calculation with another content starts again at ``calculated``, so a review or an approval
holds for exactly the content that it was given for. Preparer, reviewer and approver are three people, and whoever is paid
by the period, or earns an override on it, neither reviews nor approves it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipelines.ledger.errors import AlreadyClosed, TransitionRefused
from pipelines.ledger.people import Person

OPEN, CALCULATED, IN_REVIEW, APPROVED, CLOSED = STATES = ("open", "calculated", "in_review", "approved", "closed")

NEXT = {
    OPEN: (CALCULATED,),
    CALCULATED: (CALCULATED, IN_REVIEW),
    IN_REVIEW: (CALCULATED, APPROVED),
    APPROVED: (CALCULATED, CLOSED),
    CLOSED: (),
}
"""The steps that each state allows."""

SAID = {
    OPEN: "open (nothing was calculated yet)",
    CALCULATED: "calculated",
    IN_REVIEW: "in review",
    APPROVED: "approved",
    CLOSED: "closed",
}


@dataclass(frozen=True)
class Event:
    """One step that a period took."""

    state: str
    by: Person
    content_hash: str
    at: str = ""


@dataclass(frozen=True)
class PeriodState:
    """Where a period stands, and who brought it there.

    Attributes:
        period: Fiscal period, such as ``2026-P03``.
        state: One of ``STATES``.
        content_hash: What was calculated last; empty while open.
        preparer: Who calculated this content first.
        reviewer: Who reviewed it; None until then, and again once the content changed.
        approver: Who approved it; as above.
        at: When the last step was taken.
    """

    period: str
    state: str = OPEN
    content_hash: str = ""
    preparer: Person | None = None
    reviewer: Person | None = None
    approver: Person | None = None
    at: str = ""

    def after(self, event: Event) -> "PeriodState":
        """Where the period stands after one more event."""
        if event.state == CALCULATED:
            is_new = event.content_hash != self.content_hash
            preparer = event.by if is_new else self.preparer
            return PeriodState(self.period, CALCULATED, event.content_hash, preparer, at=event.at)
        moved = replace(self, state=event.state, at=event.at)
        if event.state == IN_REVIEW:
            return replace(moved, reviewer=event.by)
        return replace(moved, approver=event.by) if event.state == APPROVED else moved


def state_after(period: str, events: Iterable[Event]) -> PeriodState:
    """Where a period stands after its events, in their order."""
    state = PeriodState(period)
    for event in events:
        state = state.after(event)
    return state


def require_step(
    current: PeriodState, state: str, by: Person, content_hash: str, interested: Iterable[str] = ()
) -> None:
    """Raise unless the period may take this step now, by this person, with this content.

    Args:
        current: Where it stands.
        state: Where it is to go.
        by: Who takes the step.
        content_hash: What they looked at.
        interested: Payee ids, or names, of everyone whom the period pays or whose override counts on it.

    Raises:
        AlreadyClosed: it is closed.
        TransitionRefused: the step is not the next one, the content is another by now, or the person may not take it.
            Says where the period stands and who may do what next.
    """
    if current.state == CLOSED:
        raise AlreadyClosed(
            f"{current.period} is closed and stays so. What changed about it since is posted in the open period."
        )
    if state not in NEXT[current.state]:
        raise TransitionRefused(
            f"{current.period} is {SAID[current.state]}, so it cannot become {_word(state)}. {next_steps(current)}"
        )
    if state != CALCULATED and content_hash != current.content_hash:
        raise TransitionRefused(
            f"{current.period}: what was looked at (content {content_hash[:12]}) is not what is calculated by now (content "
            f"{current.content_hash[:12]}). A review or an approval holds for one content only. Look at the new one. "
            f"{next_steps(current)}"
        )
    if state in (IN_REVIEW, APPROVED):
        _require_another(current, state, by, frozenset(interested))


def _require_another(current: PeriodState, state: str, by: Person, interested: frozenset[str]) -> None:
    step = "review" if state == IN_REVIEW else "approve"
    for role, person in (("prepared", current.preparer), ("reviewed", current.reviewer)):
        if person is not None and by.is_same(person):
            raise TransitionRefused(
                f"{by.name} {role} {current.period} and so cannot {step} it: preparer, reviewer and approver are three "
                f"people. {next_steps(current)}"
            )
    if by.is_among(interested):
        raise TransitionRefused(
            f"{by.name} is paid by {current.period}, or earns an override on it, and so cannot {step} it. "
            f"{next_steps(current)}"
        )


def next_steps(current: PeriodState) -> str:
    """Who may do what next, in words."""
    period = current.period
    if current.state == OPEN:
        return f"Next: put its draft aside (`creditdue propose {period} --submit`), then somebody else reviews it (`creditdue review {period}`)."
    if current.state == CALCULATED:
        return f"Next: somebody other than {_names(current)}, whom it does not pay, reviews it (`creditdue review {period}`)."
    if current.state == IN_REVIEW:
        return f"Next: somebody other than {_names(current)}, whom it does not pay, approves it (`creditdue approve {period}`)."
    if current.state == APPROVED:
        return f"Next: close it (`creditdue close {period}`)."
    return "Nothing is left to do for it."


def _names(current: PeriodState) -> str:
    return " and ".join(person.name for person in (current.preparer, current.reviewer) if person is not None)


def _word(state: str) -> str:
    return {CALCULATED: "calculated", IN_REVIEW: "reviewed"}.get(state, state)
