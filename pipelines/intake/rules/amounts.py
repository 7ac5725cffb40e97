"""Amounts once their currency is known: no digit too many, no sign that is not meant, none beyond all measure."""

import polars as pl

from compensation.currency import minor_unit_digits
from pipelines.intake.batch import Batch, Segment
from pipelines.intake.parse import fields_of
from pipelines.intake.parsing.numbers import EXACT
from pipelines.intake.rules.world import World
from schemas.dtypes import MONEY

SIGNED_TOO = ("total_amount",)
MAY_BE_NEGATIVE = ("net_amount", "cost_amount", "list_amount")


def money_columns(table: str) -> dict[str, str | None]:
    """Money columns of a table, each with the column that says its currency."""
    return {name: entry.get("currency") for name, entry in fields_of(table).items() if entry["kind"] == "money"}


def settle_amounts(world: World, table: str, currency: pl.Series | None) -> None:
    """Check and, where declared, round every amount of a table.

    Args:
        world: All batches.
        table: The table at hand.
        currency: Per row the currency of its amounts; unknown ones are left alone.
    """
    batch = world.tables[table]
    batch.currency = currency
    for column in money_columns(table):
        if batch.frame[column].null_count() == batch.height:
            if batch.frame[column].dtype != MONEY:
                batch.frame = batch.frame.with_columns(pl.lit(None, dtype=MONEY).alias(column))
            continue
        _require_sign(batch, column)
        _require_range(world, batch, column)
        if currency is not None:
            _fit_currency(batch, column, currency)
        elif batch.frame[column].dtype != MONEY:
            _require_money(batch, column)


def _require_sign(batch: Batch, column: str) -> None:
    entry = fields_of(batch.table)[column]
    lowest = batch.frame[column].min()
    if entry.get("signed") or column in SIGNED_TOO or lowest is None or lowest >= 0:  # type: ignore[operator]
        return
    negative = (batch.frame[column] < 0).arg_true()
    for segment in batch.segments:
        if segment.source.negative_lines == "discount" and column in MAY_BE_NEGATIVE:
            negative = negative.filter((negative < segment.start) | (negative >= segment.end))
    sentence = pl.format(
        f"{column} is {{}}, below zero; correct it, or declare negative_lines: discount where the source means discounts",
        pl.col(column),
    )
    batch.refuse(negative, "sign_type_mismatch", sentence, column=column)


def _require_range(world: World, batch: Batch, column: str) -> None:
    largest = world.company.largest_amount
    values = batch.frame[column]
    low, high = values.min(), values.max()
    if -largest <= low <= largest and -largest <= high <= largest:  # type: ignore[operator]
        return
    sentence = f"{column} is larger than company.yaml allows (largest_amount {largest}); correct it at the source"
    beyond = ((values > largest) | (values < -largest)).arg_true()
    batch.refuse(beyond, "amount_out_of_range", sentence, column=column)


def _fit_currency(batch: Batch, column: str, currency: pl.Series) -> None:
    values = batch.frame[column]
    finest = 0
    for digits, codes in _codes_by_digits(currency).items():
        finest = max(finest, digits)
        rounded = values.round(digits, mode="half_away_from_zero")
        differs = rounded != values
        if differs.any():
            rows = (differs & currency.is_in(codes)).fill_null(value=False).arg_true()
            values = _round_or_refuse(batch, column, values, (rounded, rows, digits)) if rows.len() else values
    if values.dtype != MONEY:
        values = values.round(MONEY.scale, mode="half_away_from_zero").cast(MONEY)
    batch.frame = batch.frame.with_columns(values.alias(column))


def _codes_by_digits(currency: pl.Series) -> dict[int, list[str]]:
    codes: dict[int, list[str]] = {}
    for code in currency.unique().drop_nulls().sort().to_list():
        codes.setdefault(minor_unit_digits(code), []).append(code)
    return codes


def _round_or_refuse(
    batch: Batch, column: str, values: pl.Series, found: tuple[pl.Series, pl.Series, int]
) -> pl.Series:
    rounded, rows, digits = found
    for segment in batch.segments:
        inside = rows.filter((rows >= segment.start) & (rows < segment.end))
        if not inside.len():
            continue
        if _is_rounded(segment, column):
            batch.as_came.setdefault(column, values.cast(EXACT))
            values = values.scatter(inside, rounded.gather(inside))
            batch.note("rounded", f"{column}: rounded half away from zero to {digits} decimals, as declared", inside)
            continue
        sentence = pl.format(
            f"{column} is {{}}, but its currency has {digits} decimals; correct it, or declare round: half_away",
            pl.col(column).cast(pl.String).str.strip_chars_end("0"),
        )
        batch.refuse(inside, "currency_precision", sentence, column=column)
    return values


def _is_rounded(segment: Segment, column: str) -> bool:
    rule = segment.source.rules().get(column)
    return segment.source.round is not None or (rule is not None and rule.round is not None)


def _require_money(batch: Batch, column: str) -> None:
    values = batch.frame[column]
    narrow = values.round(MONEY.scale, mode="half_away_from_zero")
    rows = (narrow != values).arg_true()
    batch.refuse(
        rows, "currency_precision", f"{column} has more than three decimals; correct it at the source", column=column
    )
    batch.frame = batch.frame.with_columns(narrow.cast(MONEY).alias(column))
