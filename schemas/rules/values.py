"""Values as they are written in rule files: exact decimals, dates, ids. Nothing passes through a float."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MOST_WHOLE_DIGITS, MOST_DECIMALS = 15, 12
"""No amount, rate or bound needs more; within them every step on a decimal is exact."""

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Rule(BaseModel):
    """Base of every rule model: frozen, and a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Sourced(Rule):
    """Base of what a signed document states: it may say where, so that a figure can be walked back to its clause."""

    source: Annotated[str, Field(min_length=1)] | None = None
    """Clause of the signed document that states it, such as ``§3.2``."""


def exact_decimal(value: object) -> object:
    """A decimal from its text; ``10%`` is 0.10. ``1e-1``, ``.1`` and ``1_0`` are refused.

    Raises:
        ValueError: the text is not a plain decimal number, or has more digits than any figure here needs.
    """
    if isinstance(value, Decimal):
        return value
    text = str(value).strip()
    percent = text.endswith("%")
    found = _DECIMAL.fullmatch(text[:-1].strip() if percent else text)
    if isinstance(value, float) or found is None:
        raise ValueError(
            "write a plain decimal number such as 0.05 or 1000.00 (no exponent, no underscore, no bare dot)"
        )
    whole, decimals = found.groups(default="")
    if len(whole) > MOST_WHOLE_DIGITS or len(decimals) > MOST_DECIMALS:
        raise ValueError(
            f"a number has at most {MOST_WHOLE_DIGITS} digits before the point and {MOST_DECIMALS} after it; shorten it"
        )
    return Decimal(found.group()).scaleb(-2) if percent else Decimal(found.group())


def plain_day(value: object) -> object:
    """A day from its text, written ``YYYY-MM-DD`` and in no other way: ``20260101``, an instant and a number are refused.

    Raises:
        ValueError: the text is written otherwise, or no calendar has that day.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = str(value).strip()
    if not _DAY.fullmatch(text):
        raise ValueError("write a day as YYYY-MM-DD, such as 2026-10-31, without a time")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("the calendar has no such day; write one it has as YYYY-MM-DD") from None


def places(limit: int) -> BeforeValidator:
    """Refuse a number with more decimals than are kept, since the rest would silently be lost."""

    def require_places(value: object) -> object:
        number = exact_decimal(value)
        if isinstance(number, Decimal) and number != round(number, limit):
            percent = str(value).strip().endswith("%")
            kept = (
                f"a percentage has at most {limit - 2} decimals"
                if percent
                else f"at most {limit} decimals are kept exactly"
            )
            raise ValueError(f"{kept}; shorten the number")
        return number

    return BeforeValidator(require_places)


RateText = Annotated[Decimal, places(6), Field(ge=-10, le=10)]
"""A fraction with at most six decimals: 0.08 or 8%."""

AmountText = Annotated[Decimal, places(3)]
"""An amount with at most three decimals."""

ShareText = Annotated[Decimal, places(6), Field(ge=0, le=1)]
"""A share between 0 and 1."""

PositiveText = Annotated[Decimal, places(6), Field(gt=0)]
"""A number above 0 with at most six decimals."""

BoundText = Annotated[Decimal, places(6), Field(ge=0)]
"""A tier bound: an amount, or a multiple of quota."""

FigureText = Annotated[Decimal, places(6)]
"""A result, a bound on one, or what it pays: an amount, a multiple (120% is 1.2) or a plain number."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""A name inside a rule file: lower case, digits, underscores."""

CurrencyText = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Day = Annotated[date, BeforeValidator(plain_day)]
"""A day written as YYYY-MM-DD."""
