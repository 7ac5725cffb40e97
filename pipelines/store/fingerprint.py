"""What a table holds, as one short text: equal for equal rows, whatever made them."""

import hashlib
import io

import polars as pl

BLOCK_ROWS = 1_000_000


def content_of(frame: pl.DataFrame) -> str:
    """SHA-256 over the columns' names, types and values, row by row in the order given.

    Values are hashed as Arrow lays them out, in blocks of a fixed size and with nulls written as zeros beside a mask, so
    that neither chunks, nor threads, nor what lies under a null decide. Sort the frame by its key first.
    """
    digest = hashlib.sha256()
    for column in frame.iter_columns():
        digest.update(f"{column.name}\0{column.dtype}\0{column.len()}\0".encode())
        for start in range(0, column.len(), BLOCK_ROWS):
            block = column.slice(start, BLOCK_ROWS).rechunk()
            digest.update(_bytes_of(block.is_null().alias("mask")))
            digest.update(_bytes_of(_filled(block).alias("values")))
    return digest.hexdigest()


def _filled(column: pl.Series) -> pl.Series:
    if column.null_count() == 0:
        return column
    if column.dtype == pl.String:
        return column.fill_null("")
    if column.dtype == pl.Boolean:
        return column.fill_null(value=False)
    if column.dtype == pl.Date:
        return column.cast(pl.Int32).fill_null(0)
    return column.fill_null(0)


def _bytes_of(column: pl.Series) -> bytes:
    if column.dtype == pl.Boolean:
        column = column.cast(pl.UInt8)  # a whole byte each: what pads the last byte of packed bits is left to chance
    buffer = io.BytesIO()
    pl.DataFrame([column]).write_ipc(buffer, compression="uncompressed", compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()
