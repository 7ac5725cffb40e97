"""Read the mapped columns of one file into a batch: each value by the kind its contract column has."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch, RowNote, Segment
from pipelines.intake.columns import FileContext, Origin, as_text, origin_of, rows_meant
from pipelines.intake.corrections import Corrections, Fixes, fixes_for
from pipelines.intake.parsing.dates import OPEN_END, DateForm, looks_like_another_format, parse_date
from pipelines.intake.parsing.numbers import EXACT, STEMS, parse_integer, parse_number
from pipelines.intake.parsing.parsed import FAULTS, Parsed
from pipelines.intake.parsing.texts import parse_boolean, parse_currency, parse_id, parse_listed, parse_text
from pipelines.intake.raw import LINE, FileRefused, RawTable, blanked
from pipelines.intake.typed import parse_typed
from schemas.contract import CONTRACT, INTAKE_ONLY
from schemas.dtypes import FX_RATE, MONEY, PERCENT, QUANTITY, RATE
from schemas.rules.source import CORRECTIONS, ColumnRule, Format, columns_of

TYPES: dict[str, pl.DataType] = {"rate": RATE, "fx_rate": FX_RATE, "percent": PERCENT, "quantity": QUANTITY}
MOST_MIXED_SHARE = Decimal("0.05")
MOST_ARTEFACT_SHARE = Decimal("0.01")
FEWEST_MIXED, FEWEST_ARTEFACTS = 2, 10

BY_KIND: dict[str, Callable[[pl.Series], Parsed]] = {
    "id": parse_id,
    "currency": parse_currency,
    "boolean": parse_boolean,
}

FieldOf = Mapping[str, Any]


def fields_of(table: str) -> dict[str, FieldOf]:
    """What each column that a source may fill holds."""
    if table == CORRECTIONS:
        return {name: {"kind": "text", "required": name != "value"} for name in columns_of(table)}
    own = CONTRACT[table].fields()
    only: dict[str, FieldOf] = dict(INTAKE_ONLY.get(table, {}))
    return {name: only.get(name) or own[name] for name in columns_of(table)}


def types_of(table: str) -> dict[str, pl.DataType]:
    """Type of each column of a batch, ``source_file`` and ``source_line`` last."""
    if table == CORRECTIONS:
        return {**dict.fromkeys(columns_of(table), pl.String()), FILE: pl.Categorical(), SOURCE_LINE: pl.UInt32()}
    own = dict(CONTRACT[table].dtypes())
    kinds = {"integer": pl.Int64(), "money": MONEY}
    extra = {name: kinds[str(entry["kind"])] for name, entry in INTAKE_ONLY.get(table, {}).items()}
    named = {name: {**own, **extra}[name] for name in columns_of(table)}
    return {**named, FILE: own[FILE], SOURCE_LINE: own[SOURCE_LINE]}


def parse_file(table: RawTable, rules: dict[str, ColumnRule], context: FileContext, corrections: Corrections) -> Batch:
    """The rows of one file for one contract table, each value read or held against its row.

    Raises:
        FileRefused: a column as a whole cannot be what the contract wants.
    """
    name = context.source.table
    origins = {column: origin_of(table, column, rule, context) for column, rule in rules.items()}
    fixes = fixes_for(name, origins, corrections)
    origins |= {column: _empty_origin(column, table.frame.height) for column in fixes if column not in origins}
    types, fields = types_of(name), fields_of(name)
    read = _side_by_side(origins, fields, context)
    nothing = {dtype: pl.Series([None], dtype=dtype).new_from_index(0, table.frame.height) for dtype in types.values()}
    columns: dict[str, pl.Series] = {}
    batch = Batch(name, pl.DataFrame({LINE: table.frame[LINE]}))
    batch.segments = [Segment(0, batch.height, context.source)]
    broken = table.faults["row"]
    faults = [_structure_faults(table)]
    for column, entry in fields.items():
        if column not in origins:
            columns[column] = nothing[types[column]].alias(column)
            continue
        origin, parsed = origins[column], read[column].result()
        if column in fixes:
            parsed = _with_fixes(parsed, fixes[column], (column, entry, context))
        columns[column] = _settled(parsed.values, types[column], entry).alias(column)
        if entry["kind"] == "money":
            columns[column] = blanked(columns[column], broken)
        faults.append(_column_faults(parsed, origin, column, entry))
        _require_no_systematic_fault(parsed, column, context)
        _note_values(batch, parsed, column, context)
    place = [pl.lit(context.name, dtype=pl.Categorical).alias(FILE), table.frame[LINE].alias(SOURCE_LINE)]
    batch.frame = pl.DataFrame(columns).with_columns(place).select(*types)
    batch.faults = [frame for frame in faults if frame.height]
    _set_aside_others(batch, table, context)
    return batch


def _side_by_side(
    origins: dict[str, Origin], fields: dict[str, FieldOf], context: FileContext
) -> dict[str, Future[Parsed]]:
    """Each column read, several at a time; an error waits until its column's turn."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as readers:
        return {
            column: readers.submit(_parsed, origins[column], column, entry, context)
            for column, entry in fields.items()
            if column in origins
        }


def _structure_faults(table: RawTable) -> pl.DataFrame:
    return table.faults.with_columns(pl.lit(None, dtype=pl.String).alias("caused_by"))


def _parsed(origin: Origin, column: str, entry: FieldOf, context: FileContext) -> Parsed:
    kind = str(entry["kind"])
    values, rule = origin.values, origin.rule
    parsed = parse_typed(values, kind, rule, context) if values.dtype != pl.String else None
    if parsed is None:
        parsed = _parsed_text(as_text(values), column, entry, context, rule)
    parsed = Parsed(parsed.values, _together(origin.faults, parsed.faults), (*origin.notes, *parsed.notes))
    if rule.sign == "negative":
        parsed = _turned(parsed, column, context)
    if rule.invert:
        parsed = Parsed(_inverted(parsed.values), parsed.faults, parsed.notes)
    if kind == "date" and column == "valid_to":
        parsed = _with_open_end(parsed, inclusive=rule.inclusive_end or context.source.inclusive_ends)
    elif kind == "date" and rule.inclusive_end:
        parsed = Parsed(parsed.values.dt.offset_by("1d"), parsed.faults, parsed.notes)
    return parsed


def _empty_origin(column: str, height: int) -> Origin:
    nothing = pl.repeat(None, height, dtype=pl.String, eager=True)
    return Origin(nothing, ColumnRule(column=column), pl.DataFrame(schema=FAULTS))


def _with_fixes(parsed: Parsed, fixes: Fixes, at: tuple[str, FieldOf, FileContext]) -> Parsed:
    """Corrections laid over the column; their values are written as the contract writes them."""
    column, entry, context = at
    plain = replace(context, form=Format())
    texts = pl.Series(fixes.values, dtype=pl.String)
    fixed = _parsed_text(texts, column, entry, plain, ColumnRule(column=column))
    values, new = parsed.values, fixed.values
    if values.dtype != new.dtype:
        values, new = (values.cast(EXACT), new.cast(EXACT)) if new.dtype.is_decimal() else (values.cast(new.dtype), new)
    rows = pl.Series(fixes.rows, dtype=pl.UInt32)
    kept = parsed.faults.filter(~pl.col("row").is_in(rows.implode()))
    again = fixed.faults.with_columns(row=rows.gather(fixed.faults["row"]))
    return Parsed(values.scatter(rows, new), _together(kept, again), parsed.notes)


def _parsed_text(texts: pl.Series, column: str, entry: FieldOf, context: FileContext, rule: ColumnRule) -> Parsed:
    kind = str(entry["kind"])
    if kind in TYPES or kind == "money":
        return parse_number(texts, context.number_form(rule), kind)
    if kind == "integer":
        return parse_integer(texts, pl.Int64())
    if kind == "date":
        formats = rule.dates or context.form.dates
        listed = (formats,) if isinstance(formats, str) else formats
        zone = rule.time_zone or context.form.time_zone
        return parse_date(texts, DateForm(listed, zone, context.company.time_zone))
    if kind == "id" and entry.get("refers_to") and rule.column is not None:
        return Parsed(texts)  # read in normal form only where the table it refers to does not have it as it is
    if kind in BY_KIND:
        return BY_KIND[kind](texts)
    return parse_listed(texts, column, entry["values"]) if entry.get("values") else parse_text(texts)


def _together(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    if not first.height:
        return second
    return pl.concat([first, second]) if second.height else first


def _turned(parsed: Parsed, column: str, context: FileContext) -> Parsed:
    """Amounts that the file writes with a minus, as positive ones; both signs in one file are refused."""
    if (parsed.values > 0).any() and (parsed.values < 0).any():
        detail = f"column for {column} has both signs, although sign: negative is declared; correct the export"
        raise FileRefused(context.name, "mixed_signs", detail)
    if (parsed.values > 0).any():
        detail = f"column for {column} is positive, although sign: negative is declared; correct the declaration"
        raise FileRefused(context.name, "mixed_signs", detail)
    return Parsed(-parsed.values, parsed.faults, parsed.notes)


def _inverted(values: pl.Series) -> pl.Series:
    """1 ÷ x, half away from zero at the 12th decimal; one division per distinct rate."""
    distinct = values.drop_nulls().unique().to_list()
    step = Decimal(1).scaleb(-12)
    turned = {rate: (1 / rate).quantize(step, rounding=ROUND_HALF_UP) for rate in distinct if rate}
    return values.cast(EXACT).replace_strict(
        pl.Series(list(turned), dtype=EXACT),
        pl.Series(list(turned.values()), dtype=EXACT),
        default=None,
        return_dtype=EXACT,
    )


def _with_open_end(parsed: Parsed, *, inclusive: bool) -> Parsed:
    is_open = parsed.values == OPEN_END
    days = parsed.values
    if is_open.any():
        days = pl.select(pl.when(~is_open).then(days)).to_series()
    return Parsed(days.dt.offset_by("1d") if inclusive else days, parsed.faults, parsed.notes)


def _settled(values: pl.Series, dtype: pl.DataType, entry: FieldOf) -> pl.Series:
    """The values in the contract's type; money keeps every digit until its currency is known."""
    if entry["kind"] == "money":
        return values
    return values if values.dtype == dtype else values.cast(dtype)


def _column_faults(parsed: Parsed, origin: Origin, column: str, entry: FieldOf) -> pl.DataFrame:
    """Faults of the values, of digits beyond the contract's, and of emptiness."""
    found = parsed.faults.with_columns(pl.lit(column).alias("column"))
    found = _together(found, _too_precise(parsed.values, column, entry))
    if entry["required"] and parsed.values.null_count():
        empty = parsed.values.is_null().arg_true().cast(pl.UInt32)
        empty = empty.filter(~empty.is_in(found["row"].implode())) if found.height else empty
        found = _together(found, _missing(empty, origin, column, entry))
    ordered = found.with_columns(pl.lit(None, dtype=pl.String).alias("caused_by"))
    return ordered.select("row", "column", "value", "reason", "detail", "caused_by")


def _too_precise(values: pl.Series, column: str, entry: FieldOf) -> pl.DataFrame:
    kind = str(entry["kind"])
    if kind not in TYPES or values.dtype != EXACT or kind == "fx_rate":
        return pl.DataFrame(schema={**FAULTS, "column": pl.String()})
    rows = (values.cast(TYPES[kind]).cast(EXACT) != values).arg_true()
    detail = f"{column} has more than 6 decimals, which would be cut; round it at the source"
    return _faults(rows, values[rows].cast(pl.String), f"{STEMS[kind]}_precision", detail, column)


def _missing(rows: pl.Series, origin: Origin, column: str, entry: FieldOf) -> pl.DataFrame:
    kind = str(entry["kind"])
    stem = STEMS.get(kind) or {"date": "date", "id": "key"}.get(kind, column)
    reason = "missing_key" if stem == "key" else f"{stem}_missing"
    came = as_text(origin.values)[rows]
    return _faults(rows, came, reason, f"{column} is empty; every row needs one: enter it at the source", column)


def _faults(rows: pl.Series, values: pl.Series, reason: str, detail: str, column: str) -> pl.DataFrame:
    frame = pl.DataFrame({"row": rows.cast(pl.UInt32), "value": values.alias("value")})
    return frame.with_columns(reason=pl.lit(reason), detail=pl.lit(detail), column=pl.lit(column)).select(
        *FAULTS, "column"
    )


def _require_no_systematic_fault(parsed: Parsed, column: str, context: FileContext) -> None:
    """Refuse the file where a fault is no slip of a row but the way the file was made."""
    if not parsed.faults.height:
        return
    rows = Decimal(max(parsed.values.len(), 1))
    mixed = [
        text
        for text in parsed.faults.filter(pl.col("reason").is_in(["date_ambiguous", "date_format"]))["value"]
        if looks_like_another_format(text)
    ]
    if len(mixed) >= FEWEST_MIXED and len(mixed) / rows > MOST_MIXED_SHARE:
        detail = f"{len(mixed)} of {rows} values for {column} are dates in another format, e.g. {mixed[0]!r}; export one format"
        raise FileRefused(context.name, "date_format_mixed", detail)
    artefacts = parsed.faults.filter(pl.col("reason") == "float_artifact")
    if artefacts.height >= FEWEST_ARTEFACTS and artefacts.height / rows > MOST_ARTEFACT_SHARE:
        detail = f"{artefacts.height} of {rows} values for {column} are binary fractions, e.g. {artefacts['value'][0]}; export decimals"
        raise FileRefused(context.name, "float_artifact", detail)


def _note_values(batch: Batch, parsed: Parsed, column: str, context: FileContext) -> None:
    for note in parsed.notes:
        line = batch.frame[LINE][note.first_row]
        detail = (
            f"{column}: {note.example!r} and {note.rows - 1} more" if note.rows > 1 else f"{column}: {note.example!r}"
        )
        batch.notes.append(RowNote(note.code, detail, note.rows, context.name, line))


def _set_aside_others(batch: Batch, table: RawTable, context: FileContext) -> None:
    meant = rows_meant(table, context.source.conditions())
    if meant is not None and not meant.all():
        columns = ", ".join(condition.column for condition in context.source.conditions())
        batch.supersede(
            (~meant).arg_true(), "not_for_this_table", f"rows that `where` on {columns} leaves to other tables"
        )
