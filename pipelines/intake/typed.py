"""Columns of Parquet files: taken as they are where their type says exactly what they mean, else refused."""

import polars as pl

from pipelines.intake.columns import FileContext, as_text
from pipelines.intake.parsing.dates import EARLIEST, LATEST
from pipelines.intake.parsing.numbers import EXACT
from pipelines.intake.parsing.parsed import FAULTS, Parsed, ValueNote
from pipelines.intake.raw import FileRefused, blanked
from schemas.dtypes import MONEY
from schemas.rules.source import ColumnRule

NUMBERS = ("money", "rate", "fx_rate", "percent", "quantity")


def parse_typed(values: pl.Series, kind: str, rule: ColumnRule, context: FileContext) -> Parsed | None:
    """The column in its contract type, or None where it has to go through text.

    Raises:
        FileRefused: ``float_column`` for numbers in binary fractions, ``tz_missing`` for times without a zone.
    """
    dtype = values.dtype
    if dtype.is_float():
        detail = (
            f"column {values.name!r} holds binary fractions ({dtype}), which lose cents; "
            "export it as a decimal or as text"
        )
        raise FileRefused(context.name, "float_column", detail)
    if kind in NUMBERS:
        return _number(values) if dtype.is_decimal() or dtype.is_integer() else None
    if kind == "date":
        return _date(values, rule, context) if dtype.is_temporal() else None
    if kind == "integer" and dtype.is_integer():
        return Parsed(values)
    if kind == "boolean" and dtype == pl.Boolean:
        return Parsed(values)
    return None


def _number(values: pl.Series) -> Parsed:
    if values.dtype.is_integer():
        return Parsed(values.cast(MONEY))
    scale = getattr(values.dtype, "scale", 0)
    if scale <= MONEY.scale:
        return Parsed(values.cast(MONEY))
    exact = values.cast(EXACT)
    cut = (exact.cast(values.dtype) != values).arg_true()
    narrow = exact.cast(MONEY)
    if not cut.len() and (narrow.cast(EXACT) == exact).all():
        return Parsed(narrow)
    return Parsed(blanked(exact, cut), _too_fine(values, cut))


def _too_fine(values: pl.Series, rows: pl.Series) -> pl.DataFrame:
    if not rows.len():
        return pl.DataFrame(schema=FAULTS)
    texts = as_text(values[rows])
    return pl.DataFrame({"row": rows.cast(pl.UInt32), "value": texts}).with_columns(
        pl.lit("float_artifact").alias("reason"),
        pl.lit("the number has more than 12 decimals; round it at the source").alias("detail"),
    )


def _date(values: pl.Series, rule: ColumnRule, context: FileContext) -> Parsed:
    dtype = values.dtype
    notes: tuple[ValueNote, ...] = ()
    if isinstance(dtype, pl.Datetime):
        days, notes = _day_of(values, rule, context)
    elif dtype == pl.Date:
        days = values
    else:
        detail = f"column {values.name!r} is a {dtype}, not a date; export dates"
        raise FileRefused(context.name, "date_format", detail)
    outside = ((days < EARLIEST) | ((days > LATEST) & (days.dt.year() != 9999))).arg_true()  # noqa: PLR2004
    if not outside.len():
        return Parsed(days, notes=notes)
    faults = pl.DataFrame({"row": outside.cast(pl.UInt32), "value": days[outside].cast(pl.String)}).with_columns(
        pl.lit("date_range").alias("reason"),
        pl.lit(f"the day lies outside {EARLIEST} to {LATEST}; correct the year").alias("detail"),
    )
    return Parsed(blanked(days, outside), faults, notes)


def _day_of(values: pl.Series, rule: ColumnRule, context: FileContext) -> tuple[pl.Series, tuple[ValueNote, ...]]:
    zone = getattr(values.dtype, "time_zone", None)
    declared = rule.time_zone or context.form.time_zone
    if zone is None and declared is None:
        if (values.dt.truncate("1d") == values).all():
            return values.dt.date(), ()
        detail = (
            f"column {values.name!r} holds times without a zone; export the zone, or declare time_zone for this source"
        )
        raise FileRefused(context.name, "tz_missing", detail)
    if zone is None:
        values = values.dt.replace_time_zone(declared, ambiguous="earliest", non_existent="null")
    days = values.dt.convert_time_zone(context.company.time_zone).dt.date()
    first = days.is_not_null().arg_true()
    note = (ValueNote("tz_converted", first.len(), first[0], str(values[first[0]])),) if first.len() else ()
    return days, note
