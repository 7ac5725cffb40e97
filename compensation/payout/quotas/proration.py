"""Proration: the part of a window that a payee is there for, and figures cut to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import polars as pl

from compensation.in_force import ALWAYS, FOREVER
from compensation.money import WIDE, AmountsTooLarge, divided, exact_product
from compensation.payout.windows import Windows

LARGEST_SUM_OF_CELLS = 2**125
MOST_CELLS = 64
"""No window has more cells: a year has 13 periods at most."""
ONE_DAY = pl.duration(days=1)


@dataclass(frozen=True)
class Service:
    """When payees are there: on a plan, employed and not on leave.

    ``dated`` are the payees of whom a hire date, a last day or a leave is known; ``free`` has one row for each of their runs of
    days of service without leave: ``payee_id``, ``free_from``, ``free_to`` (excluded). ``stays``: ``payee_id``, ``plan``, ``segment``,
    ``stay_from``, ``stay_to`` (excluded). ``hires``: ``payee_id``, ``hire_date``. ``changing``: payees who may be there for a
    part of a window only.
    """

    dated: pl.Series
    free: pl.DataFrame
    stays: pl.DataFrame
    hires: pl.DataFrame
    changing: pl.Series


def service_of(facts: dict[str, pl.DataFrame], windows: Windows, payee_ids: pl.Series, stays: pl.DataFrame) -> Service:
    """When payees are there.

    The hire date is the first day of service, the termination date the last one; leave (``absences``) takes days off.

    Args:
        facts: Contract tables; ``payees`` and ``absences`` are read.
        windows: The fiscal calendar in numbers.
        payee_ids: Payees in the order of their numbers.
        stays: Stays on plans by payee number, as ``Standings`` has them.
    """
    service = _employed(facts["payees"])
    bounds, free = _without_leave(service, facts["absences"])
    named = stays.select(
        "plan",
        "segment",
        payee_id=pl.lit(payee_ids).gather(pl.col("payee")),
        stay_from="valid_from",
        stay_to="valid_to",
    )
    first, end = windows.first_day, windows.periods["period_end"][-1]
    throughout = free.filter((pl.col("free_from") <= first) & (pl.col("free_to") >= end))["payee_id"]
    limited = bounds.filter(~pl.col("payee_id").is_in(throughout.implode()))["payee_id"]
    ends = [pl.col(name).is_between(first, end, closed="none") for name in ("stay_from", "stay_to")]
    changing = pl.concat([named.filter(pl.any_horizontal(ends))["payee_id"], limited]).unique().sort()
    return Service(bounds["payee_id"], free, named, service.select("payee_id", "hire_date").drop_nulls(), changing)


def _employed(payees: pl.DataFrame) -> pl.DataFrame:
    """One row a payee: ``hire_date`` and ``leaves``, the day after the last one; null where not known."""
    dated = payees.select("payee_id", "valid_from", "hire_date", "termination_date").sort("payee_id", "valid_from")
    return dated.group_by("payee_id", maintain_order=True).agg(
        pl.col("hire_date").min(), leaves=pl.col("termination_date").last() + ONE_DAY
    )


def _without_leave(service: pl.DataFrame, absences: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Payees with a date of service or a leave, and ``payee_id``, ``free_from`` and ``free_to`` of their days without leave."""
    leave = absences.filter(pl.col("valid_from") < pl.col("valid_to")).select("payee_id", "valid_from", "valid_to")
    known = service.filter(pl.col("hire_date").is_not_null() | pl.col("leaves").is_not_null())
    payees = pl.concat([known["payee_id"], leave["payee_id"]]).unique().sort().to_frame()
    bounds = payees.join(service, on="payee_id", how="left", validate="1:1").select(
        "payee_id", hired=pl.col("hire_date").fill_null(ALWAYS), leaves=pl.col("leaves").fill_null(FOREVER)
    )
    before = bounds.select("payee_id", valid_from=pl.lit(ALWAYS), valid_to="hired")
    gone = pl.concat([before, leave]).sort("payee_id", "valid_from")
    # days away end where the latest of those begun by then ends; the next ones begin a run of days there, or lie inside
    until = pl.col("valid_to").cum_max().over("payee_id")
    runs = gone.select("payee_id", free_from=until, free_to=pl.col("valid_from").shift(-1).over("payee_id"))
    cut = runs.join(bounds, on="payee_id", how="left", validate="m:1").with_columns(
        free_to=pl.min_horizontal(pl.col("free_to").fill_null(FOREVER), "leaves")
    )
    return bounds, cut.filter(pl.col("free_from") < pl.col("free_to")).select("payee_id", "free_from", "free_to")


def days_there(rows: pl.DataFrame, service: Service) -> pl.DataFrame:
    """The runs of days that each row's payee is there: ``_row``, ``there_from`` and ``there_to`` (excluded).

    Args:
        rows: With ``_row``, ``payee_id``, ``plan`` and ``segment``: the stay is the one of that segment; without a segment all
            stays on the plan; without a plan whatever the payee is on.
        service: When payees are there.
    """
    asked = rows.select("_row", "payee_id", "plan", "segment")
    by_segment = asked.filter(pl.col("segment").is_not_null())
    by_plan = asked.filter(pl.col("segment").is_null() & pl.col("plan").is_not_null())
    stays = service.stays.select("payee_id", "segment", "stay_from", "stay_to")
    found = [
        by_segment.join(stays, on=["payee_id", "segment"], how="left", validate="m:1").drop("plan", "segment"),
        # a payee may be on a plan several times
        by_plan.join(service.stays.drop("segment"), on=["payee_id", "plan"], how="left").drop("plan", "segment"),
        asked.filter(pl.col("segment").is_null() & pl.col("plan").is_null()).select(
            "_row", "payee_id", stay_from=pl.lit(ALWAYS), stay_to=pl.lit(FOREVER)
        ),
    ]
    # several runs of days without leave
    both = pl.concat(found).join(service.free, on="payee_id", how="left")
    gone = pl.col("free_from").is_null() & pl.col("payee_id").is_in(service.dated.implode())
    runs = both.filter(~gone).select(
        "_row",
        there_from=pl.max_horizontal(pl.col("stay_from").fill_null(ALWAYS), pl.col("free_from").fill_null(ALWAYS)),
        there_to=pl.min_horizontal(pl.col("stay_to").fill_null(FOREVER), pl.col("free_to").fill_null(FOREVER)),
    )
    return runs.filter(pl.col("there_from") < pl.col("there_to"))


def ramp_shares(ramps: Sequence[tuple[Fraction, ...]]) -> pl.DataFrame:
    """One row per ramp (by number) and month of service listed: ``ramp``, ``month``, ``share`` of ``whole``."""
    rows = []
    for number, ramp in enumerate(ramps):
        whole = lcm(*(share.denominator for share in ramp)) if ramp else 1
        rows += [(number, month, int(share * whole), whole) for month, share in enumerate(ramp, start=1)]
    return pl.DataFrame(rows, schema=_RAMPS, orient="row")


_RAMPS = pl.Schema({"ramp": pl.Int32, "month": pl.Int32, "share": pl.Int64, "whole": pl.Int64})


def month_of_service(day: pl.Expr, hired: pl.Expr) -> pl.Expr:
    """Which month of service a day lies in, from 1; 1 also before the hire date, null where it is not known.

    Months are calendar months counted forward from the hire date; a day that a month lacks is its last day.
    """
    months = (day.dt.year() - hired.dt.year()) * 12 + day.dt.month().cast(pl.Int32) - hired.dt.month().cast(pl.Int32)
    is_reached = (day.dt.day() >= hired.dt.day()) | (day == day.dt.month_end())
    month = pl.max_horizontal(months + is_reached.cast(pl.Int32), pl.lit(1, dtype=pl.Int32))
    return pl.when(hired.is_not_null()).then(month)


def with_ramp(cells: pl.DataFrame, shares: pl.DataFrame, service: Service) -> pl.DataFrame:
    """The cells with ``share`` and ``whole`` of their month of service; full after the last month listed.

    A fiscal month takes the share of the month of service that it begins in, that of the hire the first one.

    Args:
        cells: With ``payee_id``, ``ramp`` (number, null where none) and ``cell_start``.
        shares: Ramps as ``ramp_shares`` gives them.
        service: When payees were hired; a payee whose hire date is not known is past the ramp.
    """
    dated = cells.join(service.hires, on="payee_id", how="left", validate="m:1", maintain_order="left")
    dated = dated.with_columns(month=month_of_service(pl.col("cell_start"), pl.col("hire_date")))
    wholes = shares.select("ramp", "whole").unique()
    known = dated.join(wholes, on="ramp", how="left", validate="m:1", maintain_order="left")
    found = known.join(
        shares.drop("whole"), on=["ramp", "month"], how="left", validate="m:1", maintain_order="left"
    ).with_columns(pl.col("whole").fill_null(1))
    return found.with_columns(share=pl.coalesce("share", "whole")).drop("hire_date", "month")


def cut_to_service(cells: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """Each row's figure as the sum of its cells, each at its share, ramped, and at the part of it that the payee is there.

    Rounded once, half away from zero.

    Args:
        cells: One row per cell: ``_row``, ``amount`` (minor units), ``weight`` of ``total``, ``share`` of ``whole``,
            ``cell_start`` and ``cell_end`` (excluded), ``prorate`` (``days_actual``, ``months``: both by days of the cell;
            ``30_360``; ``none``) and ``keeps`` (counts in full who is there on no day of the window).
        there: Runs of days as ``days_there`` gives them.

    Returns:
        One row per ``_row``: ``figure`` (minor units), and ``is_absent``: nobody was there on any day.

    Raises:
        AmountsTooLarge: figures that cannot be cut exactly.
    """
    numbered = cells.with_row_index("_cell").with_columns(length=_days(pl.col("cell_start"), pl.col("cell_end")))
    counted = _counted(numbered, there)
    known = numbered.join(counted, on="_cell", how="left", validate="1:1").with_columns(
        counted=pl.when(pl.col("prorate") == "none").then("length").otherwise(pl.col("counted").fill_null(0))
    )
    absent = pl.col("counted").sum().over("_row") == 0
    known = known.with_columns(is_absent=absent).with_columns(
        counted=pl.when(pl.col("is_absent") & pl.col("keeps")).then("length").otherwise("counted")
    )
    lengths = lcm(*known["length"].unique())
    _require_exact(known, lengths)
    share = exact_product(pl.col("weight"), pl.col("share")) * exact_product(
        pl.col("counted"), lengths // pl.col("length")
    )
    sums = known.group_by("_row", maintain_order=True).agg(
        sum=(pl.col("amount").cast(WIDE) * share).sum(),
        whole=(exact_product(pl.col("total"), pl.col("whole")) * pl.lit(lengths, dtype=WIDE)).first(),
        is_absent=pl.col("is_absent").first(),
    )
    return sums.select("_row", "is_absent", figure=divided(pl.col("sum"), pl.col("whole")).cast(pl.Int64))


def _counted(cells: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """``_cell`` and how many of its days the payee is there (``counted``)."""
    asked = cells.filter(pl.col("prorate") != "none").select("_row", "_cell", "prorate", "cell_start", "cell_end")
    # several runs of days and several cells a row
    runs = asked.join(there, on="_row", how="inner").with_columns(
        first=pl.max_horizontal("cell_start", "there_from"), end=pl.min_horizontal("cell_end", "there_to")
    )
    inside = runs.filter(pl.col("first") < pl.col("end"))
    return inside.group_by("_cell").agg(counted=_days(pl.col("first"), pl.col("end")).sum())


def _days(first: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Days from ``first`` up to ``end`` (excluded), by the row's convention."""
    by_months = _day_of_360(end) - _day_of_360(first)
    return (
        pl.when(pl.col("prorate") == "30_360").then(by_months).otherwise((end - first).dt.total_days()).cast(pl.Int64)
    )


def _day_of_360(day: pl.Expr) -> pl.Expr:
    """How many days lie before a day where every month has 30: a month's 31st counts nothing, its last day fills it up."""
    last = day - ONE_DAY
    in_month = pl.when(last == last.dt.month_end()).then(30).otherwise(last.dt.day().cast(pl.Int64))
    return last.dt.year().cast(pl.Int64) * 360 + last.dt.month().cast(pl.Int64) * 30 + in_month


def _require_exact(cells: pl.DataFrame, lengths: int) -> None:
    """Check that no sum of cells can leave 128 bits.

    Raises:
        AmountsTooLarge: names the payee of the largest figure.
    """
    if cells.is_empty():
        return
    sizes = [int(cells[name].abs().max() or 0) for name in ("amount", "weight", "share")]  # type: ignore[arg-type]
    size = lengths * MOST_CELLS
    for each in sizes:
        size *= max(each, 1)
    if size >= LARGEST_SUM_OF_CELLS:
        largest = cells.row(int(cells["amount"].abs().arg_max() or 0), named=True)
        raise AmountsTooLarge(
            f"the quota or target of payee {largest['payee_id']} ({largest['amount']} minor units) cannot be cut exactly. "
            "Check that the amount is not in a hundredth of its unit; state weights and ramps with fewer decimals."
        )
