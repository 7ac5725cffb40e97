"""The rows of one contract table on their way in, and what is held against each."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.intake.raw import LINE
from schemas.contract import CONTRACT
from schemas.rules.source import CORRECTIONS, Source

FILE = "source_file"
SOURCE_LINE = "source_line"

ROW_FAULTS = {
    "row": pl.UInt32(),
    "column": pl.String(),
    "value": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
    "caused_by": pl.String(),
}


@dataclass(frozen=True)
class RowNote:
    """One thing noticed or changed, counted."""

    code: str
    detail: str
    rows: int = 0
    source_file: str | None = None
    first_line: int | None = None


@dataclass(frozen=True)
class Segment:
    """A run of rows that one file brought, with what its source declares."""

    start: int
    length: int
    source: Source

    @property
    def end(self) -> int:
        """The row after the last."""
        return self.start + self.length


@dataclass
class Batch:
    """Rows of one table; nothing is removed before the end, so that each row keeps its number.

    Attributes:
        frame: The table's columns (and those checked and then dropped), ``source_file``, ``source_line``.
        faults: Frames of ``ROW_FAULTS``; the first that names a row is the one listed.
        superseded: Row numbers with the code of what took their place.
        kept: Row numbers that are listed as refused and yet stay in the facts.
        segments: Which rows which source brought.
        as_came: Money columns before a declared rounding, where it changed any.
        currency: Per row the currency of its money, once known.
    """

    table: str
    frame: pl.DataFrame
    faults: list[pl.DataFrame] = field(default_factory=list)
    superseded: list[tuple[pl.Series, str]] = field(default_factory=list)
    kept: list[pl.Series] = field(default_factory=list)
    notes: list[RowNote] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    as_came: dict[str, pl.Series] = field(default_factory=dict)
    currency: pl.Series | None = None

    @property
    def height(self) -> int:
        """How many rows came."""
        return self.frame.height

    def refuse(
        self,
        rows: pl.Series,
        reason: str,
        detail: str | pl.Expr,
        *,
        column: str | None = None,
        caused_by: pl.Series | None = None,
    ) -> None:
        """Hold a fault against rows.

        Args:
            rows: Row numbers.
            reason: Code, listed in docs/reason_codes.md.
            detail: The sentence, or an expression over the frame's columns that gives it.
            column: The column at fault, whose value is listed as it is.
            caused_by: For each of the rows, ``file:line`` of the record that held it back.
        """
        if not rows.len():
            return
        rows = rows.rechunk()  # Polars 2.1 panics on text made from columns that were gathered in different chunks
        at_fault = self.frame[rows].rechunk()
        value = _as_written(at_fault, column)
        sentence = pl.lit(detail) if isinstance(detail, str) else detail
        frame = at_fault.select(
            rows.alias("row").cast(pl.UInt32),
            pl.lit(column, dtype=pl.String).alias("column"),
            value.alias("value"),
            pl.lit(reason).alias("reason"),
            sentence.alias("detail"),
            (caused_by if caused_by is not None else pl.lit(None, dtype=pl.String)).alias("caused_by"),
        )
        self.faults.append(frame)

    def supersede(self, rows: pl.Series, code: str, detail: str) -> None:
        """Set rows aside because something else took their place, with a note."""
        if not rows.len():
            return
        self.superseded.append((rows.cast(pl.UInt32), code))
        self.note(code, detail, rows)

    def keep(self, rows: pl.Series) -> None:
        """Leave rows in the facts although they are listed as refused."""
        if rows.len():
            self.kept.append(rows.cast(pl.UInt32))

    def note(self, code: str, detail: str, rows: pl.Series) -> None:
        """Count rows in a note, a file at a time."""
        if not rows.len():
            return
        counted = (
            self.frame.select(FILE, SOURCE_LINE)[rows]
            .group_by(FILE)
            .agg(pl.len(), pl.col(SOURCE_LINE).min().alias(LINE))
            .with_columns(pl.col(FILE).cast(pl.String))
            .sort(FILE)
        )
        for file, count, line in counted.iter_rows():
            self.notes.append(RowNote(code, detail, count, file, line))

    def refused_rows(self) -> pl.Series:
        """Row numbers with a fault that keeps them out of the facts."""
        return _distinct([frame["row"] for frame in self.faults], without=self.kept)

    def superseded_rows(self) -> pl.Series:
        """Row numbers set aside."""
        return _distinct([rows for rows, _ in self.superseded])

    def is_alive(self) -> pl.Series:
        """Per row, whether it is in the facts as things stand."""
        gone = pl.concat([self.refused_rows(), self.superseded_rows()])
        alive = pl.repeat(value=True, n=self.height, dtype=pl.Boolean, eager=True)
        return alive.scatter(gone, False) if gone.len() else alive

    def alive_rows(self) -> pl.Series:
        """Row numbers in the facts as things stand."""
        return self.is_alive().arg_true()

    def has_refusals(self) -> bool:
        """Whether any row is out of the facts."""
        return bool(self.faults or self.superseded)

    def file_of(self, segment: Segment) -> str:
        """The file that brought a run of rows; the first of several where a select made them."""
        return str(self.frame[FILE][segment.start]) if segment.length else ""

    def has_single_key(self, column: str) -> bool:
        """Whether the column alone names a row, which ``settle_duplicates`` has made sure of."""
        return key_of(self.table) == [column]

    def places(self, rows: pl.Series) -> pl.Series:
        """``file:line`` of each of the rows."""
        return self.frame.select(FILE, SOURCE_LINE)[rows.rechunk()].rechunk().select(place()).to_series()


def _as_written(frame: pl.DataFrame, column: str | None) -> pl.Expr:
    """The value of a column as text, a number without the zeros that only its type adds."""
    if column is None:
        return pl.lit(None, dtype=pl.String)
    text = pl.col(column).cast(pl.String)
    if not frame[column].dtype.is_decimal():
        return text
    return text.str.strip_chars_end("0").str.strip_chars_end(".")


def place() -> pl.Expr:
    """``file:line`` of a row."""
    return pl.format("{}:{}", pl.col(FILE).cast(pl.String), pl.col(SOURCE_LINE)).alias("place")


def _distinct(rows: Sequence[pl.Series], *, without: Sequence[pl.Series] = ()) -> pl.Series:
    if not rows:
        return pl.Series("row", [], dtype=pl.UInt32)
    every = pl.concat([series.alias("row").cast(pl.UInt32) for series in rows]).unique()
    kept = pl.concat(list(without)) if without else None
    return (every.filter(~every.is_in(kept.implode())) if kept is not None else every).rechunk()


def key_of(table: str) -> list[str]:
    """The columns that name one row of a table."""
    return ["correction_id"] if table == CORRECTIONS else CONTRACT[table].key()


def stacked(table: str, batches: Sequence[Batch], schema: dict[str, pl.DataType]) -> Batch:
    """One batch of several, rows in the order given; decimals take the scale that loses nothing."""
    if not batches:
        return Batch(table, pl.DataFrame(schema=schema))
    result = Batch(
        table, pl.concat([batch.frame for batch in batches], how="vertical_relaxed", rechunk=len(batches) > 1)
    )
    offset = 0
    for batch in batches:
        shift = pl.lit(offset, dtype=pl.UInt32)
        result.faults += [frame.with_columns(pl.col("row") + shift) for frame in batch.faults]
        result.superseded += [(rows + offset, code) for rows, code in batch.superseded]
        result.notes += batch.notes
        result.segments += [replace(segment, start=segment.start + offset) for segment in batch.segments]
        offset += batch.height
    return result
