"""Who is on which plan version on each day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

import polars as pl

from compensation.counted import counted
from compensation.in_force import ALWAYS, intervals, on_day, until_next
from compensation.money import running_total
from compensation.payout.errors import OverlappingPlans, UnknownPlan
from compensation.payout.terms import NOBODYS, Terms
from compensation.payout.windows import Windows
from schemas.core.attribution import EXCLUDED, HOUSE
from schemas.rules.plan import Plan

NO_PLAN, NO_VERSION, PLAN_NONE = (NOBODYS.index(name) for name in ("no_plan", "no_version", "plan_none"))


@dataclass(frozen=True)
class Standings:
    """The standing of every payee on every day: an era is a run of days on which nobody's standing changes.

    ``stays`` has one row per payee and segment, a run of days on one plan or on none: ``payee``, ``segment``, ``plan``
    (empty where none), ``valid_from`` and ``valid_to`` (excluded).
    """

    era_of_day: pl.Series
    eras: int
    codes: pl.Series
    segments: pl.Series
    stays: pl.DataFrame

    def of(self, payee: pl.Expr, day: pl.Expr) -> pl.Expr:
        """Code of the standing (see ``NOBODYS``) of a payee number on a day number."""
        return pl.lit(self.codes).gather(self._place(payee, day))

    def segment(self, payee: pl.Expr, day: pl.Expr) -> pl.Expr:
        """How often the payee has changed plans by the day: a change of plan starts positions again, a new version does not."""
        return pl.lit(self.segments).gather(self._place(payee, day))

    def _place(self, payee: pl.Expr, day: pl.Expr) -> pl.Expr:
        return payee.cast(pl.Int64) * self.eras + pl.lit(self.era_of_day).gather(day)


def standings_of(
    payee_ids: pl.Series, facts: dict[str, pl.DataFrame], plans: Sequence[Plan], terms: Terms, windows: Windows
) -> Standings:
    """Work out every payee's standing: the plan assigned to them, else the plan for their role.

    Args:
        payee_ids: Payees in the order of their numbers.
        facts: Contract tables ``plan_assignments`` and ``payees``.
        plans: All plans of the company.
        terms: Numbers of the plan versions.
        windows: The days in question.

    Raises:
        UnknownPlan: an assignment names a plan that is not among ``plans``.
        OverlappingPlans: a payee is assigned to two plans on one day, or two plans are for one role.

    Source:
        Contract table ``plan_assignments``; ``for_roles`` of a plan file.
    """
    assigned = intervals(facts["plan_assignments"]).select("payee_id", "plan", "valid_from", "valid_to")
    roles = until_next(facts["payees"], "payee_id").select("payee_id", "role", "valid_from", "valid_to")
    _require_known(assigned, plans)
    _require_one_at_a_time(assigned)
    starts = _era_starts(windows, [assigned["valid_from"], assigned["valid_to"], roles["valid_from"]], plans)
    grid = payee_ids.to_frame("payee_id").join(starts.to_frame("day"), how="cross", maintain_order="left_right")
    grid = grid.pipe(on_day, assigned, by="payee_id", on="day").rename({"plan": "assigned"})
    grid = grid.pipe(on_day, roles, by="payee_id", on="day")
    grid = grid.join(
        _plan_of_role(plans, starts), on=["role", "day"], how="left", validate="m:1", maintain_order="left"
    )
    grid = grid.with_columns(plan=pl.coalesce("assigned", "plan_of_role"))
    grid = grid.join(
        _version_codes(plans, terms, starts), on=["plan", "day"], how="left", validate="m:1", maintain_order="left"
    )
    codes = grid.select(_standing()).to_series()
    segments = _segments(terms.plan_of_standing.gather(codes), len(starts))
    stays = _stays(segments, terms.plan_of_standing.gather(codes), starts, windows)
    return Standings(_era_of_day(windows, starts), len(starts), codes, segments, stays)


def _segments(plans: pl.Series, eras: int) -> pl.Series:
    """The number of the segment of every payee (one after the other) and era, from 0 for each payee."""
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    changed = (pl.col("plan") != pl.col("plan").shift(1)).fill_null(value=False) & (place % eras != 0)
    frame = plans.rename("plan").to_frame()
    return frame.select(segment=running_total(changed.cast(pl.Int32), place // eras)).to_series()


def _stays(segments: pl.Series, plans: pl.Series, starts: pl.Series, windows: Windows) -> pl.DataFrame:
    ends = pl.concat([starts[1:], windows.periods["period_end"][-1:]])
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    era = place % len(starts)
    eras = pl.DataFrame({"segment": segments, "plan": plans}).select(
        "segment", "plan", payee=(place // len(starts)).cast(pl.Int32),
        valid_from=pl.lit(starts).gather(era), valid_to=pl.lit(ends).gather(era),
    )  # fmt: skip
    one = eras.group_by("payee", "segment", maintain_order=True)
    return one.agg(pl.col("plan").first(), pl.col("valid_from").first(), pl.col("valid_to").last())


def _standing() -> pl.Expr:
    code = pl.coalesce("code", pl.when(pl.col("plan").is_null()).then(NO_PLAN).otherwise(NO_VERSION))
    code = pl.when(pl.col("assigned") == "none").then(PLAN_NONE).otherwise(code)
    for name, standing in ((HOUSE, "house"), (EXCLUDED, "excluded")):
        code = pl.when(pl.col("payee_id") == name).then(NOBODYS.index(standing)).otherwise(code)
    return code.cast(pl.Int32).alias("code")


def _era_starts(windows: Windows, dates: Iterable[pl.Series], plans: Sequence[Plan]) -> pl.Series:
    end = windows.periods["period_end"][-1]
    known = {day for series in dates for day in series.unique().to_list()}
    known |= {version.valid_from for plan in plans for version in plan.versions}
    inside = sorted({windows.first_day} | {day for day in known if windows.first_day < day < end})
    return pl.Series("day", inside, dtype=pl.Date)


def _era_of_day(windows: Windows, starts: pl.Series) -> pl.Series:
    last = windows.periods["period_end"][-1] - timedelta(days=1)
    days = pl.DataFrame({"day": pl.date_range(windows.first_day, last, eager=True)})
    eras = starts.to_frame("day").with_columns(era=pl.int_range(len(starts), dtype=pl.Int32))
    return days.join_asof(eras, on="day")["era"]


def _plan_of_role(plans: Sequence[Plan], starts: pl.Series) -> pl.DataFrame:
    rows = []
    roles = sorted({role for plan in plans for role in plan.for_roles})
    for role, day in product(roles, starts.to_list()):
        names = [plan.plan for plan in plans if role in plan.for_roles and _in_force(plan, day)]
        if len(names) > 1:
            raise OverlappingPlans(
                f"plans {' and '.join(sorted(names)[:2])} are both for role {role!r} on {day}; "
                "end one of them (ended: true), or name the payees in plan_assignments and remove the role"
            )
        rows += [{"role": role, "day": day, "plan_of_role": name} for name in names]
    return pl.DataFrame(rows, schema={"role": pl.String, "day": pl.Date, "plan_of_role": pl.String})


def _in_force(plan: Plan, day: date) -> bool:
    version = plan.version_on(day)
    return version is not None and not version.ended


def _version_codes(plans: Sequence[Plan], terms: Terms, starts: pl.Series) -> pl.DataFrame:
    versions = [(plan, day, plan.version_on(day)) for plan, day in product(plans, starts.to_list())]
    rows = [
        {"plan": plan.plan, "day": day, "code": terms.standing_of(version)}
        for plan, day, version in versions
        if version is not None and not version.ended
    ]
    return pl.DataFrame(rows, schema={"plan": pl.String, "day": pl.Date, "code": pl.Int32})


def _require_known(assigned: pl.DataFrame, plans: Sequence[Plan]) -> None:
    known = ["none", *(plan.plan for plan in plans)]
    lost = assigned.filter(~pl.col("plan").is_in(known)).sort("payee_id", "valid_from")
    if not lost.is_empty():
        first = lost.row(0, named=True)
        raise UnknownPlan(
            f"{counted(lost.height, 'row')} of plan_assignments with a plan that has no file. First: payee {first['payee_id']}, "
            f"plan {first['plan']!r} from {_shown(first['valid_from'])}. Known plans: {', '.join(sorted(known))}."
        )


def _require_one_at_a_time(assigned: pl.DataFrame) -> None:
    ordered = assigned.sort("payee_id", "valid_from", "plan")
    following = ordered.with_columns(
        next_from=pl.col("valid_from").shift(-1).over("payee_id"), next_plan=pl.col("plan").shift(-1).over("payee_id")
    )
    twice = following.filter(pl.col("next_from") < pl.col("valid_to"))
    if not twice.is_empty():
        first = twice.row(0, named=True)
        raise OverlappingPlans(
            f"{twice.height:,} plan assignments overlap. First: payee {first['payee_id']} is on {first['plan']} and from "
            f"{first['next_from']} also on {first['next_plan']}. Give the earlier one a valid_to of {first['next_from']} or before."
        )


def _shown(day: date) -> str:
    return "the beginning" if day == ALWAYS else str(day)
