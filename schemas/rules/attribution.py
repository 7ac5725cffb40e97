"""The attribution policy: every number and choice in the rules of attribution, as dated versions."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.rules.values import Day, Rule, ShareText

MOST_MONTHS_OF_TRANSITION = 60


class TransitionStep(Rule):
    """Some months of a transition, and the share that the representatives keep in them."""

    months: Annotated[int, Field(ge=1, le=MOST_MONTHS_OF_TRANSITION)]
    representative: ShareText


class Transition(Rule):
    """How the representatives' share of existing business falls to nothing from the day of the hand-over.

    Either ``falls: by_day`` over ``months``: of N days, day n (from 0) leaves them N − n parts of N. Or ``steps``, one after
    the other.
    """

    falls: Literal["by_day", "in_steps"]
    months: Annotated[int, Field(ge=1, le=MOST_MONTHS_OF_TRANSITION)] | None = None
    steps: tuple[TransitionStep, ...] = ()

    @model_validator(mode="after")
    def says_how_it_falls(self) -> Self:
        """By day has a length, in steps has steps, and neither has both."""
        if self.falls == "by_day" and (self.months is None or self.steps):
            raise ValueError("a transition that falls by_day has 'months', its whole length, and no 'steps'")
        if self.falls == "in_steps" and (self.months is not None or not self.steps):
            raise ValueError(
                "a transition in_steps has steps: [{months: 3, representative: 60%}, …] and no 'months' beside them"
            )
        return self

    @model_validator(mode="after")
    def never_rises(self) -> Self:
        """The representatives' share falls, or stays; it is handed over once."""
        shares = [step.representative for step in self.steps]
        for one, following in pairwise(shares):
            if following > one:
                raise ValueError(
                    f"the representatives' share rises from {one} to {following}; order the steps so that it falls"
                )
        return self

    def length(self) -> int:
        """Months from the hand-over to the first day on which all of it is the account manager's."""
        return self.months or sum(step.months for step in self.steps)


class HandOver(Rule):
    """When existing business passes from the representatives to the account manager.

    New business stays with the representatives in any case. Until the hand-over existing business is theirs too; without
    this rule it is the account manager's from the first day.
    """

    when: Literal["after_months", "first_renewal", "key_account", "assigned", "date"]
    months: Annotated[int, Field(ge=1, le=240)] | None = None
    day: Day | None = None
    transition: Transition | None = None
    protection_months: Annotated[int, Field(ge=0, le=60)] = 0

    @model_validator(mode="after")
    def has_what_it_needs(self) -> Self:
        """``after_months`` has ``months``, ``date`` has ``day``, and nothing has what it does not read."""
        for when, key in (("after_months", "months"), ("date", "day")):
            given = getattr(self, key) is not None
            if self.when == when and not given:
                raise ValueError(f"a hand-over {when!r} needs {key!r}; write it beside 'when'")
            if self.when != when and given:
                raise ValueError(f"{key!r} belongs to a hand-over {when!r}, and this one is {self.when!r}; remove it")
        return self


class AttributionPolicy(Rule):
    """One dated version of the attribution policy; every number in its rules is here.

    Source: the attribution rules 1 to 8 in ``docs/attribution.md``.
    """

    version: str
    valid_from: Day
    decided_on: Day
    entered_by: str
    approved_by: str
    source: str
    win_back_months: Annotated[int, Field(ge=1, le=240)]
    new_business_months: Annotated[int, Field(ge=0, le=240)]
    base: Literal["last_fiscal_year", "trailing_twelve_months", "agreement", "account_plan"] = "last_fiscal_year"
    base_by: Literal["family", "customer"] = "family"
    account_managers_on: Literal["assigned", "key_accounts"] = "assigned"
    key_account_tiers: tuple[str, ...] = ("key",)
    hand_over: HandOver | None = None
    renewal_lapse_months: Annotated[int, Field(ge=0, le=60)] = 3
    excluded_accounts: tuple[str, ...] = ()
    additional_credits: tuple[Literal["overlay", "roll_up", "team"], ...] = ()

    @model_validator(mode="after")
    def two_people_decided(self) -> Self:
        """Whoever enters a version does not approve it."""
        if self.entered_by == self.approved_by:
            raise ValueError(
                f"version {self.version}: entered and approved by {self.entered_by}; another person must approve"
            )
        return self
