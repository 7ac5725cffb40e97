"""How a nightly run shows what it does: a line for each step that ended, a spinner for the one that runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.status import Status
from rich.text import Text

LABELS = {
    "intake": "reading and checking exports",
    "attribution": "attributing revenue to people",
    "account_year": "watching key accounts",
    "payout": "paying credits by their plans",
    "settlement": "settling the open period with the ledger",
    "stating": "stating every figure",
    "finding": "listing what to decide",
    "calculation": "publishing the calculation",
    "statement_workbooks": "issuing statements",
    "received_every_row_has_one_disposition": "reconciling rows received",
    "received_amounts_every_amount_has_one_disposition": "reconciling money received",
    "bookings_accepted_is_booked_or_not": "reconciling accepted with booked",
    "credits_booked_is_credited": "reconciling booked with credited",
    "unpaid_every_credit_earns_or_says_why": "reconciling credits with earnings",
    "earnings_earned_is_curve_and_changes": "reconciling earnings with curves and caps",
    "statement_lines_statements_are_earnings": "reconciling statements with earnings",
    "postings_ledger_is_whole": "recomputing the hashes of the ledger",
    "postings_ledger_is_unchanged": "reconciling postings with the ledger",
    "proposals_proposed_is_due_less_posted": "reconciling posted and proposed with due",
    "balances_balances_are_postings": "reconciling balances with postings",
}


class Progress(Protocol):
    """Told what a run does, as it does it."""

    def started(self, step: str) -> None:
        """A step has begun."""

    def ended(self, step: str, *, is_good: bool) -> None:
        """A step has ended."""

    def noticed(self, message: str) -> None:
        """Something was said on the way."""


class Silent:
    """Shows nothing."""

    def started(self, step: str) -> None:
        """Nothing."""

    def ended(self, step: str, *, is_good: bool) -> None:
        """Nothing."""

    def noticed(self, message: str) -> None:
        """Nothing."""


class OnConsole:
    """Shows steps on a console; on a terminal also what the present step is doing."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.status: Status | None = None
        self.began: dict[str, float] = {}

    def started(self, step: str) -> None:
        """Name the step in the spinner."""
        self.began[step] = time.monotonic()
        self._spin(f"{_label(step)} …")

    def ended(self, step: str, *, is_good: bool) -> None:
        """Print a line: what it was, how long it took; in red where it failed."""
        seconds = time.monotonic() - self.began.pop(step, time.monotonic())
        mark, style = ("✓", "dim") if is_good else ("✗", "bold red")
        self.console.print(Text(f"  {mark} {_label(step):<40}{seconds:>6.1f} s", style=style))

    def noticed(self, message: str) -> None:
        """Show it beside the spinner only: it is gone with the step."""
        running = next(reversed(self.began), "")
        self._spin(f"{_label(running)} … {message}"[: max(self.console.width - 4, 20)])

    def _spin(self, text: str) -> None:
        if self.status is not None:
            self.status.update(Text(text))


@contextmanager
def on_console(console: Console) -> Iterator[OnConsole]:
    """Progress on a console, with a spinner while it lasts where that is a terminal."""
    shown = OnConsole(console)
    if not console.is_terminal:
        yield shown
        return
    with console.status("starting …") as status:
        shown.status = status
        yield shown


def _label(step: str) -> str:
    if step in LABELS:
        return LABELS[step]
    return f"reconciling: {step.rsplit('__', maxsplit=1)[-1].rsplit('.', 1)[-1].replace('_', ' ')}" if step else ""
