"""What statements call each part of a plan, in which order they print it, and what it counts."""

from collections.abc import Iterator, Sequence

import polars as pl

from compensation.statement.curve_words import ONE_OF, noun_of
from schemas.rules.component import Component
from schemas.rules.plan import Plan, PlanVersion

COMPONENT_KEY = ["plan", "component", "measure"]
GUARANTEE, GUARANTEE_LABEL = "guarantee", "Guarantee"
AFTER_COMPONENTS = 500
"""Places of bonuses, pools and the guarantee in a plan start here."""

_NAMES = {
    **dict.fromkeys(("plan", "component"), pl.String),
    "valid_from": pl.Date,
    "label": pl.String,
    "place": pl.Int32,
    "separate": pl.Boolean,
    "counts": pl.String,
}


def with_labels(rows: pl.DataFrame, plans: Sequence[Plan], periods: pl.DataFrame) -> pl.DataFrame:
    """The same rows with ``label``, ``place`` and ``counted`` of their component as the plan has them at the end of the period.

    A component's row without a measure is what its caps carried on.
    """
    names = component_names(plans).sort("valid_from")
    dated = rows.join(periods.select("fiscal_period", "period_end"), on="fiscal_period", how="left", validate="m:1")
    found = dated.sort("period_end").join_asof(
        names, left_on="period_end", right_on="valid_from", by=["plan", "component"], strategy="backward",
        check_sortedness=False, allow_exact_matches=False,
    )  # fmt: skip
    is_bonus, has_measure = pl.col("counts") == "nothing", pl.col("measure").is_not_null()
    separate = (
        pl.when(pl.col("separate") & has_measure)
        .then(pl.format("{} ({})", "label", pl.col("measure").str.replace_all("_", " ")))
        .when(~has_measure & ~is_bonus)
        .then(pl.format("{}: carried over by its cap", "label"))
    )
    counts = pl.when(has_measure).then("counts").otherwise(pl.lit("nothing"))
    return found.with_columns(
        label=separate.otherwise("label").fill_null(pl.col("component")),
        place=pl.col("place").fill_null(0),
        counted=pl.when(counts != "revenue").then(counts),
    ).drop("period_end", "valid_from", "separate", "counts")


def component_names(plans: Sequence[Plan]) -> pl.DataFrame:
    """One row per plan, part of it (component, bonus, pool, guarantee) and start of a version.

    Its label, its place in the plan, whether positions are separate, and what it counts (``nothing`` for parts that no
    credit earns).
    """
    rows = {
        (plan.plan, name, version.valid_from): (label, 1000 * number + place, separate, counts)
        for number, plan in enumerate(plans)
        for version in sorted(plan.versions, key=lambda version: version.decided_on)
        for name, label, place, separate, counts in _parts(version)
    }
    return pl.DataFrame([(*key, *value) for key, value in rows.items()], schema=_NAMES, orient="row")


def counted_by(component: Component) -> str:
    """``revenue`` where the payee's own revenue moves the position; else what does: ``units``, ``margin``, ``team revenue``."""
    measure = component.measure
    noun = noun_of(component)
    return noun if measure.whose == "own" or measure.base == "commission" else f"team {noun}"


def counts_pieces(counted: str | None) -> bool:
    """Whether what a component counts (``counted_by``) is a number of pieces, so that its rate is money for each of them."""
    return counted is not None and counted.removeprefix("team ") in ONE_OF


def revenue_components(plans: Sequence[Plan]) -> tuple[pl.DataFrame, bool]:
    """``plan``, ``plan_version`` and ``component`` of components that count the payee's own revenue; and whether all do."""
    parts = [
        (plan.plan, version.version, part.component, counted_by(part) == "revenue")
        for plan in plans for version in plan.versions for part in version.components
    ]  # fmt: skip
    names = ("plan", "plan_version", "component")
    frame = pl.DataFrame([part[:3] for part in parts if part[3]], schema=dict.fromkeys(names, pl.String), orient="row")
    return frame, all(part[3] for part in parts)


def _parts(version: PlanVersion) -> Iterator[tuple[str, str, int, bool, str]]:
    for place, part in enumerate(version.components):
        yield part.component, part.label, place, part.measure.positions == "separate", counted_by(part)
    named = [(bonus.bonus, bonus.label) for bonus in version.bonuses]
    named += [(pool.pool, pool.label) for pool in version.pools]
    named += [(GUARANTEE, GUARANTEE_LABEL)] if version.guarantee else []
    for place, (name, label) in enumerate(named, start=AFTER_COMPONENTS):
        yield name, label, place, False, "nothing"
