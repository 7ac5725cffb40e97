"""Control checks of a period workbook: two ways to the same figure."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from pipelines.workbooks.cells import Formula
from pipelines.workbooks.data import PeriodData
from pipelines.workbooks.register_sheet import column_cells, layout_of

ZERO = Decimal(0)


@dataclass(frozen=True)
class Control:
    """One check: two ways to the same figure. ``one`` is a formula over the sheets, ``other`` a formula or the engine's own count."""

    label: str
    one: Formula
    other: Formula | Decimal
    currency: str | None

    @property
    def difference(self) -> Decimal:
        """One side less the other."""
        other = self.other.cached if isinstance(self.other, Formula) else self.other
        return Decimal(str(self.one.cached)) - Decimal(str(other))


def register_sum(data: PeriodData, code: str, *names: str) -> Formula:
    """Sum of columns of the register in a currency; columns that it has not are left out."""
    known = layout_of(data).summed
    picked = [name for name in names if name in known]
    own = data.register.filter(pl.col("currency") == code)
    total = sum((sum(own[known[name]], ZERO) for name in picked), ZERO)
    codes = column_cells(data, "Cur.")
    return Formula("+".join(f'SUMIFS({column_cells(data, name)},{codes},"{code}")' for name in picked), total)
