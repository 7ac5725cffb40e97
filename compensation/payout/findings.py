"""What payout has to say to somebody: payees without a plan, quotas with gaps."""

import polars as pl

from compensation.in_force import on_day, until_next
from compensation.payout.bonuses.presence import service
from compensation.payout.quotas.stated import INCOMPLETE
from compensation.payout.setting import Setting
from compensation.payout.terms import NOBODYS
from compensation.payout.windows import Windows
from schemas.core.attribution import Finding

FISCAL_PERIOD = r"^\s*\d{4}(-(H[12]|Q[1-4]|P?(0[1-9]|1[0-3])))?\s*$"

_NO_PLAN = (
    "are on no plan. Assign one in plan_assignments ('none' is an answer too), or put the role in a plan's for_roles."
)
_NO_VERSION = "are on a plan that has no version in force that day. Give the plan a version that starts by then, or end the assignment."


def findings_of(
    lost: pl.DataFrame, credits: pl.DataFrame, runs: pl.DataFrame, facts: dict[str, pl.DataFrame], setting: Setting
) -> pl.DataFrame:
    """Contract ``Finding``: payees without a plan (blocking), and quotas of which somebody should know.

    Args:
        lost: Unpaid credits, with the code of their payee's standing.
        credits: Contract ``Credit``, in payout order.
        runs: Stretches of one curve, with the quota used and how it fits.
        facts: Contract tables ``quotas`` and ``payees``.
        setting: Stays on plans, terms and calendar.
    """
    parts = [
        _without_plan(lost, credits),
        _incomplete_quotas(runs, setting.windows),
        _unprorated_quotas(runs, setting),
        _ramps_without_a_start(runs, facts["payees"], setting),
        _unreadable_periods(facts["quotas"]),
        _reports_to_leavers(credits, facts["payees"], setting),
    ]
    return pl.concat(parts, how="vertical").select(Finding.columns())


def _without_plan(lost: pl.DataFrame, credits: pl.DataFrame) -> pl.DataFrame:
    said = {NOBODYS.index("no_plan"): _NO_PLAN, NOBODYS.index("no_version"): _NO_VERSION}
    rows = lost.filter(pl.col("standing").is_in(list(said))).with_columns(
        pl.lit(credits[name]).gather(pl.col("credit")).alias(name) for name in ("payee_id", "event_date", "amount")
    )
    payees = rows.group_by("payee_id", "standing").agg(
        count=pl.len(), event_date=pl.col("event_date").min(), amount=pl.col("amount").sum()
    )
    sentence = pl.format(
        "{} credits of payee {}, the first on {}, {}", "count", "payee_id", "event_date",
        pl.col("standing").replace_strict(said, return_dtype=pl.String),
    )  # fmt: skip
    return payees.sort("payee_id", "standing").select(
        code=pl.lit("no_plan"), severity=pl.lit("blocking"), subject_table=pl.lit("payees"),
        subject_id=pl.col("payee_id").cast(pl.String), event_date="event_date", amount="amount", detail=sentence,
    )  # fmt: skip


def _incomplete_quotas(runs: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    gaps = (
        runs.filter(pl.col("fit") == INCOMPLETE)
        .unique(["payee_id", "measure", "window"])
        .sort("payee_id", "measure", "window")
    )
    label = pl.lit(windows.labels).gather(pl.col("window"))
    sentence = pl.format(
        "The {} quotas of payee {} do not cover all of {}; what there is was added up. Add the missing periods, or a quota of {} itself.",
        "measure", "payee_id", label, label,
    )  # fmt: skip
    return gaps.select(
        code=pl.lit("quota_incomplete"), severity=pl.lit("warning"), subject_table=pl.lit("quotas"), subject_id="payee_id",
        event_date=pl.lit(None, dtype=pl.Date), amount=pl.lit(None, dtype=Finding.dtypes()["amount"]), detail=sentence,
    )  # fmt: skip


def _unprorated_quotas(runs: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Payees whose quota counts in full for credits in a window in which they have no day on the plan, or no day of service."""
    absent = (
        runs.filter("is_absent")
        .sort("payee_id", "window", "term")
        .unique("payee_id", keep="first", maintain_order=True)
    )
    label = pl.lit(setting.windows.labels).gather(pl.col("window"))
    sentence = pl.format(
        "Payee {} has credits in {} and no day on plan {} in it, or none in service: the {} quota of {} counts in full. Check "
        "the plan assignment, the hire date, the last day and absences.",
        "payee_id", label, setting.of_term("plan", pl.col("term")), "measure", label,
    )  # fmt: skip
    return absent.select(
        code=pl.lit("quota_not_prorated"), severity=pl.lit("warning"), subject_table=pl.lit("quotas"), subject_id="payee_id",
        event_date=pl.lit(None, dtype=pl.Date), amount=pl.lit(None, dtype=Finding.dtypes()["amount"]), detail=sentence,
    )  # fmt: skip


def _ramps_without_a_start(runs: pl.DataFrame, payees: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Payees whose quota ramps up by months of service and whose hire date is not known."""
    ramps = [bool(term.component.quota and term.component.quota.ramp) for term in setting.terms.terms]
    hired = payees.drop_nulls("hire_date").select("payee_id").unique()
    ramped = runs.filter(
        pl.lit(pl.Series(ramps, dtype=pl.Boolean)).gather(pl.col("term")) & pl.col("quota").is_not_null()
    )
    unknown = ramped.join(hired, on="payee_id", how="anti").sort("payee_id", "term")
    sentence = pl.format(
        "The {} quota of payee {} ramps up by months of service on plan {}, and no hire date is known: it counts in full. "
        "Add hire_date to payees.",
        "measure", "payee_id", setting.of_term("plan", pl.col("term")),
    )  # fmt: skip
    return unknown.unique("payee_id", keep="first", maintain_order=True).select(
        code=pl.lit("quota_not_ramped"), severity=pl.lit("warning"), subject_table=pl.lit("payees"), subject_id="payee_id",
        event_date=pl.lit(None, dtype=pl.Date), amount=pl.lit(None, dtype=Finding.dtypes()["amount"]), detail=sentence,
    )  # fmt: skip


def _unreadable_periods(quotas: pl.DataFrame) -> pl.DataFrame:
    lost = quotas.filter(~pl.col("period").str.contains(FISCAL_PERIOD)).sort("payee_id", "measure", "period")
    sentence = pl.format(
        "The {} quota of {} is for period '{}', which is no fiscal period, so nobody's window uses it. "
        "Write 2026, 2026-H1, 2026-Q1 or 2026-01.",
        "measure", "payee_id", "period",
    )  # fmt: skip
    return lost.select(
        code=pl.lit("quota_period"), severity=pl.lit("warning"), subject_table=pl.lit("quotas"), subject_id="payee_id",
        event_date=pl.lit(None, dtype=pl.Date), amount=pl.lit(None, dtype=Finding.dtypes()["amount"]), detail=sentence,
    )  # fmt: skip


def _reports_to_leavers(credits: pl.DataFrame, payees: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Payees who sold something while their manager had left already, where plans pay overrides."""
    has_overrides = any(term.component.measure.base for term in setting.terms.terms)
    text = payees.with_columns(pl.col("payee_id", "manager_id").cast(pl.String))
    left = service(text).drop_nulls("left").select(manager_id="payee_id", left="left")
    asked = credits.select(pl.col("payee_id").cast(pl.String), "sale_date").unique()
    reports = until_next(text, "payee_id").select("payee_id", "manager_id", "valid_from", "valid_to")
    managed = on_day(asked if has_overrides else asked.clear(), reports, by="payee_id", on="sale_date")
    lost = managed.join(left, on="manager_id", how="inner").filter(pl.col("sale_date") >= pl.col("left"))
    found = lost.group_by("payee_id", "manager_id", "left").agg(first=pl.col("sale_date").min())
    sentence = pl.format(
        "Payee {} reports to {}, who is not in service since {}: nobody earns that manager's override on sales from {} on. "
        "Give the payee their new manager from that day in payees, or correct the manager's termination_date.",
        "payee_id", "manager_id", "left", "first",
    )  # fmt: skip
    return found.sort("payee_id", "manager_id").select(
        code=pl.lit("reports_to_leaver"), severity=pl.lit("warning"), subject_table=pl.lit("payees"), subject_id="payee_id",
        event_date="first", amount=pl.lit(None, dtype=Finding.dtypes()["amount"]), detail=sentence,
    )  # fmt: skip
