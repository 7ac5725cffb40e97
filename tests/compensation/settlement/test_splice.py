"""Facts as closed periods knew them: frozen facts stay, flowing ones flow, nothing else moves."""

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from compensation.calculate import calculate
from compensation.rules import Rules
from compensation.settlement.drift import drift
from compensation.settlement.splice import ClosedFacts, spliced
from tests.compensation.payout.payout_world import company, component, plan, version
from tests.worlds import small_world

RULES = Rules(company(starts="2026-01-01"), (plan(version(component())),))
MONTHS = [date(2026, month, 1) for month in range(1, 8)]


def _closed(*facts):
    """One closed month after another, from January."""
    return [
        ClosedFacts(f"2026-P{number:02}", MONTHS[number - 1], MONTHS[number], known)
        for number, known in enumerate(facts, start=1)
    ]


def _world(owner="R1", orders=(("O1", "2026-01-10"),), **more):
    rows = [{"id": name, "date": day, "lines": ["1000"], "opportunity_id": "D"} for name, day in orders]
    return small_world(rows, opportunities=[{"opportunity_id": "D", "owner_id": owner, "stage": "won"}], **more)


def _payees(facts):
    credits = calculate(facts, RULES)["credits"]
    return dict(credits.select(pl.col("order_id"), pl.col("payee_id").cast(pl.String)).rows())


def test_an_owner_who_changes_after_the_close_changes_no_closed_order_and_is_reported():
    was = _world("R1")
    now = _world("R2", [("O1", "2026-01-10"), ("O2", "2026-02-10")])
    assert _payees(spliced(now, _closed(was))) == {"O1": "R1", "O2": "R2"}
    found = drift(now, _closed(was))
    assert found.row(0) == ("opportunities", "D", "2026-P01", date(2026, 1, 10), "owner R1", "owner R2")


def test_a_late_order_of_a_closed_month_belongs_to_who_owned_the_deal_at_that_close():
    was = _world("R1", [])
    now = _world("R2", [("LATE", "2026-01-20")])
    assert _payees(spliced(now, _closed(was))) == {"LATE": "R1"}


def test_a_deal_that_no_close_of_its_month_knew_is_frozen_by_the_first_that_did():
    empty = small_world([])
    february = _world("R1", [("LATE", "2026-01-20")])
    now = _world("R2", [("LATE", "2026-01-20")])
    assert _payees(spliced(now, _closed(empty))) == {"LATE": "R2"}
    assert _payees(spliced(now, _closed(empty, february))) == {"LATE": "R1"}


def test_results_name_the_deal_as_its_source_does():
    tables = calculate(spliced(_world("R2"), _closed(_world("R1"))), RULES)
    assert tables["bookings"]["opportunity_id"].to_list() == ["D"]


def _assigned(payee, since="2020-01-01", **more):
    orders = [
        {"id": "O1", "date": "2026-01-10", "lines": ["1000"]},
        {"id": "O2", "date": "2026-02-10", "lines": ["1000"]},
    ]
    return small_world(orders, assignments=[["A", payee, "sales_rep", since]], **more)


def test_an_assignment_that_is_rewritten_counts_from_the_first_open_day():
    assert _payees(spliced(_assigned("R2"), _closed(_assigned("R1")))) == {"O1": "R1", "O2": "R2"}
    assert drift(_assigned("R2"), _closed(_assigned("R1")))["now"].to_list() == ["sales_rep R2"]


def test_an_account_that_no_close_knew_has_whoever_looks_after_it_now():
    assert _payees(spliced(_assigned("R2"), _closed(small_world([], accounts=[])))) == {"O1": "R2", "O2": "R2"}


def test_an_assignment_that_ends_later_is_cut_and_does_not_drift():
    was = _assigned("R1")
    now = small_world([], assignments=[["A", "R1", "sales_rep", "2020-01-01", "2026-02-01"]])
    rows = spliced(now, _closed(was))["assignments"]
    assert rows.select("valid_from", "valid_to").rows() == [(date(2020, 1, 1), date(2026, 2, 1))]
    assert "assignments" not in drift(now, _closed(was))["subject_table"].to_list()


def _role(role, **more):
    return {"payee_id": "R1", "payee_name": "R1", "role": role, "currency": "EUR", **more}


def test_a_role_is_frozen_and_the_last_day_of_service_flows():
    was = small_world([], payees=[_role("sales_rep")])
    now = small_world([], payees=[_role("manager", termination_date="2026-01-20")])
    rows = spliced(now, _closed(was))["payees"].select("valid_from", "role", "termination_date").rows()
    assert rows == [(None, "sales_rep", date(2026, 1, 20)), (date(2026, 2, 1), "manager", date(2026, 1, 20))]


def test_a_segment_and_a_parent_without_dates_are_frozen_too():
    account = {"account_id": "A", "account_name": "A"}
    parent = {"account_id": "P", "account_name": "P"}
    was = small_world([], accounts=[account | {"segment": "key", "parent_account_id": "P"}, parent])
    now = small_world([], accounts=[account | {"segment": "small"}, parent])
    facts = spliced(now, _closed(was))
    february = date(2026, 2, 1)
    assert facts["account_tiers"].select("tier", "valid_to").rows() == [("key", february), ("small", None)]
    assert facts["account_parents"].select("parent_account_id", "valid_to").rows() == [("P", february)]
    assert drift(now, _closed(was))["subject_table"].to_list() == ["account_parents", "account_tiers"]


def test_a_rate_that_goes_on_keeps_its_day_and_a_restated_one_starts_after_the_close():
    def rates(*pairs):
        return small_world([], fx_rates=[{"currency": "USD", "valid_from": day, "rate": rate} for day, rate in pairs])

    was = rates(("2025-12-30", "0.9"), ("2026-01-15", "0.8"))
    same = spliced(rates(("2025-12-30", "0.9"), ("2026-01-15", "0.8")), _closed(was))["fx_rates"]
    assert same["valid_from"].to_list() == [date(2025, 12, 30), date(2026, 1, 15)]
    restated = spliced(rates(("2025-12-30", "0.9"), ("2026-01-15", "0.7")), _closed(was))["fx_rates"]
    assert restated["valid_from"].to_list() == [date(2025, 12, 30), date(2026, 1, 15), date(2026, 2, 1)]


days = st.dates(date(2026, 1, 1), date(2026, 6, 30)).map(str)


@st.composite
def worlds(draw):
    orders = [
        {"id": f"O{n}", "account": draw(st.sampled_from(["A", "B"])), "date": draw(days), "lines": [draw(st.integers(1, 10**5))],
         "opportunity_id": draw(st.sampled_from(["D1", "D2", None]))}
        for n in range(draw(st.integers(0, 6)))
    ]  # fmt: skip
    starts = draw(st.lists(days, min_size=1, max_size=3, unique=True))
    people = [_role(draw(st.sampled_from(["sales_rep", "account_manager"])), valid_from=day) for day in starts]
    return small_world(
        orders,
        accounts=[{"account_id": "A", "segment": draw(st.sampled_from(["key", None])), "parent_account_id": "B"}, {"account_id": "B"}],
        payees=[*people, "R2", "M1"],
        assignments=[[draw(st.sampled_from(["A", "B"])), who, role, draw(days)] for who, role in (("R2", "sales_rep"), ("M1", "account_manager"))],
        opportunities=[{"opportunity_id": name, "owner_id": draw(st.sampled_from(["R1", "R2"])), "stage": "won"} for name in ("D1", "D2")],
        account_tiers=[{"account_id": "B", "tier": tier, "valid_from": draw(days)} for tier in draw(st.sampled_from([[], ["key"], ["key", "other"]]))],
    )  # fmt: skip


@settings(max_examples=3, deadline=None)
@given(worlds(), st.integers(1, 6))
def test_with_nothing_changed_since_the_closes_the_results_are_the_same(facts, months):
    before, after = calculate(facts, RULES), calculate(spliced(facts, _closed(*[facts] * months)), RULES)
    for name, frame in before.items():
        assert after[name].equals(frame), name
    assert drift(facts, _closed(*[facts] * months)).is_empty()


def test_nothing_closed_is_nothing_done():
    facts = _world()
    assert spliced(facts, []) is facts
