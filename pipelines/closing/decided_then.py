"""What was decided when a period was posted, read from what its close sealed, beside what is decided now."""

from collections.abc import Callable, Mapping
from functools import cache

import polars as pl

from compensation.settlement.decided import Behind, Decided, changed_rules
from pipelines.closing.frozen import sealed_rules, sealed_table
from pipelines.closing.recorded import Recorded
from schemas.contract import CONTRACT

READ = ("plan_assignments", "quotas", "kpi_results")
"""Contract tables of what people decide and confirm."""


def changes_since(
    recorded: Recorded, now: Decided, calendar: pl.DataFrame
) -> Callable[[Behind, str], Mapping[str, str]]:
    """A function that says which rules behind a component and period changed since a close: ``{rule: sentence}``.

    Nothing is read before it is asked, and each close once.

    Args:
        recorded: What the ledger says, and where sealed periods lie.
        now: What is decided now.
        calendar: Fiscal periods; it has all that are closed.

    Raises:
        SealBroken: when asked; a sealed period is not what was sealed.
    """
    closings = {closing.period: closing for closing in recorded.closings}
    folder = recorded.sealed

    @cache
    def then(period: str) -> Decided | None:
        closing = closings.get(period)
        if closing is None or folder is None:
            return None
        rules = sealed_rules(folder, closing)
        facts = {name: sealed_table(folder, closing, f"facts/{name}", CONTRACT[name]) for name in READ}
        roles = {"payees": now.facts["payees"]}  # frozen, so the same on closed days
        return Decided(rules.company, rules.plans, {**facts, **roles})

    def changed(behind: Behind, posted_in: str) -> Mapping[str, str]:
        before = then(posted_in)
        return {} if before is None else changed_rules(behind, before, now, calendar)

    return changed
