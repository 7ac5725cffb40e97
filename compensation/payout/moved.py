"""Positions moved by adjustments: what counts to a quota without being anybody's credit."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from compensation.money import minor_units_of
from compensation.payout.setting import Setting
from compensation.payout.terms import Term
from compensation.payout.windows import KINDS, kind_number
from schemas.core.attribution import Finding

MOVES = pl.Schema({"group": pl.Int64(), "since": pl.Int32(), "units": pl.Int64()})
"""How far adjustments move a position: which, from which fiscal period on, by how many minor units."""


def moves_of(adjustments: pl.DataFrame, setting: Setting) -> pl.DataFrame | None:
    """What adjustments that count to a quota do to positions; None where there are none.

    Such an adjustment moves the payee's position on every component whose measure or quota has its name, in its currency and in
    the window that its period lies in, from the first day of that period on. It is no credit: there it earns nothing, and what
    comes after it is priced from where it leaves the position.

    Args:
        adjustments: Contract ``Adjustment``.
        setting: Payees, terms, calendar and numbering.

    Source:
        ``docs/plans/settlement.md``: adjustments.
    """
    rows = [row for row, _ in _counted(adjustments, setting)]
    if not rows:
        return None
    frame = pl.DataFrame(rows, schema={"payee": pl.Int32, "segment": pl.Int32, "slot": pl.Int32, "kind": pl.Int32, "since": pl.Int32, "units": pl.Int64})  # fmt: skip
    window = setting.windows.window(pl.col("kind"), pl.col("since"))
    grouped = frame.select("since", "units", group=setting.group_of(pl.col("slot"), window))
    return grouped.group_by("group", "since").agg(pl.col("units").sum()).sort("group", "since").cast(MOVES)


def with_moves(ordered: pl.DataFrame, credits: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The same credits with their positions moved, and ``moved``: by how much at each.

    Args:
        ordered: As ``positions.positioned`` gives them.
        credits: Contract ``Credit``, in payout order.
        setting: With ``moves``.
    """
    if setting.moves is None:
        return ordered
    dated = ordered.with_columns(_period=setting.windows.period(setting.day(credits))).with_row_index("_row")
    sums = moved_by(dated.select("_row", "group", period="_period"), setting.moves)
    both = dated.join(sums, on="_row", how="left", validate="1:1", maintain_order="left")
    moved = both.with_columns(pl.col("moved").fill_null(0))
    return moved.with_columns(after=pl.col("after") + pl.col("moved")).drop("_row", "_period")


def moved_by(rows: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """How far each row's position is ``moved`` by its ``period``: one for each ``_row`` that is.

    Args:
        rows: ``_row``, ``group`` and ``period`` (number).
        moves: ``MOVES``.
    """
    both = rows.join(moves, on="group", how="inner")  # a position may be moved several times
    return both.filter(pl.col("since") <= pl.col("period")).group_by("_row").agg(moved=pl.col("units").sum())


def not_counted(adjustments: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Adjustments that should count to a quota and move no position: contract ``Finding``."""
    counting = adjustments.filter("counts_to_quota")
    found = {row["adjustment_id"] for _, row in _counted(adjustments, setting)}
    rows = [
        {
            **dict.fromkeys(Finding.columns()), "code": "adjustment_not_counted", "severity": "warning", "subject_table": "adjustments",
            "subject_id": row["adjustment_id"], "detail": (
                f"{row['payee_id']} has no component that counts {row['measure']} in {row['currency']} in {row['period']}, so the "
                "adjustment moves no position; what it pays is paid. Correct its measure, currency or period."
            ),
        }
        for row in counting.rows(named=True)
        if row["adjustment_id"] not in found
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=Finding.dtypes())


def _counted(adjustments: pl.DataFrame, setting: Setting) -> Iterator[tuple[dict[str, int], dict[str, Any]]]:
    """Each move of a position, with the adjustment behind it."""
    counting = adjustments.filter("counts_to_quota")
    if counting.is_empty():
        return
    payees = {name: number for number, name in enumerate(setting.payee_ids)}
    since, slots = _first_periods(setting), setting.terms.table["slot"].to_list()
    for row in counting.rows(named=True):
        payee, first = payees.get(row["payee_id"]), since.get(row["period"])
        if payee is None or first is None:
            continue
        for slot, term in _positions(setting.terms.terms, slots, row):
            segment = _segment(setting, payee, term, first)
            if segment is not None:
                units = minor_units_of(row["amount"], term.digits)
                kind = kind_number(term.component.window)
                yield (
                    {"payee": payee, "segment": segment, "slot": slot, "kind": kind, "since": first, "units": units},
                    row,
                )


def _positions(terms: Sequence[Term], slots: Sequence[int], row: dict[str, Any]) -> Iterator[tuple[int, Term]]:
    """Positions that count what an adjustment counts to, by their last version: revenue of own credits, in its currency."""
    found = {}
    for slot, term in zip(slots, terms, strict=True):
        part = term.component
        counts = part.measure.of == "revenue" and part.measure.base != "commission" and part.window != "transaction"
        is_named = row["measure"] in term.takes or (part.quota is not None and part.quota.measure == row["measure"])
        if counts and term.takes_own_credits and is_named and term.plan.currency == row["currency"]:
            found[slot] = term
    yield from found.items()


def _segment(setting: Setting, payee: int, term: Term, first: int) -> int | None:
    """The payee's segment on the term's plan in a fiscal period; the last of several, none where they are not on it."""
    start, end = (setting.windows.periods[name][first] for name in ("period_start", "period_end"))
    own = setting.stays.filter(
        (pl.col("payee") == payee)
        & (pl.col("plan") == term.plan.plan)
        & (pl.col("valid_from") < end)
        & (pl.col("valid_to") > start)
    )
    return None if own.is_empty() else int(own.sort("valid_from")["segment"][-1])


def _first_periods(setting: Setting) -> dict[str, int]:
    """Number of the first fiscal period of each period, quarter, half year and year, by each way of writing it."""
    found: dict[str, int] = {}
    for number, row in enumerate(setting.windows.periods.select(*KINDS.values()).rows()):
        for span in row:
            found.setdefault(str(span), number)
        found.setdefault(row[0].replace("-P", "-"), number)
    return found
