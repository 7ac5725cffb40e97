"""Clawback in words: what a plan's letter says of returns, and why one return took back as much as it did."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from compensation.money import rounded_fraction
from compensation.statement.curve_words import noun_of
from compensation.statement.figure_words import clause, percent_words
from schemas.rules.clawback import Clawback, ShareByAge, ShareOfTerm
from schemas.rules.component import Component

PLACED = {
    "as_corrected": "A return is taken back as if its part had never been sold.",
    "as_negative": "A return counts as negative {noun} on its own date.",
}
KEPT = "A return leaves attainment as it is and takes back, of what its own line earned, the part that came back."

RETURNED = {
    "as_corrected": "as corrected, in the window of its sale",
    "as_negative": "as negative, in the window of its own date",
}
BESIDE = "of what the line earned itself, and attainment stays"
HUNDRED, SHOWN_DECIMALS = 100, 2


def clawback_sentences(component: Component) -> Iterator[str]:
    """What a return does, and for how long and how much of it is taken back, a short sentence each."""
    rule = component.takes_back
    yield PLACED[rule.mode].format(noun=noun_of(component)) if rule.affects_attainment else KEPT
    if rule.window_days is not None:
        yield f"A return later than {_days(rule.window_days)} after its sale takes nothing back."
    if isinstance(rule.share, ShareByAge):
        yield f"{_by_age(rule.share)}."
    elif isinstance(rule.share, ShareOfTerm):
        yield f"{_of_term(rule.share)}."
    if rule.source:
        yield f"Clawback{clause(rule.source)}."


def _by_age(share: ShareByAge) -> str:
    unit = {"age_days": "days", "age_months": "whole months"}[share.by]
    parts = []
    for band in share.bands:
        ends = [f"from {band.floor}"] if band.floor else []
        ends += [f"before {band.ceiling}"] if band.ceiling is not None else []
        parts.append(f"{_share(band.share)} {_between(ends, unit)}")
    return f"Of what comes back is taken back, by the age of the sale: {', '.join(parts)}"


def _between(ends: Sequence[str], unit: str) -> str:
    return f"{' to '.join(ends)} {unit}" if ends else "at every age"


def _share(share: Any) -> str:
    return percent_words(share) if share else "nothing"


def _of_term(share: ShareOfTerm) -> str:
    of_first = "" if share.of_first is None else f", of its first {share.of_first} months only"
    without = percent_words(share.without_term) if share.without_term else "nothing"
    return (
        "Of what comes back is taken back what is left of the line's service term: months that are not over by the end of the day ÷ "
        f"months of the term{of_first}; of a line without a term {without}"
    )


def returned_words(rule: Clawback, row: Mapping[str, Any] | None = None) -> str:
    """Which clawback took a return back, how much of it, and why: ``all of it as corrected, in the window of its sale``.

    Args:
        rule: The clawback of the version that took the sale.
        row: The return in ``clawbacks`` (contract ``TakenBack``); none where a return simply takes back what came back.
    """
    placed = RETURNED[rule.mode] if rule.affects_attainment else BESIDE
    if row is None:
        return f"all of it, {placed}"
    because = _because(rule, row)
    if row["share_part"] == 0:
        return f"nothing, because {because}"
    much = "all of it" if row["share_part"] == row["share_whole"] else _percent(row)
    return f"{much}{f', because {because}' if because else ''}; {placed}"


def _because(rule: Clawback, row: Mapping[str, Any]) -> str:
    """What decided the share; nothing where all of it is taken back whenever it comes."""
    came = f"it came {_days(row['age_days'])} after its sale"
    if row["reason"] == "window_over":
        return f"{came}, later than the {_days(rule.window_days or 0)} of the clawback"
    if row["reason"] == "months_remaining":
        return f"{row['share_part']} of {row['share_whole']} months of service were left"
    if row["reason"] == "no_term":
        return "its line has no service term"
    if row["reason"] == "share_by_age":
        return came
    return "" if rule.window_days is None else f"{came}, within the {_days(rule.window_days)} of the clawback"


def _percent(row: Mapping[str, Any]) -> str:
    """``50 %``, ``66.67 %``."""
    hundredths = rounded_fraction(Fraction(row["share_part"], row["share_whole"]) * HUNDRED, SHOWN_DECIMALS)
    whole, rest = divmod(hundredths, 10**SHOWN_DECIMALS)
    decimals = f"{rest:02}".rstrip("0")
    return f"{whole}{'.' if decimals else ''}{decimals} %"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
