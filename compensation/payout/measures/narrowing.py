"""Narrowing: which credits a component leaves out, by product family, kind of credit, first order or date of the sale."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from compensation.in_force import ALWAYS, FOREVER
from schemas.core.attribution import CREDIT_TYPES, REVENUE_TYPES
from schemas.rules.component import Component

MARKS = ("family", "credit_type", "sale_date", "is_first")
"""What a credit is narrowed by."""


@dataclass(frozen=True)
class Narrowing:
    """``only`` and ``dates`` of all terms, as lists to look up by term number.

    ``takes_family`` stands at ``term × (families + 1) + family``, where the last family is all that no term names;
    ``takes_type`` at ``term × credit types + type``.
    """

    families: tuple[str, ...]
    takes_family: pl.Series
    takes_type: pl.Series
    takes_later: pl.Series
    """Whether orders after a customer's first are taken, by term number."""
    first: pl.Series
    end: pl.Series

    def marks(self, credits: pl.DataFrame) -> pl.DataFrame:
        """``MARKS`` of each credit: numbers of its family and credit type, the date of its sale, and if that began the relationship."""
        other = len(self.families)
        numbers = {name: number for number, name in enumerate(self.families)}
        known = credits.select(pl.col("product_family").unique()).with_columns(
            family=pl.col("product_family")
            .cast(pl.String)
            .replace_strict(numbers, default=other, return_dtype=pl.UInt32)
        )
        families = credits.select("product_family").join(
            known, on="product_family", how="left", validate="m:1", maintain_order="left"
        )
        types = credits.select(
            pl.col("credit_type").cast(pl.String).cast(pl.Enum(CREDIT_TYPES)).to_physical(),
            "sale_date",
            is_first=pl.col("sale_date") == pl.col("relationship_start"),
        )
        return families.select("family").hstack(types)

    def takes(self, term: str = "term") -> pl.Expr:
        """Whether the term of a row takes its credit, as far as this narrows it; the row has ``MARKS``."""
        number = pl.col(term).cast(pl.Int64)
        family = pl.lit(self.takes_family).gather(number * (len(self.families) + 1) + pl.col("family"))
        kind = pl.lit(self.takes_type).gather(number * len(CREDIT_TYPES) + pl.col("credit_type"))
        order = pl.col("is_first") | pl.lit(self.takes_later).gather(number)
        first, end = (pl.lit(dates).gather(number) for dates in (self.first, self.end))
        return family & kind & order & pl.col("sale_date").is_between(first, end, closed="left")


def narrowing_of(components: Sequence[Component]) -> Narrowing | None:
    """The narrowing of all terms, or nothing where no component has any.

    Args:
        components: The component of each term, in the order of their numbers.
    """
    only = [component.measure.only for component in components]
    dates = [component.dates for component in components]
    if not any(only) and not any(dates):
        return None
    families = tuple(sorted({name for each in only if each for name in each.product_family}))
    names = [each.product_family if each else () for each in only]
    types = [(each.credit_type if each else ()) or REVENUE_TYPES for each in only]
    return Narrowing(
        families=families,
        takes_family=_table([[not some or name in some for name in (*families, None)] for some in names]),
        takes_type=_table([[name in some for name in CREDIT_TYPES] for some in types]),
        takes_later=pl.Series([not (each and each.first_order) for each in only], dtype=pl.Boolean),
        first=pl.Series([each.first if each else ALWAYS for each in dates], dtype=pl.Date),
        end=pl.Series([each.end if each else FOREVER for each in dates], dtype=pl.Date),
    )


def _table(rows: Sequence[Sequence[bool]]) -> pl.Series:
    return pl.Series([value for row in rows for value in row], dtype=pl.Boolean)
