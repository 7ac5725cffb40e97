"""Business dates from text, by declared format; instants become the day in the company's time zone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from pipelines.intake.parsing.parsed import Parsed, Reading, ValueNote, with_odd_values
from schemas.rules.source import ISO_DATES

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
MONTHS = 12
OPEN_END = date(9999, 12, 31)
"""What many systems write for "until further notice"."""

_PARTS = {
    "%Y": r"[0-9]{4}", "%y": r"[0-9]{2}", "%m": r"[0-9]{2}", "%d": r"[0-9]{2}", "%-d": r"[0-9]{1,2}", "%-m": r"[0-9]{1,2}",
    "%H": r"[0-9]{2}", "%M": r"[0-9]{2}", "%S": r"[0-9]{2}", "%f": r"[0-9]{1,6}", "%z": r"(Z|[+-][0-9]{2}:?[0-9]{2})",
    "%b": r"[A-Za-z]{3}", "%B": r"[A-Za-z]+", "%I": r"[0-9]{2}", "%p": r"[AaPp][Mm]", "%j": r"[0-9]{3}", "%T": r"[0-9]{2}:[0-9]{2}:[0-9]{2}",
}  # fmt: skip
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<clock>[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_SLASHED = re.compile(r"(?P<one>[0-9]{1,2})[/.-](?P<two>[0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})")


@dataclass(frozen=True)
class DateForm:
    """How the source writes dates, and where the company is."""

    formats: tuple[str, ...] = (ISO_DATES,)
    time_zone: str | None = None
    company_zone: str = "UTC"


def pattern_of(form: str) -> str:
    """The texts a date format describes, as a pattern for the whole text."""
    pieces = re.split(r"(%-?[A-Za-z])", form)
    return "^" + "".join(_PARTS.get(piece) or re.escape(piece) for piece in pieces) + "$"


def parse_date(texts: pl.Series, form: DateForm) -> Parsed:
    """Dates of one column; a text in no declared format, or two, is a fault."""
    first = form.formats[0]
    if len(form.formats) == 1 and "%-" not in first:
        fits = texts.str.contains(pattern_of(first)).fill_null(value=False)
        fitting = pl.select(pl.when(fits).then(texts)).to_series()
        days, notes = _days(fitting, first, form)
    else:
        days, notes = pl.Series([None] * texts.len(), dtype=pl.Date), ()
    is_outside = (days < EARLIEST) | (days > LATEST)
    is_odd = days.is_null() | is_outside.fill_null(value=False)
    parsed = with_odd_values(days, texts, is_odd, lambda text: read_date(text, form))
    return Parsed(parsed.values, parsed.faults, (*notes, *parsed.notes))


def _days(texts: pl.Series, form: str, at: DateForm) -> tuple[pl.Series, tuple[ValueNote, ...]]:
    if not _has_clock(form):
        return texts.str.to_date(form, strict=False, cache=True), ()
    if "%z" in form:
        instants = texts.str.replace(r"Z$", "+0000").str.to_datetime(form, strict=False, time_zone="UTC")
        return _local(instants, at.company_zone, texts, "tz_converted")
    clock = texts.str.to_datetime(form, strict=False)
    if at.time_zone is None:
        return clock.dt.date(), ()
    earliest = clock.dt.replace_time_zone(at.time_zone, ambiguous="earliest", non_existent="null")
    days, notes = _local(earliest, at.company_zone, texts, "tz_converted" if at.time_zone != at.company_zone else None)
    latest = clock.dt.replace_time_zone(at.time_zone, ambiguous="latest", non_existent="null")
    folded = (latest != earliest).fill_null(value=False)
    return days, (*notes, *_note("dst_fold", folded, texts))


def _local(
    instants: pl.Series, zone: str, texts: pl.Series, code: str | None
) -> tuple[pl.Series, tuple[ValueNote, ...]]:
    days = instants.dt.convert_time_zone(zone).dt.date()
    return days, _note(code, days.is_not_null(), texts) if code else ()


def _note(code: str, rows: pl.Series, texts: pl.Series) -> tuple[ValueNote, ...]:
    if not rows.any():
        return ()
    first = rows.arg_true()[0]
    return (ValueNote(code, int(rows.sum()), first, texts[first]),)


def _has_clock(form: str) -> bool:
    return any(part in form for part in ("%H", "%I", "%T"))


def read_date(text: str, form: DateForm) -> Reading:
    """One date that did not fit the declared format at first sight."""
    bare = text.strip()
    if not bare:
        return Reading(notes=("blank_is_empty",))
    trimmed = () if bare == text else ("trimmed",)
    read = [reading for reading in _readings(bare, form) if reading.reason is None]
    if len({reading.value for reading in read}) > 1:
        return Reading(
            reason="date_ambiguous", detail=f"{text!r} fits two declared formats that mean different days; declare one"
        )
    if read:
        return _in_range(text, read[0], trimmed)
    refused = [reading for reading in _readings(bare, form) if reading.reason is not None]
    return refused[0] if refused else _refused(text, bare, form)


def _in_range(text: str, reading: Reading, trimmed: tuple[str, ...]) -> Reading:
    if reading.value == OPEN_END or EARLIEST <= reading.value <= LATEST:
        return Reading(reading.value, notes=(*trimmed, *reading.notes))
    return Reading(reason="date_range", detail=f"{text!r} lies outside {EARLIEST} to {LATEST}; correct the year")


def _readings(bare: str, form: DateForm) -> Iterator[Reading]:
    """Every declared way in which the text can be read; ISO 8601 instants belong to ISO dates."""
    for declared in form.formats:
        if re.match(pattern_of(declared), bare):
            yield _strptime(bare, declared, form)
        elif declared == ISO_DATES and (match := _ISO_INSTANT.fullmatch(bare)):
            yield _instant(bare, match, form)
        elif "%z" in declared and re.match(pattern_of(declared.replace("%z", "")), bare):
            yield _without_zone(bare, datetime.strptime(bare, declared.replace("%z", "")), form)  # noqa: DTZ007


def _strptime(bare: str, declared: str, form: DateForm) -> Reading:
    try:
        moment = datetime.strptime(bare, declared.replace("%-", "%").replace("%T", "%H:%M:%S"))  # noqa: DTZ007
    except ValueError:
        return Reading(reason="date_invalid", detail=f"{bare!r} is no day of the calendar; correct it at the source")
    if moment.tzinfo is not None:
        return Reading(moment.astimezone(ZoneInfo(form.company_zone)).date(), notes=("tz_converted",))
    if _has_clock(declared) and form.time_zone is not None:
        return _without_zone(bare, moment, form)
    return Reading(moment.date())


def _instant(bare: str, match: re.Match[str], form: DateForm) -> Reading:
    clock = match["clock"].split(".")[0]
    clock = clock if len(clock) == len("hh:mm:ss") else f"{clock}:00"
    try:
        moment = datetime.strptime(f"{match['day']} {clock}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
        if clock.endswith(":60"):
            raise ValueError("a leap second")
    except ValueError:
        return Reading(reason="date_invalid", detail=f"{bare!r} is no moment of the calendar; correct it at the source")
    if match["zone"] is None:
        return _without_zone(bare, moment, form)
    zone = "+0000" if match["zone"] == "Z" else match["zone"]
    aware = datetime.strptime(f"{match['day']} {clock}{zone}", "%Y-%m-%d %H:%M:%S%z")
    return Reading(aware.astimezone(ZoneInfo(form.company_zone)).date(), notes=("tz_converted",))


def _without_zone(bare: str, moment: datetime, form: DateForm) -> Reading:
    if form.time_zone is None:
        detail = f"{bare!r} names a time but no zone; export the offset, or declare time_zone for this source"
        return Reading(reason="tz_missing", detail=detail)
    zone = ZoneInfo(form.time_zone)
    aware = moment.replace(tzinfo=zone, fold=0)
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        detail = f"{bare!r} never happened in {form.time_zone}: clocks went forward over it; correct it at the source"
        return Reading(reason="dst_gap", detail=detail)
    folded = aware.utcoffset() != moment.replace(tzinfo=zone, fold=1).utcoffset()
    notes = [
        code for code, holds in (("dst_fold", folded), ("tz_converted", form.time_zone != form.company_zone)) if holds
    ]
    return Reading(aware.astimezone(ZoneInfo(form.company_zone)).date(), notes=tuple(notes))


def _refused(text: str, bare: str, form: DateForm) -> Reading:
    declared = " or ".join(form.formats)
    slashed = _SLASHED.fullmatch(bare)
    if slashed and max(int(slashed["one"]), int(slashed["two"])) <= MONTHS:
        return Reading(
            reason="date_ambiguous", detail=f"{text!r} may be day first or month first; declared is {declared}"
        )
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", bare):
        detail = f"{text!r} looks like a day number of a spreadsheet; declared is {declared}: export dates as text"
        return Reading(reason="date_format", detail=detail)
    return Reading(reason="date_format", detail=f"{text!r} is no date written as {declared}")


def looks_like_another_format(text: str) -> bool:
    """Whether the text is a whole date in some usual way of writing, so that two ways are mixed in one file."""
    return bool(_SLASHED.fullmatch(text.strip()) or _ISO_DAY.fullmatch(text.strip()))
