"""Small worlds for bonuses, pools and guarantees: plans and facts as short lists, results given or read from facts."""

from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl
from payout_world import company, credits_of, facts, plan, version

from compensation.calendar import fiscal_periods
from compensation.payout.bonuses.guarantees import guarantees_of
from compensation.payout.bonuses.pools import pools_of
from compensation.payout.bonuses.scorecards import bonuses_of
from compensation.payout.quotas.incentives import Incentives
from compensation.payout.quotas.uses import quota_book
from compensation.payout.readings.readings import Readings
from compensation.payout.setting import Setting
from compensation.payout.standing import standings_of
from compensation.payout.terms import terms_of
from compensation.payout.windows import windows_of

QUARTER = (date(2026, 1, 1), date(2026, 3, 31))
NOTHING_EARNED = pl.DataFrame(
    schema={"payee_id": pl.String, "plan": pl.String, "fiscal_period": pl.String, "amount": pl.Decimal(38, 3)}
)


class Results:
    """Takes readings from a table instead of facts: ``{payee: value}`` by what is read, or one value for everybody."""

    def __init__(self, **by_reading: Any):
        self.by_reading = by_reading

    def values(self, reading, asked):
        found = self.by_reading.get(reading.kpi or reading.of)
        each = [found.get(one.payee_id) if isinstance(found, dict) else found for one in asked]
        return [None if value is None else Fraction(value) for value in each]


class World:
    """A setting of payees, plans and facts from 2025 to 2027, and what is asked of it."""

    def __init__(self, *plans, days=QUARTER, results=None, credits=(), **tables):
        self.plans, self.days = plans, days
        self.facts = facts(**tables)
        self.firm = company()
        windows = windows_of(fiscal_periods(self.firm.fiscal_calendar, date(2025, 1, 1), date(2027, 1, 1)))
        terms = terms_of(plans)
        payee_ids = self.facts["payees"]["payee_id"].unique().sort()
        stays = standings_of(payee_ids, self.facts, plans, terms, windows).stays
        book = quota_book(self.facts, terms, windows, payee_ids, stays)
        known = Incentives(windows, book.service, self.facts["plan_assignments"])
        self.setting = Setting(payee_ids, terms, windows, book, known, 1, stays)
        read = Readings(credits_of(list(credits)), self.facts, self.firm, windows, book.quotas, days[1])
        self.readings = results or read

    def bonuses(self):
        return bonuses_of(self.plans, self.setting, self.readings, self.facts["payees"], self.days)

    def pools(self):
        return pools_of(self.plans, self.setting, self.readings, self.facts["payees"], self.days)

    def guarantees(self, earned=NOTHING_EARNED):
        return guarantees_of(self.plans, self.setting, self.facts["payees"], earned, self.days)


def plan_with(**parts: Any):
    """A plan of one version from 2020 with bonuses, pools or a guarantee and no component."""
    return plan(version(**parts))


def people(*ids: str, **more: Any) -> list[dict[str, Any]]:
    """Payees of the plan's role."""
    return [{"payee_id": one, **more} for one in ids]


def amounts(given) -> list[str]:
    """The amounts of the parts, in the order of the table."""
    return [f"{amount:.2f}" for amount in given.parts["amount"]]
