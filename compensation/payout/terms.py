"""Terms: what a plan version says of one position, numbered, so that ten million credits can look it up."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.payout.errors import PayoutError
from compensation.payout.measures.narrowing import Narrowing, narrowing_of
from compensation.payout.windows import kind_number
from schemas.core.attribution import MOTIONS, SUB_MOTIONS
from schemas.rules.component import Component
from schemas.rules.plan import Plan, PlanVersion

NOBODYS = ("no_plan", "no_version", "plan_none", "house", "excluded")
"""Standings of a payee on a day that are no plan version; the code of a standing is its place here, versions follow."""

POSITION_DIGITS = {"units": 3, "orders": 0, "customers": 0}
"""Decimals of positions that are no money."""

CREDIT_KINDS = len(MOTIONS) * len(SUB_MOTIONS)


@dataclass(frozen=True)
class Term:
    """One position of one component in one plan version."""

    plan: Plan
    version: PlanVersion
    component: Component
    part: str
    takes: tuple[str, ...]

    @property
    def slot(self) -> tuple[str, str, str]:
        """What the position belongs to, whatever the version: the component, or its part where parts climb apart."""
        own = self.part if self.component.measure.positions == "separate" else ""
        return self.plan.plan, self.component.component, own

    @property
    def digits(self) -> int:
        """Decimals of the plan's currency."""
        return minor_unit_digits(self.plan.currency)

    @property
    def position_digits(self) -> int:
        """Decimals that positions are counted in: the currency's for money, three for units, none for orders and customers."""
        measure = self.component.measure
        return self.digits if measure.counts_money() else POSITION_DIGITS[measure.of]

    @property
    def takes_own_credits(self) -> bool:
        """Whether the payee's own credits move the position: also an override's, where it says that own deals count."""
        measure = self.component.measure
        return measure.whose == "own" or (measure.base == "credit" and measure.own_deals == "included")

    @property
    def counts_whole_credits(self) -> bool:
        """Whether the whole credit moves the position, and nothing else about it counts."""
        measure = self.component.measure
        return measure.of == "revenue" and not measure.factors


@dataclass(frozen=True)
class Terms:
    """Every term of every plan version.

    ``table`` has one row a term. ``takers`` lists, cell by cell, the terms that take a kind of credit under a
    standing; a cell is ``standing × CREDIT_KINDS + kind``, and its list is ``count`` long from ``first``. ``narrowing``
    says which of those leave some of such credits out, and is nothing where none does. Terms on the credits of others
    (``whose``) are in no list, unless own deals are included.
    """

    terms: tuple[Term, ...]
    standings: tuple[PlanVersion | None, ...]
    plan_of_standing: pl.Series
    table: pl.DataFrame
    takers: pl.Series
    first: pl.Series
    count: pl.Series
    narrowing: Narrowing | None = None

    @property
    def all_count_whole_credits(self) -> bool:
        """Whether every term counts whole credits."""
        return all(term.counts_whole_credits for term in self.terms)

    def taker_of_slot(self) -> pl.DataFrame:
        """``cell``, ``slot`` and ``term``: which term of a position takes a kind of credit under a standing, at most one."""
        cells = pl.int_range(len(self.first), dtype=pl.Int32, eager=True).rename("cell").to_frame()
        takes = cells.with_columns(self.first, self.count).filter(pl.col("count") > 0)
        each = takes.select("cell", place=pl.int_ranges("first", pl.col("first") + pl.col("count"))).explode(
            "place", empty_as_null=True, keep_nulls=True
        )
        listed = each.select("cell", term=pl.lit(self.takers).gather(pl.col("place")))
        return listed.with_columns(slot=pl.lit(self.table["slot"]).gather(pl.col("term")))

    def standing_of(self, version: PlanVersion) -> int:
        """Code of the standing *on this version*."""
        return next(code for code, known in enumerate(self.standings) if known is version)


def terms_of(plans: Sequence[Plan]) -> Terms:
    """Number the terms of all plans, in the order plan, component as first written, position.

    Raises:
        PayoutError: versions of one component count different things.
    """
    ordered = sorted(plans, key=lambda plan: plan.plan)
    versions = [(plan, version) for plan in ordered for version in plan.versions if not version.ended]
    terms = tuple(
        Term(plan, version, component, part, takes)
        for plan, version in versions
        for component in version.components
        for part, takes in component.measure.parts()
    )
    _require_one_kind_of_position(terms)
    standings = (*(None for _ in NOBODYS), *(version for _, version in versions))
    lists = [_takers(terms, version, motion, sub) for version in standings for motion in MOTIONS for sub in SUB_MOTIONS]
    counts = pl.Series("count", [len(takers) for takers in lists], dtype=pl.Int32)
    return Terms(
        terms=terms,
        standings=standings,
        plan_of_standing=pl.Series([""] * len(NOBODYS) + [plan.plan for plan, _ in versions], dtype=pl.String),
        table=_table(terms),
        takers=pl.Series("term", [term for takers in lists for term in takers] or [0], dtype=pl.Int32),
        first=(counts.cum_sum() - counts).rename("first"),
        count=counts,
        narrowing=narrowing_of([term.component for term in terms]),
    )


def kind_of_credit() -> pl.Expr:
    """Motion and sub-motion of a credit as one number below ``CREDIT_KINDS``."""
    motion = pl.col("motion").cast(pl.Enum(MOTIONS)).to_physical().cast(pl.Int32)
    return motion * len(SUB_MOTIONS) + pl.col("sub_motion").cast(pl.Enum(SUB_MOTIONS)).to_physical().cast(pl.Int32)


def _takers(terms: Sequence[Term], version: PlanVersion | None, motion: str, sub_motion: str) -> list[int]:
    return [
        number
        for number, term in enumerate(terms)
        if term.version is version and (motion in term.takes or sub_motion in term.takes) and term.takes_own_credits
    ]


def _require_one_kind_of_position(terms: Sequence[Term]) -> None:
    counted: dict[tuple[str, str, str], tuple[str, str]] = {}
    for term in terms:
        measure = term.component.measure
        kind = "money" if measure.counts_money() else measure.of
        before, version = counted.setdefault(term.slot, (kind, term.version.version))
        if before != kind:
            raise PayoutError(
                f"plan {term.plan.plan}, component {term.component.component}: version {version} counts {before} and version "
                f"{term.version.version} counts {kind}, which cannot go on from one position. Give the component of the new "
                "version another name."
            )


def _table(terms: Sequence[Term]) -> pl.DataFrame:
    slots = {slot: number for number, slot in enumerate(dict.fromkeys(term.slot for term in terms))}
    rows = [
        {
            "term": number,
            "slot": slots[term.slot],
            "kind": kind_number(term.component.window),
            "is_corrected": term.component.takes_back.mode == "as_corrected",
            "needs_quota": term.component.needs_quota(),
            "quota_measure": term.component.quota.measure if term.component.quota else None,
            "digits": term.digits,
            "position_digits": term.position_digits,
            "plan": term.plan.plan,
            "plan_version": term.version.version,
            "component": term.component.component,
            "measure": term.part,
            "currency": term.plan.currency,
        }
        for number, term in enumerate(terms)
    ]
    return pl.DataFrame(rows, schema=_TERM_COLUMNS)


_TERM_COLUMNS = {
    "term": pl.Int32,
    "slot": pl.Int32,
    "kind": pl.Int32,
    "is_corrected": pl.Boolean,
    "needs_quota": pl.Boolean,
    "quota_measure": pl.String,
    "digits": pl.Int32,
    "position_digits": pl.Int32,
    "plan": pl.String,
    "plan_version": pl.String,
    "component": pl.String,
    "measure": pl.String,
    "currency": pl.String,
}
