"""Numbers, windows and kinds of credit as sentences write them."""

from collections.abc import Iterable
from decimal import Decimal

from compensation.currency import minor_unit_digits

WINDOWS = {
    "transaction": "order",
    "month": "fiscal month",
    "quarter": "fiscal quarter",
    "half_year": "fiscal half-year",
    "year": "fiscal year",
}

PRORATED = {
    "days_actual": "by days",
    "months": "by months",
    "30_360": "by the 30/360 convention",
    "none": "in full",
}


def figure_text(value: Decimal, places: int) -> str:
    """A number with at least so many decimals, and no more than it has."""
    plain = format(value, "f")
    whole, _, decimals = plain.partition(".")
    kept = decimals.rstrip("0")
    return f"{whole}.{kept.ljust(places, '0')}" if places or kept else whole


def amount_text(value: Decimal, places: int) -> str:
    """``10,000.00``: an amount with the decimals of its currency, or as many as it has."""
    return f"{Decimal(figure_text(value, places)):,f}"


def amount_words(value: Decimal, currency: str) -> str:
    """``10,000.00``: an amount of a rule, with the decimals of its currency, or as many as it has."""
    return amount_text(value, minor_unit_digits(currency))


def number_words(value: Decimal) -> str:
    """``1,250`` or ``4.2``: a plain number."""
    return amount_text(value, 0)


def percent_words(rate: Decimal) -> str:
    """``12.5 %``."""
    return f"{figure_text(rate.scaleb(2), 0)} %"


def list_words(names: Iterable[str], last: str = "and") -> str:
    """``new business, growth and retention``, with spaces for underscores."""
    words = [name.replace("_", " ") for name in names]
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def clause(source: str | None) -> str:
    """`` (§3.2)`` where the clause of the signed document is given."""
    return f" ({source})" if source else ""
