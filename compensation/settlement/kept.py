"""What one hold that belongs to no order line changes in a period."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from compensation.settlement.lines import frame_of, line_of

HOLDBACK, MANUAL = "holdback", "hold:"
"""Components of postings: of a plan's holdback, and of a manual hold before its reference."""


@dataclass(frozen=True)
class Kept:
    """What one hold changes in a period: below 0 it keeps more, above 0 it releases; minor units."""

    payee_id: str
    currency: str
    plan: str
    component: str
    earning_period: str
    units: int
    cause: str


def kept_frame(kept: Iterable[Kept]) -> pl.DataFrame:
    """As postings: a hold, or a release."""
    return frame_of(
        line_of(one.payee_id, one.currency, one.plan, one.component, "hold" if one.units < 0 else "release", one.units, one.cause, one.earning_period)
        for one in kept
    )  # fmt: skip
