"""From the files of every source to one batch a table: which file stands in for a refused one, and what it brought."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipelines.intake.batch import Batch, RowNote
from pipelines.intake.columns import FileContext, renamed, rules_for
from pipelines.intake.control import with_footer
from pipelines.intake.corrections import Corrections
from pipelines.intake.files import Arrival, Files
from pipelines.intake.finish import MAIN_AMOUNT, FileState
from pipelines.intake.headers import Headers
from pipelines.intake.joined import Joined
from pipelines.intake.overlap import overlapped_rows
from pipelines.intake.parse import parse_file
from pipelines.intake.raw import FileRefused, RawTable
from pipelines.intake.refusals import Refusals, read_for
from pipelines.intake.result import CompanyFolder
from pipelines.intake.snapshots import Copy, Snapshots, deciles_of, largest_shift
from schemas.contract import CONTRACT, REQUIRED_TABLES
from schemas.rules.source import CORRECTIONS, Format, Limits, Source

FEWEST_TO_COMPARE = 5
IS_LINK = "is a link that leads to no file of the exports folder; copy the file itself"


@dataclass
class Gathering:
    """One attempt at reading everything, and what it met."""

    folder: CompanyFolder
    files: Files
    kept: Snapshots
    refusals: Refusals
    corrections: Corrections = field(default_factory=Corrections)
    states: dict[tuple[str, str], FileState] = field(default_factory=dict)
    notes: list[tuple[str, RowNote]] = field(default_factory=list)
    broken_records: list[pl.DataFrame] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    headers: Headers = field(default_factory=Headers)
    good: dict[str, list[Copy]] = field(default_factory=lambda: defaultdict(list))
    lacking: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Per required table, which of its files cannot be used and why: nothing can be attributed without them."""
    missing: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Per table, the globs that no file fits."""

    def pieces(self, table: str) -> list[Batch]:
        """The batches of every source of a table, in the order of the sources and their files.

        Raises:
            FileRefused: a file cannot be used as a whole, and has not been found out before.
        """
        sources = [source for source in self.folder.sources if source.table == table]
        pieces: list[Batch] = []
        for source in sources:
            arrivals = {alias: self.arrivals(source, alias) for alias in source.origin.globs()}
            with read_for(table):
                pieces += (_select_pieces if source.select else _plain_pieces)(self, source, arrivals)
        if not pieces and table in REQUIRED_TABLES and table not in self.lacking:
            looked = "; ".join(self.missing[table]) if sources else "no source file maps it"
            self.lacking[table].append(
                f"{looked}, and nothing can be attributed without it; check sources/ and the exports folder"
            )
        return pieces

    def plain_files(self) -> Iterator[tuple[Arrival, Format]]:
        """The files that sources read column by column, in the order in which they are needed."""
        for table in (CORRECTIONS, *CONTRACT):
            for source in self.folder.sources:
                if source.table == table and source.select is None:
                    ((alias, glob),) = source.origin.globs().items()
                    form = source.origin.format_of(alias)
                    yield from ((arrival, form) for arrival in self.files.matching(glob))

    def arrivals(self, source: Source, alias: str) -> list[Arrival]:
        """The files a source reads now: those that came, or the last good copies of those that cannot be used."""
        glob = source.origin.globs()[alias]
        came = self.files.matching(glob)
        for name in self.files.links(glob):
            self.note(source, "link_passed_over", f"{name} {IS_LINK}", name)
        if not came:
            return self._in_place_of_missing(source, alias, glob)
        usable = []
        for arrival in came:
            is_refused = self.refusals.of(arrival.name, source.table) is not None
            stand_in = self._stand_in(source, glob, arrival.name) if is_refused else arrival
            if stand_in is None:
                self._lack(source, arrival)
            else:
                usable.append(stand_in)
                self._state(source, stand_in)
        return usable

    def _stand_in(self, source: Source, glob: str, name: str) -> Arrival | None:
        if self.refusals.is_beyond_help(name, source.table):
            return None
        copies = self.kept.last_good(key_of_files(source, glob), name)
        return Arrival(name, copies[0][1], is_last_good=True) if copies else None

    def _in_place_of_missing(self, source: Source, alias: str, glob: str) -> list[Arrival]:
        copies = self.kept.last_good(key_of_files(source, glob), None)
        arrivals = [
            Arrival(copy.name, path, is_last_good=True)
            for copy, path in copies
            if not self.refusals.is_beyond_help(copy.name, source.table)
        ]
        for arrival in arrivals:
            self.states[arrival.name, source.table] = self._file_state(
                arrival, source, "last_good", "file_missing: no file came; the last good one counts"
            )
        if arrivals:
            self.note(source, "file_missing", f"no file fits {glob}; the last good ones count")
            return arrivals
        if source.origin.is_partner(alias):
            return []
        links = [f"{name} {IS_LINK}" for name in self.files.links(glob)]
        self.missing[source.table].append("; ".join([f"no file fits {glob}", *links]))
        if not source.origin.may_be_absent(alias):
            self.note(source, "file_missing", f"no file fits {glob}; {source.table} goes without it")
        return []

    def _lack(self, source: Source, arrival: Arrival) -> None:
        refusal, why = self._refusal(source, arrival)
        self.states[arrival.name, source.table] = FileState(
            arrival.name, source.table, *_fingerprint(self, arrival), "refused", f"{refusal.reason}: {why}"
        )
        self.note(source, refusal.reason, why, arrival.name)
        if source.table in REQUIRED_TABLES:
            is_own = refusal.table in (None, source.table)
            found = why if is_own else f"{arrival.name} is refused for what {refusal.table} found"
            self.lacking[source.table].append(f"{refusal.reason}: {found} (and there is no last good copy)")

    def _state(self, source: Source, arrival: Arrival) -> None:
        if not arrival.is_last_good:
            self.states[arrival.name, source.table] = self._file_state(arrival, source, "accepted", None)
            return
        refusal, why = self._refusal(source, arrival)
        self.states[arrival.name, source.table] = self._file_state(
            arrival, source, "last_good", f"{refusal.reason}: {why}"
        )
        self.note(source, refusal.reason, f"{why}; the last good copy counts", arrival.name)

    def _file_state(self, arrival: Arrival, source: Source, state: str, reason: str | None) -> FileState:
        content = self.files.content(arrival)
        return FileState(arrival.name, source.table, content.sha256, len(content.data), state, reason)

    def _refusal(self, source: Source, arrival: Arrival) -> tuple[FileRefused, str]:
        refusal = self.refusals.of(arrival.name, source.table)
        if refusal is None:
            raise KeyError(arrival.name)
        return refusal, self.refusals.why(arrival.name, source.table)

    def note(self, source: Source, code: str, detail: str, file: str | None = None) -> None:
        """Notice something about a source as a whole."""
        self.notes.append((source.table, RowNote(code, detail, 0, file)))


def key_of_files(source: Source, glob: str) -> str:
    """The name under which the last good files of a source's glob are kept."""
    return f"{source.table}:{glob}"


def _fingerprint(run: Gathering, arrival: Arrival) -> tuple[str, int]:
    try:
        content = run.files.content(arrival)
    except FileRefused:
        return "", 0
    return content.sha256, len(content.data)


def read_file(run: Gathering, source: Source, arrival: Arrival, form: Format) -> tuple[FileContext, RawTable]:
    """A file's records under the names that the mapping uses, its footer known."""
    context = FileContext(arrival.name, source, form, run.folder.company)
    raw = run.files.table(arrival, form)
    run.headers.add(arrival.name, raw.columns, source)
    table = with_footer(renamed(raw, context), context)
    for note in table.notes:
        run.notes.append((source.table, RowNote(note.code, note.detail, note.rows, arrival.name, note.first_line)))
    return context, table


def _select_pieces(run: Gathering, source: Source, arrivals: Mapping[str, Sequence[Arrival]]) -> list[Batch]:
    from pipelines.intake.selected import select_pieces  # noqa: PLC0415  - sqlglot only where a source selects

    return select_pieces(run, source, arrivals)


def _plain_pieces(run: Gathering, source: Source, arrivals: Mapping[str, Sequence[Arrival]]) -> list[Batch]:
    ((name, glob),) = source.origin.globs().items()
    read = []
    for arrival in arrivals[name]:
        context, table = read_file(run, source, arrival, source.origin.format_of(name))
        require_rows(run, context, table, name)
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
        column = MAIN_AMOUNT.get(source.table)
        compare(run, source, glob, arrival, batch.height, batch.frame[column] if column else None)
        pieces.append(batch)
    return pieces


def require_rows(run: Gathering, context: FileContext, table: RawTable, alias: str) -> None:
    """An empty export must never mean that everything was cancelled.

    Raises:
        FileRefused: ``file_no_rows`` where that is not declared, or harmless.
    """
    source = context.source
    if table.frame.height or source.origin.empty == "allowed":
        return
    previous = run.kept.previous(key_of_files(source, source.origin.globs()[alias]), context.name)
    can_be_absent = source.table not in REQUIRED_TABLES or source.origin.is_partner(alias)
    if can_be_absent and (previous is None or previous.rows == 0) and source.origin.empty is None:
        run.note(source, "file_no_rows", "the file has a header and no rows", context.name)
        return
    detail = "the file has a header and no rows; send it again, or declare from.empty: allowed where that can be"
    raise FileRefused(context.name, "file_no_rows", detail, line=1)


def compare(run: Gathering, source: Source, glob: str, arrival: Arrival, rows: int, amounts: pl.Series | None) -> None:
    """Refuse a file that differs from the last good one as business does not; remember it for the next.

    Raises:
        FileRefused: ``row_count_band`` or ``distribution_shift``.
    """
    key = key_of_files(source, glob)
    deciles = deciles_of(amounts) if amounts is not None and run.kept.is_kept else ()
    content = run.files.content(arrival)
    now = Copy(arrival.name, content.sha256, len(content.data), rows, deciles)
    previous = None if arrival.is_last_good else run.kept.previous(key, arrival.name)
    if previous is not None and previous.sha256 != now.sha256:
        _require_like_before(source.limits, previous, now)
    run.good[key].append(now)


def _require_like_before(limits: Limits, before: Copy, now: Copy) -> None:
    lost = before.rows - now.rows
    if limits.rows_lost is not None and before.rows >= FEWEST_TO_COMPARE and lost >= limits.rows_lost * before.rows:
        detail = f"{now.rows} rows where the last good file had {before.rows}; send it whole, or raise limits.rows_lost of this source"
        raise FileRefused(now.name, "row_count_band", detail)
    if limits.amount_shift is None or not before.deciles or not now.deciles:
        return
    shift = largest_shift(before.deciles, now.deciles)
    if shift >= limits.amount_shift:
        detail = (
            f"amounts moved by a factor of {shift:.0f} against the last good file: cents for units, or another currency? "
            "Correct the export, or raise limits.amount_shift of this source"
        )
        raise FileRefused(now.name, "distribution_shift", detail)


def fresh(run: Gathering) -> Gathering:
    """The next attempt, which knows what the last one found out."""
    return Gathering(run.folder, run.files, run.kept, run.refusals)
