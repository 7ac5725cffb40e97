"""Compensation plans: files that read like the letter an employee signs.

Source: ``docs/plans.md``, the reference with an example of every shape.
"""

from collections import Counter
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.core.attribution import MOTIONS, SUB_MOTIONS
from schemas.rules.curve import Curve, TieredCurve
from schemas.rules.values import CurrencyText, Day, Name, Rule

Window = Literal["month", "quarter", "half_year", "year"]
Role = Literal["sales_rep", "account_manager", "sales_coordinator", "manager", "other"]

MOTION_OF = {
    "new_logo": "new_business",
    "win_back": "new_business",
    "repeat": "retention",
    "cross_sell": "growth",
    "upsell": "growth",
}
"""The motion that each sub-motion is part of."""


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Source(Rule):
    """Where the words of a version stand: the document that was signed."""

    title: Annotated[str, Field(min_length=1)]
    href: str | None = None


class Measure(Rule):
    """Which credits move the position, and whether several kinds move one position or one each."""

    credits: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
    of: Literal["revenue"] = "revenue"
    positions: Literal["together", "separate"] | None = None

    @model_validator(mode="after")
    def names_each_credit_once(self) -> Self:
        """Every name is a motion or sub-motion, and no credit is counted twice."""
        if not self.credits:
            raise ValueError(f"name at least one kind of credit: {', '.join(MOTIONS)}")
        for name in self.credits:
            if name not in (*MOTIONS, *SUB_MOTIONS):
                raise ValueError(
                    f"credits {name!r} is not known; write {', '.join(MOTIONS)} or a part of one: {', '.join(SUB_MOTIONS)}"
                )
        twice = [name for name, times in Counter(self.credits).items() if times > 1]
        inside = [name for name in self.credits if MOTION_OF.get(name) in self.credits]
        if twice or inside:
            raise ValueError(f"{(twice or inside)[0]!r} would be counted twice; name each kind of credit once")
        return self

    @model_validator(mode="after")
    def says_whose_position(self) -> Self:
        """Several kinds of credit move one position or one each; the file says which."""
        if len(self.credits) > 1 and self.positions is None:
            raise ValueError(
                f"{' and '.join(self.credits)}: write positions: together (they climb one curve) or positions: separate (each climbs its own)"
            )
        return self

    def parts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each position of the measure: its name, and the kinds of credit that move it."""
        if self.positions == "separate":
            return tuple((name, (name,)) for name in self.credits)
        return (("+".join(self.credits), self.credits),)


class QuotaUse(Rule):
    """Which quota attainment is measured against; ``no_quota`` says what a quota of zero pays."""

    measure: Name
    no_quota: Literal["first_tier", "last_tier"] | None = None


class Release(Rule):
    """What puts an earning on a period."""

    on: Literal["booking"] = "booking"


class Component(Rule):
    """One way to earn: a measure, a window in which its position runs, a curve, and what a return does."""

    component: Name
    label: Annotated[str, Field(min_length=1)]
    measure: Measure
    window: Window
    curve: Curve
    quota: QuotaUse | None = None
    clawback: Literal["as_corrected", "as_negative"] = "as_corrected"
    release: Release = Release()

    @model_validator(mode="after")
    def attainment_has_a_quota(self) -> Self:
        """Tiers on attainment say which quota; ``no_quota`` belongs to them alone."""
        on_quota = isinstance(self.curve, TieredCurve) and self.curve.of == "attainment"
        if on_quota and self.quota is None:
            raise ValueError(
                f"{self.component}: its tiers are of attainment; say which quota: quota: {{measure: new_business}}"
            )
        if self.quota and self.quota.no_quota and not on_quota:
            raise ValueError(f"{self.component}: no_quota has no meaning where tiers are not of attainment; remove it")
        return self

    def needs_quota(self) -> bool:
        """Whether the curve cannot be computed without a quota."""
        return isinstance(self.curve, TieredCurve) and self.curve.of == "attainment"


class PlanVersion(Rule):
    """The terms from one day until the next version starts; ``ended`` is the last one."""

    version: Annotated[str, Field(min_length=1)]
    valid_from: Day
    decided_on: Day
    entered_by: Annotated[str, Field(min_length=1)]
    approved_by: Annotated[str, Field(min_length=1)]
    source: Source
    ended: Annotated[bool, Field(strict=False)] = False
    components: tuple[Component, ...] = ()

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
        """A version has components, each named once, unless it ends the plan."""
        if self.ended and self.components:
            raise ValueError(f"version {self.version}: an ended plan has no components; remove them or 'ended'")
        if not self.ended and not self.components:
            raise ValueError(f"version {self.version} has no components; to end the plan write ended: true")
        twice = [name for name, times in Counter(c.component for c in self.components).items() if times > 1]
        if twice:
            raise ValueError(f"version {self.version}: component {twice[0]!r} is given twice; give each its own name")
        return self


class Plan(Rule):
    """A compensation plan: its name, whom it is for, its currency, and its versions."""

    plan: Name
    label: Annotated[str, Field(min_length=1)]
    currency: CurrencyText
    for_roles: tuple[Role, ...] = ()
    versions: tuple[PlanVersion, ...]

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
        """What a return does, and how many positions run, stay the same from version to version."""
        clawback: dict[str, str] = {}
        positions: dict[str, str] = {}
        for version in self.versions:
            for part in version.components:
                where = f"version {version.version}: {part.component}"
                if clawback.setdefault(part.component, part.clawback) != part.clawback:
                    raise ValueError(
                        f"{where} changes its clawback to {part.clawback}; one component would treat returns in two "
                        "ways, so give it a new name: the old one still takes back the returns of its sales"
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
