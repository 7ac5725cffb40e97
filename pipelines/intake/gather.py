"""From the files of every source to one batch a table: which file stands in for a refused one, and what it brought."""

from collections import defaultdict
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch, RowNote
from pipelines.intake.columns import FileContext, origin_of, renamed, rules_for
from pipelines.intake.control import with_footer
from pipelines.intake.corrections import Corrections
from pipelines.intake.files import Arrival, Files
from pipelines.intake.finish import MAIN_AMOUNT, FileState
from pipelines.intake.overlap import overlapped_rows
from pipelines.intake.parse import parse_file
from pipelines.intake.parsing.numbers import EXACT, parse_number
from pipelines.intake.query import TRACE, Guarded, guarded, packed, run_guarded
from pipelines.intake.raw import LINE, FileRefused, RawTable
from pipelines.intake.result import CompanyFolder
from pipelines.intake.rules.amounts import money_columns
from pipelines.intake.snapshots import Copy, Snapshots, deciles_of, largest_shift
from schemas.contract import REQUIRED_TABLES
from schemas.core.intake import Quarantined
from schemas.rules.source import ColumnRule, Format, Source

FEWEST_TO_COMPARE = 5


@dataclass(frozen=True)
class RawPart:
    """One file that a select read: its lines, those whose records are broken, and the money in it."""

    name: str
    alias: str
    lines: pl.Series
    broken: pl.Series
    frame: pl.DataFrame


@dataclass(frozen=True)
class Joined:
    """A batch made by a select, and the source rows that each of its rows came from."""

    batch: Batch
    sources: pl.DataFrame
    """``row``, ``source_file``, ``source_line``; the first of a row is the one that names it."""
    raw: tuple[RawPart, ...]
    money: dict[str, dict[str, pl.Series]]
    """Per money column and file the amounts of the file's lines, where the select takes over or adds up its columns."""
    start: int = 0
    length: int = 0
    """Where its rows stand in the table's batch, once that is whole."""


@dataclass
class Gathering:
    """One attempt at reading everything, and what it met."""

    folder: CompanyFolder
    files: Files
    kept: Snapshots
    refused: dict[str, FileRefused]
    beyond_help: set[str]
    corrections: Corrections = field(default_factory=Corrections)
    states: dict[tuple[str, str], FileState] = field(default_factory=dict)
    notes: list[tuple[str, RowNote]] = field(default_factory=list)
    broken_records: list[pl.DataFrame] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    good: dict[str, list[Copy]] = field(default_factory=lambda: defaultdict(list))
    lacking: list[str] = field(default_factory=list)

    def pieces(self, table: str) -> list[Batch]:
        """The batches of every source of a table, in the order of the sources and their files.

        Raises:
            FileRefused: a file cannot be used as a whole, and has not been found out before.
        """
        sources = [source for source in self.folder.sources if source.table == table]
        pieces = [
            piece
            for source in sources
            for piece in (_select_pieces(self, source) if source.select else _plain_pieces(self, source))
        ]
        if not pieces and table in REQUIRED_TABLES:
            globs = ", ".join(glob for source in sources for glob in source.origin.globs().values())
            looked = f"no file fits {globs}" if sources else "no source file maps it"
            self.lacking.append(
                f"{table}: {looked}, and nothing can be attributed without it; check sources/ and the exports folder"
            )
        return pieces

    def arrivals(self, source: Source, glob: str) -> list[Arrival]:
        """The files a source reads now: those that came, or the last good copies of those that cannot be used."""
        key = _key(source, glob)
        came = self.files.matching(glob)
        if not came:
            return self._in_place_of_missing(source, glob)
        usable = []
        for arrival in came:
            stand_in = arrival if arrival.name not in self.refused else self._stand_in(key, arrival.name)
            if stand_in is None:
                self._lack(source, arrival)
            else:
                usable.append(stand_in)
                self._state(source, stand_in)
        return usable

    def _stand_in(self, key: str, name: str) -> Arrival | None:
        copies = [] if name in self.beyond_help else self.kept.last_good(key, name)
        return Arrival(name, copies[0][1], is_last_good=True) if copies else None

    def _in_place_of_missing(self, source: Source, glob: str) -> list[Arrival]:
        copies = self.kept.last_good(_key(source, glob), None)
        arrivals = [
            Arrival(copy.name, path, is_last_good=True) for copy, path in copies if copy.name not in self.beyond_help
        ]
        for arrival in arrivals:
            self.states[arrival.name, source.table] = self._file_state(
                arrival, source, "last_good", "file_missing: no file came; the last good one counts"
            )
        if arrivals:
            self.note(source, "file_missing", f"no file fits {glob}; the last good ones count")
        elif not source.origin.optional and source.table not in REQUIRED_TABLES:
            self.note(source, "file_missing", f"no file fits {glob}; {source.table} is taken as absent")
        return arrivals

    def _lack(self, source: Source, arrival: Arrival) -> None:
        refusal = self.refused[arrival.name]
        reason = f"{refusal.reason}: {refusal.detail}"
        self.states[arrival.name, source.table] = FileState(
            arrival.name, source.table, *_fingerprint(self, arrival), "refused", reason
        )
        self.note(source, refusal.reason, refusal.detail, arrival.name)
        if source.table in REQUIRED_TABLES:
            self.lacking.append(f"{source.table}: {reason} (and there is no last good copy)")

    def _state(self, source: Source, arrival: Arrival) -> None:
        if not arrival.is_last_good:
            self.states[arrival.name, source.table] = self._file_state(arrival, source, "accepted", None)
            return
        refusal = self.refused[arrival.name]
        self.states[arrival.name, source.table] = self._file_state(
            arrival, source, "last_good", f"{refusal.reason}: {refusal.detail}"
        )
        self.note(source, refusal.reason, f"{refusal.detail}; the last good copy counts", arrival.name)

    def _file_state(self, arrival: Arrival, source: Source, state: str, reason: str | None) -> FileState:
        content = self.files.content(arrival)
        return FileState(arrival.name, source.table, content.sha256, len(content.data), state, reason)

    def note(self, source: Source, code: str, detail: str, file: str | None = None) -> None:
        """Notice something about a source as a whole."""
        self.notes.append((source.table, RowNote(code, detail, 0, file)))


def _key(source: Source, glob: str) -> str:
    return f"{source.table}:{glob}"


def _fingerprint(run: Gathering, arrival: Arrival) -> tuple[str, int]:
    try:
        content = run.files.content(arrival)
    except FileRefused:
        return "", 0
    return content.sha256, len(content.data)


def _read(run: Gathering, source: Source, arrival: Arrival, form: Format) -> tuple[FileContext, RawTable]:
    """A file's records under the names that the mapping uses, its footer known."""
    context = FileContext(arrival.name, source, form, run.folder.company)
    table = with_footer(renamed(run.files.table(arrival, form), context), context)
    for note in table.notes:
        run.notes.append((source.table, RowNote(note.code, note.detail, note.rows, arrival.name, note.first_line)))
    return context, table


def _plain_pieces(run: Gathering, source: Source) -> list[Batch]:
    ((name, glob),) = source.origin.globs().items()
    read = []
    for arrival in run.arrivals(source, glob):
        context, table = _read(run, source, arrival, source.origin.format_of(name))
        _require_rows(run, context, table, _key(source, glob))
        read.append((arrival, context, table))
    overlap = source.origin.overlap
    taken = (
        overlapped_rows([(arrival.name, table) for arrival, _, table in read], overlap)
        if overlap and len(read) > 1
        else {}
    )
    pieces = []
    for arrival, context, table in read:
        batch = parse_file(table, rules_for(table, context), context, run.corrections)
        if arrival.name in taken:
            batch.supersede(taken[arrival.name], "overlap", "the same group of records was taken from another file")
        _compare(run, arrival, batch, _key(source, glob))
        pieces.append(batch)
    return pieces


def _require_rows(run: Gathering, context: FileContext, table: RawTable, key: str) -> None:
    """An empty export must never mean that everything was cancelled."""
    source = context.source
    if table.frame.height or source.origin.empty == "allowed":
        return
    previous = run.kept.previous(key, context.name)
    is_harmless = source.table not in REQUIRED_TABLES and (previous is None or previous.rows == 0)
    if is_harmless and source.origin.empty is None:
        run.note(source, "file_no_rows", "the file has a header and no rows", context.name)
        return
    detail = "the file has a header and no rows; send it again, or declare from.empty: allowed where that can be"
    raise FileRefused(context.name, "file_no_rows", detail, line=1)


def _compare(run: Gathering, arrival: Arrival, batch: Batch, key: str) -> None:
    """Refuse a file that differs from the last good one as business does not; remember it for the next."""
    column = MAIN_AMOUNT.get(batch.table)
    deciles = deciles_of(batch.frame[column]) if column and run.kept.is_kept else ()
    content = run.files.content(arrival)
    now = Copy(arrival.name, content.sha256, len(content.data), batch.height, deciles)
    previous = None if arrival.is_last_good else run.kept.previous(key, arrival.name)
    if previous is not None and previous.sha256 != now.sha256:
        _require_like_before(batch, arrival, previous, now)
    run.good[key].append(now)


def _require_like_before(batch: Batch, arrival: Arrival, before: Copy, now: Copy) -> None:
    limits = batch.segments[0].source.limits
    lost = before.rows - now.rows
    if limits.rows_lost is not None and before.rows >= FEWEST_TO_COMPARE and lost >= limits.rows_lost * before.rows:
        detail = f"{now.rows} rows where the last good file had {before.rows}; send it whole, or raise limits.rows_lost of this source"
        raise FileRefused(arrival.name, "row_count_band", detail)
    if limits.amount_shift is None or not before.deciles or not now.deciles:
        return
    shift = largest_shift(before.deciles, now.deciles)
    if shift >= limits.amount_shift:
        detail = (
            f"amounts moved by a factor of {shift:.0f} against the last good file: cents for units, or another currency? "
            "Correct the export, or raise limits.amount_shift of this source"
        )
        raise FileRefused(arrival.name, "distribution_shift", detail)


def _select_pieces(run: Gathering, source: Source) -> list[Batch]:
    """The one batch that a select over several files gives."""
    names: list[str] = []
    tables: dict[str, pl.DataFrame] = {}
    raw = []
    for place, (alias, glob) in enumerate(source.origin.globs().items()):
        frames = []
        for arrival in run.arrivals(source, glob):
            _, table = _read(run, source, arrival, source.origin.format_of(alias))
            names.append(arrival.name)
            frames.append(_traced(table, place, len(names) - 1))
            raw.append(
                RawPart(arrival.name, alias, table.frame[LINE], table.frame[LINE][table.faults["row"]], table.frame)
            )
            run.broken_records.append(_broken(table, arrival.name, source.table))
            content = run.files.content(arrival)
            run.good[_key(source, glob)].append(
                Copy(arrival.name, content.sha256, len(content.data), table.frame.height)
            )
        if not frames:
            return []
        tables[alias] = pl.concat(frames, how="diagonal")
    if isinstance(source.origin.files, str):
        tables = {source.table: tables["source"], **tables}
    return [_selected(run, source, tables, (names, tuple(raw)))]


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


def _selected(
    run: Gathering, source: Source, tables: dict[str, pl.DataFrame], read: tuple[list[str], tuple[RawPart, ...]]
) -> Batch:
    names, raw = read
    where = f"{run.folder.path.name}/sources, table {source.table}"
    columns = {alias: [name for name in frame.columns if name != TRACE] for alias, frame in tables.items()}
    query = guarded(source.select or "", columns, where)
    result = run_guarded(query, tables, where)
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
    run.joined.append(Joined(batch, sources, raw, money))
    return batch


def _raw_amounts(
    rule: ColumnRule, query: Guarded, raw: tuple[RawPart, ...], context: FileContext
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


def rebased(joined: list[Joined], pieces: list[Batch], whole: Batch) -> list[Joined]:
    """The joined parts whose batch is one of the pieces, in terms of the whole table that they were stacked into."""
    start, result = 0, []
    for piece in pieces:
        for part in joined:
            if part.batch is piece:
                sources = part.sources.with_columns(pl.col("row") + pl.lit(start, dtype=pl.UInt32))
                result.append(replace(part, batch=whole, sources=sources, start=start, length=piece.height))
        start += piece.height
    return result


def fresh(run: Gathering) -> Gathering:
    """The next attempt, which knows what the last one found out."""
    return Gathering(run.folder, run.files, run.kept, run.refused, run.beyond_help)
