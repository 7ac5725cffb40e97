"""The small company of ``statement_world`` with a ledger: January and February are closed, March is open, April waits.

Written by hand, as contract frames: Ada has a correction, a clawback that was corrected, an award and pay that is held; Bob a
draw and its recovery; Dee did nothing and is paid a draw; Cid, in JPY, owes a balance, and so does
Eve, who is on no plan.
"""

from datetime import date
from decimal import Decimal

import polars as pl

from compensation.calculate import periods_of
from compensation.statement.settled import with_settlement
from compensation.statement.state import Stated
from schemas.core.settlement import Balance, Dispute, Held, PeriodPosting
from tests.compensation.statement.statement_world import COMPANY, calculated

OPEN = "2026-P03"
P1, P2, P3 = "2026-P01", "2026-P02", OPEN
EXECUTIVE = ("executive", "quarter_commission")
SMALL = ("small", "monthly_commission")
LATE = '{"order": "SO-1", "credited": "60000.000000000", "position_before": "0.000000000", "tier_rate": "0.050000"}'
SOON = '{"order": "SO-1", "credited": "50000.000000000", "position_before": "0.000000000", "tier_rate": "0.050000"}'

# period, payee, currency, plan and component, kind, earning period, line, return, amount, cause, basis
POSTINGS = (
    (P1, "E-1042", "EUR", *EXECUTIVE, "earning", P1, "SO-1-1", None, "2500.00", "earned in this period", SOON),
    (P1, "E-1042", "EUR", "executive", "holdback", "hold", P1, None, None, "-250.00", "2026-P01: 10 % held back", None),
    (P1, "E-1042", "EUR", "settlement", "net", "payment", P1, None, None, "-2250.00", "net payable", None),
    (P1, "E-1043", "EUR", *SMALL, "earning", P1, "SO-10-1", None, "270.00", "earned in this period", None),
    (P1, "E-1043", "EUR", "small", "draw", "draw", P1, None, None, "730.00", "1,000.00 draw, 270.00 earned: to be recovered", None),
    (P1, "E-1043", "EUR", "settlement", "net", "payment", P1, None, None, "-1000.00", "net payable", None),
    (P1, "E-1044", "JPY", "tokyo", "flat_commission", "earning", P1, "SO-20-1", None, "4483", "earned in this period", None),
    (P1, "E-1044", "JPY", "settlement", "net", "payment", P1, None, None, "-4483", "net payable", None),
    (P2, "E-1044", "JPY", "tokyo", "flat_commission", "correction", P1, "SO-20-1", None, "-4483", "no longer earned", None),
    (P2, "E-1046", "EUR", "settlement", "ADJ-9", "adjustment", P2, None, None, "-500.00", "Laptop kept (approved by k.ito; does not count to quota)", None),
    (P3, "E-1042", "EUR", *EXECUTIVE, "earning", P3, "SO-3-1", None, "61.73", "earned in this period", None),
    (P3, "E-1042", "EUR", *EXECUTIVE, "earning", P3, "SO-3-2", None, "5.00", "earned in this period", None),
    (P3, "E-1042", "EUR", "executive", "logo_bonus", "earning", P3, "SO-3-1", None, "12.35", "earned in this period", None),
    (P3, "E-1042", "EUR", "executive", "logo_bonus", "earning", P3, "SO-3-2", None, "1.00", "earned in this period", None),
    (P3, "E-1042", "EUR", *EXECUTIVE, "correction", P1, "SO-1-1", None, "500.00", "credited 50,000.00 → 60,000.00", LATE),
    (P3, "E-1042", "EUR", *EXECUTIVE, "correction", P2, "SO-1-1", "R-1", "-12.34", "came to be known after its period closed", None),
    (P3, "E-1042", "EUR", "settlement", "ADJ-1", "adjustment", P2, "SO-2-1", None, "300.00", "Helped to win it (approved by k.ito; does not count to quota)", None),
    (P3, "E-1042", "EUR", "executive", "holdback", "release", P1, None, None, "250.00", "2026-P01: holdback released", None),
    (P3, "E-1042", "EUR", "executive", "holdback", "hold", P3, None, None, "-8.01", "2026-P03: 10 % held back", None),
    (P3, "E-1042", "EUR", "settlement", "net", "payment", P3, None, None, "-1109.73", "net payable", None),
    (P3, "E-1043", "EUR", "small", "draw", "recovery", P3, None, None, "-100.00", "0.00 draw, 150.00 earned: 100.00 of 730.00 owed recovered", None),
    (P3, "E-1043", "EUR", "small", "guarantee", "guarantee", P3, None, None, "150.00", "earned in this period", None),
    (P3, "E-1043", "EUR", "settlement", "net", "payment", P3, None, None, "-50.00", "net payable", None),
    (P3, "E-1045", "EUR", "executive", "draw_not_recoverable", "draw", P3, None, None, "800.00", "800.00 draw, 0.00 earned: not recovered", None),
    (P3, "E-1045", "EUR", "settlement", "net", "payment", P3, None, None, "-800.00", "net payable", None),
)  # fmt: skip
DEBTS = {("E-1043", P1): "730.00", ("E-1043", P2): "730.00", ("E-1043", P3): "630.00"}
ABOVE = {("E-1043", P3): "150.00"}
COLUMNS = {
    "earned": "earning", "corrected": "correction", "adjusted": "adjustment", "guaranteed": "guarantee", "drawn": "draw",
    "recovered": "recovery", "held": "hold", "released": "release", "paid": "payment",
}  # fmt: skip
TAKEN = ("recovered", "held", "paid")


def rows(contract, given):
    """Rows as a frame of the contract; what a row does not give is empty."""
    types = contract.dtypes()
    return pl.DataFrame([{name: row.get(name) for name in types} for row in given], schema=types)


def postings():
    """Contract ``PeriodPosting``; those of the open period have no number."""
    names = (
        "posting_period", "payee_id", "currency", "plan", "component", "kind", "earning_period", "order_line_id", "return_id", "amount",
        "cause", "basis",
    )  # fmt: skip
    given = []
    for number, row in enumerate(POSTINGS, start=1):
        values = dict(zip(names, row, strict=True))
        values |= {"amount": Decimal(values["amount"]), "posting_number": None if row[0] == OPEN else number}
        given.append(
            {**values, "credit_number": 1 if values["order_line_id"] and values["kind"] != "adjustment" else None}
        )
    return rows(PeriodPosting, given)


def balances():
    """Contract ``Balance``, added up from the postings in the plainest way."""
    found = []
    for payee, currency in sorted({(row[1], row[2]) for row in POSTINGS}):
        opening = Decimal(0)
        for period in (P1, P2, P3):
            own = [row for row in POSTINGS if (row[0], row[1], row[2]) == (period, payee, currency)]
            sums = {name: sum((Decimal(row[8 + 1]) for row in own if row[5] == kind), Decimal(0)) for name, kind in COLUMNS.items()}  # fmt: skip
            ends = opening + sum(sums.values())
            shown = {name: -amount if name in TAKEN else amount for name, amount in sums.items()}
            more = {
                "draw_debt": Decimal(DEBTS.get((payee, period), "0")),
                "above_draw": Decimal(ABOVE.get((payee, period), "0")),
            }
            if own or opening or any(more.values()):
                found.append({"payee_id": payee, "fiscal_period": period, "currency": currency, "opening": opening, **shown, "carried_forward": ends, **more})  # fmt: skip
            opening = ends
    return rows(Balance, found)


def held():
    """Contract ``Held``: Ada's holdback of January until it was released, then that of March."""
    one = {"payee_id": "E-1042", "currency": "EUR", "plan": "executive", "hold": "holdback"}
    said = "10 % of what the period earns, released after 2 periods"
    return rows(Held, [
        {**one, "fiscal_period": period, "earning_period": earned, "amount": Decimal(amount), "condition": said, "expected_period": until}
        for period, earned, amount, until in ((P1, P1, "250.00", P3), (P2, P1, "250.00", P3), (P3, P3, "8.01", "2026-P05"))
    ])  # fmt: skip


def disputes():
    """Contract ``Dispute``: one that is open, one that was answered."""
    one = {
        "payee_id": "E-1042",
        "fiscal_period": P3,
        "figure": "earned",
        "raised_by": "Ada Lovelace",
        "raised_on": date(2026, 3, 9),
    }
    return rows(Dispute, [
        {**one, "reference": "D-1", "disputed_period": P2, "order_line_id": "SO-2-1", "claim": "=It was mine alone", "state": "open"},
        {**one, "reference": "D-2", "disputed_period": P1, "claim": "A line is missing", "state": "upheld", "answer": "It came late: see Changes",
         "answered_by": "k.ito", "answered_on": date(2026, 3, 12)},
    ])  # fmt: skip


def tables():
    """The result tables of settlement."""
    return {"postings": postings(), "balances": balances(), "held": held(), "disputes": disputes()}


def settled_company():
    """Facts, and every result table with what the ledger makes of it."""
    given, results = calculated()
    names = ("statements", "statement_lines", "figure_inputs")
    stated = with_settlement(
        Stated(*(results[name] for name in names)), tables(), periods_of(given, COMPANY), OPEN
    )  # fmt: skip
    return given, {**results, **tables(), **{name: getattr(stated, name) for name in names}}
