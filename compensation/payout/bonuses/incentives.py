"""Target incentives of bonuses and guarantees, cut to the days that a payee is on them."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.payout.bonuses.presence import ONE_DAY, Presence
from compensation.payout.quotas.incentives import Incentives, incentive_on
from compensation.payout.setting import Setting

RUNS = {"_row": pl.UInt32, "there_from": pl.Date, "there_to": pl.Date}
ROWS = {
    **dict.fromkeys(("payee_id", "plan", "component", "currency"), pl.String),
    **dict.fromkeys(("digits", "segment", "window", "rule"), pl.Int32),
    "date": pl.Date,
}


def incentives_of(there: Sequence[Presence[Any]], setting: Setting) -> list[int]:
    """The incentive of each presence in minor units: of its window, cut to its days without leave, rounded once.

    Args:
        there: Payees on parts of plans that have an ``incentive``.
        setting: The calendar, and what incentives are looked up in.

    Raises:
        MissingIncentive: a plan assignment states none, or in another currency.
    """
    known = setting.incentives
    if not there:
        return []
    free = _free(known)
    runs = [(row, *run) for row, one in enumerate(there) for run in _runs(one, free.get(one.payee_id))]
    present = {row for row, _, _ in runs}
    rows = pl.DataFrame([_asked(one, row) for row, one in enumerate(there)], schema=ROWS)
    days = pl.DataFrame(runs, schema=RUNS, orient="row")
    found = incentive_on(rows, [one.part.incentive for one in there], known, there=days)["incentive"].to_list()
    return [amount if row in present else 0 for row, amount in enumerate(found)]


def _free(known: Incentives) -> dict[str, list[tuple[date, date]]]:
    """Days of service without leave, for those of whom any limit is known."""
    rows = known.service.free.sort("payee_id", "free_from").select("payee_id", "free_from", "free_to").rows()
    return {payee: [(first, end) for _, first, end in own] for payee, own in groupby(rows, itemgetter(0))}


def _runs(one: Presence[Any], free: list[tuple[date, date]] | None) -> Iterator[tuple[date, date]]:
    for days in one.days:
        for first, end in [(days.first, days.end)] if free is None else free:
            run = max(first, days.first), min(end, days.end)
            if run[0] < run[1]:
                yield run


def _asked(one: Presence[Any], row: int) -> dict[str, Any]:
    days = one.days[-1]
    return {
        "payee_id": one.payee_id, "plan": one.plan.plan, "component": one.name, "currency": one.plan.currency,
        "digits": minor_unit_digits(one.plan.currency), "segment": days.segment, "window": one.window.number,
        "rule": row, "date": min(days.end, one.window.known_end) - ONE_DAY,
    }  # fmt: skip
