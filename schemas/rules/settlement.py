"""How a plan is settled: draws, holdbacks, the least that is paid out."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.rules.values import AmountText, Day, Rule, ShareText, Sourced

Flag = Annotated[bool, Field(strict=False)]


class Recovery(Rule):
    """How draws are taken back from what is earned above the draw; nothing is ever taken of the draw itself."""

    starts: Day | None = None
    """First day; before it nothing is taken back."""
    share: Annotated[ShareText, Field(gt=Decimal(0))] = Decimal(1)
    """Share of what is earned above the draw."""
    cap: Annotated[AmountText, Field(gt=Decimal(0))] | None = None
    """The most a fiscal period."""


class Draw(Sourced):
    """So much is paid a fiscal period whatever is earned; what is missing to it is drawn.

    ``advance`` is paid at the start of the period and settled at its end, ``top_up`` is paid at the end: the same money on
    other days. The draw counts the days of service in its period.
    """

    kind: Literal["advance", "top_up"]
    """When it is paid: at the start of the period, or at its end."""
    recoverable: Flag
    """Whether later earnings pay it back."""
    amount: Annotated[AmountText, Field(gt=Decimal(0))] | None = None
    """A fiscal period, plan currency; left out, it is each payee's ``draw_amount``."""
    first: Day | None = Field(default=None, alias="from")
    """First day; left out, from the start."""
    end: Day | None = Field(default=None, alias="to")
    """The first day after; a period that begins on it or later has no draw."""
    measure: Literal["earned", "payable"] = "earned"
    """What is compared with the draw: what is earned, or what is left of it after holds."""
    recovery: Recovery | None = None
    """How it is taken back; left out, all of what is earned above the draw, at once."""
    forgiven_on: Day | None = None
    """Day on which what is still owed is forgiven."""

    @model_validator(mode="after")
    def only_what_is_recoverable_is_recovered(self) -> Self:
        """Recovery and forgiveness belong to a recoverable draw, and days are in order."""
        if not self.recoverable and (self.recovery or self.forgiven_on):
            raise ValueError("a draw that is not recoverable is never owed; remove recovery and forgiven_on")
        if self.first and self.end and self.end <= self.first:
            raise ValueError(f"from {self.first} to {self.end} holds no day; 'to' is the first day after")
        return self


class Holdback(Sourced):
    """A share of what each fiscal period earns is kept back, and released so many fiscal periods later."""

    share: Annotated[ShareText, Field(gt=Decimal(0))]
    """Share of what is earned."""
    release_after: Annotated[int, Field(ge=1, strict=False)]
    """Number of fiscal periods after which it is released."""
    released_to_leavers: Flag = True
    """Whether it is released at once to who leaves."""


class Settlement(Sourced):
    """From earned to paid: holdback, draw, and the least that is paid out."""

    draw: Draw | None = None
    """So much is paid whatever is earned."""
    holdback: Holdback | None = None
    """A share that is kept back for a time."""
    minimum_payment: Annotated[AmountText, Field(gt=Decimal(0))] | None = None
    """Less than this is not paid out but carried forward, except to who leaves."""
    recovers_from_leavers: Flag = False
    """Whether draws are taken back after the last day of service; many places forbid it, so it must be stated."""

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """At least one rule."""
        if not (self.draw or self.holdback or self.minimum_payment):
            raise ValueError("settlement says nothing; give draw, holdback or minimum_payment, or remove it")
        return self
