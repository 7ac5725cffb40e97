"""What changes the money of a curve: gates, multipliers, caps and budgets."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.rules.curve import PayoutCurve
from schemas.rules.reading import Reading
from schemas.rules.values import AmountText, FigureText, ShareText, Sourced

Reads = Literal["end", "running"]


class Gate(Sourced):
    """A condition: closed, the component pays nothing in the window; opened, it pays the window from its start.

    ``reads: end`` takes the reading at the end of what is known, one value for the whole window; ``running`` takes it at each
    credit (after it), and nothing earned before moves. A figure that is not there yet leaves the gate closed.
    """

    reading: Reading
    """The figure that decides."""
    at_least: FigureText | None = None
    """Open from this value on."""
    below: FigureText | None = None
    """Open below this value, which itself is outside."""
    reads: Reads = "end"
    """``end``: one value for the whole window; ``running``: the value at each credit."""

    @model_validator(mode="after")
    def has_one_bound(self) -> Self:
        """``at_least`` or ``below``, or both for a range."""
        if self.at_least is None and self.below is None:
            raise ValueError("a gate says at_least: or below:, for example at_least: 100%")
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            raise ValueError(f"below {self.below} lies under at_least {self.at_least}; the gate could never open")
        return self


class Multiplier(Sourced):
    """A factor on the whole window's money, read off a payout curve at the reading; a figure not there yet gives 1."""

    reading: Reading
    """The figure that decides."""
    payout: PayoutCurve
    """The factor that each value of it gives; 100% changes nothing."""
    reads: Reads = "end"
    """``end``: one value for the whole window; ``running``: the value at each credit."""


class Cap(Sourced):
    """The most that a component pays: per deal (opportunity, else order), or per period.

    ``soft`` is the share of the excess that is paid nevertheless. ``excess: carried`` adds what a period cap cut off to the
    next period; ``lost`` drops it.
    """

    per: Literal["deal", "month", "quarter", "half_year", "year"]
    """What is capped: each deal (opportunity, else order), or each period."""
    amount: AmountText = Field(gt=Decimal(0))
    """The most that is paid, plan currency."""
    soft: ShareText | None = None
    """Share of the excess that is paid nevertheless; left out, nothing of it."""
    excess: Literal["lost", "carried"] = "lost"
    """``lost``, or ``carried`` to the next period."""

    @model_validator(mode="after")
    def carries_between_periods(self) -> Self:
        """Only the excess of a period can go to a next one, and a soft cap has paid its share already."""
        if self.excess == "carried" and (self.per == "deal" or self.soft is not None):
            raise ValueError("excess: carried belongs to a hard cap per period; write excess: lost")
        return self


class Budget(Sourced):
    """The most that a component pays to everybody together in a window; over it, everybody is scaled down alike."""

    amount: AmountText = Field(gt=Decimal(0))
    """The most that everybody together is paid in a window, plan currency."""
