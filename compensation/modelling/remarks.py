"""Remarks on a plan that can be used but may not be meant: each with its place in the file, and what to do."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import combinations

import polars as pl

from compensation.modelling.drawn_curve import Assumed, drawn_curves, over_of
from compensation.statement.figure_words import amount_words, list_words, number_words, percent_words
from schemas.rules.bonus import Bonus
from schemas.rules.clawback import ShareByAge
from schemas.rules.component import Component
from schemas.rules.curve import FlatCurve, InterpolatedCurve, MatrixCurve, SteppedCurve, TieredCurve
from schemas.rules.measure import MOTION_OF
from schemas.rules.plan import Plan, PlanVersion
from schemas.rules.reading import Reading

Place = tuple[str | int, ...]
MILLION = 10**6
Facts = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Remark:
    """Something worth a look: ``at`` is the place in the plan's file, as keys and list numbers."""

    at: Place
    words: str


def remarks_on(plan: Plan) -> list[Remark]:
    """What one plan says that is allowed and seldom meant."""
    found = list(_on_versions(plan))
    for number, version in enumerate(plan.versions):
        for place, part in enumerate(version.components):
            at = ("versions", number, "components", place)
            found += [Remark((*at, *remark.at), remark.words) for remark in _on_component(plan, version, part)]
        for place, bonus in enumerate(version.bonuses):
            at = ("versions", number, "bonuses", place)
            found += [Remark((*at, *remark.at), remark.words) for remark in _on_scores(bonus)]
        found += _paid_twice(version, ("versions", number))
    return found


def _on_versions(plan: Plan) -> Iterator[Remark]:
    ordered = sorted(enumerate(plan.versions), key=lambda pair: (pair[1].valid_from, pair[1].decided_on))
    for (number, version), following in zip(ordered, [*ordered[1:], None], strict=True):
        at = ("versions", number)
        if version.decided_on > version.valid_from:
            yield Remark(
                (*at, "decided_on"),
                f"version {version.version} holds from {version.valid_from} and was decided after that, on "
                f"{version.decided_on}: what was paid in between is computed anew; if that is not meant, let it hold from a later day",
            )
        if following and version.ended:
            yield Remark(
                (*at, "ended"),
                f"nobody is paid from {version.valid_from} until version {following[1].version} starts on "
                f"{following[1].valid_from}; remove version {version.version} if the plan is not meant to pause",
            )
        if following and following[1].valid_from == version.valid_from:
            yield Remark(
                (*at, "valid_from"),
                f"version {version.version} is never in force: version {following[1].version} starts on the same day and was "
                "decided later; that is how a correction is written, else give one of them another day",
            )
    if plan.versions and all(version.ended for version in plan.versions):
        yield Remark(("versions",), "no version of the plan pays anything; remove the file, or add one that does")


def _on_component(plan: Plan, version: PlanVersion, part: Component) -> Iterator[Remark]:
    curve = part.curve
    if isinstance(curve, TieredCurve):
        for number, (low, high) in enumerate(zip(curve.tiers, curve.tiers[1:], strict=False), start=1):
            same_mode = curve.mode_of(low) == curve.mode_of(high)
            if low.pays == high.pays and same_mode:
                yield Remark(
                    ("curve", "tiers", number),
                    f"{part.component}: this tier pays what the one below it pays, so its bound changes nothing; join the two, "
                    "or correct the rate",
                )
    pays = [tier.pays for tier in curve.tiers] if isinstance(curve, TieredCurve) else None
    rates = [curve.rate] if isinstance(curve, FlatCurve) else pays
    if rates and not any(rates):
        yield Remark(
            ("curve",), f"{part.component}: every rate is 0, so it pays nothing whatever is sold; give it a rate"
        )
    yield from _falls(plan, part)
    yield from _on_returns(part)
    if part.quota and part.needs_quota() and not part.quota.no_quota and Decimal(0) in part.quota.ramp:
        yield Remark(
            ("quota",),
            f"{part.component}: a month of the ramp has 0 % of the quota, and somebody of whom a window holds no other month has a "
            "quota of 0, which stops the calculation; say what that pays (no_quota: first_tier), or write a small share",
        )
    if part.dates and part.dates.end <= version.valid_from:
        yield Remark(
            ("dates",),
            f"{part.component}: its dates end on {part.dates.end}, before version {version.version} holds "
            f"({version.valid_from}), so it takes nothing; correct the dates or remove the component",
        )


def _on_returns(part: Component) -> Iterator[Remark]:
    """A floor or cap beside returns that count in a window of their own, and what a clawback limits for nothing."""
    yield from _on_limits(part)
    if part.takes_back.mode != "as_negative":
        return
    if part.floor:
        yield Remark(
            ("floor",),
            f"{part.component}: the floor holds inside one window and a return counts in its own (clawback: as_negative), so a "
            "return in a later window is not made good; if that is not meant, write clawback: as_corrected",
        )
    if part.caps:
        yield Remark(
            ("caps",),
            f"{part.component}: the cap limits what is paid and not what is taken back, and a return counts by itself (clawback: "
            "as_negative), so it may take back more than the cap left of its sale; if that is not meant, write clawback: as_corrected",
        )


def _on_limits(part: Component) -> Iterator[Remark]:
    """A clawback whose bands lie beyond its window, or that keeps what a release then lets go unpaid."""
    rule = part.takes_back
    share, days = rule.share, rule.window_days
    if isinstance(share, ShareByAge) and share.by == "age_days" and days is not None:
        late = next((number for number, band in enumerate(share.bands) if band.floor > days and band.share), None)
        if late is not None:
            yield Remark(
                ("clawback", "share", "bands", late),
                f"{part.component}: this band begins at {share.bands[late].floor} days, and after {days} days nothing is taken back; raise "
                "window_days, or remove the band",
            )
    if part.release.on != "booking" and (share is not None or days is not None):
        yield Remark(
            ("release",),
            f"{part.component}: of what came back nothing is left to be paid for, so what its return leaves earned is released with it, "
            "paid for or not; where only what was invoiced or paid may count, write event: invoice or event: payment",
        )


def _on_scores(bonus: Bonus) -> Iterator[Remark]:
    """A score that begins above its objective's threshold: results between the two score one figure, or nothing."""
    for number, one in enumerate(bonus.objectives):
        score = one.score
        if isinstance(score, InterpolatedCurve) and score.beyond == "hold":
            starts, scored = score.points[0].at, score.points[0].pays if score.below_first == "hold" else Decimal(0)
        elif isinstance(score, SteppedCurve):
            starts, scored = score.tiers[0].floor or Decimal(0), Decimal(0)
        else:
            continue
        if one.threshold is not None and one.threshold < starts:
            yield Remark(
                ("objectives", number, "threshold"),
                f"{bonus.bonus}: {one.objective} has its threshold at {number_words(one.threshold)} and its score begins at "
                f"{number_words(starts)}: every result between them scores {percent_words(scored)}; if that is not meant, give both "
                "the same figure",
            )


def _falls(plan: Plan, part: Component) -> Iterator[Remark]:
    """A bound at which somebody who sells more is paid less."""
    money = partial(amount_words, currency=plan.currency)
    for drawn in drawn_curves(part, Assumed(), plan.currency):
        for below, at in zip(drawn.rows, drawn.rows[1:], strict=False):
            if at.pays < below.pays:
                how = {"attainment": percent_words, "units": number_words}.get(over_of(part), money)
                place = how(_decimal(at.at))
                what = "at" if below.is_just_below else "up to"
                yield Remark(
                    ("curve",),
                    f"{part.component}: whoever sells more is paid less {what} {place}: {money(below.pays)}, then "
                    f"{money(at.pays)}; if that is not meant, raise the later rates",
                )
                break


def _decimal(value: Fraction) -> Decimal:
    """A place on a curve, which has six decimals at most."""
    return Decimal(int(value * MILLION)).scaleb(-6)


def _paid_twice(version: PlanVersion, at: Place) -> Iterator[Remark]:
    """Two components that take the same credit of the payee, whole."""
    plain = [
        (number, part)
        for number, part in enumerate(version.components)
        if part.measure.whose == "own" and part.measure.of == "revenue" and not (part.measure.only or part.dates)
    ]
    for (_, one), (number, other) in combinations(plain, 2):
        both = sorted((_motions(one) & _motions(other)) - set(MOTION_OF)) or sorted(_motions(one) & _motions(other))
        if both and not (_pays_on_top(one) or _pays_on_top(other)):
            yield Remark(
                (*at, "components", number, "measure"),
                f"{list_words(both)} earn{'s' if len(both) == 1 else ''} twice, in {one.component} and in {other.component}; if that is "
                "not meant, narrow one of them",
            )


def _pays_on_top(part: Component) -> bool:
    """Whether a component is written as an addition: it pays nothing up to a bound, or only where a gate is open."""
    curve = part.curve
    starts_at_nothing = isinstance(curve, TieredCurve) and not curve.tiers[0].pays
    return bool(part.gates) or starts_at_nothing or isinstance(curve, SteppedCurve)


def _motions(part: Component) -> set[str]:
    return {name for credit in part.measure.credits for name in (credit, MOTION_OF.get(credit, credit))}


def remarks_on_all(
    plans: Mapping[str, Plan], sources: Collection[str], company_currency: str
) -> dict[str, list[Remark]]:
    """What the plans of a company need and its sources do not bring, by the key of each plan.

    Args:
        plans: By any key, such as the file.
        sources: Contract tables that the company has a source for.
        company_currency: What its revenue is kept in.
    """
    found: dict[str, list[Remark]] = {key: [] for key in plans}
    for key, plan in plans.items():
        if not plan.for_roles and "plan_assignments" not in sources:
            words = "the plan is for no role, and no source brings plan_assignments, so nobody is ever on it; write for_roles"
            found[key].append(Remark(("plan",), words))
        if plan.currency != company_currency and "fx_rates" not in sources:
            words = f"the plan is in {plan.currency}, the company in {company_currency}, and no source brings fx_rates; add one"
            found[key].append(Remark(("currency",), words))
        for table, at, what in _needs(plan):
            if table not in sources:
                found[key].append(Remark(at, f"{what}, and no source brings {table}; add one (docs/sources.md)"))
    for (_, one), (key, other) in combinations(plans.items(), 2):
        shared = sorted(set(one.for_roles) & set(other.for_roles))
        if shared and _overlap(one, other):
            words = f"{shared[0]} has two plans, {one.plan} and {other.plan}, which stops the calculation; take the role from one"
            found[key].append(Remark(("for_roles",), words))
    return found


def _overlap(one: Plan, other: Plan) -> bool:
    """Whether both pay on some day."""
    days = [version.valid_from for plan in (one, other) for version in plan.versions]
    found = [(one.version_on(day), other.version_on(day)) for day in days]
    return any(a and b and not a.ended and not b.ended for a, b in found)


def remarks_on_people(plan: Plan, facts: Facts) -> list[Remark]:
    """What a plan needs of people and the facts do not have: somebody on it, quotas of the measure, results by name."""
    found = []
    roles, assigned = facts["payees"]["role"].unique(), facts["plan_assignments"]["plan"].unique()
    if plan.plan not in assigned.to_list() and not set(plan.for_roles) & set(roles.to_list()):
        words = "nobody is on the plan: no payee has its roles and plan_assignments does not name it; assign somebody"
        found.append(Remark(("plan",), words))
    measures, results = set(facts["quotas"]["measure"].to_list()), set(facts["kpi_results"]["kpi"].to_list())
    known = {"quotas": ("measure", measures), "kpi_results": ("kpi", results)}
    for table, at, name in _named(plan):
        column, names = known[table]
        if name not in names:
            there = ", ".join(sorted(names)) or "nothing yet"
            words = f"nobody has a row in {table} with {column} {name!r}; add them, or use one of: {there}"
            found.append(Remark(at, words))
    return found


def place_of(plan: Plan, name: str) -> Place:
    """Where a component, bonus or pool stands in the file, in the last version that has it; the plan's own place if none has."""
    found: Place = ("plan",)
    for number, version in enumerate(plan.versions):
        for kind, key in (("components", "component"), ("bonuses", "bonus"), ("pools", "pool")):
            for place, part in enumerate(getattr(version, kind)):
                if getattr(part, key) == name:
                    found = ("versions", number, kind, place)
    return found


def _needs(plan: Plan) -> Iterator[tuple[str, Place, str]]:
    for table, at, name in _named(plan):
        yield table, at, f"{'quota' if table == 'quotas' else 'result'} {name!r} is read"


def _named(plan: Plan) -> Iterator[tuple[str, Place, str]]:
    """Every quota and result that a plan reads: contract table, place in the file, name; once each."""
    seen = set()
    for table, at, name in _all_named(plan):
        if (table, name) not in seen:
            seen.add((table, name))
            yield table, at, name


def _all_named(plan: Plan) -> Iterator[tuple[str, Place, str]]:
    for number, version in enumerate(plan.versions):
        at: Place = ("versions", number)
        for place, part in enumerate(version.components):
            if part.quota and part.quota.of != "previous_window":
                yield "quotas", (*at, "components", place, "quota"), part.quota.measure
        for reading, where in _readings(version):
            if reading.quota:
                yield "quotas", (*at, *where), reading.quota
            if reading.kpi:
                yield "kpi_results", (*at, *where), reading.kpi


def _readings(version: PlanVersion) -> Iterator[tuple[Reading, Place]]:
    for place, part in enumerate(version.components):
        at: Place = ("components", place)
        yield from ((gate.reading, (*at, "gates")) for gate in part.gates)
        yield from ((each.reading, (*at, "multipliers")) for each in part.multipliers)
        if isinstance(part.curve, MatrixCurve):
            yield part.curve.columns.reading, (*at, "curve")
    for place, bonus in enumerate(version.bonuses):
        yield from ((each.reading, ("bonuses", place, "objectives", n)) for n, each in enumerate(bonus.objectives))
        yield from ((gate.reading, ("bonuses", place, "gates")) for gate in bonus.gates)
    for place, pool in enumerate(version.pools):
        read = [reading for reading in (pool.by, pool.holds.reading) if reading]
        yield from ((reading, ("pools", place)) for reading in [*read, *(gate.reading for gate in pool.gates)])
