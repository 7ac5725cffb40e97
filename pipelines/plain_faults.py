"""Faults of rule files in the words of somebody who writes them, not of the library that found them."""

import re
from typing import Any

from schemas.rules.values import Rule

PATTERNS = {
    "^[a-z][a-z0-9_]*$": "a name has lower case letters, digits and underscores, and begins with a letter, such as new_business",
    "^[A-Z]{3}$": "write a currency by its three capital letters, such as EUR",
}
"""What to write where a text has a form of its own."""


A_LIST = "write a list here: [first, second], or one line with '- ' each"
A_MAPPING = ("model_type", "model_attributes_type", "dict_type")
SAID = {
    "tuple_type": A_LIST,
    "list_type": A_LIST,
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "string_too_short": "something must stand here; it is empty",
}
"""Faults that are always told in the same words."""


def plain_message(fault: dict[str, Any]) -> str:
    """What is wrong and what to write, from one fault as pydantic reports it."""
    kind, context, key = fault["type"], fault.get("ctx") or {}, str(fault["loc"][-1]) if fault["loc"] else ""
    message = str(fault["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return _unknown_key(key)
    if kind == "missing":
        return f"'{key}' is missing"
    if kind in A_MAPPING:
        return f"one value cannot stand here; write {_keys_of(str(context.get('class_name', '')))}"
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(context.get("pattern")), message)
    is_bound = kind.startswith(("greater_than", "less_than"))
    return SAID.get(kind, re.sub(r"^Input should be ", "the number must be " if is_bound else "write ", message))


def _unknown_key(key: str) -> str:
    if key.isdigit():
        return (
            f"'{key}' came to stand as a key of its own: a comma separates keys; write a number with a point and without "
            "thousands, such as 1000.00"
        )
    return "this key is not known here; remove it or check its spelling"


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
