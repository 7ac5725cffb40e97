"""Values as they are written in rule files: exact decimals, dates, ids. Nothing passes through a float."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


class Rule(BaseModel):
    """Base of every rule model: frozen, and a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def exact_decimal(value: object) -> object:
    """A decimal from its text; ``10%`` is 0.10. ``1e-1``, ``.1`` and ``1_0`` are refused.

    Raises:
        ValueError: the text is not a plain decimal number.
    """
    if isinstance(value, Decimal):
        return value
    text = str(value).strip()
    percent = text.endswith("%")
    digits = text[:-1].strip() if percent else text
    if isinstance(value, float) or not _DECIMAL.fullmatch(digits):
        raise ValueError(
            "write a plain decimal number such as 0.05 or 1000.00 (no exponent, no underscore, no bare dot)"
        )
    return Decimal(digits).scaleb(-2) if percent else Decimal(digits)


def places(limit: int) -> BeforeValidator:
    """Refuse a number with more decimals than are kept, since the rest would silently be lost."""

    def require_places(value: object) -> object:
        number = exact_decimal(value)
        if isinstance(number, Decimal) and number != round(number, limit):
            raise ValueError(
                f"at most {limit} decimals are kept exactly; shorten the number"
            )
        return number

    return BeforeValidator(require_places)


RateText = Annotated[Decimal, places(6), Field(ge=-10, le=10)]
"""A fraction with at most six decimals: 0.08 or 8%."""

AmountText = Annotated[Decimal, places(3)]
"""An amount with at most three decimals."""

ShareText = Annotated[Decimal, places(6), Field(ge=0, le=1)]
"""A share between 0 and 1."""

BoundText = Annotated[Decimal, places(6), Field(ge=0)]
"""A tier bound: an amount, or a multiple of quota."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""A name inside a rule file: lower case, digits, underscores."""

CurrencyText = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""
