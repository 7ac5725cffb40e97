"""Curves: designs scaled to each payee's quota, target and factor, and the exact money of a position on them.

Everything is whole numbers: money = (slope × position + intercept) ÷ divisor. Plain tiers, which millions of credits climb,
share one divisor and are scaled side by side; every other curve is scaled by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm

import polars as pl

from compensation.money import LARGEST_SUM, MILLION, WIDE, exact_product, on_line, reached_from, rounded_fraction
from compensation.payout.curves.designs import NO_EFFECT, Effect, Piece, design_of
from compensation.payout.errors import PayoutError
from compensation.payout.terms import Term
from schemas.dtypes import RATE
from schemas.rules.curve import FlatCurve, MatrixCurve, TargetCurve, TieredCurve

PLAIN_DIVISOR = MILLION**2
"""A rate in millionths times a position in millionths of a minor unit."""

NEVER = -1
"""Tier number of a piece that only fills up a curve with fewer pieces than the widest."""

LARGEST_PRODUCT = 2**125
"""Slope × position and intercept stay below this, so that rounding them stays inside 128 bits."""

PIECE = pl.Schema(
    {
        "tier_number": pl.Int16,
        "rate": pl.Int64,
        "bound": WIDE,
        "reached_at": pl.Int64,
        "slope": WIDE,
        "small_slope": WIDE,
        "intercept": WIDE,
        "divisor": WIDE,
    }
)
"""A piece: ``bound`` in millionths of a minor unit, ``reached_at`` the first minor unit in it, ``slope`` per minor unit,
``small_slope`` per millionth of one, ``rate`` in millionths, for printing."""


@dataclass(frozen=True)
class Curves:
    """Curves side by side: piece ``p`` of curve ``c`` is row ``c × width + p`` of ``pieces`` (see ``PIECE``).

    ``drawn`` has the fractions behind the curves that are not plain, by curve number.
    """

    pieces: pl.DataFrame
    width: int
    is_plain: bool
    drawn: dict[int, tuple[Piece, ...]]

    def piece_at(self, curve: pl.Expr, units: pl.Expr) -> pl.Expr:
        """Row of the piece that a position (whole minor units) lies in: a position at a bound lies above it."""
        first = curve.cast(pl.Int32) * self.width
        reached = pl.lit(self.pieces["reached_at"])
        piece = first
        for tier in range(1, self.width):
            piece = piece + (units >= reached.gather(first + tier)).cast(pl.Int32)
        return piece

    def of_piece(self, name: str, piece: pl.Expr) -> pl.Expr:
        """A column of ``pieces`` by row number."""
        return pl.lit(self.pieces[name]).gather(piece)

    def divisor_of(self, piece: pl.Expr) -> pl.Expr | int:
        """Divisor of a piece: one number where all curves are plain."""
        return PLAIN_DIVISOR if self.is_plain else self.of_piece("divisor", piece)

    def rate_of_piece(self, piece: pl.Expr) -> pl.Expr:
        """Rate (``Decimal(38, 6)``) of a piece by row number."""
        return pl.lit(self.pieces["rate"].cast(WIDE).reinterpret(dtype=RATE)).gather(piece)

    def next_bound(self, piece: pl.Expr) -> pl.Expr:
        """Where the next tier starts, in millionths of a minor unit; null in the last."""
        following = pl.min_horizontal(piece + 1, pl.lit(self.pieces.height - 1))
        is_last = ((piece + 1) % self.width == 0) | (self.of_piece("tier_number", following) == NEVER)
        return pl.when(~is_last).then(self.of_piece("bound", following))

    def money_at(self, piece: pl.Expr, units: pl.Expr) -> pl.Expr:
        """Rounded money (minor units) of a position in whole minor units, on the piece it lies in."""
        return on_line(units, self.of_piece("slope", piece), self.of_piece("intercept", piece), self.divisor_of(piece))

    def exact_at_bound(self, piece: pl.Expr, position: pl.Expr) -> pl.Expr:
        """Money of a position in millionths of a minor unit, ``divisor`` times and not rounded."""
        return exact_product(position, self.of_piece("small_slope", piece)) + self.of_piece("intercept", piece)

    def money_at_bound(self, piece: pl.Expr, position: pl.Expr) -> pl.Expr:
        """Rounded money of a position in millionths of a minor unit, also a piece's own end (its limit from below)."""
        slope = self.of_piece("small_slope", piece)
        return on_line(position, slope, self.of_piece("intercept", piece), self.divisor_of(piece))


def has_plain_curve(term: Term) -> bool:
    """Whether a term's curve is tiers over money or over attainment, and nothing that a reading can change."""
    part = term.component
    reads = part.gates or part.multipliers or part.tier_window
    by_rate = isinstance(part.curve, FlatCurve | TieredCurve) and part.measure.counts_money()
    return bool(by_rate and not reads and not part.floor)


def curves_of(terms: Sequence[Term], distinct: pl.DataFrame, effects: Sequence[Effect], largest: int) -> Curves:
    """All curves that a calculation needs.

    Args:
        terms: All terms, by number.
        distinct: One row a curve, in order: ``curve``, ``term``, ``unit`` and ``money_unit`` (what one of the design's
            positions and moneys is, in minor units; a unit of 0 where the quota is 0) and ``effect`` (place in ``effects``).
        effects: What readings say; the first one says nothing.
        largest: No position is larger than this, in minor units.

    Raises:
        PayoutError: a curve with numbers that cannot be counted exactly in 128 bits.
    """
    plain = pl.Series([has_plain_curve(term) for term in terms], dtype=pl.Boolean)
    side_by_side = distinct.filter((pl.col("effect") == 0) & pl.lit(plain).gather(pl.col("term")))
    others = distinct.join(side_by_side, on="curve", how="anti").sort("curve")
    designs = [design_of(term.component, has_quota=has_quota) for term in terms for has_quota in (True, False)]
    one_by_one = list(_drawn(terms, others, effects))
    width = max([1, *(len(each) for each in designs), *(len(pieces) for _, pieces, _ in one_by_one)])
    parts = [_scaled_side_by_side(designs, plain, side_by_side, width)]
    parts += [_scaled(curve, pieces, row, width, largest, terms) for curve, pieces, row in one_by_one]
    pieces = pl.concat(parts).sort("curve", maintain_order=True).select(*PIECE)
    return Curves(pieces, width, not one_by_one, {curve: pieces for curve, pieces, _ in one_by_one})


def _drawn(
    terms: Sequence[Term], curves: pl.DataFrame, effects: Sequence[Effect]
) -> Iterator[tuple[int, tuple[Piece, ...], dict[str, int]]]:
    """Each curve's number, its pieces in minor units, factor included, and its row."""
    for row in curves.rows(named=True):
        effect, part = effects[row["effect"]], terms[row["term"]].component
        design = design_of(part, effect, has_quota=row["unit"] != 0)
        term = terms[row["term"]]
        unit, money_unit = (
            row["unit"] or 10**term.position_digits,
            Fraction(10**term.digits if row["money_unit"] is None else row["money_unit"]),
        )
        if money_units(term) == "quota":  # tiers pay money for money, or an amount for each of what is counted
            money_unit = unit * Fraction(10) ** (term.digits - term.position_digits)
        yield row["curve"], _in_minor_units(design, unit, money_unit, effect.factor), row


def _in_minor_units(design: Sequence[Piece], unit: int, money_unit: Fraction, factor: Fraction) -> tuple[Piece, ...]:
    scale = factor * money_unit
    return tuple(
        replace(piece, floor=_times(piece.floor, unit), slope=piece.slope * scale / unit, fixed=piece.fixed * scale)
        for piece in design
    )


def _times(floor: Fraction | None, unit: int) -> Fraction | None:
    return None if floor is None else floor * unit


def _scaled(
    curve: int, pieces: Sequence[Piece], row: dict[str, int], width: int, largest: int, terms: Sequence[Term]
) -> pl.DataFrame:
    """One curve over one divisor, filled up to the width."""
    divisor = lcm(*(number.denominator for piece in pieces for number in (piece.slope, piece.fixed)))
    slopes = [int(piece.slope * divisor) for piece in pieces]
    widen = MILLION // gcd(MILLION, *slopes)
    numbers = [(slope * widen, int(piece.fixed * divisor) * widen) for slope, piece in zip(slopes, pieces, strict=True)]
    if any(abs(slope) * largest + abs(fixed) >= LARGEST_PRODUCT for slope, fixed in numbers):
        term = terms[row["term"]]
        raise PayoutError(
            f"plan {term.plan.plan}, component {term.component.component}: its curve has numbers with too many digits to be "
            "counted exactly together with the quota or incentive; give bounds, points and incentives with fewer digits"
        )
    rows = [
        (
            piece.tier_number,
            _printed_rate(piece, terms[row["term"]]),
            0 if piece.floor is None else int(piece.floor * MILLION),
            min(first_unit(piece), LARGEST_SUM),
            slope,
            slope // MILLION,
            fixed,
            divisor * widen,
        )
        for piece, (slope, fixed) in zip(pieces, numbers, strict=True)
    ]
    never = (NEVER, 0, 0, LARGEST_SUM, 0, 0, 0, 1)
    filled = [*rows, *[never] * (width - len(rows))]
    return pl.DataFrame(filled, schema=PIECE, orient="row").select(
        pl.lit(curve, dtype=pl.Int64).alias("curve"), pl.all()
    )


def first_unit(piece: Piece) -> int:
    """The first whole minor unit in a piece whose floor is in minor units; 0 in the lowest, which has no floor."""
    if piece.floor is None:
        return 0
    return int(piece.floor // 1) + 1 if piece.mirrored else -int(-piece.floor // 1)


def _printed_rate(piece: Piece, term: Term) -> int:
    """Money for one more of the position, both in major units, in millionths."""
    shift = Fraction(10) ** (term.position_digits - term.digits)
    return rounded_fraction(piece.slope * shift, 6)


def _scaled_side_by_side(
    designs: Sequence[Sequence[Piece]], plain: pl.Series, curves: pl.DataFrame, width: int
) -> pl.DataFrame:
    """Plain curves: many payees share a design and differ in their quota. Two designs a term: with a quota, and without."""
    of_plain = [each if plain[number // 2] else () for number, each in enumerate(designs)]
    never = Piece(NEVER, None, Fraction(0))
    drawn = _in_millionths([piece for each in of_plain for piece in (*each, *[never] * (width - len(each)))])
    places = pl.DataFrame({"place": pl.int_range(curves.height * width, eager=True)}).select(
        row=pl.col("place") // width, tier=pl.col("place") % width
    )
    design = curves.select(pl.col("term") * 2 + (pl.col("unit") == 0).cast(pl.Int32)).to_series().cast(pl.Int64)
    unit, number = (pl.lit(curves[name].cast(pl.Int64)).gather(pl.col("row")) for name in ("unit", "curve"))
    pieces = places.select(curve=number, unit=unit, piece=pl.lit(design).gather(pl.col("row")) * width + pl.col("tier"))
    pieces = pieces.with_columns(pl.lit(drawn[name]).gather(pl.col("piece")).alias(name) for name in drawn.columns)
    pieces = pieces.with_columns(bound=exact_product(pl.col("floor"), pl.col("unit")))
    scaled = pieces.select("curve", *_plain_piece())
    return scaled.with_columns(pl.col(name).cast(dtype) for name, dtype in PIECE.items())


def _in_millionths(pieces: Sequence[Piece]) -> pl.DataFrame:
    """Plain pieces over a quota of one: floor and rate in millionths, money at 0 in 10⁻¹²."""
    return pl.DataFrame(
        {
            "tier_number": pl.Series([piece.tier_number for piece in pieces], dtype=pl.Int16),
            "floor": pl.Series([int((piece.floor or 0) * MILLION) for piece in pieces], dtype=WIDE),
            "rate": pl.Series([int(piece.slope * MILLION) for piece in pieces], dtype=pl.Int64),
            "money_at_0": pl.Series([int(piece.fixed * PLAIN_DIVISOR) for piece in pieces], dtype=WIDE),
        }
    )


def _plain_piece() -> list[pl.Expr]:
    is_real = pl.col("tier_number") != NEVER
    return [
        pl.col("tier_number"),
        pl.col("rate"),
        pl.when(is_real).then("bound").alias("bound"),
        pl.when(is_real).then(reached_from(pl.col("bound"))).otherwise(LARGEST_SUM).alias("reached_at"),
        exact_product(pl.col("rate"), pl.lit(MILLION)).alias("slope"),
        pl.col("rate").alias("small_slope"),
        exact_product(pl.col("money_at_0"), pl.col("unit")).alias("intercept"),
        pl.lit(PLAIN_DIVISOR).alias("divisor"),
    ]


def money_units(term: Term) -> str:
    """What one unit of a design's money is: ``quota``, ``incentive`` or ``major`` (a major unit of the plan's currency)."""
    curve = term.component.curve
    if isinstance(curve, TargetCurve | MatrixCurve):
        return "incentive"
    return "quota" if isinstance(curve, TieredCurve) and curve.of == "attainment" else "major"


NO_EFFECTS = (NO_EFFECT,)
"""Where nothing is read."""
