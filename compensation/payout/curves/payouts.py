"""Payout curves: the multiple that a result gives, as an exact function of it.

What an objective scores, what a multiplier multiplies by and what a target pays for an attainment is read here.
"""

from fractions import Fraction

from compensation.payout.curves.designs import pieces_of, value_at
from schemas.rules.bonus import Objective
from schemas.rules.curve import PayoutCurve
from schemas.rules.modifier import Gate, Multiplier


def multiple_at(curve: PayoutCurve, value: Fraction) -> Fraction:
    """What a payout curve gives at a result, exactly: 1 is 100 % of the target.

    ``flat`` is a line from 0; ``marginal`` tiers add up, a ``retroactive`` one re-rates all of the result, and below 0
    both continue the first tier's line; ``stepped`` states the multiple and gives 0 below its first step;
    ``interpolated`` holds its end values, or continues its end lines where the plan says ``beyond: extend``.

    Args:
        curve: A flat, marginal, retroactive, mixed, stepped or interpolated curve.
        value: The result read, such as an attainment (1 is 100 %) or the value of a KPI.

    Source:
        ``docs/plans/curves.md``; ``docs/plans.md``.
    """
    return value_at(pieces_of(curve), value)


def is_open(gate: Gate, value: Fraction | None) -> bool:
    """Whether a gate is open at a reading; closed while there is none."""
    if value is None:
        return False
    is_reached = gate.at_least is None or value >= Fraction(gate.at_least)
    return is_reached and (gate.below is None or value < Fraction(gate.below))


def factor_at(multiplier: Multiplier, value: Fraction | None) -> Fraction:
    """What a multiplier multiplies by at a reading; 1 while there is none."""
    return Fraction(1) if value is None else multiple_at(multiplier.payout, value)


def score_at(objective: Objective, value: Fraction | None) -> Fraction:
    """What an objective scores at a result: 0 below its threshold and while there is none, never above its cap."""
    if value is None or (objective.threshold is not None and value < Fraction(objective.threshold)):
        return Fraction(0)
    score = multiple_at(objective.score, value)
    return score if objective.cap is None else min(score, Fraction(objective.cap))
