"""Rows made of several source rows: which they are, and what became of each source row and its money."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch, RowNote
from pipelines.intake.finish import dispositions
from pipelines.intake.parsing.numbers import EXACT
from schemas.core.intake import ReceivedAmount, RowSource

STATES = {"accepted": 2, "quarantined": 1}
"""What a result row makes of its source rows; the best of several counts, and a row that none names is left out."""


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


def further_sources(joined: Sequence[Joined]) -> pl.DataFrame:
    """For each accepted row made of several, its source rows beyond the one that names it."""
    parts = [_further(part) for part in joined]
    if not parts:
        return RowSource.empty_frame()
    return pl.concat(parts).unique().sort(RowSource.columns())


def _further(part: Joined) -> pl.DataFrame:
    rows = part.batch.frame.select(
        pl.col(FILE).cast(pl.String).alias("source_file"), pl.col(SOURCE_LINE).alias("source_line")
    ).with_row_index("row")
    rows = rows.filter(part.batch.is_alive())
    others = part.sources.rename({"source_file": "other_file", "source_line": "other_line"})
    linked = rows.join(others, on="row", how="inner", validate="1:m")
    is_itself = (pl.col("source_file") == pl.col("other_file")) & (pl.col("source_line") == pl.col("other_line"))
    return linked.filter(~is_itself).with_columns(table=pl.lit(part.batch.table)).select(RowSource.columns())


def raw_states(part: Joined) -> dict[str, pl.DataFrame]:
    """Per file and source row: ``state``, how many result rows name it (``links``), and the currency of one (``currency``).

    A source row is accepted where an accepted row names it, quarantined where only refused rows do or its record
    is broken, else superseded: the query left it out, or nothing looked it up.
    """
    batch = part.batch
    currency = (
        batch.currency.cast(pl.String)
        if batch.currency is not None
        else pl.Series([None] * batch.height, dtype=pl.String)
    )
    state = pl.DataFrame({"state": dispositions(batch), "currency": currency}).with_row_index("row")
    best = pl.col("state").replace_strict(STATES, default=0, return_dtype=pl.Int8)
    by_source = (
        part.sources.join(state, on="row", how="inner", validate="m:1")
        .group_by("source_file", "source_line")
        .agg(best.max().alias("best"), pl.len().alias("links"), pl.col("currency").drop_nulls().first())
    )
    return {raw.name: _states_of(raw.lines, raw.broken, by_source.filter(source_file=raw.name)) for raw in part.raw}


def _states_of(lines: pl.Series, broken: pl.Series, by_source: pl.DataFrame) -> pl.DataFrame:
    raw = (
        lines.alias("source_line")
        .to_frame()
        .join(by_source, on="source_line", how="left", validate="1:1", maintain_order="left")
    )
    is_refused = (pl.col("best") == STATES["quarantined"]) | pl.col("source_line").is_in(broken.implode())
    state = (
        pl.when(is_refused)
        .then(pl.lit("quarantined"))
        .when(pl.col("best") == STATES["accepted"])
        .then(pl.lit("accepted"))
    )
    return raw.select(state.otherwise(pl.lit("superseded")).alias("state"), pl.col("links").fill_null(0), "currency")


def raw_counts(
    joined: Sequence[Joined], notes: list[tuple[str, RowNote]]
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Per file and table: source rows accepted, quarantined, superseded; the last are noted."""
    counts: dict[tuple[str, str], tuple[int, int, int]] = {}
    for part in joined:
        for name, states in raw_states(part).items():
            found = dict(states.group_by("state").len().iter_rows())
            before = counts.get((name, part.batch.table), (0, 0, 0))
            here = [found.get(state, 0) for state in ("accepted", "quarantined", "superseded")]
            if here[2]:
                detail = "records that the select left out, or looked nothing up in"
                notes.append((part.batch.table, RowNote("left_out_by_select", detail, here[2], name)))
            counts[name, part.batch.table] = (before[0] + here[0], before[1] + here[1], before[2] + here[2])
    return counts


def with_raw_amounts(amounts: pl.DataFrame, joined: Sequence[Joined], notes: list[tuple[str, RowNote]]) -> pl.DataFrame:
    """The amounts with those of a select's columns counted on the files' own rows, so that what it left out shows.

    Only where a column is taken over or added up, each source row once; a difference between what the files held
    and what the select gave is noted, and the result's own amounts stay.
    """
    for part in joined:
        states = raw_states(part) if part.money else {}
        for column, by_file in part.money.items():
            raw = _raw_money(part, column, by_file, states)
            mine = (
                (pl.col("table") == part.batch.table)
                & (pl.col("column") == column)
                & pl.col("source_file").is_in(list(by_file))
            )
            own = amounts.filter(mine)
            if raw is None or not own.height:
                continue
            if raw["accepted"].sum() != own["accepted"].sum():
                detail = f"{column}: the rows of the files that were taken hold {raw['accepted'].sum()}, the select made {own['accepted'].sum()} of them"
                notes.append((part.batch.table, RowNote("select_changed_amount", detail)))
                continue
            amounts = pl.concat([amounts.filter(~mine), raw.select(ReceivedAmount.columns())])
    return amounts.sort("source_file", "table", "column", "currency")


def _raw_money(
    part: Joined, column: str, by_file: dict[str, pl.Series], states: dict[str, pl.DataFrame]
) -> pl.DataFrame | None:
    frames = [states[name].with_columns(amount=values, source_file=pl.lit(name)) for name, values in by_file.items()]
    every = pl.concat(frames)
    if (every["links"] > 1).any():
        return None
    one_currency = every["currency"].drop_nulls().unique()
    usual = one_currency[0] if one_currency.len() == 1 else "?"
    zero = pl.lit(0).cast(EXACT)
    sums = [
        pl.when(pl.col("state") == state).then(pl.col("amount")).otherwise(zero).sum().alias(state)
        for state in ("accepted", "quarantined", "superseded")
    ]
    summed = (
        every.with_columns(pl.col("currency").fill_null(usual))
        .group_by("source_file", "currency")
        .agg(
            pl.col("amount").sum().alias("received"),
            *sums,
            pl.col("amount").is_null().sum().cast(pl.Int64).alias("unreadable_rows"),
        )
    )
    rounding = _rounding(part, column)
    return summed.join(rounding, on=["source_file", "currency"], how="left", validate="1:1").with_columns(
        pl.col("rounding").fill_null(zero),
        pl.col("rounding_rows").fill_null(0),
        (pl.col("accepted") + pl.col("rounding").fill_null(zero)).alias("accepted"),
        table=pl.lit(part.batch.table),
        column=pl.lit(column),
    )


def _rounding(part: Joined, column: str) -> pl.DataFrame:
    """What a declared rounding moved, by the file and currency of the accepted rows."""
    batch = part.batch
    now = batch.frame[column].cast(EXACT)
    came = batch.as_came.get(column, now).cast(EXACT)
    currency = (
        batch.currency.cast(pl.String)
        if batch.currency is not None
        else pl.Series([None] * batch.height, dtype=pl.String)
    )
    frame = pl.DataFrame(
        {"source_file": batch.frame[FILE].cast(pl.String), "currency": currency.fill_null("?"), "moved": now - came}
    )
    own = frame.with_columns(state=dispositions(batch)).slice(part.start, part.length)
    moved = own.filter(pl.col("state") == "accepted").group_by("source_file", "currency")
    return moved.agg(
        pl.col("moved").sum().alias("rounding"), (pl.col("moved") != 0).sum().cast(pl.Int64).alias("rounding_rows")
    )
