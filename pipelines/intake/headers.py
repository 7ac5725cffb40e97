"""Columns that an export has and no mapping reads: a new one may mean something that nobody has decided yet."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.intake.batch import RowNote
from schemas.rules.source import Source, columns_of


@dataclass
class Headers:
    """The headers of one attempt. A file may feed several tables; a column is known where one of them reads it."""

    _columns: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _read: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _tables: dict[str, str] = field(default_factory=dict)

    def add(self, file: str, columns: Sequence[str], source: Source) -> None:
        """Remember a file's own columns and which of them a source reads; a select names what it takes from any."""
        self._tables.setdefault(file, source.table)
        self._columns[file].update(dict.fromkeys(columns))
        wanted = set(columns) if source.select else _wanted(source)
        self._read[file].update(name for name in columns if source.rename.get(name, name) in wanted)

    def notes(self) -> Iterator[tuple[str, RowNote]]:
        """One note a file, under the first table that reads it."""
        for file, columns in self._columns.items():
            unknown = [name for name in columns if name not in self._read[file]]
            if unknown:
                detail = f"no mapping reads {', '.join(map(repr, unknown))}; map what matters in sources/"
                yield self._tables[file], RowNote("unknown_columns", detail, 0, file)


def _wanted(source: Source) -> set[str]:
    """The columns that a mapping without select reads, under the names it uses."""
    overlap = source.origin.overlap
    groups = () if overlap is None else (overlap.by,) if isinstance(overlap.by, str) else overlap.by
    footer = (source.control.total_of, source.control.rows_in)
    named = [name for rule in source.rules().values() for name in rule.inputs()] or list(columns_of(source.table))
    conditions = [condition.column for condition in source.conditions()]
    return {name for name in (*named, *conditions, *groups, *footer) if name is not None}
