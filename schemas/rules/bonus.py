"""Pay that no single credit earns: results against a target, pools, guarantees."""

from collections import Counter
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from schemas.rules.curve import PayoutCurve
from schemas.rules.modifier import Cap, Gate, Multiplier
from schemas.rules.quota_use import Incentive, Proration
from schemas.rules.reading import Reading
from schemas.rules.values import AmountText, BoundText, Name, PositiveText, Rule, ShareText, Sourced
from schemas.rules.words import Worded

Window = Literal["month", "quarter", "half_year", "year"]


class Objective(Sourced):
    """One line of a scorecard: what is read, its weight, and the score that the result gives (100% = on target).

    A result below ``threshold`` scores 0; no score is above ``cap``.
    """

    objective: Name
    """Its name."""
    label: Annotated[str, Field(min_length=1)]
    """What statements call it."""
    reading: Reading
    """The result that is scored."""
    weight: Annotated[ShareText, Field(gt=Decimal(0))]
    """Share of the incentive; all weights make 100 %."""
    score: PayoutCurve
    """The score that each result gives; 100% is on target."""
    threshold: PositiveText | None = None
    """A result below it scores 0."""
    cap: PositiveText | None = None
    """No score is above it."""


class Bonus(Sourced, Worded):
    """Incentive × Σ weight × score of its objectives, once a window: a scorecard of MBO, KPI, NRR or GRR results.

    It is posted in the last fiscal period of the window, and in the open one before that with what is known so far.
    A result that is not there yet scores 0 and is reported.
    """

    bonus: Name
    """Its name, the same in every version."""
    label: Annotated[str, Field(min_length=1)]
    """What statements call it."""
    window: Window
    """How often it is paid."""
    incentive: Incentive
    """What a score of 100 % pays."""
    objectives: tuple[Objective, ...]
    """Its lines."""
    gates: tuple[Gate, ...] = ()
    """Conditions; one that is closed pays nothing."""
    multipliers: tuple[Multiplier, ...] = ()
    """Factors on the whole bonus."""
    caps: tuple[Cap, ...] = ()
    """The most that it pays."""

    @model_validator(mode="after")
    def weights_make_a_whole(self) -> Self:
        """Weights add up to 100 %, each objective has its own name, and nothing runs at each credit."""
        total = sum((objective.weight for objective in self.objectives), Decimal(0))
        if total != 1:
            raise ValueError(f"{self.bonus}: the weights add up to {total:%}; they must make 100%")
        twice = [name for name, times in Counter(o.objective for o in self.objectives).items() if times > 1]
        if twice:
            raise ValueError(f"{self.bonus}: objective {twice[0]!r} is given twice; give each its own name")
        if "running" in {gate.reads for gate in self.gates} | {each.reads for each in self.multipliers}:
            raise ValueError(f"{self.bonus}: a bonus has no credits to run along; write reads: end")
        return self

    @model_validator(mode="after")
    def caps_are_not_narrower(self) -> Self:
        """A bonus belongs to no deal, is paid once a window, and has one cap for each kind of period."""
        order = get_args(Window)
        for cap in self.caps:
            if cap.per == "deal" or order.index(cap.per) < order.index(self.window):
                raise ValueError(
                    f"{self.bonus}: a cap per {cap.per.replace('_', ' ')} is narrower than its window; it is paid once a "
                    f"{self.window.replace('_', ' ')}, so write per: {self.window} or a longer period"
                )
        twice = [per for per, times in Counter(cap.per for cap in self.caps).items() if times > 1]
        if twice:
            raise ValueError(f"{self.bonus}: two caps per {twice[0].replace('_', ' ')}; keep the lower one")
        return self


class PoolAmount(Rule):
    """How much is in a pool: a fixed amount a window, or a share of a reading summed over its members."""

    amount: AmountText | None = None
    """A fixed amount a window, plan currency."""
    rate: ShareText | None = None
    """A share of ``reading``, summed over the members."""
    reading: Reading | None = None
    """What the share is of."""

    @model_validator(mode="after")
    def is_fixed_or_a_share(self) -> Self:
        """``amount``, or ``rate`` and ``reading`` together."""
        if (self.amount is None) == (self.rate is None) or (self.rate is None) != (self.reading is None):
            raise ValueError("a pool holds amount: '10000.00', or rate: 2.5% of reading: {of: revenue, …}")
        return self


class Pool(Sourced, Worded):
    """An amount shared by everybody on the plan: equally, by what they were credited (``by`` a reading), or by role weights.

    Members are those on the plan on the last day of the window who pass the gates; ``prorate`` counts a part of the window by
    the days on the plan. Shares are differences of rounded running totals in the order of payee ids, so they add up.
    """

    pool: Name
    """Its name, the same in every version."""
    label: Annotated[str, Field(min_length=1)]
    """What statements call it."""
    window: Window
    """How often it is shared."""
    holds: PoolAmount
    """How much there is to share."""
    shared: Literal["equally", "by_reading", "by_role"]
    """How it is shared."""
    by: Reading | None = None
    """What members are measured on, with ``shared: by_reading``."""
    weights: dict[Literal["sales_rep", "account_manager", "sales_coordinator", "manager", "other"], BoundText] = {}
    """Weight of a member of each role, with ``shared: by_role``; 0 for members who only count for what the pool holds."""
    gates: tuple[Gate, ...] = ()
    """Who has a share: members at whom every gate is open."""
    prorate: Proration = "none"
    """How much of a share somebody has who was on the plan for a part of the window."""

    @model_validator(mode="after")
    def says_how_it_is_shared(self) -> Self:
        """A reading for ``by_reading``, weights for ``by_role``, neither for ``equally``."""
        if (self.by is not None) != (self.shared == "by_reading"):
            raise ValueError(
                f"{self.pool}: shared: by_reading needs by: (what each member is measured on), and nothing else does"
            )
        if bool(self.weights) != (self.shared == "by_role"):
            raise ValueError(f"{self.pool}: shared: by_role needs weights: {{sales_rep: 1}}, and nothing else does")
        if self.weights and not any(self.weights.values()):
            raise ValueError(f"{self.pool}: every weight is 0, so nobody has a share; give one role a weight above 0")
        if "running" in {gate.reads for gate in self.gates}:
            raise ValueError(f"{self.pool}: a pool has no credits to run along; write reads: end")
        return self


class Guarantee(Sourced, Worded):
    """At least this much a fiscal period, prorated: the difference to what components and bonuses earn is added.

    ``months_of_service`` limits it to the first months after the hire date; without it the plan's version does.
    """

    incentive: Incentive
    """What is guaranteed."""
    months_of_service: Annotated[int, Field(ge=1, strict=False)] | None = None
    """Only in the first months after the hire date."""
