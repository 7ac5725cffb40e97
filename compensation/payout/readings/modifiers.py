"""Modifiers: what gates, multipliers, matrices and wider windows say of each stretch of a position."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

import polars as pl

from compensation.money import MILLION, rounded_fraction
from compensation.payout.bonuses.given import findings_frame
from compensation.payout.bonuses.looks import missing_result
from compensation.payout.curves.designs import NO_EFFECT, Effect
from compensation.payout.curves.payouts import factor_at, is_open
from compensation.payout.readings.counting import Returns
from compensation.payout.readings.readings import Asked, Readings, interval_ending, words
from compensation.payout.setting import Setting
from compensation.payout.terms import Term
from compensation.payout.windows import KINDS
from schemas.core.payout import ReadingTaken
from schemas.dtypes import RATE
from schemas.rules.curve import MatrixCurve, TieredCurve
from schemas.rules.modifier import Gate, Multiplier
from schemas.rules.reading import Reading

Value = Fraction | None


@dataclass(frozen=True)
class Use:
    """One reading that a component uses: under which name, how, and whether at each credit."""

    name: str
    reading: Reading
    is_running: bool
    apply: Callable[[Effect, Value], Effect]
    effect_of: Callable[[Value], Fraction | None]


@dataclass(frozen=True)
class Modified:
    """Rows with the place of their ``effect`` in ``effects``, and every reading taken (contract ``ReadingTaken``).

    ``findings`` (contract ``Finding``) names each result that is not there.
    """

    rows: pl.DataFrame
    effects: tuple[Effect, ...]
    readings: pl.DataFrame
    findings: pl.DataFrame


def uses_of(term: Term) -> tuple[Use, ...]:
    """The readings of a component, in the order gates, multipliers, matrix."""
    part = term.component
    gates = [_gate(number, gate) for number, gate in enumerate(part.gates, start=1)]
    multipliers = [_multiplier(number, each) for number, each in enumerate(part.multipliers, start=1)]
    matrix = [_matrix(part.curve)] if isinstance(part.curve, MatrixCurve) else []
    return (*gates, *multipliers, *matrix)


def _gate(number: int, gate: Gate) -> Use:
    def factor(value: Value) -> Fraction:
        return Fraction(is_open(gate, value))

    return Use(f"gate {number}", gate.reading, gate.reads == "running", _times(factor), factor)


def _multiplier(number: int, multiplier: Multiplier) -> Use:
    def factor(value: Value) -> Fraction:
        return factor_at(multiplier, value)

    return Use(f"multiplier {number}", multiplier.reading, multiplier.reads == "running", _times(factor), factor)


def _times(factor: Callable[[Value], Fraction]) -> Callable[[Effect, Value], Effect]:
    return lambda effect, value: Effect(effect.factor * factor(value), effect.column, effect.tier)


def _matrix(curve: MatrixCurve) -> Use:
    return Use(
        "matrix",
        curve.columns.reading,
        False,
        lambda effect, value: Effect(effect.factor, value, effect.tier),
        lambda _value: None,
    )


def with_running_effects(
    ordered: pl.DataFrame, setting: Setting, readings: Readings
) -> tuple[pl.DataFrame, tuple[Effect, ...]]:
    """Credits with the ``effect`` of the readings that are taken at each of them, before positions are cut into runs.

    A return *as corrected* has the effect that its sale had.

    Args:
        ordered: One row a credit in its position: ``key``, ``term`` and ``place``.
        setting: Terms, calendar and numbering.
        readings: What takes them.
    """
    effects: dict[Effect, int] = {NO_EFFECT: 0}
    numbers = pl.Series("effect", [0], dtype=pl.Int32).new_from_index(0, ordered.height)
    for number, term in enumerate(setting.terms.terms):
        uses = [use for use in uses_of(term) if use.is_running]
        rows = ordered.with_row_index("row").filter(pl.col("term") == number) if uses else ordered.clear()
        if rows.is_empty():
            continue
        found = [NO_EFFECT] * rows.height
        for use in uses:
            values = _running_values(use, rows, term, setting, readings)
            found = [use.apply(effect, value) for effect, value in zip(found, values, strict=True)]
        if term.component.takes_back.mode == "as_corrected":
            found = _with_those_of_sales(found, rows, readings.credits, setting)
        codes = [effects.setdefault(effect, len(effects)) for effect in found]
        numbers = numbers.scatter(rows["row"], codes)
    return ordered.with_columns(effect=numbers), tuple(effects)


def _with_those_of_sales(
    found: Sequence[Effect], rows: pl.DataFrame, credits: pl.DataFrame, setting: Setting
) -> list[Effect]:
    """The effects, a return with that of its sale: it takes back what the sale earned, whatever the reading is by then."""
    named = rows.select(payee=setting.payee(), credit=setting.credit()).select(
        "payee",
        pl.lit(credits["order_line_id"]).gather(pl.col("credit")),
        pl.lit(credits["credit_number"]).gather(pl.col("credit")),
        is_return=pl.lit(credits["return_id"].is_not_null()).gather(pl.col("credit")),
    )
    keyed = [(tuple(key), is_return) for *key, is_return in named.rows()]
    of_sales = {key: effect for (key, is_return), effect in zip(keyed, found, strict=True) if not is_return}
    return [of_sales.get(key, own) if is_return else own for (key, is_return), own in zip(keyed, found, strict=True)]


def _running_values(use: Use, rows: pl.DataFrame, term: Term, setting: Setting, readings: Readings) -> list[Value]:
    windows, ends = setting.windows, setting.windows.bounds()["window_end"]
    at = rows.select(
        credit=setting.credit(),
        payee_id=pl.lit(setting.payee_ids).gather(setting.payee()),
        currency=pl.lit(term.plan.currency),
        day=pl.lit(windows.first_day) + pl.duration(days=pl.col("place")),
        window=setting.window(),
    )
    spans = [
        interval_ending(use.reading.scope, ends[window] if window < len(ends) else day + timedelta(days=1), windows)
        for day, window in at.select("day", "window").rows()
    ]
    at = at.drop("day", "window").with_columns(
        first=pl.Series([first for first, _ in spans], dtype=pl.Date),
        end=pl.Series([end for _, end in spans], dtype=pl.Date),
    )
    found = readings.running(use.reading, at, returns=_returns(term, use.reading))
    pairs = found.select("numerator", "denominator").rows()
    return [None if below is None else Fraction(above, below) for above, below in pairs]


def modified(
    runs: pl.DataFrame, running: Sequence[Effect], tiers: pl.Series | None, setting: Setting, readings: Readings
) -> Modified:
    """What readings at the end of what is known say of every run.

    Args:
        runs: Stretches of one curve with ``term``, ``window``, ``payee_id``, ``date`` of their last credit and ``effect``
            (place in ``running``) where readings were taken at each credit.
        running: Effects of readings taken at each credit.
        tiers: Place of the tier of the wider window of each run; none where no component has one.
        setting: Terms, calendar and numbering.
        readings: What takes them.

    Source:
        ``docs/plans/modifiers.md``.
    """
    found = [running[number] for number in runs["effect"]] if "effect" in runs.columns else [NO_EFFECT] * runs.height
    if tiers is not None:
        found = [Effect(e.factor, e.column, tier) for e, tier in zip(found, tiers, strict=True)]
    taken: list[dict[str, Any]] = []
    lost: list[dict[str, Any]] = []
    for number, term in enumerate(setting.terms.terms):
        uses = [use for use in uses_of(term) if not use.is_running]
        rows = runs.with_row_index("row").filter(pl.col("term") == number) if uses else runs.clear()
        for use in uses if not rows.is_empty() else ():
            asked = list(_asked(use.reading, rows, term, setting))
            values = readings.values(use.reading, asked, returns=_returns(term, use.reading))
            for row, value in zip(rows["row"], values, strict=True):
                found[row] = use.apply(found[row], value)
            taken += _taken(use, term, rows, asked, values, setting)
            lost += _missing(use, term, rows, asked, values, setting, readings)
    effects: dict[Effect, int] = {NO_EFFECT: 0}
    codes = [effects.setdefault(effect, len(effects)) for effect in found]
    rows = runs.with_columns(effect=pl.Series(codes, dtype=pl.Int32))
    return Modified(rows, tuple(effects), _as_contract(taken), findings_frame(lost))


def _returns(term: Term, reading: Reading) -> Returns:
    """Where returns count in what a component reads: as it places them, and in no attainment that they do not affect."""
    rule = term.component.takes_back
    return "left_out" if reading.of == "attainment" and not rule.affects_attainment else rule.mode


def _asked(reading: Reading, rows: pl.DataFrame, term: Term, setting: Setting) -> Iterator[Asked]:
    windows = setting.windows
    ends = windows.bounds()["window_end"]
    for payee_id, window, day in rows.select("payee_id", "window", "last_day").rows():
        end = ends[window] if window < len(ends) else day + timedelta(days=1)  # an order ends on its last day
        first, until = interval_ending(reading.scope, end, windows)
        yield Asked(payee_id, term.plan.currency, first, until)


def _taken(
    use: Use, term: Term, rows: pl.DataFrame, asked: Sequence[Asked], values: Sequence[Value], setting: Setting
) -> list[dict[str, Any]]:
    labels = setting.windows.labels
    phrase = words(use.reading)
    unique: dict[tuple[str, str], dict[str, Any]] = {}
    for one, window, value in zip(asked, rows["window"], values, strict=True):
        unique[one.payee_id, labels[window]] = {
            "payee_id": one.payee_id, "plan": term.plan.plan, "component": term.component.component,
            "window": labels[window], "used_by": use.name, "reading": phrase, "until": one.end - timedelta(days=1),
            "value": _printed(value), "effect": _printed(use.effect_of(value)),
        }  # fmt: skip
    return list(unique.values())


def _missing(
    use: Use, term: Term, rows: pl.DataFrame, asked: Sequence[Asked], values: Sequence[Value], setting: Setting, readings: Readings
) -> list[dict[str, Any]]:  # fmt: skip
    """A finding for each payee and window of which a result is not there, as bonuses have them."""
    so = {"gate": "stays closed", "multiplier": "is 1", "matrix": "pays nothing"}[use.name.split()[0]]
    unique: dict[tuple[str, str], dict[str, Any]] = {}
    for one, window, value in zip(asked, rows["window"], values, strict=True):
        if value is None:
            label = setting.windows.labels[window]
            span = (label, one.end, min(one.end, readings.last_day + timedelta(days=1)))
            unique[one.payee_id, label] = missing_result(
                term.component.component, one.payee_id, span, use.reading, f"{use.name} {so}", setting.windows
            )
    return list(unique.values())


def _printed(value: Value) -> int | None:
    """Millionths, for printing."""
    return None if value is None else rounded_fraction(value, 6)


def _as_contract(taken: list[dict[str, Any]]) -> pl.DataFrame:
    dtypes = ReadingTaken.dtypes()
    figures = ("value", "effect")
    raw = {name: pl.Int64 if name in figures else dtype for name, dtype in dtypes.items()}
    frame = pl.DataFrame(taken, schema=raw)
    return frame.with_columns(pl.col(name).cast(pl.Int128).reinterpret(dtype=RATE) for name in figures).sort(
        "plan", "component", "payee_id", "window", "used_by"
    )


def tiers_of_wider_windows(
    ordered: pl.DataFrame, runs: pl.DataFrame, quota_of: Callable[[pl.DataFrame], pl.DataFrame], setting: Setting
) -> pl.Series | None:
    """Place of the tier that the position in the wider window has reached at the end of each run's own window.

    Args:
        ordered: Credits as ``positioned`` gives them.
        runs: Stretches of one curve, in the order of their numbers, with the parts of their position and ``date``.
        quota_of: Adds ``quota`` and ``needs_quota`` to rows with ``term``, ``payee``, ``window``, ``segment`` and ``date``.
        setting: Terms, calendar and numbering.

    Returns:
        One number a run, null where its component has no wider window; none where no component has one.

    Source:
        ``docs/plans/modifiers.md``.
    """
    wider = [_kind_of(term) for term in setting.terms.terms]
    if not any(kind is not None for kind in wider):
        return None
    firsts = setting.windows.table().group_by("window").agg(pl.col("period").min()).sort("window")["period"]
    sums = ordered.group_by("run").agg(units=pl.col("units").sum())
    rows = runs.join(sums, on="run", how="left", validate="1:1").with_columns(
        kind=pl.lit(pl.Series(wider, dtype=pl.Int32)).gather(pl.col("term")),
        period=pl.lit(firsts).gather(pl.col("window"), null_on_oob=True),
        own="window",
    )
    found: dict[int, int | None] = {}
    for kind in sorted({kind for kind in wider if kind is not None}):
        asking = _reached(rows, kind, setting).filter(pl.col("kind") == kind)
        known = quota_of(asking.drop("quota", "needs_quota", "payee_id", "measure", "currency", strict=False))
        for run, term, position, quota in known.select("run", "term", "position", "quota").rows():
            found[run] = _tier_at(setting.terms.terms[term], position, quota)
    return pl.Series([found.get(run) for run in runs["run"]], dtype=pl.Int32)


def _reached(rows: pl.DataFrame, kind: int, setting: Setting) -> pl.DataFrame:
    """Runs with the wider ``window`` of a kind and the ``position`` in it at the end of their own, whichever version took its credits."""
    whole = ["slot", "payee", "segment", "window"]
    inside = rows.filter(pl.col("period").is_not_null()).with_columns(
        window=setting.windows.window(pl.lit(kind), pl.col("period"))
    )
    by_window = inside.group_by(*whole, "own", "period").agg(pl.col("units").sum()).sort(*whole, "period", "own")
    reached = by_window.with_columns(position=pl.col("units").cum_sum().over(whole)).drop("units", "period")
    return inside.join(reached, on=[*whole, "own"], how="left", validate="m:1", maintain_order="left")


def _kind_of(term: Term) -> int | None:
    wider = term.component.tier_window
    return None if wider is None else list(KINDS).index(wider)


def _tier_at(term: Term, position: int, quota: int | None) -> int | None:
    """Place of the tier that a position (minor units) lies in; none on a curve without tiers."""
    curve = term.component.curve
    if not isinstance(curve, TieredCurve):
        return None
    unit = quota if curve.of == "attainment" else 10**term.position_digits
    bounds = [int(tier.floor.scaleb(6)) * (unit or 0) for tier in curve.tiers]
    return sum(position * MILLION >= bound for bound in bounds[1:])
