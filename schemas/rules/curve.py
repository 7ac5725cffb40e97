"""Payout curves as a plan writes them: a flat rate, or tiers that touch from 0 upwards and end open."""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.rules.values import BoundText, Rule, exact_decimal

LARGEST_ATTAINMENT = 10
RATE_DECIMALS = 6

SHAPES = ("flat", "marginal", "retroactive", "mixed")

CUMULATIVE = (
    "'cumulative' means two different things in the trade; write 'marginal' (each rate pays only the part inside "
    "its tier) or 'retroactive' (the rate of the tier reached pays everything from 0)"
)


def fraction_of_revenue(value: object) -> object:
    """A rate between 0 and 1; above that it must carry the sign that shows it is meant: ``150%``.

    Raises:
        ValueError: the rate is negative, has more decimals than are kept, or is above 1 without a percent sign.
    """
    rate = exact_decimal(value)
    if not isinstance(rate, Decimal):
        return rate
    if rate < 0:
        raise ValueError("a rate is never negative; a return earns negative money by itself")
    if rate != round(rate, RATE_DECIMALS):
        raise ValueError(f"at most {RATE_DECIMALS} decimals are kept exactly; shorten the number")
    if rate > 1 and not str(value).strip().endswith("%"):
        raise ValueError(
            f"a rate of {rate} pays {rate} times the revenue; write {rate.scaleb(-2)} or {rate}% "
            "(above 100 % write the sign: 150%)"
        )
    return rate


PayRate = Annotated[Decimal, Field(le=10), BeforeValidator(fraction_of_revenue)]
"""A share of revenue with at most six decimals: 0.08 or 8%."""


class Tier(Rule):
    """One tier, half-open: a position exactly at ``to`` lies in the next tier."""

    floor: BoundText = Field(alias="from")
    ceiling: BoundText | None = Field(alias="to")
    rate: PayRate
    mode: Literal["marginal", "retroactive"] | None = None

    @model_validator(mode="after")
    def is_not_empty(self) -> Self:
        """The end lies above the start."""
        if self.ceiling is not None and self.ceiling <= self.floor:
            raise ValueError(f"the tier from {self.floor} ends at {self.ceiling}; its end must lie above its start")
        return self


class FlatCurve(Rule):
    """One rate for every position."""

    shape: Literal["flat"]
    rate: PayRate


class TieredCurve(Rule):
    """Tiers over the position, as an amount or as attainment (position ÷ quota; 1 is 100 %)."""

    shape: Literal["marginal", "retroactive", "mixed"]
    of: Literal["amount", "attainment"]
    tiers: tuple[Tier, ...]

    @model_validator(mode="after")
    def tiers_leave_no_gap(self) -> Self:
        """Tiers begin at 0, touch and end open."""
        if not self.tiers:
            raise ValueError("a curve has at least one tier: {from: 0, to: null, rate: 0.05}")
        if self.tiers[0].floor != 0:
            raise ValueError(
                f"the first tier starts at {self.tiers[0].floor}; it must start at 0 (with rate 0 if it pays nothing)"
            )
        for low, high in pairwise(self.tiers):
            _require_touching(low, high)
        if self.tiers[-1].ceiling is not None:
            raise ValueError(f"the last tier ends at {self.tiers[-1].ceiling}; leave it open: to: null")
        return self

    @model_validator(mode="after")
    def modes_are_said_once(self) -> Self:
        """Every tier of a mixed curve says its mode; other shapes say it for all."""
        for tier in self.tiers:
            if self.shape == "mixed" and tier.mode is None:
                raise ValueError(
                    f"the tier from {tier.floor} of a mixed curve needs mode: marginal or mode: retroactive"
                )
            if self.shape != "mixed" and tier.mode is not None:
                raise ValueError(
                    f"the tier from {tier.floor} has a mode; only shape: mixed takes one, here all tiers are {self.shape}"
                )
        return self

    @model_validator(mode="after")
    def attainment_is_a_multiple_of_quota(self) -> Self:
        """A bound such as 100 on attainment was meant as a percentage."""
        highest = self.tiers[-1].floor
        if self.of == "attainment" and highest > LARGEST_ATTAINMENT:
            raise ValueError(
                f"a bound of {highest} is {highest} times the quota; write {highest.scaleb(-2)} or {highest}%"
            )
        return self

    def mode_of(self, tier: Tier) -> str:
        """``marginal`` or ``retroactive``: how this tier pays."""
        return tier.mode or self.shape


def _require_touching(low: Tier, high: Tier) -> None:
    if low.ceiling is None:
        raise ValueError(
            f"the tier from {low.floor} is open (to: null) and another follows from {high.floor}; only the last is open"
        )
    if low.ceiling != high.floor:
        fault = "leaves a gap" if low.ceiling < high.floor else "overlaps"
        raise ValueError(
            f"a tier ends at {low.ceiling} and the next starts at {high.floor}, which {fault}; give both the same figure "
            f"({high.floor}): a tier reaches up to its end without including it, so no cent is lost to a bound such as .99"
        )


def _known_shape(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("a curve is a mapping such as {shape: flat, rate: 0.05}")
    words = {str(word) for pair in value.items() for word in pair}
    if any("cumulative" in word for word in words):
        raise ValueError(CUMULATIVE)
    if value.get("shape") not in SHAPES:
        raise ValueError(f"shape {value.get('shape')!r} is not known; write one of {', '.join(SHAPES)}")
    return value


Curve = Annotated[
    Annotated[FlatCurve | TieredCurve, Field(discriminator="shape")],
    BeforeValidator(_known_shape),
]
"""Cumulative money over a position."""
