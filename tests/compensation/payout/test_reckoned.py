"""Tables of payout that nobody asks for cost nothing; what guards money is checked all the same."""

from dataclasses import fields
from datetime import date

import polars as pl
import pytest
from payout_world import company, component, credits_of, facts, plan, version

from compensation.calendar import fiscal_periods
from compensation.conservation import NotConserved
from compensation.payout import Paid, reckoned
from compensation.payout.pay import reckon

OTHERS = ("attainment_of", "uncredited", "named_curves", "named_changes", "findings_of", "carried_parts", "pay_amounts")


def _reckoned():
    firm = company()
    calendar = fiscal_periods(firm.fiscal_calendar, date(2023, 7, 1), date(2028, 7, 1))
    credits = credits_of([{"on": "2026-01-10", "amount": "1000"}])
    return reckon(credits, facts(), (plan(version(component())),), firm, calendar)


def test_earnings_alone_ask_for_no_other_table(monkeypatch):
    expected = Paid.of(_reckoned()).earnings

    def must_not_run(*_):
        raise AssertionError("nobody asked for it")

    for name in OTHERS:
        monkeypatch.setattr(reckoned, name, must_not_run)
    made = _reckoned()
    assert made.earnings.equals(expected)
    assert made.earnings is made.earnings
    with pytest.raises(AssertionError, match="nobody asked"):
        _ = made.attainment


def test_a_credit_lost_on_the_way_stops_before_any_table_is_asked_for(monkeypatch):
    placed = reckon.__globals__["placed"]
    monkeypatch.setitem(reckon.__globals__, "placed", lambda *given: placed(*given).head(0))
    with pytest.raises(NotConserved, match="credit 0 in payout order is there 0 times instead of 1"):
        _reckoned()


def test_every_table_of_paid_is_there():
    made = _reckoned()
    assert all(isinstance(getattr(made, table.name), pl.DataFrame) for table in fields(Paid))
