"""Which quota a component measures against, and how it is spread, ramped and prorated."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.rules.values import AmountText, Name, ShareText, Sourced

Proration = Literal["days_actual", "months", "30_360", "none"]
"""How a figure is cut where a payee is on the plan for a part of the window: by days (first and last included), by months
(a month begun counts its days ÷ the month's days), by the 30/360 convention, or not at all."""

SPREAD = {4: "quarter", 12: "month", 2: "half_year"}
"""How many weights a year has, by what they spread it over (13 where the fiscal calendar has 13 periods)."""


class QuotaUse(Sourced):
    """Which quota attainment is measured against; ``no_quota`` says what a quota of zero pays.

    ``of: assigned`` reads the ``quotas`` table; ``previous_window`` takes the payee's own position at the end of the window
    before (growth over the previous interval); ``team`` adds the quotas of those who report to the payee.
    ``weights`` spread a yearly quota over quarters, half years or months; ``ramp`` is the share of the quota in each month
    of service from the first, full after the last one listed. Neither goes with ``previous_window``.
    """

    measure: Name
    """The measure named in the ``quotas`` table."""
    of: Literal["assigned", "previous_window", "team"] = "assigned"
    """The payee's own quota, their own position of the window before, or the quotas of those who report to them."""
    no_quota: Literal["first_tier", "last_tier"] | None = None
    """What a quota of 0 pays; left out, a quota of 0 stops the calculation."""
    weights: tuple[ShareText, ...] = ()
    """How a yearly quota is spread over halves, quarters or months; evenly where nothing is said."""
    ramp: tuple[ShareText, ...] = ()
    """Share of the quota in each month of service from the first; full after the last one listed."""
    prorate: Proration = "days_actual"
    """How the quota is cut for somebody who is on the plan for a part of the window."""

    @model_validator(mode="after")
    def weights_make_a_whole(self) -> Self:
        """Weights add up to 1."""
        if self.weights and len(self.weights) not in (*SPREAD, 13):
            raise ValueError(f"{len(self.weights)} weights; a year has 2 halves, 4 quarters or 12 (13) months")
        if self.weights and sum(self.weights) != 1:
            raise ValueError(f"the weights add up to {sum(self.weights):%}; they must make 100%")
        return self

    @model_validator(mode="after")
    def takes_a_previous_window_as_it_is(self) -> Self:
        """A position of the window before is neither spread nor ramped."""
        if self.of == "previous_window" and self.weights:
            raise ValueError(
                "weights spread a yearly quota, and of: previous_window takes the position of the window before as it is; "
                "remove weights, or write of: assigned"
            )
        if self.of == "previous_window" and self.ramp:
            raise ValueError(
                "a ramp is a share of an assigned quota, and of: previous_window takes the position of the window before as "
                "it is; remove ramp, or write of: assigned"
            )
        return self


class Incentive(Sourced):
    """A target incentive: what 100 % pays. An amount per period, or a share of what the plan assignment states for a year.

    For a shorter window it is spread evenly by running totals, for a longer one added up, and prorated as stated.
    """

    amount: AmountText | None = None
    """What 100 % pays, plan currency."""
    per: Literal["month", "quarter", "half_year", "year"] | None = None
    """The period that ``amount`` is for."""
    assigned: Annotated[ShareText, Field(gt=Decimal(0))] | None = None
    """Share of ``target_incentive`` in ``plan_assignments``, an amount for a year."""
    prorate: Proration = "days_actual"
    """How it is cut for somebody who is on the plan for a part of the window."""

    @model_validator(mode="after")
    def is_stated_once(self) -> Self:
        """An amount with its period, or a share of the assigned one."""
        if (self.amount is None) == (self.assigned is None):
            raise ValueError(
                "an incentive is {amount: '20000.00', per: quarter}, or {assigned: 100%}: a share of target_incentive in plan_assignments"
            )
        if (self.amount is None) != (self.per is None):
            raise ValueError("an incentive with an amount says per what: per: month, quarter, half_year or year")
        return self
