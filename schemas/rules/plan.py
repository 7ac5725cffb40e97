"""Compensation plans: files that read like the letter an employee signs.

Source: ``docs/plans.md``, the reference with an example of every shape.
"""

from collections import Counter
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.rules.bonus import Bonus, Guarantee, Pool
from schemas.rules.component import Component
from schemas.rules.modifier import Budget
from schemas.rules.settlement import Settlement
from schemas.rules.values import CurrencyText, Day, Name, Rule
from schemas.rules.words import Worded

Role = Literal["sales_rep", "account_manager", "sales_coordinator", "manager", "other"]


class Source(Rule):
    """Where the words of a version stand: the document that was signed."""

    title: Annotated[str, Field(min_length=1)]
    """Its title, with the clause."""
    href: str | None = None
    """Where it lies."""


class PlanVersion(Worded):
    """The terms from one day until the next version starts; ``ended`` is the last one."""

    version: Annotated[str, Field(min_length=1)]
    """Its name, printed on every line."""
    valid_from: Day
    """First day; it runs until the next version starts."""
    decided_on: Day
    """The day it was decided."""
    entered_by: Annotated[str, Field(min_length=1)]
    """Who wrote it down."""
    approved_by: Annotated[str, Field(min_length=1)]
    """Who approved it: another person."""
    source: Source
    """The signed document."""
    ended: Annotated[bool, Field(strict=False)] = False
    """``true`` in a last version that pays nothing any more."""
    components: tuple[Component, ...] = ()
    """What credits earn."""
    bonuses: tuple[Bonus, ...] = ()
    """What results earn that no single credit carries."""
    pools: tuple[Pool, ...] = ()
    """Amounts shared by everybody on the plan."""
    guarantee: Guarantee | None = None
    """At least this much a fiscal period."""
    settlement: Settlement | None = None
    """How what is earned becomes what is paid: draw, holdback, minimum payment."""

    @model_validator(mode="after")
    def two_people_decided(self) -> Self:
        """Whoever enters a version does not approve it."""
        if self.entered_by == self.approved_by:
            raise ValueError(
                f"version {self.version}: entered and approved by {self.entered_by}; another person must approve"
            )
        return self

    @model_validator(mode="after")
    def pays_something_or_has_ended(self) -> Self:
        """A version pays something, each part under a name of its own, unless it ends the plan."""
        parts = [c.component for c in self.components] + [b.bonus for b in self.bonuses] + [p.pool for p in self.pools]
        pays = bool(parts or self.guarantee)
        if self.ended and pays:
            raise ValueError(f"version {self.version}: an ended plan has no components; remove them or 'ended'")
        if not self.ended and not pays:
            raise ValueError(f"version {self.version} has no components; to end the plan write ended: true")
        twice = [name for name, times in Counter(parts).items() if times > 1]
        if twice:
            raise ValueError(f"version {self.version}: component {twice[0]!r} is given twice; give each its own name")
        return self


class PaysIn(Worded):
    """Another currency in which a plan pays; positions, bounds, quotas and earnings stay in the plan's own."""

    currency: CurrencyText
    """What the payee is paid in."""
    converted_on: Literal["event", "period_end"]
    """Day of the rate: that of the credit (a return's own), or the last day of the fiscal period that it is posted in."""
    source: str | None = None
    """Clause of the signed document."""


class Plan(Worded):
    """A compensation plan: its name, whom it is for, its currency, and its versions."""

    plan: Name
    """Its name in ``plan_assignments``."""
    label: Annotated[str, Field(min_length=1)]
    """What statements call it."""
    currency: CurrencyText
    """Currency of its bounds and quotas, and of pay where ``pays_in`` says nothing else."""
    pays_in: PaysIn | None = None
    """Another currency that it pays in."""
    for_roles: tuple[Role, ...] = ()
    """Roles whose payees are on it without an assignment."""
    versions: tuple[PlanVersion, ...]
    """Its terms, from day to day."""

    @property
    def pay_currency(self) -> str:
        """What it pays in."""
        return self.pays_in.currency if self.pays_in else self.currency

    @model_validator(mode="after")
    def pays_in_another_currency(self) -> Self:
        """``pays_in`` names another currency than the plan's."""
        if self.pays_in and self.pays_in.currency == self.currency:
            raise ValueError(f"the plan is in {self.currency} and pays in it; remove pays_in")
        return self

    @model_validator(mode="after")
    def is_not_called_none(self) -> Self:
        """``none`` is the answer that a payee is on no plan."""
        if self.plan == "none":
            raise ValueError("a plan cannot be called 'none': in plan_assignments that says a payee is on no plan")
        return self

    @model_validator(mode="after")
    def versions_can_be_told_apart(self) -> Self:
        """At least one version, none named twice, and on each day it is clear which was decided last."""
        if not self.versions:
            raise ValueError("a plan has at least one version")
        names = [name for name, times in Counter(v.version for v in self.versions).items() if times > 1]
        if names:
            raise ValueError(
                f"version {names[0]} is given twice; a correction is a new version with a later decided_on"
            )
        starts = Counter((v.valid_from, v.decided_on) for v in self.versions)
        twice = [start for start, times in starts.items() if times > 1]
        if twice:
            raise ValueError(
                f"two versions start on {twice[0][0]} and were decided on {twice[0][1]}; say which was decided last"
            )
        return self

    @model_validator(mode="after")
    def a_component_keeps_its_nature(self) -> Self:
        """What a return does, how many positions run and what everybody shares stay the same from version to version."""
        clawback: dict[str, tuple[str, bool]] = {}
        positions: dict[str, str] = {}
        budgets: dict[str, Budget | None] = {}
        for version in self.versions:
            for part in version.components:
                where = f"version {version.version}: {part.component}"
                nature = part.takes_back.mode, part.takes_back.affects_attainment
                if clawback.setdefault(part.component, nature) != nature:
                    before = clawback[part.component]
                    word = nature[0] if before[0] != nature[0] else f"affects_attainment: {str(nature[1]).lower()}"
                    raise ValueError(
                        f"{where} changes its clawback to {word}; one component would treat returns in two "
                        "ways, so give it a new name: the old one still takes back the returns of its sales"
                    )
                if budgets.setdefault(part.component, part.budget) != part.budget:
                    raise ValueError(
                        f"{where} changes its budget; one budget of a window counts for everybody from its start, so give the "
                        "component a new name: its budget then counts from its first day"
                    )
                own = "separate" if part.measure.positions == "separate" else "together"
                if positions.setdefault(part.component, own) != own:
                    raise ValueError(
                        f"{where} changes its positions to {own}; one running position cannot become several, "
                        "so give the component a new name: its positions then start from 0"
                    )
        return self

    def version_on(self, day: date) -> PlanVersion | None:
        """The version with the latest ``valid_from`` on or before the day; among those, the last decided."""
        started = [version for version in self.versions if version.valid_from <= day]
        return max(started, key=lambda version: (version.valid_from, version.decided_on), default=None)
