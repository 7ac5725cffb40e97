"""Control checks of a period that is settled, or that waits for the periods before it."""

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from pipelines.workbooks.cells import Formula
from pipelines.workbooks.control import ZERO, Control, register_sum
from pipelines.workbooks.data import PeriodData
from pipelines.workbooks.register_sheet import layout_of
from pipelines.workbooks.settled.accrual_sheet import closed_off, closing_sum
from pipelines.workbooks.settled.adjustments_sheet import OF_ALL as ADJUSTMENTS
from pipelines.workbooks.settled.adjustments_sheet import adjustments_place
from pipelines.workbooks.settled.changes_sheet import OF_ALL as CHANGES
from pipelines.workbooks.settled.changes_sheet import corrections_place
from pipelines.workbooks.settled.held_sheet import OF_ALL as HELD
from pipelines.workbooks.settled.held_sheet import moves_place
from pipelines.workbooks.settled.rows import total_of
from pipelines.workbooks.settled.standing import Standing


def settled_controls(data: PeriodData, code: str) -> Iterator[Control]:
    """The checks of one currency."""
    of = f" ({code})" if len(data.currencies) > 1 else ""
    net, earned = register_sum(data, code, "Net payable"), register_sum(data, code, "On sales", "Clawbacks", "Bonuses")
    yield Control(f"Net payable: register = statements issued{of}", net, _proof(data, "net", code), code)
    yield Control(f"Earned: register = earnings and bonuses{of}", earned, _proof(data, "earned_by_credits", code), code)
    if data.standing is Standing.WAITS:
        waits = register_sum(data, code, "Not settled yet")
        yield Control(f"Not settled yet = earned{of}", waits, register_sum(data, code, "Earned"), code)
    else:
        yield from _ledger(data, code, of)
        yield from _sheets(data, code, of)
        yield from _ends(data, code, of)


def _proof(data: PeriodData, name: str, code: str) -> Decimal:
    return data.proof.get(f"{name}_{code}", ZERO)


def _ledger(data: PeriodData, code: str, of: str) -> Iterator[Control]:
    """What the register opens with, earns and pays, against the postings themselves."""
    for label, names, proof in (
        ("Earned and converted: register = posted", ("On sales", "Clawbacks", "Bonuses", "Converted"), "posted_earned"),
        ("Opening: register = all postings of closed periods", ("Opening",), "opens"),
        ("Net payable: register = payments posted", ("Net payable",), "posted_paid"),
        ("Carried forward: register = all postings so far", ("Carried forward",), "ends"),
    ):
        yield Control(f"{label}{of}", register_sum(data, code, *names), _proof(data, proof, code), code)


def _ends(data: PeriodData, code: str, of: str) -> Iterator[Control]:
    """The identity of every balance, and what is owed after the period."""
    layout, carried = layout_of(data), register_sum(data, code, "Carried forward")
    steps, ends = register_sum(data, code, *layout.parts), register_sum(data, code, *layout.ends)
    yield Control(f"Opening and all steps = paid and carried forward{of}", steps, ends, code)
    held = sum(data.register.filter(pl.col("currency") == code)["still_held"], ZERO)
    both = Decimal(str(carried.cached)) + held
    yield Control(f"Closing accrual = carried forward and held{of}", closing_sum(data, code), both, code)


def _sheets(data: PeriodData, code: str, of: str) -> Iterator[Control]:
    """Steps of the register against the sheets that list them."""
    rows = data.settled
    changes, beside = corrections_place(rows.corrections, CHANGES), adjustments_place(rows.adjustments, ADJUSTMENTS)
    moves = moves_place(rows.moves, HELD)
    yield Control(
        f"Corrections: register = sheet Changes{of}", register_sum(data, code, "Corrections"),
        Formula(changes.sum_of("Re-added", code), total_of(rows.corrections, code)), code,
    )  # fmt: skip
    yield Control(
        f"Adjustments, guarantee, draw: register = sheet Adjustments{of}", register_sum(data, code, "Adjustments", "Guaranteed", "Draw"),
        Formula(beside.sum_of("Amount", code), total_of(rows.adjustments, code)), code,
    )  # fmt: skip
    yield Control(
        f"Held and released: register = sheet Held{of}", register_sum(data, code, "Held", "Released"),
        Formula(moves.sum_of("Amount", code), total_of(rows.moves, code)), code,
    )  # fmt: skip


def period_controls(data: PeriodData) -> Iterator[Control]:
    """The checks of all currencies together."""
    if not data.standing.is_settled:
        return
    yield Control("Closed periods whose postings are not as they were closed", closed_off(data), ZERO, None)
    place, rows = adjustments_place(data.settled.adjustments, ADJUSTMENTS), data.settled.adjustments
    entered, approved, kind = (place.cells(name) for name in ("Entered by", "Approved by", "Kind"))
    same = rows.filter((pl.col("kind") == "Adjustment") & (pl.col("entered_by") == pl.col("approved_by"))).height
    yield Control(
        "Adjustments that one person entered and approved",
        Formula(f'SUMPRODUCT(({kind}="Adjustment")*({entered}<>"")*({entered}={approved}))', Decimal(same)), ZERO, None,
    )  # fmt: skip
