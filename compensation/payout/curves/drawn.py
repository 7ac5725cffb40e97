"""Curves as they priced each stretch, for whoever computes a line again: the table ``CurvePiece``."""

from fractions import Fraction
from math import lcm
from typing import Any

import polars as pl

from compensation.money import money_by_row, position_of, rounded_fraction
from compensation.payout.curves.designs import Piece
from compensation.payout.curves.scaled import first_unit
from compensation.payout.pricing import Priced
from compensation.payout.setting import Setting
from compensation.payout.terms import Term
from schemas.core.payout import CurvePiece
from schemas.dtypes import RATE

NAMES = ("plan", "plan_version", "component", "measure")


def named_curves(found: Priced, setting: Setting) -> pl.DataFrame:
    """One row per stretch and piece of every curve that is no plain tiers (contract ``CurvePiece``).

    Args:
        found: Runs, and the curves that priced them.
        setting: Terms, calendar and numbering.
    """
    if not found.curves.drawn:
        return CurvePiece.empty_frame()
    nth = pl.col("run").rank("ordinal").over("payee", "slot", "window")  # also of somebody who came back to the plan
    runs = found.runs.with_columns(stretch=nth.cast(pl.Int32))
    runs = runs.filter(pl.col("curve").is_in(list(found.curves.drawn)))
    pieces = _pieces(found, runs, setting)
    incentive = pl.col("incentive") if "incentive" in runs.columns else pl.lit(None, dtype=pl.Int64)
    each = runs.with_columns(incentive=incentive).join(pieces, on="run", how="inner", validate="1:m")
    term = pl.col("term")
    digits, position_digits = (pl.lit(setting.terms.table[name]).gather(term) for name in ("digits", "position_digits"))
    columns = {
        **{name: setting.of_term(name, term) for name in NAMES},
        "window": pl.lit(setting.windows.labels).gather(pl.col("window")),
        "starts_at": position_of(pl.col("starts_at"), position_digits),
        "quota": money_by_row(pl.when("needs_quota").then("quota"), position_digits),
        "incentive": money_by_row(pl.col("incentive"), digits),
        "factor": pl.col("factor").cast(pl.Int128).reinterpret(dtype=RATE),
    }
    named = each.select(**{name: columns.get(name, pl.col(name)) for name in CurvePiece.columns()})
    return named.cast(pl.Schema(CurvePiece.dtypes())).sort(CurvePiece.key())


def _pieces(found: Priced, runs: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Slope, fixed part and divisor of each piece for positions and money in major units."""
    effects = runs["effect"] if "effect" in runs.columns else [0] * runs.height
    rows = [
        {
            "run": run,
            "factor": rounded_fraction(found.effects[effect].factor, 6),
            "piece_number": number_of_piece,
            **_in_major_units(piece, term),
        }
        for run, number, curve, effect in zip(runs["run"], runs["term"], runs["curve"], effects, strict=True)
        for term in [setting.terms.terms[number]]
        for number_of_piece, piece in enumerate(found.curves.drawn[curve], start=1)
    ]
    return pl.DataFrame(rows, schema=_PIECE)


_PIECE = {
    "run": pl.Int32,
    "factor": pl.Int64,
    "piece_number": pl.Int16,
    "tier_number": pl.Int16,
    "starts_at": pl.Int128,
    "slope": pl.String,
    "fixed": pl.String,
    "divisor": pl.String,
}


def _starts_at(piece: Piece) -> int:
    """Where a piece starts, in millionths of a minor unit: a mirrored one with the first minor unit after its floor."""
    return first_unit(piece) * 10**6 if piece.mirrored else int((piece.floor or 0) * 10**6)


def _in_major_units(piece: Piece, term: Term) -> dict[str, Any]:
    money = Fraction(10) ** term.digits
    slope, fixed = piece.slope * Fraction(10) ** term.position_digits / money, piece.fixed / money
    divisor = lcm(slope.denominator, fixed.denominator)
    return {
        "tier_number": piece.tier_number,
        "starts_at": None if piece.floor is None else _starts_at(piece),
        "slope": str(int(slope * divisor)),
        "fixed": str(int(fixed * divisor)),
        "divisor": str(divisor),
    }
