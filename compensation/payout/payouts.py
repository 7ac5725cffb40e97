"""Payout curves: the multiple that a result gives, as an exact function of it.

What an objective scores, what a multiplier multiplies by and what a target pays for an attainment is read here.
"""

from fractions import Fraction

from compensation.payout.designs import pieces_of, value_at
from schemas.rules.curve import PayoutCurve


def multiple_at(curve: PayoutCurve, value: Fraction) -> Fraction:
    """What a payout curve gives at a result, exactly: 1 is 100 % of the target.

    ``flat`` is a line from 0; ``marginal`` tiers add up, a ``retroactive`` one re-rates all of the result, and below 0
    both continue the first tier's line; ``stepped`` states the multiple and gives 0 below its first step;
    ``interpolated`` holds its end values, or continues its end lines where the plan says ``beyond: extend``.

    Args:
        curve: A flat, marginal, retroactive, mixed, stepped or interpolated curve.
        value: The result read, such as an attainment (1 is 100 %) or the value of a KPI.

    Source:
        PAYOUT rule "Curve"; ``docs/plans.md``.
    """
    return value_at(pieces_of(curve), value)
