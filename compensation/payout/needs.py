"""What payout needs of the facts, so that what it does not need can be let go before."""

from collections.abc import Sequence

from compensation.payout.readings.modifiers import uses_of
from compensation.payout.terms import terms_of
from schemas.rules.plan import Plan


def reads_lines(plans: Sequence[Plan]) -> bool:
    """Whether payout by these plans may read ``order_lines``; not where all of them count whole credits at booking and read nothing.

    Args:
        plans: All plans of the company.
    """
    terms = terms_of(plans)
    parts = [term.component for term in terms.terms]
    versions = [version for plan in plans for version in plan.versions]
    takes_readings = any(uses_of(term) for term in terms.terms) or any(part.tier_window for part in parts)
    gives_more = any(version.bonuses or version.pools or version.guarantee for version in versions)
    return (
        not terms.all_count_whole_credits
        or takes_readings
        or gives_more
        or any(part.event != "booking" for part in parts)
    )
