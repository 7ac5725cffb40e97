"""Rows of closed days that no export has any more: they stay, are named once, and can be let go."""

from datetime import date

import polars as pl
import pytest

from compensation.settlement.splice import ClosedFacts
from compensation.settlement.vanished import KEPT, vanished_rows, with_vanished
from tests.worlds import small_world

JANUARY = (date(2026, 1, 1), date(2026, 2, 1))


def order(name, day="2026-01-10", lines=("100",), **more):
    return {"id": name, "date": day, "lines": list(lines), **more}


def returned(name, line, day="2026-01-20"):
    return {"id": name, "line": line, "date": day, "amount": "10"}


def closed(*args, **more):
    return ClosedFacts("2026-P01", *JANUARY, small_world(*args, **more))


def ids(facts):
    return {name: set(facts[name][key]) for name, key in KEPT.items()}


def test_a_missing_order_stays_with_its_lines_and_returns_and_is_named_once():
    then = closed([order("O1", lines=["100", "50"]), order("O2")], [returned("R1", "O1-1")])
    now = small_world([order("O2")])
    kept = with_vanished(now, then)
    assert ids(kept) == {"orders": {"O1", "O2"}, "order_lines": {"O1-1", "O1-2", "O2-1"}, "returns": {"R1"}}
    (found,) = vanished_rows(kept, now, "2026-P01").rows(named=True)
    assert (found["code"], found["severity"], found["subject_table"], found["subject_id"]) == (
        "row_vanished",
        "warning",
        "orders",
        "O1",
    )
    assert found["detail"].startswith(
        "Order O1 is in no export any more, or was refused; it stays as it was when 2026-P01 closed."
    )


@pytest.mark.parametrize(
    ("now", "named"),
    [
        (small_world([order("O1", lines=["100"])], [returned("R1", "O1-1")]), [("order_lines", "O1-2")]),
        (small_world([order("O1", lines=["100", "50"])]), [("returns", "R1")]),
    ],
)
def test_a_line_or_return_alone_is_named_itself(now, named):
    then = closed([order("O1", lines=["100", "50"])], [returned("R1", "O1-1")])
    kept = with_vanished(now, then)
    assert ids(kept) == ids(then.facts)
    assert vanished_rows(kept, now, "2026-P01").select("subject_table", "subject_id").rows() == named


def test_what_is_there_flows_and_is_not_looked_at():
    now = small_world([order("O1", "2026-01-31", ["80"])])
    kept = with_vanished(now, closed([order("O1")]))
    assert all(kept[name] is now[name] for name in now), "no table is another one where nothing is missing"
    assert vanished_rows(kept, now, "2026-P01").is_empty()


def test_days_that_are_open_are_the_exports_own():
    then = closed([order("O1", "2026-01-31"), order("O2", "2026-02-01")], [returned("R1", "O1-1", "2026-02-01")])
    now = small_world([order("O3", "2026-02-03")])
    assert ids(with_vanished(now, then)) == {"orders": {"O1", "O3"}, "order_lines": {"O1-1", "O3-1"}, "returns": set()}


def test_an_order_that_is_sent_once_more_as_cancelled_is_let_go():
    now = small_world([order("O1", lines=[], status="cancelled")])
    kept = with_vanished(now, closed([order("O1")]))
    assert kept["orders"].filter(pl.col("order_id") == "O1")["status"].to_list() == ["cancelled"]
