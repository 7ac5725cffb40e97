"""Faults of rule files in the words of somebody who writes them, not of the library that found them."""

import re
from typing import Any

from pydantic import BaseModel

from pipelines.known_keys import said_of_place
from schemas.rules.values import Rule

PATTERNS = {
    "^[a-z][a-z0-9_]*$": "a name has lower case letters, digits and underscores, and begins with a letter, such as new_business",
    "^[A-Z]{3}$": "write a currency by its three capital letters, such as EUR",
}
"""What to write where a text has a form of its own."""


SAID_OF_KEYS = {
    "above": "a tier says where it starts with from: (its bound belongs to it; docs/plans/letters.md has the bound for 'more than')",
    "below": "a tier says where it ends with to: (the first figure that no longer lies in it)",
    "over": "a tier says where it starts with from: (its bound belongs to it; docs/plans/letters.md has the bound for 'more than')",
    "up_to": "a tier says where it ends with to: (the first figure that no longer lies in it)",
    "percent": "write rate: 8%",
    "commission": "write rate: 8% in the curve",
    "commission_rate": "write rate: 8%",
    "pay": "write rate: 8%, amount: '250.00' or pays: '500.00', as the shape of the curve has it",
    "period": "write window: month, quarter, half_year, year or transaction",
    "frequency": "write window: month, quarter, half_year, year or transaction",
    "target": "write quota: {measure: …} (figures stand in 'quotas'), or incentive: {assigned: 100%} for a target incentive",
    "start_date": "write valid_from in a version, or from in dates",
    "role": "write for_roles: [sales_rep] in the plan",
    "roles": "write for_roles: [sales_rep] in the plan",
    "type": "write shape: for a curve, of: for a measure",
    "name": "write plan:, component:, bonus: or pool:, each with a label",
    "team": "write whose: team and base: credit or commission in the measure",
    "first_orders": "write first_order: true",
    "days": "write window_days: 90 in a clawback",
    "clawback_window": "write clawback: {window_days: 90}",
    "clawback_days": "write clawback: {window_days: 90}",
    "clawback_affects_attainment": "write clawback: {affects_attainment: false}",
}
"""What to write in place of a key that people write."""

PART_KEYS = (
    "caps",
    "gates",
    "multipliers",
    "budget",
    "floor",
    "curve",
    "measure",
    "quota",
    "window",
    "clawback",
    "event",
    "dates",
)
"""Keys of a component, which people write one level higher."""


_DECIMAL_OF = re.compile(r"Decimal\('(-?[0-9.]+)'\)")
"""How a bound is told by the library."""

A_LIST = "write a list here: [first, second], or one line with '- ' each"
A_MAPPING = ("model_type", "model_attributes_type", "dict_type")
SAID = {
    "tuple_type": A_LIST,
    "list_type": A_LIST,
    "bool_parsing": "write true or false",
    "int_parsing": "write a whole number",
    "bool_type": "write true or false",
    "string_too_short": "something must stand here; it is empty",
}
"""Faults that are always told in the same words."""


def plain_message(fault: dict[str, Any], model: type[BaseModel]) -> str:
    """What is wrong and what to write, from one fault as pydantic reports it of a file that the model reads."""
    kind, context, key = fault["type"], fault.get("ctx") or {}, str(fault["loc"][-1]) if fault["loc"] else ""
    message = str(fault["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return _unknown_key(key, fault["loc"], model)
    if kind == "missing":
        return f"'{key}' is missing"
    if kind in A_MAPPING:
        return f"one value cannot stand here; write {_keys_of(str(context.get('class_name', '')))}"
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(context.get("pattern")), message)
    is_bound = kind.startswith(("greater_than", "less_than"))
    message = _DECIMAL_OF.sub(r"\1", message)
    return SAID.get(kind, re.sub(r"^Input should be ", "the number must be " if is_bound else "write ", message))


def _unknown_key(key: str, at: tuple[str | int, ...], model: type[BaseModel]) -> str:
    if key.isdigit():
        return (
            f"'{key}' came to stand as a key of its own: a comma separates keys; write a number with a point and without "
            "thousands, such as 1000.00"
        )
    stands_in_version = len(at) > 1 and isinstance(at[-2], int) and "versions" in at[-3:-2]
    if key in PART_KEYS and (stands_in_version or len(at) == 1):
        return f"'{key}' belongs to one component; put it into each component that it is meant for"
    hint = SAID_OF_KEYS.get(key) or said_of_place(model, at[:-1], key)
    return f"this key is not known here; {hint}"


def _keys_of(name: str) -> str:
    """The keys that a part of a rule file needs, as one would write them."""
    model = next((kind for kind in _kinds(Rule) if kind.__name__ == name), None)
    if model is None:
        return "its keys: {key: value}"
    fields = [(field.alias or key, field.is_required()) for key, field in model.model_fields.items() if key != "source"]
    needed = [key for key, is_required in fields if is_required] or [key for key, _ in fields[:2]]
    return f"its keys: {{{', '.join(f'{key}: …' for key in needed)}}}"


def _kinds(of: type[Rule]) -> list[type[Rule]]:
    below = of.__subclasses__()
    return [*below, *(each for kind in below for each in _kinds(kind))]
