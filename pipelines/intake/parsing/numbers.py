"""Numbers from text, exactly: as declared, or refused with the reason."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

import polars as pl

from pipelines.intake.parsing.parsed import Parsed, Reading, ValueNote, with_odd_values
from schemas.dtypes import MONEY

EXACT = pl.Decimal(38, 12)
"""Every digit of an amount that is not refused as a float artefact."""
MOST_DECIMALS = 12
MOST_DIGITS = 22
MOST_HONEST_DECIMALS = 9
"""Beyond these, a run of zeros or nines betrays a binary fraction."""
PLAIN_MONEY = r"^-?[0-9]{1,15}(\.[0-9]{1,3})?$"
PLAIN = r"^-?[0-9]{1,22}(\.[0-9]{1,9})?$"
STEMS = {
    "money": "amount",
    "rate": "rate",
    "fx_rate": "rate",
    "percent": "percent",
    "quantity": "quantity",
    "integer": "number",
}
"""How the reason codes of a kind begin."""

_SPACES = " \u00a0\u202f"
_MINUS_SIGNS = "\u2212\ufe63\uff0d"
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|#div/0!|#num!)", re.IGNORECASE)
_ARTEFACT = re.compile(r"(0{5,}|9{5,})[0-9]{1,3}$")
_DECLARED = re.compile(r"(?P<sign>[-+]?)(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?")
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}([.,' ][0-9]{3})+([.,][0-9]+)?")


@dataclass(frozen=True)
class NumberForm:
    """How the source writes numbers."""

    decimal_mark: str = "."
    thousands_mark: str | None = None
    is_rounded: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether numbers look as they do in program text."""
        return self.decimal_mark == "." and self.thousands_mark is None

    @property
    def thousands(self) -> str:
        """Characters that group thousands."""
        spaces = self.thousands_mark in (" ", "space")
        return _SPACES if spaces else self.thousands_mark or ""


def parse_number(texts: pl.Series, form: NumberForm, kind: str) -> Parsed:
    """Numbers of one column: ``Decimal(38, 3)`` where no value has more decimals, else ``Decimal(38, 12)``."""
    plain = texts if form.is_plain else _without_marks(texts, form)
    fits_money = plain.str.contains(PLAIN_MONEY)
    if plain.null_count() == texts.null_count() and fits_money.all():
        return _with_negative_zeros(Parsed(plain.cast(MONEY)), texts)
    is_plain = plain.str.contains(PLAIN).fill_null(value=False)
    values = pl.select(pl.when(is_plain).then(plain)).to_series().cast(EXACT)
    parsed = with_odd_values(values, texts, ~is_plain, lambda text: read_number(text, form, kind))
    zeros = _trailing_zeros(plain, is_plain) if kind == "money" else ()
    noted = Parsed(parsed.values, parsed.faults, (*parsed.notes, *zeros))
    return _with_negative_zeros(_narrowed(noted), texts)


def _without_marks(texts: pl.Series, form: NumberForm) -> pl.Series:
    """The texts with declared marks read, null where they do not stand where they must."""
    mark, group = re.escape(form.decimal_mark), f"[{re.escape(form.thousands)}]" if form.thousands else None
    grouped = rf"|[0-9]{{1,3}}({group}[0-9]{{3}})+" if group else ""
    well_formed = texts.str.contains(rf"^-?([0-9]+{grouped})({mark}[0-9]+)?$")
    bare = texts.str.replace_all(group, "") if group else texts
    return pl.select(pl.when(well_formed).then(bare.str.replace(form.decimal_mark, ".", literal=True))).to_series()


def _narrowed(parsed: Parsed) -> Parsed:
    """Money's own type where no digit is lost by it."""
    narrow = parsed.values.round(3, mode="half_away_from_zero")
    if (narrow == parsed.values).all():
        return Parsed(parsed.values.cast(MONEY), parsed.faults, parsed.notes)
    return parsed


def _trailing_zeros(plain: pl.Series, is_plain: pl.Series) -> tuple[ValueNote, ...]:
    ended = is_plain & plain.str.contains(r"\.[0-9]{3,}0$").fill_null(value=False)
    return _note("trailing_zeros", ended, plain)


def _with_negative_zeros(parsed: Parsed, texts: pl.Series) -> Parsed:
    is_zero = parsed.values == 0
    if not is_zero.any():
        return parsed
    negative = is_zero.fill_null(value=False) & texts.str.starts_with("-").fill_null(value=False)
    return Parsed(parsed.values, parsed.faults, (*parsed.notes, *_note("negative_zero", negative, texts)))


def _note(code: str, rows: pl.Series, texts: pl.Series) -> tuple[ValueNote, ...]:
    if not rows.any():
        return ()
    first = rows.arg_true()[0]
    return (ValueNote(code, int(rows.sum()), first, texts[first]),)


def read_number(text: str, form: NumberForm, kind: str = "money") -> Reading:
    """One number that is not written the plain way."""
    stem = STEMS[kind]
    bare = text.strip(_SPACES + "\t")
    if not bare:
        return Reading(notes=("blank_is_empty",))
    notes = [] if bare == text else ["trimmed"]
    if _NOT_FINITE.fullmatch(bare):
        return Reading(reason=f"{stem}_not_finite", detail=f"{text!r} is no finite number; correct it at the source")
    if any(unicodedata.category(character) == "Nd" and not character.isascii() for character in bare):
        return Reading(reason=f"{stem}_format", detail=f"{text!r} has digits other than 0 to 9; write plain digits")
    if bare[0] in _MINUS_SIGNS:
        bare, notes = "-" + bare[1:], [*notes, "unicode_minus"]
    if bare[0] == "+":
        notes.append("plus_sign")
    plain, grouped = _one_without_marks(bare, form)
    match = _DECLARED.fullmatch(plain) if plain else None
    if match is None:
        return _refused_format(text, bare, form, stem)
    if grouped and form.thousands == _SPACES:
        notes.append("space_thousands")
    return _read_digits(text, match, form, (stem, notes))


def _one_without_marks(bare: str, form: NumberForm) -> tuple[str | None, bool]:
    whole, mark, part = bare.partition(form.decimal_mark)
    if not form.thousands or not any(mark in whole for mark in form.thousands):
        return (whole + "." + part if mark else whole), False
    group = f"[{re.escape(form.thousands)}]"
    if not re.fullmatch(rf"[-+]?[0-9]{{1,3}}({group}[0-9]{{3}})+", whole):
        return None, True
    digits = re.sub(group, "", whole)
    return (digits + "." + part if mark else digits), True


def _refused_format(text: str, bare: str, form: NumberForm, stem: str) -> Reading:
    if _GROUPED.fullmatch(bare.translate(dict.fromkeys(map(ord, _SPACES), " "))):
        detail = (
            f"{text!r} can be read in more than one way; decimal_mark is {form.decimal_mark!r} and thousands_mark "
            f"{form.thousands_mark!r}: declare how this source writes numbers, or correct the value"
        )
        return Reading(reason=f"{stem}_ambiguous", detail=detail)
    return Reading(
        reason=f"{stem}_format",
        detail=f"{text!r} is no number as this source writes them; correct it, or declare the format",
    )


def _read_digits(text: str, match: re.Match[str], form: NumberForm, known: tuple[str, list[str]]) -> Reading:
    stem, notes = known
    part = (match["part"] or "").rstrip("0")
    number = Decimal(f"{match['sign']}{match['whole']}.{part or '0'}")
    if len(match["whole"].lstrip("0")) > MOST_DIGITS:
        return Reading(
            reason=f"{stem}_out_of_range", detail=f"{text!r} is larger than any amount can be; correct it at the source"
        )
    if len(match["part"] or "") > max(len(part), 3):
        notes.append("trailing_zeros")
    is_artefact = len(part) > MOST_DECIMALS or (len(part) > MOST_HONEST_DECIMALS and _ARTEFACT.search(part))
    if is_artefact and not form.is_rounded:
        detail = (
            f"{text!r} comes from a binary fraction, not from a ledger; export decimals, "
            "or declare round: half_away where the source cannot"
        )
        return Reading(reason="float_artifact", detail=detail)
    return Reading(number.quantize(Decimal(1).scaleb(-MOST_DECIMALS), rounding=ROUND_DOWN), notes=tuple(notes))


def parse_integer(texts: pl.Series, dtype: pl.DataType) -> Parsed:
    """Whole numbers of up to nine digits."""
    is_plain = texts.str.contains(r"^-?[0-9]{1,9}$").fill_null(value=False)
    values = pl.select(pl.when(is_plain).then(texts)).to_series().cast(dtype)
    return with_odd_values(values, texts, ~is_plain, _read_integer)


def _read_integer(text: str) -> Reading:
    reading = read_number(text, NumberForm(), "integer")
    if reading.value is None:
        return reading
    if reading.value != int(reading.value) or abs(reading.value) >= 10**9:
        return Reading(reason="number_format", detail=f"{text!r} is no whole number of at most nine digits")
    return Reading(int(reading.value), notes=reading.notes)
