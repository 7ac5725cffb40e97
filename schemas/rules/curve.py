"""Curves as a plan writes them: cumulative money over a position, or a multiple of a target over a result."""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.rules.quota_use import Incentive
from schemas.rules.reading import Reading
from schemas.rules.values import AmountText, BoundText, FigureText, Rule, Sourced, exact_decimal
from schemas.rules.words import clear_words

LARGEST_ATTAINMENT = 10
RATE_DECIMALS = 6

PAYOUT_SHAPES = ("flat", "marginal", "retroactive", "mixed", "stepped", "interpolated")
"""Shapes that say a multiple of something over a result."""

SHAPES = (*PAYOUT_SHAPES, "per_unit", "per_event", "target", "matrix")
"""Shapes that say money over a position."""

Over = Literal["amount", "units", "attainment"]
"""What a bound counts: plan currency, units (orders, customers), or position ÷ quota; a payout curve counts what it reads."""


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


class Tier(Sourced):
    """One tier, half-open: a position exactly at ``to`` lies in the next tier."""

    floor: BoundText = Field(alias="from")
    """Where it starts; the first starts at 0."""
    ceiling: BoundText | None = Field(alias="to")
    """Where the next one starts; `null` for the last."""
    rate: PayRate | None = None
    """Share of money that it pays."""
    amount: Annotated[AmountText, Field(ge=Decimal(0))] | None = None
    """Amount for each unit, order or customer."""
    mode: Literal["marginal", "retroactive"] | None = None
    """How a tier of a mixed curve pays."""

    @model_validator(mode="after")
    def is_not_empty(self) -> Self:
        """The end lies above the start."""
        if self.ceiling is not None and self.ceiling <= self.floor:
            raise ValueError(f"the tier from {self.floor} ends at {self.ceiling}; its end must lie above its start")
        return self

    @model_validator(mode="after")
    def pays_a_rate_or_an_amount(self) -> Self:
        """A share of money, or an amount for each unit."""
        if (self.rate is None) == (self.amount is None):
            raise ValueError(
                f"the tier from {self.floor} says rate: (a share of money) or amount: (for each unit), one of them"
            )
        return self

    @property
    def pays(self) -> Decimal:
        """Money for one more of the position: the rate, or the amount a unit."""
        return self.amount if self.rate is None else self.rate  # type: ignore[return-value]


class FlatCurve(Rule):
    """One rate for every position."""

    shape: Literal["flat"]
    """One rate."""
    rate: PayRate
    """Share of money that it pays."""


class TieredCurve(Rule):
    """Tiers over the position, as an amount or as attainment (position ÷ quota; 1 is 100 %)."""

    shape: Literal["marginal", "retroactive", "mixed"]
    """Each rate on its own tier, the tier reached on everything, or as each tier says."""
    of: Over | None = None
    """What the bounds count."""
    tiers: tuple[Tier, ...]
    """From 0 upwards, touching, the last one open."""

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


class Step(Sourced):
    """A range of positions or results, half-open, and what it pays: an amount of money, or a multiple (payout) of the target."""

    floor: FigureText = Field(alias="from")
    """Where it starts."""
    ceiling: FigureText | None = Field(alias="to")
    """Where the next one starts; `null` for the last."""
    pays: FigureText
    """Money, or a multiple of the target."""

    @model_validator(mode="after")
    def is_not_empty(self) -> Self:
        """The end lies above the start."""
        if self.ceiling is not None and self.ceiling <= self.floor:
            raise ValueError(f"the step from {self.floor} ends at {self.ceiling}; its end must lie above its start")
        return self


class SteppedCurve(Rule):
    """What the step that the position lies in pays, not multiplied by it; nothing below the first step."""

    shape: Literal["stepped"]
    """What the step reached pays, whatever the position inside it."""
    of: Over | None = None
    """What the bounds count."""
    tiers: tuple[Step, ...]
    """Touching, the last one open."""

    @model_validator(mode="after")
    def steps_leave_no_gap(self) -> Self:
        """Steps touch and end open."""
        if not self.tiers:
            raise ValueError('a stepped curve has at least one step: {from: "0", to: null, pays: "100.00"}')
        for low, high in pairwise(self.tiers):
            _require_touching(low, high)
        if self.tiers[-1].ceiling is not None:
            raise ValueError(f"the last step ends at {self.tiers[-1].ceiling}; leave it open: to: null")
        return self


class Point(Sourced):
    """A position or result, and what it pays."""

    at: FigureText
    """The position or result."""
    pays: FigureText
    """Money, or a multiple of the target."""


class InterpolatedCurve(Rule):
    """Straight lines between points; outside them the end value, or the end line with ``beyond: extend``.

    ``below_first: nothing`` pays nothing below the first point: a threshold.
    """

    shape: Literal["interpolated"]
    """Straight lines between points."""
    of: Over | None = None
    """What the points stand on."""
    points: tuple[Point, ...]
    """From left to right, two at least."""
    beyond: Literal["hold", "extend"] = "hold"
    """Outside the points: the end value, or the end line."""
    below_first: Literal["hold", "nothing"] = "hold"
    """Below the first point: as ``beyond`` says, or nothing (a threshold)."""

    @model_validator(mode="after")
    def points_climb(self) -> Self:
        """At least two points, each further right than the one before."""
        if len(self.points) <= 1:
            raise ValueError("a line has at least two points: {at: 80%, pays: 50%}, {at: 100%, pays: 100%}")
        for left, right in pairwise(self.points):
            if right.at <= left.at:
                raise ValueError(
                    f"a point at {right.at} follows one at {left.at}; points go from left to right, two at one place "
                    "would be a jump: use shape: stepped for that"
                )
        return self

    @model_validator(mode="after")
    def extends_or_ends(self) -> Self:
        """A line that goes on has no threshold."""
        if self.beyond == "extend" and self.below_first == "nothing":
            raise ValueError(
                "beyond: extend continues the line below the first point; below_first: nothing ends it there"
            )
        return self


class PerUnitCurve(Rule):
    """An amount for each unit of the measure (``of: units``)."""

    shape: Literal["per_unit"]
    """An amount for each unit."""
    amount: Annotated[AmountText, Field(gt=Decimal(0))]
    """Plan currency."""


class PerEventCurve(Rule):
    """An amount for each order or customer of the measure (``of: orders``, ``of: customers``): a SPIFF or bounty."""

    shape: Literal["per_event"]
    """An amount for each order or customer."""
    amount: Annotated[AmountText, Field(gt=Decimal(0))]
    """Plan currency."""


PayoutCurve = Annotated[
    Annotated[FlatCurve | TieredCurve | SteppedCurve | InterpolatedCurve, Field(discriminator="shape")],
    BeforeValidator(lambda value: _known_shape(value, PAYOUT_SHAPES)),
]
"""A multiple over a result; its bounds count what is read (1 or 100% of attainment, the value of a KPI), so it has no ``of``.

``flat`` pays rate × result; tiers their rates over the result as for money; ``stepped`` and ``interpolated`` state it.
"""


class TargetCurve(Rule):
    """Target incentive × payout(attainment): 100 % attainment on a payout of 100 % pays the incentive."""

    shape: Literal["target"]
    """Target incentive × payout(attainment)."""
    incentive: Incentive
    """What a payout of 100 % is."""
    payout: PayoutCurve
    """The multiple of it that each attainment pays."""


class Columns(Rule):
    """The second figure of a matrix, and the bounds of its columns."""

    reading: Reading
    """The second figure."""
    at: tuple[FigureText, ...]
    """Where each column begins, or stands."""


class MatrixCurve(Rule):
    """Target incentive × the cell of attainment (rows) and another reading (columns).

    ``stepped``: each bound begins a row or column that reaches up to the next; below the first, nothing is paid.
    ``bilinear``: straight lines between the cells in both directions, the end value outside.
    """

    shape: Literal["matrix"]
    """Target incentive × a cell."""
    incentive: Incentive
    """What a cell of 100 % is."""
    lookup: Literal["stepped", "bilinear"]
    """The cell reached, or straight lines between cells."""
    rows: tuple[FigureText, ...]
    """Where each row begins, or stands, in attainment."""
    columns: Columns
    """The second figure and its bounds."""
    cells: tuple[tuple[FigureText, ...], ...]
    """Multiples of the incentive, row by row."""

    @model_validator(mode="after")
    def cells_fill_the_grid(self) -> Self:
        """One line of cells a row, one cell a column; bounds climb."""
        for name, bounds in (("rows", self.rows), ("columns.at", self.columns.at)):
            if len(bounds) < (2 if self.lookup == "bilinear" else 1) or any(b <= a for a, b in pairwise(bounds)):
                raise ValueError(f"{name}: bounds go upwards, each once (two at least where lookup is bilinear)")
        if len(self.cells) != len(self.rows) or any(len(line) != len(self.columns.at) for line in self.cells):
            raise ValueError(
                f"cells: {len(self.rows)} rows and {len(self.columns.at)} columns need {len(self.rows)} lists of "
                f"{len(self.columns.at)} payouts each"
            )
        return self


def paid_at_nothing(curve: "Curve | PayoutCurve") -> Decimal:
    """What a curve pays at a position of 0: 0 for every curve that multiplies, else what is stated there (the most of a row)."""
    if isinstance(curve, TargetCurve):
        return paid_at_nothing(curve.payout)
    if isinstance(curve, MatrixCurve):
        below = [line for at, line in zip(curve.rows, curve.cells, strict=True) if at <= 0]
        reached = below[-1:] if curve.lookup == "stepped" else (below[-1:] or curve.cells[:1])
        return max((abs(cell) for line in reached for cell in line), default=Decimal(0))
    if isinstance(curve, SteppedCurve):
        return next((s.pays for s in curve.tiers if s.floor <= 0 and (s.ceiling is None or s.ceiling > 0)), Decimal(0))
    if isinstance(curve, InterpolatedCurve):
        return _on_the_line_at_nothing(curve)
    return Decimal(0)


def _on_the_line_at_nothing(curve: InterpolatedCurve) -> Decimal:
    first, last = curve.points[0], curve.points[-1]
    if first.at > 0 and curve.below_first == "nothing":
        return Decimal(0)
    if first.at > 0 and curve.beyond == "hold":
        return first.pays
    if last.at < 0 and curve.beyond == "hold":
        return last.pays
    pairs = list(pairwise(curve.points))
    left, right = next(((a, b) for a, b in pairs if a.at <= 0 <= b.at), pairs[0] if first.at > 0 else pairs[-1])
    return left.pays * (right.at - left.at) - left.at * (right.pays - left.pays)  # times the distance: 0 where it is 0


def _require_touching(low: Tier | Step, high: Tier | Step) -> None:
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


def _known_shape(value: Any, shapes: tuple[str, ...] = SHAPES) -> Any:
    if isinstance(value, Rule):
        return value
    if not isinstance(value, dict):
        raise ValueError("a curve is a mapping such as {shape: flat, rate: 0.05}")
    clear_words(value)
    if value.get("shape") not in shapes:
        raise ValueError(f"shape {value.get('shape')!r} is not known; write one of {', '.join(shapes)}")
    return value


Curve = Annotated[
    Annotated[
        FlatCurve
        | TieredCurve
        | SteppedCurve
        | InterpolatedCurve
        | PerUnitCurve
        | PerEventCurve
        | TargetCurve
        | MatrixCurve,
        Field(discriminator="shape"),
    ],
    BeforeValidator(_known_shape),
]
"""Cumulative money over a position."""
