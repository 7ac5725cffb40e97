"""Read the files a company writes, strictly: every scalar is text, and every refusal names file and line.

YAML as people meet it turns ``NO`` into false and ``12:30`` into 750, lets the last of two equal keys win
and follows aliases without end. None of that is wanted where the text decides what somebody is paid.
"""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipelines.plain_faults import plain_message

LARGEST_FILE = 1_000_000
DEEPEST_NESTING = 20
PLAIN_TAGS = {
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "value")
}

NAMED_FAULTS = ("missing", "ambiguous_word")
"""Faults whose message already names what was found."""

Model = TypeVar("Model", bound=BaseModel)
Path_ = tuple[str | int, ...]


class RuleFileError(ValueError):
    """A rule file cannot be used; the message lists what is wrong, where, and what to do."""


def load_rule_file(path: Path, model: type[Model]) -> Model:
    """Read one YAML file into its model.

    Raises:
        RuleFileError: the file is unreadable, uses YAML that can be misread, or does not fit the model;
            one line per fault as ``file:line: where: what``.
    """
    return parse_rule_file(path, rule_bytes(path), model)


def parse_rule_file(path: Path, raw: bytes, model: type[Model]) -> Model:
    """The model of a file's bytes, for callers that also keep the bytes; ``path`` is only named.

    Raises:
        RuleFileError: as ``load_rule_file``.
    """
    data, lines = strict_yaml(path, raw)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise RuleFileError("\n".join(_explained(path, lines, error, model))) from None


def read_strict_yaml(path: Path) -> tuple[Any, dict[Path_, int]]:
    """The document as nested dicts, lists and text, with the line on which each value stands.

    Raises:
        RuleFileError: not UTF-8, over a megabyte, no YAML, a key given twice, an alias, a tag, or nesting too deep.
    """
    return strict_yaml(path, rule_bytes(path))


def strict_yaml(path: Path, raw: bytes) -> tuple[Any, dict[Path_, int]]:
    """The document in the bytes of a file, as ``read_strict_yaml`` gives it; ``path`` is only named.

    Raises:
        RuleFileError: as ``read_strict_yaml``.
    """
    try:
        node = yaml.compose(raw.decode("utf-8"), Loader=_NoAliases)
    except UnicodeDecodeError as error:
        raise RuleFileError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RuleFileError(f"{path}:{line}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise RuleFileError(f"{path}: not YAML: {error}") from None
    if node is None:
        raise RuleFileError(f"{path}: the file is empty")
    lines: dict[Path_, int] = {}
    return _plain(node, (), path, lines), lines


class _NoAliases(yaml.SafeLoader):
    """Refuses aliases, and nesting before it is followed: thousands of brackets would exhaust the stack."""

    depth = -1

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases (& and *) are not allowed; write the value where it is used",
                problem_mark=event.start_mark,
            )
        if self.depth >= DEEPEST_NESTING:
            raise yaml.MarkedYAMLError(
                problem=f"nested more than {DEEPEST_NESTING} deep", problem_mark=event.start_mark
            )
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def rule_bytes(path: Path) -> bytes:
    """The bytes of a rule file.

    Raises:
        RuleFileError: there is no such file, it cannot be read, or it is over a megabyte.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise RuleFileError(f"{path}: no such file") from None
    except OSError as error:
        raise RuleFileError(f"{path}: cannot be read: {error.strerror}") from None
    if len(raw) > LARGEST_FILE:
        raise RuleFileError(f"{path}: {len(raw):,} bytes; a rule file has at most {LARGEST_FILE:,}")
    return raw


def _plain(node: Node, at: Path_, path: Path, lines: dict[Path_, int]) -> Any:
    line = node.start_mark.line + 1
    lines[at] = line
    if node.tag not in PLAIN_TAGS:
        raise RuleFileError(f"{path}:{line}: tags such as {node.tag} are not allowed")
    if isinstance(node, MappingNode):
        return _plain_mapping(node, at, path, lines)
    if isinstance(node, SequenceNode):
        return [_plain(item, (*at, index), path, lines) for index, item in enumerate(node.value)]
    if isinstance(node, ScalarNode):
        is_null = node.style is None and node.value in ("", "~", "null", "Null", "NULL")
        return None if is_null else node.value
    raise RuleFileError(f"{path}:{line}: unexpected YAML")


def _plain_mapping(node: MappingNode, at: Path_, path: Path, lines: dict[Path_, int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            raise RuleFileError(f"{path}:{line}: a key must be plain text")
        key = key_node.value
        if key in result:
            raise RuleFileError(f"{path}:{line}: '{key}' is given twice in the same place; keep one")
        result[key] = _plain(value_node, (*at, key), path, lines)
        lines[(*at, key)] = line
    return result


def _explained(path: Path, lines: dict[Path_, int], error: ValidationError, model: type[BaseModel]) -> list[str]:
    faults = error.errors()
    told = [_one_line(path, lines, fault, model) for fault in faults if not _follows_from_another(fault, faults)]
    return list(dict.fromkeys(told))


def _follows_from_another(fault: Any, faults: list[Any]) -> bool:
    """A list seems too short only because one of its items is at fault."""
    size = len(fault["loc"])
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > size and other["loc"][:size] == fault["loc"] for other in faults
    )


def _one_line(path: Path, lines: dict[Path_, int], fault: Any, model: type[BaseModel]) -> str:
    loc = fault["loc"]
    at = _in_file(loc, lines)
    at = (*at, loc[-1]) if fault["type"] == "missing" else at
    message = plain_message(fault, model)
    given = fault.get("input")
    shown = f" (found {given!r})" if isinstance(given, str) and fault["type"] not in NAMED_FAULTS else ""
    where = ".".join(str(part) for part in at)
    line = next(lines[at[:size]] for size in range(len(at), -1, -1) if at[:size] in lines)
    return f"{path}:{line}: {where or 'file'}: {message}{shown}"


def _in_file(loc: Path_, lines: dict[Path_, int]) -> Path_:
    """The place in the file: a model may have named, on the way, the shape that it took a value for."""
    at: Path_ = ()
    for part in loc:
        at = (*at, part) if (*at, part) in lines else at
    return at
