"""Parquet: columns keep their types; the line of a row is its record number."""

import io

import polars as pl

from pipelines.intake.raw import LINE, FileRefused, RawTable


def read_parquet(name: str, data: bytes) -> RawTable:
    """Records of a Parquet file.

    Raises:
        FileRefused: ``unreadable_file`` where it is damaged or no Parquet file.
    """
    if not data:
        raise FileRefused(name, "file_empty", "the file holds nothing; send it again, or remove it if there is none")
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise FileRefused(
            name, "unreadable_file", f"the Parquet file cannot be read ({reason}); send it again"
        ) from None
    lines = pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True).alias(LINE)
    return RawTable(frame.with_columns(lines))
