"""What people decided, and what it decides on: plans, quotas, confirmed results and the attribution policy, at a close and now.

Facts flow into a closed period by themselves. What somebody decided does not: where a rule behind a closed period is
another now than when the period was posted last, its difference waits until a named person approves it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from compensation.in_force import ALWAYS, intervals, until_next
from compensation.payout.readings.readings import readings_in
from compensation.settlement.splice import Facts
from schemas.rules.bonus import Bonus, Guarantee, Pool
from schemas.rules.company import Company
from schemas.rules.component import Component
from schemas.rules.plan import Plan, PlanVersion

Part = Component | Bonus | Pool | Guarantee
Said = dict[str, str]

ASSIGNMENT, VERSION, QUOTA, RESULT, POLICY = RULES = (
    "plan assignment", "plan version", "quota", "result", "attribution policy"
)  # fmt: skip
"""What somebody decides or confirms: behind a closed period it counts once its difference is approved."""

NO_TERMS = ("label", "source", "release", "approved_by", "entered_by", "decided_on")
"""What a part of a plan says without deciding what it earns."""

SCOPES = ("month", "quarter", "half_year", "year")
COLUMN = {"month": "fiscal_period", "quarter": "quarter", "half_year": "half", "year": "fiscal_year"}
ONE_DAY = timedelta(days=1)
MOST_SHOWN = 3


@dataclass(frozen=True)
class Decided:
    """What was decided at one moment: at a close, or now.

    Attributes:
        company: The company, with its attribution policy.
        plans: Its plans.
        facts: Contract tables; read are ``payees``, ``plan_assignments``, ``quotas`` and ``kpi_results``.
    """

    company: Company
    plans: tuple[Plan, ...]
    facts: Facts


@dataclass(frozen=True)
class Behind:
    """What a difference is of: one payee's component in one fiscal period."""

    payee_id: str
    plan: str
    component: str
    period: str


def changed_rules(behind: Behind, then: Decided, now: Decided, calendar: pl.DataFrame) -> dict[str, str]:
    """The rules behind a payee's component and period that are others now, and in words from what to what.

    Args:
        behind: Whose component, in which period.
        then: What was decided when the period was posted last.
        now: What is decided now.
        calendar: Fiscal periods.

    Returns:
        ``{rule: sentence}`` for each of ``RULES`` that changed, in their order; nothing where all are as they were, or where no
        fact reaches to the period any more.

    Source:
        ``docs/close.md``: what flows when a named person approves.
    """
    days = calendar.filter(pl.col("fiscal_period") == behind.period)
    if days.is_empty():
        return {}
    first, end = days["period_start"][0], days["period_end"][0]
    parts = [part for one in (then, now) for part in _parts(one, behind, first, end)]
    spans = _spans(parts, behind.period, calendar)
    told = {
        ASSIGNMENT: [_assigned(one, behind.payee_id, first, end) for one in (then, now)],
        VERSION: [_terms(one, behind, first, end) for one in (then, now)],
        QUOTA: [_quotas(one, behind, parts, spans, end) for one in (then, now)],
        RESULT: [_results(one, behind, parts, spans) for one in (then, now)],
        POLICY: [_policy(one, first, end) for one in (then, now)],
    }
    return {rule: f"{rule} {_change(*both)}" for rule, both in told.items() if both[0] != both[1]}


def _change(was: Said, now: Said) -> str:
    """``name was → now``, for the first few that differ."""
    names = [name for name in [*was, *(name for name in now if name not in was)] if was.get(name) != now.get(name)]
    shown = [f"{name} {was.get(name, 'none')} → {now.get(name, 'none')}".strip() for name in names[:MOST_SHOWN]]
    more = [f"{len(names) - MOST_SHOWN} more"] if len(names) > MOST_SHOWN else []
    return ", ".join([*shown, *more])


def _in_force(plan: Plan, first: date, end: date) -> Iterator[tuple[date, PlanVersion]]:
    """The versions of a plan on the days of a period, each with the first of them that it holds on."""
    starts = sorted({first, *(version.valid_from for version in plan.versions if first < version.valid_from < end)})
    for start in starts:
        version = plan.version_on(start)
        if version is not None:
            yield start, version


def _named(version: PlanVersion, component: str) -> Part | None:
    """The part of a version that earns under a name."""
    parts: dict[str, Part] = {part.component: part for part in version.components}
    parts |= {part.bonus: part for part in version.bonuses} | {part.pool: part for part in version.pools}
    return parts.get(component) or (version.guarantee if component == "guarantee" else None)


def _parts(decided: Decided, behind: Behind, first: date, end: date) -> list[Part]:
    versions = (
        version for plan in decided.plans if plan.plan == behind.plan for _, version in _in_force(plan, first, end)
    )
    return [part for version in versions if (part := _named(version, behind.component))]


def _assigned(decided: Decided, payee_id: str, first: date, end: date) -> Said:
    """On which plans the payee is in the period, and on what terms of their own."""
    rows = intervals(decided.facts["plan_assignments"].filter(pl.col("payee_id") == payee_id))
    here = rows.filter((pl.col("valid_from") < end) & (pl.col("valid_to") > first)).sort("valid_from", "plan")
    if not rows.is_empty():
        return {"": "; ".join(_assignment(row, first, end) for row in here.rows(named=True)) or "none"}
    roles = until_next(decided.facts["payees"].filter(pl.col("payee_id") == payee_id), "payee_id")
    here = roles.filter((pl.col("valid_from") < end) & (pl.col("valid_to") > first))
    names = [plan.plan for plan in decided.plans if set(plan.for_roles) & set(here["role"].cast(pl.String))]
    return {"": "; ".join(sorted(names)) or "none"}


def _assignment(row: Mapping[str, Any], first: date, end: date) -> str:
    since = f" from {row['valid_from']}" if row["valid_from"] > first else ""
    until = f" to {row['valid_to']}" if row["valid_to"] < end else ""
    own = [
        f", {words} {row[name]:,.2f}"
        for name, words in (("target_incentive", "target incentive"), ("guarantee_amount", "guarantee"))
        if row[name] is not None
    ]
    return "".join([row["plan"], since, until, *own])


def _terms(decided: Decided, behind: Behind, first: date, end: date) -> Said:
    """What the plan says of the component, version by version, leaf by leaf."""
    said: Said = {}
    for plan in decided.plans:
        if plan.plan != behind.plan:
            continue
        held = list(_in_force(plan, first, end))
        said[""] = "; ".join(f"{one.version}{f' from {start}' if start > first else ''}" for start, one in held)
        said["currency"] = plan.pays_in.model_dump_json(exclude={"source"}) if plan.pays_in else plan.currency
        for number, (_, version) in enumerate(held):
            part = _named(version, behind.component)
            prefix = f"{behind.component}" if number == 0 else f"{behind.component} (then)"
            said |= dict(_leaves(prefix, part.model_dump(mode="json")) if part else [(prefix, "not in the plan")])
    return said


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Each figure and word of a part of a plan under its path; what only says where it stands is left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in NO_TERMS and inner is not None:
                yield from _leaves(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _leaves(f"{path} {number}", inner)
    else:
        yield path, str(value)


def _spans(parts: list[Part], period: str, calendar: pl.DataFrame) -> pl.DataFrame:
    """The fiscal periods that the parts look at: those of the widest window or reading around a period."""
    scopes = [_plain(getattr(part, "window", "month")) for part in parts]
    scopes += [_plain(reading.scope) for part in parts for reading in readings_in(part)]
    widest = COLUMN[max(scopes, key=SCOPES.index, default="month")]
    own = calendar.filter(pl.col("fiscal_period") == period)[widest]
    return calendar.filter(pl.col(widest) == own[0])


def _plain(scope: str) -> str:
    plain = scope.removesuffix("_to_date")
    return plain if plain in SCOPES else "month"


def _labels(spans: pl.DataFrame) -> set[str]:
    """How quotas and results may call those periods, and every interval that they lie in."""
    months = {f"{period[:4]}-{period[6:]}" for period in spans["fiscal_period"]}
    wide = {str(label) for name in ("fiscal_period", "quarter", "half", "fiscal_year") for label in spans[name]}
    return months | wide


def _quotas(decided: Decided, behind: Behind, parts: list[Part], spans: pl.DataFrame, end: date) -> Said:
    """Quotas that the component measures against, those of a team too where it does."""
    uses = [part.quota for part in parts if isinstance(part, Component) and part.quota]
    readings = [reading for part in parts for reading in readings_in(part) if reading.quota]
    measures = {use.measure for use in uses} | {str(reading.quota) for reading in readings}
    whole = any(use.of == "team" for use in uses) or any(reading.whose != "own" for reading in readings)
    rows = decided.facts["quotas"].filter(
        pl.col("measure").cast(pl.String).is_in(list(measures))
        & pl.col("period").cast(pl.String).str.strip_chars().is_in(list(_labels(spans)))
        & (pl.col("valid_from").fill_null(ALWAYS) < end)
        & (pl.lit(value=True) if whole else pl.col("payee_id") == behind.payee_id)
    )
    return {_quota_name(row, behind.payee_id): f"{row['amount']:,.2f} {row['currency']}" for row in _rows(rows, "measure", "period", "payee_id", "valid_from")}  # fmt: skip


def _quota_name(row: Mapping[str, Any], payee_id: str) -> str:
    whose = f" of {row['payee_id']}" if row["payee_id"] != payee_id else ""
    since = f" from {row['valid_from']}" if row["valid_from"] else ""
    return f"{row['measure']} {row['period']}{whose}{since}"


def _results(decided: Decided, behind: Behind, parts: list[Part], spans: pl.DataFrame) -> Said:
    """Confirmed results that the component reads."""
    names = {str(reading.kpi) for part in parts for reading in readings_in(part) if reading.kpi}
    rows = decided.facts["kpi_results"].filter(
        pl.col("kpi").cast(pl.String).is_in(list(names))
        & pl.col("period").cast(pl.String).str.strip_chars().is_in(list(_labels(spans)))
        & (pl.col("subject_id") == behind.payee_id)
    )
    return {f"{row['kpi']} {row['period']}": _plain_number(row["value"]) for row in _rows(rows, "kpi", "period")}


def _plain_number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _rows(frame: pl.DataFrame, *by: str) -> list[dict[str, Any]]:
    return frame.sort(*by, nulls_last=False).rows(named=True)


def _policy(decided: Decided, first: date, end: date) -> Said:
    """The attribution policy on the days of a period."""
    versions = decided.company.attribution
    said: Said = {}
    for start in sorted({first, *(one.valid_from for one in versions if first < one.valid_from < end)}):
        held = max(
            (one for one in versions if one.valid_from <= start), key=lambda one: (one.valid_from, one.decided_on), default=None
        )  # fmt: skip
        said |= dict(_leaves("" if start == first else f"from {start}", held.model_dump(mode="json")) if held else ())
    return said
