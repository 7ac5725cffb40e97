"""What people decide: quotas, adjustments, transfers. Nobody decides for themselves, and nothing is decided twice."""

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch
from pipelines.intake.raw import FileRefused
from pipelines.intake.rules.world import World

PERIOD = r"^[0-9]{4}(-(H[12]|Q[1-4]|P?(0[1-9]|1[0-3])))?$"


def settle_quotas(world: World) -> None:
    """A quota is above zero, and its period is one.

    Raises:
        FileRefused: ``quota_zero``.
    """
    quotas = world.tables["quotas"]
    zero = quotas.frame.filter(quotas.is_alive()).filter(pl.col("amount") == 0)
    if zero.height:
        first = zero.row(0, named=True)
        detail = f"the quota of {first['payee_id']!r} for {first['measure']} in {first['period']} is 0; remove the row, or enter the target"
        raise FileRefused(str(first[FILE]), "quota_zero", detail, line=first[SOURCE_LINE], table="quotas")
    for table in ("quotas", "kpi_results", "adjustments"):
        _require_periods(world.tables[table])


def _require_periods(batch: Batch) -> None:
    wrong = (~batch.frame["period"].str.contains(PERIOD)).fill_null(value=False).arg_true()
    sentence = pl.format(
        "'{}' is no fiscal period such as 2026, 2026-H1, 2026-Q1 or 2026-01; correct it", pl.col("period")
    )
    batch.refuse(wrong, "period_unknown", sentence, column="period")


def settle_adjustments(world: World) -> None:
    """Whoever gains by an adjustment or entered it does not approve it."""
    adjustments = world.tables["adjustments"]
    own = adjustments.frame.select(
        (pl.col("approved_by") == pl.col("payee_id")) | (pl.col("approved_by") == pl.col("entered_by"))
    ).to_series()
    sentence = pl.format(
        "approved by '{}', who entered it or gains by it; another person must approve", pl.col("approved_by")
    )
    adjustments.refuse(own.fill_null(value=False).arg_true(), "self_approval", sentence, column="approved_by")
    transfers = world.tables["credit_transfers"]
    interested = transfers.frame.select(
        (pl.col("approved_by") == pl.col("to_payee_id")) | (pl.col("approved_by") == pl.col("entered_by"))
    ).to_series()
    transfers.refuse(interested.fill_null(value=False).arg_true(), "self_approval", sentence, column="approved_by")
