"""Notes under a statement's lines: what a clawback took back less of, and why."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from pipelines.workbooks.returned_notes import MOST, returned_notes


def details(*rows):
    plain = {"order_id": "O1", "order_line_id": "O1-1", "line_number": 1, "return_id": "R1", "credit_number": 1, "plan": "p", "component": "c",
             "label": "Commission", "event_date": date(2026, 4, 2), "taken_share": None, "taken_reason": None}  # fmt: skip
    return pl.DataFrame(
        [{**plain, **row} for row in rows],
        schema_overrides={"taken_share": pl.Decimal(38, 6), "taken_reason": pl.String},
    )


@pytest.mark.parametrize(
    ("share", "reason", "said"),
    [
        ("0", "window_over", "nothing is taken back, it came later than the plan's clawback lasts."),
        ("0.5", "share_by_age", "50 % is taken back, by the age of the sale."),
        ("0.666667", "months_remaining", "66.6667 % is taken back, by the months of service that were left."),
        ("0.05", "no_term", "5 % is taken back, its line has no service term."),
        ("0.000001", "share_by_age", "0.0001 % is taken back, by the age of the sale."),
    ],
)
def test_a_return_of_which_not_all_is_taken_back_has_a_note(share, reason, said):
    row = {"taken_share": Decimal(share), "taken_reason": reason}
    assert list(returned_notes(details(row, row))) == [f"Return of 2026-04-02, order O1 line 1, Commission: {said}"]


def test_sales_and_what_is_taken_back_in_full_have_none():
    assert list(returned_notes(details({}))) == []
    assert list(returned_notes(details({"taken_share": Decimal(1), "taken_reason": "in_full"}))) == []


def test_many_are_counted():
    rows = [{"return_id": f"R{n}", "taken_share": Decimal(0), "taken_reason": "window_over"} for n in range(MOST + 2)]
    notes = list(returned_notes(details(*rows)))
    assert len(notes) == MOST + 1
    assert notes[-1].startswith("2 more returns")
