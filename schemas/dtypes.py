"""Column types shared by every table: what money, a rate and a source position are."""

from typing import Annotated

import polars as pl

Money = Annotated[pl.Decimal, 38, 3]
"""An amount in one currency; three decimals hold the minor unit of every ISO 4217 currency in use here."""

Rate = Annotated[pl.Decimal, 38, 6]
"""A fraction: 0.080000 is eight per cent."""

FxRate = Annotated[pl.Decimal, 38, 12]
"""Units of company currency for one unit of the other currency."""

Percent = Annotated[pl.Decimal, 38, 6]
"""A share in per cent: 33.340000 is a good third."""

Quantity = Annotated[pl.Decimal, 38, 6]
"""Pieces, hours, kilograms: whatever the product is counted in."""

Position = Annotated[pl.Decimal, 38, 9]
"""A point on a curve, in plan currency; a tier bound × quota may lie between two minor units."""

MONEY = pl.Decimal(38, 3)
RATE = pl.Decimal(38, 6)
FX_RATE = pl.Decimal(38, 12)
PERCENT = pl.Decimal(38, 6)
QUANTITY = pl.Decimal(38, 6)
POSITION = pl.Decimal(38, 9)
