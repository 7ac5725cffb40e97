"""The difference: what every line earns as known now, less everything that was posted for it."""

from collections.abc import Sequence

import polars as pl

from compensation.conservation import NotConserved
from compensation.settlement.causes import causes_of
from schemas.core.settlement import Proposal
from schemas.dtypes import MONEY

LINE = [
    "payee_id",
    "currency",
    "plan",
    "component",
    "earning_period",
    "order_line_id",
    "return_id",
    "credit_number",
]
"""What a posting is for: one line of one component, in the period that it belongs to."""

OWED = ("earning", "correction", "guarantee")
"""Kinds of posting that answer what is earned; the others say what becomes of it."""


def due_lines(
    earnings: pl.DataFrame,
    bonuses: pl.DataFrame,
    *,
    credits: pl.DataFrame | None = None,
    attainment: pl.DataFrame | None = None,
    curves: pl.DataFrame | None = None,
    changes: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """What every line earns as known now: slices added up, and pay that no credit earns.

    Args:
        earnings: Contract ``Earning``.
        bonuses: Contract ``BonusPart``.
        credits: Contract ``Credit``; with it the basis names dates, amount, motion and order.
        attainment: Contract ``Attainment``; with it the quota.
        curves: Contract ``CurvePiece``; with it the target incentive and the factor of gates and multipliers.
        changes: Contract ``EarningChange``; with it what caps and factors changed.

    Returns:
        One row a line: ``LINE``, ``due`` and ``basis`` (JSON of what it was computed from, keys in order).
    """
    own = earnings.with_columns(pl.col(name).cast(pl.String) for name in ("payee_id", "fiscal_period", *TEXTS))
    lines = own.sort(*ORDER).group_by(_earning_line(), maintain_order=True).agg(
        due=pl.col("earned").sum(), plan_version=pl.col("plan_version").last(), window=pl.col("window").last(),
        credited=pl.col("credited").sum(), position_before=pl.col("position_before").first(),
        position_after=pl.col("position_after").last(), tier_rate=pl.col("tier_rate").last(),
    )  # fmt: skip
    parts = bonuses.group_by("payee_id", "currency", "plan", "component", "fiscal_period", maintain_order=True).agg(
        due=pl.col("amount").sum(), plan_version=pl.col("plan_version").last(), window=pl.col("window").last(),
        value=pl.col("value").cast(pl.String).str.join("; "), detail=pl.col("detail").str.join("; "),
        incentive=pl.col("base").sum(),
    )  # fmt: skip
    both = pl.concat([_joined(lines, credits, attainment, curves, changes), parts], how="diagonal")
    whole = both.rename({"fiscal_period": "earning_period"})
    names = [pl.col(name).cast(pl.String) for name in BASIS if name in whole.columns]
    return whole.select(*LINE, "due", basis=pl.struct(names).struct.json_encode())


def _joined(
    lines: pl.DataFrame, credits: pl.DataFrame | None, attainment: pl.DataFrame | None, curves: pl.DataFrame | None,
    changes: pl.DataFrame | None,
) -> pl.DataFrame:  # fmt: skip
    """Lines with the facts and rules behind them, of the tables that are given."""
    credit, window = ["order_line_id", "return_id", "credit_number"], ["payee_id", "plan", "component", "window"]
    sides: list[tuple[list[str], pl.DataFrame]] = []
    if credits is not None:
        names = ("event_date", "sale_date", "amount", "motion", "rule")
        texts = [pl.col(name).cast(pl.String) for name in names]
        sides.append((credit, credits.select(*credit, *texts, order=pl.col("order_id"))))
    if attainment is not None:
        sides.append((window, _last(attainment, window, "quota")))
    if curves is not None:
        sides.append((window, _last(curves, window, "incentive", "factor")))
    if changes is not None:
        key = ["payee_id", "plan", "component", *credit]
        sides.append((key, changes.group_by(key).agg(changed=pl.col("change").sum())))
    found = lines
    for key, side in sides:
        found = found.join(side, on=key, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    return found


def _last(rows: pl.DataFrame, key: list[str], *names: str) -> pl.DataFrame:
    """The last of each figure in the order of the table, per payee, plan, component and window."""
    texts = rows.with_columns(pl.col(key).cast(pl.String))
    return texts.group_by(key, maintain_order=True).agg(pl.col(name).drop_nulls().last() for name in names)


TEXTS = ("currency", "plan", "plan_version", "component", "window")
ORDER = (
    "plan",
    "component",
    "payee_id",
    "order_line_id",
    "return_id",
    "credit_number",
    "position_before",
    "slice_number",
)
BASIS = (
    "order", "event_date", "sale_date", "amount", "motion", "rule", "plan_version", "window", "quota", "incentive", "factor",
    "credited", "position_before", "position_after", "tier_rate", "changed", "value", "detail",
)  # fmt: skip
GUARANTEE = "guarantee"


def _earning_line() -> list[str]:
    return [name if name != "earning_period" else "fiscal_period" for name in LINE]


def proposals(due: pl.DataFrame, posted: pl.DataFrame, open_period: str, order: Sequence[str]) -> pl.DataFrame:
    """What the open period would post: every line's difference that is not 0, with its cause.

    Args:
        due: Lines as ``due_lines`` gives them.
        posted: Contract ``Posting``: everything posted so far.
        open_period: Fiscal period that is open; lines of later periods wait.
        order: All fiscal periods, in order.

    Returns:
        Contract ``Proposal``, in the order payee, earning period, component, line. A line of the open period is an
        ``earning``, one of an earlier period a ``correction``, a plan's guarantee a ``guarantee``; a line that has gone is taken
        back. ``approval`` names the rules that changed behind a correction.

    Raises:
        NotConserved: what is posted and proposed does not add up to what is due.

    Source:
        ``docs/close.md``: post the difference.
    """
    place = {period: number for number, period in enumerate(order)}
    reached = place[open_period]
    waits = pl.col("earning_period").replace_strict(place, return_dtype=pl.Int32) > reached
    now = due.filter(~waits)
    owed = posted.with_row_index("_row").filter(pl.col("kind").is_in(OWED))
    before = owed.group_by(LINE).agg(posted=pl.col("amount").sum(), _last=pl.col("_row").max())
    both = now.join(before, on=LINE, how="full", coalesce=True, nulls_equal=True, validate="1:1")
    zero = pl.lit(0, dtype=MONEY)
    both = both.with_columns(pl.col("due", "posted").fill_null(zero))
    changed = both.with_columns(amount=pl.col("due") - pl.col("posted")).filter(pl.col("amount") != 0)
    changed = changed.with_columns(basis_before=pl.lit(posted["basis"]).gather(pl.col("_last")))
    is_open = pl.col("earning_period") == open_period
    kind = pl.when(is_open).then(pl.lit("earning")).otherwise(pl.lit("correction"))
    kinds = changed.with_columns(kind=pl.when(pl.col("component") == GUARANTEE).then(pl.lit(GUARANTEE)).otherwise(kind))
    named = kinds.hstack(causes_of(kinds, open_period))
    return Proposal.validate(_require_whole(_as_proposal(named), now, posted))


def _as_proposal(rows: pl.DataFrame) -> pl.DataFrame:
    order = [
        "payee_id",
        "currency",
        "earning_period",
        "plan",
        "component",
        "order_line_id",
        "return_id",
        "credit_number",
    ]
    return rows.select(Proposal.columns()).cast(pl.Schema(Proposal.dtypes())).sort(order, nulls_last=False)


def _require_whole(proposed: pl.DataFrame, due: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """Posted and proposed together are what is due, per payee and currency."""
    by = ["payee_id", "currency"]
    owed = posted.filter(pl.col("kind").is_in(OWED))
    sides = [
        frame.group_by(by).agg(pl.col(column).sum().alias(name))
        for frame, column, name in ((due, "due", "due"), (owed, "amount", "posted"), (proposed, "amount", "proposed"))
    ]
    whole = sides[0].join(sides[1], on=by, how="full", coalesce=True).join(sides[2], on=by, how="full", coalesce=True)
    zero = pl.lit(0, dtype=MONEY)
    whole = whole.with_columns(pl.col("due", "posted", "proposed").fill_null(zero))
    wrong = whole.filter(pl.col("posted") + pl.col("proposed") != pl.col("due")).sort(by)
    if not wrong.is_empty():
        first = wrong.row(0, named=True)
        raise NotConserved(
            f"{wrong.height:,} payees' postings do not add up. First: payee {first['payee_id']}, {first['currency']}: "
            f"{first['posted']} posted and {first['proposed']} proposed, but {first['due']} are due. Nothing was proposed; "
            "report this as a fault of Creditdue, with the company folder and the exports of this run."
        )
    return proposed
