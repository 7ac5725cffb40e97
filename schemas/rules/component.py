"""One component of a plan: what is counted, in which window, on which curve, and what changes the money."""

from collections import Counter
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from schemas.rules.clawback import Clawback, ClawbackRule
from schemas.rules.curve import (
    Curve,
    InterpolatedCurve,
    MatrixCurve,
    PerEventCurve,
    PerUnitCurve,
    SteppedCurve,
    TargetCurve,
    TieredCurve,
    paid_at_nothing,
)
from schemas.rules.measure import Measure
from schemas.rules.modifier import Budget, Cap, Gate, Multiplier
from schemas.rules.quota_use import QuotaUse
from schemas.rules.values import Day, Name, Rule, ShareText, Sourced
from schemas.rules.words import Worded

Window = Literal["transaction", "month", "quarter", "half_year", "year"]
WiderWindow = Literal["quarter", "half_year", "year"]


class Release(Rule):
    """What releases an earning for payment: the booking, or invoices or payments in proportion.

    Until then it is earned and held. A guard period keeps it for so many days, or fiscal periods, after the day of the booking,
    the invoice or the payment.
    """

    on: Literal["booking", "invoice", "payment"] = "booking"
    """What releases it."""
    guard_days: Annotated[int, Field(ge=0, strict=False)] = 0
    """Days after the booking, invoice or payment before it counts."""
    guard_periods: Annotated[int, Field(ge=0, strict=False)] = 0
    """Fiscal periods after the one of that day before it counts."""


class Dates(Sourced):
    """First day, and the day from which it no longer holds (excluded), of what a component takes, by the sale's date."""

    first: Day = Field(alias="from")
    """First day."""
    end: Day = Field(alias="to")
    """First day after."""

    @model_validator(mode="after")
    def end_lies_after_the_start(self) -> Self:
        """At least one day."""
        if self.end <= self.first:
            raise ValueError(f"from {self.first} to {self.end} holds no day; 'to' is the first day after")
        return self


class EventShares(Rule):
    """How much of a credit counts at booking, at invoicing and at payment; together all of it."""

    booking: ShareText = Decimal(0)
    invoice: ShareText = Decimal(0)
    payment: ShareText = Decimal(0)

    @model_validator(mode="after")
    def make_a_whole(self) -> Self:
        """Shares add up to 100 %."""
        total = self.booking + self.invoice + self.payment
        if total != 1:
            raise ValueError(f"booking, invoice and payment add up to {total:%}; they must make 100%")
        return self


class EventByFamily(Rule):
    """Event shares by product family of the line; ``otherwise`` for all families not named."""

    product_family: dict[str, EventShares]
    """Shares of each family."""
    otherwise: EventShares
    """Shares of all others."""


def form_of_event(value: Any) -> str:
    """``word``, ``shares`` or ``by_family``: how an event is written."""
    if isinstance(value, EventByFamily) or (isinstance(value, dict) and {"product_family", "otherwise"} & value.keys()):
        return "by_family"
    return "shares" if isinstance(value, dict | EventShares) else "word"


Event = Annotated[
    Annotated[Literal["booking", "invoice", "payment"], Tag("word")]
    | Annotated[EventShares, Tag("shares")]
    | Annotated[EventByFamily, Tag("by_family")],
    Discriminator(form_of_event),
]
"""What gives a credit its day."""


class Component(Sourced, Worded):
    """One way to earn: a measure, a window in which its position runs, a curve, and what a return does.

    ``tier_window`` takes the tier from the position in a wider window at the end of this one, and pays its rate on this
    window's credits. ``restart: false`` continues the position after a change of plan or a return to it.
    """

    component: Name
    """Its name, the same in every version."""
    label: Annotated[str, Field(min_length=1)]
    """What statements call it."""
    measure: Measure
    """Which credits count, and what of them."""
    window: Window
    """Where the position starts again from 0."""
    curve: Curve
    """The money that a position is worth."""
    quota: QuotaUse | None = None
    """What attainment is measured against."""
    dates: Dates | None = None
    """Days on which sales count."""
    tier_window: WiderWindow | None = None
    """A wider window whose position gives the tier; its rate pays this window's credits."""
    restart: Annotated[bool, Field(strict=False)] = True
    """Whether a change of plan, or a return to it, starts the position at 0."""
    event: Event = "booking"
    """What gives a credit its day: the order, its invoice, its payment, or shares of them."""
    gates: tuple[Gate, ...] = ()
    """Conditions; one that is closed pays nothing in the window."""
    multipliers: tuple[Multiplier, ...] = ()
    """Factors on the window's money."""
    caps: tuple[Cap, ...] = ()
    """The most that one payee is paid, per deal or period."""
    budget: Budget | None = None
    """The most that everybody together is paid."""
    floor: Annotated[bool, Field(strict=False)] = False
    """``true``: a window never earns less than 0."""
    clawback: ClawbackRule = "as_corrected"
    """What a return does: it lowers its sale's window, or counts as negative in its own; how much of it, and for how long."""
    release: Release = Release()
    """What releases an earning for payment."""

    @model_validator(mode="after")
    def attainment_has_a_quota(self) -> Self:
        """Tiers on attainment say which quota; ``no_quota`` belongs to them alone."""
        on_quota = self.needs_quota()
        if on_quota and self.quota is None:
            raise ValueError(
                f"{self.component}: its curve is over attainment; say which quota: quota: {{measure: new_business}}"
            )
        if self.quota and self.quota.no_quota and not on_quota:
            raise ValueError(f"{self.component}: no_quota has no meaning where nothing is over attainment; remove it")
        if self.quota and self.quota.no_quota and not isinstance(self.curve, TieredCurve):
            raise ValueError(f"{self.component}: no_quota belongs to marginal, retroactive and mixed tiers; remove it")
        if on_quota and not self.measure.counts_money() and self.quota and self.quota.of != "previous_window":
            raise ValueError(
                f"{self.component}: quotas are amounts of money and the measure counts {self.measure.of}; use of: units bounds, "
                "or quota: {of: previous_window}"
            )
        return self

    @model_validator(mode="after")
    def bounds_count_what_is_measured(self) -> Self:
        """``of`` of the curve fits the measure; an amount a unit needs a measure that counts."""
        curve, counts_money = self.curve, self.measure.counts_money()
        if isinstance(curve, TieredCurve | SteppedCurve | InterpolatedCurve):
            if curve.of is None:
                raise ValueError(f"{self.component}: say what the bounds count: of: amount, units or attainment")
            if (curve.of == "amount" and not counts_money) or (curve.of == "units" and counts_money):
                right = "amount" if counts_money else "units"
                raise ValueError(f"{self.component}: the measure counts {self.measure.of}; write of: {right}")
        if isinstance(curve, TieredCurve) and any((tier.amount is None) != counts_money for tier in curve.tiers):
            right = "rate: (a share of it)" if counts_money else "amount: (for each)"
            raise ValueError(f"{self.component}: the measure counts {self.measure.of}; its tiers say {right}")
        needed = {PerUnitCurve: ("units",), PerEventCurve: ("orders", "customers")}.get(type(curve))
        if needed and self.measure.of not in needed:
            raise ValueError(f"{self.component}: {curve.shape} needs measure: {{of: {' or '.join(needed)}}}")
        if not needed and not counts_money and curve.shape == "flat":
            raise ValueError(
                f"{self.component}: a flat rate needs money; write shape: per_unit or per_event with an amount"
            )
        return self

    @model_validator(mode="after")
    def nothing_sold_pays_nothing(self) -> Self:
        """A curve pays nothing at a position of 0: no line could carry it."""
        if paid_at_nothing(self.curve) != 0:
            raise ValueError(
                f"{self.component}: its curve pays something at a position of 0, where nothing was sold and no line could "
                "carry it; let it begin above 0 (a first step or point further up, with below_first: nothing), or pay a fixed "
                "amount by a bonus or a guarantee"
            )
        return self

    @model_validator(mode="after")
    def has_one_cap_of_a_kind(self) -> Self:
        """Not two caps per deal, or per month."""
        twice = [per for per, times in Counter(cap.per for cap in self.caps).items() if times > 1]
        if twice:
            raise ValueError(f"{self.component}: two caps per {twice[0].replace('_', ' ')}; keep the lower one")
        return self

    @model_validator(mode="after")
    def windows_fit(self) -> Self:
        """A wider window is wider, and an order has none."""
        order = ("transaction", "month", "quarter", "half_year", "year")
        if self.tier_window and (
            self.window == "transaction" or order.index(self.tier_window) <= order.index(self.window)
        ):
            raise ValueError(f"{self.component}: tier_window {self.tier_window} is not wider than window {self.window}")
        if self.tier_window and not isinstance(self.curve, TieredCurve):
            raise ValueError(f"{self.component}: tier_window needs a curve with tiers")
        if self.window == "transaction" and (self.needs_quota() or self.budget):
            raise ValueError(f"{self.component}: an order has no quota and no budget; choose a window of months")
        return self

    @model_validator(mode="after")
    def commission_counts_when_it_is_earned(self) -> Self:
        """What others earn has its date already."""
        if self.measure.base == "commission" and self.event != "booking":
            raise ValueError(
                f"{self.component}: base: commission counts what others earn on the day that they earn it; remove 'event'"
            )
        return self

    @model_validator(mode="after")
    def clawback_fits(self) -> Self:
        """A window, a share and kept attainment need something that can come back in part, on its own day."""
        rule = self.takes_back
        if not rule.is_plain:
            _require_fit(self, rule)
        return self

    @property
    def takes_back(self) -> Clawback:
        """What a return takes back, also where the file says it in one word."""
        return self.clawback if isinstance(self.clawback, Clawback) else Clawback(mode=self.clawback)

    def needs_quota(self) -> bool:
        """Whether the curve cannot be computed without a quota."""
        curve = self.curve
        if isinstance(curve, TargetCurve | MatrixCurve):
            return True
        return isinstance(curve, TieredCurve | SteppedCurve | InterpolatedCurve) and curve.of == "attainment"


def _require_fit(part: Component, rule: Clawback) -> None:
    """Refuse what a component cannot take back."""
    counts_whole = part.measure.of in ("orders", "customers")
    if part.measure.base == "commission":
        raise ValueError(
            f"{part.component}: base: commission counts what others earn, with what their clawback takes back already; remove "
            "window_days, share and affects_attainment here"
        )
    if counts_whole and (rule.share is not None or not rule.affects_attainment):
        raise ValueError(
            f"{part.component}: {part.measure.of} are counted whole, and no part of one can come back; their clawback has "
            "window_days alone, so remove share and affects_attainment"
        )
    if part.event != "booking" and (counts_whole or not rule.affects_attainment):
        words = f"window_days of {part.measure.of}" if counts_whole else "affects_attainment: false"
        raise ValueError(
            f"{part.component}: {words} needs event: booking, because before an invoice or payment nothing has counted yet; remove "
            "event, and hold pay until then with release: {on: payment}"
        )
    if part.floor and not rule.affects_attainment:
        raise ValueError(
            f"{part.component}: floor: true limits what the position earns, and affects_attainment: false takes back beside it; keep "
            "one of them"
        )
