"""Curves: plan tiers compiled to straight pieces, and the exact money of a position on them.

A piece is ``money = slope × position + intercept``. Marginal pieces meet; a retroactive piece runs through 0, so the
curve jumps where it begins. Both are the same thing here, and a curve that mixes them costs nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from compensation.money import LARGEST_SUM, MILLION, WIDE, exact_product, on_line, reached_from
from compensation.payout.terms import Term
from schemas.dtypes import RATE
from schemas.rules.curve import FlatCurve, TieredCurve


@dataclass(frozen=True)
class Piece:
    """One tier over a quota of one: floor and rate in millionths, money at 0 in 10⁻¹²."""

    tier_number: int
    floor: int
    rate: int
    intercept: int


@dataclass(frozen=True)
class Curves:
    """Curves side by side: tier ``t`` of curve ``c`` is row ``c × width + t`` of ``pieces``."""

    pieces: pl.DataFrame
    width: int

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

    def rate_of_piece(self, piece: pl.Expr) -> pl.Expr:
        """Rate (``Decimal(38, 6)``) of a piece by row number."""
        return pl.lit(self.pieces["rate"].cast(WIDE).reinterpret(dtype=RATE)).gather(piece)

    def next_bound(self, piece: pl.Expr) -> pl.Expr:
        """Where the next tier starts, in millionths of a minor unit; null in the last."""
        is_last = (piece + 1) % self.width == 0
        following = pl.min_horizontal(piece + 1, pl.lit(self.pieces.height - 1))
        return pl.when(~is_last).then(self.of_piece("bound", following))

    def money_at(self, piece: pl.Expr, units: pl.Expr) -> pl.Expr:
        """Rounded money (minor units) of a position in whole minor units, on the piece it lies in."""
        return on_line(units, self.of_piece("slope", piece), self.of_piece("intercept", piece))

    def money_at_bound(self, piece: pl.Expr, position: pl.Expr) -> pl.Expr:
        """Rounded money of a position in millionths of a minor unit, also a piece's own end (its limit from below)."""
        return on_line(position, self.of_piece("rate", piece), self.of_piece("intercept", piece))


def compiled(term: Term, *, has_quota: bool = True) -> tuple[Piece, ...]:
    """The pieces of a term's curve over a quota of one; amounts count as multiples of one major unit.

    Args:
        term: The term.
        has_quota: False where the quota is zero: then only the tier that ``no_quota`` names is left.
    """
    curve = term.component.curve
    if isinstance(curve, FlatCurve):
        return (Piece(1, 0, _millionths(curve.rate), 0),)
    pieces, quota = _tier_pieces(curve), term.component.quota
    if has_quota or quota is None or quota.no_quota is None:
        return pieces
    kept = pieces[0] if quota.no_quota == "first_tier" else pieces[-1]
    return (Piece(kept.tier_number, 0, kept.rate, 0),)


def _tier_pieces(curve: TieredCurve) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for number, tier in enumerate(curve.tiers, start=1):
        floor, rate = _millionths(tier.floor), _millionths(tier.rate)
        is_on_top = curve.mode_of(tier) == "marginal" and pieces
        intercept = pieces[-1].intercept + (pieces[-1].rate - rate) * floor if is_on_top else 0
        pieces.append(Piece(number, floor, rate, intercept))
    return tuple(pieces)


def _millionths(number: Decimal) -> int:
    return int(number.scaleb(6))


def curves_of(designs: Sequence[Sequence[Piece]], curves: pl.DataFrame) -> Curves:
    """Curves in whole numbers: many payees share a design and differ in their quota.

    Args:
        designs: The pieces of each design, over a quota of one.
        curves: One row a curve, in order: its ``design`` (place in ``designs``) and its ``unit``, what one is in minor
            units: the quota, or one major unit.

    Returns:
        Pieces with ``bound`` (millionths of a minor unit), ``reached_at`` (first minor unit in it), ``slope``, ``rate``,
        ``intercept``, ``tier_number``; curves with fewer tiers are filled with tiers never reached.
    """
    width = max((len(each) for each in designs), default=1)
    never = Piece(0, 0, 0, 0)
    drawn = _drawn([piece for each in designs for piece in (*each, *[never] * (width - len(each)))])
    places = pl.DataFrame({"place": pl.int_range(curves.height * width, eager=True)}).select(
        curve=pl.col("place") // width, tier=pl.col("place") % width
    )
    design, unit = (pl.lit(curves[name]).gather(pl.col("curve")).cast(pl.Int64) for name in ("design", "unit"))
    pieces = places.select(unit=unit, row=design * width + pl.col("tier"))
    pieces = pieces.with_columns(pl.lit(drawn[name]).gather(pl.col("row")).alias(name) for name in drawn.columns)
    pieces = pieces.with_columns(bound=exact_product(pl.col("floor"), pl.col("unit")))
    return Curves(pieces.select(*_scaled()), width)


def _drawn(pieces: Sequence[Piece]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "tier_number": pl.Series([piece.tier_number for piece in pieces], dtype=pl.Int16),
            "floor": pl.Series([piece.floor for piece in pieces], dtype=WIDE),
            "rate": pl.Series([piece.rate for piece in pieces], dtype=pl.Int64),
            "money_at_0": pl.Series([piece.intercept for piece in pieces], dtype=WIDE),
        }
    )


def _scaled() -> list[pl.Expr]:
    is_real = pl.col("tier_number") > 0
    return [
        pl.col("tier_number"),
        pl.col("rate"),
        pl.when(is_real).then("bound").alias("bound"),
        pl.when(is_real).then(reached_from(pl.col("bound"))).otherwise(LARGEST_SUM).alias("reached_at"),
        exact_product(pl.col("rate"), pl.lit(MILLION)).cast(pl.Int64).alias("slope"),
        exact_product(pl.col("money_at_0"), pl.col("unit")).alias("intercept"),
    ]
