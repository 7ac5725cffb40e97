"""JSON Schemas of the rule files for editors: what may stand where, and what it means, in the words of the models."""

import ast
import inspect
import sys
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

NUMBER = {
    "type": ["number", "string"],
    "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?\s*%?$",
    "description": "A plain decimal number such as 0.05, 1000.00 or 8%.",
}
"""Numbers are read as text, so that every digit counts; a percent sign may follow."""

BOUNDS = frozenset(("ge", "gt", "le", "lt", "maximum", "minimum", "exclusiveMinimum", "exclusiveMaximum"))
"""Bounds that an editor cannot check on a number written as text; the loader checks them."""


def editor_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a rule file; each key has its docstring as description."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_ForText)
    for kind in _kinds_of(model):
        part = schema if kind is model else schema["$defs"].get(kind.__name__)
        if part:
            _describe(part, kind)
    return {key: _without_bounds(value) for key, value in schema.items()}


class _ForText(GenerateJsonSchema):
    """Numbers may be written as numbers, as text, or with a percent sign."""

    def decimal_schema(self, _schema: core_schema.DecimalSchema) -> dict[str, Any]:
        """Any plain decimal number."""
        return dict(NUMBER)


def _describe(part: dict[str, Any], kind: type[BaseModel]) -> None:
    texts = _texts_under_fields(kind)
    for name, field in kind.model_fields.items():
        key = field.alias or name
        if name in texts and key in part.get("properties", {}):
            part["properties"][key]["description"] = texts[name]


def _kinds_of(model: type[BaseModel]) -> list[type[BaseModel]]:
    """The model, and every rule model of the modules it is made of."""
    modules = [module for name, module in sys.modules.items() if name.startswith("schemas.rules.")]
    known = [each for module in modules for each in vars(module).values()]
    kinds = {each for each in known if isinstance(each, type) and issubclass(each, BaseModel)}
    return sorted(kinds | {model}, key=lambda kind: kind.__name__)


def _texts_under_fields(kind: type[BaseModel]) -> dict[str, str]:
    """The text that stands under each field of a class, its own and those it inherits."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("schemas.rules."):
            texts |= _texts_in(ast.parse(inspect.getsource(base)).body[0])
    return texts


def _texts_in(body: ast.stmt) -> dict[str, str]:
    lines = body.body if isinstance(body, ast.ClassDef) else []
    return {
        field.target.id: str(text.value.value).replace("``", "`")
        for field, text in pairwise(lines)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }


def _without_bounds(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_bounds(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {key: _without_bounds(value) for key, value in part.items() if key not in BOUNDS or isinstance(value, dict)}
