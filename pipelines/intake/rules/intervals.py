"""Intervals of validity: never ended before they start, and one answer a day where only one can be meant."""

from decimal import Decimal

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch
from pipelines.intake.raw import FileRefused
from pipelines.intake.rules.world import World
from schemas.contract import CONTRACT

WHOLE = Decimal(100)


def settle_intervals(world: World) -> None:
    """Refuse rows that end before they start, in every table that has intervals."""
    for table, batch in world.tables.items():
        columns = CONTRACT[table].columns()
        pairs = [("valid_from", "valid_to"), ("start_date", "end_date"), ("service_start", "service_end")]
        for start, end in pairs:
            if start in columns and end in columns:
                rows = (batch.frame[end] < batch.frame[start]).arg_true()
                sentence = pl.format(
                    f"{end} {{}} lies before {start} {{}}; correct one of them", pl.col(end), pl.col(start)
                )
                batch.refuse(rows, "validity_inverted", sentence, column=end)


def settle_assignments(world: World) -> None:
    """One person an account, role, priority and day, unless their shares make a whole.

    Raises:
        FileRefused: ``overlapping_validity``, naming account, role and the day.
    """
    assignments = world.tables["assignments"]
    live = assignments.frame.filter(assignments.is_alive())
    live = live.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from")))
    group = ["account_id", "role", "priority"]
    several = live.filter(pl.len().over(group) > 1)
    if not several.height:
        return
    overlapping = _overlaps(several, group)
    if not overlapping.height:
        return
    for rows in overlapping.partition_by(group, maintain_order=True):
        _require_whole_shares(rows)


def _overlaps(several: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """Rows of every group in which some interval starts before an earlier one ends."""
    far = pl.date(9999, 12, 31)
    running = pl.col("valid_to").fill_null(far).cum_max().shift(1).over(group, order_by="valid_from")
    marked = several.sort(*group, "valid_from", nulls_last=True).with_columns(
        (pl.col("valid_from") < running).fill_null(value=False).alias("_overlaps")
    )
    return marked.filter(pl.col("_overlaps").any().over(group)).drop("_overlaps")


def _require_whole_shares(rows: pl.DataFrame) -> None:
    days = pl.concat([rows["valid_from"], rows["valid_to"].drop_nulls()]).unique().sort()
    for day in days:
        on_day = rows.filter(
            (pl.col("valid_from") <= day) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > day))
        )
        shares = on_day["share"]
        if on_day.height < 2 or (shares.null_count() == 0 and shares.sum() == WHOLE):  # noqa: PLR2004
            continue
        first, second = on_day.row(0, named=True), on_day.row(1, named=True)
        detail = (
            f"account {first['account_id']!r} has {first['payee_id']!r} and {second['payee_id']!r} ({second[FILE]}:{second[SOURCE_LINE]}) "
            f"as {first['role']} on {day}; end one of them, or give priorities, or shares that sum to 100"
        )
        raise FileRefused(
            str(first[FILE]), "overlapping_validity", detail, line=first[SOURCE_LINE], table="assignments"
        )


def note_gaps(batch: Batch) -> None:
    """Days on which nobody looks after an account that somebody did before and after."""
    live = batch.frame.filter(batch.is_alive()).with_row_index("row")
    group = ["account_id", "role"]
    following = pl.col("valid_from").shift(-1).over(group, order_by=["valid_from", "valid_to"])
    until = pl.col("valid_to").cum_max().over(group, order_by=["valid_from", "valid_to"])
    gaps = live.with_columns(_next=following, _until=until).filter(pl.col("_next") > pl.col("_until"))
    if gaps.height:
        first = gaps.row(0, named=True)
        detail = f"nobody is {first['role']} of account {first['account_id']!r} from {first['_until']} to {first['_next']} ({gaps.height} such gaps in all)"
        rows = batch.frame.with_row_index("row").join(
            gaps.select(FILE, SOURCE_LINE), on=[FILE, SOURCE_LINE], how="semi"
        )["row"]
        batch.note("assignment_gap", detail, rows)
