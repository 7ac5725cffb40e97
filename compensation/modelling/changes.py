"""What two sets of plans say differently, part by part, in words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from compensation.statement.bonus_words import bonus_sentence, guarantee_sentence, pool_sentence
from compensation.statement.figure_words import list_words
from compensation.statement.labels import GUARANTEE
from compensation.statement.rule_words import component_sentence
from compensation.statement.settlement_words import pays_in_sentence, settlement_sentence
from schemas.rules.bonus import Bonus, Guarantee, Pool
from schemas.rules.component import Component
from schemas.rules.plan import PaysIn, Plan
from schemas.rules.settlement import Settlement

UNSAID = {"label", "source", "component", "bonus", "pool"}
"""What a part says that pays nobody more or less."""

NAMES = {"tier_window": "tier window", "for_roles": "roles", "holds": "amount", "shared": "sharing", "by": "reading"}

SETTLEMENT, PAYS_IN = "settlement", "pays_in"

Part = Component | Bonus | Pool | Guarantee | Settlement | PaysIn


@dataclass(frozen=True)
class Changed:
    """How one part of a plan differs.

    Attributes:
        reason: ``curve and quota differ``, ``only in the other plans``.
        base: Its rule in words in the first plans, of the first day on which both have it and differ; empty where it is not there.
        other: The same in the other plans.
    """

    reason: str
    base: str
    other: str


def changed_parts(base: Sequence[Plan], other: Sequence[Plan]) -> dict[tuple[str, str], Changed]:
    """Every component, bonus, pool, guarantee, settlement and currency of pay that differs on some day, by plan and name."""
    plans = {name: (_named(base, name), _named(other, name)) for name in sorted({p.plan for p in (*base, *other)})}
    return {(name, part): found for name, pair in plans.items() for part, found in _of_plan(*pair)}


def _named(plans: Sequence[Plan], name: str) -> Plan | None:
    return next((plan for plan in plans if plan.plan == name), None)


def _of_plan(base: Plan | None, other: Plan | None) -> Iterator[tuple[str, Changed]]:
    """The days on which anything starts, one by one: the first that differs gives the words, all of them the reason.

    Words are those of a day on which both sides have the part, where there is one. A plan for other roles differs in every part.
    """
    days = sorted({version.valid_from for plan in (base, other) if plan for version in plan.versions})
    pairs: dict[str, list[tuple[Part | None, Part | None]]] = {}
    for day in days:
        before, after = _parts_on(base, day), _parts_on(other, day)
        for name in dict.fromkeys((*before, *after)):
            pairs.setdefault(name, []).append((before.get(name), after.get(name)))
    for name, found in pairs.items():
        differing = [(one, two) for one, two in found if _said(one) != _said(two)]
        if differing or _is_for_others(base, other):
            one, two = next((pair for pair in differing if all(pair)), (differing or found)[0])
            yield name, Changed(_reason(base, other, found, differing), _words(one, base), _words(two, other))


def _is_for_others(base: Plan | None, other: Plan | None) -> bool:
    """Whether both sides have the plan, for other roles: it may pay nobody on one of them."""
    return base is not None and other is not None and set(base.for_roles) != set(other.for_roles)


def _reason(
    base: Plan | None,
    other: Plan | None,
    found: Sequence[tuple[Part | None, Part | None]],
    differing: Sequence[tuple[Part | None, Part | None]],
) -> str:
    if base is None or other is None:
        return f"plan only in {'the other' if base is None else 'the base'} plans"
    if not any(one for one, _ in found) or not any(two for _, two in found):
        return (
            f"only in {'the other' if found[0][0] is None and not any(one for one, _ in found) else 'the base'} plans"
        )
    names = {"for_roles": None} if _is_for_others(base, other) else {}
    names |= {name: None for one, two in differing for name in _fields(one, two)}
    if not names:
        return "it holds on other days"
    words = [NAMES.get(name, name) for name in names]
    return f"{list_words(words)} differ{'s' if len(words) == 1 and not words[0].endswith('s') else ''}"


def _fields(one: Part | None, two: Part | None) -> list[str]:
    if one is None or two is None:
        return []
    before, after = _said(one), _said(two)
    return [name for name in before if before[name] != after.get(name)]


def _parts_on(plan: Plan | None, day: date) -> dict[str, Part]:
    version = plan.version_on(day) if plan else None
    if plan is None or version is None:
        return {}
    parts: dict[str, Part] = {part.component: part for part in version.components}
    parts |= {bonus.bonus: bonus for bonus in version.bonuses} | {pool.pool: pool for pool in version.pools}
    whole = {GUARANTEE: version.guarantee, SETTLEMENT: version.settlement, PAYS_IN: plan.pays_in}
    return parts | {name: part for name, part in whole.items() if part is not None}


def _said(part: Part | None) -> dict[str, Any]:
    """What a part says, without labels and clauses."""
    return (
        {} if part is None else {name: _bare(value) for name, value in part.model_dump().items() if name not in UNSAID}
    )


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(each) for name, each in value.items() if name != "source"}
    return [_bare(each) for each in value] if isinstance(value, list | tuple) else value


def _words(part: Part | None, plan: Plan | None) -> str:
    if part is None or plan is None:
        return ""
    if isinstance(part, PaysIn):
        return pays_in_sentence(part)
    if isinstance(part, Settlement):
        return settlement_sentence(part, plan.pay_currency)
    told = next(tell for kind, tell in _TOLD_BY.items() if isinstance(part, kind))
    return told(part, plan.currency)


_TOLD_BY: dict[type[Part], Callable[[Any, str], str]] = {
    Component: component_sentence,
    Bonus: bonus_sentence,
    Pool: pool_sentence,
    Guarantee: guarantee_sentence,
}
"""How each part that earns is told, in its plan's currency."""
