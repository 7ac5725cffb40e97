"""Order lines that lack what a plan needs of them, all of them, before a calculation stops at the first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from compensation.in_force import from_the_beginning, on_day
from compensation.payout.measures.team import paid_people, with_team_rows
from compensation.payout.pay import in_payout_order
from compensation.payout.placing import numbered, placed
from compensation.payout.readings.counting import reporting
from compensation.payout.readings.readings import readings_in, words
from compensation.payout.standing import standings_of
from compensation.payout.terms import Term, Terms, terms_of
from compensation.payout.windows import windows_of, with_orders
from schemas.rules.measure import Measure, Whose
from schemas.rules.plan import Plan, PlanVersion
from schemas.rules.reading import Reading

Facts = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Figure:
    """Something that an order line may lack: how that reads, and what to do about it."""

    lacks: str
    remedy: str


FIGURES = {
    "cost": Figure("no cost (cost_amount)", "give each line a cost_amount (0.00 where it costs nothing), or map one from products.unit_cost"),
    "target": Figure("no target price of their product (products.target_price)", "give each product a target_price"),
    "discount": Figure("no list price (list_amount is empty or 0)", "give each line a list_amount"),
    "margin_share": Figure(
        "no share of margin (cost_amount is empty, or net_amount is 0)", "give each line a cost_amount"
    ),
    "term_months": Figure(
        "no service term (service_start or service_end is empty)", "give each line the first and last day of service"
    ),
}  # fmt: skip
"""Every figure of an order line that a plan may need and an export may leave empty."""

OF_MEASURE = {"margin": ("cost",), "up_to_target": ("cost", "target"), "above_target": ("cost", "target")}
OF_READING = ("margin", "margin_share")
_LACKING = {
    **dict.fromkeys(("plan", "part", "figure", "reads", "order_line_id", "source_file"), pl.String),
    "source_line": pl.UInt32,
}


@dataclass(frozen=True)
class _Need:
    """What a part of a plan needs of every line that it counts; ``reads`` says for what."""

    plan: str
    part: str
    figure: str
    reads: str


def needs_figures(plans: Sequence[Plan]) -> bool:
    """Whether any plan needs something of order lines that an export may leave empty."""
    own = [need for term in terms_of(plans).terms for need in _needs_of(term)]
    return bool(own) or any(True for _ in _readings_of_margin(plans))


def any_line_lacks(facts: Facts) -> bool:
    """Whether any order line lacks anything at all that some plan could need: cheap, so that the rest is seldom asked."""
    marked = _marked(facts)
    return any(bool(marked[name].any()) for name in FIGURES)


def lacking_lines(credits: pl.DataFrame, facts: Facts, plans: Sequence[Plan], calendar: pl.DataFrame) -> pl.DataFrame:
    """The order lines that stop a calculation, for every part of every plan that needs what they lack.

    A component needs it of the lines of the credits that it takes, of its payee or of those who report to them. A reading
    of margin needs it of all lines of its kinds that whoever may be on the plan, or their people, are credited with.

    Args:
        credits: Contract ``Credit``.
        facts: Contract tables.
        plans: All plans of the company.
        calendar: Fiscal periods that cover all credits.

    Returns:
        One row per part of a plan, figure and line: ``plan``, ``part``, ``figure`` (key of ``FIGURES``), ``reads`` (what
        of the part needs it), ``order_line_id``, ``source_file``, ``source_line``; by plan, part, figure and place.

    Raises:
        PayoutError: what would stop a calculation before it reads any line.
    """
    marked = _marked(facts).filter(pl.any_horizontal(*FIGURES))
    found = [*_of_components(credits, facts, plans, calendar, marked), *_of_readings(credits, facts, plans, marked)]
    rows = pl.concat([pl.DataFrame(schema=_LACKING), *found]).unique(["plan", "part", "figure", "order_line_id"])
    return rows.sort("plan", "part", "figure", "source_file", "source_line", "order_line_id")


def _marked(facts: Facts) -> pl.DataFrame:
    """Every order line with its place in the exports, and whether it lacks each of ``FIGURES``."""
    dates = facts["orders"].select("order_id", "order_date")
    lines = facts["order_lines"].join(dates, on="order_id", how="left", validate="m:1")
    targets = from_the_beginning(facts["products"].select("product_id", "valid_from", "target_price"), "product_id")
    no_cost = pl.col("cost_amount").is_null()
    return on_day(lines, targets, by="product_id", on="order_date").select(
        pl.col("order_line_id", "source_file").cast(pl.String),
        "source_line",
        cost=no_cost,
        target=pl.col("target_price").is_null(),
        discount=pl.col("list_amount").fill_null(0) == 0,
        margin_share=no_cost | (pl.col("net_amount") == 0),
        term_months=pl.any_horizontal(pl.col("service_start", "service_end").is_null()),
    )


def _of_components(
    credits: pl.DataFrame, facts: Facts, plans: Sequence[Plan], calendar: pl.DataFrame, marked: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """The lines that components lack something of."""
    terms = terms_of(plans)
    needs = [(number, need) for number, term in enumerate(terms.terms) for need in _needs_of(term)]
    if not needs:
        return
    taken = _taken(credits, facts, plans, calendar, terms)
    for number, need in needs:
        lines = taken.filter(pl.col("sold_under") == number).select("order_line_id").unique()
        yield _lost(lines, need, marked)


def _taken(
    credits: pl.DataFrame, facts: Facts, plans: Sequence[Plan], calendar: pl.DataFrame, terms: Terms
) -> pl.DataFrame:
    """``order_line_id`` and ``sold_under``: which term takes the sale of a line, of its own payee or of a manager."""
    sales = in_payout_order(credits).filter(pl.col("return_id").is_null())
    windows = with_orders(windows_of(calendar), sales, terms.table["kind"])
    payee_ids = paid_people(sales, facts["payees"], terms)
    standings = standings_of(payee_ids, facts, plans, terms, windows)
    numbers = numbered(sales, payee_ids, standings, windows, terms)
    rows = placed(numbers, standings, terms)
    rows = with_team_rows(rows, numbers, facts["payees"], payee_ids, terms, standings, windows)
    return rows.select(
        "sold_under", order_line_id=pl.lit(sales["order_line_id"].cast(pl.String)).gather(pl.col("credit"))
    )


def _needs_of(term: Term) -> Iterator[_Need]:
    """What a component needs of its lines: by its measure, and by factors that do not say what other lines count."""
    part, measure = term.component, term.component.measure
    for figure in OF_MEASURE.get(measure.of, ()):
        yield _Need(term.plan.plan, part.component, figure, f"measure of {measure.of}")
    for figure in _of_factors(measure):
        yield _Need(term.plan.plan, part.component, figure, f"factor by {figure}")


def _of_factors(measure: Measure) -> Iterator[str]:
    yield from (factor.by for factor in measure.factors if factor.by in FIGURES and factor.otherwise is None)


def _of_readings(
    credits: pl.DataFrame, facts: Facts, plans: Sequence[Plan], marked: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """The lines of which a reading of margin needs the cost."""
    for plan, part, reading in _readings_of_margin(plans):
        people = _credited(facts, plan, reading.whose)
        kinds = [pl.col(name).cast(pl.String).is_in(list(reading.credits)) for name in ("motion", "sub_motion")]
        counted = credits.filter(pl.any_horizontal(kinds), pl.col("payee_id").cast(pl.String).is_in(people.implode()))
        lines = counted.select(pl.col("order_line_id").cast(pl.String)).unique()
        yield _lost(lines, _Need(plan.plan, part, "cost", f"reading {words(reading)}"), marked)


def _credited(facts: Facts, plan: Plan, whose: Whose) -> pl.Series:
    """Whoever may be on a plan on some day, or reports to them."""
    assigned = facts["plan_assignments"].filter(pl.col("plan").cast(pl.String) == plan.plan)["payee_id"]
    by_role = facts["payees"].filter(pl.col("role").cast(pl.String).is_in(list(plan.for_roles)))["payee_id"]
    asking = pl.concat([ids.cast(pl.String).alias("payee_id") for ids in (assigned, by_role)]).unique()
    return reporting(facts["payees"], asking, whose)["member_id"].cast(pl.String).unique()


def _lost(lines: pl.DataFrame, need: _Need, marked: pl.DataFrame) -> pl.DataFrame:
    """Those of the lines that lack what is needed."""
    lost = marked.filter(need.figure).join(lines, on="order_line_id", how="semi")
    said = {name: pl.lit(getattr(need, name)) for name in ("plan", "part", "figure", "reads")}
    return lost.with_columns(**said).select(list(_LACKING))


def _readings_of_margin(plans: Sequence[Plan]) -> Iterator[tuple[Plan, str, Reading]]:
    """Every reading of margin, with the part of the plan that takes it."""
    for plan in plans:
        for version in plan.versions:
            for part, rule in _parts(version):
                yield from ((plan, part, reading) for reading in readings_in(rule) if reading.of in OF_READING)


def _parts(version: PlanVersion) -> Iterator[tuple[str, object]]:
    yield from ((each.component, each) for each in version.components)
    yield from ((each.bonus, each) for each in version.bonuses)
    yield from ((each.pool, each) for each in version.pools)
