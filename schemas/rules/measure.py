"""What a component counts: which credits, of whom, and how much of each moves the position."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from schemas.core.attribution import ADDITIONAL_TYPES, CREDIT_TYPES, MOTIONS, SUB_MOTIONS
from schemas.rules.values import FigureText, RateText, Rule, Sourced

MOTION_OF = {
    "new_logo": "new_business",
    "win_back": "new_business",
    "repeat": "retention",
    "renewal": "retention",
    "cross_sell": "growth",
    "upsell": "growth",
}
"""The motion that each sub-motion is part of."""

MONEY_MEASURES = ("revenue", "margin", "up_to_target", "above_target")
COUNTED_MEASURES = ("units", "orders", "customers")

Counted = Literal["revenue", "margin", "up_to_target", "above_target", "units", "orders", "customers"]
Whose = Literal["own", "direct_reports", "team"]


def as_tuple(value: Any) -> Any:
    """One word as a list of one."""
    return (value,) if isinstance(value, str) else value


Words = Annotated[
    tuple[str, ...],
    BeforeValidator(as_tuple),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One word, or a list of them."""


class Only(Rule):
    """Narrows a measure to some credits; a credit must fit everything that is given.

    ``first_order`` takes the credits whose sale is dated on the first day of the customer's relationship: what a new
    customer, or one won back, orders first.
    """

    product_family: Words = ()
    """Families of the order line's product."""
    credit_type: Words = ()
    """`direct` and `split` (both where it is left out), or kinds beside them: `overlay`, `roll_up`, `team`."""
    first_order: bool = False
    """`true`: only what a customer buys on the first day of the relationship."""

    @model_validator(mode="after")
    def narrows_something(self) -> Self:
        """At least one of its keys."""
        if not self.product_family and not self.credit_type and not self.first_order:
            raise ValueError(
                "say what to narrow to: only: {product_family: [hardware]} or only: {first_order: true}; or remove 'only'"
            )
        return self

    @model_validator(mode="after")
    def names_known_kinds(self) -> Self:
        """A credit type that no credit has would take nothing, without a word."""
        _require_known("credit_type", self.credit_type)
        return self


class Band(Rule):
    """A range of a line's figure, half-open, and the factor for lines in it."""

    floor: FigureText | None = Field(alias="from")
    """Where it starts; `null` for the first: everything below."""
    ceiling: FigureText | None = Field(alias="to")
    """Where the next one starts; `null` for the last."""
    factor: RateText
    """How much of such a line counts."""


class Factor(Sourced):
    """How much of a credit counts, by something that its order line says.

    ``counts: quota`` changes what moves the position (quota credit), ``pay`` what the slice pays on (pay credit),
    ``both`` the two alike. Several factors multiply. A credit that no entry of ``of`` or ``bands`` names, or whose line
    lacks the figure, takes ``otherwise``; without one the calculation stops and names the line.

    ``discount`` is 1 − net ÷ list, ``margin_share`` (net − cost) ÷ net, ``term_months`` the months from ``service_start``
    to ``service_end`` of the line, both included.
    """

    by: Literal["product_family", "sub_motion", "credit_type", "discount", "margin_share", "term_months"]
    """What the factor depends on."""
    counts: Literal["quota", "pay", "both"]
    """What it changes: what moves the position, what is paid on, or both."""
    of: dict[str, RateText] = {}
    """Factor by name, for a factor by family, sub-motion or kind of credit."""
    bands: tuple[Band, ...] = ()
    """Factor by range, for a factor by discount, margin or term."""
    otherwise: RateText | None = None
    """Factor of everything not named and of lines that lack the figure; left out, such a line stops the calculation."""

    @model_validator(mode="after")
    def factors_by_name_or_by_band(self) -> Self:
        """Names have ``of``, figures have ``bands``."""
        by_figure = self.by in ("discount", "margin_share", "term_months")
        if by_figure and (self.of or not self.bands):
            raise ValueError(f"a factor by {self.by} has bands: [{{from: null, to: 20%, factor: 1}}, …], not 'of'")
        if not by_figure and (self.bands or not self.of):
            raise ValueError(f"a factor by {self.by} has of: {{name: factor}}, not bands")
        return self

    @model_validator(mode="after")
    def bands_leave_no_gap(self) -> Self:
        """Bands touch; the first may be open downwards and the last upwards."""
        for number, band in enumerate(self.bands):
            if (band.floor is None and number) or (band.ceiling is None and number < len(self.bands) - 1):
                raise ValueError("only the first band may start at null and only the last may end at null")
            if band.floor is not None and band.ceiling is not None and band.ceiling <= band.floor:
                raise ValueError(f"the band from {band.floor} ends at {band.ceiling}; its end must lie above its start")
        for low, high in pairwise(self.bands):
            if low.ceiling != high.floor:
                raise ValueError(
                    f"a band ends at {low.ceiling} and the next starts at {high.floor}; give both the same figure"
                )
        return self

    @model_validator(mode="after")
    def factors_are_not_negative(self) -> Self:
        """A factor is 0 or more."""
        values = [*self.of.values(), *(band.factor for band in self.bands), self.otherwise or Decimal(0)]
        if min(values) < 0:
            raise ValueError("a factor is never negative; a return takes back by itself")
        return self

    @model_validator(mode="after")
    def names_known_kinds(self) -> Self:
        """A sub-motion or credit type that no credit has would never apply, without a word."""
        _require_known(self.by, self.of)
        return self

    @model_validator(mode="after")
    def what_pays_has_a_place_on_the_curve(self) -> Self:
        """A credit that moves nothing lies in no tier, so nothing says what it is paid."""
        values = [*self.of.values(), *(band.factor for band in self.bands), self.otherwise]
        if self.counts == "quota" and 0 in values:
            raise ValueError(
                "a credit with a quota factor of 0 moves no position, so no tier says what it is paid; write counts: both if it "
                "pays nothing either, or take it in a component of its own"
            )
        return self


class Measure(Sourced):
    """Which credits move the position, by how much, and whether several kinds move one position or one each.

    ``of``: ``revenue`` (the credit), ``margin`` (credit less its share of cost), ``up_to_target`` and ``above_target``
    (the two parts of a price above cost: min(price, target) − cost and max(0, price − target), from ``products.target_price``),
    ``units`` (the credit's share of quantity), ``orders`` and ``customers`` (each counts 1 at its first credit of the payee in the
    component's window, and −1 when it is returned in full).

    ``whose: direct_reports`` and ``team`` take the credits of those who report to the payee on the sale's date, directly or at all;
    ``base`` then says what counts: their ``credit``, or their ``commission`` (what they earned on it, in the plan's currency).
    """

    credits: Words
    """Kinds of credit."""
    of: Counted = "revenue"
    """What of them is counted."""
    positions: Literal["together", "separate"] | None = None
    """Whether several kinds climb one curve or one each."""
    only: Only | None = None
    """Narrows it to some product families, kinds of credit, or first orders."""
    whose: Whose = "own"
    """The payee's own credits, or those of the people who report to them."""
    base: Literal["credit", "commission"] | None = None
    """What of others' credits counts: what they sold, or what they earned."""
    own_deals: Literal["excluded", "included"] | None = None
    """Whether the payee's own credits count as well."""
    below_cost: Literal["mirrored", "floored", "ignored"] | None = None
    """What a sale below cost does, for margin."""
    factors: tuple[Factor, ...] = ()
    """How much of a credit counts."""

    @model_validator(mode="after")
    def names_each_credit_once(self) -> Self:
        """Every name is a motion or sub-motion, and no credit is counted twice."""
        require_kinds_of_credit(self.credits)
        return self

    @model_validator(mode="after")
    def says_whose_position(self) -> Self:
        """Several kinds of credit move one position or one each; the file says which."""
        if len(self.credits) > 1 and self.positions is None:
            raise ValueError(
                f"{' and '.join(self.credits)}: write positions: together (they climb one curve) or positions: separate (each climbs its own)"
            )
        return self

    @model_validator(mode="after")
    def others_credits_have_a_base(self) -> Self:
        """An override says of what: ``credit`` or ``commission``."""
        if self.whose != "own" and self.base is None:
            raise ValueError(
                "an override can mean a share of what the team sold or of what the team earned; "
                "write base: credit or base: commission"
            )
        if self.whose == "own" and (self.base or self.own_deals):
            raise ValueError("base and own_deals belong to whose: team or whose: direct_reports; remove them")
        if self.base == "commission" and (self.of != "revenue" or self.factors):
            raise ValueError("base: commission counts the money that others earned; remove 'of' and 'factors'")
        return self

    @model_validator(mode="after")
    def margin_says_what_a_loss_does(self) -> Self:
        """A sale below cost is mirrored, floored or ignored, by declaration."""
        on_cost = self.of in ("margin", "up_to_target", "above_target")
        if on_cost and self.below_cost is None:
            raise ValueError(
                "say what a sale below cost does: below_cost: mirrored (it counts as negative margin), floored (it counts as 0) "
                "or ignored (the component does not take it)"
            )
        if not on_cost and self.below_cost:
            raise ValueError("below_cost belongs to a measure of margin; remove it")
        return self

    @model_validator(mode="after")
    def additional_credits_count_as_revenue(self) -> Self:
        """Cost, price and quantity of a line are divided between its revenue credits alone."""
        beside = [kind for kind in (self.only.credit_type if self.only else ()) if kind in ADDITIONAL_TYPES]
        if beside and self.of != "revenue":
            raise ValueError(
                f"of: {self.of} is divided between the revenue credits of a line, and {beside[0]} credits stand beside them; "
                "write of: revenue, or take direct and split credits"
            )
        if beside and self.whose != "own":
            raise ValueError(
                f"{beside[0]} credits are the receiver's own; remove 'whose', or take the team's direct and split credits"
            )
        return self

    @model_validator(mode="after")
    def what_is_counted_whole_has_no_quota_factor(self) -> Self:
        """An order or customer counts 1 or nothing."""
        if self.of in ("orders", "customers") and any(factor.counts != "pay" for factor in self.factors):
            raise ValueError(f"{self.of} are counted whole; a factor here has counts: pay")
        return self

    def parts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each position of the measure: its name, and the kinds of credit that move it."""
        if self.positions == "separate":
            return tuple((name, (name,)) for name in self.credits)
        return (("+".join(self.credits), self.credits),)

    def counts_money(self) -> bool:
        """Whether the position is money of the plan's currency; else a number (units, orders, customers)."""
        return self.of in MONEY_MEASURES


def _require_known(by: str, names: Iterable[str]) -> None:
    known = {"sub_motion": SUB_MOTIONS, "credit_type": CREDIT_TYPES}.get(by)
    unknown = [name for name in names if known and name not in known]
    if known and unknown:
        raise ValueError(f"{by} {unknown[0]!r} is not known; write {', '.join(known)}")


def require_kinds_of_credit(credits: tuple[str, ...]) -> None:
    """Check that every name is a motion or sub-motion, and that no credit would be counted twice.

    Raises:
        ValueError: says which name, and what may stand there.
    """
    if not credits:
        raise ValueError(f"name at least one kind of credit: {', '.join(MOTIONS)}")
    for name in credits:
        if name not in (*MOTIONS, *SUB_MOTIONS):
            raise ValueError(
                f"credits {name!r} is not known; write {', '.join(MOTIONS)} or a part of one: {', '.join(SUB_MOTIONS)}"
            )
    twice = [name for name, times in Counter(credits).items() if times > 1]
    inside = [name for name in credits if MOTION_OF.get(name) in credits]
    if twice or inside:
        raise ValueError(f"{(twice or inside)[0]!r} would be counted twice; name each kind of credit once")
