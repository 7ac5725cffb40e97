"""How a plan is settled: draws, holdbacks, the least that is paid out, and what becomes of them when somebody leaves."""

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
    """A fiscal period, in the currency that the plan pays in; left out, it is each payee's ``draw_amount``."""
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
    """A share of what each fiscal period earns is kept back, until so many fiscal periods later or until the customer pays."""

    share: Annotated[ShareText, Field(gt=Decimal(0))]
    """Share of what is earned."""
    release_after: Annotated[int, Field(ge=1, strict=False)] | None = None
    """Number of fiscal periods after which it is released."""
    release_on: Literal["invoice", "payment"] | None = None
    """What releases it, in proportion to what comes of each order; pay that no order earns is not kept back."""
    released_to_leavers: Flag = True
    """Whether it is released at once to who leaves."""

    @model_validator(mode="after")
    def says_when_it_is_released(self) -> Self:
        """Exactly one of ``release_after`` and ``release_on``."""
        if (self.release_after is None) == (self.release_on is None):
            raise ValueError(
                "a holdback says when it is released: either release_after (a number of fiscal periods) or release_on (invoice "
                "or payment)"
            )
        return self


class Settlement(Sourced):
    """From earned to paid: holdback, draw, the least that is paid out, and what becomes of it all when somebody leaves.

    Amounts are in the currency that the plan pays in.
    """

    draw: Draw | None = None
    """So much is paid whatever is earned."""
    holdback: Holdback | None = None
    """A share that is kept back for a time."""
    minimum_payment: Annotated[AmountText, Field(gt=Decimal(0))] | None = None
    """Less than this is not paid out but carried forward, except to who leaves."""
    recovers_from_leavers: Flag = False
    """Whether draws and balances below 0 are taken back after the last day of service; many places forbid it, so it must be stated."""
    releases_to_leavers: Literal["when_due", "at_once"] = "when_due"
    """What still waits for cash or a guard period when somebody leaves: released when it is due, or at once."""

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """At least one rule."""
        given = self.draw or self.holdback or self.minimum_payment or self.recovers_from_leavers
        if not given and self.releases_to_leavers == "when_due":
            raise ValueError("settlement says nothing; give draw, holdback or minimum_payment, or remove it")
        return self
