"""Bonuses: incentive × Σ weight × score of their objectives, once a window."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from math import prod

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import rounded_fraction
from compensation.payout.bonuses.caps import CapsOf, capped
from compensation.payout.bonuses.given import (
    Given,
    Line,
    Taken,
    findings_frame,
    parts_frame,
    readings_frame,
    require_whole,
    shown_result,
)
from compensation.payout.bonuses.incentives import incentives_of
from compensation.payout.bonuses.looks import Looks, TakesReadings, by_payee, missing
from compensation.payout.bonuses.presence import Presence, presences
from compensation.payout.bonuses.shown import shown_amount, shown_figure, shown_percent
from compensation.payout.curves.payouts import score_at
from compensation.payout.readings.readings import words
from compensation.payout.setting import Setting
from schemas.rules.bonus import Bonus
from schemas.rules.modifier import Gate, Multiplier
from schemas.rules.plan import Plan, PlanVersion
from schemas.rules.reading import Reading


def bonuses_of(
    plans: Sequence[Plan],
    setting: Setting,
    readings: TakesReadings,
    payees: pl.DataFrame,
    days: tuple[date, date],
) -> Given:
    """What every objective of every bonus gives, for each window that has begun.

    A bonus is posted once, in the last fiscal period of its window; while the window is open, in the period of the last
    day, with what is known by then. The terms are those of the payee's last day on the bonus in the window, and the
    incentive counts the days on it. An objective's amount is the difference of two rounded running totals over the
    objectives, so that they add up to ``round(incentive × Σ weight × score)``; then the caps apply.

    Args:
        plans: All plans of the company.
        setting: Stays of every payee who may have a bonus, the calendar, and what incentives are looked up in.
        readings: Takes the results.
        payees: Contract ``Payee``: hire and termination.
        days: First and last day of what is stated.

    Raises:
        PayoutError: a result or an incentive cannot be computed.
        NotConserved: objectives that do not add up to their bonus.

    Source:
        ``docs/plans/curves.md``, `scorecard`; ``schemas/rules/bonus.py``.
    """
    there = presences(plans, _bonuses, setting, payees, days)
    incentives = incentives_of(there, setting)
    looks = Looks(readings, setting.windows)
    lines: list[Line] = []
    taken: list[tuple[Taken, Reading, str]] = []
    for places in _same_terms(there):
        own, bonus = [there[place] for place in places], there[places[0]].part
        results, effects = _results(bonus, own, looks), _effects(bonus, own, looks)
        for place, result, effect in zip(places, results, effects, strict=True):
            lines += _scored(there[place], incentives[place], result, effect)
            taken += _reported(bonus, result, effect)
    return Given(
        parts=parts_frame(capped(lines, _caps(plans), setting.windows, days)),
        readings=readings_frame(one for one, _, _ in taken),
        findings=findings_frame(missing(taken, setting.windows)),
    )


def _bonuses(version: PlanVersion) -> list[tuple[str, str, Bonus]]:
    return [(bonus.bonus, bonus.window, bonus) for bonus in version.bonuses]


def _caps(plans: Sequence[Plan]) -> CapsOf:
    return {
        (plan.plan, version.version, bonus.bonus): bonus.caps
        for plan in plans
        for version in plan.versions
        for bonus in version.bonuses
    }


def _same_terms(there: Sequence[Presence[Bonus]]) -> Iterator[list[int]]:
    """Places of those under the same terms, so that each reading is taken of all of them at once."""
    groups: dict[int, list[int]] = {}
    for place, one in enumerate(there):
        groups.setdefault(id(one.part), []).append(place)
    yield from groups.values()


def _results(bonus: Bonus, own: Sequence[Presence[Bonus]], looks: Looks) -> list[list[Taken]]:
    """For everybody the result and score of each objective, in order."""
    each = [
        [
            Taken(one, bonus.bonus, objective.objective, words(objective.reading), value, score_at(objective, value))
            for one, value in zip(own, looks.at(objective.reading, own), strict=True)
        ]
        for objective in bonus.objectives
    ]
    return by_payee(each, len(own))


def _effects(bonus: Bonus, own: Sequence[Presence[Bonus]], looks: Looks) -> list[list[Taken]]:
    """For everybody what gates and multipliers say, in order."""
    gates, multipliers = (
        looks.gates(bonus.gates, bonus.bonus, own),
        looks.multipliers(bonus.multipliers, bonus.bonus, own),
    )
    return [one + other for one, other in zip(gates, multipliers, strict=True)]


def _scored(
    presence: Presence[Bonus], incentive: int, results: Sequence[Taken], effects: Sequence[Taken]
) -> Sequence[Line]:
    """The objectives as lines, in whole minor units by running totals over them."""
    bonus, lines = presence.part, []
    factor = prod((effect.effect or Fraction(0) for effect in effects), start=Fraction(incentive))
    before = Fraction(0)
    for objective, result in zip(bonus.objectives, results, strict=True):
        weight, score = Fraction(objective.weight), result.effect or Fraction(0)
        after = before + factor * weight * score
        amount = rounded_fraction(after, 0) - rounded_fraction(before, 0)
        detail = _told(presence, incentive, weight, result, effects, after - before, amount)
        lines.append(
            Line(presence.who, presence.window, bonus.bonus, "objective", objective.objective, incentive, amount, detail, weight, result.value, score)
        )  # fmt: skip
        before = after
    shares = (Fraction(o.weight) * (r.effect or Fraction(0)) for o, r in zip(bonus.objectives, results, strict=True))
    return require_whole("objectives", lines, rounded_fraction(factor * sum(shares), 0))


def _told(
    presence: Presence[Bonus], incentive: int, weight: Fraction, result: Taken, effects: Sequence[Taken], exact: Fraction, amount: int
) -> str:  # fmt: skip
    """``15,000.00 × 35 % × 1.25 = 6,562.50``, and why a factor is 0 where it is."""
    digits = minor_unit_digits(presence.plan.currency)
    score = shown_figure(result.effect or Fraction(0)) + (" (no result yet)" if result.value is None else "")
    factors = [shown_amount(incentive, digits), shown_percent(weight), score]
    factors += [_told_effect(effect) for effect in effects if effect.effect != 1]
    return f"{' × '.join(factors)} = {shown_result(exact, amount, digits)}"


def _told_effect(effect: Taken) -> str:
    return f"{shown_figure(effect.effect or Fraction(0))} ({effect.used_by})"


def _reported(bonus: Bonus, results: Sequence[Taken], effects: Sequence[Taken]) -> list[tuple[Taken, Reading, str]]:
    """What was taken, with its reading and what follows where it is missing."""
    objectives = [
        (taken, objective.reading, f"objective {objective.objective} scores 0")
        for objective, taken in zip(bonus.objectives, results, strict=True)
    ]
    modifiers: list[Gate | Multiplier] = [*bonus.gates, *bonus.multipliers]
    so = [*(f"gate {n} stays closed" for n in range(1, len(bonus.gates) + 1))]
    so += [f"multiplier {n} is 1" for n in range(1, len(bonus.multipliers) + 1)]
    return objectives + [(one, rule.reading, why) for rule, one, why in zip(modifiers, effects, so, strict=True)]
