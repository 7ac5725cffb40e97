"""Readings over small worlds: short lists of credits, or of orders that attribution credits."""

from datetime import date
from fractions import Fraction

import polars as pl
from payout_world import company, credits_of, facts

from compensation.attribution.attribute import attribute
from compensation.attribution.bases import Books
from compensation.calculate import periods_of
from compensation.calendar import fiscal_periods
from compensation.payout.quotas.stated import quotas_in_force
from compensation.payout.readings.readings import Asked, Readings, interval_of
from compensation.payout.windows import windows_of
from schemas.rules.reading import Reading
from tests import worlds

LAST_DAY = date(2026, 12, 31)


def windows(firm=None):
    return windows_of(fiscal_periods((firm or company()).fiscal_calendar, date(2024, 1, 1), LAST_DAY))


def readings(credits, firm=None, last_day=LAST_DAY, **tables):
    known, firm = facts(**tables), firm or company()
    calendar = windows(firm)
    return Readings(credits_of(credits), known, firm, calendar, quotas_in_force(known["quotas"], calendar), last_day)


def reading(of, scope="year", **given):
    given = {"credits": "new_business", **given} if of not in ("kpi", "nrr", "grr") else given
    return Reading.model_validate({"of": of, "scope": scope, **given})


def asked(window="2026", scope="year", payee="rep", currency="EUR"):
    return Asked(payee, currency, *interval_of(scope, window, windows()))


def at(rows, scope="year", currency="EUR"):
    """Places where a running reading is wanted: credit and window of the component."""
    spans = [interval_of(scope, window, windows()) for _, window in rows]
    return pl.DataFrame(
        {
            "credit": [credit for credit, _ in rows], "payee_id": ["rep"] * len(rows), "currency": [currency] * len(rows),
            "first": [span[0] for span in spans], "end": [span[1] for span in spans],
        },
        schema_overrides={"credit": pl.UInt32},
    )  # fmt: skip


def ran(taker, one, rows, scope="year", **given):
    found = taker.running(one, at(rows, scope), **given)
    return [
        None if below is None else Fraction(above, below)
        for above, below in found.select("numerator", "denominator").rows()
    ]


SALES = [
    {"on": "2025-12-31", "amount": "50.00"},
    {"on": "2026-01-01", "amount": "100.00"},
    {"on": "2026-03-31", "amount": "200.00", "kind": "growth"},
    {"on": "2026-04-01", "amount": "300.01", "kind": "win_back"},
    {"on": "2026-07-15", "amount": "-30.00", "of": 2},
    {"on": "2026-08-01", "amount": "7.00", "payee": "other"},
]


def quota(period, amount, **more):
    return {"period": period, "amount": amount, **more}


def sold(orders, returns=(), books=True, **more):
    """Readings over what attribution makes of orders."""
    world = worlds.small_world(orders, returns=returns, **more)
    firm = worlds.company()
    periods = periods_of(world, firm)
    made = attribute(world, firm, periods)
    calendar = windows_of(periods)
    last = max(world["orders"]["order_date"].max(), world["returns"]["return_date"].max() or date(2020, 1, 1))
    kept = Books(made.bookings, made.carers) if books else None
    return Readings(made.credits, world, firm, calendar, quotas_in_force(world["quotas"], calendar), last, kept)


REP = [["A", "R1", "sales_rep", "2020-01-01"], ["B", "R1", "sales_rep", "2020-01-01"]]
COSTED = [
    {"id": "O1", "date": "2026-01-10", "lines": [{"net_amount": "100.00", "cost_amount": "60.00", "quantity": "4"}]},
    {"id": "O2", "date": "2026-02-10", "lines": [{"net_amount": "50.00", "cost_amount": "45.00", "quantity": "1.5"}, {"net_amount": "20.00", "cost_amount": "30.00"}]},
    {"id": "O3", "account": "B", "date": "2026-04-10", "lines": [{"net_amount": "10.00", "cost_amount": "1.00"}]},
]  # fmt: skip
BACK = [
    {"id": "X1", "line": "O1-1", "date": "2026-04-20", "amount": "50.00"},
    {"id": "X2", "line": "O3-1", "date": "2026-05-20", "amount": "10.00"},
]


def costed(orders=COSTED, returns=BACK, **more):
    return sold(orders, returns, accounts=["A", "B"], assignments=REP, **more)


def places(*quarters, scope="quarter"):
    return [asked(quarter, scope, payee="R1") for quarter in quarters]
