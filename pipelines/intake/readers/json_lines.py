"""JSON lines: one object a line; numbers keep the digits they were written with."""

import json
from typing import Any

import polars as pl

from pipelines.intake.raw import LINE, FileRefused, RawTable, record_faults, shown
from pipelines.intake.readers.delimited import as_plain_utf8
from schemas.rules.source import Format


class _TwiceError(ValueError):
    """A name stands twice in one object."""


def read_json_lines(name: str, data: bytes, form: Format) -> RawTable:
    """Records of a JSON-lines file; a line that is no object is a fault of that line.

    Raises:
        FileRefused: ``file_empty``, ``encoding``, ``file_truncated``.
    """
    data, notes = as_plain_utf8(name, data, form)
    if not data.strip():
        raise FileRefused(name, "file_empty", "the file holds nothing; send it again, or remove it if there is none")
    lines = data.decode().split("\n")
    rows: list[dict[str, Any]] = []
    faults: list[tuple[int, str | None, str | None, str, str]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append({**_flat(_object(line)), LINE: number})
        except (TypeError, ValueError, RecursionError) as error:
            if number == len(lines):
                detail = "the last line is cut off; send the file again"
                raise FileRefused(name, "file_truncated", detail, line=number) from None
            faults.append(
                (
                    len(rows),
                    None,
                    shown(line),
                    "json_invalid",
                    f"the line is no JSON object ({error}); correct it at the source",
                )
            )
            rows.append({LINE: number})
    columns = dict.fromkeys(key for row in rows for key in row if key != LINE)
    schema = {**dict.fromkeys(columns, pl.String()), LINE: pl.UInt32()}
    frame = pl.DataFrame({key: [row.get(key) for row in rows] for key in schema}, schema=schema)
    empty = pl.col(pl.String).replace(dict.fromkeys(form.null_values))
    return RawTable(frame.with_columns(empty) if form.null_values else frame, record_faults(faults), tuple(notes))


def _object(line: str) -> dict[str, Any]:
    value = json.loads(line, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_once)
    if not isinstance(value, dict):
        raise TypeError("not an object") from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise _TwiceError(f"{next(name for name in names if names.count(name) > 1)!r} stands twice")
    return dict(pairs)


def _flat(value: dict[str, Any], above: str = "") -> dict[str, str | None]:
    """Nested objects as names with dots, lists as JSON text."""
    result: dict[str, str | None] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            result.update(_flat(inner, f"{above}{name}."))
        elif isinstance(inner, bool):
            result[above + name] = "true" if inner else "false"
        else:
            result[above + name] = inner if inner is None or isinstance(inner, str) else json.dumps(inner)
    return result
