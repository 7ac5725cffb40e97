"""What every reader gives: the records of one file as they came, each with its physical line."""

from dataclasses import dataclass, field

import polars as pl

LINE = "_line"
"""Column of a raw frame that holds the physical line (the record number in a Parquet file)."""

RECORD_FAULT = {
    "row": pl.UInt32(),
    "column": pl.String(),
    "value": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
}
LONGEST_SHOWN = 200


class FileRefused(Exception):
    """A file cannot be used as a whole: ``reason`` is its code, ``detail`` the sentence with file and line.

    ``table`` is the contract table it was read for; another may read the same file well. None where its very bytes
    are at fault.
    """

    def __init__(
        self, file: str, reason: str, detail: str, *, line: int | None = None, table: str | None = None
    ) -> None:
        where = f"{file}:{line}" if line else file
        super().__init__(f"{where}: {reason}: {detail}")
        self.file, self.reason, self.detail, self.line = file, reason, f"{where}: {detail}", line
        self.table = table


@dataclass(frozen=True)
class RawNote:
    """Something noticed while reading that changes no value's meaning."""

    code: str
    detail: str
    rows: int = 0
    first_line: int | None = None


@dataclass(frozen=True)
class RawTable:
    """Records of one file in file order.

    ``frame`` has the file's columns and ``LINE``. ``faults`` names rows of the frame whose structure is broken
    (schema ``RECORD_FAULT``); their cells are filled as far as the record goes and must not be trusted.
    """

    frame: pl.DataFrame
    faults: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RECORD_FAULT))
    notes: tuple[RawNote, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The file's own columns."""
        return [name for name in self.frame.columns if name != LINE]


def shown(text: str) -> str:
    """The text, cut where it is too long to show."""
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def record_faults(rows: list[tuple[int, str | None, str | None, str, str]]) -> pl.DataFrame:
    """Faults from (row, column, value, reason, detail), in row order."""
    return pl.DataFrame(sorted(rows, key=lambda row: row[0]), schema=RECORD_FAULT, orient="row")


def blanked(values: pl.Series, rows: pl.Series) -> pl.Series:
    """The values with nothing in the given rows; Polars cannot scatter nulls into decimals."""
    if not rows.len():
        return values
    stays = pl.repeat(value=True, n=values.len(), dtype=pl.Boolean, eager=True).scatter(rows, False)
    return pl.select(pl.when(stays).then(values).alias(values.name)).to_series()
