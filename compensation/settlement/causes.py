"""Why a line is posted again: which fact or rule behind it changed, from what to what."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

Basis = Mapping[str, str | None]
Place = tuple[str | None, ...]

NEW = "earned in this period"
LATE = "came to be known after its period closed"
GONE = "no longer earned: its order or return was cancelled or taken out of the export, or its payee or plan is another"
ROUNDED = "the total of its window moved by rounding"
OF_LINE = ("payee_id", "plan", "component", "order_line_id", "return_id", "credit_number")
OF_POSITION = ("payee_id", "plan", "component")


@dataclass(frozen=True)
class Row:
    """One line that is posted: its period, what it was computed from before and what from now, and its place."""

    kind: str
    period: str
    before: Basis | None
    now: Basis | None
    line: Place
    position: Place


def causes_of(rows: pl.DataFrame, open_period: str = "") -> pl.DataFrame:
    """A sentence for each line that is posted, and which rule behind it changed.

    Args:
        rows: With ``OF_LINE``, ``kind``, ``earning_period``, ``basis`` (JSON of what the line is computed from now, empty where
            it is gone) and ``basis_before`` (of its last posting, empty where it is new or gone already).
        open_period: Fiscal period that is open.

    Returns:
        ``cause``, and ``approval``: the rules that changed (``quota``, ``plan version`` …) where one did behind a correction.
    """
    own = rows.select("kind", "earning_period", "basis_before", "basis", *OF_LINE)
    lines = [
        Row(kind, period, _loaded(before), _loaded(now), tuple(line), tuple(line[:3]))
        for kind, period, before, now, *line in own.rows()
    ]
    moves, movers = _moves(lines), _movers(lines)
    texts = [_cause(row, moves, movers) + _year(row.period, open_period) for row in lines]
    rules = [_rules(row) for row in lines]
    return pl.DataFrame({"cause": texts, "approval": rules}, schema={"cause": pl.String, "approval": pl.String})


def _loaded(text: str | None) -> Basis | None:
    return json.loads(text) if text else None


def _moves(rows: list[Row]) -> dict[Place, tuple[Row, Row]]:
    """Lines that left one earning period and came to another: both rows of each."""
    gone = {row.line: row for row in rows if row.now is None and row.before and row.line[3]}
    return {row.line: (gone[row.line], row) for row in rows if row.before is None and row.now and row.line in gone}


def _movers(rows: list[Row]) -> dict[Place, set[str]]:
    """Orders whose own facts changed, per payee, plan and component: they move the positions after them."""
    found: dict[Place, set[str]] = defaultdict(set)
    for row in rows:
        basis = row.now or row.before or {}
        order = basis.get("order")
        if order and (row.before is None or row.now is None or any(row.before.get(n) != row.now.get(n) for n in FACTS)):
            found[row.position].add(order)
    return found


def _cause(row: Row, moves: Mapping[Place, tuple[Row, Row]], movers: Mapping[Place, set[str]]) -> str:
    if row.line in moves:
        gone, came = moves[row.line]
        told = "; ".join(_own(gone.before or {}, came.now or {})) or "its window changed"
        return f"moved from {gone.period} to {came.period}: {told}"
    if row.before is None:
        return NEW if row.kind == "earning" else LATE
    if row.now is None:
        return GONE
    return "; ".join(_changes(row, movers)) or ROUNDED


def _changes(row: Row, movers: Mapping[Place, set[str]]) -> Iterator[str]:
    """What changed of a line itself; if nothing of its facts did, what moved the position it stands on."""
    before, now = row.before or {}, row.now or {}
    yield from _own(before, now)
    was, became = before.get("position_before"), now.get("position_before")
    if was != became and was and became and all(before.get(name) == now.get(name) for name in FACTS):
        orders = movers.get(row.position, set()) - {now.get("order") or ""}
        by = f" because of order {next(iter(orders))}" if len(orders) == 1 else ""
        yield f"credits before it changed{by}: its position starts at {_amount(became)} instead of {_amount(was)}"


def _own(before: Basis, now: Basis) -> list[str]:
    return [sentence for name, words in WORDS.items() if (sentence := _change(name, words, before, now))]


def _change(name: str, words: str, before: Basis, now: Basis) -> str | None:
    was, became = before.get(name), now.get(name)
    if was == became:
        return None
    shown = SHOWN.get(name, str)
    return f"{words} {shown(was) if was else 'not there'} → {shown(became) if became else 'not there'}"


def _rules(row: Row) -> str | None:
    """The rules that changed behind a correction: they need an approval."""
    if row.kind == "earning" or row.before is None or row.now is None:
        return None
    before, now = row.before, row.now
    changed = [WORDS[name] for name in RULES if before.get(name) != now.get(name)]
    return ", ".join(changed) or None


def _year(period: str, open_period: str) -> str:
    """A note where the fiscal year of the earning is not that of the posting."""
    year, paid = period[:4], open_period[:4]
    return f"; earned in fiscal year {year}, posted in {paid}" if paid and year != paid else ""


def _amount(text: str) -> str:
    number = Decimal(text)
    return f"{number:,.2f}" if number == number.quantize(Decimal("0.01")) else f"{number.normalize():,f}"


def _percent(text: str) -> str:
    return f"{(Decimal(text) * 100).normalize():f} %"


WORDS = {
    "event_date": "date",
    "sale_date": "order date",
    "amount": "amount",
    "motion": "motion",
    "rule": "chosen by",
    "credited": "credited",
    "plan_version": "plan version",
    "quota": "quota",
    "incentive": "target incentive",
    "factor": "factor of gates and multipliers",
    "value": "result",
    "tier_rate": "rate",
    "changed": "changed by caps and factors",
    "window": "window",
    "detail": "computed",
}
"""What of a line's basis is named when it changes."""

FACTS = ("event_date", "sale_date", "amount", "motion", "credited")
"""Facts of a line itself."""

RULES = ("plan_version", "quota", "incentive", "factor", "value")
"""What a person decided, or confirmed: behind a closed period it counts once it is approved."""

SHOWN: dict[str, Callable[[str], str]] = {
    "amount": _amount,
    "credited": _amount,
    "quota": _amount,
    "incentive": _amount,
    "changed": _amount,
    "tier_rate": _percent,
    "factor": _percent,
}
