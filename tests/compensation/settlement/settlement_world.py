"""Periods settled one after another, written as short lists."""

from datetime import date
from decimal import Decimal

import polars as pl

from compensation.calendar import fiscal_periods
from compensation.settlement.settle import settled
from compensation.settlement.terms import Period, Terms
from schemas.core.settlement import Posting, Proposal
from schemas.rules.settlement import Settlement
from tests.worlds import company, small_world

CALENDAR = fiscal_periods(company().fiscal_calendar, date(2026, 1, 1), date(2026, 12, 31))
NAMES = tuple(CALENDAR["fiscal_period"])


def period(month):
    """A calendar month of 2026."""
    return Period.of(NAMES[month - 1], CALENDAR)


def earned(amount, month, component="commission", line=None, of=None, open_month=None):
    """A proposal of a line; of an earlier month it is a correction."""
    kind = "guarantee" if component == "guarantee" else "earning" if of in (None, month) else "correction"
    row = {
        **dict.fromkeys(Proposal.columns()), "payee_id": "R1", "currency": "EUR", "plan": "plan", "component": component,
        "kind": kind, "earning_period": NAMES[(of or month) - 1], "order_line_id": line, "credit_number": 1 if line else None,
        "amount": Decimal(str(amount)), "due": Decimal(str(amount)), "posted": Decimal(0), "cause": "earned",
    }  # fmt: skip
    return pl.DataFrame([row], schema=Proposal.dtypes())


def no_proposals():
    """Nothing earned."""
    return Proposal.empty_frame()


def terms(**rules):
    """R1's plan, with the settlement words of a plan file."""
    return (Terms("R1", "plan", "EUR", Settlement.model_validate(rules)),)


def people(**more):
    """R1, a sales representative."""
    person = {"payee_id": "R1", "payee_name": "R1", "role": "sales_rep", "currency": "EUR", **more}
    return small_world([], payees=[person])["payees"]


class Months:
    """A ledger in memory: each month is settled on what was posted before."""

    def __init__(self, words=(), **person):
        self.posted, self.terms, self.payees, self.results = Posting.empty_frame(), words, people(**person), []

    def settle(self, month, *proposals, **more):
        """Settle a month and post it: the only balance, as a row."""
        lines = pl.concat([no_proposals(), *proposals])
        self.terms = more.pop("terms", self.terms)
        result = settled(lines, self.posted, self.terms, self.payees, period(month), **more)
        number = pl.int_range(pl.len(), dtype=pl.Int64) + self.posted.height + 1
        new = result.postings.with_columns(posting_number=number, posting_period=pl.lit(NAMES[month - 1]))
        self.posted = pl.concat([self.posted, new.select(Posting.columns())])
        self.results.append(result)
        rows = result.balances.rows(named=True)
        return (
            {
                name: str(value.normalize() + 0) if isinstance(value, Decimal) else value
                for name, value in rows[0].items()
            }
            if rows
            else {}
        )
