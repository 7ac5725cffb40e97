"""Why a line is posted again: which fact or rule behind it changed, from what to what."""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import polars as pl

Basis = Mapping[str, str]

NEW = "earned in this period"
LATE = "came to be known after its period closed"
GONE = "no longer earned: its order or return was cancelled, moved to another period or taken out of the export"


def causes_of(rows: pl.DataFrame) -> pl.Series:
    """A sentence for each line that is posted.

    Args:
        rows: With ``kind``, ``basis`` (JSON of what the line is computed from now, empty where it is gone) and
            ``basis_before`` (of its last posting, empty where it is new).
    """
    texts = [_cause(*row) for row in rows.select("kind", "basis_before", "basis").rows()]
    return pl.Series("cause", texts, dtype=pl.String)


def _cause(kind: str, before: str | None, now: str | None) -> str:
    if before is None:
        return NEW if kind == "earning" else LATE
    if now is None:
        return GONE
    return "; ".join(_changes(json.loads(before), json.loads(now))) or "the total of its window moved by rounding"


def _changes(before: Basis, now: Basis) -> Iterator[str]:
    """What changed of a line itself; if nothing did, what moved the position it stands on."""
    own = [sentence for name, words in WORDS.items() if (sentence := _change(name, words, before, now))]
    yield from own
    if not own or (len(own) == 1 and before.get("tier_rate") != now.get("tier_rate")):
        yield from _moved(before, now)


def _change(name: str, words: str, before: Basis, now: Basis) -> str | None:
    was, became = before.get(name), now.get(name)
    if was == became:
        return None
    shown = SHOWN.get(name, str)
    return f"{words} {shown(was) if was else 'not there'} → {shown(became) if became else 'not there'}"


def _moved(before: Basis, now: Basis) -> Iterator[str]:
    was, became = before.get("position_before"), now.get("position_before")
    if was != became and was and became:
        yield f"credits before it changed: its position starts at {_amount(became)} instead of {_amount(was)}"


def _amount(text: str) -> str:
    number = Decimal(text)
    return f"{number:,.2f}" if number == number.quantize(Decimal("0.01")) else f"{number.normalize():,f}"


def _percent(text: str) -> str:
    return f"{(Decimal(text) * 100).normalize():f} %"


WORDS = {
    "credited": "credited revenue",
    "plan_version": "plan version",
    "tier_rate": "rate",
    "quota": "quota",
    "incentive": "target incentive",
    "window": "window",
    "detail": "computed",
}
"""What of a line's basis is named when it changes."""

SHOWN: dict[str, Callable[[str], str]] = {
    "credited": _amount,
    "quota": _amount,
    "incentive": _amount,
    "tier_rate": _percent,
}
