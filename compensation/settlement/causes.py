"""Why a line is posted again: which fact or rule behind it changed, from what to what."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import polars as pl

Basis = Mapping[str, str | None]
Place = tuple[str | None, ...]

NEW = "earned in this period"
LATE = "came to be known after its period closed"
GONE = "no longer earned"
ROUNDED = "the total of its window moved by rounding"
OF_LINE = ("payee_id", "plan", "component", "order_line_id", "return_id", "credit_number")
MOST_ORDERS = 3


@dataclass(frozen=True)
class Row:
    """One line that is posted: its period, what it was computed from before and what from now, and its place."""

    kind: str
    period: str
    before: Basis | None
    now: Basis | None
    rules: str | None
    gone: str | None
    line: Place

    @property
    def window(self) -> Place:
        """Whose position it stands on: payee, plan, component and window."""
        return (*self.line[:3], (self.now or self.before or {}).get("window"))


def causes_of(
    rows: pl.DataFrame, open_period: str = "", others: pl.DataFrame | None = None, tax_years: Mapping[str, int] | None = None
) -> pl.Series:  # fmt: skip
    """A sentence for each line that is posted.

    Args:
        rows: With ``OF_LINE``, ``kind``, ``earning_period``, ``basis`` (JSON of what the line is computed from now, empty where
            it is gone), ``basis_before`` (of its last posting, empty where it is new or gone already), ``rules`` (rules behind
            it that changed, in words; else empty) and ``gone`` (what became of a line that is gone; else empty).
        open_period: Fiscal period that is open.
        others: Lines with another basis than when they were posted, although they earn the same: columns as ``rows``; they
            may have moved the position of the others.
        tax_years: Calendar year in which each fiscal period ends; a line that is paid in another one says so.
    """
    lines = _lines(rows)
    moves = _moves(lines)
    movers = _movers([*lines, *(_lines(others) if others is not None else ())])
    texts = [_cause(row, moves, movers) + _year(row.period, open_period, tax_years or {}) for row in lines]
    return pl.Series("cause", texts, dtype=pl.String)


def _lines(rows: pl.DataFrame) -> list[Row]:
    own = rows.select("kind", "earning_period", "basis_before", "basis", "rules", "gone", *OF_LINE)
    return [
        Row(kind, period, _loaded(before), _loaded(now), rules, gone, tuple(line))
        for kind, period, before, now, rules, gone, *line in own.rows()
    ]


def _loaded(text: str | None) -> Basis | None:
    return json.loads(text) if text else None


def _moves(rows: list[Row]) -> dict[Place, tuple[Row, Row]]:
    """Lines that left one earning period and came to another: both rows of each."""
    gone = {row.line: row for row in rows if row.now is None and row.before and row.line[3]}
    return {row.line: (gone[row.line], row) for row in rows if row.before is None and row.now and row.line in gone}


def _movers(rows: list[Row]) -> dict[Place, dict[str, str]]:
    """Orders whose own facts changed, with their first day, per payee, plan, component and window: they move positions after them."""
    found: dict[Place, dict[str, str]] = defaultdict(dict)
    for row in rows:
        order = (row.now or row.before or {}).get("order")
        if order and _differs(row):
            days = [day for basis in (row.before, row.now) if basis and (day := basis.get("event_date"))]
            known = found[row.window].get(order)
            found[row.window][order] = min([*days, *([known] if known else [])], default="")
    return found


def _differs(row: Row) -> bool:
    before, now = row.before, row.now
    return before is None or now is None or any(before.get(name) != now.get(name) for name in FACTS)


def _cause(row: Row, moves: Mapping[Place, tuple[Row, Row]], movers: Mapping[Place, Mapping[str, str]]) -> str:
    rules = [row.rules] if row.rules else []
    if row.line in moves:
        gone, came = moves[row.line]
        told = "; ".join([*_own(gone.before or {}, came.now or {}, row.rules), *rules]) or "its window changed"
        return f"moved from {gone.period} to {came.period}: {told}"
    if row.before is None:
        place = (row.now or {}).get("amount_source")
        late = f"{LATE} ({place})" if place else LATE
        return "; ".join([NEW if row.kind == "earning" else late, *rules])
    if row.now is None:
        return f"{GONE}: " + "; ".join([row.gone, *rules] if row.gone else rules or [ELSEWHERE])
    return "; ".join([*_changes(row, movers), *rules]) or ROUNDED


def _changes(row: Row, movers: Mapping[Place, Mapping[str, str]]) -> Iterator[str]:
    """What changed of a line itself; if nothing of its facts did, what moved the position it stands on."""
    before, now = row.before or {}, row.now or {}
    yield from _own(before, now, row.rules)
    was, became = before.get("position_before"), now.get("position_before")
    if was != became and was and became and not _differs(row):
        others = {order: day for order, day in movers.get(row.window, {}).items() if order != now.get("order")}
        orders = [order for order, day in others.items() if day <= (now.get("event_date") or day)] or list(others)
        yield f"credits before it changed{_because_of(orders)}: its position starts at {_amount(became)} instead of {_amount(was)}"


def _because_of(orders: list[str]) -> str:
    if not orders:
        return ""
    more = f" and {len(orders) - MOST_ORDERS} more" if len(orders) > MOST_ORDERS else ""
    return f" because of order{'s' if len(orders) > 1 else ''} {', '.join(orders[:MOST_ORDERS])}{more}"


def _own(before: Basis, now: Basis, rules: str | None) -> list[str]:
    """Facts and figures of a line that changed; what its rules say in their own words, and what follows, is not said twice."""
    changed = [name for name in WORDS if before.get(name) != now.get(name)]
    silent = {follows for name, then in IMPLIED.items() if name in changed for follows in then}
    if _is_return(now):
        silent.discard("event_date")
    silent |= {name for name in OF_RULES if rules}
    told = [name for name in changed if name not in silent] or [name for name in changed if not rules]
    return [_change(name, before, now) for name in told]


def _is_return(basis: Basis) -> bool:
    return basis.get("event_date") != basis.get("sale_date")


def _change(name: str, before: Basis, now: Basis) -> str:
    was, became, shown = before.get(name), now.get(name), SHOWN.get(name, str)
    place = now.get(SOURCES.get(name, ""))
    told = f"{WORDS[name]} {shown(was) if was else 'not there'} → {shown(became) if became else 'not there'}"
    return f"{told} ({place})" if place else told


def _year(period: str, open_period: str, tax_years: Mapping[str, int]) -> str:
    """A note where the fiscal or the tax year of the earning is not that of the posting."""
    year, paid = period[:4], open_period[:4]
    was, tax = tax_years.get(period), tax_years.get(open_period)
    if paid and year != paid:
        return f"; earned in fiscal year {year}, posted in {paid}" + (f" (tax year {tax})" if tax != was else "")
    return f"; earned in tax year {was}, posted in tax year {tax}" if tax != was else ""


def tax_years_of(calendar: pl.DataFrame) -> dict[str, int]:
    """The calendar year in which each fiscal period ends: pay is taxed in the year of the period that posts it."""
    years = calendar.select("fiscal_period", (pl.col("period_end") - timedelta(days=1)).dt.year())
    return dict(years.rows())


def _amount(text: str) -> str:
    number = Decimal(text)
    return f"{number:,.2f}" if number == number.quantize(Decimal("0.01")) else f"{number.normalize():,f}"


def _percent(text: str) -> str:
    return f"{(Decimal(text) * 100).normalize():f} %"


ELSEWHERE = "its order or return was cancelled or taken out of the export, or its payee or plan is another"

WORDS = {
    "sale_date": "order date",
    "event_date": "date",
    "amount": "amount",
    "motion": "motion",
    "rule": "chosen by",
    "credited": "credited",
    "plan_version": "plan version",
    "quota": "quota",
    "incentive": "target incentive",
    "factor": "factor of gates and multipliers",
    "value": "result",
    "tier_rate": "rate of its tier",
    "changed": "changed by caps and factors",
    "window": "window",
    "detail": "computed",
}
"""What of a line's basis is named when it changes."""

SOURCES = {"sale_date": "date_source", "event_date": "date_source", "amount": "amount_source"}
"""Where a fact stands."""

IMPLIED = {"sale_date": ("event_date",), "amount": ("credited",), "value": ("detail",), "incentive": ("detail",)}
"""What follows from a change that is named already."""

OF_RULES = ("plan_version", "quota", "value", "detail")
"""What is told by the rules that changed, where some did."""

FACTS = ("event_date", "sale_date", "amount", "motion", "credited")
"""Facts of a line itself."""

SHOWN: dict[str, Callable[[str], str]] = {
    "amount": _amount,
    "credited": _amount,
    "quota": _amount,
    "incentive": _amount,
    "changed": _amount,
    "tier_rate": _percent,
    "factor": _percent,
}
"""How figures are written."""
