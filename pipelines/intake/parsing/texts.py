"""Ids, names, currencies, listed values and yes/no: normalised where that is harmless, else refused."""

import re
import unicodedata
from collections.abc import Sequence

import polars as pl

from pipelines.intake.parsing.parsed import Parsed, Reading, with_odd_values

LONGEST_ID = 200
LONGEST_TEXT = 10_000
PLAIN_ID = r"^[0-9A-Za-z][0-9A-Za-z_:-]*$"
PLAIN_TEXT = r"^[!-~]([ -~]*[!-~])?$"

_ILLEGAL = re.compile(r"\.\.|[\\<>\"|`;{}\x7f]|^[/~=@]")
_MANGLED = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+[0-9]+|#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)|#+")
_CONFUSABLE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_YES, _NO = ("true", "yes", "1", "t", "y"), ("false", "no", "0", "f", "n")


def parse_id(texts: pl.Series) -> Parsed:
    """Ids as text; leading zeros stay, look-alikes and damage are refused."""
    is_plain = texts.str.contains(PLAIN_ID).fill_null(value=False)
    longest = texts.str.len_bytes().max()
    if isinstance(longest, int) and longest > LONGEST_ID:
        is_plain &= texts.str.len_bytes().fill_null(0) <= LONGEST_ID
    return with_odd_values(texts, texts, ~is_plain, read_id)


def read_id(text: str) -> Reading:
    """One id that is more than letters and digits."""
    value, notes = _clean(text, is_id=True)
    if not value:
        return Reading(notes=("blank_is_empty",))
    if len(value) > LONGEST_ID:
        detail = f"the id has {len(value):,} characters, at most {LONGEST_ID} are allowed; correct it at the source"
        return Reading(reason="field_too_long", detail=detail)
    if _MANGLED.fullmatch(value):
        return Reading(
            reason="excel_mangled_id",
            detail=f"{text!r} was an id until a spreadsheet turned it into a number; export it as text",
        )
    if _ILLEGAL.search(value):
        return Reading(
            reason="illegal_id_chars", detail=f"{text!r} has characters that no id may have; correct it at the source"
        )
    return _one_script(text, value, notes)


def _one_script(text: str, value: str, notes: tuple[str, ...]) -> Reading:
    if any(unicodedata.category(character) == "Cc" for character in value):
        return Reading(reason="control_char", detail=f"{text!r} contains a control character; remove it at the source")
    scripts = _scripts(value)
    if len(scripts) > 1:
        detail = f"{text!r} mixes {' and '.join(scripts)} letters that look alike; type it again in one alphabet"
        return Reading(reason="mixed_script_id", detail=detail)
    return Reading(value, notes=notes)


def _scripts(value: str) -> list[str]:
    names = {unicodedata.name(character, "").split(" ")[0] for character in value if character.isalpha()}
    return [script.title() for script in _CONFUSABLE if script in names]


def _clean(text: str, *, is_id: bool) -> tuple[str, tuple[str, ...]]:
    notes = []
    value = unicodedata.normalize("NFC", text)
    if value != text:
        notes.append("nfc")
    visible = "".join(character for character in value if unicodedata.category(character) != "Cf") if is_id else value
    if visible != value:
        notes.append("invisible_removed")
    trimmed = visible.strip()
    if trimmed != visible:
        notes.append("trimmed")
    return trimmed, tuple(notes)


def parse_text(texts: pl.Series) -> Parsed:
    """Free text: trimmed, in Unicode's composed form, without control characters other than line ends and tabs."""
    is_plain = texts.str.contains(PLAIN_TEXT).fill_null(value=False)
    longest = texts.str.len_bytes().max()
    if isinstance(longest, int) and longest > LONGEST_TEXT:
        is_plain &= texts.str.len_bytes().fill_null(0) <= LONGEST_TEXT
    return with_odd_values(texts, texts, ~is_plain, read_text)


def read_text(text: str) -> Reading:
    """One text that is more than plain ASCII."""
    value, notes = _clean(text, is_id=False)
    if not value:
        return Reading(notes=("blank_is_empty",))
    if len(value) > LONGEST_TEXT:
        detail = (
            f"the text has {len(value):,} characters, at most {LONGEST_TEXT:,} are allowed; shorten it at the source"
        )
        return Reading(reason="field_too_long", detail=detail)
    if any(unicodedata.category(character) == "Cc" and character not in "\n\r\t" for character in value):
        return Reading(reason="control_char", detail=f"{value!r} contains a control character; remove it at the source")
    return Reading(value, notes=notes)


def parse_listed(texts: pl.Series, column: str, allowed: Sequence[str]) -> Parsed:
    """Values of a closed list."""

    def read(text: str) -> Reading:
        value = text.strip()
        if not value:
            return Reading(notes=("blank_is_empty",))
        if value in allowed:
            return Reading(value, notes=("trimmed",))
        detail = (
            f"{text!r} is no {column} that is known; expected one of {', '.join(allowed)}: map it in the source file"
        )
        return Reading(reason=f"{column}_unknown", detail=detail)

    return with_odd_values(texts, texts, ~texts.is_in(list(allowed)).fill_null(value=False), read)


def parse_currency(texts: pl.Series) -> Parsed:
    """Three capital letters; whether such a currency exists is asked where the exchange rates are known."""
    return with_odd_values(texts, texts, ~texts.str.contains(r"^[A-Z]{3}$").fill_null(value=False), _read_currency)


def _read_currency(text: str) -> Reading:
    value = text.strip()
    if not value:
        return Reading(notes=("blank_is_empty",))
    if re.fullmatch(r"[A-Za-z]{3}", value):
        notes = [
            code for code, holds in (("currency_upper", value != value.upper()), ("trimmed", value != text)) if holds
        ]
        return Reading(value.upper(), notes=tuple(notes))
    detail = f"{text!r} is no ISO 4217 code such as USD; map it in the source file, or correct it"
    return Reading(reason="currency_unknown", detail=detail)


def parse_boolean(texts: pl.Series) -> Parsed:
    """True, yes, 1 and false, no, 0, in any case."""

    def read(text: str) -> Reading:
        value = text.strip().lower()
        if value in _YES or value in _NO:
            return Reading(value in _YES)
        return Reading(
            reason="boolean_unknown", detail=f"{text!r} is neither true nor false; map it in the source file"
        )

    return with_odd_values(pl.Series([None] * texts.len(), dtype=pl.Boolean), texts, texts.is_not_null(), read)
