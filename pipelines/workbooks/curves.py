"""Which curve each line of a statement was paid by, as straight lines that a spreadsheet can compute again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import rounded_fraction
from compensation.rules import Rules
from compensation.statement.labels import counted_by, counts_pieces
from compensation.statement.rule_words import component_sentence
from compensation.statement.sentences import component_named, version_named
from compensation.statement.settlement_words import pays_in_sentence, settlement_sentence
from compensation.statement.tiers import TierLine, piece_lines, tier_lines
from pipelines.workbooks.data import CurveSheet
from schemas.rules.component import Component
from schemas.rules.plan import PlanVersion

PLACE = ("plan", "component", "measure", "window")
CURVE = ("plan", "plan_version", "component", "measure", "window")
MOST_TRIED = 400
"""Stretches of one curve that are tried for a line; one with more is printed without a formula."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class KnownCurves:
    """What the calculation knows of one payee's curves: pieces, quotas and readings, each by what they belong to."""

    pieces: dict[tuple[Any, ...], list[list[dict[str, Any]]]] = field(default_factory=dict)
    quotas: dict[tuple[Any, ...], list[Decimal]] = field(default_factory=dict)
    readings: dict[tuple[Any, ...], list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Curve:
    """One curve that may have priced a line."""

    quota: Decimal | None
    lines: tuple[TierLine, ...]
    incentive: Decimal | None = None
    factor: Decimal | None = None


def known_curves(
    curves: pl.DataFrame, attainment: pl.DataFrame, readings: pl.DataFrame, windows: Iterable[str]
) -> dict[str, KnownCurves]:
    """What is known of curves in these windows, by payee.

    Args:
        curves: Contract ``CurvePiece``.
        attainment: Contract ``Attainment``: quotas as prorated, spread and added up.
        readings: Contract ``ReadingTaken``.
        windows: Labels of the windows that lines were paid in.
    """
    inside = pl.col("window").is_in(list(windows))
    known: dict[str, KnownCurves] = {}
    ordered = curves.filter(inside).sort(*CURVE, "stretch", pl.col("starts_at"), nulls_last=False)
    for row in ordered.rows(named=True):
        stretches = known.setdefault(row["payee_id"], KnownCurves()).pieces.setdefault(_key(row, CURVE), [])
        if not stretches or stretches[-1][0]["stretch"] != row["stretch"]:
            stretches.append([])
        stretches[-1].append(row)
    quotas = attainment.filter(inside & pl.col("quota").is_not_null()).sort("fiscal_period", descending=True)
    for row in quotas.rows(named=True):
        listed = known.setdefault(row["payee_id"], KnownCurves()).quotas.setdefault(_key(row, PLACE), [])
        listed += [] if row["quota"] in listed else [row["quota"]]
    for row in readings.filter(inside).rows(named=True):
        words = known.setdefault(row["payee_id"], KnownCurves()).readings.setdefault(
            (row["plan"], row["component"], row["window"]), []
        )
        words += [] if (text := reading_text(row)) in words else [text]
    return known


def reading_text(row: Row) -> str:
    """``gate 1: attainment of new business, month, up to 2026-03-31: 0.964, gives 0``."""
    value = "not there yet" if row["value"] is None else f"{row['value'].normalize():f}"
    effect = "" if row["effect"] is None else f", gives {row['effect'].normalize():f}"
    return f"{row['used_by']}: {row['reading'].replace('_', ' ')}, up to {row['until']}: {value}{effect}"


def with_curves(details: pl.DataFrame, known: KnownCurves, rules: Rules) -> tuple[tuple[CurveSheet, ...], pl.DataFrame]:
    """The curves that the lines were paid by, a letter each, and the lines with ``curve``, ``tier`` and places of their cuts.

    A line whose curve is not known well enough for a spreadsheet to compute it again has no curve.
    """
    components = _components(rules)
    found = [_curve_of(row, known, components) for row in details.rows(named=True)]
    keys = {_sheet_key(row, curve, components): (row, curve) for row, curve in _paid(details, found)}
    order = sorted(keys, key=lambda key: (key[0], components[key[1:4]].place, *map(str, key[1:5]), key[5] or 0))
    letters = {key: _letter(number) for number, key in enumerate(order)}
    sheets = tuple(_sheet(letters[key], *keys[key], known, rules) for key in order)
    codes = [
        None if curve is None else letters[_sheet_key(row, curve, components)]
        for row, curve in zip(details.rows(named=True), found, strict=True)
    ]
    places = [
        None if curve is None else _piece_of(curve, row)
        for curve, row in zip(found, details.rows(named=True), strict=True)
    ]
    numbers = [
        None if curve is None or place is None else curve.lines[place].number
        for curve, place in zip(found, places, strict=True)
    ]
    lettered = details.with_columns(
        curve=pl.Series(codes, dtype=pl.String),
        _number=pl.Series(numbers, dtype=pl.Int16),
        _place=pl.Series(places, dtype=pl.Int16) + 1,
    )
    cuts = {name: pl.col("_place") + pl.col(name) - pl.col("tier_number") for name in ("cut_before", "cut_after")}
    tier = pl.col("curve") + pl.col("_number").cast(pl.String)
    return sheets, lettered.with_columns(tier=tier, **cuts).drop("_number", "_place")


@dataclass(frozen=True)
class _Part:
    component: Component
    place: int


def _components(rules: Rules) -> dict[tuple[str, str, str], _Part]:
    parts = [
        (plan.plan, version.version, part)
        for plan in rules.plans for version in plan.versions for part in version.components
    ]  # fmt: skip
    return {(plan, version, part.component): _Part(part, place) for place, (plan, version, part) in enumerate(parts)}


def _paid(details: pl.DataFrame, found: Sequence[_Curve | None]) -> Iterator[tuple[Row, _Curve]]:
    for row, curve in zip(details.rows(named=True), found, strict=True):
        if curve is not None:
            yield row, curve


def _curve_of(row: Row, known: KnownCurves, components: dict[tuple[str, str, str], _Part]) -> _Curve | None:
    """The curve of a line; of several that may have priced it, the first that gives what the line earned by its curve."""
    if row["component"] is None:
        return None
    part = components[(row["plan"], row["plan_version"], row["component"])].component
    options = _options(row, part, known)
    if len(options) == 1 and options[0].factor is None:
        return options[0]
    return next((curve for curve in options[:MOST_TRIED] if _gives(curve, row)), None)


def _options(row: Row, part: Component, known: KnownCurves) -> list[_Curve]:
    stretches = known.pieces.get(_key(row, CURVE))
    if stretches:
        return [
            _Curve(first["quota"], tuple(piece_lines(pieces)), first["incentive"], first["factor"])
            for pieces in stretches
            for first in pieces[:1]
        ]
    if not part.needs_quota():
        return [_Curve(None, lines)] if (lines := tuple(tier_lines(part, None))) else []
    quotas = dict.fromkeys([*known.quotas.get(_key(row, PLACE), ()), row["quota"]])
    return [_Curve(quota, lines) for quota in quotas if (lines := tuple(tier_lines(part, quota)))]


def _gives(curve: _Curve, row: Row) -> bool:
    digits = minor_unit_digits(row["currency"])
    ends = (("position_after", "cut_after", "rounded_after"), ("position_before", "cut_before", "rounded_before"))
    own = _piece_of(curve, row)
    for position, cut, rounded in ends:
        on = None if row[cut] is None else own + row[cut] - row["tier_number"]
        money = _money(curve.lines, row[position], on)
        if Decimal(rounded_fraction(money, digits)).scaleb(-digits) != row[rounded]:
            return False
    return True


def _piece_of(curve: _Curve, row: Row) -> int:
    """Place of the piece that the slice lies on: of a tier that is mirrored below zero, the side of the slice."""
    numbers = [line.number for line in curve.lines]
    number = row["tier_number"]
    if -number in numbers and min(row["position_before"], row["position_after"]) < 0:
        number = -number
    return numbers.index(number) if number in numbers else 0


def _money(lines: Sequence[TierLine], position: Decimal, place: int | None) -> Fraction:
    """The curve at a position, on the piece it lies in, or on the one at a place."""
    reached = [line for line in lines if line.floor <= position] or list(lines[:1])
    line = lines[place] if place is not None and 0 <= place < len(lines) else reached[-1]
    return (Fraction(line.fixed) + Fraction(line.rate) * Fraction(position)) / line.divisor


def _sheet_key(row: Row, curve: _Curve, components: dict[tuple[str, str, str], _Part]) -> tuple[Any, ...]:
    """Curves that are the same are printed once; orders, which are a window each, share theirs."""
    part = components[(row["plan"], row["plan_version"], row["component"])].component
    window = "" if part.window == "transaction" else row["window"]
    return (
        row["currency"], row["plan"], row["plan_version"], row["component"], f"{row['measure']} {window}", curve.quota,
        curve.lines, curve.factor,
    )  # fmt: skip


def _sheet(
    letter: str,
    row: Row,
    curve: _Curve,
    known: KnownCurves,
    rules: Rules,
) -> CurveSheet:
    version = version_named(rules.plans, row["plan"], row["plan_version"])
    part = component_named(version, row["component"])
    separate = f" ({row['measure'].replace('_', ' ')})" if part.measure.positions == "separate" else ""
    is_order = part.window == "transaction"
    readings = known.readings.get((row["plan"], row["component"], row["window"]), [])
    return CurveSheet(
        letter=letter, plan=row["plan"], label=part.label + separate, version=version.version,
        window="each order" if is_order else row["window"], quota=curve.quota, currency=row["currency"],
        words=_words(part, version, row["plan"], rules), source=version.source.title, source_href=version.source.href, lines=curve.lines,
        incentive=curve.incentive, factor=curve.factor, readings=() if is_order else tuple(readings), counts_pieces=counts_pieces(counted_by(part)),
    )  # fmt: skip


def _words(part: Component, version: PlanVersion, plan: str, rules: Rules) -> str:
    """The component's rule, then what the whole plan says of the way from earned to paid."""
    whole = next(each for each in rules.plans if each.plan == plan)
    said = [component_sentence(part, whole.currency)]
    said += [pays_in_sentence(whole.pays_in)] if whole.pays_in else []
    said += [settlement_sentence(version.settlement, whole.pay_currency)] if version.settlement else []
    return " ".join(said)


def _key(row: Row, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _letter(number: int) -> str:
    """A to Z, then AA, AB and so on."""
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters
