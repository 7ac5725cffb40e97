"""Quotas of intervals: what the attainment that a gate, multiplier or objective reads is measured against."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from compensation.payout.errors import MissingQuota
from compensation.payout.quotas.stated import with_quota
from compensation.payout.quotas.uses import QuotaBook, quota_in_service
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows


@dataclass(frozen=True)
class IntervalQuotas:
    """Quotas of payees in intervals of any length.

    Attributes:
        quotas: Quotas and what each term makes of them; or as ``quotas.quotas_in_force`` gives them, which then count in full.
        windows: The fiscal calendar in numbers.
        last_day: The last day that is known.
        terms: Terms of all plans; without them quotas are spread evenly and not ramped.
    """

    quotas: QuotaBook | pl.DataFrame
    windows: Windows
    last_day: date
    terms: Terms | None = None

    def quotas_of(self, measure: str, frame: pl.DataFrame) -> pl.Series:
        """The quota of each interval, in minor units: that of the window it is, else of its fiscal months together.

        It is the one in force on the last day of the interval that is known; of a running reading, on the credit's day.

        Args:
            measure: As the ``quotas`` table names it.
            frame: ``payee_id``, ``currency``, ``first``, ``end`` (excluded), and ``event_date`` of a running reading.

        Raises:
            MissingQuota: there is none above zero; names payee, measure and interval.
        """
        spans = frame.select("first", "end").unique(maintain_order=True)
        windows = [windows_in(first, end, self.windows) for first, end in spans.rows()]
        each = spans.with_columns(window=pl.Series(windows, dtype=pl.List(pl.Int32)))
        last = pl.min_horizontal(pl.col("end") - timedelta(days=1), pl.lit(self.last_day))
        rows = frame.with_row_index("row").with_columns(
            date="event_date" if "event_date" in frame.columns else last, measure=pl.lit(measure)
        ).join(each, on=["first", "end"], how="left", validate="m:1").explode("window")  # fmt: skip
        found = self._in_force(rows.select("row", "payee_id", "measure", "currency", "window", "date"))
        sums = found.group_by("row").agg(pl.col("quota").sum(), is_missing=pl.col("quota").is_null().any()).sort("row")
        lost = sums.filter(pl.col("is_missing") | (pl.col("quota") <= 0))
        if not lost.is_empty():
            row = lost["row"][0]
            lacking = found.filter(pl.col("row") == row, pl.col("quota").is_null() | (pl.col("quota") <= 0))
            self._refuse(frame.row(row, named=True), lacking.sort("window").row(0, named=True))
        return sums["quota"]

    def _in_force(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with their ``quota``, cut to the days of service; in full where there are none of these in the interval."""
        if not isinstance(self.quotas, QuotaBook):
            return with_quota(rows, self.quotas)
        whole = with_quota(rows, self.quotas.quotas).select("row", "window", whole="quota")
        cut = quota_in_service(self._with_term(rows), self.quotas).select(*rows.columns, "quota")
        both = cut.join(whole, on=["row", "window"], how="left", validate="1:1", maintain_order="left")
        is_absent = pl.col("quota").sum().over("row") == 0
        return both.with_columns(
            quota=pl.when(is_absent & pl.col("quota").is_not_null()).then("whole").otherwise("quota")
        )

    def _with_term(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with the ``term`` of the payee's plan then that measures against this quota; null where there is none."""
        bare = rows.with_columns(term=pl.lit(None, dtype=pl.Int32))
        if self.terms is None or not isinstance(self.quotas, QuotaBook):
            return bare
        stays = self.quotas.service.stays.select("payee_id", "plan", valid_from="stay_from", valid_to="stay_to")
        placed = rows.with_row_index("_row").sort("date").join_asof(
            stays.sort("valid_from"), left_on="date", right_on="valid_from", by="payee_id", check_sortedness=False
        )  # fmt: skip
        keys = placed.select("plan", "date", "measure").unique()
        found = [term_with_quota(self.terms, *key) for key in keys.rows()]
        known = keys.with_columns(term=pl.Series(found, dtype=pl.Int32))
        numbered = placed.join(known, on=["plan", "date", "measure"], how="left", validate="m:1", nulls_equal=True)
        return numbered.sort("_row").select(*rows.columns, "term")

    def _refuse(self, asked: dict[str, Any], lacking: dict[str, Any]) -> None:
        same = [pl.col(name) == lacking[name] for name in ("payee_id", "measure", "window")]
        quotas = self.quotas.quotas if isinstance(self.quotas, QuotaBook) else self.quotas
        known = quotas.filter(*same)
        wrong = "there is none. Add a row to quotas for that period, or for a longer or shorter one."
        if lacking["quota"] is not None:
            wrong = "it is 0, and nothing can be divided by it. Correct the quota."
        elif not known.is_empty():
            wrong = f"it is in {known['currency'][0]}, the plan in {asked['currency']}. Give it in the plan's currency."
        raise MissingQuota(
            f"A gate, multiplier or objective reads an attainment that has no quota. First: payee {asked['payee_id']}, "
            f"measure {lacking['measure']}, {asked['first']} to {asked['end']} (excluded), "
            f"{self.windows.labels[lacking['window']]}: {wrong}"
        )


def term_with_quota(terms: Terms, plan: str | None, day: date, measure: str) -> int | None:
    """Number of the first term of a plan's version on a day that measures against an assigned quota of this measure."""
    for number, term in enumerate(terms.terms):
        use = term.component.quota
        is_ours = term.plan.plan == plan and term.version is term.plan.version_on(day)
        if is_ours and use and use.measure == measure and use.of == "assigned":
            return number
    return None


def windows_in(first: date, end: date, windows: Windows) -> list[int]:
    """The window that is this very interval, the widest of several; else the fiscal months that it has begun."""
    bounds = windows.bounds()
    same = bounds.filter(window_start=first, window_end=end)
    if not same.is_empty():
        return [int(same["window"][-1])]
    begun = windows.periods.with_row_index("period").filter(
        pl.col("period_start") >= first, pl.col("period_start") < end
    )
    return windows.of_period.gather(begun["period"]).to_list()
