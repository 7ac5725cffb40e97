"""What is paid of an account: all of it, unless it is below 0, below the least that is paid out, or owed by who has left."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_units_of
from compensation.settlement.lines import NO_PLAN, line_of, units_by
from compensation.settlement.terms import Period, Terms

ADVANCE, NET = "advance", "net"
"""Components of payments: what was paid at the start of the period, and what is paid at its end."""

ACCOUNT = ("payee_id", "currency")
Key = tuple[str, str]


def payments(
    before: pl.DataFrame, posted: pl.DataFrame, terms: Sequence[Terms], period: Period, gone: Collection[str],
    advances: Mapping[Key, int],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Payments of the period, below 0 as every one that leaves an account.

    From who has left no balance of before is deducted, unless the plan says ``recovers_from_leavers``: it stays a receivable.

    Args:
        before: Postings of the period so far.
        posted: Contract ``Posting``.
        terms: Settlement terms.
        period: The open one.
        gone: Payees whose last day of service has passed by its end.
        advances: What was paid at the start of the period.
    """
    least, recovered = _least(terms, gone), recovering(terms)
    moves, opening = units_by(before, ACCOUNT), units_by(posted, ACCOUNT)
    for who in sorted(moves.keys() | opening.keys()):
        key, carried = (who[0], who[1]), opening.get(who, 0)
        is_spared = who[0] in gone and who[0] not in recovered
        units = moves.get(who, 0) + (max(0, carried) if is_spared else carried)
        advanced = advances.get(key, 0)
        pays = units if units > 0 and units >= least[key] else 0
        if advanced:
            cause = "draw paid at the start of the period"
            yield line_of(*key, NO_PLAN, ADVANCE, "payment", -advanced, cause, period.name)
        if pays > advanced:
            yield line_of(*key, NO_PLAN, NET, "payment", advanced - pays, "net payable", period.name)


def recovering(terms: Sequence[Terms]) -> frozenset[str]:
    """Payees whose plan takes back after the last day of service too."""
    return frozenset(one.payee_id for one in terms if one.settlement.recovers_from_leavers)


def _least(terms: Sequence[Terms], gone: Collection[str]) -> defaultdict[Key, int]:
    """The least that is paid out, per payee and currency; of several plans the most."""
    least: defaultdict[Key, int] = defaultdict(int)
    for one in terms:
        if one.settlement.minimum_payment and one.payee_id not in gone:
            units = minor_units_of(one.settlement.minimum_payment, minor_unit_digits(one.currency))
            least[one.payee_id, one.currency] = max(least[one.payee_id, one.currency], units)
    return least
