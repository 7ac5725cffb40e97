"""Post the difference: closed periods are answered line by line, with the cause; nothing is posted twice."""

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from compensation.settlement.difference import due_lines, proposals
from schemas.core.settlement import Posting
from tests.compensation.payout.payout_world import component, credits_of, pay_world, plan, version

NAMES = tuple(f"{year}-P{month:02}" for year in (2025, 2026) for month in range(1, 13))
FLAT = plan(version(component()))
TIERS = [{"from": "0", "to": "1", "rate": "0.05"}, {"from": "1", "to": None, "rate": "0.08"}]
TIERED = plan(
    version(
        component(
            window="quarter",
            quota={"measure": "new_business"},
            curve={"shape": "marginal", "of": "attainment", "tiers": TIERS},
        )
    )
)


def _due(rows, terms=FLAT, quota="100000"):
    credits = credits_of(rows)
    quotas = [{"period": f"2026-Q{number}", "amount": quota} for number in (1, 2)]
    paid = pay_world(credits, terms, last_day=date(2026, 6, 30), quotas=quotas)
    return due_lines(
        paid.earnings, paid.bonuses, credits=credits, attainment=paid.attainment, curves=paid.curves, changes=paid.earning_changes
    )  # fmt: skip


def _proposed(due, posted, month):
    return proposals(due, posted, f"2026-P{month:02}", NAMES)


def _posted(posted, proposed, month):
    new = proposed.with_columns(
        posting_number=pl.int_range(pl.len(), dtype=pl.Int64) + posted.height + 1, posting_period=pl.lit(f"2026-P{month:02}")
    )  # fmt: skip
    return pl.concat([posted, new.select(Posting.columns())])


def _closed(rows, months, terms=FLAT, **more):
    """A ledger with the first months closed on the same rows."""
    posted = Posting.empty_frame()
    for month in range(1, months + 1):
        posted = _posted(posted, _proposed(_due(rows, terms, **more), posted, month), month)
    return posted


def _amounts(frame):
    return [str(amount.normalize() + 0) for amount in frame["amount"]]


def sale(day, amount, **more):
    return {"on": day, "amount": amount, **more}


def test_a_late_order_is_a_correction_of_its_own_month_and_nothing_else_moves():
    first = [sale("2026-01-10", "1000")]
    found = _proposed(_due([*first, sale("2026-01-20", "500")]), _closed(first, 2), 3)
    assert found.select("kind", "earning_period", "cause").rows() == [
        ("correction", "2026-P01", "came to be known after its period closed")
    ]
    assert _amounts(found) == ["50"]


def test_a_changed_amount_says_from_what_to_what():
    """Scenario 1, and worked example 42: 100 becomes 120, the difference is 20."""
    found = _proposed(_due([sale("2026-01-10", "1200")]), _closed([sale("2026-01-10", "1000")], 1), 2)
    assert found["cause"].to_list() == ["amount 1,000.00 → 1,200.00"]
    assert _amounts(found) == ["20"]


def test_an_order_moved_between_closed_months_of_a_quarter_is_two_lines_that_say_so():
    """Scenario 4."""
    posted = _closed([sale("2026-01-31", "120000")], 2, TIERED)
    found = _proposed(_due([sale("2026-02-01", "120000")], TIERED), posted, 3)
    cause = "moved from 2026-P01 to 2026-P02: order date 2026-01-31 → 2026-02-01"
    assert found.select("earning_period", "cause").rows() == [("2026-P01", cause), ("2026-P02", cause)]
    assert _amounts(found) == ["-6600", "6600"]


def test_an_order_moved_over_the_edge_of_a_quarter_is_re_rated_in_both():
    """Scenario 5."""
    rows = [sale("2026-02-01", "90000"), sale("2026-03-31", "50000"), sale("2026-04-02", "70000")]
    posted = _closed(rows, 4, TIERED)
    found = _proposed(_due([rows[0], sale("2026-04-01", "50000"), rows[2]], TIERED), posted, 5)
    assert _amounts(found) == ["-3700", "2500", "600"]
    assert (
        found["cause"][2] == "rate of its tier 5 % → 8 %; "
        "credits before it changed because of order line-00002: its position starts at 50,000.00 instead of 0.00"
    )


def test_two_fixes_that_offset_each_other_stay_two_lines():
    """Scenario 7."""
    before = [sale("2026-01-10", "10000"), sale("2026-01-11", "10000")]
    found = _proposed(_due([sale("2026-01-10", "15000"), sale("2026-01-11", "5000")]), _closed(before, 2), 3)
    assert _amounts(found) == ["500", "-500"]


def test_a_fix_that_is_undone_before_the_close_leaves_nothing_and_after_it_is_answered():
    """Scenario 8."""
    before, fixed = [sale("2026-01-10", "1000")], [sale("2026-01-10", "1500")]
    posted = _closed(before, 1)
    assert _proposed(_due(before), posted, 2).is_empty()
    corrected = _posted(posted, _proposed(_due(fixed), posted, 2), 2)
    assert _amounts(_proposed(_due(before), corrected, 3)) == ["-50"]


def test_an_order_that_went_and_a_payee_who_changed_are_taken_back_line_by_line():
    found = _proposed(_due([]), _closed([sale("2026-01-10", "1000")], 1), 2)
    assert _amounts(found) == ["-100"]
    assert found["cause"][0].startswith("no longer earned")


def test_a_december_order_corrected_in_january_is_of_last_year_and_says_so():
    """Scenario 13."""
    found = _proposed(_due([sale("2025-12-20", "1000")]), Posting.empty_frame(), 1)
    assert found["earning_period"].to_list() == ["2025-P12"]
    assert found["cause"][0].endswith("; earned in fiscal year 2025, posted in 2026")


days = st.dates(date(2026, 1, 1), date(2026, 4, 30)).map(str)
states = st.lists(st.builds(sale, days, st.integers(1, 200_000).map(str)), max_size=4)


@settings(max_examples=2, deadline=None)
@given(st.lists(states, min_size=2, max_size=4), st.data())
def test_postings_of_a_month_are_what_it_earns_as_known_last_wherever_the_closes_fall(nights, data):
    posted, month = Posting.empty_frame(), 1
    for rows in nights[:-1]:
        for _ in range(data.draw(st.integers(0, 1))):
            posted, month = _posted(posted, _proposed(_due(rows, TIERED), posted, month), month), month + 1
    for later in range(month, 8):
        posted = _posted(posted, _proposed(_due(nights[-1], TIERED), posted, later), later)
    due = _due(nights[-1], TIERED).group_by("earning_period").agg(pl.col("due").sum())
    sums = posted.group_by("earning_period").agg(due=pl.col("amount").sum())
    assert (
        sums.filter(pl.col("due") != 0)
        .sort("earning_period")
        .equals(due.filter(pl.col("due") != 0).sort("earning_period"))
    )
    assert _proposed(_due(nights[-1], TIERED), posted, 8).is_empty()


def test_a_fiscal_year_and_a_tax_year_that_end_apart_are_told_apart():
    """Scenario 13 where the fiscal year starts in July: December and January are of one quota year and of two tax years."""
    years = {"2026-P05": 2025, "2026-P06": 2025, "2026-P07": 2026, "2027-P01": 2026}
    due = _due([sale("2026-06-10", "1000")]).with_columns(earning_period=pl.lit("2026-P06"))
    order = [*years]

    def told(open_period):
        return proposals(due, Posting.empty_frame(), open_period, order, tax_years=years)["cause"][0]

    assert told("2026-P06") == "earned in this period"
    assert told("2026-P07").endswith("; earned in tax year 2025, posted in tax year 2026")
    assert told("2027-P01").endswith("; earned in fiscal year 2026, posted in 2027 (tax year 2026)")
