"""Which keys may stand at a place of a rule file, found in the models that read it."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

LIKE = 0.75
"""How alike a misspelt key must be to be taken for a known one, from 0 to 1."""

MOST_KEYS = 12
"""More keys than that are not listed."""


def said_of_place(model: type[BaseModel], at: tuple[str | int, ...], key: str) -> str:
    """What to write in place of a key that is not known: the one that it is like, or those that may stand there.

    Args:
        model: What reads the file.
        at: The place of the key, as pydantic names it: keys, places in lists, and shapes that a value was taken for.
        key: What was found.
    """
    known = sorted({name for each in models_at(model, at) for name in keys_of(each)})
    if like := get_close_matches(key, known, n=1, cutoff=LIKE):
        return f"write '{like[0]}', or remove it"
    return (
        f"remove it, or write one of {', '.join(known)}"
        if 0 < len(known) <= MOST_KEYS
        else "remove it or check its spelling"
    )


def models_at(model: type[BaseModel], at: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """The models that may read the mapping at a place; several where the place may have several shapes."""
    here = [model]
    for part in at:
        below = [found for each in here for found in _below(each, str(part))]
        tagged = [each for each in here if _is_tagged(each, str(part))]
        here = below or tagged or here
    return here


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a model, as one writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _below(model: type[BaseModel], key: str) -> list[type[BaseModel]]:
    fields = [field for name, field in model.model_fields.items() if key == (field.alias or name)]
    return [found for field in fields for found in _models_in(field.annotation)]


def _models_in(kind: Any) -> Iterator[type[BaseModel]]:
    """Every model inside an annotation, however deep."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _models_in(part)


def _is_tagged(model: type[BaseModel], tag: str) -> bool:
    """Whether a model is the one for a shape: by its name, or by a word that it alone has."""
    words = [
        get_args(field.annotation) for name, field in model.model_fields.items() if name in ("shape", "by", "kind")
    ]
    return tag == model.__name__ or any(tag in each for each in words)
