"""Bonuses, pools and guarantees in words."""

from collections.abc import Iterator

from compensation.statement.curve_words import incentive_words, payout_words, reading_words, value_words
from compensation.statement.figure_words import PRORATED, WINDOWS, amount_words, clause, number_words, percent_words
from compensation.statement.rule_words import gate_words, modifier_sentences
from schemas.rules.bonus import Bonus, Guarantee, Objective, Pool


def bonus_sentence(bonus: Bonus, currency: str) -> str:
    """A scorecard: its incentive, each objective with its weight, result and score, and what changes the money."""
    return " ".join(_bonus(bonus, currency))


def pool_sentence(pool: Pool, currency: str) -> str:
    """A pool: what it holds, who shares it, and how."""
    return " ".join(_pool(pool, currency))


def guarantee_sentence(guarantee: Guarantee, currency: str) -> str:
    """A guarantee: how much, and for how long."""
    months = guarantee.months_of_service
    limit = f" in the first {months} months of service" if months else ""
    return (
        f"At least {incentive_words(guarantee.incentive, currency)} is paid each fiscal period{limit}: what components, bonuses and "
        f"pools of the plan pay less in it is added{clause(guarantee.source)}."
    )


def objective_words(objective: Objective, currency: str) -> str:
    """One line of a scorecard: ``Renewals, 40 %: nrr, year, scores …``."""
    limits = []
    if objective.threshold is not None:
        limits.append(f"below {value_words(objective.reading.of, objective.threshold, currency)} it scores 0")
    if objective.cap is not None:
        limits.append(f"at most {percent_words(objective.cap)}")
    limited = f" ({', '.join(limits)})" if limits else ""
    return (
        f"{objective.label}, weight {percent_words(objective.weight)}: {reading_words(objective.reading)} scores "
        f"{payout_words(objective.score, objective.reading.of, currency)}{limited}{clause(objective.source)}"
    )


def _bonus(bonus: Bonus, currency: str) -> Iterator[str]:
    yield f"Once a {WINDOWS[bonus.window]}: {incentive_words(bonus.incentive, currency)} × the sum of weight × score."
    yield from (f"{objective_words(objective, currency)}." for objective in bonus.objectives)
    yield from modifier_sentences(bonus.gates, bonus.multipliers, bonus.caps, currency)
    if bonus.source:
        yield f"Source: {bonus.source}."


def _pool(pool: Pool, currency: str) -> Iterator[str]:
    holds = pool.holds
    if holds.amount is not None:
        what = amount_words(holds.amount, currency)
    elif holds.rate is not None and holds.reading is not None:
        what = f"{percent_words(holds.rate)} of {reading_words(holds.reading)} of all members"
    else:
        what = "nothing"
    yield f"Once a {WINDOWS[pool.window]} {what} is shared by everybody on the plan on its last day, {_shared(pool)}."
    yield from (
        f"Only those share in it for whom {gate_words(gate, currency)}{clause(gate.source)}." for gate in pool.gates
    )
    if pool.prorate != "none":
        yield f"A part of the window counts {PRORATED[pool.prorate]}."
    if pool.source:
        yield f"Source: {pool.source}."


def _shared(pool: Pool) -> str:
    if pool.by is not None:
        return f"by {reading_words(pool.by)}"
    if pool.weights:
        shares = [f"{role.replace('_', ' ')} {number_words(weight)}" for role, weight in pool.weights.items()]
        return f"by role: {', '.join(shares)}"
    return "equally"
