"""Sources with a ``select``: several files joined into one batch, each row of which knows its source rows."""

from collections.abc import Mapping, Sequence

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch
from pipelines.intake.casts import CastFailedError
from pipelines.intake.columns import FileContext, origin_of, rules_for
from pipelines.intake.files import Arrival
from pipelines.intake.finish import MAIN_AMOUNT
from pipelines.intake.gather import Gathering, compare, read_file, require_rows
from pipelines.intake.joined import Joined, RawPart
from pipelines.intake.parse import parse_file
from pipelines.intake.parsing.numbers import EXACT, parse_number
from pipelines.intake.query import TRACE, Guarded, columns_named, guarded, packed, run_guarded, unpacked
from pipelines.intake.raw import LINE, FileRefused, RawTable
from pipelines.intake.rules.amounts import money_columns
from schemas.core.intake import Quarantined
from schemas.rules.source import ColumnRule, Source


def select_pieces(run: Gathering, source: Source, arrivals: Mapping[str, Sequence[Arrival]]) -> list[Batch]:
    """The one batch that a select over several files gives; none where one of its files is not there.

    Raises:
        FileRefused: a file cannot be used as a whole.
        RuleFileError: the select may not or cannot run.
    """
    globs = source.origin.globs()
    absent = [alias for alias in globs if not arrivals[alias]]
    if any(run.files.matching(globs[alias]) or not source.origin.is_partner(alias) for alias in absent):
        return []
    tables: dict[str, pl.DataFrame] = {}
    read: list[tuple[RawPart, Arrival]] = []
    for place, alias in enumerate(globs):
        frames = []
        for arrival in arrivals[alias]:
            context, table = read_file(run, source, arrival, source.origin.format_of(alias))
            require_rows(run, context, table, alias)
            frames.append(_traced(table, place, len(read)))
            broken = table.frame[LINE][table.faults["row"]]
            read.append((RawPart(arrival.name, alias, table.frame[LINE], broken, table.frame), arrival))
            run.broken_records.append(_broken(table, arrival.name, source.table))
        tables[alias] = pl.concat(frames, how="diagonal") if frames else _absent(source, alias)
    if isinstance(source.origin.files, str):
        tables = {source.table: tables["source"], **tables}
    joined = _selected(run, source, tables, [part for part, _ in read])
    for part, arrival in read:
        compare(run, source, globs[part.alias], arrival, part.lines.len(), _amounts_of(joined, part))
    run.joined.append(joined)
    return [joined.batch]


def _absent(source: Source, alias: str) -> pl.DataFrame:
    """An empty table in place of a file that may be absent, with the columns that the select names of it."""
    columns = columns_named(source.select or "", alias)
    return pl.DataFrame(schema={**dict.fromkeys(columns, pl.String()), TRACE: pl.String()})


def _amounts_of(joined: Joined, part: RawPart) -> pl.Series | None:
    """The amounts of a file as its own rows hold them; where the select computes them, those it named under the file."""
    column = MAIN_AMOUNT.get(joined.batch.table)
    if column is None:
        return None
    if part.name in joined.money.get(column, {}):
        return joined.money[column][part.name]
    return joined.batch.frame.filter(pl.col(FILE).cast(pl.String) == part.name)[column]


def _traced(table: RawTable, place: int, file: int) -> pl.DataFrame:
    whole = table.frame.filter(~pl.int_range(pl.len()).is_in(table.faults["row"].implode()))
    return whole.select(pl.exclude(LINE).cast(pl.String), packed(place, file, whole[LINE]).alias(TRACE))


def _broken(table: RawTable, name: str, contract_table: str) -> pl.DataFrame:
    lines = table.frame[LINE][table.faults["row"]]
    columns = [
        pl.lit(contract_table).alias("table"),
        pl.lit(name).alias("source_file"),
        pl.lit(lines).alias("source_line"),
    ]
    frame = table.faults.drop("row").with_columns(columns)
    missing = {
        column: pl.lit(None, dtype=dtype).alias(column)
        for column, dtype in Quarantined.dtypes().items()
        if column not in frame.columns
    }
    return frame.with_columns(**missing).select(Quarantined.columns())


def _selected(run: Gathering, source: Source, tables: dict[str, pl.DataFrame], raw: list[RawPart]) -> Joined:
    names = [part.name for part in raw]
    where = f"{run.folder.path.name}/sources, table {source.table}"
    columns = {alias: [name for name in frame.columns if name != TRACE] for alias, frame in tables.items()}
    query = guarded(source.select or "", columns, where)
    try:
        result = run_guarded(query, tables, where)
    except CastFailedError as failed:
        file, line = unpacked(failed.trace)
        raise FileRefused(names[file], "cast_failed", str(failed), line=line) from None
    order = [
        list(source.origin.globs()).index(alias) if alias in source.origin.globs() else 0 for alias in query.tables
    ]
    sources = _in_order_named(result.sources, order, names)
    first = sources.unique("row", keep="first", maintain_order=True).sort("row")
    frame = result.frame.with_columns(first["source_line"].alias(LINE))
    context = FileContext(
        names[0], source, source.origin.format_of(next(iter(source.origin.globs()))), run.folder.company
    )
    table = RawTable(frame)
    rules = rules_for(table, context)
    batch = parse_file(table, rules, context, run.corrections)
    money = {
        column: amounts
        for column in money_columns(source.table)
        if column in rules and (amounts := _raw_amounts(rules[column], query, raw, context))
    }
    batch.frame = batch.frame.with_columns(
        first["source_file"].cast(pl.Categorical).alias(FILE), first["source_line"].alias(SOURCE_LINE)
    )
    return Joined(batch, sources, tuple(raw), money)


def _raw_amounts(
    rule: ColumnRule, query: Guarded, raw: Sequence[RawPart], context: FileContext
) -> dict[str, pl.Series]:
    """Per file the amount of each line, where a money column takes the file's columns over or adds them up."""
    amounts = {}
    for part in raw:
        named = [
            [column for table, column in query.origins.get(name, ()) if table in (part.alias, context.source.table)]
            for name in rule.inputs()
        ]
        if rule.join is not None or not named or any(len(columns) != 1 for columns in named):
            continue
        columns = tuple(columns[0] for columns in named)
        plain = ColumnRule(multiply=columns) if len(columns) > 1 else ColumnRule(column=columns[0])
        values = origin_of(RawTable(part.frame), "amount", plain, context).values
        read = parse_number(values, context.number_form(rule), "money").values if values.dtype == pl.String else values
        if read.dtype.is_decimal() or read.dtype.is_integer():
            exact = read.cast(EXACT)
            amounts[part.name] = -exact if rule.sign == "negative" else exact
    return amounts


def _in_order_named(sources: pl.DataFrame, order: list[int], names: list[str]) -> pl.DataFrame:
    """Sources of each row, those of the table named first in the query first."""
    rank = {place: rank for rank, place in enumerate(order)}
    ranked = sources.with_columns(
        pl.col("table").replace_strict(rank, default=len(rank), return_dtype=pl.UInt32).alias("rank"),
        pl.col("file").replace_strict(dict(enumerate(names)), return_dtype=pl.String).alias("source_file"),
    )
    return ranked.sort("row", "rank", "file", "line").select("row", "source_file", pl.col("line").alias("source_line"))
